use jiff::Timestamp;

use super::*;
use crate::{
    EscalationReason,
    outcome::{Citation, Outcome, Sentence},
    question::{Speaker, Turn},
};

fn question(text: &str) -> Question {
    Question::new(text, Timestamp::UNIX_EPOCH)
}

fn answer(text: &str) -> Answer {
    let mut answer = Answer::escalated(EscalationReason::NoEvidence, Language::En);
    answer.outcome = Outcome::Answered;
    answer.sentences = vec![Sentence {
        text: text.to_owned(),
        starts_line: false,
        support: 1.0,
        translated: false,
        citations: Vec::<Citation>::new(),
    }];
    answer
}

fn memory(entries: usize) -> Memory {
    Memory::new(MemoryConfig {
        entries: NonZeroUsize::new(entries).expect("more than none"),
        ..MemoryConfig::default()
    })
}

#[test]
fn the_same_question_is_recalled_and_another_is_not() {
    let memory = memory(10);
    memory.keep(&question("Where is it?"), &[1.0, 0.0], &answer("Here."));
    let text = |question: &Question| memory.recall(question).map(|answer| answer.text());
    assert_eq!(text(&question("where is it")), Some("Here.".to_owned()));
    assert_eq!(text(&question("where was it")), None);
    let changes: [fn(&mut Question); 5] = [
        |question| question.language = Some(Language::En),
        |question| question.audience = Some("seller".to_owned()),
        |question| question.region = Some("NL".to_owned()),
        |question| question.mode = Mode::Extractive,
        |question| question.at = "1970-01-02T00:00:00Z".parse().expect("an instant"),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut other = question("where is it");
        change(&mut other);
        assert_eq!(text(&other), None, "{n}");
    }
}

#[test]
fn nothing_personal_is_kept_or_recalled() {
    let changes: [fn(&mut Question); 2] = [
        |question| question.personal = true,
        |question| {
            question.conversation.push(Turn {
                speaker: Speaker::Customer,
                text: "Hello".to_owned(),
            });
        },
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let memory = memory(10);
        let mut personal = question("Where is it?");
        change(&mut personal);
        memory.keep(&personal, &[1.0, 0.0], &answer("Here."));
        assert!(memory.is_empty(), "{n}");
        memory.keep(&question("Where is it?"), &[1.0, 0.0], &answer("Here."));
        assert!(memory.recall(&personal).is_none(), "{n}");
        assert!(memory.recall_near(&personal, &[1.0, 0.0]).is_none(), "{n}");
    }
}

#[test]
fn near_questions_need_near_vectors_and_near_words() {
    let memory = memory(10);
    memory.keep(&question("cancel my listing"), &[1.0, 0.0], &answer("So."));
    let is_near =
        |text: &str, vector: [f32; 2]| memory.recall_near(&question(text), &vector).is_some();
    assert!(is_near("cancel my listng", [0.999, 0.04]));
    assert!(!is_near("cancel my listng", [0.8, 0.6]));
    assert!(!is_near("cancel our listing", [1.0, 0.0]));
}

#[test]
fn what_was_not_asked_for_longest_goes_first() {
    let memory = memory(2);
    for text in ["first one", "second one"] {
        memory.keep(&question(text), &[1.0], &answer(text));
    }
    assert!(memory.recall(&question("first one")).is_some());
    memory.keep(&question("third one"), &[1.0], &answer("third"));
    let known = ["first one", "second one", "third one"]
        .map(|text| memory.recall(&question(text)).is_some());
    assert_eq!(known, [true, false, true]);

    let small = Memory::new(MemoryConfig {
        max_bytes: 3_000,
        ..MemoryConfig::default()
    });
    let long = "a word or two ".repeat(70);
    for n in 0..50 {
        small.keep(
            &question(&format!("question {n}")),
            &[1.0; 64],
            &answer(&long),
        );
    }
    assert_eq!(small.len(), 1);
    small.keep(&question("too long"), &[1.0; 64], &answer(&long.repeat(9)));
    assert!(small.recall(&question("too long")).is_none());
}

#[test]
fn a_memory_that_is_off_keeps_nothing() {
    let memory = Memory::new(MemoryConfig {
        enabled: false,
        ..MemoryConfig::default()
    });
    memory.keep(&question("where"), &[1.0], &answer("Here."));
    assert!(memory.is_empty());
}
