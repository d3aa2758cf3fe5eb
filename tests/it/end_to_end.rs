//! From a folder of articles to answers, with tiny models.

use acceptance::{Sandbox, check_reply, sandbox::WRITER};

const QUESTION: &str = "How many days do I have to return an order?";

#[test]
fn one_command_is_enough() {
    let sandbox = Sandbox::new();
    let reply = sandbox.ask(QUESTION, 0);
    assert_eq!(reply["outcome"], "answered");
    assert_eq!(reply["language"], "en");
    assert_eq!(reply["reason"], serde_json::Value::Null);
    assert!(
        reply["text"].as_str().expect("text").contains("14 days"),
        "{reply}"
    );
    assert!(check_reply(&reply, &sandbox.kb()) > 0);
    assert_eq!(reply["sources"][0]["article"], "return-an-order");
}

#[test]
fn every_step_can_be_taken_alone() {
    let sandbox = Sandbox::new();
    let pulled = sandbox.run(&["models", "pull", "--json"]).expect(0).json();
    assert_eq!(pulled["models"].as_array().expect("models").len(), 2);
    let first = sandbox.run(&["index", "--json"]).expect(0).json();
    assert_eq!(first["is_new"], true);
    assert_eq!(first["articles"], 5);
    assert_eq!(first["languages"]["nl"], 1);
    assert_eq!(first["added"].as_array().expect("added").len(), 5);

    let again = sandbox.run(&["index", "--json"]).expect(0).json();
    assert_eq!(again["is_new"], false);
    assert_eq!(again["generation"], first["generation"]);

    sandbox.write_article(
        "en/contact.md",
        "# Contact support\n\nSupport answers e-mail within one day.\n",
    );
    let changed = sandbox.run(&["index", "--json"]).expect(0).json();
    assert_eq!(changed["changed"], serde_json::json!(["en/contact.md"]));
    assert_eq!(changed["encoded_passages"], 1);
    assert_eq!(
        sandbox.ask(QUESTION, 0)["generation"],
        changed["generation"]
    );
}

/// Each of `parts` stands in `text` behind the one before it.
#[track_caller]
fn check_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else {
            panic!("no `{part}` in its place: {text}");
        };
        rest = behind;
    }
}

#[test]
fn people_read_the_answer_its_sources_and_the_ways_to_a_person() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run(&["ask", QUESTION, "--mode", "extractive"])
        .expect(0);
    let order = [
        "14 days",
        "[1]",
        "\n\nSources\n[1] Return an order",
        "Talk to support\n- ",
        "Email: always open",
    ];
    check_order(&ran.out, &order);
    assert!(
        !ran.out.contains('\u{1b}'),
        "colours without a terminal: {}",
        ran.out
    );
    assert_eq!(ran.err, "");
}

#[test]
fn the_reply_is_in_the_language_of_the_question() {
    let sandbox = Sandbox::new();
    let reply = sandbox.ask("Hoeveel dagen heb ik om een bestelling te retourneren?", 0);
    assert_eq!(reply["language"], "nl");
    assert!(check_reply(&reply, &sandbox.kb()) > 0);
    assert_eq!(reply["sources"][0]["language"], "nl");
}

#[track_caller]
fn check_escalated(sandbox: &Sandbox, question: &str, reason: &str) {
    let reply = sandbox.ask(question, 1);
    assert_eq!(reply["outcome"], "escalated", "{question}");
    assert_eq!(reply["reason"], reason, "{question}");
    check_reply(&reply, &sandbox.kb());
}

#[test]
fn a_person_takes_over_where_articles_cannot_answer() {
    let sandbox = Sandbox::new();
    check_escalated(
        &sandbox,
        "What about Bitcoin or another cryptocurrency?",
        "no_evidence",
    );
    check_escalated(
        &sandbox,
        "I want to talk to a human being please",
        "requested",
    );
    check_escalated(
        &sandbox,
        "How do I report a counterfeit watch?",
        "sensitive_topic",
    );
}

#[test]
fn who_gets_no_answer_is_shown_the_articles_that_come_closest() {
    let sandbox = Sandbox::new();
    let answered = sandbox.ask(QUESTION, 0);
    assert_eq!(answered["related"], serde_json::json!([]), "{answered}");

    // Never sure enough to say it, and sure enough to name where it may stand.
    sandbox.write_settings("[answer]\nmin_confidence = 1.0\n");
    let reply = sandbox.ask(QUESTION, 1);
    assert_eq!(reply["reason"], "no_evidence");
    assert_eq!(reply["related"][0], answered["sources"][0]);
    assert_eq!(reply["sources"], serde_json::json!([]));
    let ran = sandbox
        .run(&["ask", QUESTION, "--mode", "extractive"])
        .expect(1);
    let order = [
        "The help center does not answer this question. A colleague can help you.\n\n",
        "These articles come closest:\n- Return an order",
        " (return-an-order)\n",
        "\nTalk to support\n- ",
    ];
    check_order(&ran.out, &order);
    assert!(!ran.out.contains("14 days"), "said after all: {}", ran.out);

    sandbox.write_settings("[answer]\nmin_confidence = 1.0\nrelated_confidence = 1.0\n");
    let ran = sandbox
        .run(&["ask", QUESTION, "--mode", "extractive"])
        .expect(1);
    assert!(!ran.out.contains("closest"), "{}", ran.out);
}

#[test]
fn a_word_several_articles_are_about_is_asked_back() {
    let sandbox = Sandbox::new();
    sandbox.write_article("en/send.md", "# Send a parcel\n\nPack the parcel well.\n");
    sandbox.write_article(
        "en/insure.md",
        "# Insure a parcel\n\nA parcel is insured up to €500.\n",
    );
    let reply = sandbox.ask("parcel", 0);
    assert_eq!(reply["outcome"], "clarify", "{reply}");
    let mut meanings: Vec<(&str, &str)> = reply["clarifications"]
        .as_array()
        .expect("meanings")
        .iter()
        .filter_map(|meaning| Some((meaning["article"].as_str()?, meaning["text"].as_str()?)))
        .collect();
    meanings.sort_unstable();
    assert_eq!(
        meanings,
        [("insure", "Insure a parcel"), ("send", "Send a parcel")]
    );
    assert_eq!(reply["sentences"].as_array().map(Vec::len), Some(0));
    check_reply(&reply, &sandbox.kb());
    // What choosing sends is answered.
    let reply = sandbox.ask("Insure a parcel", 0);
    assert_eq!(reply["outcome"], "answered", "{reply}");
    assert_eq!(reply["sources"][0]["article"], "insure");
    let ran = sandbox
        .run(&["ask", "parcel", "--mode", "extractive"])
        .expect(0);
    assert!(ran.out.contains("- Send a parcel (send)"), "{}", ran.out);
}

#[test]
fn a_language_nobody_answers_in_goes_to_a_person() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run(&["ask", "Hur returnerar jag?", "--language", "sv", "--json"])
        .expect(1);
    assert_eq!(ran.json()["reason"], "unsupported_language");
    check_reply(&ran.json(), &sandbox.kb());
}

#[test]
fn a_writer_words_or_exact_sentences_stand_in() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["ask", QUESTION, "--json"]).expect(0);
    // A random writer says nothing the articles bear out.
    assert_eq!(ran.json()["wording"], "extractive");
    assert!(check_reply(&ran.json(), &sandbox.kb()) > 0);
    assert_eq!(ran.err, "");

    fs_err::write(sandbox.weights(WRITER), "no model").expect("a damaged writer");
    fs_err::remove_dir_all(sandbox.path("source")).expect("no way to pull it again");
    let ran = sandbox.run(&["ask", QUESTION, "--json"]).expect(0);
    assert!(check_reply(&ran.json(), &sandbox.kb()) > 0);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.err.contains(WRITER), "{}", ran.err);
    sandbox
        .run(&["ask", QUESTION, "--mode", "generated"])
        .expect_failure(&[WRITER]);
}

#[test]
fn a_bad_article_is_reported_and_the_others_are_indexed() {
    let sandbox = Sandbox::new();
    sandbox.write_article(
        "en/bad.md",
        "---\nvalid_from: yesterday\n---\n# Bad\n\nText.\n",
    );
    let ran = sandbox.run(&["index"]).expect(0);
    let line = ran
        .out
        .lines()
        .find(|line| line.starts_with("rejected "))
        .expect("a line about it");
    assert!(line.contains("bad.md:2: "), "{line}");
    sandbox.run(&["index", "--strict"]).expect(1);
    sandbox.ask(QUESTION, 0);
}

#[test]
fn search_lists_each_article_once() {
    let sandbox = Sandbox::new();
    let reply = sandbox
        .run(&["search", "return an order", "--limit", "3", "--json"])
        .expect(0)
        .json();
    let hits = reply["hits"].as_array().expect("hits");
    assert_eq!(hits[0]["article"], "return-an-order");
    let mut articles: Vec<&str> = hits
        .iter()
        .filter_map(|hit| hit["article"].as_str())
        .collect();
    articles.sort_unstable();
    articles.dedup();
    assert_eq!(articles.len(), hits.len());
    assert!(hits.len() <= 3);
}

#[test]
fn gates_decide_the_exit_code() {
    let sandbox = Sandbox::new();
    let questions = sandbox.path("questions.jsonl");
    let lines = [
        r#"{"id":"a","question":"How many days do I have to return an order?","relevant":["return-an-order"],"expect":"answered"}"#,
        r#"{"id":"b","question":"What about Bitcoin or another cryptocurrency?","expect":"answered"}"#,
    ];
    fs_err::write(&questions, lines.join("\n")).expect("questions");
    let questions = questions.display().to_string();
    let report = sandbox.path("report.json");
    let run = |gates: &[&str]| {
        let out = report.display().to_string();
        let args = [
            &["eval", "run", "--questions", &questions, "--json", &out][..],
            gates,
        ]
        .concat();
        sandbox.run(&args)
    };
    let ran = run(&["--min-success-at-3", "1", "--min-outcomes", "0.5"]).expect(0);
    assert!(
        ran.out.contains("100.0 %") && ran.out.contains("1/2"),
        "{}",
        ran.out
    );
    let text = fs_err::read_to_string(&report).expect("the report was written");
    let written: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(written["questions"].as_array().expect("questions").len(), 2);

    let ran = run(&["--min-outcomes", "0.6"]).expect(1);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.err.contains("gate missed: outcomes"), "{}", ran.err);
}
