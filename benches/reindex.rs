//! How long after a save the new text is served.
//!
//! Corpus: the 1,470 Microsoft 365 support articles in eight languages (`help_centers/m365_8lang` under `LOKET_DATA`), in
//! one index. One article is changed at a time, of each language in turn. Timed, with the encoder loaded:
//!
//! - **watch**: the build of a process that made the last one (`loket watch`);
//! - **index**: the build of a process that has just started (`loket index`);
//! - **taken up**: a service that has the generation before opens the new one and makes an engine of it;
//! - **search**: the first search of that engine, which finds the new text, with all it reads when first needed.
//!
//! Prints p50 and the slowest of each, and the slowest way from save to served: watch, taken up and search, with the quiet
//! `loket watch` waits for and the time between two looks of the service. Not timed: the first build, whose index is kept
//! below `~/.cache/loket/bench-reindex` for the next time.
//!
//! `LOKET_BENCH_ENCODER=synthetic` measures all but the encoder: vectors and rows of the real size that take no time.
//!
//! ```text
//! cargo bench -p benchmarks --bench reindex
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::{
    error::Error,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use answer::{AnswerConfig, Engine, SearchRequest};
use benchmarks::{
    default_encoder,
    m365::{self, LANGUAGES},
    quantile, resident_megabytes,
};
use indexer::{BuildOptions, Builder, IndexStore, Snapshot};
use inference::{Detailed, Embeddings, EncodeError, Encoder, TextKind, TokenVectors};
use jiff::Timestamp;

const EDITS: usize = 24;
/// What `loket watch` waits for after a save.
const QUIET: Duration = Duration::from_millis(60);

fn main() -> Result<(), Box<dyn Error>> {
    let is_synthetic = std::env::var("LOKET_BENCH_ENCODER").is_ok_and(|name| name == "synthetic");
    let (encoder, name): (Arc<dyn Encoder>, _) = if is_synthetic {
        (Arc::new(Synthetic), "synthetic")
    } else {
        (default_encoder()?, "default")
    };
    let kept = PathBuf::from(std::env::var_os("HOME").unwrap_or_default())
        .join(".cache/loket/bench-reindex")
        .join(name);
    let kb = kept.join("kb");
    m365::write_articles(&kb)?;
    let store = IndexStore::new(&kept.join("data"));
    let options = BuildOptions::default();
    let mut builder = Builder::new(kb.clone(), store.clone(), options);
    let first = builder.build(&*encoder, &mut |_| ())?;
    println!(
        "{} article versions in {} languages, {} passages ({} encoded in {:.0} s), {:.1} MB; {} encoder",
        first.report.n_articles,
        first.report.languages.len(),
        first.report.n_passages,
        first.report.n_encoded,
        first.report.elapsed.as_secs_f64(),
        bytes_kept(&store)? / 1e6,
        encoder.id()
    );
    let articles = some_of_each_language(&kb)?;
    let mut served: Arc<Snapshot> = first.snapshot;
    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut whole = Vec::new();
    for (number, path) in articles.iter().cycle().take(EDITS).enumerate() {
        // A word that is nowhere else, so that the search finds the edit and nothing before it.
        let word = format!("zq{number}x{}", Timestamp::now().as_millisecond());
        let original = fs_err::read_to_string(path)?;
        fs_err::write(path, format!("{original}\n\n{word} {word}.\n"))?;
        let built = builder.build(&*encoder, &mut |_| ())?.report;
        assert_eq!(built.changes.changed.len(), 1, "one article changed");
        let started = Instant::now();
        let opened = store.open_beside(Some(&served))?.snapshot;
        served = Arc::new(opened);
        let config = AnswerConfig::default();
        let engine = Engine::new(Arc::clone(&served), Arc::clone(&encoder), None, config)?;
        let taken_up = started.elapsed();
        let started = Instant::now();
        let reply = engine.search(&SearchRequest {
            query: word.clone(),
            language: None,
            languages: None,
            audience: None,
            region: None,
            at: Timestamp::now(),
            limit: 10,
        })?;
        let searched = started.elapsed();
        assert!(
            reply.hits.iter().any(|hit| hit.text.contains(&word)),
            "the edit is not found"
        );
        // The same from a process that has just started, for the way back.
        fs_err::write(path, original)?;
        let cold = indexer::build(&kb, &store, &*encoder, &options, &mut |_| ())?;
        for (own, took) in times
            .iter_mut()
            .zip([built.elapsed, cold.elapsed, taken_up, searched])
        {
            own.push(took);
        }
        let poll = Duration::from_millis(server::ServerConfig::default().reload_poll_ms);
        whole.push(QUIET + built.elapsed + poll + taken_up + searched);
    }
    for (name, own) in ["watch", "index", "taken up", "search"]
        .iter()
        .zip(&mut times)
    {
        own.sort_unstable();
        println!(
            "{name}: p50 {:.0} ms, slowest {:.0} ms",
            ms(own, 0.5),
            ms(own, 1.0)
        );
    }
    whole.sort_unstable();
    println!(
        "from save to served: p50 {:.0} ms, slowest {:.0} ms, n = {EDITS}; {} MB resident",
        ms(&whole, 0.5),
        ms(&whole, 1.0),
        resident_megabytes()
    );
    Ok(())
}

fn ms(times: &[Duration], share: f64) -> f64 {
    quantile(times, share).as_secs_f64() * 1e3
}

fn bytes_kept(store: &IndexStore) -> Result<f64, Box<dyn Error>> {
    let kept = store.kept()?;
    let newest = kept.first().ok_or("nothing is kept")?;
    let contents = newest.contents.as_ref().map_err(ToString::to_string)?;
    Ok(contents.n_bytes as f64)
}

/// Articles far apart, the languages in turn.
fn some_of_each_language(kb: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut by_language = Vec::new();
    for language in LANGUAGES {
        let entries = fs_err::read_dir(kb.join(language))?;
        let mut paths = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        paths.sort();
        by_language.push(paths);
    }
    let at = |share: usize| {
        by_language
            .iter()
            .filter_map(move |own| own.get(own.len() * share / 4).cloned())
    };
    Ok((1..4).flat_map(at).collect())
}

const DIMENSIONS: usize = 384;

/// Vectors made of the bytes of a text.
struct Synthetic;

impl Synthetic {
    fn vector(text: &str) -> impl Iterator<Item = f32> {
        let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
        });
        (0..DIMENSIONS).map(move |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            f32::from(state.to_le_bytes()[6]) / 255.0 - 0.5
        })
    }
}

impl Encoder for Synthetic {
    fn id(&self) -> &'static str {
        "synthetic@0"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn max_tokens(&self) -> usize {
        512
    }

    fn encode(&self, texts: &[&str], _: TextKind) -> Result<Embeddings, EncodeError> {
        let mut values = Vec::with_capacity(texts.len() * DIMENSIONS);
        for text in texts {
            let vector: Vec<f32> = Self::vector(text).collect();
            let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
            values.extend(vector.iter().map(|v| v / length));
        }
        Ok(Embeddings {
            dimensions: DIMENSIONS,
            values,
        })
    }

    /// Four characters at most, of one word.
    fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut n_chars = 0;
        for (at, c) in text.char_indices() {
            if c.is_whitespace() {
                n_chars = 0;
                continue;
            }
            let end = at + c.len_utf8();
            match ranges.last_mut() {
                Some(last) if last.end == at && n_chars < 4 && c.is_ascii() => last.end = end,
                _ => {
                    ranges.push(at..end);
                    n_chars = 0;
                }
            }
            n_chars += 1;
        }
        Ok(ranges)
    }

    fn encode_with_tokens(&self, texts: &[&str], kind: TextKind) -> Result<Detailed, EncodeError> {
        let mut tokens = Vec::with_capacity(texts.len());
        for text in texts {
            let mut ranges = self.token_ranges(text)?;
            ranges.truncate(self.max_tokens());
            let values = ranges
                .iter()
                .flat_map(|own| Self::vector(&text[own.clone()]));
            tokens.push(TokenVectors {
                vectors: Embeddings {
                    dimensions: DIMENSIONS,
                    values: values.collect(),
                },
                ranges,
            });
        }
        Ok(Detailed {
            texts: self.encode(texts, kind)?,
            tokens: Some(tokens),
        })
    }
}
