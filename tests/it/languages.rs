//! No language at the cost of another: the sample help center in one language and in nine, on the real encoder.

use std::{collections::BTreeMap, sync::PoisonError};

use acceptance::{loket, repository};
use serde_json::Value;

use crate::real_models::{MACHINE, models_dir};

const LANGUAGES: [&str; 9] = ["de", "en", "es", "fr", "it", "nl", "pl", "pt", "zh"];

/// Questions of each language with a right article among the first five, and all that have one.
fn found(settings: &str, kb: &str, questions: &str) -> BTreeMap<String, (usize, usize)> {
    let report = loket(&[
        "eval",
        "run",
        "--mode",
        "retrieval",
        "--questions",
        questions,
        "--kb",
        kb,
        "--json",
        "--config",
        settings,
    ])
    .expect(0)
    .json();
    let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for question in report["questions"].as_array().expect("questions") {
        let language = question["language"].as_str().expect("a language");
        let first = question["ranks"]["loket"][0].as_u64();
        let (n_found, n) = found.entry(language.to_owned()).or_default();
        *n_found += usize::from(first.is_some_and(|rank| rank <= 5));
        *n += 1;
    }
    found
}

/// The questions of one language that an article in that language answers, judged by those articles alone.
fn questions_of(language: &str) -> String {
    let kb = repository().join("knowledge_base");
    let text = fs_err::read_to_string(kb.join("questions.jsonl")).expect("questions");
    let is_here = |judged: &Value| {
        let id = judged.as_str().unwrap_or_default();
        let id = id.split('#').next().unwrap_or(id);
        kb.join(language).join(format!("{id}.md")).exists()
    };
    let answered_here = |line: &str| {
        let mut question: Value = serde_json::from_str(line).expect("a question");
        let relevant = question["relevant"].as_array_mut()?;
        relevant.retain(is_here);
        let is_answered = !relevant.is_empty() && question["language"] == language;
        is_answered.then(|| question.to_string())
    };
    text.lines()
        .filter_map(answered_here)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_language_more_lowers_no_other_and_none_is_left_behind() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| dir.path().join(name).display().to_string();
    let settings = path("loket.toml");
    let models = models_dir().display().to_string();
    let text = format!(
        "[models]\ndir = {models:?}\noffline = true\nwriter = \"none\"\n[index]\ndata_dir = {:?}\n",
        path("data")
    );
    fs_err::write(&settings, text).expect("settings");
    let kb = repository().join("knowledge_base");
    let all_questions = LANGUAGES.map(questions_of).join("\n");
    fs_err::write(path("questions.jsonl"), all_questions).expect("questions");
    let together = found(
        &settings,
        &kb.display().to_string(),
        &path("questions.jsonl"),
    );
    assert_eq!(together.len(), LANGUAGES.len());

    let (mut n_alone, mut n_together) = (0, 0);
    for language in LANGUAGES {
        let alone_kb = dir.path().join(language).join(language);
        fs_err::create_dir_all(&alone_kb).expect("a folder");
        for entry in fs_err::read_dir(kb.join(language)).expect("articles") {
            let entry = entry.expect("an article");
            fs_err::copy(entry.path(), alone_kb.join(entry.file_name())).expect("a copy");
        }
        let questions = path(&format!("{language}.jsonl"));
        fs_err::write(&questions, questions_of(language)).expect("questions");
        let alone = found(&settings, &path(language), &questions)[language];
        let with_others = together[language];
        assert_eq!(alone.1, with_others.1, "{language}");
        assert!(
            with_others.0 + 1 >= alone.0,
            "{language}: {} of {} questions found with nine languages, {} alone",
            with_others.0,
            alone.1,
            alone.0
        );
        n_alone += alone.0;
        n_together += with_others.0;
    }
    // One question of one language may go either way; all together must gain.
    assert!(n_together >= n_alone, "{n_together} {n_alone}");

    let share = |(found, n): (usize, usize)| found as f64 / n as f64;
    let n: usize = together.values().map(|(_, n)| n).sum();
    let mean = share((n_together, n));
    for (language, found) in together {
        assert!(
            share(found) >= 0.8 * mean,
            "{language}: {found:?}, {mean:.2} on the whole"
        );
    }
}
