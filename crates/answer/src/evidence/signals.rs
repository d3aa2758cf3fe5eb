//! Signals: what speaks for one statement as the answer, in quantities that mean the same in every help center.

use corpus::{Passage, StatementKind};
use indexer::{PassageOrdinal, SearchError, Snapshot};
use serde::{Deserialize, Serialize};

use super::{Asked, statements::Layout};

/// What speaks for a statement.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatementSignals {
    /// Nearness of the statement under its heading, in standard deviations above that of passages at large.
    pub nearness: f32,
    /// Interaction of its tokens, read in their passage, in standard deviations above that of passages at large; that
    /// of the whole passage where its tokens are not found.
    pub interaction: f32,
    /// Share of the question's information the statement holds, 0 to 1; 0 across languages.
    pub coverage: f32,
    /// Share of it the statement, its headings and the article's title hold together, 0 to 1; 0 across languages.
    pub context: f32,
    /// Score of its article over the best article, in units of the ranking; 0 or less.
    pub article: f32,
    /// 1 for a statement with a figure and -1 for one without, where a figure is asked for; else 0.
    pub figure: f32,
    /// 1 for a step where it is asked how; else 0.
    pub step: f32,
    /// Share of its letters outside of links: "see Fees for sellers" leads to an answer and is none.
    pub own: f32,
}

impl StatementSignals {
    /// Names of the signals, in the order of [`StatementSignals::values`].
    pub const NAMES: [&'static str; 8] = [
        "nearness",
        "interaction",
        "coverage",
        "context",
        "article",
        "figure",
        "step",
        "own",
    ];

    /// Likeness to the question alone, wherever the statement stands: nearness, and what full coverage adds to it.
    pub fn likeness(&self) -> f32 {
        const FULL_COVERAGE: f32 = 1.5;
        self.nearness + FULL_COVERAGE * self.coverage
    }

    /// Signals from a vector in the order of [`StatementSignals::NAMES`].
    pub const fn from_values(values: [f32; 8]) -> Self {
        let [
            nearness,
            interaction,
            coverage,
            context,
            article,
            figure,
            step,
            own,
        ] = values;
        Self {
            nearness,
            interaction,
            coverage,
            context,
            article,
            figure,
            step,
            own,
        }
    }

    /// The signals as a vector.
    pub const fn values(&self) -> [f32; 8] {
        [
            self.nearness,
            self.interaction,
            self.coverage,
            self.context,
            self.article,
            self.figure,
            self.step,
            self.own,
        ]
    }
}

/// Log-odds per unit of each signal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatementWeights(pub StatementSignals);

/// Fitted on `XQuAD` in four languages, CLAP NQ and the questions of the sample help center, every question counting the
/// same (`docs/adr/0013-evidence.md`); `step` and `own` by hand, since only the last of these has steps and links.
impl Default for StatementWeights {
    fn default() -> Self {
        Self(StatementSignals {
            nearness: 0.23,
            interaction: 1.03,
            coverage: 0.38,
            context: 0.45,
            article: 0.35,
            figure: 0.6,
            step: 0.6,
            own: 0.7,
        })
    }
}

impl StatementWeights {
    /// How well a statement with these signals answers, against others of the same question.
    pub fn score(&self, signals: &StatementSignals) -> f32 {
        let pairs = self.0.values().into_iter().zip(signals.values());
        pairs.map(|(weight, value)| weight * value).sum()
    }
}

/// The signals of each statement of `passage`, whose article lies `article_gap` (0 or less) from the best one in units of
/// the ranking. Nearness is that of the whole passage, until the statement itself is encoded.
///
/// # Errors
/// [`SearchError`] when the passage cannot be reached.
pub(super) fn of(
    snapshot: &Snapshot,
    asked: Asked<'_>,
    ordinal: PassageOrdinal,
    passage: &Passage,
    layout: &Layout,
    article_gap: f32,
) -> Result<Vec<StatementSignals>, SearchError> {
    let sought = asked.sought;
    let article = snapshot.article(snapshot.article_of(ordinal));
    let written = article.language;
    let terms = sought
        .terms_in(written)
        .filter(|_| written == sought.language());
    let covered = |text: &str| terms.map_or(0.0, |terms| terms.coverage(snapshot, text));
    let interactions = snapshot.interactions(ordinal, &layout.rows, sought.aim())?;
    let interaction_of_whole = snapshot.interaction(ordinal, sought.aim())?;
    let nearness_of_whole = snapshot.nearness(ordinal, sought.aim())?;
    let mut above = article.title.clone();
    for heading in article
        .sections
        .get(passage.section)
        .map_or(&[][..], |section| &section.heading_path)
    {
        above.push('\n');
        above.push_str(heading);
    }
    let source = snapshot.source(snapshot.article_of(ordinal))?;
    let signals_of = |(index, statement): (usize, &corpus::Statement)| {
        let interaction = if layout.rows[index].is_empty() {
            interaction_of_whole
        } else {
            interactions[index]
        };
        let figure = if holds_figure(&statement.text) {
            1.0
        } else {
            -1.0
        };
        StatementSignals {
            nearness: sought.standardised(nearness_of_whole, written),
            interaction: sought.standardised_interaction(snapshot, interaction, written),
            coverage: covered(&statement.text),
            context: covered(&format!("{above}\n{}", statement.text)),
            article: article_gap,
            figure: figure * flag(asked.wanted.figure),
            step: flag(asked.wanted.steps && statement.kind == StatementKind::Step),
            own: 1.0 - link_share(statement.range.slice(&source).unwrap_or_default()),
        }
    };
    let statements = passage.statements.iter().enumerate();
    Ok(statements.map(signals_of).collect())
}

fn flag(is_so: bool) -> f32 {
    f32::from(u8::from(is_so))
}

/// Whether a text holds a digit, or a numeral that is a character of its own.
fn holds_figure(text: &str) -> bool {
    text.contains(|c: char| c.is_numeric() || "一二三四五六七八九十百千万".contains(c))
}

/// Share of the letters of a piece of Markdown that stand in the text of a link; addresses do not count.
fn link_share(source: &str) -> f32 {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let (mut linked, mut other) = (0, 0);
    let mut rest = source;
    while let Some((before, behind)) = rest.split_once('[') {
        let link = behind
            .split_once("](")
            .and_then(|(text, address)| Some((text, address.split_once(')')?.1)));
        other += letters(before);
        rest = behind;
        if let Some((text, behind)) = link {
            linked += letters(text);
            rest = behind;
        }
    }
    other += letters(rest);
    linked as f32 / (linked + other).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_elsewhere_is_told_from_what_says_something() {
        assert!(link_share("See [Fees for sellers](fees.md).") > 0.7);
        assert!(link_share("[Fees (all)](a.md) and [Taxes](b.md#x)") > 0.7);
        assert!(link_share("You pay 9 % plus [VAT](vat.md) on every sale you make.") < 0.2);
        for plain in [
            "",
            "Press [Enter] twice.",
            "An open [ bracket",
            "[no](address",
        ] {
            assert!(link_share(plain) < f32::EPSILON, "{plain}");
        }
    }

    #[test]
    fn names_and_values_are_in_one_order() {
        let values: [f32; 8] = std::array::from_fn(|i| i as f32);
        let signals = StatementSignals::from_values(values);
        let by_name = serde_json::to_value(signals).expect("serializable");
        for (name, value) in StatementSignals::NAMES.iter().zip(values) {
            assert_eq!(by_name[name], value, "{name}");
        }
    }
}
