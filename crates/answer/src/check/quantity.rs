//! Quantities: every number a sentence states, as a value with a unit, whatever its notation.
//!
//! "€ 1.250,00", "1,250 EUR" and "1250欧元" are the same quantity; "four working days", "4 Werktage" and
//! "四个工作日" too. Where a notation is ambiguous ("24.000") all readings are kept, and two quantities agree
//! when any reading does. Not here: whether a sentence may state a quantity ([`crate::check`]).

mod words;

use std::ops::Range;

use words::{month_name, number_word, unit_word, weekday_name};

/// What a number counts. Hours and days never agree; a missing unit agrees with every unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A share in percent.
    Percent,
    /// Money, of any currency Loket knows by sign or code.
    Money(Currency),
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days, calendar or working.
    Day,
    /// Weeks.
    Week,
    /// Months, as a span.
    Month,
    /// Years, as a span.
    Year,
    /// A time of day, as minutes after midnight.
    Clock,
    /// Mass in kilograms.
    Kilogram,
    /// Length in millimetres.
    Millimetre,
    /// Length in centimetres.
    Centimetre,
    /// Length in metres.
    Metre,
    /// Length in kilometres.
    Kilometre,
    /// Length in miles.
    Mile,
    /// Mass in grams.
    Gram,
    /// Kilobytes.
    Kilobyte,
    /// Megabytes.
    Megabyte,
    /// Gigabytes.
    Gigabyte,
    /// Terabytes.
    Terabyte,
    /// Volts.
    Volt,
    /// Amperes.
    Ampere,
}

/// A currency, as far as it is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Currency {
    /// Euro.
    Euro,
    /// US dollar.
    Dollar,
    /// Pound sterling.
    Pound,
    /// Złoty.
    Zloty,
    /// Renminbi.
    Yuan,
}

/// A number with its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// Possible values in ten-thousandths; more than one where the notation is ambiguous.
    pub readings: Vec<i64>,
    /// What it counts, when the words beside it say so.
    pub unit: Option<Unit>,
    /// Bytes of the text that say the number, without its unit.
    pub place: Range<usize>,
}

impl Quantity {
    /// Whether `evidence` says the same: a common value, and no different unit.
    pub fn agrees_with(&self, evidence: &Self) -> bool {
        let same_unit = match (self.unit, evidence.unit) {
            (Some(left), Some(right)) => left == right,
            _ => true,
        };
        same_unit
            && self
                .readings
                .iter()
                .any(|value| evidence.readings.contains(value))
    }
}

/// Whether a single word is a number, in digits or spelt out in one of the nine languages.
pub fn is_number(word: &str) -> bool {
    let word = word
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    word.starts_with(|c: char| c.is_numeric()) || number_word(&word).is_some()
}

/// Whether `word`, in lower case, is a number, a unit, a month or a day of the week: what [`quantities`] reads.
pub fn is_quantity_word(word: &str) -> bool {
    number_word(word).is_some()
        || unit_word(word).is_some()
        || month_name(word).is_some()
        || weekday_name(word).is_some()
}

/// Fixed-point scale of [`Quantity::readings`].
pub const SCALE: i64 = 10_000;

/// Added to the number of a month, January 1, where a quantity is a month named.
pub const MONTH: i64 = 1_000_000;

/// Added to the number of a day of the week, Monday 1, where a quantity is such a day.
pub const WEEKDAY: i64 = 2_000_000;

/// All quantities stated in `text`, in order.
pub fn quantities(text: &str) -> Vec<Quantity> {
    let lower = lower(text);
    let (tokens, places) = tokenize(&lower);
    let place = |first: usize, n: usize| {
        let last = (first + n - 1).min(places.len() - 1);
        places[first].start..places[last].end
    };
    let mut found = Vec::new();
    let mut skip_until = 0;
    for (position, token) in tokens.iter().enumerate() {
        if position < skip_until {
            continue;
        }
        let before = position.checked_sub(1).and_then(|i| tokens.get(i));
        match token {
            Token::Number(digits) => {
                if let Some((minutes, used)) = clock(&tokens, position) {
                    found.push(Quantity {
                        readings: vec![minutes * SCALE],
                        unit: Some(Unit::Clock),
                        place: place(position, used),
                    });
                    skip_until = position + used;
                    continue;
                }
                let next = tokens.get(position + 1);
                if let (Some(Token::Word("月")), Ok(month @ 1..=12)) = (next, digits.parse::<i64>())
                {
                    found.push(Quantity {
                        readings: vec![(MONTH + month) * SCALE],
                        unit: None,
                        place: place(position, 1),
                    });
                    continue;
                }
                if let Some(date) = iso_date(&tokens[position..]) {
                    found.extend(date.map(|value| Quantity {
                        readings: vec![value * SCALE],
                        unit: None,
                        place: place(position, 5),
                    }));
                    skip_until = position + 5;
                    continue;
                }
                let by = multiplier(next);
                let readings: Vec<i64> = readings(digits)
                    .into_iter()
                    .filter_map(|reading| reading.checked_mul(by))
                    .collect();
                if !readings.is_empty() {
                    let unit = unit_beside(&tokens, position, before);
                    found.push(Quantity {
                        readings,
                        unit,
                        place: place(position, 1),
                    });
                }
            }
            Token::Word(word) => {
                if let Some(value) = number_word(word) {
                    let unit = unit_beside(&tokens, position, None);
                    // Small number words double as articles and pronouns, so they only count before a unit.
                    if unit.is_some() {
                        found.push(Quantity {
                            readings: vec![value * SCALE],
                            unit,
                            place: place(position, 1),
                        });
                    }
                } else if let Some(month) = month_name(word) {
                    found.push(Quantity {
                        readings: vec![(MONTH + month) * SCALE],
                        unit: None,
                        place: place(position, 1),
                    });
                } else if let Some(day) = weekday_name(word) {
                    found.push(Quantity {
                        readings: vec![(WEEKDAY + day) * SCALE],
                        unit: None,
                        place: place(position, 1),
                    });
                }
            }
            Token::Sign(_) => {}
        }
    }
    found
}

#[derive(Debug, Clone, PartialEq)]
enum Token<'a> {
    /// Digits with inner separators: `1.250,00`.
    Number(&'a str),
    Word(&'a str),
    Sign(char),
}

/// `text` in lower case, every character in as many bytes as before: the few that would change their length stay.
fn lower(text: &str) -> String {
    text.chars()
        .map(|character| {
            let mut lower = character.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(one), None) if one.len_utf8() == character.len_utf8() => one,
                _ => character,
            }
        })
        .collect()
}

/// The tokens of `text`, and where each stands.
fn tokenize(text: &str) -> (Vec<Token<'_>>, Vec<Range<usize>>) {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let end_of = |i: usize| characters.get(i).map_or(text.len(), |(at, _)| *at);
    let (mut tokens, mut places) = (Vec::new(), Vec::new());
    let mut i = 0;
    while let Some(&(start, character)) = characters.get(i) {
        if character.is_ascii_digit() {
            let mut j = i + 1;
            while let Some(&(_, next)) = characters.get(j) {
                let digit_follows = characters
                    .get(j + 1)
                    .is_some_and(|(_, c)| c.is_ascii_digit());
                let separator = match next {
                    '.' | ',' | '\'' | '’' | ':' => digit_follows,
                    // A space groups thousands only before exactly three digits.
                    ' ' | '\u{A0}' | '\u{202F}' => {
                        (1..=3).all(|k| {
                            characters
                                .get(j + k)
                                .is_some_and(|(_, c)| c.is_ascii_digit())
                        }) && !characters
                            .get(j + 4)
                            .is_some_and(|(_, c)| c.is_ascii_digit())
                            && text.get(start..end_of(j)).is_some_and(|s| {
                                s.len() <= 3 || s.contains([' ', '\u{A0}', '\u{202F}'])
                            })
                    }
                    _ => false,
                };
                if next.is_ascii_digit() || separator {
                    j += 1;
                } else {
                    break;
                }
            }
            tokens.push(Token::Number(&text[start..end_of(j)]));
            places.push(start..end_of(j));
            i = j;
        } else if character.is_alphabetic() {
            let han = corpus::language::detect::is_han(character);
            let mut j = i + 1;
            while characters.get(j).is_some_and(|(_, c)| {
                c.is_alphabetic() && !han && !corpus::language::detect::is_han(*c)
            }) {
                j += 1;
            }
            tokens.push(Token::Word(&text[start..end_of(j)]));
            places.push(start..end_of(j));
            i = j;
        } else {
            if !character.is_whitespace() {
                tokens.push(Token::Sign(character));
                places.push(start..end_of(i + 1));
            }
            i += 1;
        }
    }
    (tokens, places)
}

/// Values a written number may have, in ten-thousandths.
fn readings(digits: &str) -> Vec<i64> {
    let plain: String = digits
        .chars()
        .filter(|c| !matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '\'' | '’'))
        .collect();
    if plain.contains(':') {
        return Vec::new();
    }
    let separators: Vec<char> = plain.chars().filter(|c| matches!(c, '.' | ',')).collect();
    let mut values = Vec::new();
    let mut push = |text: String| {
        if let Some(value) = fixed(&text)
            && !values.contains(&value)
        {
            values.push(value);
        }
    };
    match separators.as_slice() {
        [] => push(plain),
        [single] => {
            let decimals = plain.rsplit(*single).next().map_or(0, str::len);
            if decimals == 3 {
                push(plain.replace(*single, ""));
            }
            if decimals != 3 || plain.starts_with('0') || *single == '.' {
                push(plain.replace(*single, "."));
            }
        }
        several => {
            let last = several[several.len() - 1];
            if several.iter().all(|s| *s == last) {
                push(plain.replace(last, ""));
            } else {
                let thousands = if last == ',' { '.' } else { ',' };
                push(plain.replace(thousands, "").replace(last, "."));
            }
        }
    }
    values
}

fn fixed(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    let fraction: String = fraction.chars().chain("0000".chars()).take(4).collect();
    whole
        .checked_mul(SCALE)?
        .checked_add(fraction.parse().ok()?)
}

/// A time of day at `position`: `18:00`, `18.00 uur`, `6 pm`, `17 h`, `下午5点` is read as 5 o'clock only.
/// Returns minutes after midnight and the tokens it took.
fn clock(tokens: &[Token<'_>], position: usize) -> Option<(i64, usize)> {
    let Token::Number(digits) = tokens.get(position)? else {
        return None;
    };
    let next = match tokens.get(position + 1) {
        Some(Token::Word(word)) => Some(*word),
        _ => None,
    };
    let half_day = |hours: i64, used: usize, minutes: i64| -> (i64, usize) {
        let suffix = match (tokens.get(position + used), tokens.get(position + used + 2)) {
            (Some(Token::Word(word @ ("am" | "pm"))), _) => Some((*word == "pm", 1)),
            (Some(Token::Word(letter @ ("a" | "p"))), Some(Token::Word("m"))) => {
                Some((*letter == "p", 4))
            }
            _ => None,
        };
        match suffix {
            Some((true, extra)) if hours < 12 => ((hours + 12) * 60 + minutes, used + extra),
            Some((_, extra)) => (hours * 60 + minutes, used + extra),
            None => (hours * 60 + minutes, used),
        }
    };
    if let Some((hours, minutes)) = digits.split_once(':') {
        let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
        return (hours <= 24 && minutes < 60).then(|| half_day(hours, 1, minutes));
    }
    let hours: i64 = match digits.split_once('.') {
        Some((hours, minutes)) if minutes.len() == 2 && matches!(next, Some("uur" | "uhr")) => {
            let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
            return (hours <= 24 && minutes < 60).then_some((hours * 60 + minutes, 2));
        }
        _ => digits.parse().ok()?,
    };
    match next {
        Some("am" | "pm") if hours <= 12 => Some(half_day(hours, 1, 0)),
        Some("uhr" | "点" | "點") if hours <= 24 => Some((hours * 60, 2)),
        _ => None,
    }
}

fn unit_beside(tokens: &[Token<'_>], position: usize, before: Option<&Token<'_>>) -> Option<Unit> {
    if let Some(unit) = before.and_then(money_sign) {
        return Some(unit);
    }
    // The unit may follow an adjective ("4 working days", "4 dni robocze") or a range's second number
    // ("1–2 working days", "30 to 60 days").
    let mut i = position + 1;
    let mut words = 0;
    while let Some(token) = tokens.get(i) {
        match token {
            Token::Sign('%' | '％') => return Some(Unit::Percent),
            Token::Sign('-' | '–' | '—' | '~' | '～') => {}
            Token::Number(_) if i > position + 1 => {}
            Token::Sign(_) => return money_sign(token),
            Token::Word(word) => {
                if let Some(unit) = han_pair(tokens, i) {
                    return Some(unit);
                }
                if let Some(unit) = money_sign(token).or_else(|| unit_word(word)) {
                    return Some(unit);
                }
                words += 1;
                let han = word.chars().all(corpus::language::detect::is_han);
                if words > if han { 4 } else { 1 } && !is_range_word(word) {
                    return None;
                }
            }
            Token::Number(_) => return None,
        }
        i += 1;
        if i > position + 7 {
            return None;
        }
    }
    None
}

/// Year, month and day of `2026-11-25`, a month as [`month_name`] gives it.
fn iso_date(tokens: &[Token<'_>]) -> Option<[i64; 3]> {
    let [
        Token::Number(year),
        Token::Sign('-'),
        Token::Number(month),
        Token::Sign('-'),
        Token::Number(day),
        ..,
    ] = tokens
    else {
        return None;
    };
    let (month, day): (i64, i64) = (month.parse().ok()?, day.parse().ok()?);
    let is_date = year.len() == 4 && (1..=12).contains(&month) && (1..=31).contains(&day);
    is_date.then_some([year.parse().ok()?, MONTH + month, day])
}

/// The unit that the Chinese character at `position` and the next one name together: 公里, 分钟.
fn han_pair(tokens: &[Token<'_>], position: usize) -> Option<Unit> {
    let (Token::Word(first), Token::Word(second)) =
        (tokens.get(position)?, tokens.get(position + 1)?)
    else {
        return None;
    };
    let is_han = |word: &str| word.chars().all(corpus::language::detect::is_han);
    if !is_han(first) || !is_han(second) {
        return None;
    }
    match [*first, *second].concat().as_str() {
        "美元" => Some(Unit::Money(Currency::Dollar)),
        "欧元" => Some(Unit::Money(Currency::Euro)),
        "英镑" => Some(Unit::Money(Currency::Pound)),
        pair => unit_word(pair),
    }
}

/// What a word behind a number multiplies it by: million, 万.
fn multiplier(token: Option<&Token<'_>>) -> i64 {
    let Some(Token::Word(word)) = token else {
        return 1;
    };
    match *word {
        "万" => 10_000,
        "million" | "millions" | "miljoen" | "millionen" | "mio" | "millón" | "millones"
        | "milione" | "milioni" | "milhão" | "milhões" | "milion" | "miliony" | "milionów" => {
            1_000_000
        }
        "亿" => 100_000_000,
        "billion" | "miljard" | "milliarde" | "milliarden" | "milliard" | "milliards"
        | "miliardo" | "miliardi" | "miliard" | "miliardy" | "miliardów" => 1_000_000_000,
        _ => 1,
    }
}

fn is_range_word(word: &str) -> bool {
    matches!(
        word,
        "to" | "tot"
            | "bis"
            | "à"
            | "a"
            | "do"
            | "até"
            | "or"
            | "of"
            | "oder"
            | "ou"
            | "o"
            | "lub"
            | "到"
            | "至"
    )
}

fn money_sign(token: &Token<'_>) -> Option<Unit> {
    Some(Unit::Money(match token {
        Token::Sign('€') | Token::Word("eur" | "euro" | "euros" | "euró") => Currency::Euro,
        Token::Sign('$') | Token::Word("usd" | "dollar" | "dollars" | "dólares" | "dollari") => {
            Currency::Dollar
        }
        Token::Sign('£') | Token::Word("gbp" | "pound" | "pounds") => Currency::Pound,
        Token::Word("pln" | "zł" | "złoty" | "złotych") => Currency::Zloty,
        Token::Sign('¥') | Token::Word("cny" | "rmb" | "元") => Currency::Yuan,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests;
