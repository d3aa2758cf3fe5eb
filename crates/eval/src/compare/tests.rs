use super::*;

/// A report in which question `i` has its right article first when `is_right`.
fn report(n: usize, is_right: impl Fn(usize) -> bool) -> String {
    let question = |i: usize| {
        let ranks = if is_right(i) { "[1]" } else { "[]" };
        format!(r#"{{"id":"{i}","language":"nl","n_relevant":1,"ranks":{{"loket":{ranks}}}}}"#)
    };
    let questions: Vec<String> = (0..n).map(question).collect();
    format!(
        r#"{{"generation":"g","encoder":"e","rows":[],"run":{},"questions":[{}]}}"#,
        run_over("one"),
        questions.join(",")
    )
}

fn run_over(set: &str) -> String {
    format!(
        r#"{{"set":"{set}","questions":"q.jsonl","n":1,"n_synthetic":0,"config":"c","mode":"retrieval",
            "started":"2026-11-22T10:00:00Z","jobs":1,"seed":1,"command":""}}"#
    )
}

const STRICT: CompareOptions = CompareOptions {
    common: false,
    min_effect: 0.0,
};

fn compared(before: &str, after: &str) -> Comparison {
    compare(("a.json", before), ("b.json", after), STRICT).expect("reports")
}

#[test]
fn a_loss_beyond_chance_is_a_regression_and_chance_is_not() {
    let before = report(200, |i| i % 2 == 0);
    let same = compared(&before, &before);
    assert!(same.figures.iter().all(|figure| !figure.is_regression()));
    assert_eq!((same.n_common, same.n_alone), (200, 0));

    // As many won as lost.
    let other = compared(&before, &report(200, |i| (i / 2) % 2 == 0));
    assert!(other.figures.iter().all(|figure| !figure.is_regression()));
    assert_eq!((other.lost.len(), other.won.len()), (50, 50));

    let worse = compared(&before, &report(200, |i| i % 2 == 0 && i % 5 != 0));
    let first = &worse.figures[0];
    assert_eq!((first.language.as_str(), first.figure), ("all", "S@1"));
    assert!((first.before - 0.5).abs() < 1e-9 && (first.after - 0.4).abs() < 1e-9);
    assert!(first.is_regression());
    assert_eq!((first.n_better, first.n_worse), (0, 20));
    assert_eq!(worse.lost.len(), 20);
}

#[test]
fn questions_of_one_run_count_for_nothing() {
    let comparison = compared(&report(10, |_| true), &report(30, |i| i < 10));
    assert_eq!((comparison.n_common, comparison.n_alone), (10, 20));
    assert!((comparison.figures[0].after - 1.0).abs() < 1e-9);
}

#[test]
fn what_is_no_report_is_named() {
    let report = report(1, |_| true);
    let error = compare(("a.json", &report), ("b.json", "{}"), STRICT).expect_err("no report");
    assert_eq!(
        error.to_string(),
        "`b.json` is no report of `loket eval run`; write one with `--json b.json`"
    );
    let answers = r#"{"questions":[{"id":"1","language":"nl","rank":null,"answerable":true,"expected":null,"outcome":"answered"}]}"#;
    let error =
        compare(("a.json", &report), ("b.json", answers), STRICT).expect_err("another mode");
    assert!(matches!(error, CompareError::Kinds));
}

#[test]
fn a_loss_smaller_than_one_cares_for_is_no_regression() {
    // 30 of 1,000 lost: beyond chance, and three in a hundred.
    let before = report(1_000, |_| true);
    let after = report(1_000, |i| i >= 30);
    let with = |min_effect| {
        let options = CompareOptions {
            common: false,
            min_effect,
        };
        let comparison =
            compare(("a.json", &before), ("b.json", &after), options).expect("reports");
        comparison.figures[0].regression
    };
    assert!(with(0.0) && with(0.03));
    assert!(!with(0.031));
}

#[test]
fn the_paired_interval_is_that_of_the_differences() {
    // 1,000 questions of which 100 are lost: differences of mean -0.1 and variance 0.09.
    let comparison = compared(&report(1_000, |_| true), &report(1_000, |i| i >= 100));
    let gain = comparison.figures[0].gain;
    let half = 1.96 * (0.09_f64 / 1_000.0).sqrt();
    assert!((gain.mean + 0.1).abs() < 1e-9);
    assert!((gain.low - (-0.1 - half)).abs() < 0.003, "{gain:?}");
    assert!((gain.high - (-0.1 + half)).abs() < 0.003, "{gain:?}");
}

#[test]
fn runs_over_different_sets_are_refused_unless_asked_for() {
    let one = report(2, |_| true);
    let other = one.replace("\"set\":\"one\"", "\"set\":\"two\"");
    let refused = compare(("a.json", &one), ("b.json", &other), STRICT).expect_err("two sets");
    let message = refused.to_string();
    for part in [
        "`a.json` is over the 2 questions of `q.jsonl` with hash one",
        "`b.json`",
        "hash two",
        "--common",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let old = one.replace(&format!("\"run\":{},", run_over("one")), "");
    assert!(compare(("a.json", &old), ("b.json", &old), STRICT).is_err());
    let common = CompareOptions {
        common: true,
        ..STRICT
    };
    let compared = compare(("a.json", &old), ("b.json", &other), common).expect("reports");
    assert_eq!(compared.n_common, 2);
}

/// A report of one question that was expected answered.
fn answered(outcome: &str, text: &str, holds_gold: bool) -> String {
    format!(
        r#"{{"run":{},"questions":[{{"id":"1","language":"nl","question":"hoe?","rank":1,"answerable":true,
            "expected":"answered","outcome":"{outcome}","reason":null,"text":"{text}","confidence":0.5,
            "cites_relevant":true,"holds_gold":{holds_gold}}}]}}"#,
        run_over("one")
    )
}

#[test]
fn changed_questions_are_told_with_both_answers() {
    let (good, bad) = (
        answered("answered", "So.", true),
        answered("answered", "No.", false),
    );
    let comparison = compared(&good, &bad);
    assert!(comparison.better.is_empty() && comparison.lost.is_empty());
    let worse = &comparison.worse[0];
    assert_eq!(
        (&*worse.question, &worse.worse),
        ("hoe?", &vec!["gold text"])
    );
    let texts = [&worse.before, &worse.after].map(|reply| reply.as_ref().map(|r| &*r.text));
    assert_eq!(texts, [Some("So."), Some("No.")]);

    // Citations and gold of a reply that is not given are not lost with it: the outcome is.
    let comparison = compared(&good, &answered("escalated", "", false));
    assert_eq!(comparison.worse[0].worse, ["outcomes", "answered"]);
    assert_eq!(comparison.lost, ["1"]);
}

/// A report of `n` questions that no article answers, of which the first `n_answered` were answered.
fn unanswerable(n: usize, n_answered: usize) -> String {
    let question = |i: usize| {
        let outcome = if i < n_answered {
            "answered"
        } else {
            "escalated"
        };
        format!(
            r#"{{"id":"{i}","language":"nl","rank":null,"answerable":false,"expected":"escalated","outcome":"{outcome}"}}"#
        )
    };
    let questions: Vec<String> = (0..n).map(question).collect();
    format!(
        r#"{{"run":{},"questions":[{}]}}"#,
        run_over("one"),
        questions.join(",")
    )
}

#[test]
fn fewer_questions_answered_anyway_are_a_gain() {
    let (few, many) = (unanswerable(100, 10), unanswerable(100, 30));
    let worse = compared(&few, &many);
    let all = worse.figures.iter().filter(|row| row.language == "all");
    let rows: Vec<(&str, f64, f64, f64, bool)> = all
        .map(|row| {
            let points = |share: f64| (share * 100.0).round();
            let gain = points(row.gain.mean);
            let (before, after) = (points(row.before), points(row.after));
            (row.figure, before, after, gain, row.regression)
        })
        .collect();
    // Nothing was expected answered and no article is right, so there is no row for either.
    assert_eq!(
        rows,
        [
            ("outcomes", 90.0, 70.0, -20.0, true),
            ("to a person", 90.0, 70.0, -20.0, true),
            ("answered anyway", 10.0, 30.0, -20.0, true),
        ]
    );
    assert_eq!(
        worse.worse[0].worse,
        ["outcomes", "to a person", "answered anyway"]
    );
    let better = compared(&many, &few);
    assert!(better.figures.iter().all(|row| row.gain.mean > 0.0));
    assert!(better.worse.is_empty());
}
