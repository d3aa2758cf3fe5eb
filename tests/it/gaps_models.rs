//! Whether questions that mean the same come together across languages, with the encoder that ships.

use acceptance::{loket, repository};
use serde_json::Value;

use crate::real_models::{MACHINE, settings};

/// Least agreement of the clusters with the judgments of the sample help center at the likeness in use.
const MIN_F1: f64 = 0.34;
const MIN_PRECISION: f64 = 0.85;

#[test]
fn questions_one_article_answers_come_together_across_languages() {
    let _alone = MACHINE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let questions = repository()
        .join("knowledge_base/questions.jsonl")
        .display()
        .to_string();
    let report = loket(&[
        "eval",
        "clusters",
        "--questions",
        &questions,
        "--json",
        "--config",
        settings(),
    ])
    .expect(0)
    .json();
    let used = loket(&["config", "print", "--json", "--config", settings()])
        .expect(0)
        .json();
    let used = used["gaps"]["likeness"].as_f64().expect("a likeness");
    let rows = report["rows"].as_array().expect("rows");
    let row: &Value = rows
        .iter()
        .filter(|row| row["measure"] == "space")
        .find(|row| (row["likeness"].as_f64().expect("a number") - used).abs() < 0.005)
        .expect("the likeness in use is one of those tried");
    assert!(row["f1"].as_f64() >= Some(MIN_F1), "{row}");
    assert!(row["precision"].as_f64() >= Some(MIN_PRECISION), "{row}");
}

#[test]
fn a_gap_of_several_languages_is_one_gap_and_is_missing() {
    let _alone = MACHINE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("asked.jsonl");
    let asked = [
        ("en", "Can I pay with bitcoin?"),
        ("nl", "Kan ik met bitcoin betalen?"),
        ("de", "Kann ich mit Bitcoin bezahlen?"),
        ("fr", "Est-ce que je peux payer en bitcoin ?"),
        ("pl", "Czy mogę zapłacić bitcoinami?"),
        ("zh", "可以用比特币付款吗？"),
        ("en", "Do you have a shop in Rotterdam I can visit?"),
        (
            "nl",
            "Hebben jullie een winkel in Rotterdam waar ik langs kan komen?",
        ),
        ("it", "Avete un negozio a Rotterdam da visitare?"),
    ];
    let lines: Vec<String> = asked
        .iter()
        .map(|(language, question)| {
            serde_json::json!({"language": language, "question": question}).to_string()
        })
        .collect();
    let lines = lines.join("\n");
    fs_err::write(&file, lines).expect("questions");
    let file = file.display().to_string();
    let report = loket(&[
        "gaps",
        "--questions",
        &file,
        "--json",
        "--config",
        settings(),
    ])
    .expect(0)
    .json();
    let counts: Vec<u64> = report["gaps"]
        .as_array()
        .expect("gaps")
        .iter()
        .filter_map(|gap| gap["questions"].as_u64())
        .collect();
    assert_eq!(counts, [6, 3], "{report}");
}
