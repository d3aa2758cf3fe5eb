//! The whole service over tiny models and a small knowledge base, called as a function.

use std::sync::{
    Arc, LazyLock, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use answer::{AnswerConfig, Engine, MemoryConfig, Probability};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, Response, StatusCode, header},
};
use indexer::{BuildOptions, IndexStore};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::{AppState, LoadError, Loader, ServerConfig, router};

mod ahead;
mod answers;
mod articles;
mod chat;
mod escalations;
mod keys;
mod log;
mod mcp;
mod memory;
mod metrics;
mod operation;
mod page;
mod postgres;
mod problems;
mod questions;
mod receipts;
mod reference;
mod related;
mod search;

const FILES: [(&str, &str); 4] = [
    (
        "en/seller-payout.md",
        "---\ntopics: [payouts]\naudience: [seller]\nurl: https://help.example/payout\n---\n# When do I get my money?\n\nWe pay you three days after delivery. The money arrives on your bank account.\n\n## Weekends\n\nBanks do not pay out on Sunday.\n",
    ),
    (
        "nl/seller-payout.md",
        "---\ntopics: [payouts]\n---\n# Wanneer krijg ik mijn geld?\n\nWe betalen je drie dagen na de levering. Het geld staat dan op je rekening.\n",
    ),
    (
        "en/fees/buyers.md",
        "# What does buying cost?\n\nBuyers pay a fee of nine percent of the winning bid.\n",
    ),
    (
        "en/old-fees.md",
        "---\nvalid_until: 2020-01-01\n---\n# Old fees\n\nBuyers pay a fee of eight percent.\n",
    ),
];

/// Builds an index of `files` and joins it with the tiny encoder. Everything counts as confident: random
/// weights say nothing of what a text means.
fn engine_of(files: &[(&str, &str)]) -> Arc<Engine> {
    let dir = tempfile::tempdir().unwrap();
    let kb = dir.path().join("kb");
    for (path, text) in files {
        let path = kb.join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    let encoder = Arc::new(inference::tiny::encoder(7));
    let store = IndexStore::new(&dir.path().join("data"));
    let report = indexer::build(
        &kb,
        &store,
        &*encoder,
        &BuildOptions::default(),
        &mut |_| (),
    )
    .unwrap();
    assert_eq!(report.rejected, []);
    let config = AnswerConfig {
        min_confidence: Probability::try_from(0.0).unwrap(),
        min_support: Probability::try_from(0.0).unwrap(),
        // Tests share the engine, and must not get each other's answers.
        memory: MemoryConfig {
            enabled: false,
            ..MemoryConfig::default()
        },
        ..AnswerConfig::default()
    };
    let snapshot = Arc::new(store.open().unwrap().snapshot);
    Arc::new(Engine::new(snapshot, encoder, None, config).unwrap())
}

static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| engine_of(&FILES));

/// Gives what a test puts in.
struct TestLoader {
    id: Mutex<Option<String>>,
    engine: Mutex<Option<Arc<Engine>>>,
    n_loads: AtomicUsize,
}

impl TestLoader {
    fn new(engine: Option<Arc<Engine>>) -> Arc<Self> {
        let id = engine
            .as_ref()
            .map(|engine| engine.snapshot().generation().to_owned());
        Arc::new(Self {
            id: Mutex::new(id),
            engine: Mutex::new(engine),
            n_loads: AtomicUsize::new(0),
        })
    }

    /// What the next load finds.
    fn put(&self, id: &str, engine: Option<Arc<Engine>>) {
        *self.id.lock().unwrap() = Some(id.to_owned());
        *self.engine.lock().unwrap() = engine;
    }

    fn n_loads(&self) -> usize {
        self.n_loads.load(Ordering::Relaxed)
    }
}

impl Loader for TestLoader {
    fn current_id(&self) -> Option<String> {
        self.id.lock().unwrap().clone()
    }

    fn load(&self) -> Result<Arc<Engine>, LoadError> {
        self.n_loads.fetch_add(1, Ordering::Relaxed);
        self.engine
            .lock()
            .unwrap()
            .clone()
            .ok_or_else(|| "nothing here".into())
    }
}

fn state_of(loader: Arc<TestLoader>, config: ServerConfig) -> AppState {
    AppState::new(config, support::SupportConfig::default(), loader)
}

/// A service without an index.
pub(crate) fn unloaded() -> AppState {
    state_of(TestLoader::new(None), ServerConfig::default())
}

/// A service that answers.
async fn loaded() -> AppState {
    loaded_with(ServerConfig::default()).await
}

async fn loaded_with(config: ServerConfig) -> AppState {
    let state = state_of(TestLoader::new(Some(Arc::clone(&ENGINE))), config);
    state.reload().await.unwrap();
    state
}

/// A reply, read to its end.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Reply {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    #[track_caller]
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

async fn send(state: &AppState, request: Request<Body>) -> Reply {
    let response: Response<Body> = router(state.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Reply {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

async fn get(state: &AppState, path: &str) -> Reply {
    send(state, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post(state: &AppState, path: &str, body: &str) -> Reply {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    send(state, request).await
}

/// Whether a contact object holds an e-mail option that can be used.
#[track_caller]
fn assert_reachable(contact: &Value) {
    let options = contact["options"].as_array().unwrap();
    assert!(
        options
            .iter()
            .any(|option| option["method"] == "email" && option["available"] == true),
        "{contact}"
    );
}
