//! What a help center may say, what it inherits, and how the one is laid over the other.

use std::path::Path;

use toml::de::DeTable;

use crate::config::{ConfigError, layers};

/// What a help center may say: sections, and of some only these keys.
const OWN: [(&str, &[&str]); 8] = [
    ("tenant", &[]),
    ("index", &["kb", "passage_tokens", "hnsw_from", "ef_search"]),
    ("answer", &[]),
    ("support", &[]),
    ("check", &[]),
    ("diff", &[]),
    ("gaps", &[]),
    (
        "server",
        &[
            "limits",
            "page",
            "allowed_origins",
            "token_secret",
            "queue_length",
            "answer_deadline_ms",
            "search_deadline_ms",
            "max_body_bytes",
            "max_question_chars",
            "body_timeout_ms",
        ],
    ),
];

/// What it inherits from nobody.
const NOT_INHERITED: [(&str, &str); 4] = [
    ("index", "kb"),
    ("server", "allowed_origins"),
    ("server", "token_secret"),
    ("support", "destinations"),
];

/// What was fitted as a whole: a part of one fit among those of another would be neither.
const WHOLE: [(&str, &str); 3] = [
    ("answer", "calibration"),
    ("answer", "fusion"),
    ("answer", "statements"),
];

/// What all help centers say until they say otherwise.
pub(super) fn inherited(deployment: &toml::Table) -> toml::Table {
    let mut table = deployment.clone();
    table.remove("tenants");
    table.remove("tenant");
    for (section, key) in NOT_INHERITED {
        if let Some(section) = table.get_mut(section).and_then(toml::Value::as_table_mut) {
            section.remove(key);
        }
    }
    table
}

/// Lays `own` over `table`: tables key by key, everything else as a whole.
pub(super) fn lay_over(table: &mut toml::Table, own: toml::Table, place: &[&str]) {
    for (key, value) in own {
        let name = key.clone();
        let here = [place, &[name.as_str()]].concat();
        let is_whole = WHOLE.iter().any(|(section, key)| here == [*section, *key]);
        match value {
            toml::Value::Table(own) if !is_whole => {
                let below = table
                    .entry(key)
                    .or_insert_with(|| toml::Value::Table(toml::Table::new()));
                match below {
                    toml::Value::Table(below) => lay_over(below, own, &here),
                    below => *below = toml::Value::Table(own),
                }
            }
            value => {
                table.insert(key, value);
            }
        }
    }
}

/// Whether a help center may say what `parts` name.
pub(super) fn may_say(parts: &[&str]) -> bool {
    let Some((section, rest)) = parts.split_first() else {
        return false;
    };
    let row = OWN.iter().find(|(of, _)| of == section);
    match (row, rest.first()) {
        (Some((_, keys)), Some(key)) => keys.is_empty() || keys.contains(key),
        // A section alone says nothing yet.
        (row, None) => row.is_some(),
        (None, Some(_)) => false,
    }
}

pub(super) fn not_its_own(key: &str) -> String {
    format!("`{key}` is for all help centers alike; set it in the deployment's settings")
}

/// Refuses the first key that is not a help center's own, with its line.
pub(super) fn check_keys(file: &Path, text: &str) -> Result<(), ConfigError> {
    let table = DeTable::parse(text).map_err(|error| layers::in_file(file, text, &error))?;
    let mut first: Option<(usize, String)> = None;
    let mut refuse = |at: usize, key: String| {
        if first.as_ref().is_none_or(|(before, _)| at < *before) {
            first = Some((at, key));
        }
    };
    for (section, value) in table.get_ref() {
        let name: &str = section.get_ref();
        let Some(keys) = value.get_ref().as_table() else {
            continue;
        };
        let mut n_refused = 0;
        for (key, _) in keys {
            let known: &str = key.get_ref();
            if !may_say(&[name, known]) {
                n_refused += 1;
                refuse(key.span().start, format!("{name}.{known}"));
            }
        }
        // A section that says nothing is refused, too: it would be taken for one that works.
        if n_refused == 0 && !may_say(&[name]) {
            refuse(section.span().start, name.to_owned());
        }
    }
    match first {
        None => Ok(()),
        Some((at, key)) => Err(ConfigError::File {
            path: file.to_owned(),
            line: layers::line_at(text, at),
            problem: not_its_own(&key),
        }),
    }
}
