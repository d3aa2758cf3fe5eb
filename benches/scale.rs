//! How search scales: a million synthetic passages.
//!
//! Texts are words drawn with Zipf's law, vectors are random, and the synthetic encoder takes no time and gives no
//! vectors of tokens: what is timed is finding, filtering, counting words and ranking, exactly as for customers. Prints
//! the build, the bytes on disk and resident memory for each passage, and search p50 and p95 over questions of six
//! words. `LOKET_BENCH_PASSAGES` sets another number of passages.
//!
//! ```text
//! cargo bench -p benchmarks --bench scale
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::{error::Error, fmt::Write as _, ops::Range, path::Path, sync::Arc, time::Instant};

use answer::{AnswerConfig, Engine, SearchRequest};
use benchmarks::{
    quantile, resident_megabytes,
    synthetic::{SECTIONS, SplitMix, word_ranges, write_articles},
};
use corpus::Language;
use indexer::{BuildOptions, IndexStore};
use inference::{Embeddings, EncodeError, Encoder, TextKind};
use jiff::Timestamp;

const PASSAGES: usize = 1_000_000;
const DIMENSIONS: usize = 384;
const SEARCHES: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let n_passages: usize = match std::env::var("LOKET_BENCH_PASSAGES") {
        Ok(number) => number.parse()?,
        Err(_) => PASSAGES,
    };
    let scratch = tempfile::tempdir()?;
    let kb = scratch.path().join("kb");
    write_articles(&kb, n_passages / SECTIONS)?;
    let encoder: Arc<dyn Encoder> = Arc::new(Random);
    let store = IndexStore::new(&scratch.path().join("data"));
    let report = indexer::build(
        &kb,
        &store,
        &*encoder,
        &BuildOptions::default(),
        &mut |_| (),
    )?;
    println!(
        "build: {} articles, {} passages in {:.0} s",
        report.n_articles,
        report.n_passages,
        report.elapsed.as_secs_f64()
    );
    let before = resident_megabytes();
    let opened = Instant::now();
    let snapshot = Arc::new(store.open()?.snapshot);
    println!("open and verify: {:.1} s", opened.elapsed().as_secs_f64());
    let n = report.n_passages as f64;
    println!(
        "on disk: {:.0} bytes a passage",
        folder_bytes(&scratch.path().join("data"))? as f64 / n
    );
    let engine = Engine::new(snapshot, encoder, None, AnswerConfig::default())?;
    let mut random = SplitMix(7);
    let mut times = Vec::new();
    for _ in 0..SEARCHES {
        let mut query = String::new();
        for _ in 0..6 {
            let _ = write!(query, "{} ", random.word());
        }
        let started = Instant::now();
        let reply = engine.search(&SearchRequest {
            query,
            language: Some(Language::En),
            languages: None,
            audience: None,
            region: None,
            at: Timestamp::now(),
            limit: 10,
        })?;
        times.push(started.elapsed());
        assert_eq!(reply.hits.len(), 10, "a search finds too little");
    }
    times.sort_unstable();
    let ms = |share| quantile(&times, share).as_secs_f64() * 1000.0;
    println!(
        "search: p50 {:.0} ms, p95 {:.0} ms, n = {}",
        ms(0.5),
        ms(0.95),
        times.len()
    );
    println!(
        "resident: {} MB after searching, {before} MB before opening (mapped files count as they are read)",
        resident_megabytes()
    );
    Ok(())
}

fn folder_bytes(folder: &Path) -> Result<u64, Box<dyn Error>> {
    let mut bytes = 0;
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        bytes += if path.is_dir() {
            folder_bytes(&path)?
        } else {
            fs_err::metadata(&path)?.len()
        };
    }
    Ok(bytes)
}

/// An encoder of random vectors, one for each text.
struct Random;

impl Encoder for Random {
    fn id(&self) -> &'static str {
        "random@0"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn max_tokens(&self) -> usize {
        512
    }

    fn encode(&self, texts: &[&str], _kind: TextKind) -> Result<Embeddings, EncodeError> {
        let mut values = Vec::with_capacity(texts.len() * DIMENSIONS);
        for text in texts {
            let seed = text.bytes().fold(0_u64, |hash, byte| {
                hash.wrapping_mul(0x100_0000_01B3) ^ u64::from(byte)
            });
            let mut random = SplitMix(seed);
            let start = values.len();
            #[expect(clippy::cast_possible_truncation, reason = "a value between -½ and ½")]
            values.extend((0..DIMENSIONS).map(|_| (random.share() - 0.5) as f32));
            let length = values[start..].iter().map(|v| v * v).sum::<f32>().sqrt();
            for value in &mut values[start..] {
                *value /= length;
            }
        }
        Ok(Embeddings {
            dimensions: DIMENSIONS,
            values,
        })
    }

    fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
        Ok(word_ranges(text))
    }
}
