//! What customers ask and the articles do not answer: from a running service, hand-offs and files to a list and drafts.

use acceptance::Sandbox;
use serde_json::{Value, json};

/// A random encoder knows no meaning, so questions of one gap share all their words here.
const QUESTIONS: &str = "{\"question\":\"Can I pay in cash?\",\"language\":\"en\",\"audience\":\"buyer\",\"day\":\"2026-11-20\"}\n\
    {\"question\":\"can I pay in CASH\",\"language\":\"en\",\"audience\":\"buyer\",\"reason\":\"no_evidence\"}\n\
    {\"question\":\"Ik ben mijn keldersleutel kwijt\",\"language\":\"nl\"}\n\
    {\"question\":\"Is anybody there?\",\"language\":\"en\",\"reason\":\"overloaded\"}\n";

fn gaps(sandbox: &Sandbox, more: &[&str]) -> Value {
    sandbox
        .run(&[&["gaps", "--json"], more].concat())
        .expect(0)
        .json()
}

fn with_questions(sandbox: &Sandbox) -> String {
    let file = sandbox.path("asked.jsonl");
    fs_err::write(&file, QUESTIONS).expect("questions");
    file.display().to_string()
}

#[test]
fn questions_of_a_file_become_ranked_gaps_with_drafts() {
    let sandbox = Sandbox::new();
    // Only the same words are one question to a random encoder.
    sandbox.write_settings("[gaps]\nlikeness = 0.99\ncost_per_handoff = 4.5\n");
    let file = with_questions(&sandbox);
    let drafts = sandbox.path("drafts").display().to_string();
    let report = gaps(&sandbox, &["--questions", &file, "--write", &drafts]);
    assert_eq!(report["questions"], 3, "{report}");
    assert_eq!(report["n_gaps"], 2, "{report}");
    let first = &report["gaps"][0];
    assert_eq!(first["title"], "Can I pay in cash?");
    assert_eq!(
        (&first["questions"], &first["cost"]),
        (&2.into(), &9.0.into())
    );
    assert_eq!(first["reasons"].as_array().map(Vec::len), Some(2));
    assert_eq!(first["audiences"][0]["name"], "buyer");
    assert_eq!(first["outline"]["points"][0]["form"], "choice");
    let draft =
        fs_err::read_to_string(sandbox.path("drafts/en/can-pay-in-cash.md")).expect("a draft");
    assert!(
        draft.starts_with("---\ndraft: true\nid: \"can-pay-in-cash\"\n"),
        "{draft}"
    );
    let dutch =
        fs_err::read_to_string(sandbox.path("drafts/nl/ik-ben-mijn-keldersleutel-kwijt.md"));
    assert!(dutch.expect("a draft").contains("\n## Uitzonderingen\n"));

    // An editor has worked on it: it stays.
    fs_err::write(sandbox.path("drafts/en/can-pay-in-cash.md"), "mine").expect("written");
    let ran = sandbox
        .run(&[
            "gaps",
            "--questions",
            &file,
            "--write",
            &drafts,
            "--limit",
            "1",
        ])
        .expect(0);
    assert!(
        ran.out
            .starts_with("3 questions the articles did not answer: 2 gaps\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("1 more; `--limit 2` lists all"),
        "{}",
        ran.out
    );
    let draft = fs_err::read_to_string(sandbox.path("drafts/en/can-pay-in-cash.md"));
    assert_eq!(draft.expect("a draft"), "mine");

    let inside = sandbox.kb().join("en").display().to_string();
    sandbox
        .run(&["gaps", "--questions", &file, "--write", &inside])
        .expect_failure(&["--write", "inside the articles", "drafts"]);
}

#[test]
fn what_is_wrong_with_a_file_names_its_line() {
    let sandbox = Sandbox::new();
    let file = sandbox.path("asked.jsonl");
    fs_err::write(&file, "{\"question\":\"a\"}\n{\"query\":\"b\"}\n").expect("questions");
    let name = file.display().to_string();
    sandbox
        .run(&["gaps", "--questions", &name])
        .expect_failure(&["asked.jsonl:2", "`question`"]);
    sandbox
        .run(&["gaps", "--report", &name])
        .expect_failure(&["asked.jsonl", "eval run --json"]);
    sandbox
        .run(&["gaps", "--questions", &name, "--cost=-1"])
        .expect_failure(&["--cost", "4.50"]);
    sandbox.write_settings("[gaps]\nlikeness = 2.0\n");
    sandbox
        .run(&["gaps"])
        .expect_failure(&["gaps.likeness", "0 to 1"]);
}

#[test]
fn without_questions_it_says_where_they_come_from() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["gaps"]).expect(0);
    assert!(
        ran.out.contains("0 gaps") && ran.out.contains("questions_days"),
        "{}",
        ran.out
    );
    // Looking makes no store.
    assert!(!sandbox.path("data/state").exists());
    assert_eq!(gaps(&sandbox, &[])["gaps"], Value::Array(Vec::new()));
}

#[test]
fn questions_with_one_article_are_held_against_the_clusters() {
    let sandbox = Sandbox::new();
    let file = sandbox.path("judged.jsonl");
    let line = |id: &str, text: &str, article: &str| {
        format!(
            "{{\"id\":{id:?},\"question\":{text:?},\"language\":\"en\",\"relevant\":[{article:?}]}}\n"
        )
    };
    let text = line("a", "pay in cash", "cash")
        + &line("b", "Pay in cash?", "cash")
        + &line("c", "lost key", "key");
    fs_err::write(&file, text).expect("questions");
    let file = file.display().to_string();
    let report = sandbox
        .run(&["eval", "clusters", "--questions", &file, "--json"])
        .expect(0)
        .json();
    let rows = report["rows"].as_array().expect("rows");
    // The strictest keeps only the same words together, which is what the judgments say.
    let strictest = rows
        .iter()
        .rfind(|row| row["measure"] == "space")
        .expect("a row");
    assert_eq!(
        (&strictest["labels"], &report["questions"]),
        (&2.into(), &3.into())
    );
    assert_eq!(strictest["precision"], 1.0, "{strictest}");
}

#[test]
fn a_table_of_questions_is_imported() {
    let sandbox = Sandbox::new();
    let table = sandbox.path("table.csv");
    fs_err::write(
        &table,
        "question;relevant;expect\n\"Return; how?\";return-an-order;answered\n",
    )
    .expect("a table");
    let (from, to) = (
        table.display().to_string(),
        sandbox.path("set.jsonl").display().to_string(),
    );
    let import = [
        "eval",
        "import",
        "csv",
        &from,
        "--language",
        "en",
        "--questions",
        &to,
    ];
    let ran = sandbox.run(&import).expect(0);
    assert!(ran.out.starts_with("1 question in "), "{}", ran.out);
    let set = fs_err::read_to_string(&to).expect("a set");
    assert_eq!(
        set,
        "{\"id\":\"en-1\",\"question\":\"Return; how?\",\"language\":\"en\",\"relevant\":[\"return-an-order\"],\"expect\":\"answered\"}\n"
    );
    sandbox
        .run(&import)
        .expect_failure(&["set.jsonl", "exists already"]);
    let again = sandbox.path("again.jsonl").display().to_string();
    let ran = sandbox
        .run(&[
            "eval",
            "import",
            "csv",
            &from,
            "--language",
            "en",
            "--questions",
            &again,
            "--json",
        ])
        .expect(0);
    assert_eq!(ran.json(), json!({"into": again, "questions": 1}));
    fs_err::write(&table, "question;relevent\na;b\n").expect("a table");
    let into = sandbox.path("new").display().to_string();
    sandbox
        .run(&["eval", "import", "csv", &from, "--into", &into])
        .expect_failure(&["table.csv:1", "`relevent`"]);
}
