//! `loket eval ask`: a person types questions and marks what answers them; each becomes a line of the set.

use std::{sync::Arc, time::Instant};

use ::eval::{Expectation, JudgedQuestion};
use answer::{Engine, SearchHit, SearchRequest};
use anyhow::Context as _;
use corpus::{Language, language::detect};
use inference::Encoder;
use jiff::Timestamp;
use owo_colors::Style;
use serde_json::json;

use super::{dialog::Dialog, set_file::SetFile};
use crate::{
    args,
    commands::{Context, End, gaps::directions, index::summary::plural},
    output::printable,
};

/// Characters of a passage that are shown.
const SHOWN_CHARS: usize = 150;

/// How near two questions are that may be one, as [`indexer::Aim::direction`] measures it.
const NEAR: f32 = 0.7;

pub(super) fn run(args: &args::EvalAsk, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let language = args
        .language
        .as_ref()
        .map(super::import::supported)
        .transpose()?;
    let path = match &args.questions {
        Some(path) => path.clone(),
        None => context.config.index.kb.join("questions.jsonl"),
    };
    let mut set = SetFile::open(&path)?;
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let snapshot = context.snapshot(&*encoder)?;
    let engine = Engine::new(
        snapshot,
        Arc::clone(&encoder),
        None,
        context.config.answer.clone(),
    )
    .context("opening the index")?;
    let vectors = vectors_of(set.questions(), &engine, &*encoder, context)?;
    let n_before = set.questions().len();
    let mut asking = Asking {
        engine: &engine,
        encoder: &*encoder,
        language,
        audience: args.audience.clone(),
        limit: usize::from(args.limit),
        vectors,
    };
    {
        let mut dialog = Dialog::new(context.err);
        dialog.say(&format!(
            "{} in {}; an empty line or q ends, s leaves a question out",
            plural(n_before, "question"),
            path.display()
        ))?;
        while asking.next(&mut set, &mut dialog)? {}
    }
    let added: Vec<&str> = set.questions()[n_before..].iter().map(|q| &*q.id).collect();
    if args.format.json {
        let file = path.display().to_string();
        let n = set.questions().len();
        context
            .out
            .json(&json!({ "file": file, "added": added, "questions": n }))?;
    } else {
        writeln!(
            context.out,
            "{} added, {} in {}",
            plural(added.len(), "question"),
            set.questions().len(),
            path.display()
        )?;
        context.out.flush()?;
    }
    Ok(End::Done)
}

fn vectors_of(
    questions: &[JudgedQuestion],
    engine: &Engine,
    encoder: &dyn Encoder,
    context: &Context<'_, '_>,
) -> anyhow::Result<Vec<Vec<f32>>> {
    let asked: Vec<_> = questions
        .iter()
        .map(|q| (&*q.question, q.language))
        .collect();
    directions(engine, encoder, &asked, context.err)
}

/// What every question is asked with.
struct Asking<'a> {
    engine: &'a Engine,
    encoder: &'a dyn Encoder,
    language: Option<Language>,
    audience: Option<String>,
    limit: usize,
    /// Where each question of the set lies.
    vectors: Vec<Vec<f32>>,
}

/// What the person marked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Marked {
    /// These answer it; none of them means that nothing does.
    Relevant(Vec<String>),
    /// The question is left out.
    Skip,
    /// It is over.
    Quit,
}

impl Asking<'_> {
    /// Asks for one question; false when it is over.
    fn next(&mut self, set: &mut SetFile, dialog: &mut Dialog<'_, '_>) -> anyhow::Result<bool> {
        let Some(text) = dialog.ask("\nquestion>")?.filter(|text| !is_end(text)) else {
            return Ok(false);
        };
        let language = self
            .language
            .or_else(|| detect::detect(&text).map(|found| found.language));
        let vector = directions_of(&text, language, self)?;
        if !self.is_wanted(&text, &vector, set, dialog)? {
            return Ok(true);
        }
        let hits = self.show(&text, language, dialog)?;
        let relevant = match self.mark(&hits, dialog)? {
            Marked::Relevant(relevant) => relevant,
            Marked::Skip => return Ok(true),
            Marked::Quit => return Ok(false),
        };
        let Some(expect) = expectation(relevant.is_empty(), dialog)? else {
            return Ok(false);
        };
        let mut answers = Vec::new();
        if expect == Expectation::Answered {
            let prompt = "words a right answer holds, as the article has them (enter for none)>";
            let Some(gold) = dialog.ask(prompt)? else {
                return Ok(false);
            };
            if !gold.is_empty() {
                if !self.stands_in(&gold, &relevant)? {
                    dialog.say("  note: none of the articles marked says it in these words")?;
                }
                answers.push(gold);
            }
        }
        let id = set.fresh_id(language);
        set.append(JudgedQuestion {
            id: id.clone(),
            question: text,
            language,
            audience: self.audience.clone(),
            relevant,
            answers,
            expect: Some(expect),
            ..JudgedQuestion::default()
        })?;
        self.vectors.push(vector);
        dialog.say(&format!(
            "  added {id} ({} questions)",
            set.questions().len()
        ))?;
        Ok(true)
    }

    /// Tells of questions that are the same or near, and asks whether this one is wanted all the same.
    fn is_wanted(
        &self,
        text: &str,
        vector: &[f32],
        set: &SetFile,
        dialog: &mut Dialog<'_, '_>,
    ) -> anyhow::Result<bool> {
        if let Some(same) = set.same(text) {
            dialog.say(&format!(
                "  {} asks this already: it is not added twice",
                same.id
            ))?;
            return Ok(false);
        }
        let like = |index: usize| -> f32 {
            let other = &self.vectors[index];
            vector.iter().zip(other).map(|(x, y)| x * y).sum()
        };
        let near = (0..self.vectors.len())
            .map(|index| (index, like(index)))
            .filter(|(_, like)| *like >= NEAR)
            .max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((index, _)) = near {
            let other = &set.questions()[index];
            let shown = printable(&other.question);
            dialog.say(&format!("  {} asks nearly the same: “{shown}”", other.id))?;
        }
        Ok(true)
    }

    fn show(
        &self,
        text: &str,
        language: Option<Language>,
        dialog: &mut Dialog<'_, '_>,
    ) -> anyhow::Result<Vec<SearchHit>> {
        let started = Instant::now();
        let request = SearchRequest {
            query: text.to_owned(),
            language,
            languages: None,
            audience: self.audience.clone(),
            region: None,
            at: Timestamp::now(),
            limit: self.limit,
        };
        let hits = self.engine.search(&request).context("searching")?.hits;
        tracing::debug!(elapsed = ?started.elapsed(), "searched");
        let named = language.map_or("no known language", Language::english_name);
        dialog.say(&format!("  {named}"))?;
        for hit in &hits {
            let title = dialog
                .out
                .paint(&printable(&hit.title), Style::new().bold());
            let section: Vec<String> = hit
                .section
                .iter()
                .map(|heading| format!(" › {}", printable(heading)))
                .collect();
            dialog.say(&format!(
                "  {:>2}. {title}{} ({}, {})",
                hit.rank,
                section.concat(),
                hit.article,
                hit.language
            ))?;
            dialog.say(&format!("      {}", excerpt(&hit.text)))?;
        }
        if hits.is_empty() {
            dialog.say("  no article found")?;
        }
        Ok(hits)
    }

    /// Asks which hits are right, until it is understood.
    fn mark(&self, hits: &[SearchHit], dialog: &mut Dialog<'_, '_>) -> anyhow::Result<Marked> {
        let known = |id: &str| {
            corpus::ArticleId::new(id)
                .is_ok_and(|id| !self.engine.snapshot().versions(&id).is_empty())
        };
        loop {
            let prompt = "right ones (1 3, 2# for that section only, an id, 0 for none, s, q)>";
            let Some(line) = dialog.ask(prompt)? else {
                return Ok(Marked::Quit);
            };
            let anchor = |hit: &SearchHit| self.anchor(hit);
            match marked(&line, hits, &anchor, &known) {
                Ok(marked) => return Ok(marked),
                Err(problem) => dialog.say(&format!("  {problem}"))?,
            }
        }
    }

    /// Anchor of the section a hit lies in; `None` in an opening section.
    fn anchor(&self, hit: &SearchHit) -> Option<String> {
        let snapshot = self.engine.snapshot();
        let article = snapshot.article(snapshot.find(&hit.article, hit.language)?);
        let section = article.sections.iter().find(|section| {
            section.range.start <= hit.range.start && hit.range.start < section.range.end
        })?;
        Some(section.anchor.clone()).filter(|anchor| !anchor.is_empty())
    }

    /// Whether an article of `relevant` holds `gold`, in any language, whatever the case and white space.
    fn stands_in(&self, gold: &str, relevant: &[String]) -> anyhow::Result<bool> {
        let fold = |text: &str| text.to_lowercase().split_whitespace().collect::<String>();
        let gold = fold(gold);
        let snapshot = self.engine.snapshot();
        for judged in relevant {
            let id = judged.split('#').next().unwrap_or(judged);
            let Ok(id) = corpus::ArticleId::new(id) else {
                continue;
            };
            for version in snapshot.versions(&id) {
                let passages = snapshot.passages_of(*version);
                let text: Vec<String> = passages
                    .map(|passage| Ok(snapshot.passage(passage)?.text))
                    .collect::<anyhow::Result<_>>()?;
                if fold(&text.join(" ")).contains(&gold) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

fn directions_of(
    text: &str,
    language: Option<Language>,
    asking: &Asking<'_>,
) -> anyhow::Result<Vec<f32>> {
    let encoded = asking
        .encoder
        .encode(&[text], inference::TextKind::Query)
        .context("reading the question")?;
    let language = language.unwrap_or(Language::En);
    let aim = asking
        .engine
        .snapshot()
        .aim(text, encoded.row(0), None, language);
    Ok(aim.direction())
}

fn is_end(line: &str) -> bool {
    line.is_empty() || line == "q"
}

/// What `line` marks among `hits`.
fn marked(
    line: &str,
    hits: &[SearchHit],
    anchor: &dyn Fn(&SearchHit) -> Option<String>,
    known: &dyn Fn(&str) -> bool,
) -> Result<Marked, String> {
    match line {
        "q" => return Ok(Marked::Quit),
        "s" => return Ok(Marked::Skip),
        "0" => return Ok(Marked::Relevant(Vec::new())),
        "" => {
            return Err("type a number, 0 when no article answers it, or s to leave it out".into());
        }
        _ => {}
    }
    let mut relevant: Vec<String> = Vec::new();
    for word in line.split([' ', ',']).filter(|word| !word.is_empty()) {
        let (number, wants_section) = match word.strip_suffix('#') {
            Some(number) => (number, true),
            None => (word, false),
        };
        let judged = match number.parse::<usize>() {
            Ok(rank) => {
                let hit = rank
                    .checked_sub(1)
                    .and_then(|index| hits.get(index))
                    .ok_or_else(|| format!("there is no {rank} among the {} shown", hits.len()))?;
                match anchor(hit).filter(|_| wants_section) {
                    Some(anchor) => format!("{}#{anchor}", hit.article),
                    None => hit.article.to_string(),
                }
            }
            Err(_) if known(word.split('#').next().unwrap_or(word)) => word.to_owned(),
            Err(_) => {
                return Err(format!(
                    "`{word}` is neither a number nor the id of an article"
                ));
            }
        };
        if !relevant.contains(&judged) {
            relevant.push(judged);
        }
    }
    if relevant.is_empty() {
        return Err("type a number, 0 when no article answers it, or s to leave it out".into());
    }
    Ok(Marked::Relevant(relevant))
}

/// Asks what should become of the question; `None` when it is over.
fn expectation(
    is_unanswerable: bool,
    dialog: &mut Dialog<'_, '_>,
) -> anyhow::Result<Option<Expectation>> {
    let usual = if is_unanswerable {
        "escalated"
    } else {
        "answered"
    };
    loop {
        let prompt = format!("what should happen: a(nswered), c(larify), e(scalated) [{usual}]>");
        let Some(line) = dialog.ask(&prompt)? else {
            return Ok(None);
        };
        let choice = if line.is_empty() { usual } else { &line };
        return Ok(Some(match choice {
            "a" | "answered" => Expectation::Answered,
            "c" | "clarify" => Expectation::Clarify,
            "e" | "escalated" => Expectation::Escalated,
            "q" => return Ok(None),
            _ => {
                dialog.say("  type a, c or e, or nothing for what stands in brackets")?;
                continue;
            }
        }));
    }
}

/// The start of `text` on one line.
fn excerpt(text: &str) -> String {
    let line = printable(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match line.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use corpus::{ArticleId, ByteRange};

    use super::*;

    fn hits() -> Vec<SearchHit> {
        ["fees", "payout", "refunds"]
            .into_iter()
            .zip(1..)
            .map(|(id, rank)| SearchHit {
                rank,
                article: ArticleId::new(id).expect("an id"),
                title: id.to_owned(),
                url: None,
                language: Language::En,
                section: Vec::new(),
                passage: 0,
                range: ByteRange::new(0, 1),
                text: id.to_owned(),
                score: 1.0,
            })
            .collect()
    }

    #[track_caller]
    fn check(line: &str, expected: Result<Marked, &str>) {
        let anchor = |hit: &SearchHit| (hit.rank == 2).then(|| "weekends".to_owned());
        let found = marked(line, &hits(), &anchor, &|id| id == "other");
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{line}"),
            (Err(problem), Err(part)) => assert!(problem.contains(part), "{problem}"),
            (found, _) => panic!("{line}: {found:?}"),
        }
    }

    #[test]
    fn hits_are_marked_by_number_section_or_id() {
        let relevant = |ids: &[&str]| {
            Ok(Marked::Relevant(
                ids.iter().map(|id| (*id).to_owned()).collect(),
            ))
        };
        check("1", relevant(&["fees"]));
        check("3, 1 3", relevant(&["refunds", "fees"]));
        check("2#", relevant(&["payout#weekends"]));
        // Its opening section has no anchor.
        check("1#", relevant(&["fees"]));
        check("other#part 1", relevant(&["other#part", "fees"]));
        check("0", relevant(&[]));
        check("s", Ok(Marked::Skip));
        check("q", Ok(Marked::Quit));
        check("", Err("0 when no article"));
        check("4", Err("no 4 among the 3"));
        check("0 1", Err("no 0 among"));
        check("feees", Err("`feees`"));
    }
}
