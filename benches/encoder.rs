//! How fast the encoder reads passages and questions.
//!
//! Timed: tokenizing and encoding batches of passages of about 150 tokens, as the indexer sends them, and one
//! question at a time, as an answer needs it; medians of several runs. Also the time to load the file. Not
//! timed: disk reads beyond the page cache. The texts are made of a fixed list of words. Needs the weights in
//! `LOKET_MODELS_DIR` or `~/.cache/loket/models`, and says so when they are not there.
//!
//! ```text
//! cargo bench -p benchmarks --bench encoder
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::time::{Duration, Instant};

use inference::encoder::{E5, E5Spec, load_packed};
use inference::{Catalogue, Encoder, Role, TextKind};

const BATCH: usize = 32;
const RUNS: usize = 9;
const QUESTION_RUNS: usize = 101;
const WORDS: [&str; 24] = [
    "open",
    "settings",
    "choose",
    "the",
    "account",
    "you",
    "want",
    "to",
    "change",
    "and",
    "save",
    "factuur",
    "wachtwoord",
    "instellen",
    "Rechnung",
    "Einstellungen",
    "abonnement",
    "compte",
    "contraseña",
    "password",
    "reset",
    "administrator",
    "workspace",
    "billing",
];
const QUESTIONS: [&str; 3] = [
    "How do I reset my password?",
    "Kan ik mijn abonnement halverwege de maand opzeggen?",
    "如何更改发票地址？",
];

fn main() {
    let catalogue = Catalogue::shipped();
    let Some(entry) = catalogue.default_for(Role::Encoder) else {
        println!("the catalogue has no default encoder");
        return;
    };
    let path = match benchmarks::model_file(entry) {
        Ok(path) => path,
        Err(missing) => {
            println!("NOT measured: {missing}");
            return;
        }
    };
    let spec = E5Spec {
        query_prefix: entry.query_prefix.clone(),
        passage_prefix: entry.passage_prefix.clone(),
        max_tokens: entry.max_tokens,
    };
    let load = || load_packed(&path, entry.id.clone(), &spec).expect("the weights load");
    let encoder = load();
    let loading = median(3, || drop(load()));
    println!("load                      {:8.1} ms", ms(loading));
    passages(&encoder);
    for question in QUESTIONS {
        let tokens = encoder
            .count_tokens(question, TextKind::Query)
            .expect("a question is text");
        let time = median(QUESTION_RUNS, || {
            encode(&encoder, &[question], TextKind::Query);
        });
        println!("question of {tokens:3} tokens    {:8.2} ms", ms(time));
    }
}

fn passages(encoder: &E5) {
    let texts: Vec<String> = (0..BATCH).map(passage).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let tokens: usize = texts
        .iter()
        .map(|text| {
            encoder
                .count_tokens(text, TextKind::Passage)
                .expect("a passage is text")
        })
        .sum();
    for (name, texts, tokens) in [
        ("batch of passages", &texts[..], tokens),
        ("passages one by one", &texts[..1], tokens / BATCH),
    ] {
        let time = median(RUNS, || encode(encoder, texts, TextKind::Passage));
        println!(
            "{name:20} {:5.0} tokens each, {:6.0} tokens/s",
            tokens as f64 / texts.len() as f64,
            tokens as f64 / time.as_secs_f64()
        );
    }
}

/// About 150 tokens, another order of words for every number.
fn passage(number: usize) -> String {
    let words: Vec<&str> = (0..90)
        .map(|at| WORDS[(at * 7 + number * 5 + at * at / 3) % WORDS.len()])
        .collect();
    words.join(" ")
}

fn encode(encoder: &E5, texts: &[&str], kind: TextKind) {
    let vectors = encoder.encode(texts, kind).expect("encoding works");
    assert_eq!(vectors.len(), texts.len());
}

fn median(runs: usize, mut work: impl FnMut()) -> Duration {
    work();
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[runs / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
