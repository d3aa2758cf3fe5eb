//! How often ordinary texts pass for sensitive ones or for a wish for a person, on public collections.
//!
//! They lie outside the repository, under `LOKET_DATA` or `../shared/data`. Without them nothing is measured, which is
//! said.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the shares are what the test is run for, and that they were not measured must be heard"
)]

use std::path::{Path, PathBuf};

use super::*;
use crate::query::person;

/// Intents that are about a sensitive topic, so that hearing it is right: theft, fraud, blocked accounts, minors.
const SENSITIVE: [&str; 12] = [
    "lost_or_stolen_card",
    "lost_or_stolen_phone",
    "compromised_card",
    "card_payment_not_recognised",
    "direct_debit_payment_not_recognised",
    "cash_withdrawal_not_recognised",
    "age_limit",
    "report_fraud",
    "report_lost_card",
    "replacement_card_duration",
    "account_blocked",
    "freeze_account",
];

/// Intents some of whose questions are a wish for a person.
const PERSONAL: [&str; 4] = [
    "make_call",
    "report_fraud",
    "account_blocked",
    "lost_luggage",
];

fn data() -> Option<PathBuf> {
    let data = std::env::var_os("LOKET_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    if data.join("intents").is_dir() {
        return Some(data);
    }
    eprintln!(
        "`{}` is not there: set LOKET_DATA; false alarms are NOT measured",
        data.display()
    );
    None
}

fn read(path: &Path) -> String {
    fs_err::read_to_string(path).expect("a file of the collection")
}

/// Texts with their intents.
fn banking77(data: &Path) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for name in ["train", "test"] {
        for line in read(&data.join(format!("intents/banking77/{name}.csv")))
            .lines()
            .skip(1)
        {
            // A text over several lines is several texts here: none of them should be an alarm either.
            let (text, intent) = line.rsplit_once(',').unwrap_or((line, ""));
            texts.push((
                text.trim_matches('"').replace("\"\"", "\""),
                intent.to_owned(),
            ));
        }
    }
    texts
}

fn clinc150(data: &Path) -> Vec<(String, String)> {
    let text = read(&data.join("intents/clinc150_train_val.json"));
    let sets: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text).expect("JSON");
    sets.into_values().flatten().collect()
}

fn titles(data: &Path, language: &str) -> Vec<(String, String)> {
    let file = data.join(format!("help_centers/m365_8lang/{language}.jsonl"));
    let title = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        record["title"]
            .as_str()
            .map(|title| (title.to_owned(), language.to_owned()))
    };
    read(&file).lines().filter_map(title).collect()
}

/// Checks that of `texts`, without those of the intents in `except`, at most a share of `most` is an alarm.
#[track_caller]
fn check(
    name: &str,
    texts: &[(String, String)],
    except: &[&str],
    is_alarm: fn(&str) -> bool,
    most: f64,
) {
    let counted: Vec<&str> = texts
        .iter()
        .filter(|(_, intent)| !except.contains(&intent.as_str()))
        .map(|(text, _)| text.as_str())
        .collect();
    let n_alarms = counted.iter().filter(|text| is_alarm(text)).count();
    let share = n_alarms as f64 / counted.len() as f64;
    println!(
        "{name}: {n_alarms} of {} ({:.2} %)",
        counted.len(),
        share * 100.0
    );
    assert!(counted.len() > 1_000, "{name}");
    assert!(share <= most, "{name}: {n_alarms} of {}", counted.len());
}

#[test]
fn ordinary_texts_are_rarely_taken_for_sensitive_ones_or_wishes() {
    let Some(data) = data() else { return };
    let is_sensitive = |text: &str| SensitiveTopic::of(text).is_some();
    let collections = [
        ("Banking77", banking77(&data)),
        ("CLINC150", clinc150(&data)),
    ];
    for (name, texts) in collections {
        check(
            &format!("{name}, sensitive"),
            &texts,
            &SENSITIVE,
            is_sensitive,
            0.003,
        );
        check(
            &format!("{name}, person"),
            &texts,
            &PERSONAL,
            person::is_requested,
            0.001,
        );
    }
    for language in ["de", "es", "fr", "it", "nl", "pl", "pt", "zh"] {
        let texts = titles(&data, language);
        // Some of these titles are about phishing and accounts that were broken into.
        check(
            &format!("{language} titles, sensitive"),
            &texts,
            &[],
            is_sensitive,
            0.009,
        );
        check(
            &format!("{language} titles, person"),
            &texts,
            &[],
            person::is_requested,
            0.001,
        );
    }
}
