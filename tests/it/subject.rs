//! Facts of an order, several needs in one message, and follow-ups, with tiny models.

use acceptance::{Ran, Sandbox, check_reply};
use serde_json::{Value, json};

/// What must not be found anywhere afterwards.
const CANARY: &str = "CANARY-7Q4X";

fn ask_about(sandbox: &Sandbox, question: &str, subject: &Value, more: &[&str]) -> Ran {
    let path = sandbox.path("subject.json").display().to_string();
    fs_err::write(&path, subject.to_string()).expect("a subject");
    let args = [
        "ask",
        question,
        "--mode",
        "extractive",
        "--json",
        "--subject",
        &path,
    ];
    sandbox.run(&[&args[..], more].concat())
}

fn payout() -> Value {
    json!({"kind": "order", "id": "o-77", "label": "Omega Seamaster 1967", "facts": {
        "status": "delivered", "payout": {"amount": "1250.00 EUR", "expected_on": "2126-11-25"}}})
}

fn texts(reply: &Value) -> Vec<&str> {
    let sentences = reply["sentences"].as_array().expect("sentences");
    sentences
        .iter()
        .filter_map(|sentence| sentence["text"].as_str())
        .collect()
}

#[test]
fn facts_come_before_the_article() {
    let sandbox = Sandbox::new();
    let question = "When is my payout sent?";
    let seller = ["--audience", "seller"];
    let reply = ask_about(&sandbox, question, &payout(), &seller)
        .expect(0)
        .json();
    let texts = texts(&reply);
    assert_eq!(
        texts[0],
        "Your payout of €1,250.00 is expected on 25 November 2126."
    );
    assert!(
        texts.iter().any(|text| text.contains("3 days after")),
        "{texts:?}"
    );
    let cited = json!([
        {"kind": "fact", "path": "subject.facts.payout.expected_on", "value": "2126-11-25"},
        {"kind": "fact", "path": "subject.facts.payout.amount", "value": "1250.00 EUR"},
    ]);
    assert_eq!(reply["sentences"][0]["citations"], cited);
    assert_eq!(reply["sources"][0]["article"], "seller-payout");
    check_reply(&reply, &sandbox.kb());
}

#[test]
fn facts_answer_where_no_article_does() {
    let sandbox = Sandbox::new();
    let subject =
        json!({"kind": "order", "facts": {"tracking": {"number": "3SABC12", "carrier": "PostNL"}}});
    let question = "Wat is de trackingcode van mijn horlogebandje?";
    let reply = ask_about(&sandbox, question, &subject, &["--language", "nl"])
        .expect(0)
        .json();
    assert_eq!(texts(&reply), ["De trackingcode is 3SABC12 (PostNL)."]);
    assert_eq!(reply["outcome"], "answered");
    assert_eq!(reply["sources"], json!([]));
    check_reply(&reply, &sandbox.kb());
    // The same question without the order goes to a person.
    let reply = sandbox
        .run(&["ask", question, "--mode", "extractive", "--json"])
        .expect(1)
        .json();
    assert_eq!(reply["reason"], "no_evidence");
}

#[test]
fn a_sensitive_topic_goes_to_a_person_all_the_same() {
    let sandbox = Sandbox::new();
    let question = "How do I report a counterfeit watch, and where is my payout?";
    let reply = ask_about(&sandbox, question, &payout(), &["--audience", "seller"])
        .expect(1)
        .json();
    assert_eq!(reply["reason"], "sensitive_topic");
    assert!(
        !reply["text"].as_str().expect("text").contains("payout"),
        "{reply}"
    );
}

#[test]
fn a_subject_that_does_not_fit_is_named() {
    let sandbox = Sandbox::new();
    let check = |subject: Value, part: &str| {
        ask_about(&sandbox, "Where is my order?", &subject, &[])
            .expect_failure(&["reading the subject", part]);
    };
    check(json!({}), "`subject.kind` is missing");
    check(
        json!({"kind": "order", "facts": {"due": "2026-02-30"}}),
        "`subject.facts.due` is no date",
    );
    check(
        json!({"kind": "order", "facts": {"a": "x".repeat(201)}}),
        "`subject.facts.a` is longer",
    );
    check(json!([1]), "`subject` must be an object, not an array");
}

#[test]
fn nothing_of_a_subject_is_kept() {
    let sandbox = Sandbox::new();
    let subject = json!({"kind": "order", "id": CANARY, "label": CANARY, "facts": {
        "gift_note": CANARY, "payout": {"status": CANARY}}});
    let ran = ask_about(
        &sandbox,
        "What is the status of my payout?",
        &subject,
        &["-v"],
    )
    .expect(0);
    assert!(ran.out.contains(CANARY), "{}", ran.out);
    assert!(!ran.err.contains(CANARY), "{}", ran.err);
    fs_err::remove_file(sandbox.path("subject.json")).expect("the test's own file");
    let mut folders = vec![sandbox.path("")];
    let mut n_files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            n_files += 1;
            let bytes = fs_err::read(&path).expect("a file");
            let found = bytes
                .windows(CANARY.len())
                .any(|part| part == CANARY.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
    assert!(n_files > 10, "only {n_files} files were looked through");
}

#[test]
fn what_is_not_answered_of_two_needs_is_named() {
    let sandbox = Sandbox::new();
    let reply = sandbox.ask(
        "How many days do I have to return an order? And which xylophones suit elderly penguins?",
        0,
    );
    assert_eq!(reply["outcome"], "answered");
    assert!(
        reply["text"].as_str().expect("text").contains("14 days"),
        "{reply}"
    );
    let reply = sandbox.ask(
        "Hello! How many days do I have to return an order? And how can I contact support? Thanks, Bob",
        0,
    );
    let text = reply["text"].as_str().expect("text");
    assert!(
        text.contains("14 days") && text.contains("e-mail"),
        "{reply}"
    );
    assert_eq!(reply["unanswered"], json!([]));
    check_reply(&reply, &sandbox.kb());
}

#[test]
fn a_follow_up_is_read_with_the_question_before_it() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("conversation.json").display().to_string();
    let turns = json!([
        {"role": "user", "text": "How many days do I have to return an order?"},
        {"role": "assistant", "text": "You have 14 days to return an order."},
    ]);
    fs_err::write(&path, turns.to_string()).expect("a conversation");
    let follow_up = [
        "ask",
        "and what about the label?",
        "--mode",
        "extractive",
        "--json",
    ];
    let reply = sandbox
        .run(&[&follow_up[..], &["--conversation", &path]].concat())
        .expect(0)
        .json();
    assert_eq!(reply["sources"][0]["article"], "return-an-order", "{reply}");
    assert_eq!(reply["language"], "en");
}

#[test]
fn a_quote_in_another_language_is_marked() {
    let sandbox = Sandbox::new();
    let args = [
        "ask",
        "Chat contact support e-mail?",
        "--language",
        "nl",
        "--mode",
        "extractive",
        "--json",
    ];
    let reply = sandbox.run(&args).json();
    for sentence in reply["sentences"].as_array().expect("sentences") {
        let is_other = sentence["citations"][0]["language"] != "nl";
        assert_eq!(sentence["translated"], is_other, "{sentence}");
    }
}
