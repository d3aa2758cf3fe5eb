//! How long an index, a search and an answer take.
//!
//! Corpus: the English Arduino help center (`help_centers/arduino_en` under `LOKET_DATA`, some 400 articles)
//! for indexing and searching, its titles as queries; the sample help center and the first judged questions of
//! each language for answers. Timed: a build from nothing, a build after one changed article, searches,
//! extractive answers, and with the default writer the first checked sentence and the whole answer. Not timed:
//! loading models. Also prints resident memory (Linux) before and after the writer is loaded.
//!
//! ```text
//! cargo bench -p benchmarks --bench answers
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use answer::{AnswerConfig, Cancel, Engine, Mode, Question, SearchRequest};
use benchmarks::{data_folder, default_encoder, model_file, quantile, resident_megabytes};
use corpus::Language;
use indexer::{BuildOptions, BuildReport, IndexStore};
use inference::{Catalogue, Encoder, Role, writer::LocalWriter};
use jiff::Timestamp;

const SEARCHES: usize = 400;
const WRITTEN: usize = 18;

fn main() -> Result<(), Box<dyn Error>> {
    let catalogue = Catalogue::shipped();
    let encoder = default_encoder()?;
    let scratch = tempfile::tempdir()?;

    let arduino = data_folder().join("help_centers/arduino_en/md");
    if arduino.is_dir() {
        indexing_and_search(&arduino, scratch.path(), &encoder)?;
    } else {
        println!(
            "`{}` is not there: set LOKET_DATA; indexing is NOT measured",
            arduino.display()
        );
    }
    answers(&catalogue, scratch.path(), &encoder)
}

fn build(
    kb: &Path,
    store: &IndexStore,
    encoder: &dyn Encoder,
) -> Result<BuildReport, Box<dyn Error>> {
    Ok(indexer::build(
        kb,
        store,
        encoder,
        &BuildOptions::default(),
        &mut |_| (),
    )?)
}

fn indexing_and_search(
    articles: &Path,
    scratch: &Path,
    encoder: &Arc<dyn Encoder>,
) -> Result<(), Box<dyn Error>> {
    let kb = scratch.join("arduino");
    copy_folder(articles, &kb)?;
    let store = IndexStore::new(&scratch.join("arduino-data"));
    let report = build(&kb, &store, &**encoder)?;
    println!(
        "index from nothing: {} articles, {} passages, {} tokens in {:.1} s, encoding at {:.0} tokens/s",
        report.n_articles,
        report.n_passages,
        report.n_encoded_tokens,
        report.elapsed.as_secs_f64(),
        report.n_encoded_tokens as f64 / report.encoding.as_secs_f64(),
    );
    let snapshot = Arc::new(store.open()?.snapshot);
    let titles: Vec<String> = snapshot
        .articles()
        .map(|(_, article)| article.title.clone())
        .collect();
    let changed = kb.join(
        snapshot
            .articles()
            .next()
            .map(|(_, a)| a.path.clone())
            .unwrap_or_default(),
    );
    let mut text = fs_err::read_to_string(&changed)?;
    let mut rebuilds = Vec::new();
    for n in 0..5 {
        text = format!("{text}\nOne more sentence, number {n}.\n");
        fs_err::write(&changed, &text)?;
        let report = build(&kb, &store, &**encoder)?;
        rebuilds.push(report.elapsed);
    }
    print_quantiles("reindex after one changed article", &mut rebuilds);

    let engine = Engine::new(snapshot, Arc::clone(encoder), None, AnswerConfig::default())?;
    let mut searches = Vec::new();
    for title in titles.iter().cycle().take(SEARCHES) {
        let started = Instant::now();
        let reply = engine.search(&SearchRequest {
            query: title.clone(),
            language: Some(Language::En),
            languages: None,
            audience: None,
            region: None,
            at: Timestamp::now(),
            limit: 10,
        })?;
        searches.push(started.elapsed());
        assert!(!reply.hits.is_empty(), "`{title}` finds nothing");
    }
    print_quantiles("search", &mut searches);
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            // Read and written, not copied: the folder may be read-only and its copy is edited.
            fs_err::write(&target, fs_err::read(&path)?)?;
        }
    }
    Ok(())
}

fn answers(
    catalogue: &Catalogue,
    scratch: &Path,
    encoder: &Arc<dyn Encoder>,
) -> Result<(), Box<dyn Error>> {
    let kb = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../knowledge_base");
    let store = IndexStore::new(&scratch.join("sample-data"));
    build(&kb, &store, &**encoder)?;
    let snapshot = Arc::new(store.open()?.snapshot);
    let questions = questions(&kb.join("questions.jsonl"))?;
    let config = AnswerConfig::default();

    let engine = Engine::new(
        Arc::clone(&snapshot),
        Arc::clone(encoder),
        None,
        config.clone(),
    )?;
    let mut extractive = Vec::new();
    let mut answered = Vec::new();
    for question in &questions {
        let question = Question {
            mode: Mode::Extractive,
            ..question.clone()
        };
        let started = Instant::now();
        let answer = engine.answer(&question, &Cancel::default(), &mut |_| ());
        extractive.push(started.elapsed());
        if answer.outcome == answer::Outcome::Answered {
            answered.push(question);
        }
    }
    print_quantiles("extractive answer", &mut extractive);
    println!(
        "resident memory without the writer: {} MB",
        resident_megabytes()
    );

    let entry = catalogue
        .default_for(Role::Writer)
        .ok_or("no default writer")?;
    let started = Instant::now();
    let writer = LocalWriter::load(&model_file(entry)?, entry.id.clone())?;
    println!("load the writer: {:.1} s", started.elapsed().as_secs_f64());
    let writer = Arc::new(writer);
    let engine = Engine::new(snapshot, Arc::clone(encoder), Some(writer), config)?;
    let (mut first, mut whole) = (Vec::new(), Vec::new());
    let step = (answered.len() / WRITTEN).max(1);
    for question in answered.iter().step_by(step) {
        let question = Question {
            mode: Mode::Auto,
            ..question.clone()
        };
        let started = Instant::now();
        let answer = engine.answer(&question, &Cancel::default(), &mut |_| ());
        whole.push(started.elapsed());
        first.extend(answer.timings.first_sentence);
    }
    print_quantiles("first checked sentence", &mut first);
    print_quantiles("whole answer", &mut whole);
    println!(
        "resident memory with the writer: {} MB",
        resident_megabytes()
    );
    Ok(())
}

fn questions(file: &Path) -> Result<Vec<Question>, Box<dyn Error>> {
    let mut questions = Vec::new();
    for line in fs_err::read_to_string(file)?.lines() {
        let record: serde_json::Value = serde_json::from_str(line)?;
        let text = record["question"]
            .as_str()
            .ok_or("a line without a question")?;
        questions.push(Question {
            language: record["language"]
                .as_str()
                .and_then(|code| code.parse().ok()),
            ..Question::new(text, Timestamp::now())
        });
    }
    Ok(questions)
}

fn print_quantiles(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let ms = |share| quantile(times, share).as_secs_f64() * 1000.0;
    println!(
        "{name}: p50 {:.0} ms, p95 {:.0} ms, n = {}",
        ms(0.5),
        ms(0.95),
        times.len()
    );
}
