//! Questions: judged questions held against the articles that should answer them.
//!
//! A question file outlives the articles it was written for. Found here is what can be told without asking: an article
//! or heading that is gone, articles that the asker could not be shown, a question that should be answered and names
//! none, and figures of the expected answer that stand in no article named. Whether the engine answers is for
//! `loket eval run` to say.

use corpus::{Article, ArticleId, Language};
use eval::question_set::{Expectation, JudgedQuestion};
use jiff::{civil::Date, tz::TimeZone};

use crate::{
    Finding, Place, Rule, Severity,
    between::facts,
    collection::{ArticleFile, Collection},
};

/// A file of judged questions, one JSON object a line.
#[derive(Debug, Clone, Copy)]
pub struct QuestionFile<'a> {
    /// Path shown in findings: relative to the knowledge base where it lies there.
    pub path: &'a str,
    /// What it holds.
    pub text: &'a str,
}

/// Findings about the questions of `file`, asked at their own instant or else on the day `today`.
pub(crate) fn findings(
    collection: &Collection,
    file: QuestionFile<'_>,
    today: Date,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut lines_of: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
    for (line, content) in (1..).zip(file.text.lines()) {
        if content.trim().is_empty() {
            continue;
        }
        let place = Place::line(file.path, line);
        let question: JudgedQuestion = match serde_json::from_str(content) {
            Ok(question) => question,
            Err(error) => {
                findings.push(
                    Finding::new(
                        Rule::UnansweredQuestion,
                        place,
                        format!("this line is no judged question: {error}"),
                        "write one JSON object with `id`, `question` and `relevant`",
                    )
                    .weighing(Severity::Error),
                );
                continue;
            }
        };
        if let Some(first) = lines_of.get(&question.id) {
            findings.push(Finding::new(
                Rule::UnansweredQuestion,
                place.clone(),
                format!("the id `{}` stands on line {first} already", question.id),
                "give the question another `id`",
            ));
        }
        lines_of.entry(question.id.clone()).or_insert(line);
        findings.extend(about(collection, &question, today).into_iter().map(
            |(message, remedy, related)| {
                Finding::new(Rule::UnansweredQuestion, place.clone(), message, remedy)
                    .about(related)
            },
        ));
    }
    findings
}

type Told = (String, String, Vec<Place>);

/// What is wrong with one question: message, remedy, other places.
fn about(collection: &Collection, question: &JudgedQuestion, today: Date) -> Vec<Told> {
    let id = &question.id;
    let is_to_be_answered = match question.expect {
        Some(expected) => expected == Expectation::Answered,
        None => !question.answers.is_empty(),
    };
    if question.relevant.is_empty() {
        return if is_to_be_answered {
            vec![(
                format!("question `{id}` should be answered and names no article that does"),
                "write the article and name it in `relevant`, or expect `escalated`".to_owned(),
                Vec::new(),
            )]
        } else {
            Vec::new()
        };
    }
    let mut told = Vec::new();
    let mut named: Vec<&ArticleFile> = Vec::new();
    for judged in &question.relevant {
        let (article, anchor) = judged.split_once('#').unwrap_or((judged, ""));
        let versions: Vec<&ArticleFile> = ArticleId::new(article)
            .map(|id| collection.versions(&id).collect())
            .unwrap_or_default();
        let is_there = |file: &&ArticleFile| {
            anchor.is_empty()
                || file
                    .article
                    .sections
                    .iter()
                    .any(|section| section.anchor == anchor)
        };
        if versions.is_empty() {
            told.push((
                format!("question `{id}` names the article `{article}`, which is not there"),
                "name the article that answers it now, or restore this one".to_owned(),
                Vec::new(),
            ));
        } else if !versions.iter().any(is_there) {
            told.push((
                format!(
                    "question `{id}` names the heading `#{anchor}`, which `{article}` does not have"
                ),
                "name a heading of the article as links write it, or the article as a whole"
                    .to_owned(),
                versions
                    .first()
                    .map(|file| Place::file(file.path()))
                    .into_iter()
                    .collect(),
            ));
        } else {
            named.extend(versions.into_iter().filter(is_there));
        }
    }
    if named.is_empty() {
        return told;
    }
    let day = question
        .at
        .map_or(today, |at| at.to_zoned(TimeZone::UTC).date());
    let is_shown = |article: &Article| {
        article.validity.includes(day)
            && article.is_for_audience(question.audience.as_deref())
            && article.is_for_region(question.region.as_deref())
    };
    let shown: Vec<&ArticleFile> = named
        .iter()
        .copied()
        .filter(|file| is_shown(&file.article))
        .collect();
    let places =
        |files: &[&ArticleFile]| files.iter().map(|file| Place::file(file.path())).collect();
    if shown.is_empty() {
        told.push((
            format!("question `{id}` is asked on {day} by someone to whom none of its articles is shown"),
            "check `at`, `audience` and `region` of the question against validity and audience of the article"
                .to_owned(),
            places(&named),
        ));
        return told;
    }
    if is_to_be_answered && let Some(gold) = unstated(question, &shown) {
        let asked = question.language;
        let own: Vec<&ArticleFile> = shown
            .iter()
            .copied()
            .filter(|file| Some(file.article.language) == asked)
            .collect();
        told.push((
            format!("question `{id}` expects “{gold}”, which none of its articles states"),
            "correct the article, or the expected answer when the article is right".to_owned(),
            places(&own),
        ));
    }
    told
}

/// An expected answer with figures that no article of the question's language states, when that goes for all of the
/// expected answers. Expected answers in words may be worded in any way, and articles in other languages say them
/// otherwise.
fn unstated<'q>(question: &'q JudgedQuestion, shown: &[&ArticleFile]) -> Option<&'q str> {
    let language: Language = question.language?;
    let own: Vec<&&ArticleFile> = shown
        .iter()
        .filter(|file| file.article.language == language)
        .collect();
    if own.is_empty() {
        return None;
    }
    let is_stated = |gold: &&String| {
        let wanted = facts::figures(gold, language).facts;
        let states_all = |file: &&&ArticleFile| {
            let stated = facts::stated(std::slice::from_ref(**file));
            wanted
                .iter()
                .all(|fact| stated.iter().any(|stated| stated.bear_out(fact)))
        };
        wanted.is_empty() || own.iter().any(states_all)
    };
    let first = question.answers.first()?;
    (!question.answers.iter().any(|gold| is_stated(&gold))).then_some(first.as_str())
}

#[cfg(test)]
mod tests;
