//! The real writer on a grounded question. Needs feature `models` and the weights.
#![cfg(feature = "models")]

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use inference::writer::{CancelFlag, Finish, Message, Role, WriteRequest, Writer, Written};

const ID: &str = "qwen2.5-coder-1.5b-instruct";
const FILE: &str = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf";
const SYSTEM: &str = "Answer the question with the help article only, in one sentence, in the language of \
    the question.\n\nNa een aankoop heb je 17 dagen om te annuleren en krijg je het volledige bedrag terug. \
    Een terugbetaling duurt 5 werkdagen bij kaarten en 2 werkdagen bij iDEAL. Je houdt toegang tot het einde \
    van de betaalde periode.";

/// One for all tests: it takes a gigabyte.
static WRITER: LazyLock<Mutex<Writer>> = LazyLock::new(|| {
    let models = std::env::var_os("LOKET_MODELS_DIR").map_or_else(
        || {
            std::env::home_dir()
                .expect("a home directory")
                .join(".cache/loket/models")
        },
        PathBuf::from,
    );
    let path = models.join(ID).join(FILE);
    assert!(
        path.is_file(),
        "pull model `{ID}` first, there is no `{}`",
        path.display()
    );
    Mutex::new(Writer::load(&path, ID.to_owned()).expect("the writer loads"))
});

fn messages(question: &str) -> Vec<Message> {
    vec![
        Message::new(Role::System, SYSTEM),
        Message::new(Role::User, question),
    ]
}

fn write(question: &str, drafting: bool) -> Written {
    let mut request = WriteRequest::new(messages(question), 60);
    request.drafting = drafting;
    let mut writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    let written = writer.generate(&request, &CancelFlag::new(), &mut |_| {
        ControlFlow::Continue(())
    });
    written.expect("a text")
}

/// The answer to `question` ends by itself and holds `number`, drafted or not.
#[track_caller]
fn check(question: &str, number: &str) {
    let written = write(question, true);
    assert_eq!(written.finish, Finish::EndOfText, "{}", written.text);
    assert!(written.text.contains(number), "{}", written.text);
    assert_eq!(write(question, false).text, written.text);
}

#[test]
fn answers_hold_the_number_of_the_evidence() {
    check("Hoeveel dagen heb ik om te annuleren?", "17");
    check("Hoe lang duurt een terugbetaling met iDEAL?", "2");
}

#[test]
fn a_second_question_reads_only_itself() {
    write("Hoeveel dagen heb ik om te annuleren?", true);
    let second = write("Wanneer verlies ik toegang?", true);
    assert!(
        second.n_cached_tokens > second.n_prompt_tokens / 2,
        "{second:?}"
    );
}

#[test]
fn the_likelier_choice_is_the_right_one() {
    let question = "Is 17 groter dan 5? Antwoord met Ja of Nee.";
    let mut writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    let chances = writer.choose(&messages(question), &["Ja", "Nee"], &CancelFlag::new());
    let chances = chances.expect("chances");
    assert!(chances[0] > chances[1], "{chances:?}");
}
