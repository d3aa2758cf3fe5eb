//! The types of facts: amounts, dates, times, numbers, codes and texts, as they are read from JSON.

use jiff::{
    Timestamp, Zoned,
    civil::{Date, DateTime, Time},
    fmt::temporal::{Pieces, PiecesOffset},
    tz::Offset,
};
use serde_json::{Map, Value as Json};

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `"1250.00 EUR"`, or an object with `amount` and `currency`.
    Amount(Amount),
    /// `"2026-11-25"`.
    Date(Date),
    /// `"2026-11-25T18:00:00+01:00"`.
    Moment(Moment),
    /// A number.
    Number(Decimal),
    /// A yes or a no.
    Boolean(bool),
    /// One word of letters, digits, `_` and `-`, in lower case: `in_transit`.
    Code(String),
    /// Anything else.
    Text(String),
}

/// A decimal number, to the last digit as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    /// Whether it lies below zero.
    pub negative: bool,
    /// Digits before the point, without leading zeros; at least one.
    pub whole: String,
    /// Digits after it.
    pub fraction: String,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// How much, in whole units of the currency.
    pub value: Decimal,
    /// ISO 4217 code, upper case.
    pub currency: String,
}

/// A day with a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Day and time as they were written.
    pub civil: DateTime,
    /// The name of the zone it was written in: `CET`, `UTC+1`; none when it was written without one.
    pub zone: Option<String>,
    /// How far that zone lies ahead of UTC.
    pub offset: Option<Offset>,
}

/// Longest run of digits an amount or a number may have on either side of its point.
const MAX_DIGITS: usize = 15;

impl Value {
    /// Reads a text; `None` for one that has the form of a date and is none.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        if let Some(amount) = Amount::of_text(text) {
            return Some(Self::Amount(amount));
        }
        if has_form_of_a_date(text) {
            return read_date(text);
        }
        let is_code = text.len() <= super::MAX_IDENTIFIER_CHARS
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        Some(if is_code && is_one_case(text) {
            Self::Code(text.to_owned())
        } else {
            Self::Text(text.to_owned())
        })
    }
}

/// `DELIVERED` and `in_transit` are codes, `PostNL` is a name.
fn is_one_case(text: &str) -> bool {
    let has_upper = text.bytes().any(|b| b.is_ascii_uppercase());
    let has_lower = text.bytes().any(|b| b.is_ascii_lowercase());
    has_upper != has_lower
}

fn has_form_of_a_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    digits(0..4)
        && digits(5..7)
        && digits(8..10)
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes
            .get(10)
            .is_none_or(|next| matches!(next, b'T' | b't' | b' '))
}

fn read_date(text: &str) -> Option<Value> {
    if text.len() == 10 {
        return text.parse().ok().map(Value::Date);
    }
    let pieces = Pieces::parse(text).ok()?;
    let civil = pieces
        .date()
        .to_datetime(pieces.time().unwrap_or(Time::midnight()));
    if pieces.time_zone_annotation().is_some() {
        let zoned: Zoned = text.parse().ok()?;
        return Some(Value::Moment(Moment {
            civil,
            zone: Some(zoned.strftime("%Z").to_string()),
            offset: Some(zoned.offset()),
        }));
    }
    let offset = match pieces.offset() {
        None => None,
        Some(PiecesOffset::Zulu) => Some(Offset::UTC),
        Some(PiecesOffset::Numeric(numeric)) => Some(numeric.offset()),
        // Nothing is known of further kinds.
        Some(_) => return None,
    };
    Some(Value::Moment(Moment {
        civil,
        zone: offset.map(name_of),
        offset,
    }))
}

/// `UTC`, `UTC+1`, `UTC+5:30`.
fn name_of(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    }
}

impl Decimal {
    /// Reads `-1250.50`: a sign, digits, and a point or comma with digits behind it. Nothing else, and not three
    /// digits behind it: whether `1.250` is a little more than one or a thousand cannot be told from a text.
    pub fn read(text: &str) -> Option<Self> {
        Self::read_digits(text).filter(|decimal| decimal.fraction.len() != 3)
    }

    fn read_digits(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix(['-', '−']) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once(['.', ',']) {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let is_number =
            |part: &str| part.len() <= MAX_DIGITS && part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let trimmed = whole.trim_start_matches('0');
        Some(Self {
            negative,
            whole: if trimmed.is_empty() { "0" } else { trimmed }.to_owned(),
            fraction: fraction.to_owned(),
        })
    }

    /// Reads a number of JSON; `None` for one with an exponent or too many digits.
    pub fn of_number(number: &serde_json::Number) -> Option<Self> {
        let mut decimal = Self::read_digits(&number.to_string())?;
        // What was sent as 12.0 is the number 12.
        if decimal.fraction.bytes().all(|b| b == b'0') {
            decimal.fraction.clear();
        }
        Some(decimal)
    }
}

impl Amount {
    /// Reads `1250.00 EUR` or `EUR 1250.00`.
    fn of_text(text: &str) -> Option<Self> {
        let (first, second) = text.split_once(' ')?;
        let (value, currency) = if is_currency(second) {
            (first, second)
        } else if is_currency(first) {
            (second, first)
        } else {
            return None;
        };
        Some(Self {
            value: Decimal::read(value)?,
            currency: currency.to_owned(),
        })
    }

    /// Joins a number, or a text that holds one, with its currency.
    pub(super) fn of_parts(amount: &Json, currency: &str) -> Option<Self> {
        if !is_currency(currency) {
            return None;
        }
        let value = match amount {
            Json::Number(number) => Decimal::of_number(number)?,
            Json::String(text) => Decimal::read(text)?,
            _ => return None,
        };
        Some(Self {
            value,
            currency: currency.to_owned(),
        })
    }

    /// Whether an object is an amount and nothing more.
    pub(super) fn is_written_as(fields: &Map<String, Json>) -> bool {
        fields.len() == 2 && fields.contains_key("amount") && fields.contains_key("currency")
    }

    /// Reads such an object.
    pub(super) fn of_fields(fields: &Map<String, Json>) -> Option<Self> {
        Self::of_parts(fields.get("amount")?, fields.get("currency")?.as_str()?)
    }
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

impl Moment {
    /// The day it is at `at` where this moment was written; in UTC when that is not known.
    pub fn day_there(&self, at: Timestamp) -> Date {
        self.offset.unwrap_or(Offset::UTC).to_datetime(at).date()
    }

    /// Whether it lies before `at`.
    pub fn is_past(&self, at: Timestamp) -> bool {
        self.civil < self.offset.unwrap_or(Offset::UTC).to_datetime(at)
    }
}
