//! The help center that ships, asked with the models that ship. Needs the real files; fetches nothing.

use std::{
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};

use acceptance::{Ran, check_reply, loket, repository};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) fn models_dir() -> PathBuf {
    let set = std::env::var_os("LOKET_MODELS_DIR")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from);
    let dir = set.or_else(|| Some(std::env::home_dir()?.join(".cache/loket/models")));
    let dir = dir.expect("LOKET_MODELS_DIR is set");
    assert!(
        dir.is_dir(),
        "there are no models in `{}`; run `loket models pull`",
        dir.display()
    );
    dir
}

fn kb() -> PathBuf {
    repository().join("knowledge_base")
}

/// Time for the writer: what it says is tested here, not how fast it is on a busy machine.
const PATIENCE_MS: u64 = 120_000;

/// Held by whoever uses every core for long.
pub(crate) static MACHINE: Mutex<()> = Mutex::new(());

/// One index for all tests of this file; building it takes a while.
pub(crate) fn settings() -> &'static str {
    static BUILT: OnceLock<(TempDir, String)> = OnceLock::new();
    let (_, settings) = BUILT.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("loket.toml");
        let text = format!(
            "[models]\ndir = {:?}\noffline = true\n[index]\nkb = {:?}\ndata_dir = {:?}\n\
             [answer]\nwriter_deadline_ms = {PATIENCE_MS}\n",
            models_dir().display().to_string(),
            kb().display().to_string(),
            dir.path().join("data").display().to_string(),
        );
        fs_err::write(&path, text).expect("settings");
        let path = path.display().to_string();
        let report = loket(&["index", "--strict", "--json", "--config", &path])
            .expect(0)
            .json();
        assert_eq!(
            report["languages"].as_object().expect("languages").len(),
            9,
            "{report}"
        );
        (dir, path)
    });
    settings
}

fn ask(question: &str, mode: &str) -> Ran {
    loket(&[
        "ask",
        question,
        "--mode",
        mode,
        "--json",
        "--config",
        settings(),
    ])
}

#[track_caller]
fn check_contact_question(language: &str, question: &str, mode: &str) -> Value {
    let reply = ask(question, mode).expect(0).json();
    assert_eq!(reply["outcome"], "answered", "{question}");
    assert_eq!(reply["language"], language, "{question}");
    assert!(check_reply(&reply, &kb()) > 0, "{question}");
    assert_eq!(
        reply["sources"][0]["article"], "contact-support",
        "{question}"
    );
    let n_options = reply["contact"]["options"].as_array().map_or(0, Vec::len);
    assert_eq!(n_options, 3, "{question}");
    reply
}

#[test]
fn everyone_learns_how_to_reach_support_in_their_language() {
    let check = |language, question| {
        check_contact_question(language, question, "extractive");
    };
    check("nl", "Hoe neem ik contact op met de klantenservice?");
    check("en", "How do I contact customer support?");
    check("de", "Wie kann ich den Kundenservice erreichen?");
    check("fr", "Comment contacter le service client ?");
    check(
        "es",
        "¿Cómo puedo contactar con el servicio de atención al cliente?",
    );
    check("it", "Come posso contattare l’assistenza clienti?");
    check("pt", "Como posso contactar o apoio ao cliente?");
    check("pl", "Jak skontaktować się z obsługą klienta?");
    check("zh", "怎么联系客服？");
}

#[test]
fn the_writer_answers_from_the_articles() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let question = "Hoe neem ik contact op met de klantenservice?";
    let reply = check_contact_question("nl", question, "auto");
    assert!(
        reply["models"]["embedder"]
            .as_str()
            .is_some_and(|id| id.contains('@')),
        "{reply}"
    );
    let generated = ask(question, "generated").expect(0).json();
    assert_eq!(generated["wording"], "generated");
    assert_eq!(generated["language"], "nl");
    assert!(check_reply(&generated, &kb()) > 0);
}

#[test]
fn what_no_article_answers_goes_to_a_person() {
    let reply = ask("Can I pay with Bitcoin?", "extractive")
        .expect(1)
        .json();
    assert_eq!(reply["outcome"], "escalated");
    assert_eq!(reply["reason"], "no_evidence");
    assert_eq!(reply["sentences"].as_array().map(Vec::len), Some(0));
    check_reply(&reply, &kb());
}
