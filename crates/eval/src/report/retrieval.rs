//! The page of a ranking run: how well articles are ranked, by language and method.

use std::collections::BTreeMap;

use minijinja::{context, value::Serde};
use serde::Serialize;

use super::{ReportError, environment, nonce};
use crate::retrieval::{Method, MethodRow, RankedQuestion, RetrievalReport};

/// Questions listed whose relevant article is not found.
const LISTED: usize = 500;

/// The rows of one language.
#[derive(Debug, Serialize)]
struct Group<'a> {
    language: &'a str,
    rows: Vec<&'a MethodRow>,
}

/// A question whose first relevant article is not among the first three.
#[derive(Debug, Serialize)]
struct Missed<'a> {
    id: &'a str,
    language: &'static str,
    rank: Option<usize>,
    /// The rank each plain recipe gives it.
    others: BTreeMap<&'static str, Option<usize>>,
}

/// The report of a ranking run as one HTML file.
///
/// # Errors
/// [`ReportError`]; never because of what a text says.
pub fn retrieval_page(report: &RetrievalReport) -> Result<String, ReportError> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in &report.rows {
        match groups
            .last_mut()
            .filter(|group| group.language == row.language)
        {
            Some(group) => group.rows.push(row),
            None => groups.push(Group {
                language: &row.language,
                rows: vec![row],
            }),
        }
    }
    let mut missed: Vec<Missed<'_>> = report.questions.iter().filter_map(missed).collect();
    // Those no method finds are for the judgments or the articles; those another finds are for the ranking.
    missed.sort_by_key(|question| (question.rank.is_some(), question.rank));
    let n_missed = missed.len();
    missed.truncate(LISTED);
    let mut environment = environment();
    environment.add_template("retrieval.html", include_str!("retrieval.html"))?;
    let content = serde_json::to_vec(report).map_err(ReportError::Content)?;
    Ok(environment
        .get_template("retrieval.html")?
        .render(context! {
            nonce => nonce(&content),
            generation => &report.generation,
            encoder => &report.encoder,
            run => Serde(&report.run),
            n => report.questions.len(),
            groups => Serde(groups),
            n_missed,
            missed => Serde(missed),
        })?)
}

fn missed(question: &RankedQuestion) -> Option<Missed<'_>> {
    let rank = |method: Method| question.ranks.get(&method)?.first().copied();
    let own = rank(Method::Loket);
    if own.is_some_and(|rank| rank <= 3) {
        return None;
    }
    let others = Method::ALL.into_iter().skip(1);
    Some(Missed {
        id: &question.id,
        language: question.language.code(),
        rank: own,
        others: others
            .filter(|method| question.ranks.contains_key(method))
            .map(|method| (method.name(), rank(method)))
            .collect(),
    })
}
