//! Alike: articles that say nearly the same, and sections that stand in two articles.
//!
//! Two articles are compared by their runs of words ([`RUN_WORDS`] long, in Chinese of characters). To find the pairs
//! worth comparing, every run with a hash in a fixed eighth of the range is kept, and runs that stand in many articles
//! are left out: what all articles say makes none alike. Only for those pairs the sentences themselves are held against
//! each other. That is exact where it is shown and needs neither model nor randomness.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use corpus::{ByteRange, Language, StatementKind};

use super::Known;
use crate::{Finding, Place, Rule, Severity, collection::ArticleFile};

/// Length of a run, in words; in Chinese, twice as many characters.
const RUN_WORDS: usize = 4;

/// One run in so many is kept for finding pairs.
const KEPT_ONE_IN: u64 = 8;

/// A run that stands in more articles than this says nothing about two of them.
const MAX_ARTICLES: usize = 40;

/// Share of the kept runs of the shorter article that must be common for a pair to be compared.
const WORTH_COMPARING: f64 = 0.3;

/// Share of the runs of a sentence that must stand in the other article for the sentence to stand there.
const STANDS_THERE: f64 = 0.7;

/// Share of the words of the shorter article that must stand in the other.
const ALIKE: f64 = 0.8;

/// Fewest words of an article, and of a section, that is compared; in Chinese, characters.
const MIN_WORDS: usize = 40;

type Stable = BuildHasherDefault<DefaultHasher>;

/// A statement as its runs.
struct Sentence {
    /// Index of its section.
    section: usize,
    n_words: usize,
    runs: Vec<u64>,
}

/// An article as its sentences.
struct Read {
    sentences: Vec<Sentence>,
    kept: Vec<u64>,
}

pub(super) fn findings(known: &Known<'_>, own: &[usize]) -> Vec<Finding> {
    let read: Vec<Read> = own
        .iter()
        .map(|index| runs(&known.articles[*index]))
        .collect();
    let mut holders: HashMap<u64, Vec<u32>, Stable> = HashMap::default();
    for (n, article) in (0..).zip(&read) {
        for run in &article.kept {
            holders.entry(*run).or_default().push(n);
        }
    }
    let mut findings = Vec::new();
    for (n, article) in read.iter().enumerate() {
        let mut common: HashMap<usize, usize, Stable> = HashMap::default();
        let mut n_telling = 0;
        for run in &article.kept {
            let holders = &holders[run];
            if holders.len() > MAX_ARTICLES {
                continue;
            }
            n_telling += 1;
            for other in holders
                .iter()
                .map(|other| *other as usize)
                .filter(|other| *other > n)
            {
                *common.entry(other).or_default() += 1;
            }
        }
        let mut others: Vec<(usize, usize)> = common.into_iter().collect();
        others.sort_unstable();
        for (other, n_common) in others {
            let n_least = n_telling.min(read[other].kept.len()).max(1);
            let is_worth_it = n_common as f64 >= WORTH_COMPARING * n_least as f64;
            if is_worth_it
                && !known.articles[own[n]]
                    .article
                    .id
                    .eq(&known.articles[own[other]].article.id)
            {
                findings.extend(compare(
                    known,
                    (own[n], article),
                    (own[other], &read[other]),
                ));
            }
        }
    }
    findings
}

fn runs(file: &ArticleFile) -> Read {
    let language = file.article.language;
    let hasher = Stable::default();
    let mut sentences = Vec::new();
    let mut kept = Vec::new();
    for told in &file.statements {
        if matches!(
            told.statement.kind,
            StatementKind::Heading | StatementKind::Code
        ) {
            continue;
        }
        let words: Vec<u64> = words(&told.statement.text, language, &hasher);
        let length = if language == Language::Zh {
            RUN_WORDS * 2
        } else {
            RUN_WORDS
        };
        // A short sentence is one run, so that lists of short items are compared too.
        let runs: Vec<u64> = if words.len() < length {
            vec![mixed(&words)]
        } else {
            words.windows(length).map(mixed).collect()
        };
        kept.extend(runs.iter().copied().filter(|run| run % KEPT_ONE_IN == 0));
        sentences.push(Sentence {
            section: told.section,
            n_words: words.len(),
            runs,
        });
    }
    kept.sort_unstable();
    kept.dedup();
    Read { sentences, kept }
}

/// One hash of the hashes of a run of words, in order.
fn mixed(words: &[u64]) -> u64 {
    words.iter().fold(0, |hash: u64, word| {
        (hash.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    })
}

/// The words of a text as hashes, numbers included, whatever their case; in Chinese, its characters.
fn words(text: &str, language: Language, hasher: &Stable) -> Vec<u64> {
    if language == Language::Zh {
        return (text.chars().filter(|c| c.is_alphanumeric()))
            .map(|c| hasher.hash_one(c))
            .collect();
    }
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            if word.chars().any(char::is_uppercase) {
                hasher.hash_one(word.to_lowercase())
            } else {
                hasher.hash_one(word)
            }
        })
        .collect()
}

/// How much of an article, or of one of its sections, stands in another.
#[derive(Debug, Clone, Copy, Default)]
struct Overlap {
    n_words: usize,
    n_common: usize,
}

impl Overlap {
    fn share(self) -> f64 {
        self.n_common as f64 / self.n_words.max(1) as f64
    }
}

/// Words of each section of `left` that stand in `right`, sentence by sentence.
fn overlaps(left: &Read, right: &Read) -> Vec<(usize, Overlap)> {
    let theirs: HashSet<u64, Stable> = right
        .sentences
        .iter()
        .flat_map(|sentence| sentence.runs.iter().copied())
        .collect();
    let mut sections: Vec<(usize, Overlap)> = Vec::new();
    for sentence in &left.sentences {
        let n_found = sentence
            .runs
            .iter()
            .filter(|run| theirs.contains(run))
            .count();
        let stands_there = n_found as f64 >= STANDS_THERE * sentence.runs.len() as f64;
        if sections
            .last()
            .is_none_or(|(section, _)| *section != sentence.section)
        {
            sections.push((sentence.section, Overlap::default()));
        }
        if let Some((_, overlap)) = sections.last_mut() {
            overlap.n_words += sentence.n_words;
            overlap.n_common += if stands_there { sentence.n_words } else { 0 };
        }
    }
    sections
}

fn compare(
    known: &Known<'_>,
    (left, left_read): (usize, &Read),
    (right, right_read): (usize, &Read),
) -> Option<Finding> {
    let in_right = overlaps(left_read, right_read);
    let in_left = overlaps(right_read, left_read);
    let total = |sections: &[(usize, Overlap)]| -> Overlap {
        sections
            .iter()
            .fold(Overlap::default(), |sum, (_, overlap)| Overlap {
                n_words: sum.n_words + overlap.n_words,
                n_common: sum.n_common + overlap.n_common,
            })
    };
    let (l, r) = (total(&in_right), total(&in_left));
    let is_long = |overlap: Overlap| overlap.n_words >= MIN_WORDS;
    let left_stands = is_long(l) && l.share() >= ALIKE;
    let right_stands = is_long(r) && r.share() >= ALIKE;
    let are_versions = known.are_versions(left, right);
    let severity = if are_versions {
        Severity::Note
    } else {
        Rule::NearDuplicate.severity()
    };
    if left_stands || right_stands {
        // The one that stands in the other is the one to take away; of two that do, the likelier mistake.
        let is_left = match (left_stands, right_stands) {
            (true, true) => known.is_likelier_mistake(left, right),
            (is_left, _) => is_left,
        };
        let (own, other, overlap) = if is_left {
            (left, right, l)
        } else {
            (right, left, r)
        };
        let (own, other) = (&known.articles[own], &known.articles[other]);
        let remedy = if are_versions {
            format!(
                "nothing, if `{}` is for other customers or another time on purpose",
                other.path()
            )
        } else {
            format!(
                "keep one of them, or say in each what the other does not and link to `{}`",
                other.path()
            )
        };
        let message = format!(
            "{} of this article stands in `{}` too, nearly word for word",
            percent(overlap.share()),
            other.path()
        );
        let finding = Finding::new(
            Rule::NearDuplicate,
            Place::file(own.path()),
            message,
            remedy,
        );
        return Some(
            finding
                .weighing(severity)
                .about(vec![Place::file(other.path())]),
        );
    }
    section(known, (left, &in_right), (right, &in_left))
}

/// The longest section that stands nearly whole in the other article, as a note: a paragraph may be repeated on purpose.
fn section(
    known: &Known<'_>,
    (left, in_right): (usize, &[(usize, Overlap)]),
    (right, in_left): (usize, &[(usize, Overlap)]),
) -> Option<Finding> {
    let of = |own: usize, other: usize, sections: &[(usize, Overlap)]| {
        let repeated = |(_, overlap): &&(usize, Overlap)| {
            overlap.n_words >= MIN_WORDS && overlap.share() >= ALIKE
        };
        let longest = sections
            .iter()
            .filter(repeated)
            .max_by_key(|(_, overlap)| overlap.n_words)?;
        Some((own, other, *longest))
    };
    let is_left_first = known.is_likelier_mistake(left, right);
    let (l, r) = (of(left, right, in_right), of(right, left, in_left));
    let (own, other, (section, overlap)) = if is_left_first { l.or(r) } else { r.or(l) }?;
    let (own, other) = (&known.articles[own], &known.articles[other]);
    let own_section = own.article.sections.get(section)?;
    let range = ByteRange::new(own_section.range.start, own_section.range.start);
    let name = own_section
        .heading_path
        .last()
        .map_or("the opening", String::as_str);
    let finding = Finding::new(
        Rule::NearDuplicate,
        own.place(range),
        format!(
            "{} of the section “{name}” stands in `{}` too, nearly word for word",
            percent(overlap.share()),
            other.path()
        ),
        "say it in one article and link to it from the other, so that a change is made once",
    );
    Some(
        finding
            .weighing(Severity::Note)
            .about(vec![Place::file(other.path())]),
    )
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests;
