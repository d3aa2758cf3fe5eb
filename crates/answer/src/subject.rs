//! Subject: the order, object or payment a question is about, as the caller knows it.
//!
//! caller's JSON → **subject** → sentences with fact citations. Guarantees typed values, identifiers as names and
//! clean text within the limits below; what does not fit is a named error, never cut silently. Facts are data: they
//! are rendered by code in the customer's locale, are never shown to the writer, never searched with, and never
//! printed by `Debug`.

use std::fmt;

use serde_json::{Map, Value as Json};

use crate::query::clean;

pub mod meaning;
pub mod render;
pub mod status;
pub mod tell;
mod templates;
pub mod value;
mod words;

pub use tell::Told;
pub use value::{Amount, Decimal, Moment, Value};

/// Longest kind or key, in characters.
pub const MAX_IDENTIFIER_CHARS: usize = 40;
/// Longest text of a fact, an id or a label, in characters.
pub const MAX_TEXT_CHARS: usize = 200;
/// Most facts.
pub const MAX_FACTS: usize = 64;
/// Most names a path of a fact is made of, below `facts`.
pub const MAX_DEPTH: usize = 4;
/// Largest subject, in bytes of compact JSON.
pub const MAX_BYTES: usize = 16 * 1024;

/// What a question is about.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// `order`, `object`, …; an identifier.
    pub kind: String,
    /// The caller's own id of it.
    pub id: Option<String>,
    /// A short name people know it by.
    pub label: Option<String>,
    /// What the caller knows of it, in the order of their paths.
    pub facts: Vec<Fact>,
}

/// One thing the caller knows of a subject.
#[derive(Clone, PartialEq, Eq)]
pub struct Fact {
    /// Where it stands: `subject.facts.payout.expected_on`.
    pub path: String,
    /// What stands there.
    pub value: Value,
    /// The same as it was sent, with clean text.
    pub sent: Json,
}

// What a customer's order holds must not end up in a log by way of `{:?}`.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("n_facts", &self.facts.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fact").finish_non_exhaustive()
    }
}

/// Why a subject cannot be used. No message holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSubject {
    /// A value of another type than the place takes.
    #[error("`{path}` must be {expected}, not {found}")]
    WrongType {
        /// The place.
        path: String,
        /// What it takes.
        expected: &'static str,
        /// What it was given.
        found: &'static str,
    },
    /// A field that must be there is not.
    #[error("`{path}` is missing")]
    Missing {
        /// The field.
        path: String,
    },
    /// A field there is not.
    #[error("`{path}` is no field of a subject; it has `kind`, `id`, `label` and `facts`")]
    UnknownField {
        /// The field.
        path: String,
    },
    /// A kind or a key that is no identifier.
    #[error(
        "`{path}` is no identifier: write a letter, then at most {MAX_IDENTIFIER_CHARS} letters, digits, `_` or `-` in all"
    )]
    NotAnIdentifier {
        /// The kind, or the path up to the key.
        path: String,
    },
    /// A text over the limit.
    #[error("`{path}` is longer than {MAX_TEXT_CHARS} characters")]
    TooLong {
        /// The text.
        path: String,
    },
    /// Facts inside facts inside facts.
    #[error("`{path}` lies deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// The first place that does.
        path: String,
    },
    /// Too many facts.
    #[error("`{path}` holds more than {MAX_FACTS} facts")]
    TooMany {
        /// Where they stand.
        path: String,
    },
    /// Too much altogether.
    #[error("`{path}` takes more than {MAX_BYTES} bytes")]
    TooLarge {
        /// The subject.
        path: String,
    },
    /// Something that looks like a date and is none.
    #[error("`{path}` is no date or time of the calendar; write one such as `2026-11-25`")]
    NotADate {
        /// The place.
        path: String,
    },
    /// Something that should be an amount and is none.
    #[error("`{path}` is no amount; write one such as `1250.00 EUR`")]
    NotAnAmount {
        /// The place.
        path: String,
    },
}

impl InvalidSubject {
    /// The place that is wrong: `subject.facts.payout`.
    pub fn path(&self) -> &str {
        match self {
            Self::WrongType { path, .. }
            | Self::Missing { path }
            | Self::UnknownField { path }
            | Self::NotAnIdentifier { path }
            | Self::TooLong { path }
            | Self::TooDeep { path }
            | Self::TooMany { path }
            | Self::TooLarge { path }
            | Self::NotADate { path }
            | Self::NotAnAmount { path } => path,
        }
    }
}

impl Subject {
    /// Reads a subject as callers send it: an object with `kind` and, all optional, `id`, `label` and `facts`.
    ///
    /// # Errors
    /// [`InvalidSubject`] for the first thing that does not fit.
    pub fn read(json: &Json) -> Result<Self, InvalidSubject> {
        let fields = object(json, "subject")?;
        // A `Value` always becomes JSON; its length is counted without keeping it.
        let n_bytes = serde_json::to_string(json).map_or(usize::MAX, |text| text.len());
        if n_bytes > MAX_BYTES {
            let path = "subject".to_owned();
            return Err(InvalidSubject::TooLarge { path });
        }
        if let Some(name) = fields
            .keys()
            .find(|name| !["kind", "id", "label", "facts"].contains(&name.as_str()))
        {
            let path = below("subject", &shown(name));
            return Err(InvalidSubject::UnknownField { path });
        }
        let kind = text(fields, "kind")?.ok_or_else(|| InvalidSubject::Missing {
            path: "subject.kind".to_owned(),
        })?;
        if !is_identifier(&kind) {
            let path = "subject.kind".to_owned();
            return Err(InvalidSubject::NotAnIdentifier { path });
        }
        let mut facts = Vec::new();
        match fields.get("facts") {
            None | Some(Json::Null) => {}
            Some(json) => {
                let path = "subject.facts";
                read_group(object(json, path)?, path, 1, &mut facts)?;
            }
        }
        Ok(Self {
            kind,
            id: text(fields, "id")?,
            label: text(fields, "label")?,
            facts,
        })
    }
}

fn object<'a>(json: &'a Json, path: &str) -> Result<&'a Map<String, Json>, InvalidSubject> {
    json.as_object().ok_or_else(|| InvalidSubject::WrongType {
        path: path.to_owned(),
        expected: "an object",
        found: type_of(json),
    })
}

fn text(fields: &Map<String, Json>, name: &str) -> Result<Option<String>, InvalidSubject> {
    match fields.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => within(text, &below("subject", name)).map(Some),
        Some(other) => Err(InvalidSubject::WrongType {
            path: below("subject", name),
            expected: "a string",
            found: type_of(other),
        }),
    }
}

/// Clean text, if it is short enough as it was sent.
fn within(text: &str, path: &str) -> Result<String, InvalidSubject> {
    if text.chars().nth(MAX_TEXT_CHARS).is_some() {
        let path = path.to_owned();
        return Err(InvalidSubject::TooLong { path });
    }
    Ok(clean(text))
}

fn read_group(
    fields: &Map<String, Json>,
    path: &str,
    depth: usize,
    facts: &mut Vec<Fact>,
) -> Result<(), InvalidSubject> {
    let currency = fields.get("currency").and_then(Json::as_str);
    for (key, json) in fields {
        let place = below(path, &shown(key));
        if !is_identifier(key) {
            return Err(InvalidSubject::NotAnIdentifier { path: place });
        }
        // `{"amount": 1250, "currency": "EUR", "expected_on": …}` states one amount in two fields.
        if key == "amount"
            && let Some(currency) = currency
            && matches!(json, Json::Number(_) | Json::String(_))
            && let Some(amount) = Amount::of_parts(json, currency)
        {
            push(facts, place, Value::Amount(amount), json.clone())?;
        } else {
            read_value(json, place, depth, facts)?;
        }
    }
    Ok(())
}

fn read_value(
    json: &Json,
    path: String,
    depth: usize,
    facts: &mut Vec<Fact>,
) -> Result<(), InvalidSubject> {
    if depth > MAX_DEPTH {
        return Err(InvalidSubject::TooDeep { path });
    }
    match json {
        Json::Null => Ok(()),
        Json::Bool(value) => push(facts, path, Value::Boolean(*value), json.clone()),
        Json::Number(number) => {
            let value = Decimal::of_number(number)
                .map_or_else(|| Value::Text(number.to_string()), Value::Number);
            push(facts, path, value, json.clone())
        }
        Json::String(text) => {
            let text = within(text, &path)?;
            let Some(value) = Value::of_text(&text) else {
                return Err(InvalidSubject::NotADate { path });
            };
            push(facts, path, value, Json::String(text))
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                read_value(item, format!("{path}[{index}]"), depth + 1, facts)?;
            }
            Ok(())
        }
        Json::Object(fields) if Amount::is_written_as(fields) => match Amount::of_fields(fields) {
            Some(amount) => push(facts, path, Value::Amount(amount), json.clone()),
            None => Err(InvalidSubject::NotAnAmount { path }),
        },
        Json::Object(fields) => read_group(fields, &path, depth + 1, facts),
    }
}

fn push(
    facts: &mut Vec<Fact>,
    path: String,
    value: Value,
    sent: Json,
) -> Result<(), InvalidSubject> {
    if facts.len() == MAX_FACTS {
        let path = "subject.facts".to_owned();
        return Err(InvalidSubject::TooMany { path });
    }
    facts.push(Fact { path, value, sent });
    Ok(())
}

fn below(path: &str, key: &str) -> String {
    format!("{path}.{key}")
}

/// A name as an error may show it, whatever was sent as one.
fn shown(name: &str) -> String {
    clean(name).chars().take(MAX_IDENTIFIER_CHARS).collect()
}

fn is_identifier(text: &str) -> bool {
    text.len() <= MAX_IDENTIFIER_CHARS
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

const fn type_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
