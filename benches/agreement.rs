//! Whether both engines rank alike: the same generation searched where it was built and in PostgreSQL.
//!
//! Questions are titles of articles and sentences out of them, up to 2,000 in all. Two rankings agree when their first ten hits
//! are the same articles in the same order; where they are not, it is told whether only articles changed places whose
//! scores are equal to within rounding. Prints agreement and how long searches took, questions read anew each time.
//!
//! The help centers are those of `help_centers/m365_8lang` and `help_centers/arduino_en` under `LOKET_DATA`, indexed first,
//! which takes its time; or `LOKET_BENCH_INDEXES` names data folders, separated by `:`, in which they are indexed already.
//!
//! ```text
//! bash tests/postgres/run cargo bench -p benchmarks --bench agreement
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use answer::{AnswerConfig, Engine, SearchReply, SearchRequest};
use benchmarks::{data_folder, default_encoder, default_encoder_as, m365, quantile};
use corpus::Language;
use indexer::{BuildOptions, IndexStore, Postgres, PostgresOptions, Snapshot};
use inference::Encoder;
use jiff::Timestamp;

const QUESTIONS: usize = 2_000;

/// Scores nearer than this are equal: sums of the same numbers in another order.
const ROUNDING: f32 = 1e-4;

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<PathBuf> = match std::env::var_os("LOKET_BENCH_INDEXES") {
        Some(folders) => std::env::split_paths(&folders).collect(),
        None => indexed(&*default_encoder()?)?,
    };
    let mut all = Agreement::default();
    for (n, folder) in folders.iter().enumerate() {
        // What one help center has too few of, those after it make up for.
        let left = QUESTIONS.saturating_sub(all.n + all.empty);
        let share = left.div_ceil(folders.len() - n);
        let config = database::scratch::config();
        let postgres = Postgres::new(&config, PostgresOptions::default())?;
        let store = IndexStore::new(folder);
        let shared = store.clone().in_database(postgres);
        let started = Instant::now();
        shared.share()?;
        let took = started.elapsed().as_secs_f64();
        let engine = |snapshot: Snapshot| -> Result<Engine, Box<dyn Error>> {
            let encoder = default_encoder_as(Some(snapshot.encoder_id()))?;
            let config = AnswerConfig::default();
            Ok(Engine::new(Arc::new(snapshot), encoder, None, config)?)
        };
        let (here, there) = (
            engine(store.open()?.snapshot)?,
            engine(shared.open()?.snapshot)?,
        );
        let questions = questions(here.snapshot(), share)?;
        println!(
            "{}: {} articles, {} passages, published in {took:.1} s",
            folder.display(),
            here.snapshot().n_articles(),
            here.snapshot().n_passages()
        );
        let mut own = Agreement::default();
        for (question, language) in &questions {
            own.compare(&here, &there, question, *language)?;
        }
        own.print();
        all.add(own);
    }
    println!("together:");
    all.print();
    Ok(())
}

fn indexed(encoder: &dyn Encoder) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("agreement");
    let many = kept.join("m365-kb");
    m365::write_articles(&many)?;
    let one = data_folder().join("help_centers/arduino_en/md");
    let index = |kb: &Path, name: &str| -> Result<PathBuf, Box<dyn Error>> {
        let folder = kept.join(name);
        let (store, options) = (IndexStore::new(&folder), BuildOptions::default());
        indexer::build(kb, &store, encoder, &options, &mut |_| ())?;
        Ok(folder)
    };
    // The smaller one first.
    Ok(vec![index(&one, "arduino")?, index(&many, "m365")?])
}

/// `n` questions, or as many as there are, spread over the whole generation: titles, and sentences out of the middle and the end of articles.
fn questions(snapshot: &Snapshot, n: usize) -> Result<Vec<(String, Language)>, Box<dyn Error>> {
    let mut all = Vec::new();
    for (ordinal, article) in snapshot.articles() {
        let passages: Vec<_> = snapshot.passages_of(ordinal).collect();
        let mut texts = vec![article.title.clone()];
        for passage in [passages.get(passages.len() / 2), passages.last()] {
            let Some(passage) = passage else { continue };
            let statements = snapshot.passage(*passage)?.statements.into_iter();
            let longest = statements.max_by_key(|statement| statement.text.len().min(200));
            texts.extend(longest.map(|statement| statement.text));
        }
        texts.retain(|text| text.chars().filter(|c| c.is_alphabetic()).count() > 3);
        texts.dedup();
        all.extend(texts.into_iter().map(|text| (text, article.language)));
    }
    let n = n.min(all.len());
    Ok((0..n).map(|i| all[i * all.len() / n].clone()).collect())
}

#[derive(Default)]
struct Agreement {
    n: usize,
    empty: usize,
    same: usize,
    ties: usize,
    others: Vec<String>,
    here: Vec<Duration>,
    there: Vec<Duration>,
}

impl Agreement {
    fn compare(
        &mut self,
        here: &Engine,
        there: &Engine,
        question: &str,
        language: Language,
    ) -> Result<(), Box<dyn Error>> {
        let request = SearchRequest {
            query: question.to_owned(),
            language: Some(language),
            languages: None,
            audience: None,
            region: None,
            at: Timestamp::now(),
            limit: 10,
        };
        let search = |engine: &Engine| -> Result<(SearchReply, Duration), Box<dyn Error>> {
            let started = Instant::now();
            Ok((engine.search(&request)?, started.elapsed()))
        };
        let ((one, took_here), (other, took_there)) = (search(here)?, search(there)?);
        if one.hits.is_empty() && other.hits.is_empty() {
            // Nothing was asked that could be searched, so nothing is compared.
            self.empty += 1;
            return Ok(());
        }
        self.here.push(took_here);
        self.there.push(took_there);
        self.n += 1;
        let order = |reply: &SearchReply| -> Vec<_> {
            let hits = reply.hits.iter();
            hits.map(|hit| (hit.article.clone(), hit.language))
                .collect()
        };
        if order(&one) == order(&other) {
            self.same += 1;
            return Ok(());
        }
        let pairs = || one.hits.iter().zip(&other.hits);
        let is_tie = one.hits.len() == other.hits.len()
            && pairs().all(|(a, b)| (a.score - b.score).abs() < ROUNDING);
        if is_tie {
            self.ties += 1;
        } else {
            let at = pairs()
                .position(|(a, b)| a.article != b.article)
                .unwrap_or(one.hits.len());
            self.others
                .push(format!("{language}, from place {}: {question}", at + 1));
        }
        Ok(())
    }

    fn add(&mut self, other: Self) {
        self.n += other.n;
        self.empty += other.empty;
        self.same += other.same;
        self.ties += other.ties;
        self.others.extend(other.others);
        self.here.extend(other.here);
        self.there.extend(other.there);
    }

    fn print(&mut self) {
        println!(
            "  the same ten in {} of {} ({:.2} %); of the others {} differ in ties only; {} more found nothing in both",
            self.same,
            self.n,
            100.0 * self.same as f64 / self.n.max(1) as f64,
            self.ties,
            self.empty
        );
        for other in self.others.iter().take(20) {
            println!("  differs: {other}");
        }
        for (name, times) in [
            ("embedded", &mut self.here),
            ("PostgreSQL", &mut self.there),
        ] {
            times.sort_unstable();
            let ms = |share| quantile(times, share).as_secs_f64() * 1_000.0;
            println!("  {name}: p50 {:.1} ms, p95 {:.1} ms", ms(0.5), ms(0.95));
        }
    }
}
