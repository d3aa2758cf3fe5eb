//! Facts: the figures of a text that two texts on one matter must agree on.
//!
//! text → **facts** → contradictions, numbers of translations. The numbers are read where answers are checked
//! ([`answer::check::quantity`]); here they become amounts, shares, spans of time, days and sizes that can be compared
//! whatever the unit and language: two weeks are 14 days, "1er mars" is "1 March". Numbers without a unit are kept
//! aside: they bear out a fact whose unit is written in a way nobody foresaw ("14-tägig"), but are none themselves.

mod days;

use std::ops::Range;

use answer::check::quantity::{self, Currency, MONTH, Quantity, SCALE, Unit};
use corpus::{Language, StatementKind, language::detect::is_han};
use rayon::prelude::*;

use crate::collection::ArticleFile;

/// What a fact measures. Facts of different kinds are never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A share in percent.
    Percent,
    /// Money.
    Money(Currency),
    /// A span of seconds to weeks, in seconds.
    Span,
    /// A span of months or years, in months.
    Months,
    /// A day of the calendar.
    Day,
    /// A time of day, in minutes after midnight.
    Clock,
    /// A length in millimetres.
    Length,
    /// A mass in grams.
    Mass,
    /// An amount of data, in kilobytes.
    Data,
}

/// A figure with what it measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) kind: Kind,
    /// Values it may have, in ten-thousandths of the unit of its kind; of a day, `year × 10,000 + month × 100 + day`
    /// with zeros for what is not said.
    pub(crate) readings: Vec<i64>,
    /// Values of the number as it is written, whatever its unit, in ten-thousandths.
    pub(crate) written: Vec<i64>,
    /// Bytes of the text that say the number.
    pub(crate) place: Range<usize>,
}

impl Fact {
    /// Whether both say the same.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.readings.iter().any(|left| {
                other.readings.iter().any(|right| match self.kind {
                    Kind::Day => is_same_day(*left, *right),
                    _ => left == right,
                })
            })
    }
}

impl Fact {
    /// How far two values of one kind lie apart: the smallest difference between their readings.
    pub(crate) fn distance(&self, other: &Self) -> u64 {
        let pairs = self.readings.iter().flat_map(|left| {
            other
                .readings
                .iter()
                .map(move |right| left.abs_diff(*right))
        });
        pairs.min().unwrap_or(u64::MAX)
    }
}

fn is_same_day(left: i64, right: i64) -> bool {
    let parts = |day: i64| [day / 10_000, day / 100 % 100, day % 100];
    let same = |(l, r): (i64, i64)| l == r || l == 0 || r == 0;
    parts(left).into_iter().zip(parts(right)).all(same)
}

/// What a text states in figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// In order.
    pub(crate) facts: Vec<Fact>,
    /// The numbers that are part of no fact, in order: versions, counts, steps.
    pub(crate) bare: Vec<Quantity>,
}

impl Figures {
    /// Whether the text states `fact`, or a number without a unit that could be it.
    pub(crate) fn bear_out(&self, fact: &Fact) -> bool {
        let is_its_number = |own: &Quantity| {
            own.readings
                .iter()
                .any(|value| fact.written.contains(value))
        };
        self.facts.iter().any(|own| own.agrees_with(fact)) || self.bare.iter().any(is_its_number)
    }
}

/// Reads the figures of `text`.
pub(crate) fn figures(text: &str, language: Language) -> Figures {
    let quantities = quantity::quantities(text);
    let mut figures = Figures::default();
    let mut is_taken = vec![false; quantities.len()];
    figures.facts = days::read(text, language, &quantities, &mut is_taken);
    for (quantity, is_taken) in quantities.into_iter().zip(is_taken) {
        let word = text.get(quantity.place.clone()).unwrap_or_default();
        // A month or a day of the week by name, alone.
        if is_taken
            || quantity.readings.iter().all(|value| *value > MONTH * SCALE)
                && quantity.unit.is_none()
        {
            continue;
        }
        if is_other_word(word, language) {
            continue;
        }
        let after = text.get(quantity.place.end..).unwrap_or_default();
        let unit = quantity
            .unit
            .filter(|unit| !is_no_unit(word, after, *unit, language));
        match unit.and_then(kind_of) {
            Some((kind, factor)) => figures.facts.push(Fact {
                kind,
                readings: (quantity.readings.iter())
                    .filter_map(|value| value.checked_mul(factor))
                    .collect(),
                written: quantity.readings,
                place: quantity.place,
            }),
            None => figures.bare.push(quantity),
        }
    }
    figures.facts.sort_by_key(|fact| fact.place.start);
    figures
}

/// What `unit` measures, and how many of that kind's units it is.
const fn kind_of(unit: Unit) -> Option<(Kind, i64)> {
    Some(match unit {
        Unit::Percent => (Kind::Percent, 1),
        Unit::Money(currency) => (Kind::Money(currency), 1),
        Unit::Second => (Kind::Span, 1),
        Unit::Minute => (Kind::Span, 60),
        Unit::Hour => (Kind::Span, 3_600),
        Unit::Day => (Kind::Span, 86_400),
        Unit::Week => (Kind::Span, 604_800),
        Unit::Month => (Kind::Months, 1),
        Unit::Year => (Kind::Months, 12),
        Unit::Clock => (Kind::Clock, 1),
        Unit::Gram => (Kind::Mass, 1),
        Unit::Kilogram => (Kind::Mass, 1_000),
        Unit::Millimetre => (Kind::Length, 1),
        Unit::Centimetre => (Kind::Length, 10),
        Unit::Metre => (Kind::Length, 1_000),
        Unit::Kilometre => (Kind::Length, 1_000_000),
        Unit::Mile => (Kind::Length, 1_609_344),
        Unit::Kilobyte => (Kind::Data, 1),
        Unit::Megabyte => (Kind::Data, 1 << 10),
        Unit::Gigabyte => (Kind::Data, 1 << 20),
        Unit::Terabyte => (Kind::Data, 1 << 30),
        Unit::Volt | Unit::Ampere => return None,
    })
}

/// A number word of one language that is another word in this one: "once a week", "ten minste", "dos últimos", "onze".
fn is_other_word(word: &str, language: Language) -> bool {
    match word.to_lowercase().as_str() {
        "once" | "dos" | "tres" => language != Language::Es,
        "ten" => language != Language::En,
        "due" | "sei" => language != Language::It,
        "doze" => language != Language::Pt,
        "elf" => !matches!(language, Language::Nl | Language::De),
        "six" => !matches!(language, Language::En | Language::Fr),
        "onze" => !matches!(language, Language::Fr | Language::Pt),
        _ => false,
    }
}

/// Whether the word after a number parts it from a unit of time further on: "KB218794 nel mese", "3 per day".
fn is_parted(after: &str) -> bool {
    let word = after.split_whitespace().next().unwrap_or_default();
    matches!(
        word,
        "per" | "pro" | "par" | "por" | "al" | "in" | "im" | "en" | "nel" | "em" | "w" | "na"
    )
}

/// Whether what was taken for the unit of the number before `after` is none: a time of day ("de 9 h à 18 h"), or in
/// Chinese a character further on ("16.0 后登录时") or of another word ("四周").
fn is_no_unit(written: &str, after: &str, unit: Unit, language: Language) -> bool {
    let after = after.trim_start();
    let is_time = matches!(
        unit,
        Unit::Second
            | Unit::Minute
            | Unit::Hour
            | Unit::Day
            | Unit::Week
            | Unit::Month
            | Unit::Year
    );
    if is_time && is_parted(after) {
        return true;
    }
    if language == Language::Zh {
        let is_far = !after.starts_with(|c: char| {
            "天日个個工周星月年小时分秒钟多-–—~～至到".contains(c) || c.is_ascii_alphanumeric()
        });
        return is_time && is_far || written == "四" && after.starts_with('周');
    }
    let hour = after.strip_prefix('h');
    let is_clock = hour.is_some_and(|rest| !rest.starts_with(char::is_alphabetic));
    unit == Unit::Hour && is_clock && written.parse::<u32>().is_ok_and(|hours| hours < 24)
}

/// What an article states, statement by statement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stated {
    /// Index of the statement, and its figures, for those that state any number.
    pub(crate) by_statement: Vec<(usize, Figures)>,
}

impl Stated {
    /// All facts with the index of their statement, in order.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (&Fact, usize)> {
        (self.by_statement.iter()).flat_map(|(statement, figures)| {
            figures.facts.iter().map(move |fact| (fact, *statement))
        })
    }

    /// How many statements bear out `fact`.
    pub(crate) fn count(&self, fact: &Fact) -> usize {
        self.by_statement
            .iter()
            .filter(|(_, figures)| figures.bear_out(fact))
            .count()
    }

    /// Whether any statement bears out `fact`.
    pub(crate) fn bear_out(&self, fact: &Fact) -> bool {
        self.by_statement
            .iter()
            .any(|(_, figures)| figures.bear_out(fact))
    }
}

/// Reads what each of `articles` states. Code is no statement about the help center.
pub(crate) fn stated(articles: &[ArticleFile]) -> Vec<Stated> {
    let read = |read: &ArticleFile| -> Stated {
        let statements = read.statements.iter().enumerate();
        let told = statements.filter(|(_, told)| {
            told.statement.kind != StatementKind::Code
                && may_state_a_number(&told.statement.text, read.article.language)
        });
        Stated {
            by_statement: told
                .map(|(index, told)| (index, figures(&told.statement.text, read.article.language)))
                .filter(|(_, figures)| !figures.facts.is_empty() || !figures.bare.is_empty())
                .collect(),
        }
    };
    articles.par_iter().map(read).collect()
}

/// Whether reading the figures of `text` is worth the time: most statements of a help center have neither a digit nor
/// a number in words.
fn may_state_a_number(text: &str, language: Language) -> bool {
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        return true;
    }
    if language.separates_words() {
        text.split_whitespace().any(quantity::is_number)
    } else {
        text.contains(['两', '二', '三', '四', '五', '六', '七', '八', '九', '十'])
    }
}

/// The words of `text` that say `fact`, for a reader: the number with the sign before it, or the words of its unit.
pub(crate) fn in_words<'a>(text: &'a str, fact: &Fact) -> &'a str {
    let before = text.get(..fact.place.start).unwrap_or_default();
    let after = text.get(fact.place.end..).unwrap_or_default();
    let unsigned = before.trim_end().trim_end_matches(['€', '$', '£', '¥']);
    let has_sign = unsigned.len() < before.trim_end().len();
    let start = if has_sign {
        unsigned.len()
    } else {
        fact.place.start
    };
    let n_words = match fact.kind {
        Kind::Day => 0,
        Kind::Money(_) if has_sign => 0,
        Kind::Percent | Kind::Money(_) => 1,
        _ => 2,
    };
    let mut n_seen = 0;
    let mut n_han = 0;
    let mut end = fact.place.end;
    let mut is_inside = true;
    for (at, character) in after.char_indices() {
        n_han += usize::from(is_han(character));
        if character.is_whitespace() {
            n_seen += usize::from(is_inside && at > 0);
            is_inside = false;
            continue;
        }
        let is_unit =
            character.is_alphanumeric() || matches!(character, '%' | '％' | '€' | '$' | '-' | '°');
        // "五个工作日" is as long as a unit gets where nothing stands between words.
        if !is_unit || n_seen >= n_words || n_han > 4 {
            break;
        }
        is_inside = true;
        end = fact.place.end + at + character.len_utf8();
    }
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
