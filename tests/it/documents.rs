//! The documents hold: what they tell users to type is understood, what they link to is there, what they name exists.

mod commands;
mod read;

use std::collections::BTreeSet;

use acceptance::{Sandbox, repository};
use cli::config;
use eval::{LanguageRow, QuestionSet, QuestionSetError};
use lint::Rule;

use self::read::{Document, documents};

/// Keys of an article's front matter that mean something.
const FRONT_MATTER: [&str; 12] = [
    "id",
    "language",
    "title",
    "url",
    "translation_of",
    "audience",
    "regions",
    "valid_from",
    "valid_until",
    "topics",
    "sensitivity",
    "updated",
];

/// Ends of names that are files and not keys of settings.
const FILES: [&str; 8] = ["html", "json", "jsonl", "toml", "md", "sarif", "js", "csv"];

/// Stops with every fault at once: who repairs a document wants to see all of them.
#[track_caller]
fn all_hold(faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

fn document(path: &str) -> Document {
    let mut all = documents().into_iter();
    all.find(|document| document.path == path)
        .expect("the document is there")
}

#[test]
fn every_command_line_is_understood() {
    let mut n = 0;
    let mut faults = Vec::new();
    for document in documents() {
        for line in document.command_lines() {
            n += 1;
            if let Err(problem) = commands::parse(&line) {
                faults.push(format!("{}: `{line}`: {problem}", document.path));
            }
        }
        for span in document
            .spans
            .iter()
            .filter(|span| span.starts_with("loket "))
        {
            n += 1;
            if let Err(problem) = commands::is_known(span) {
                faults.push(format!("{}: `{span}`: {problem}", document.path));
            }
        }
    }
    all_hold(&faults);
    assert!(
        n > 60,
        "only {n} commands were found: the documents are not read as they should be"
    );
}

#[test]
fn commands_that_do_not_exist_are_noticed() {
    assert!(commands::parse("loket index --rollbakc").is_err());
    assert!(
        commands::parse("loket eval import csv 'my table.csv' --questions out.jsonl  # a remark")
            .is_ok()
    );
    assert!(commands::is_known("loket models list|pul").is_err());
    assert!(commands::is_known("loket models list|pull --offline").is_ok());
    assert!(commands::is_known("loket eval run --reusme").is_err());
    assert!(commands::is_known("loket evil run").is_err());
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let root = repository();
    let mut n = 0;
    let mut faults = Vec::new();
    for document in documents() {
        let folder = root.join(&document.path);
        let folder = folder.parent().expect("a document lies in a folder");
        for link in &document.links {
            n += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                root.join(&document.path)
            } else {
                folder.join(path)
            };
            let fault = |what: &str| format!("{}: `{link}`: {what}", document.path);
            if !target.exists() {
                faults.push(fault("there is no such file"));
            } else if !anchor.is_empty() && !Document::read(&target).anchors.contains(anchor) {
                faults.push(fault("there is no such heading"));
            }
        }
        // The house names documents in code spans too.
        let named = document
            .spans
            .iter()
            .filter(|span| read::is_document_name(span));
        for name in named {
            n += 1;
            if !root.join(name).exists() {
                faults.push(format!(
                    "{}: `{name}`: there is no such file",
                    document.path
                ));
            }
        }
    }
    all_hold(&faults);
    assert!(
        n > 20,
        "only {n} links were found: the documents are not read as they should be"
    );
}

#[test]
fn every_setting_that_is_named_is_one() {
    let sandbox = Sandbox::new();
    let file = sandbox.path("named.toml");
    let load = |text: &str| {
        fs_err::write(&file, text).expect("the settings");
        let loaded = config::load(Some(&file), []);
        loaded.map(drop).map_err(|error| error.to_string())
    };
    let defaults = loket_settings();
    let mut n = 0;
    let mut faults = Vec::new();
    for document in documents() {
        for text in document.settings() {
            n += 1;
            let is_of_floors =
                read::section_of(&text).is_some_and(|name| name == "all" || name.len() == 2);
            let result = if is_of_floors {
                floors(&sandbox, &text)
            } else {
                load(&text)
            };
            if let Err(problem) = result {
                faults.push(format!("{}:\n{text}{problem}", document.path));
            }
        }
        for span in &document.spans {
            let (key, value) = span.split_once(" = ").unwrap_or((span, ""));
            if !is_key(key, &defaults) {
                continue;
            }
            n += 1;
            let (table, key) = key.rsplit_once('.').expect("a key has a section");
            // What kind of value a key takes is not known here; that it is a key is.
            let given = if value.is_empty() { "{}" } else { value };
            match load(&format!("[{table}]\n{key} = {given}\n")) {
                Err(problem) if !value.is_empty() || problem.contains("unknown key") => {
                    faults.push(format!("{}: `{span}`: {problem}", document.path));
                }
                _ => {}
            }
        }
    }
    all_hold(&faults);
    assert!(
        n > 20,
        "only {n} settings were found: the documents are not read as they should be"
    );
    let unknown = load("[check]\nsection_wrods = {}\n").expect_err("a misspelt key");
    assert!(unknown.contains("unknown key"), "{unknown}");
}

/// Names of the sections of the settings.
fn loket_settings() -> BTreeSet<String> {
    let defaults = toml::Table::try_from(cli::Config::default()).expect("settings are a table");
    defaults.into_iter().map(|(name, _)| name).collect()
}

/// Whether a code span names a key of the settings: `section.key`.
fn is_key(span: &str, sections: &BTreeSet<String>) -> bool {
    let parts: Vec<&str> = span.split('.').collect();
    let is_name = |part: &&str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return false;
    };
    parts.len() > 1
        && parts.iter().all(is_name)
        && sections.contains(*first)
        && !FILES.contains(last)
}

/// Whether `text` is a file of floors: that is read before anything is asked.
fn floors(sandbox: &Sandbox, text: &str) -> Result<(), String> {
    let file = sandbox.path("floors.toml");
    fs_err::write(&file, text).expect("the floors");
    let file = file.display().to_string();
    let ran = sandbox
        .run(&[
            "eval",
            "run",
            "--questions",
            "nowhere.jsonl",
            "--floors",
            &file,
        ])
        .expect(2);
    if ran.err.contains("nowhere.jsonl") {
        Ok(())
    } else {
        Err(ran.err)
    }
}

#[test]
fn editors_read_of_every_rule_and_every_key() {
    let text = document("docs/editors.md").spans;
    let rules = Rule::ALL.map(Rule::name).into_iter();
    let missing = rules
        .chain(FRONT_MATTER)
        .filter(|name| !text.iter().any(|span| span == name));
    all_hold(
        &missing
            .map(|name| format!("docs/editors.md says nothing of `{name}`"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn evaluators_read_of_every_field_and_every_figure() {
    let document = document("docs/evaluation.md");
    let fields = fields_of_a_question();
    assert!(fields.iter().any(|field| field == "relevant"), "{fields:?}");
    let figures = LanguageRow::FIGURES.map(str::to_owned).into_iter();
    let missing = fields
        .into_iter()
        .chain(figures)
        .filter(|name| !document.spans.contains(name));
    let mut faults: Vec<String> = missing
        .map(|name| format!("docs/evaluation.md says nothing of `{name}`"))
        .collect();
    let mut n = 0;
    for text in document.question_files() {
        n += 1;
        if let Err(error) = QuestionSet::read(&text) {
            faults.push(format!("docs/evaluation.md:\n{text}{error}"));
        }
    }
    all_hold(&faults);
    assert!(n > 0, "no example of a question file was found");
}

/// The fields of a question, as who misspells one is told them.
fn fields_of_a_question() -> Vec<String> {
    let refused = QuestionSet::read("{\"id\":\"a\",\"question\":\"q\",\"0\":1}");
    let Err(QuestionSetError::Faults(faults)) = refused else {
        panic!("a field of no name was taken: {refused:?}");
    };
    let remedy = &faults.faults.first().expect("one fault").remedy;
    let names = remedy
        .strip_prefix("the fields are ")
        .expect("the names of the fields");
    names.split(", ").map(str::to_owned).collect()
}
