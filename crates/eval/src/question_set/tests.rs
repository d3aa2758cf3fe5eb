use super::*;

#[track_caller]
fn refused(text: &str) -> Vec<String> {
    match QuestionSet::read(text).expect_err("a wrong file") {
        QuestionSetError::Faults(faults) => faults.faults.iter().map(ToString::to_string).collect(),
        QuestionSetError::Empty => panic!("not empty"),
    }
}

#[track_caller]
fn check(line: &str, expected: &str) {
    let text = format!("{{\"id\":\"first\",\"question\":\"q\"}}\n\n{line}\n");
    assert_eq!(refused(&text), [expected]);
}

#[test]
fn a_wrong_line_says_what_stands_there_and_what_should() {
    check(
        r#"{"id":"b","question":"q","anwsers":[]}"#,
        "line 3: there is no field `anwsers`; did you mean `answers`?",
    );
    check(
        r#"{"id":"b","question":"q","relevant":"fees"}"#,
        "line 3: `relevant` is \"fees\"; it must be a list of article ids, each with or without `#anchor`; empty when \
         no article answers it",
    );
    check(
        r#"{"id":"b","question":"q","language":"klingon"}"#,
        "line 3: `language` is \"klingon\"; it must be one of en, nl, de, fr, es, it, pt, pl, zh",
    );
    check(
        r#"{"id":"b","question":"q","expect":"refused"}"#,
        "line 3: `expect` is \"refused\"; it must be one of \"answered\", \"clarify\", \"escalated\"",
    );
    check(
        r#"{"id":"b","question":"q","at":"yesterday"}"#,
        "line 3: `at` is \"yesterday\"; it must be an instant with its offset, such as \"2026-11-22T10:00:00+01:00\"",
    );
    check(
        r#"{"id":"b","question":" "}"#,
        "line 3: `question` is \" \"; it must be a text that is not empty",
    );
    check(
        r#"{"id":"b"}"#,
        "line 3: no `question`; every question has an `id` and a `question`",
    );
    check(
        r#"{"id":"first","question":"q"}"#,
        "line 3: the id `first` stands on line 1 already; give every question an id of its own",
    );
    check(
        r#"{"id":"b","question":"q""#,
        "line 3: no JSON object: EOF while parsing an object at column 24; write one JSON object on every line",
    );
}

#[test]
fn all_faults_are_told_at_once_up_to_a_limit() {
    let wrong = r#"{"id":1,"question":"q","lang":"nl"}"#;
    assert_eq!(refused(wrong).len(), 2);
    let many = format!("{wrong}\n").repeat(15);
    match QuestionSet::read(&many) {
        Err(QuestionSetError::Faults(faults)) => {
            assert_eq!((faults.faults.len(), faults.n_more), (Faults::MOST, 10));
            assert!(faults.to_string().ends_with("\nand 10 more"), "{faults}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_without_a_question_is_refused() {
    assert_eq!(QuestionSet::read("\n \n"), Err(QuestionSetError::Empty));
}

#[test]
fn judgments_of_sections_are_told_from_those_of_articles() {
    let line = r#"{"id":"a","question":"q","relevant":["fees#vat","payout"],"expect":null}"#;
    let set = QuestionSet::read(line).expect("fine");
    let question = &set.questions()[0];
    assert_eq!(
        question.relevant_articles().collect::<Vec<_>>(),
        ["fees", "payout"]
    );
    assert!(question.names_sections() && question.is_relevant("fees"));
    assert!(question.is_relevant_section("fees", "vat"));
    assert!(!question.is_relevant_section("fees", "costs"));
    assert!(question.is_relevant_section("payout", "anything"));
    assert!(!question.is_relevant_section("other", "vat"));
}

#[test]
fn the_hash_tells_judgments_and_not_their_layout() {
    let hash = |text: &str| QuestionSet::read(text).expect("fine").hash();
    let (a, b) = (
        r#"{"id":"a","question":"q"}"#,
        r#"{"id":"b","question":"r","relevant":["x"]}"#,
    );
    let one = hash(&format!("{a}\n{b}\n"));
    assert_eq!(one, hash(&format!("{b}\n\n {a}")));
    assert_ne!(one, hash(&format!("{a}\n{}", b.replace('x', "y"))));
    assert_eq!(one.len(), 16);
}

#[test]
fn a_subject_is_told_to_the_engine() {
    let line = r#"{"id":"a","question":"q","subject":{"kind":"order","id":"o-1","facts":{"status":"delivered"}}}"#;
    let set = QuestionSet::read(line).expect("fine");
    let question = set.questions()[0].to_question(Timestamp::UNIX_EPOCH, answer::Mode::Extractive);
    assert!(question.personal && question.subject.is_some());
}
