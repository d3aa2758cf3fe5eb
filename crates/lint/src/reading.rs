//! Reading level: sections harder to read than customers' texts should be, each with its hardest sentence.
//!
//! Every language has its own published formula ([`formula`]); Polish and Chinese, which have none of that kind, are
//! measured by the length of their sentences. Formulas count, they do not understand: a note, never more, and only
//! where there is enough text to count.

mod formula;
mod syllables;

use corpus::StatementKind;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::formula::{Counts, Ease};
use crate::{
    Finding, Rule,
    collection::{ArticleFile, Collection},
};

/// From where on a text counts as hard to read. Section `[check.reading]` of `loket.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadingConfig {
    /// Least reading ease of a section, 0 to 100, in the languages of the Flesch family: English, Dutch, German,
    /// French, Spanish, Portuguese. Default 30, where Flesch's "very difficult" begins.
    pub min_ease: u8,
    /// Least Gulpease index of an Italian section, 0 to 100. Default 40, below which it is hard for whoever finished
    /// secondary school.
    pub min_gulpease: u8,
    /// Most words of a Polish sentence on average. Default 22.
    pub mean_words: u8,
    /// Most characters of a Chinese sentence on average. Default 60.
    pub mean_characters: u8,
    /// Most words of any one sentence. Default 45.
    pub sentence_words: u8,
    /// Most characters of any one Chinese sentence. Default 110.
    pub sentence_characters: u8,
}

impl Default for ReadingConfig {
    fn default() -> Self {
        Self {
            min_ease: 30,
            min_gulpease: 40,
            mean_words: 22,
            mean_characters: 60,
            sentence_words: 45,
            sentence_characters: 110,
        }
    }
}

/// Fewest words of a section that is measured as a whole; in Chinese, twice as many characters.
const MIN_WORDS: usize = 50;

/// One note for every article with a section that is hard to read or a sentence that is too long.
pub(crate) fn findings(collection: &Collection, config: ReadingConfig) -> Vec<Finding> {
    let articles = collection.articles().par_iter();
    articles.filter_map(|file| article(file, config)).collect()
}

/// A sentence of running text with its counts.
struct Sentence {
    statement: usize,
    section: usize,
    counts: Counts,
}

fn article(file: &ArticleFile, config: ReadingConfig) -> Option<Finding> {
    let language = file.article.language;
    let is_read = |kind: StatementKind| {
        matches!(
            kind,
            StatementKind::Sentence
                | StatementKind::LeadIn
                | StatementKind::ListItem
                | StatementKind::Step
        )
    };
    let sentences: Vec<Sentence> = (file.statements.iter().enumerate())
        .filter(|(_, told)| is_read(told.statement.kind))
        .map(|(statement, told)| Sentence {
            statement,
            section: told.section,
            counts: formula::count(&told.statement.text, language),
        })
        .filter(|sentence| sentence.counts.n_words > 0)
        .collect();
    hard_section(file, &sentences, config).or_else(|| long_sentence(file, &sentences, config))
}

/// The hardest section, when it is too hard.
fn hard_section(
    file: &ArticleFile,
    sentences: &[Sentence],
    config: ReadingConfig,
) -> Option<Finding> {
    let language = file.article.language;
    let n_least = if language.separates_words() {
        MIN_WORDS
    } else {
        MIN_WORDS * 2
    };
    let sections = sentences.chunk_by(|a, b| a.section == b.section);
    let hard = sections.filter_map(|section| {
        let counts = section
            .iter()
            .fold(Counts::default(), |sum, one| sum.plus(one.counts));
        let ease = formula::ease(counts, language);
        (counts.n_words >= n_least && ease.is_below(config)).then_some((ease, section))
    });
    let (ease, section) = hard.min_by(|(a, _), (b, _)| a.value().total_cmp(&b.value()))?;
    let hardest = section.iter().max_by_key(|one| one.counts.n_words)?;
    let text = &file.statements[hardest.statement].statement.text;
    let (measure, least) = ease.described(config);
    Some(Finding::new(
        Rule::ReadingLevel,
        file.place(file.statements[hardest.statement].statement.range),
        format!(
            "{}: {measure}; its longest sentence: “{}”",
            name(file, hardest.section),
            shown(text)
        ),
        format!("split long sentences and use shorter words; {least}"),
    ))
}

/// The longest sentence, when it is too long.
fn long_sentence(
    file: &ArticleFile,
    sentences: &[Sentence],
    config: ReadingConfig,
) -> Option<Finding> {
    let language = file.article.language;
    let (most, unit) = if language.separates_words() {
        (config.sentence_words, "words")
    } else {
        (config.sentence_characters, "characters")
    };
    let longest = sentences.iter().max_by_key(|one| one.counts.n_words)?;
    let n = longest.counts.n_words;
    if n <= usize::from(most) {
        return None;
    }
    let statement = &file.statements[longest.statement].statement;
    Some(Finding::new(
        Rule::ReadingLevel,
        file.place(statement.range),
        format!("this sentence has {n} {unit}: “{}”", shown(&statement.text)),
        format!("split it; at most {most} {unit} read well"),
    ))
}

fn name(file: &ArticleFile, section: usize) -> String {
    let headings = file.article.sections.get(section);
    match headings.and_then(|section| section.heading_path.last()) {
        Some(heading) => format!("the section “{heading}” is hard to read"),
        None => "the opening is hard to read".to_owned(),
    }
}

/// The start of a sentence, enough to find it.
fn shown(text: &str) -> String {
    const MOST: usize = 90;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

impl Ease {
    fn is_below(self, config: ReadingConfig) -> bool {
        match self {
            Self::Flesch(_, ease) => ease < f64::from(config.min_ease),
            Self::Gulpease(index) => index < f64::from(config.min_gulpease),
            Self::Words(mean) => mean > f64::from(config.mean_words),
            Self::Characters(mean) => mean > f64::from(config.mean_characters),
        }
    }

    /// Higher is easier, for sections of one language.
    fn value(self) -> f64 {
        match self {
            Self::Flesch(_, ease) | Self::Gulpease(ease) => ease,
            Self::Words(mean) | Self::Characters(mean) => -mean,
        }
    }

    /// What was measured, and what would do.
    fn described(self, config: ReadingConfig) -> (String, String) {
        match self {
            Self::Flesch(name, ease) => (
                format!("{name} {:.0} of 100", ease.max(0.0)),
                format!("{} or more would do", config.min_ease),
            ),
            Self::Gulpease(index) => (
                format!("Gulpease {:.0} of 100", index.max(0.0)),
                format!("{} or more would do", config.min_gulpease),
            ),
            Self::Words(mean) => (
                format!("{mean:.0} words a sentence"),
                format!("{} or fewer would do", config.mean_words),
            ),
            Self::Characters(mean) => (
                format!("{mean:.0} characters a sentence"),
                format!("{} or fewer would do", config.mean_characters),
            ),
        }
    }
}

#[cfg(test)]
mod tests;
