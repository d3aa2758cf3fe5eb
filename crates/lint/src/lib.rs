//! What an editor should know before an article is live.
//!
//! folder → [`Collection::read`] → [`Collection`] → [`check`] → [`Finding`]s. Each rule is a module with one
//! function from the collection to its findings; none knows another. Nothing here needs a model, an index or
//! the network, reads the clock, or prints.

mod between;
mod change;
mod collection;
mod config;
mod finding;
mod front_matter;
pub mod github;
mod hidden;
mod ids;
mod images;
mod links;
pub mod markup;
mod nearest;
mod questions;
mod reading;
mod rule;
pub mod sarif;
mod sections;
mod show;
mod unicode;
mod unusable;
mod validity;

pub use change::warnings_of_change;
pub use collection::{ArticleFile, Collection};
pub use config::{LintConfig, Weight};
pub use finding::{Finding, Place, Severity, in_folder};
pub use questions::QuestionFile;
pub use reading::ReadingConfig;
pub use rule::{Rule, UnknownRule};
pub use show::{escaped, escaped_character};

use jiff::civil::Date;

/// Most findings of one rule about one file that are told: who has more repairs some and asks again.
pub const MOST_PER_FILE: usize = 100;

/// Holds a collection against all rules that are not off, as of the day `today`, and a file of judged questions
/// against the collection if there is one.
///
/// The findings are in order of path and place. Several findings of one rule that say the same on one line are
/// one.
pub fn check(
    collection: &Collection,
    questions: Option<QuestionFile<'_>>,
    config: &LintConfig,
    today: Date,
) -> Vec<Finding> {
    let of_files = || {
        [
            unusable::findings(collection),
            front_matter::findings(collection, today),
            ids::findings(collection),
            links::findings(collection),
            sections::findings(collection, config),
            images::findings(collection),
            hidden::findings(collection),
            unicode::findings(collection),
            validity::findings(collection, config, today),
        ]
        .concat()
    };
    let of_all = || {
        [
            between::findings(collection, config),
            questions.map_or_else(Vec::new, |file| {
                questions::findings(collection, file, today)
            }),
            reading::findings(collection, config.reading),
        ]
        .concat()
    };
    let (mut found, more) = rayon::join(of_files, of_all);
    found.extend(more);
    let weighed = found
        .into_iter()
        .filter_map(|finding| config.weigh(finding));
    in_order(weighed.collect())
}

/// Sorts by path and place and drops what is said twice about one line.
fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.place.line, finding.place.column, finding.rule);
        a.place
            .path
            .cmp(&b.place.path)
            .then_with(|| key(a).cmp(&key(b)))
    });
    findings.dedup_by(|later, first| {
        later.rule == first.rule
            && later.message == first.message
            && later.place.path == first.place.path
            && later.place.line == first.place.line
    });
    findings
}

#[cfg(test)]
mod tests;
