//! Damaged, missing and incomplete files: a clear line or an answer, never a wrong one.

use std::path::{Path, PathBuf};

use acceptance::{
    Sandbox, check_reply,
    sandbox::{ENCODER, WRITER},
};

const QUESTION: &str = "How many days do I have to return an order?";

fn truncate(path: &Path) {
    let bytes = fs_err::read(path).expect("a file to truncate");
    fs_err::write(path, &bytes[..bytes.len() / 2]).expect("a truncated file");
}

/// Flips one bit in the middle of every file of a generation.
fn damage(sandbox: &Sandbox, generation: &str) {
    let dir = sandbox.path("data/index/generations").join(generation);
    for path in files_below(&dir) {
        let mut bytes = fs_err::read(&path).expect("a file of the generation");
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 1;
        }
        // Written beside and renamed, as a mapped file must not change under its reader.
        let beside = path.with_extension("damaged");
        fs_err::write(&beside, bytes)
            .and_then(|()| fs_err::rename(&beside, &path))
            .expect("a damaged file");
    }
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn nothing_is_fetched_offline_and_the_line_says_what_to_do() {
    let sandbox = Sandbox::new();
    fs_err::remove_dir_all(sandbox.path("source")).expect("no files to pull");
    let remedy = format!("run `loket models pull {ENCODER}` without --offline");
    sandbox
        .run(&["ask", QUESTION])
        .expect_failure(&[ENCODER, ".bin", &remedy]);
    sandbox
        .run(&["models", "pull", "--offline"])
        .expect_failure(&[ENCODER, &remedy]);
}

#[test]
fn a_truncated_model_is_found_and_never_loaded() {
    let sandbox = Sandbox::new();
    sandbox.run(&["models", "pull"]).expect(0);
    sandbox.run(&["models", "verify"]).expect(0);
    sandbox.run(&["index"]).expect(0);
    truncate(&sandbox.weights(ENCODER));

    let ran = sandbox.run(&["models", "verify"]).expect(1);
    let wrong: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.starts_with("wrong"))
        .collect();
    assert_eq!(wrong.len(), 1, "{}", ran.out);
    assert!(
        wrong[0].contains(ENCODER) && wrong[0].contains("bytes instead of"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains(&format!("ok {WRITER}")), "{}", ran.out);
    let list = sandbox.run(&["models", "list"]).expect(0).out;
    assert!(
        list.lines()
            .any(|line| line.contains(ENCODER) && line.contains("damaged")),
        "{list}"
    );

    // While a good copy is at hand it replaces the bad one.
    sandbox.ask(QUESTION, 0);
    sandbox.run(&["models", "verify"]).expect(0);

    truncate(&sandbox.weights(ENCODER));
    fs_err::remove_dir_all(sandbox.path("source")).expect("no good copy");
    sandbox
        .run(&["ask", QUESTION])
        .expect_failure(&[ENCODER, "models pull"]);
}

#[test]
fn a_model_of_the_right_size_and_other_bytes_is_found() {
    let sandbox = Sandbox::new();
    sandbox.run(&["models", "pull"]).expect(0);
    let path = sandbox.weights(ENCODER);
    let mut bytes = fs_err::read(&path).expect("the weights");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs_err::write(&path, bytes).expect("a flipped bit");
    let ran = sandbox.run(&["models", "verify", ENCODER]).expect(1);
    assert!(ran.out.contains("SHA-256"), "{}", ran.out);
}

#[test]
fn an_older_generation_stands_in_for_a_damaged_one() {
    let sandbox = Sandbox::new();
    let old = sandbox.ask(QUESTION, 0);
    sandbox.write_article(
        "en/new.md",
        "# New\n\nSomething new has been written here today.\n",
    );
    let new = sandbox.run(&["index", "--json"]).expect(0).json();
    assert_ne!(new["generation"], old["generation"]);
    damage(&sandbox, new["generation"].as_str().expect("a generation"));
    let reply = sandbox.ask(QUESTION, 0);
    assert_eq!(reply["generation"], old["generation"]);
    assert!(check_reply(&reply, &sandbox.kb()) > 0);
    sandbox.run(&["index"]).expect(0);
    assert_ne!(sandbox.ask(QUESTION, 0)["generation"], old["generation"]);
}

#[test]
fn with_no_intact_generation_a_new_one_is_built() {
    let sandbox = Sandbox::new();
    let old = sandbox.ask(QUESTION, 0);
    damage(&sandbox, old["generation"].as_str().expect("a generation"));
    let reply = sandbox.ask(QUESTION, 0);
    assert!(check_reply(&reply, &sandbox.kb()) > 0);
}

#[test]
fn an_index_of_another_encoder_is_built_anew() {
    let sandbox = Sandbox::new();
    let old = sandbox.ask(QUESTION, 0);
    let file = inference::tiny::encoder_file(&sandbox.path("source"), 8).expect("another encoder");
    let entry = acceptance::sandbox::encoder_entry("other-encoder", &file);
    let path = sandbox.path("catalogue.toml");
    let catalogue = fs_err::read_to_string(&path).expect("the catalogue");
    fs_err::write(&path, format!("{catalogue}{entry}")).expect("a longer catalogue");
    sandbox.set("encoder", "other-encoder");
    let new = sandbox.ask(QUESTION, 0);
    assert_ne!(new["generation"], old["generation"]);
    assert_ne!(new["models"]["embedder"], old["models"]["embedder"]);
}

#[test]
fn a_knowledge_base_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    fs_err::remove_dir_all(sandbox.kb()).expect("no articles");
    sandbox
        .run(&["ask", QUESTION])
        .expect_failure(&["building the index", "kb", "--kb"]);
    sandbox
        .run(&["index", "--kb", "/nonexistent"])
        .expect_failure(&["/nonexistent"]);
    sandbox
        .run(&["ask", "  "])
        .expect_failure(&["the question is empty"]);
}
