//! Reading judgments: lines to questions, and questions against an index, with all faults at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use answer::Subject;
use corpus::Language;
use indexer::Snapshot;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    Expectation, JudgedQuestion, QuestionSet, QuestionSetError,
    faults::{Faults, QuestionFault, nearest},
    split,
};

/// What a field holds: whether a value is of that kind, and the words for it.
type Field = (&'static str, fn(&Value) -> bool, &'static str);

/// Every field of a question.
const FIELDS: [Field; 15] = [
    ("id", is_text, "a text that is not empty"),
    ("question", is_text, "a text that is not empty"),
    (
        "language",
        is::<Language>,
        "one of en, nl, de, fr, es, it, pt, pl, zh",
    ),
    ("audience", is::<String>, "a text, such as \"seller\""),
    (
        "region",
        is::<String>,
        "a country's two letters, such as \"NL\"",
    ),
    (
        "at",
        is::<Timestamp>,
        "an instant with its offset, such as \"2026-11-22T10:00:00+01:00\"",
    ),
    (
        "conversation",
        is::<Vec<String>>,
        "a list of texts, oldest first",
    ),
    (
        "subject",
        is_subject,
        "an object with `kind`, `id` and `facts`",
    ),
    (
        "relevant",
        is::<Vec<String>>,
        "a list of article ids, each with or without `#anchor`; empty when no article answers it",
    ),
    (
        "answers",
        is::<Vec<String>>,
        "a list of texts a right reply holds",
    ),
    (
        "expect",
        is::<Expectation>,
        "one of \"answered\", \"clarify\", \"escalated\"",
    ),
    ("queue", is::<String>, "the name of a queue"),
    ("method", is_method, "one of \"email\", \"chat\", \"phone\""),
    (
        "before_you_contact",
        is::<Vec<String>>,
        "a list of article ids",
    ),
    ("synthetic", is::<bool>, "true or false"),
];

/// Fields no question is without.
const REQUIRED: [&str; 2] = ["id", "question"];

fn is<T: DeserializeOwned>(value: &Value) -> bool {
    T::deserialize(value).is_ok()
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn is_subject(value: &Value) -> bool {
    Subject::read(value).is_ok()
}

fn is_method(value: &Value) -> bool {
    matches!(value.as_str(), Some("email" | "chat" | "phone"))
}

pub(super) fn read(text: &str) -> Result<QuestionSet, QuestionSetError> {
    let mut faults = Vec::new();
    let mut line_of: HashMap<String, usize> = HashMap::new();
    let (mut questions, mut lines) = (Vec::new(), Vec::new());
    // An editor on Windows may have put a mark of its own in front.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    for (line, content) in (1..).zip(text.lines()) {
        if content.trim().is_empty() {
            continue;
        }
        let question = match read_line(line, content) {
            Ok(question) => question,
            Err(found) => {
                faults.extend(found);
                continue;
            }
        };
        if let Some(earlier) = line_of.insert(question.id.clone(), line) {
            faults.push(QuestionFault {
                line,
                found: format!("the id `{}` stands on line {earlier} already", question.id),
                remedy: "give every question an id of its own".to_owned(),
            });
        }
        questions.push(question);
        lines.push(line);
    }
    match Faults::of(faults) {
        Some(faults) => Err(QuestionSetError::Faults(faults)),
        None if questions.is_empty() => Err(QuestionSetError::Empty),
        None => Ok(QuestionSet { questions, lines }),
    }
}

fn read_line(line: usize, content: &str) -> Result<JudgedQuestion, Vec<QuestionFault>> {
    let fault = |found: String, remedy: &str| QuestionFault {
        line,
        found,
        remedy: remedy.to_owned(),
    };
    let fields: Map<String, Value> = serde_json::from_str(content).map_err(|error| {
        let found = format!("no JSON object: {}", in_column(&error));
        vec![fault(found, "write one JSON object on every line")]
    })?;
    let mut faults: Vec<QuestionFault> = fields
        .iter()
        .filter_map(|(name, value)| {
            let known = FIELDS.iter().find(|(known, ..)| known == name);
            match known {
                None => Some(unknown_field(line, name)),
                // Left out and null mean the same where a field may be left out.
                Some(_) if value.is_null() && !REQUIRED.contains(&name.as_str()) => None,
                Some((_, fits, _)) if fits(value) => None,
                Some((_, _, wanted)) => Some(fault(
                    format!("`{name}` is {}", shortened(value)),
                    &format!("it must be {wanted}"),
                )),
            }
        })
        .collect();
    for name in REQUIRED {
        if !fields.contains_key(name) {
            let found = format!("no `{name}`");
            faults.push(fault(found, "every question has an `id` and a `question`"));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    serde_json::from_value(Value::Object(given.collect())).map_err(|error| {
        let found = format!("no judged question: {error}");
        vec![fault(
            found,
            "write the fields as the documentation has them",
        )]
    })
}

fn unknown_field(line: usize, name: &str) -> QuestionFault {
    let names: Vec<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
    let remedy = nearest(name, &names).map_or_else(
        || format!("the fields are {}", names.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    QuestionFault {
        line,
        found: format!("there is no field `{name}`"),
        remedy,
    }
}

/// The message of `error` with the column alone: every line is read by itself, so its line is always 1.
fn in_column(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    format!("{message} at column {}", error.column())
}

/// `value` as JSON, short enough for a line.
fn shortened(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

pub(super) fn check(set: &QuestionSet, snapshot: &Snapshot) -> Result<(), QuestionSetError> {
    let mut anchors: Anchors<'_> = BTreeMap::new();
    for (_, article) in snapshot.articles() {
        let sections = article.sections.iter();
        let named = sections.map(|section| section.anchor.as_str());
        let of_article = anchors.entry(article.id.as_str()).or_default();
        of_article.extend(named.filter(|anchor| !anchor.is_empty()));
    }
    let judgments = set.questions.iter().zip(&set.lines);
    let unknown: Vec<(usize, &str)> = judgments
        .flat_map(|(question, line)| {
            let named = question.relevant.iter();
            let named = named.chain(&question.before_you_contact);
            named.map(|judged| (*line, judged.as_str()))
        })
        .filter(|(_, judged)| !is_known(judged, &anchors))
        .collect();
    // What was meant is looked for among all articles, so only for faults that are told.
    let told = unknown.iter().take(Faults::MOST);
    let faults = told.map(|(line, judged)| unknown_place(*line, judged, &anchors));
    match Faults::of(faults.collect()) {
        Some(mut faults) => {
            faults.n_more = unknown.len() - faults.faults.len();
            Err(QuestionSetError::Faults(faults))
        }
        None => Ok(()),
    }
}

/// The anchors of every article, in whatever language: versions of one article name their sections differently.
type Anchors<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn is_known(judged: &str, anchors: &Anchors<'_>) -> bool {
    let (article, anchor) = split(judged);
    let known = anchors.get(article);
    known.is_some_and(|known| anchor.is_none_or(|anchor| known.contains(anchor)))
}

/// Sections that are named where none is like the one that was asked for.
const FEW: usize = 8;

/// What to say of a judgment that is not known.
fn unknown_place(line: usize, judged: &str, anchors: &Anchors<'_>) -> QuestionFault {
    let (article, anchor) = split(judged);
    let Some(known) = anchors.get(article) else {
        let ids: Vec<&str> = anchors.keys().copied().collect();
        let remedy = nearest(article, &ids).map_or_else(
            || "name an article of the knowledge base, or index it first".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return QuestionFault {
            line,
            found: format!("no article `{article}` is in the index"),
            remedy,
        };
    };
    let anchor = anchor.unwrap_or_default();
    let names: Vec<&str> = known.iter().copied().collect();
    let remedy = match nearest(anchor, &names) {
        Some(near) => format!("did you mean `{article}#{near}`?"),
        None if names.is_empty() => format!("it has no headings; write `{article}` alone"),
        None if names.len() > FEW => format!(
            "its sections are {} and {} more",
            names[..FEW].join(", "),
            names.len() - FEW
        ),
        None => format!("its sections are {}", names.join(", ")),
    };
    QuestionFault {
        line,
        found: format!("the article `{article}` has no section `#{anchor}`"),
        remedy,
    }
}
