//! Chatty, multiple and follow-up questions in nine languages on the real encoder: what reading them is worth.

#![expect(
    clippy::print_stdout,
    reason = "with --nocapture the figures are read by people"
)]

use std::{collections::BTreeMap, sync::PoisonError};

use acceptance::{loket, repository};

use crate::real_models::{MACHINE, models_dir};

/// Needs, the relevant articles, and those of them among the first three, by kind of question and by language.
type Found = BTreeMap<(String, String), (usize, usize)>;

fn found(dir: &tempfile::TempDir, questions: &str, as_typed: bool) -> Found {
    let path = |name: &str| dir.path().join(name).display().to_string();
    let models = models_dir().display().to_string();
    let text = format!(
        "[models]\ndir = {models:?}\noffline = true\nwriter = \"none\"\n[index]\ndata_dir = {:?}\n\
         [answer]\nquestion_as_typed = {as_typed}\n",
        path("data")
    );
    fs_err::write(path("loket.toml"), text).expect("settings");
    let kb = repository().join("knowledge_base");
    let report = loket(&[
        "eval",
        "run",
        "--mode",
        "retrieval",
        "--questions",
        &kb.join(questions).display().to_string(),
        "--kb",
        &kb.display().to_string(),
        "--json",
        "--config",
        &path("loket.toml"),
    ])
    .expect(0)
    .json();
    let mut found = Found::new();
    for question in report["questions"].as_array().expect("questions") {
        let id = question["id"].as_str().expect("an id");
        let mut parts = id.split('-');
        let language = parts.next().unwrap_or_default().to_owned();
        let kind = parts.next().unwrap_or_default();
        // Of a follow-up and of a chatty question one of the articles is enough; of several needs each counts.
        let ranks = question["ranks"]["loket"].as_array().expect("ranks");
        let n_first = ranks.iter().filter(|rank| rank.as_u64() <= Some(3)).count();
        let n_needs = if kind == "multi" { 2 } else { 1 };
        let (n_found, n) = found.entry((kind.to_owned(), language)).or_default();
        *n_found += n_first.min(n_needs);
        *n += n_needs;
        if n_first < n_needs && !as_typed {
            println!("not found: {id} {ranks:?}");
        }
    }
    found
}

fn total(found: &Found, kind: &str) -> (usize, usize) {
    let rows = found.iter().filter(|((row, _), _)| row == kind);
    rows.fold((0, 0), |sum, (_, row)| (sum.0 + row.0, sum.1 + row.1))
}

#[test]
fn questions_as_people_write_them_find_their_articles() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let typed = found(&dir, "conversations.jsonl", true);
    let read = found(&dir, "conversations.jsonl", false);
    for ((kind, language), row) in &read {
        let before = typed[&(kind.clone(), language.clone())];
        println!(
            "{kind} {language}: {} of {}, as typed {}",
            row.0, row.1, before.0
        );
    }
    for (kind, least) in [("chatty", 44), ("multi", 99), ("follow", 53)] {
        let (now, before) = (total(&read, kind), total(&typed, kind));
        println!("{kind}: {} of {}, as typed {}", now.0, now.1, before.0);
        assert_eq!(now.1, before.1);
        assert!(
            now.0 >= before.0.max(least),
            "{kind}: {now:?}, as typed {before:?}"
        );
    }
    // Plain questions lose nothing by it.
    let sum = |found: &Found| found.values().map(|row| row.0).sum::<usize>();
    let typed = sum(&found(&dir, "questions.jsonl", true));
    let read = sum(&found(&dir, "questions.jsonl", false));
    println!("questions.jsonl: {read}, as typed {typed}");
    assert!(read + 2 >= typed, "{read}, as typed {typed}");
}
