//! Search in PostgreSQL beside the embedded engine, over one synthetic help center.
//!
//! Texts are words drawn with Zipf's law. Vectors are real ones, of the passages of an index, each moved by a vector of a
//! fifth of its length in a random direction: so neighbours are as near as they are among real texts, and there are as many
//! as are wanted. There are no vectors of tokens. Prints how long it took to publish, search p50 and p95 of both engines, and
//! which share of the 50 nearest passages HNSW finds.
//!
//! `LOKET_BENCH_INDEXES` names a data folder whose vectors are taken, `LOKET_BENCH_PASSAGES` the number of passages (100,000),
//! `LOKET_BENCH_HNSW_FROM` from how many on there is an HNSW index (50,000).
//!
//! ```text
//! LOKET_BENCH_INDEXES=.loket bash tests/postgres/run cargo bench -p benchmarks --bench postgres
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::{error::Error, fmt::Write as _, ops::Range, path::PathBuf, sync::Arc, time::Instant};

use answer::{AnswerConfig, Engine, SearchRequest};
use benchmarks::{
    quantile,
    synthetic::{SECTIONS, SplitMix, word_ranges, write_articles},
};
use corpus::Language;
use indexer::{
    BuildOptions, Hit, IndexStore, PassageOrdinal, Postgres, PostgresOptions, Snapshot, Visibility,
};
use inference::{Embeddings, EncodeError, Encoder, TextKind};
use jiff::Timestamp;

const PASSAGES: usize = 100_000;
const SEARCHES: usize = 200;
/// Nearest passages that should be found.
const NEAREST: usize = 50;
/// Length of what a vector is moved by.
const MOVED: f32 = 0.2;

fn main() -> Result<(), Box<dyn Error>> {
    let number = |name: &str, usual: usize| -> Result<usize, Box<dyn Error>> {
        Ok(std::env::var(name).map_or(Ok(usual), |value| value.parse())?)
    };
    let n_passages = number("LOKET_BENCH_PASSAGES", PASSAGES)?;
    let usual = PostgresOptions::default();
    let options = PostgresOptions {
        hnsw_from: number("LOKET_BENCH_HNSW_FROM", usual.hnsw_from)?,
        ..usual
    };
    let folder = std::env::var_os("LOKET_BENCH_INDEXES")
        .ok_or("set LOKET_BENCH_INDEXES to a data folder with an index, whose vectors are taken")?;
    let real = IndexStore::new(&PathBuf::from(folder)).open()?.snapshot;
    let encoder: Arc<dyn Encoder> = Arc::new(Moved::of(&real)?);
    drop(real);

    let scratch = tempfile::tempdir()?;
    let kb = scratch.path().join("kb");
    write_articles(&kb, n_passages / SECTIONS)?;
    let store = IndexStore::new(&scratch.path().join("data"));
    indexer::build(
        &kb,
        &store,
        &*encoder,
        &BuildOptions::default(),
        &mut |_| (),
    )?;
    let postgres = Postgres::new(&database::scratch::config(), options)?;
    let shared = store.clone().in_database(postgres);
    let started = Instant::now();
    shared.share()?;
    println!(
        "{n_passages} passages, published in {:.0} s",
        started.elapsed().as_secs_f64()
    );
    let engine = |snapshot| {
        let (encoder, config) = (Arc::clone(&encoder), AnswerConfig::default());
        Engine::new(Arc::new(snapshot), encoder, None, config)
    };
    let (here, there) = (
        engine(store.open()?.snapshot)?,
        engine(shared.open()?.snapshot)?,
    );

    let mut random = SplitMix(7);
    let questions = (0..SEARCHES).map(|_| {
        let mut query = String::new();
        for _ in 0..6 {
            let _ = write!(query, "{} ", random.word());
        }
        query
    });
    let questions: Vec<String> = questions.collect();
    for (name, engine) in [("embedded", &here), ("PostgreSQL", &there)] {
        let mut times = Vec::new();
        for question in &questions {
            let started = Instant::now();
            engine.search(&SearchRequest {
                query: question.clone(),
                language: Some(Language::En),
                languages: None,
                audience: None,
                region: None,
                at: Timestamp::now(),
                limit: 10,
            })?;
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let ms = |share| quantile(&times, share).as_secs_f64() * 1_000.0;
        println!(
            "{name}: search p50 {:.1} ms, p95 {:.1} ms, n = {SEARCHES}",
            ms(0.5),
            ms(0.95)
        );
    }
    let mut found = 0;
    let mut times = Vec::new();
    for question in &questions {
        let vector = encoder.encode(&[question], TextKind::Query)?;
        let near = nearest(here.snapshot(), vector.row(0))?;
        let started = Instant::now();
        let hits = nearest(there.snapshot(), vector.row(0))?;
        times.push(started.elapsed());
        let passages =
            |hits: &[Hit]| -> Vec<PassageOrdinal> { hits.iter().map(|hit| hit.passage).collect() };
        let (near, hits) = (passages(&near), passages(&hits));
        found += near.iter().filter(|passage| hits.contains(passage)).count();
    }
    times.sort_unstable();
    println!(
        "recall@{NEAREST} against exact {:.4}; nearest in PostgreSQL alone p95 {:.1} ms",
        found as f64 / (SEARCHES * NEAREST) as f64,
        quantile(&times, 0.95).as_secs_f64() * 1_000.0
    );
    Ok(())
}

fn nearest(snapshot: &Snapshot, vector: &[f32]) -> Result<Vec<Hit>, Box<dyn Error>> {
    let selection = snapshot.select(&Visibility {
        audience: None,
        region: None,
        day: jiff::civil::date(2026, 6, 1),
        languages: None,
    });
    let aim = snapshot.aim("", vector, None, Language::En);
    Ok(snapshot.dense(&aim, &selection, NEAREST)?)
}

/// An encoder whose vectors are real ones, moved.
struct Moved {
    pool: Vec<Vec<f32>>,
}

impl Moved {
    fn of(snapshot: &Snapshot) -> Result<Self, Box<dyn Error>> {
        let mut pool = Vec::new();
        for (article, _) in snapshot.articles() {
            for passage in snapshot.passages_of(article) {
                pool.push(snapshot.vector(passage)?);
            }
        }
        Ok(Self { pool })
    }
}

impl Encoder for Moved {
    fn id(&self) -> &'static str {
        "moved@0"
    }

    fn dimensions(&self) -> usize {
        self.pool.first().map_or(0, Vec::len)
    }

    fn max_tokens(&self) -> usize {
        512
    }

    fn encode(&self, texts: &[&str], _kind: TextKind) -> Result<Embeddings, EncodeError> {
        let dimensions = self.dimensions();
        let mut values = Vec::with_capacity(texts.len() * dimensions);
        for text in texts {
            let seed = text.bytes().fold(0_u64, |hash, byte| {
                hash.wrapping_mul(0x100_0000_01B3) ^ u64::from(byte)
            });
            let mut random = SplitMix(seed);
            let place = random.draw() % self.pool.len() as u64;
            let real = &self.pool[usize::try_from(place).unwrap_or(0)];
            #[expect(clippy::cast_possible_truncation, reason = "a value between -½ and ½")]
            let by: Vec<f32> = (0..dimensions)
                .map(|_| (random.share() - 0.5) as f32)
                .collect();
            let scale = MOVED / length(&by);
            let moved: Vec<f32> = real.iter().zip(&by).map(|(v, by)| v + scale * by).collect();
            let length = length(&moved);
            values.extend(moved.iter().map(|v| v / length));
        }
        Ok(Embeddings { dimensions, values })
    }

    fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
        Ok(word_ranges(text))
    }
}

fn length(values: &[f32]) -> f32 {
    values.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-9)
}
