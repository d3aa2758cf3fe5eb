//! The page: a [`DiffReport`] as one HTML file that asks for nothing from outside.
//!
//! A template over the frame all reports share ([`crate::report`]). Everything an article, a question or a file name
//! brings is escaped; the page's one script only shows and hides what is there, and without it all is shown.

use minijinja::{context, value::Serde};
use serde::Serialize;

use super::{DiffReport, Kind};
use crate::report::{self, ReportError};

const TEMPLATE: &str = include_str!("page.html");

/// A kind of change as the page shows it.
#[derive(Debug, Serialize)]
struct ShownKind {
    code: &'static str,
    words: &'static str,
    /// Which badge it gets: `bad`, `warn`, `good`, or none.
    tone: &'static str,
    /// Questions it is said of first.
    n: usize,
    /// Changed questions it holds of at all.
    n_holds: usize,
}

const fn tone(kind: Kind) -> &'static str {
    match kind {
        Kind::Broken | Kind::LostSource => "bad",
        Kind::GainedSource | Kind::TextChanged | Kind::OutcomeChanged => "warn",
        Kind::Fixed => "good",
        Kind::ConfidenceMoved | Kind::Unchanged => "",
    }
}

/// The report as a page.
///
/// # Errors
/// [`ReportError`]; never because of what a text says.
pub fn page(report: &DiffReport) -> Result<String, ReportError> {
    let content = serde_json::to_vec(report).map_err(ReportError::Content)?;
    let kinds: Vec<ShownKind> = Kind::ALL
        .iter()
        .map(|kind| ShownKind {
            code: kind.code(),
            words: kind.words(),
            tone: tone(*kind),
            n: report.counts.get(kind).copied().unwrap_or_default(),
            n_holds: report
                .changes
                .iter()
                .filter(|change| change.kinds.contains(kind))
                .count(),
        })
        .collect();
    let mut languages: Vec<&str> = report
        .changes
        .iter()
        .map(|change| change.language.code())
        .collect();
    languages.sort_unstable();
    languages.dedup();
    let mut environment = report::environment();
    environment.add_template("diff.html", TEMPLATE)?;
    Ok(environment.get_template("diff.html")?.render(context! {
        report => Serde(report),
        kinds => Serde(kinds),
        languages,
        nonce => report::nonce(&content),
    })?)
}
