//! How long a search over many languages takes, as a customer waits for it.
//!
//! Corpus: the 1,470 Microsoft 365 support articles in eight languages (`help_centers/m365_8lang` under `LOKET_DATA`), in one
//! index. Timed: `POST /v1/search` over one kept-alive connection on the loopback interface, the question's encoding
//! included, for 50 titles of each language in turn; the index is opened and one round is asked before. Prints p50
//! and p95 over all languages and the resident memory. Not timed: the build, whose index is kept below
//! `~/.cache/loket/bench-search` for the next time.
//!
//! ```text
//! cargo bench -p benchmarks --bench search
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::{
    error::Error,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use answer::{AnswerConfig, Engine};
use benchmarks::{
    default_encoder,
    m365::{self, LANGUAGES},
    quantile, resident_megabytes,
};
use indexer::{BuildOptions, IndexStore, Snapshot};
use server::{AppState, Loader, ServerConfig};

const TITLES_PER_LANGUAGE: usize = 50;
const HITS: usize = 10;

/// Gives the one engine of this bench.
struct Loaded(Arc<Engine>);

impl Loader for Loaded {
    fn current_id(&self) -> Option<String> {
        Some(self.0.snapshot().generation().to_owned())
    }

    fn load(&self) -> Result<Arc<Engine>, server::LoadError> {
        Ok(Arc::clone(&self.0))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let kept = PathBuf::from(std::env::var_os("HOME").unwrap_or_default())
        .join(".cache/loket/bench-search");
    let titles = m365::write_articles(&kept.join("kb"))?;
    // In turn, so that no language finds the caches warm of itself.
    let titles: Vec<String> = (0..TITLES_PER_LANGUAGE)
        .flat_map(|i| titles.iter().filter_map(move |own| own.get(i)))
        .cloned()
        .collect();
    let encoder = default_encoder()?;
    let store = IndexStore::new(&kept.join("data"));
    let options = BuildOptions::default();
    let report = indexer::build(&kept.join("kb"), &store, &*encoder, &options, &mut |_| ())?;
    println!(
        "{} article versions in {} languages, {} passages ({} encoded anew)",
        report.n_articles,
        LANGUAGES.len(),
        report.n_passages,
        report.n_encoded
    );
    let snapshot: Arc<Snapshot> = Arc::new(store.open()?.snapshot);
    let engine = Arc::new(Engine::new(
        snapshot,
        encoder,
        None,
        AnswerConfig::default(),
    )?);
    let mut times = tokio::runtime::Runtime::new()?.block_on(ask(engine, titles))?;
    times.sort_unstable();
    println!(
        "/v1/search over HTTP, {} titles: p50 {:.1} ms, p95 {:.1} ms; {} MB resident",
        times.len(),
        quantile(&times, 0.5).as_secs_f64() * 1e3,
        quantile(&times, 0.95).as_secs_f64() * 1e3,
        resident_megabytes()
    );
    Ok(())
}

/// How long each title took.
async fn ask(engine: Arc<Engine>, titles: Vec<String>) -> Result<Vec<Duration>, Box<dyn Error>> {
    let state = AppState::new(
        ServerConfig::default(),
        support::SupportConfig::default(),
        Arc::new(Loaded(engine)),
    );
    state.reload().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/v1/search", listener.local_addr()?);
    tokio::spawn(server::serve(listener, state, std::future::pending()));
    let asked = tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::new_with_defaults();
        let mut times = Vec::new();
        for (place, title) in titles
            .iter()
            .take(LANGUAGES.len())
            .chain(&titles)
            .enumerate()
        {
            let body = serde_json::json!({"query": title, "limit": HITS}).to_string();
            let started = Instant::now();
            let request = agent.post(&url).header("Content-Type", "application/json");
            let mut reply = request.send(&body).map_err(|error| error.to_string())?;
            let text = reply.body_mut().read_to_string();
            let text = text.map_err(|error| error.to_string())?;
            let elapsed = started.elapsed();
            if !text.contains("\"rank\":1") {
                return Err(format!("no hit for `{title}`: {text}"));
            }
            // The first round opens what is read when first needed.
            if place >= LANGUAGES.len() {
                times.push(elapsed);
            }
        }
        Ok(times)
    });
    asked.await?.map_err(Into::into)
}
