//! What was read once is not read again, and that changes no text.

use super::{FAMILIES, assert_same, request, write, writer};
use crate::writer::{CancelFlag, GgufWriter, Message, Role, WriteError, WriteRequest};

/// A prompt in one of several languages: its instructions, some evidence and a question.
fn grounded(language: &str, evidence: &str, question: &str) -> WriteRequest {
    let instructions =
        format!("Answer in {language}, in two to four sentences, with the text only.");
    let messages = vec![
        Message::new(Role::System, instructions),
        Message::new(Role::User, format!("{evidence}\n{question}")),
    ];
    WriteRequest::new(messages, 12)
}

/// Writes the answer to `request`, which must be that of a writer that never read anything; gives the number
/// of tokens that were not read.
#[track_caller]
fn check(writer: &mut GgufWriter, family: &str, request: &WriteRequest) -> usize {
    let written = write(writer, request);
    let cold = write(&mut super::writer(family), request);
    assert_eq!(cold.n_cached_tokens, 0);
    assert_same(&written.text, &cold.text);
    written.n_cached_tokens
}

#[test]
fn the_instructions_of_every_language_are_read_once() {
    let (first, second) = ("the weather in den Haag", "an order is in the den");
    for family in FAMILIES {
        let mut writer = writer(family);
        let mut n_fixed = Vec::new();
        for language in ["Dutch", "English", "Polish"] {
            let request = grounded(language, first, "one?");
            let prompt = writer.prompt_tokens(&request.messages).expect("a prompt");
            assert!(prompt.n_fixed > 20, "{prompt:?}");
            n_fixed.push(prompt.n_fixed);
            let n_cached = check(&mut writer, family, &request);
            assert!(n_cached < prompt.n_fixed);
        }
        for (language, n_fixed) in ["Dutch", "English", "Polish"].into_iter().zip(n_fixed) {
            // Another order of the evidence, after other languages: the instructions are still there.
            let n_cached = check(&mut writer, family, &grounded(language, second, "two?"));
            assert!(n_cached >= n_fixed, "{language}: {n_cached} of {n_fixed}");
        }
        // And so is evidence read before, whatever came in between.
        let again = grounded("Dutch", first, "three?");
        let prompt = writer.prompt_tokens(&again.messages).expect("a prompt");
        let n_cached = check(&mut writer, family, &again);
        assert!(
            n_cached > prompt.n_fixed + 10,
            "{n_cached} of {}",
            prompt.ids.len()
        );
    }
}

#[test]
fn warming_up_reads_the_instructions_once() {
    let mut writer = writer("qwen2");
    let request = grounded("Dutch", "the weather", "one?");
    let cancel = CancelFlag::new();
    let n_fixed = writer
        .prompt_tokens(&request.messages)
        .expect("a prompt")
        .n_fixed;
    let read = |writer: &mut GgufWriter, messages: &[Message]| {
        writer.warm_up(messages, &cancel).expect("tokens")
    };
    assert_eq!(read(&mut writer, &request.messages), n_fixed);
    assert_eq!(read(&mut writer, &request.messages), 0);
    assert_eq!(read(&mut writer, &request.messages[1..]), 0);
    assert_eq!(check(&mut writer, "qwen2", &request), n_fixed);
    cancel.cancel();
    let other = grounded("Polish", "the weather", "one?");
    let cancelled = writer.warm_up(&other.messages, &cancel);
    assert!(matches!(cancelled, Err(WriteError::Cancelled)));
}

#[test]
fn a_reused_beginning_changes_nothing() {
    let mut used = writer("qwen2");
    let long = "the day ".repeat(20);
    for text in ["one", "one and two", &long, "one"] {
        check(&mut used, "qwen2", &request(text, 24));
    }
    let reused = write(&mut used, &request("one more", 1));
    assert!(reused.n_cached_tokens > 10, "{reused:?}");
    assert!(
        reused.n_cached_tokens < reused.n_prompt_tokens,
        "{reused:?}"
    );
}
