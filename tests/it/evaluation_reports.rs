//! The reports of `loket eval run` and its gates: what an evaluator reads, and what stops a merge.

use std::path::PathBuf;

use acceptance::Sandbox;
use serde_json::{Value, json};

/// On a Sunday, when only e-mail is open: two questions articles answer, one a person should get, one that is refused in
/// vain, and one a program proposed.
fn questions() -> Vec<Value> {
    vec![
        json!({"id": "days", "question": "How many days do I have to return an order?", "language": "en",
               "at": "2026-11-22T12:00:00Z",
               "relevant": ["return-an-order"], "answers": ["14 days"], "expect": "answered",
               "method": "email"}),
        json!({"id": "label", "question": "Who pays the costs of the return label?", "language": "en",
               "at": "2026-11-22T12:00:00Z",
               "relevant": ["return-an-order#costs"], "answers": ["7.95"], "expect": "answered",
               "method": "phone"}),
        json!({"id": "weather", "question": "Zorbing glockenspiel quux?", "language": "en", "expect": "escalated"}),
        json!({"id": "lost", "question": "Xylophone fandango mumble?", "language": "en",
               "relevant": ["contact"], "expect": "answered"}),
        json!({"id": "made", "question": "When is my payout sent?", "language": "en",
               "relevant": ["seller-payout"], "expect": "answered", "synthetic": true}),
    ]
}

fn write_lines(sandbox: &Sandbox, name: &str, lines: &[Value]) -> String {
    let path = sandbox.path(name);
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    fs_err::write(&path, text.join("\n")).expect("a question file");
    path.display().to_string()
}

fn place(sandbox: &Sandbox, name: &str) -> (PathBuf, String) {
    let path = sandbox.path(name);
    let text = path.display().to_string();
    (path, text)
}

/// Fields that differ from run to run.
fn without_times(mut report: Value) -> Value {
    report["latency"] = Value::Null;
    for name in ["started", "jobs", "command"] {
        report["run"][name] = Value::Null;
    }
    for rows in ["rows", "synthetic"] {
        for row in report[rows].as_array_mut().expect("rows") {
            row["total_ms"] = Value::Null;
        }
    }
    for question in report["questions"].as_array_mut().expect("questions") {
        question["ms"] = Value::Null;
    }
    report
}

#[test]
fn a_run_judges_answers_sections_ways_and_synthetic_questions() {
    let sandbox = Sandbox::new();
    let file = write_lines(&sandbox, "questions.jsonl", &questions());
    let run = |jobs: &str| {
        let args = [
            "eval",
            "run",
            "--questions",
            &file,
            "--jobs",
            jobs,
            "--json",
        ];
        sandbox.run(&args).expect(0).json()
    };
    let report = run("1");
    let of = |id: &str| {
        let all = report["questions"].as_array().expect("questions").iter();
        let mut found = all.filter(|question| question["id"] == id);
        found.next().expect("the question").clone()
    };
    let days = of("days");
    assert_eq!(days["outcome"], "answered");
    assert_eq!(days["routed"], true, "{}", days["route"]);
    assert_eq!(
        days["sentences"][0]["cites"][0]["article"],
        "return-an-order"
    );
    assert!(days["evidence"][0]["quote"].is_string(), "{days}");
    assert_eq!(days["faults"], json!([]));
    let label = of("label");
    assert_eq!(label["cites_section"], true, "{label}");
    assert_eq!(label["routed"], false, "{}", label["route"]);
    assert_eq!(label["faults"], json!(["misrouted"]));
    assert_eq!(of("lost")["faults"][0], "refused");
    // What a program proposed counts in no figure but its own.
    assert_eq!(report["rows"][0]["n"], 4);
    assert_eq!(report["synthetic"][0]["n"], 1);
    assert_eq!(report["run"]["n_synthetic"], 1);
    assert_eq!(report["rows"][0]["to_person"]["mean"], 1.0);
    assert_eq!(report["latency"]["total"]["n"], 4);
    let cells = report["confusion"].as_array().expect("cells");
    let counted: u64 = cells.iter().filter_map(|cell| cell["n"].as_u64()).sum();
    assert_eq!(counted, 4);

    // Several at once give the same, but for times, which are not told.
    let parallel = run("3");
    assert_eq!(parallel["latency"], Value::Null);
    assert_eq!(without_times(parallel), without_times(report));
}

#[test]
fn hostile_texts_are_inert_in_the_page() {
    let sandbox = Sandbox::new();
    let attack = "<script>alert(1)</script>";
    sandbox.write_article(
        "en/hostile.md",
        &format!("# Warranty of \\{attack}\n\nThe warranty \\{attack} lasts 24 months.\n"),
    );
    let question = json!({"id": attack, "question": format!("How long does the warranty {attack} last?"),
                          "language": "en", "relevant": ["hostile"], "expect": "answered", "answers": [attack]});
    let file = write_lines(&sandbox, "questions.jsonl", &[question]);
    let (page, to) = place(&sandbox, "report.html");
    sandbox
        .run(&["eval", "run", "--questions", &file, "--html", &to])
        .expect(0);
    let page = fs_err::read_to_string(page).expect("a page");
    assert!(!page.contains(attack));
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(page.contains("lasts 24 months"), "the article is shown");
    assert_eq!(page.matches("<script").count(), 1, "its own");
    // The journal is gone: the report is there.
    assert!(!sandbox.path("report.html.partial").exists());
}

#[test]
fn every_fault_of_a_question_file_is_told_with_its_line() {
    let sandbox = Sandbox::new();
    let lines = [
        json!({"id": "a", "question": "q", "relevant": ["return-an-ordr"]}),
        json!({"id": "b", "question": "q", "relevant": ["return-an-order#cost"]}),
    ];
    let file = write_lines(&sandbox, "questions.jsonl", &lines);
    let ran = sandbox
        .run(&["eval", "run", "--questions", &file])
        .expect(2);
    let told: Vec<&str> = ran.err.lines().collect();
    assert_eq!(
        told,
        [
            format!(
                "{file}:1: no article `return-an-ordr` is in the index; did you mean `return-an-order`?"
            ),
            format!(
                "{file}:2: the article `return-an-order` has no section `#cost`; did you mean `return-an-order#costs`?"
            ),
            format!(
                "loket: `{file}` has 2 faults; repair the file and run this again, nothing was asked"
            ),
        ]
    );
    let wrong = write_lines(
        &sandbox,
        "wrong.jsonl",
        &[json!({"id": "a", "qestion": "q"})],
    );
    let ran = sandbox
        .run(&["eval", "calibrate", "--questions", &wrong])
        .expect(2);
    assert!(
        ran.err
            .contains("wrong.jsonl:1: there is no field `qestion`; did you mean `question`?"),
        "{}",
        ran.err
    );
}

#[test]
fn floors_are_held_by_language_and_figure() {
    let sandbox = Sandbox::new();
    let file = write_lines(&sandbox, "questions.jsonl", &questions());
    let (floors, floors_file) = place(&sandbox, "floors.toml");
    let run = || {
        sandbox.run(&[
            "eval",
            "run",
            "--questions",
            &file,
            "--floors",
            &floors_file,
        ])
    };
    fs_err::write(&floors, "[all]\nto_person = 1.0\n[en]\nanswered = 0.6\n").expect("floors");
    run().expect(0);
    fs_err::write(
        &floors,
        "[all]\nto_person = 1.0\n[en]\nanswered = 0.7\n[nl]\nanswered = 0.1\n",
    )
    .expect("floors");
    let ran = run().expect(1);
    assert!(
        ran.err
            .contains("gate missed: answered of en is 0.6667 (n 3), the floor is 0.7"),
        "{}",
        ran.err
    );
    assert!(
        ran.err
            .contains("gate missed: answered of nl counts no question, the floor is 0.1"),
        "{}",
        ran.err
    );
    fs_err::write(&floors, "[all]\nanswerd = 0.7\n").expect("floors");
    run().expect_failure(&[
        "floors.toml",
        "line 2",
        "answerd",
        "did you mean `answered`?",
    ]);
}

#[test]
fn runs_over_different_questions_are_compared_only_when_asked() {
    let sandbox = Sandbox::new();
    let all = questions();
    let run = |name: &str, lines: &[Value]| {
        let file = write_lines(&sandbox, &format!("{name}.jsonl"), lines);
        let (_, to) = place(&sandbox, name);
        sandbox
            .run(&["eval", "run", "--questions", &file, "--json", &to])
            .expect(0);
        to
    };
    let (one, other) = (run("one.json", &all), run("other.json", &all[..3]));
    sandbox.run(&["eval", "compare", &one, &one]).expect(0);
    sandbox
        .run(&["eval", "compare", &one, &other])
        .expect_failure(&[
            "one.json",
            "other.json",
            "5 questions",
            "3 questions",
            "--common",
        ]);

    // The same questions, and one answer lost.
    let text = fs_err::read_to_string(&one).expect("a report");
    let mut worse: Value = serde_json::from_str(&text).expect("JSON");
    worse["questions"][0]["outcome"] = json!("escalated");
    worse["questions"][0]["reason"] = json!("no_evidence");
    worse["questions"][0]["text"] = json!("");
    let (path, lost) = place(&sandbox, "lost.json");
    fs_err::write(path, worse.to_string()).expect("a report");
    let (page, to) = place(&sandbox, "compare.html");
    let ran = sandbox.run(&["eval", "compare", &one, &lost, "--html", &to]);
    // One of four is not beyond chance.
    let ran = ran.expect(0);
    assert!(
        ran.out
            .contains("worse: days (outcomes, answered): How many days"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("after: no_evidence"), "{}", ran.out);
    let page = fs_err::read_to_string(page).expect("a page");
    assert!(page.contains("How many days do I have to return an order?"));
    let ran = sandbox
        .run(&["eval", "compare", &one, &other, "--common"])
        .expect(0);
    assert!(
        ran.out.contains("3 questions in both, 2 in one only"),
        "{}",
        ran.out
    );
}

#[test]
fn a_calibration_is_shown_before_and_after_and_written_beside_what_stands_there() {
    let sandbox = Sandbox::new();
    let mut lines = Vec::new();
    for i in 0..14 {
        let text = format!(
            "# Change the zq{i}x setting\n\nOpen the menu. Choose zq{i}x there and save.\n"
        );
        sandbox.write_article(&format!("en/zq{i}x.md"), &text);
        lines.push(
            json!({"id": format!("right-{i}"), "question": format!("Change the zq{i}x setting"),
                          "language": "en", "relevant": [format!("zq{i}x")]}),
        );
        lines.push(json!({"id": format!("none-{i}"), "question": format!("Wumpus vx{i}k frobnicate bandersnatch"),
                          "language": "en", "expect": "escalated"}));
    }
    let file = write_lines(&sandbox, "questions.jsonl", &lines);
    let (settings, to) = place(&sandbox, "loket.toml");
    let before = fs_err::read_to_string(&settings).expect("settings");
    fs_err::write(&settings, format!("# Ours.\n{before}")).expect("settings");
    let ran = sandbox
        .run(&["eval", "calibrate", "--questions", &file, "--write", &to])
        .expect(0);
    for line in [
        "# 28 questions",
        "# AUROC",
        "# refused in vain",
        "# calibration error",
        "# written to",
    ] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    let after = fs_err::read_to_string(&settings).expect("settings");
    assert!(after.starts_with("# Ours.\n"), "{after}");
    let table: toml::Table = after.parse().expect("settings");
    // It stood at 6.5, with which everything was answered: now the signals of the articles decide.
    let calibration = &table["answer"]["calibration"];
    assert!(calibration["intercept"].as_float() < Some(0.0), "{after}");
    let lead = calibration["weights"]["lead"].as_float();
    assert!(lead > Some(0.1), "{after}");
    assert!(table["answer"]["min_confidence"].is_float(), "{after}");
    // What was not fitted stays.
    assert!(after.contains("article = { coverage = 100.0 }"), "{after}");
    sandbox.run(&["config", "check"]).expect(0);
}
