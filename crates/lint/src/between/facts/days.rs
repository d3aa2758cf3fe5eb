//! Days of the calendar, in words and in figures.

use std::ops::RangeInclusive;

use answer::check::quantity::{MONTH, Quantity, SCALE};
use corpus::Language;

use super::{Fact, Kind};

/// The days `text` states; the quantities they take up are marked in `is_taken`.
pub(super) fn read(
    text: &str,
    language: Language,
    quantities: &[Quantity],
    is_taken: &mut [bool],
) -> Vec<Fact> {
    let mut facts = Vec::new();
    days(text, quantities, is_taken, &mut facts);
    days_of_other_words(text, language, quantities, is_taken, &mut facts);
    facts
}

/// The value of a quantity that is a whole number within `range`.
fn whole(quantity: &Quantity, range: RangeInclusive<i64>) -> Option<i64> {
    let [value] = quantity.readings.as_slice() else {
        return None;
    };
    (value % SCALE == 0 && range.contains(&(value / SCALE))).then_some(value / SCALE)
}

const DAYS: RangeInclusive<i64> = 1..=31;
const MONTHS: RangeInclusive<i64> = 1..=12;
const YEARS: RangeInclusive<i64> = 1_990..=2_100;

/// Finds the days among `quantities`: "1 March 2027", "March 1", "2027年3月1日", "2027-03-01", "1.3.2027", "1/3/2027".
fn days(text: &str, quantities: &[Quantity], is_taken: &mut [bool], facts: &mut Vec<Fact>) {
    let between = |left: usize, right: usize| -> Option<&str> {
        let (left, right) = (quantities.get(left)?, quantities.get(right)?);
        text.get(left.place.end..right.place.start)
    };
    for at in 0..quantities.len() {
        if is_taken[at] {
            continue;
        }
        if let Some((readings, n)) = numeric_day(text, quantities, at) {
            is_taken[at..at + n].fill(true);
            facts.push(Fact {
                kind: Kind::Day,
                readings,
                written: Vec::new(),
                place: quantities[at].place.start..quantities[at + n - 1].place.end,
            });
            continue;
        }
        let Some(month) = whole(&quantities[at], MONTH + 1..=MONTH + 12) else {
            continue;
        };
        if quantities[at].unit.is_some() {
            continue;
        }
        let (mut first, mut last) = (at, at);
        let (mut day, mut year) = (0, 0);
        let is_joint = |joint: Option<&str>| joint.is_some_and(is_inside_a_day);
        if let Some(before) = at.checked_sub(1)
            && !is_taken[before]
            && is_joint(between(before, at))
        {
            if let Some(value) = whole(&quantities[before], DAYS) {
                (day, first) = (value, before);
            } else if let Some(value) = whole(&quantities[before], YEARS) {
                (year, first) = (value, before);
            }
        }
        if day == 0
            && is_joint(between(at, at + 1))
            && let Some(value) = whole(&quantities[at + 1], DAYS)
        {
            (day, last) = (value, at + 1);
        }
        if year == 0
            && is_joint(between(last, last + 1))
            && let Some(value) = whole(&quantities[last + 1], YEARS)
        {
            (year, last) = (value, last + 1);
        }
        is_taken[first..=last].fill(true);
        if day > 0 {
            facts.push(Fact {
                kind: Kind::Day,
                readings: vec![year * 10_000 + (month - MONTH) * 100 + day],
                written: Vec::new(),
                place: quantities[first].place.start..quantities[last].place.end,
            });
        }
    }
}

/// Months whose names are other words too, and are no months where answers are checked: "May", "mars".
const fn other_words(language: Language) -> &'static [(&'static str, i64)] {
    match language {
        Language::En => &[("March", 3), ("May", 5)],
        Language::De => &[("Mai", 5)],
        Language::Fr => &[("mars", 3), ("mai", 5)],
        _ => &[],
    }
}

/// Finds days whose month is such a word: "31 March 2027", "May 5".
fn days_of_other_words(
    text: &str,
    language: Language,
    quantities: &[Quantity],
    is_taken: &mut [bool],
    facts: &mut Vec<Fact>,
) {
    for (name, month) in other_words(language) {
        for (start, _) in text.match_indices(name) {
            let end = start + name.len();
            let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            if is_part(text[..start].chars().next_back()) || is_part(text[end..].chars().next()) {
                continue;
            }
            let fits = |at: usize, joint: Option<&str>, values| {
                let value = whole(&quantities[at], values)?;
                joint.is_some_and(is_inside_a_day).then_some((at, value))
            };
            let behind = quantities.partition_point(|quantity| quantity.place.start < end);
            let before = behind.checked_sub(1).filter(|at| !is_taken[*at]);
            let day_before =
                before.and_then(|at| fits(at, text.get(quantities[at].place.end..start), DAYS));
            let next = |at: usize, from: usize, values| {
                let quantity = quantities.get(at).filter(|_| !is_taken[at])?;
                fits(at, text.get(from..quantity.place.start), values)
            };
            let day = day_before.or_else(|| next(behind, end, DAYS));
            let Some((day_at, day)) = day else {
                continue;
            };
            let (year_at, from) = if day_at < behind {
                (behind, end)
            } else {
                (day_at + 1, quantities[day_at].place.end)
            };
            let year = next(year_at, from, YEARS);
            let last = year.map_or(day_at, |(at, _)| at);
            is_taken[day_at] = true;
            is_taken[last] = true;
            facts.push(Fact {
                kind: Kind::Day,
                readings: vec![year.map_or(0, |(_, year)| year) * 10_000 + month * 100 + day],
                written: Vec::new(),
                place: quantities[day_at].place.start.min(start)
                    ..quantities[last].place.end.max(end),
            });
        }
    }
}

/// A day written in figures alone from the quantity `at` on, with both orders of day and month where either may be
/// meant, and how many quantities it takes.
fn numeric_day(text: &str, quantities: &[Quantity], at: usize) -> Option<(Vec<i64>, usize)> {
    let written = text.get(quantities[at].place.clone())?;
    let parts: Vec<i64> = written
        .split(['.', '-', '/'])
        .map_while(|part| part.parse().ok())
        .collect();
    let n_same = quantities[at..]
        .iter()
        .take_while(|q| q.place == quantities[at].place)
        .count();
    if let ([year, month, day], 3) = (parts.as_slice(), n_same) {
        return Some((vec![year * 10_000 + month * 100 + day], 3));
    }
    let (parts, n) = if let [a, b, c] = parts.as_slice() {
        ([*a, *b, *c], 1)
    } else {
        let three = quantities.get(at..at + 3)?;
        let is_slash =
            |i: usize| text.get(three[i].place.end..three[i + 1].place.start) == Some("/");
        if !is_slash(0) || !is_slash(1) {
            return None;
        }
        (
            [
                whole(&three[0], DAYS)?,
                whole(&three[1], DAYS)?,
                whole(&three[2], YEARS)?,
            ],
            3,
        )
    };
    let [a, b, year] = parts;
    let orders = [(a, b), (b, a)].into_iter();
    let readings: Vec<i64> = orders
        .filter(|(day, month)| {
            DAYS.contains(day) && MONTHS.contains(month) && YEARS.contains(&year)
        })
        .map(|(day, month)| year * 10_000 + month * 100 + day)
        .collect();
    (!readings.is_empty()).then_some((readings, n))
}

/// What may stand between the parts of one day: white space, stops, "de", the endings of ordinals, 年 and 月.
fn is_inside_a_day(joint: &str) -> bool {
    let mut words = joint.split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '-'));
    joint.len() <= 12
        && words.all(|word| {
            matches!(
                word,
                "" | "de"
                    | "del"
                    | "of"
                    | "er"
                    | "º"
                    | "°"
                    | "ª"
                    | "st"
                    | "nd"
                    | "rd"
                    | "th"
                    | "年"
                    | "月"
            )
        })
}
