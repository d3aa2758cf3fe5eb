//! Receipts: what was answered can be shown again, and nothing of the customer is on the disk.

use acceptance::Sandbox;
use serde_json::Value;

const QUESTION: &str = "How many days do I have to return an order?";

/// All bytes of the state store, the log of its writes included.
fn stored(sandbox: &Sandbox) -> Vec<u8> {
    let entries = fs_err::read_dir(sandbox.path("data/state")).expect("the folder of the store");
    let files = entries.map(|entry| fs_err::read(entry.expect("an entry").path()));
    files
        .collect::<Result<Vec<_>, _>>()
        .expect("files")
        .concat()
}

fn replay(sandbox: &Sandbox, id: &str, code: u8) -> Value {
    sandbox
        .run(&["answer", "replay", id, "--json"])
        .expect(code)
        .json()
}

#[test]
fn an_answer_is_shown_again_from_its_receipt() {
    let sandbox = Sandbox::new();
    let reply = sandbox.ask(QUESTION, 0);
    let id = reply["id"].as_str().expect("an id");
    let again = replay(&sandbox, id, 0);
    assert_eq!(again["text"], reply["text"]);
    assert_eq!(again["unchanged"], true);
    let receipt = &again["receipt"];
    assert_eq!(receipt["generation"], reply["generation"]);
    assert_eq!(receipt["encoder"], reply["models"]["embedder"]);
    assert_eq!(receipt["outcome"], "answered");
    let quotes = again["quotes"].as_array().expect("quotes");
    assert!(!quotes.is_empty());
    for quote in quotes {
        assert_eq!(
            (&quote["then"], &quote["now"]),
            (&"same".into(), &"same".into()),
            "{quote}"
        );
    }
    let ran = sandbox.run(&["answer", "replay", id]).expect(0);
    assert!(
        ran.out.starts_with(reply["text"].as_str().expect("a text")),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("then same, now same"), "{}", ran.out);

    // The article changes: what was said is still shown, and that it is not said any more.
    sandbox.write_article(
        "en/return-an-order.md",
        "# Return an order\n\nAsk support first.\n",
    );
    sandbox.run(&["index"]).expect(0);
    let changed = replay(&sandbox, id, 1);
    assert_eq!(changed["text"], reply["text"]);
    assert_eq!(changed["quotes"][0]["then"], "same");
    assert_eq!(changed["quotes"][0]["now"], "gone");
}

#[test]
fn an_answer_without_a_receipt_is_not_found() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["answer", "replay", "ans_unknown"])
        .expect_failure(&["ans_unknown", "90 days"]);
    sandbox.write_settings("[support.store]\nreceipts_days = 0\n");
    let reply = sandbox.ask(QUESTION, 0);
    let id = reply["id"].as_str().expect("an id");
    sandbox.run(&["answer", "replay", id]).expect_failure(&[id]);
}

#[test]
fn nothing_of_the_customer_is_stored() {
    let sandbox = Sandbox::new();
    let subject = sandbox.path("order.json");
    fs_err::write(
        &subject,
        r#"{"kind":"order","id":"canary-order","label":"canary-label","facts":{"name":"canary-fact"}}"#,
    )
    .expect("a subject");
    let subject = subject.display().to_string();
    for question in [
        QUESTION,
        "canary-question: the seller scammed me",
        "canary-question human please",
    ] {
        let args = [
            "ask",
            question,
            "--subject",
            &subject,
            "--mode",
            "extractive",
            "--json",
        ];
        let reply = sandbox.run(&args);
        let id = reply.json()["id"].as_str().expect("an id").to_owned();
        let bytes = stored(&sandbox);
        let holds = |text: &str| {
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        };
        assert!(holds(&id), "no receipt of {question}");
        for text in ["canary", "How many days do I have", "scammed me"] {
            assert!(!holds(text), "{text} was stored");
        }
    }
}

#[test]
fn a_store_that_cannot_be_used_costs_no_answer() {
    let sandbox = Sandbox::new();
    fs_err::create_dir_all(sandbox.path("data/state")).expect("a folder");
    fs_err::write(sandbox.path("data/state/loket.db"), "x".repeat(8_192)).expect("a damaged store");
    let reply = sandbox.ask(QUESTION, 0);
    let id = reply["id"].as_str().expect("an id");
    sandbox.run(&["answer", "replay", id]).expect_failure(&[
        "loket.db",
        "damaged",
        "restore a backup",
    ]);
}
