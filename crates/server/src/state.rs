//! What all routes share.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use answer::{Engine, Receipt};
use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use support::{Availability, Live, Method, Shared, Store, StoreError, SupportConfig};
use tokio::sync::{Mutex, watch};
use tracing::{Instrument as _, Span};

use crate::{
    Access, Loader, ServerConfig,
    health::Probe,
    limits::Limits,
    machine::Machine,
    metrics::Metrics,
    openapi,
    outbox::Outbox,
    questions::{Noticed, Questions},
    queue::WorkQueue,
    receipts::Receipts,
    reload::{Attempts, Reloaded},
    tenants::Tenant,
};

/// Time between looks at what processes share and holds no more.
const SHARED_CLEANING: Duration = Duration::from_mins(1);

/// Settings, the engine of the moment, and the threads that work with it. Clones share everything.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    /// Which of many help centers; `None` for the only one.
    tenant: Option<Tenant>,
    config: ServerConfig,
    support: SupportConfig,
    engine: ArcSwapOption<Engine>,
    loader: Arc<dyn Loader>,
    attempts: Mutex<Attempts>,
    has_tried: AtomicBool,
    machine: Machine,
    answers: WorkQueue,
    searches: WorkQueue,
    stopping: watch::Sender<bool>,
    receipts: OnceLock<Receipts>,
    questions: OnceLock<Questions>,
    store: OnceLock<Store>,
    outbox: OnceLock<Outbox>,
    availability: ArcSwap<Availability>,
    access: OnceLock<Access>,
    limits: Limits,
    metrics: Arc<Metrics>,
    probe: Probe,
    description: OnceLock<String>,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState")
            .field("config", &self.0.config)
            .field("engine", &self.0.engine.load())
            .finish_non_exhaustive()
    }
}

impl AppState {
    /// A state without an engine: [`AppState::reload`] loads the first one.
    ///
    /// # Panics
    /// When the system refuses the two threads the state starts.
    pub fn new(config: ServerConfig, support: SupportConfig, loader: Arc<dyn Loader>) -> Self {
        let machine = Machine::start(config.answer_threads);
        Self::on(&machine, None, config, support, loader)
    }

    /// As [`AppState::new`], of one help center of many, with the threads they share.
    pub fn of_tenant(
        tenant: Tenant,
        machine: &Machine,
        config: ServerConfig,
        support: SupportConfig,
        loader: Arc<dyn Loader>,
    ) -> Self {
        Self::on(machine, Some(tenant), config, support, loader)
    }

    pub(crate) fn on(
        machine: &Machine,
        tenant: Option<Tenant>,
        config: ServerConfig,
        support: SupportConfig,
        loader: Arc<dyn Loader>,
    ) -> Self {
        let length = config.queue_length;
        let answers = machine.answers.queue(length, config.answer_deadline());
        let searches = machine.searches.queue(length, config.search_deadline());
        let metrics = Metrics::new(tenant.is_none());
        Self(Arc::new(Inner {
            tenant,
            config,
            support,
            engine: ArcSwapOption::empty(),
            loader,
            attempts: Mutex::default(),
            has_tried: AtomicBool::new(false),
            machine: machine.clone(),
            answers,
            searches,
            stopping: watch::Sender::new(false),
            receipts: OnceLock::new(),
            questions: OnceLock::new(),
            store: OnceLock::new(),
            outbox: OnceLock::new(),
            availability: ArcSwap::default(),
            access: OnceLock::new(),
            limits: Limits::default(),
            metrics: Arc::new(metrics),
            probe: Probe::default(),
            description: OnceLock::new(),
        }))
    }

    /// Which of many help centers this is; `None` for the only one.
    pub(crate) fn tenant(&self) -> Option<&Tenant> {
        self.0.tenant.as_ref()
    }

    /// The name of this help center among several.
    pub fn tenant_name(&self) -> Option<&str> {
        Some(self.tenant()?.name.as_str())
    }

    /// What is logged in it names the help center, where there are several.
    pub fn span(&self) -> Span {
        match self.tenant() {
            // Of the highest level, so that no filter that lets a line through keeps the name from it.
            Some(tenant) => tracing::error_span!("help_center", tenant = tenant.name.as_str()),
            None => Span::none(),
        }
    }

    /// Settings of the service.
    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    /// Who answers customers, and when.
    pub fn support(&self) -> &SupportConfig {
        &self.0.support
    }

    /// The engine of the moment. Hold it for one request only, so that a swap frees the old one.
    pub fn engine(&self) -> Option<Arc<Engine>> {
        self.0.engine.load_full()
    }

    /// Generation that is served.
    pub fn generation(&self) -> Option<String> {
        self.engine()
            .map(|engine| engine.snapshot().generation().to_owned())
    }

    /// Serves `engine` from the next request on.
    pub(crate) fn swap(&self, engine: Arc<Engine>) -> Reloaded {
        let generation = engine.snapshot().generation().to_owned();
        let old = self.0.engine.swap(Some(engine));
        let changed = old.is_none_or(|old| old.snapshot().generation() != generation);
        Reloaded {
            generation,
            changed,
        }
    }

    pub(crate) fn loader(&self) -> Arc<dyn Loader> {
        Arc::clone(&self.0.loader)
    }

    pub(crate) fn attempts(&self) -> &Mutex<Attempts> {
        &self.0.attempts
    }

    /// Says that a load was tried, whatever it came to.
    pub(crate) fn has_tried_to_load(&self) {
        self.0.has_tried.store(true, Ordering::Relaxed);
    }

    /// Whether a load was tried.
    pub(crate) fn was_load_tried(&self) -> bool {
        self.0.has_tried.load(Ordering::Relaxed)
    }

    /// What the help centers of this process share.
    pub(crate) fn machine(&self) -> &Machine {
        &self.0.machine
    }

    /// The queue of the threads that answer.
    pub(crate) fn answers(&self) -> &WorkQueue {
        &self.0.answers
    }

    /// The queue of the thread that searches.
    pub(crate) fn searches(&self) -> &WorkQueue {
        &self.0.searches
    }

    /// Keeps receipts, hand-offs, feedback and unanswered questions in `store` from now on, for as long as the settings of support say, and
    /// delivers the hand-offs. Only the first call counts.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn keep_in(&self, store: &Store) {
        let span = self.span();
        let _in_span = span.enter();
        let keep = &self.0.support.store;
        if keep.receipts_days > 0 {
            let days = keep.receipts_days;
            self.0
                .receipts
                .get_or_init(|| Receipts::start(store.clone(), days));
        }
        self.0
            .questions
            .get_or_init(|| Questions::start(store.clone(), keep.questions_days));
        let destinations = &self.0.support.destinations;
        self.0
            .outbox
            .get_or_init(|| Outbox::start(store, destinations, keep, &self.0.metrics));
        self.0.store.get_or_init(|| {
            if let Some(shared) = store.shared() {
                self.share(shared);
            }
            store.clone()
        });
    }

    /// Takes up what teams tell other processes on the same database, and forgets there what holds no more.
    fn share(&self, shared: &Shared) {
        // A service that ended is not kept alive by what it watched.
        let (watched, state) = (shared.clone(), Arc::downgrade(&self.0));
        let watch = async move {
            let take = |known| {
                if let Some(state) = state.upgrade() {
                    state.availability.store(Arc::new(known));
                }
            };
            watched.watch_availability(take).await;
        };
        tokio::spawn(watch.in_current_span());
        let shared = shared.clone();
        let clean = async move {
            loop {
                tokio::time::sleep(SHARED_CLEANING).await;
                if let Err(error) = shared.clean(Timestamp::now()).await {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "counts of requests could not be forgotten"
                    );
                }
            }
        };
        tokio::spawn(clean.in_current_span());
    }

    /// Lets in who has a key of `access`, from the moment that one exists. Only the first call counts.
    pub fn protect(&self, access: Access) {
        self.0.access.get_or_init(|| access);
    }

    /// Keys and tokens; `None` when everyone is let in.
    pub(crate) fn access(&self) -> Option<&Access> {
        self.0.access.get()
    }

    /// Whether nobody is let in without a key.
    pub fn has_keys(&self) -> bool {
        self.access().is_some_and(Access::has_keys)
    }

    /// What callers have asked for.
    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Where hand-offs and feedback are kept; `None` when it could not be opened.
    pub(crate) fn store(&self) -> Option<&Store> {
        self.0.store.get()
    }

    /// What teams told of the moment.
    pub(crate) fn availability(&self) -> Arc<Availability> {
        self.0.availability.load_full()
    }

    /// Takes in what a team tells of a channel, and tells the other processes.
    ///
    /// # Errors
    /// When they could not be told; here it holds all the same.
    pub(crate) async fn set_availability(
        &self,
        team: &str,
        method: Method,
        live: Live,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.availability.rcu(|known| {
            let mut known = Availability::clone(known);
            known.set(team, method, live, now);
            known
        });
        match self.store().and_then(Store::shared) {
            Some(shared) => shared.tell(team, method, live).await,
            None => Ok(()),
        }
    }

    /// Has the outbox look at once for what is due.
    pub(crate) fn wake_outbox(&self) {
        if let Some(outbox) = self.0.outbox.get() {
            outbox.wake();
        }
    }

    /// Whether the tasks that deliver run; `None` without a store.
    pub(crate) fn is_delivering(&self) -> Option<bool> {
        self.0.outbox.get().map(Outbox::is_running)
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The description of the interface, as JSON.
    pub(crate) fn description(&self) -> &str {
        self.0
            .description
            .get_or_init(|| openapi::document(&self.0.config).to_string())
    }

    /// What the last write to the store came to.
    pub(crate) fn probe(&self) -> &Probe {
        &self.0.probe
    }

    /// Receipts that could not be stored since the start.
    pub fn n_receipts_lost(&self) -> u64 {
        self.0.receipts.get().map_or(0, Receipts::n_lost)
    }

    /// Stores a receipt, if receipts are kept. Returns when it is on the disk, or when that takes too long.
    pub(crate) async fn keep(&self, receipt: &Receipt) {
        if let Some(receipts) = self.0.receipts.get() {
            receipts.keep(receipt).await;
        }
    }

    /// Whether unanswered questions are kept.
    pub(crate) fn keeps_questions(&self) -> bool {
        self.0.questions.get().is_some_and(Questions::is_kept)
    }

    /// Takes in what an answer means to those who write the articles. Never waits.
    pub(crate) fn note(&self, noticed: Noticed) {
        if let Some(questions) = self.0.questions.get() {
            questions.note(noticed);
        }
    }

    /// Takes in that an answer did not help. Never waits.
    pub(crate) fn note_not_helpful(&self, answer: &str) {
        if let Some(questions) = self.0.questions.get() {
            questions.note_not_helpful(answer);
        }
    }

    /// Ends every running answer with what it has.
    pub(crate) fn stop_answers(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Whether running answers were told to end.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.0.stopping.borrow()
    }

    /// Returns when answers must end.
    pub(crate) async fn answers_stopped(&self) {
        // The sender lives in this state, so the wait cannot fail.
        let _ = self.0.stopping.subscribe().wait_for(|stop| *stop).await;
    }
}
