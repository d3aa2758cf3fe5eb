//! Offline evaluation, from a public collection to figures, weights and a comparison.

use std::path::Path;

use acceptance::Sandbox;
use serde_json::{Value, json};

/// Help articles whose titles share a rare word with their texts, which a random encoder does not need to
/// understand.
fn titled_articles(n: usize) -> String {
    let record = |i: usize| {
        serde_json::json!({
            "slug": format!("how to {i}"),
            "language": "en",
            "title": format!("Change the zq{i}x setting"),
            "markdown": format!("# Change the zq{i}x setting\n\nOpen the menu. Choose zq{i}x there and save."),
        })
        .to_string()
    };
    (0..n).map(record).collect::<Vec<_>>().join("\n")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Imports a collection and gives its folder.
fn import(sandbox: &Sandbox) -> std::path::PathBuf {
    let source = sandbox.path("titles.jsonl");
    fs_err::write(&source, titled_articles(12)).expect("a collection");
    let into = sandbox.path("collection");
    let (from, to) = (text(&source), text(&into));
    let ran = sandbox
        .run(&["eval", "import", "titles", &from, "--into", &to])
        .expect(0);
    assert!(
        ran.out.starts_with("12 articles and 12 questions"),
        "{}",
        ran.out
    );
    // Nothing that is there is overwritten.
    sandbox
        .run(&["eval", "import", "titles", &from, "--into", &to])
        .expect_failure(&["collection", "exists already"]);
    let other = text(&sandbox.path("other"));
    let ran = sandbox
        .run(&[
            "eval", "import", "titles", &from, "--into", &other, "--json",
        ])
        .expect(0);
    assert_eq!(
        ran.json(),
        json!({"into": other, "articles": 12, "questions": 12})
    );
    into
}

#[track_caller]
fn ranked(sandbox: &Sandbox, collection: &Path, more: &[&str]) -> Value {
    let questions = text(&collection.join("questions.jsonl"));
    let kb = text(&collection.join("articles"));
    let run = [
        &[
            "eval",
            "run",
            "--mode",
            "retrieval",
            "--questions",
            &questions,
        ][..],
        &["--kb", &kb, "--json"],
        more,
    ];
    sandbox.run(&run.concat()).expect(0).json()
}

#[test]
fn a_collection_is_imported_ranked_fitted_and_compared() {
    let sandbox = Sandbox::new();
    let collection = import(&sandbox);
    let report = ranked(&sandbox, &collection, &[]);
    let row = |method: &str| {
        let rows = report["rows"].as_array().expect("rows").iter();
        let mut rows = rows.filter(|row| row["language"] == "all" && row["method"] == method);
        rows.next().expect("a row for every method").clone()
    };
    // The rare word decides for Loket and for BM25; every article, whatever its id, was imported.
    for method in ["loket", "bm25"] {
        assert_eq!(row(method)["success_at_1"]["mean"], 1.0, "{method}");
        assert_eq!(row(method)["success_at_1"]["n"], 12, "{method}");
    }
    assert!(row("encoder")["success_at_1"]["mean"].as_f64() < Some(1.0));
    assert!(row("rrf")["recall_at_10"]["mean"].as_f64() > Some(0.0));

    let signals = text(&sandbox.path("signals.jsonl"));
    ranked(&sandbox, &collection, &["--signals", &signals]);
    let ran = sandbox.run(&["eval", "fit", &signals]).expect(0);
    let fitted: toml::Table = ran.out.parse().expect("settings");
    let weights = &fitted["answer"]["fusion"]["article"];
    let words: f64 = [
        "article_words",
        "passage_words",
        "coverage",
        "passage_coverage",
        "lexical_place",
    ]
    .iter()
    .filter_map(|name| weights.get(name)?.as_float())
    .sum();
    assert!(words > 0.5, "{weights}");

    let write = |name: &str, report: &Value| {
        let path = sandbox.path(name);
        fs_err::write(&path, report.to_string()).expect("a report");
        text(&path)
    };
    let before = write("before.json", &report);
    let same = sandbox
        .run(&["eval", "compare", &before, &before])
        .expect(0);
    assert!(same.out.contains("12 questions in both"), "{}", same.out);
    let mut worse = report.clone();
    for question in worse["questions"].as_array_mut().expect("questions") {
        question["ranks"]["loket"] = serde_json::json!([7]);
    }
    let after = write("after.json", &worse);
    let ran = sandbox.run(&["eval", "compare", &before, &after]).expect(1);
    assert!(
        ran.err
            .contains("regression: S@1 of all went from 100.0 % to 0.0 %"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("lost: en:how"), "{}", ran.out);
    sandbox
        .run(&["eval", "compare", &before, &signals])
        .expect_failure(&["signals.jsonl", "--json"]);
}

#[test]
fn checking_says_where_it_looked_for_collections() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["eval", "check", "--data", "nowhere-at-all"])
        .expect_failure(&["no collections", "nowhere-at-all", "LOKET_DATA"]);
}
