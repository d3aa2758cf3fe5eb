//! Search in PostgreSQL beside the embedded engine, over one synthetic help center.
//!
//! Texts are words drawn with Zipf's law. Vectors are real ones, of the passages of an index, each moved by a vector of a
//! fifth of its length in a random direction: so neighbours are as near as they are among real texts, and there are as many
//! as are wanted. There are no vectors of tokens. Prints how long it took to publish, search p50 and p95 of the engines, what
//! its parts take, and which share of the 50 nearest passages HNSW finds.
//!
//! Each engine is asked the same questions, none of them twice, in rounds that take turns; a round's first ones warm up and
//! are not counted. Nothing a node keeps in memory is made to fit: articles are those that a new question brings up.
//!
//! | variable | what | usual |
//! |---|---|---|
//! | `LOKET_BENCH_INDEXES` | a data folder whose vectors are taken | |
//! | `LOKET_BENCH_PASSAGES` | number of passages | 100,000 |
//! | `LOKET_BENCH_HNSW_FROM` | from how many on there is an HNSW index | 50,000 |
//! | `LOKET_BENCH_CACHE_MB` | memory of a node | 256 |
//! | `LOKET_BENCH_KEPT` | a folder where what is built stays, as it does in the database: the next run only measures | |
//! | `LOKET_BENCH_SPREAD` | `1` for two data servers beside one, with `SERVERS=3` | |
//!
//! ```text
//! LOKET_BENCH_INDEXES=.loket bash tests/postgres/run cargo bench -p benchmarks --bench postgres
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::{
    error::Error,
    fmt::Write as _,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use answer::{AnswerConfig, Engine, SearchRequest};
use benchmarks::{
    quantile,
    synthetic::{SECTIONS, SplitMix, word_ranges, write_articles},
};
use corpus::Language;
use indexer::{
    Bodies, BuildOptions, Hit, IndexStore, LexicalAsk, PassageOrdinal, Postgres, PostgresOptions,
    Readings, Snapshot, Visibility,
};
use inference::{Embeddings, EncodeError, Encoder, TextKind};
use jiff::Timestamp;

const PASSAGES: usize = 100_000;
/// Rounds, the questions of each, and those of them that warm up.
const ROUNDS: usize = 4;
const ASKED: usize = 75;
const WARM_UP: usize = 25;
/// Nearest passages that should be found.
const NEAREST: usize = 50;
/// Length of what a vector is moved by.
const MOVED: f32 = 0.2;

fn main() -> Result<(), Box<dyn Error>> {
    let n_passages = number("LOKET_BENCH_PASSAGES", PASSAGES)?;
    let usual = PostgresOptions::default();
    let options = PostgresOptions {
        hnsw_from: number("LOKET_BENCH_HNSW_FROM", usual.hnsw_from)?,
        cache_mb: number("LOKET_BENCH_CACHE_MB", usual.cache_mb)?,
        ..usual
    };
    let folder = std::env::var_os("LOKET_BENCH_INDEXES")
        .ok_or("set LOKET_BENCH_INDEXES to a data folder with an index, whose vectors are taken")?;
    let real = IndexStore::new(&PathBuf::from(folder)).open()?.snapshot;
    let encoder: Arc<dyn Encoder> = Arc::new(Moved::of(&real)?);
    drop(real);

    let scratch = tempfile::tempdir()?;
    let kept = std::env::var_os("LOKET_BENCH_KEPT").map(PathBuf::from);
    let store = built(
        kept.as_deref().unwrap_or(scratch.path()),
        n_passages,
        &*encoder,
    )?;
    let published = |name: &str, options: PostgresOptions| -> Result<IndexStore, Box<dyn Error>> {
        let mut config = database::scratch::config();
        config.max_connections = 8;
        if kept.is_some() {
            config.schema = format!("bench_{name}_{n_passages}");
        }
        let shared = store.clone().in_database(Postgres::new(&config, options)?);
        let started = Instant::now();
        shared.share()?;
        let took = started.elapsed().as_secs_f64();
        println!("{n_passages} passages, on {name} in {took:.0} s");
        Ok(shared)
    };
    let mut engines = vec![("embedded", store.clone())];
    engines.push(("PostgreSQL", published("one", options.clone())?));
    if std::env::var_os("LOKET_BENCH_SPREAD").is_some() {
        let runtime = tokio::runtime::Runtime::new()?;
        let mut data_servers = Vec::new();
        for n in [2, 3] {
            data_servers.push(runtime.block_on(database::scratch::data_server(n))?);
        }
        let options = PostgresOptions {
            data_servers,
            ..options
        };
        engines.push(("two data servers", published("two", options)?));
    }
    let engines: Vec<(&str, Engine)> = engines
        .into_iter()
        .map(|(name, store)| {
            let (encoder, config) = (Arc::clone(&encoder), AnswerConfig::default());
            let snapshot = Arc::new(store.open()?.snapshot);
            Ok((name, Engine::new(snapshot, encoder, None, config)?))
        })
        .collect::<Result<_, Box<dyn Error>>>()?;

    let mut random = SplitMix(7);
    let mut times = vec![Vec::new(); engines.len()];
    for _ in 0..ROUNDS {
        let questions = questions(&mut random, ASKED);
        for ((_, engine), times) in engines.iter().zip(&mut times) {
            for (n, question) in questions.iter().enumerate() {
                let started = Instant::now();
                engine.search(&request(question))?;
                if n >= WARM_UP {
                    times.push(started.elapsed());
                }
            }
        }
    }
    for ((name, _), times) in engines.iter().zip(times) {
        tell(&format!("{name}: search"), times);
    }
    for (name, engine) in &engines[1..] {
        parts(name, engine.snapshot(), &*encoder, &mut random)?;
        recall(
            name,
            (engines[0].1.snapshot(), engine.snapshot()),
            &*encoder,
            &mut random,
        )?;
    }
    Ok(())
}

fn number(name: &str, usual: usize) -> Result<usize, Box<dyn Error>> {
    Ok(std::env::var(name).map_or(Ok(usual), |value| value.parse())?)
}

/// The index in `folder`, made when it is not there.
fn built(
    folder: &Path,
    n_passages: usize,
    encoder: &dyn Encoder,
) -> Result<IndexStore, Box<dyn Error>> {
    let store = IndexStore::new(&folder.join("data"));
    if let Ok(opened) = store.open() {
        let found = opened.snapshot.n_passages();
        if found != n_passages {
            let folder = folder.display();
            return Err(format!(
                "{folder} holds {found} passages and not {n_passages}; name another folder"
            )
            .into());
        }
        return Ok(store);
    }
    let kb = folder.join("kb");
    let started = Instant::now();
    write_articles(&kb, n_passages / SECTIONS)?;
    indexer::build(&kb, &store, encoder, &BuildOptions::default(), &mut |_| ())?;
    println!("built in {:.0} s", started.elapsed().as_secs_f64());
    Ok(store)
}

fn questions(random: &mut SplitMix, n: usize) -> Vec<String> {
    let question = |_| {
        let mut query = String::new();
        for _ in 0..6 {
            let _ = write!(query, "{} ", random.word());
        }
        query
    };
    (0..n).map(question).collect()
}

fn request(question: &str) -> SearchRequest {
    SearchRequest {
        query: question.to_owned(),
        language: Some(Language::En),
        languages: None,
        audience: None,
        region: None,
        at: Timestamp::now(),
        limit: 10,
    }
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |share| quantile(&times, share).as_secs_f64() * 1_000.0;
    let n = times.len();
    println!(
        "{what} p50 {:.1} ms, p95 {:.1} ms, n = {n}",
        ms(0.5),
        ms(0.95)
    );
}

/// What the parts of a search take, one after the other: in a search, the first two go on at the same time.
fn parts(
    name: &str,
    snapshot: &Snapshot,
    encoder: &dyn Encoder,
    random: &mut SplitMix,
) -> Result<(), Box<dyn Error>> {
    let selection = snapshot.select(&everything());
    let (mut words, mut near, mut numbers, mut texts) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for question in questions(random, ASKED) {
        let asked = snapshot.ask(&question, Language::En, Readings::Lenient);
        let ask = LexicalAsk {
            language: Language::En,
            asked: &asked,
            limit: 200,
        };
        let vector = encoder.encode(&[&question], TextKind::Query)?;
        let aim = snapshot.aim(&question, vector.row(0), None, Language::En);
        let started = Instant::now();
        snapshot.lexical_by_language(&[ask], &selection)?;
        words.push(started.elapsed());
        let started = Instant::now();
        let hits = snapshot.dense(&aim, &selection, 200)?;
        near.push(started.elapsed());
        let started = Instant::now();
        let shown = hits.iter().take(10);
        snapshot.fetch(
            shown.map(|hit| snapshot.article_of(hit.passage)),
            Bodies::Texts,
        )?;
        texts.push(started.elapsed());
        let n_articles = snapshot.n_articles() as u64;
        let others = (0..200).filter_map(|_| {
            let n = usize::try_from(random.draw() % n_articles).ok()?;
            snapshot.articles().nth(n).map(|(ordinal, _)| ordinal)
        });
        let others: Vec<_> = others.collect();
        let started = Instant::now();
        snapshot.fetch(others, Bodies::Numbers)?;
        numbers.push(started.elapsed());
    }
    tell(&format!("{name}: 200 by words, and their numbers"), words);
    tell(&format!("{name}: 200 nearest, and their numbers"), near);
    tell(&format!("{name}: numbers of 200 articles alone"), numbers);
    tell(&format!("{name}: texts of 10 articles"), texts);
    Ok(())
}

/// Which share of the nearest passages an engine finds.
fn recall(
    name: &str,
    (here, there): (&Snapshot, &Snapshot),
    encoder: &dyn Encoder,
    random: &mut SplitMix,
) -> Result<(), Box<dyn Error>> {
    let (mut found, mut of) = (0, 0);
    for question in questions(random, 2 * ASKED) {
        let vector = encoder.encode(&[&question], TextKind::Query)?;
        let near = nearest(here, vector.row(0))?;
        let hits = nearest(there, vector.row(0))?;
        let hits: Vec<PassageOrdinal> = hits.iter().map(|hit| hit.passage).collect();
        found += near
            .iter()
            .filter(|hit| hits.contains(&hit.passage))
            .count();
        of += near.len();
    }
    let share = f64::from(u32::try_from(found)?) / f64::from(u32::try_from(of)?);
    println!(
        "{name}: recall@{NEAREST} against exact {share:.4}, n = {}",
        2 * ASKED
    );
    Ok(())
}

const fn everything() -> Visibility<'static> {
    Visibility {
        audience: None,
        region: None,
        day: jiff::civil::date(2026, 6, 1),
        languages: None,
    }
}

fn nearest(snapshot: &Snapshot, vector: &[f32]) -> Result<Vec<Hit>, Box<dyn Error>> {
    let selection = snapshot.select(&everything());
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
