//! Edits of the help center that ships, with the models that ship: asking what an edit can touch finds what asking
//! everything finds. Needs the real files; fetches nothing.

use std::path::Path;

use acceptance::{loket, repository};
use serde_json::Value;

use crate::real_models::settings;

/// A copy of the articles with one edit.
fn edited(edit: impl FnOnce(&Path)) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for entry in walk(&repository().join("knowledge_base")) {
        let (from, name) = entry;
        let to = dir.path().join(name);
        fs_err::create_dir_all(to.parent().expect("a folder")).expect("made");
        fs_err::copy(from, to).expect("copied");
    }
    edit(dir.path());
    dir
}

/// The articles below `kb`, with their paths inside it.
fn walk(kb: &Path) -> Vec<(std::path::PathBuf, std::path::PathBuf)> {
    let languages = fs_err::read_dir(kb).expect("a folder").flatten();
    let files = languages
        .filter(|entry| entry.path().is_dir())
        .flat_map(|entry| fs_err::read_dir(entry.path()).expect("a folder").flatten());
    files
        .map(|entry| {
            let path = entry.path();
            let name = path.strip_prefix(kb).expect("below it").to_owned();
            (path, name)
        })
        .collect()
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs_err::read_to_string(path).expect("an article");
    assert!(text.contains(from), "{}", path.display());
    fs_err::write(path, text.replace(from, to)).expect("an edited article");
}

fn diff(head: &Path, more: &[&str]) -> Value {
    let text = |path: &Path| path.display().to_string();
    let kb = repository().join("knowledge_base");
    let (base, questions, head) = (text(&kb), text(&kb.join("questions.jsonl")), text(head));
    let args = [
        "diff",
        "--base-kb",
        &base,
        "--kb",
        &head,
        "--questions",
        &questions,
    ];
    let rest = ["--fail-on", "none", "--json", "--config", settings()];
    loket(&[&args, more, &rest].concat()).expect(0).json()
}

/// What is said of each question: its id, all kinds, and what it replies now.
fn told(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.to_string();
    let changes = report["changes"].as_array().expect("changes").iter();
    let mut told: Vec<_> = changes
        .map(|change| {
            (
                text(&change["id"]),
                text(&change["kinds"]),
                text(&change["after"]["sentences"]),
            )
        })
        .collect();
    told.sort();
    told
}

/// Questions that were asked again.
fn touched(report: &Value) -> u64 {
    report["touched"].as_u64().expect("a number")
}

/// Checks that both ways of asking tell the same of an edit, and gives the report of asking what it can touch.
#[track_caller]
fn check(edit: impl FnOnce(&Path)) -> Value {
    let head = edited(edit);
    let pruned = diff(head.path(), &[]);
    let full = diff(head.path(), &["--all"]);
    assert_eq!(told(&pruned), told(&full));
    assert_eq!(full["touched"], full["questions"]);
    pruned
}

#[test]
fn asking_what_an_edit_can_touch_finds_what_asking_everything_finds() {
    let report = check(|kb| {
        replace(
            &kb.join("en/identity-check.md"),
            "within 1 working day",
            "within 4 working days",
        );
    });
    // Only an edit that leaves the passages as many is this narrow: one more or less draws another sample for all others to be
    // measured against, and moves every score.
    assert!(touched(&report) <= 60, "{}", touched(&report));
    let broken: Vec<_> = report["failed"].as_array().into_iter().flatten().collect();
    assert!(broken.is_empty(), "nothing is to fail: {broken:?}");
    let changes = report["changes"].as_array().expect("changes").iter();
    let mut broken = changes.filter(|change| change["kind"] == "broken");
    assert!(broken.any(|change| change["id"] == "en-08"), "{report:#}");

    check(|kb| {
        fs_err::remove_file(kb.join("nl/seller-payout.md")).expect("removed");
    });
    check(|kb| {
        let text = "# Collecting furniture\n\nA wardrobe or sofa is collected by two movers within 12 days. Measure your stairs first.\n";
        fs_err::write(kb.join("en/collect-furniture.md"), text).expect("a new article");
    });
    check(|kb| {
        replace(
            &kb.join("de/reset-password.md"),
            "\n# ",
            "\nEin neuer Satz steht hier oben.\n\n# ",
        );
    });
    let none = check(|_| ());
    assert_eq!(touched(&none), 0);
    assert_eq!(none["counts"]["unchanged"], none["questions"]);
}
