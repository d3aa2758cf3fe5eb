//! Numbers for Prometheus: what was counted since the start, and how things stand when they are asked for.
//!
//! Labels take only values that this program or its settings know: routes as the router spells them, names of
//! destinations, languages. Nothing of a request's text becomes one.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use answer::Engine;
use axum::http::{Method, StatusCode};
use inference::remote::BreakerState;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use prometheus_client::{
    encoding::prometheus_text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use support::HandoffCounts;

use crate::{AppState, ProblemKind, dto, queue::WorkQueue};

mod exposition;

pub(crate) use exposition::Exposition;

/// Names and values of the labels of one series.
type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];

type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Gauges<const N: usize> = Family<Labels<N>, Gauge>;
type Seconds = Gauge<f64, AtomicU64>;
type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// What an attempt to deliver came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttemptResult {
    /// The destination has it.
    Delivered,
    /// It is tried again.
    Again,
    /// It is dead until a person acts.
    Dead,
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Counters<3>,
    request_seconds: Histograms<1>,
    problems: Counters<1>,
    answers: Counters<3>,
    answer_seconds: Histograms<1>,
    first_sentence_seconds: Histogram,
    search_seconds: Histogram,
    handoff_seconds: Histogram,
    refusals: Counters<1>,
    attempts: Counters<2>,
    receipts_lost: Counter,
    queue_length: Gauges<1>,
    queue_capacity: Gauges<1>,
    handoffs: Gauges<1>,
    oldest_handoff: Seconds,
    generation: Gauges<1>,
    generation_age: Seconds,
    articles: Gauge,
    passages: Gauge,
    models: Gauges<1>,
    remote_requests: Counters<2>,
    remote_retries: Counters<1>,
    remote_hedges: Counters<1>,
    remote_hedges_won: Counters<1>,
    remote_fallbacks: Counters<2>,
    remote_breaker: Gauges<2>,
    tenants_failed: Gauge,
    resident_bytes: Gauge,
}

/// From a millisecond to a minute: searches and hand-offs at one end, answers at the other.
fn seconds() -> Histogram {
    Histogram::new([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
    ])
}

fn histograms<const N: usize>() -> Histograms<N> {
    Family::new_with_constructor(seconds)
}

impl Metrics {
    /// Everything at zero. What is of the whole process is left out where it is not `of_process`: help centers that share
    /// one must not read each other's share in it.
    pub(crate) fn new(of_process: bool) -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("loket"),
            requests: Family::default(),
            request_seconds: histograms(),
            problems: Family::default(),
            answers: Family::default(),
            answer_seconds: histograms(),
            first_sentence_seconds: seconds(),
            search_seconds: seconds(),
            handoff_seconds: seconds(),
            refusals: Family::default(),
            attempts: Family::default(),
            receipts_lost: Counter::default(),
            queue_length: Family::default(),
            queue_capacity: Family::default(),
            handoffs: Family::default(),
            oldest_handoff: Gauge::default(),
            generation: Family::default(),
            generation_age: Gauge::default(),
            articles: Gauge::default(),
            passages: Gauge::default(),
            models: Family::default(),
            remote_requests: Family::default(),
            remote_retries: Family::default(),
            remote_hedges: Family::default(),
            remote_hedges_won: Family::default(),
            remote_fallbacks: Family::default(),
            remote_breaker: Family::default(),
            tenants_failed: Gauge::default(),
            resident_bytes: Gauge::default(),
        };
        let metrics = metrics.registered();
        if of_process {
            metrics.with_process()
        } else {
            metrics
        }
    }

    /// Names everything of one help center. `_total` is added to counters when they are written.
    fn registered(mut self) -> Self {
        let all = &mut self.registry;
        all.register(
            "http_requests",
            "Requests by route, method and status",
            self.requests.clone(),
        );
        all.register(
            "http_request_duration_seconds",
            "Time until the head of the reply was ready, by route",
            self.request_seconds.clone(),
        );
        all.register(
            "problems",
            "Problem documents sent, by the last part of their type",
            self.problems.clone(),
        );
        all.register(
            "answers",
            "Replies to questions by outcome, reason (empty unless escalated) and language",
            self.answers.clone(),
        );
        all.register(
            "answer_duration_seconds",
            "Time from admission to the whole reply, by outcome",
            self.answer_seconds.clone(),
        );
        all.register(
            "answer_first_sentence_seconds",
            "Time from admission to the first checked sentence",
            self.first_sentence_seconds.clone(),
        );
        all.register(
            "search_duration_seconds",
            "Time from admission to the hits of a search",
            self.search_seconds.clone(),
        );
        all.register(
            "handoff_accept_duration_seconds",
            "Time from the body of a hand-off to its place on the disk",
            self.handoff_seconds.clone(),
        );
        all.register(
            "refusals",
            "Questions and searches that found their queue full",
            self.refusals.clone(),
        );
        all.register(
            "delivery_attempts",
            "Attempts to deliver hand-offs by destination and result: delivered, again, dead",
            self.attempts.clone(),
        );
        all.register(
            "receipts_lost",
            "Receipts of answers that could not be stored",
            self.receipts_lost.clone(),
        );
        all.register(
            "queue_length",
            "Jobs that wait for the answering or the searching thread",
            self.queue_length.clone(),
        );
        all.register(
            "queue_capacity",
            "Jobs that may wait",
            self.queue_capacity.clone(),
        );
        all.register(
            "handoffs",
            "Hand-offs in the store by state: queued, delivered, dead",
            self.handoffs.clone(),
        );
        all.register(
            "handoff_oldest_undelivered_seconds",
            "Age of the oldest hand-off that is not delivered everywhere; 0 without one",
            self.oldest_handoff.clone(),
        );
        all.register(
            "index_generation_info",
            "The generation that is served, always 1",
            self.generation.clone(),
        );
        all.register(
            "index_generation_age_seconds",
            "Time since the generation was built; 0 without one",
            self.generation_age.clone(),
        );
        all.register(
            "index_articles",
            "Versions of articles in the generation",
            self.articles.clone(),
        );
        all.register(
            "index_passages",
            "Passages in the generation",
            self.passages.clone(),
        );
        all.register(
            "model_loaded",
            "Whether the encoder and the writer are loaded",
            self.models.clone(),
        );
        self
    }

    /// Names what is of the process.
    fn with_process(mut self) -> Self {
        let all = &mut self.registry;
        all.register(
            "remote_requests",
            "Requests to the endpoint of a model, by role and by what they came to: ok, cancelled, deadline or an error",
            self.remote_requests.clone(),
        );
        all.register(
            "remote_retries",
            "Requests to an endpoint that were repetitions, by role",
            self.remote_retries.clone(),
        );
        all.register(
            "remote_hedges",
            "Second requests to an endpoint that was late, by role",
            self.remote_hedges.clone(),
        );
        all.register(
            "remote_hedges_won",
            "Second requests to an endpoint that answered before the first, by role",
            self.remote_hedges_won.clone(),
        );
        all.register(
            "remote_fallbacks",
            "Texts an endpoint did not give, by role and by what stood in: local or extractive",
            self.remote_fallbacks.clone(),
        );
        all.register(
            "remote_breaker",
            "Whether an endpoint is asked, by role: 1 for the state it is in, 0 for the others",
            self.remote_breaker.clone(),
        );
        all.register(
            "tenants_failed",
            "Help centers that are not served because their settings are wrong; 0 where there is one",
            self.tenants_failed.clone(),
        );
        all.register(
            "process_resident_memory_bytes",
            "Memory of the process that is in RAM, where the system tells",
            self.resident_bytes.clone(),
        );
        self
    }

    /// Takes in how many help centers are not served because their settings are wrong.
    pub(crate) fn look_at_failed(&self, n: usize) {
        self.tenants_failed.set(whole(n));
    }

    /// Counts one request to `route`, the path as the router spells it.
    pub(crate) fn request(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let route: Cow<'static, str> = route.to_owned().into();
        // Clients may send any word as a method.
        let method = match *method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::DELETE => "DELETE",
            Method::HEAD => "HEAD",
            Method::OPTIONS => "OPTIONS",
            _ => "other",
        };
        self.requests
            .get_or_create(&[
                ("method", method.into()),
                ("route", route.clone()),
                ("status", status.as_str().to_owned().into()),
            ])
            .inc();
        self.request_seconds
            .get_or_create(&[("route", route)])
            .observe(took.as_secs_f64());
    }

    /// Counts one problem that is sent.
    pub(crate) fn problem(&self, kind: ProblemKind) {
        self.problems
            .get_or_create(&[("type", kind.code().into())])
            .inc();
    }

    /// Counts one reply to a question.
    pub(crate) fn answer(&self, reply: &dto::AnswerReply, took: Duration) {
        let outcome = reply.outcome.code();
        self.answers
            .get_or_create(&[
                ("outcome", outcome.into()),
                ("reason", reply.reason.unwrap_or_default().into()),
                ("language", reply.language.code().into()),
            ])
            .inc();
        self.answer_seconds
            .get_or_create(&[("outcome", outcome.into())])
            .observe(took.as_secs_f64());
        if let Some(first) = reply.timings_ms.first_sentence {
            self.first_sentence_seconds
                .observe(Duration::from_millis(first).as_secs_f64());
        }
    }

    /// Counts one search that was answered.
    pub(crate) fn search(&self, took: Duration) {
        self.search_seconds.observe(took.as_secs_f64());
    }

    /// Counts one hand-off that is on the disk.
    pub(crate) fn handoff(&self, took: Duration) {
        self.handoff_seconds.observe(took.as_secs_f64());
    }

    /// Counts work that found the queue `name` full.
    pub(crate) fn refusal(&self, name: &'static str) {
        self.refusals.get_or_create(&[("queue", name.into())]).inc();
    }

    /// Counts one attempt to deliver to `destination`.
    pub(crate) fn attempt(&self, destination: &str, result: AttemptResult) {
        let result = match result {
            AttemptResult::Delivered => "delivered",
            AttemptResult::Again => "again",
            AttemptResult::Dead => "dead",
        };
        self.attempts
            .get_or_create(&[
                ("destination", destination.to_owned().into()),
                ("result", result.into()),
            ])
            .inc();
    }

    /// Looks how things stand in `state` and writes everything in Prometheus' text format.
    pub(crate) async fn text(&self, state: &AppState) -> String {
        self.look_at_queue("answer", state.answers());
        self.look_at_queue("search", state.searches());
        self.look_at_engine(state);
        if let Some(engine) = state.engine() {
            self.look_at_endpoints(&engine);
        }
        self.receipts_lost
            .inner()
            .store(state.n_receipts_lost(), Ordering::Relaxed);
        if let Some(store) = state.store() {
            match store.count_handoffs().await {
                Ok(counts) => self.look_at_handoffs(&counts),
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "hand-offs could not be counted"
                ),
            }
        }
        if let Some(bytes) = resident_bytes() {
            self.resident_bytes.set(bytes);
        }
        let mut text = String::new();
        // Writing to a string fails only when a metric's own code does.
        if let Err(error) = prometheus_text::encode(&mut text, &self.registry) {
            tracing::error!(error = %error, "the metrics could not be written");
        }
        text
    }

    fn look_at_queue(&self, name: &'static str, queue: &WorkQueue) {
        let label = [("queue", name.into())];
        self.queue_length
            .get_or_create(&label)
            .set(whole(queue.n_waiting()));
        self.queue_capacity
            .get_or_create(&label)
            .set(whole(queue.length()));
    }

    fn look_at_engine(&self, state: &AppState) {
        let engine = state.engine();
        let snapshot = engine.as_ref().map(|engine| engine.snapshot());
        self.generation.clear();
        if let Some(snapshot) = snapshot {
            let id = snapshot.generation().to_owned();
            self.generation
                .get_or_create(&[("generation", id.into())])
                .set(1);
        }
        let built = snapshot.and_then(|snapshot| built_at(snapshot.generation()));
        let age = built.and_then(|at| Duration::try_from(Timestamp::now().duration_since(at)).ok());
        self.generation_age
            .set(age.unwrap_or_default().as_secs_f64());
        self.articles
            .set(snapshot.map_or(0, |snapshot| whole(snapshot.n_articles())));
        self.passages
            .set(snapshot.map_or(0, |snapshot| whole(snapshot.n_passages())));
        let has_writer = engine
            .as_ref()
            .is_some_and(|engine| engine.writer_id().is_some());
        for (model, is_loaded) in [("encoder", engine.is_some()), ("writer", has_writer)] {
            self.models
                .get_or_create(&[("model", model.into())])
                .set(i64::from(is_loaded));
        }
    }

    /// Takes in what was counted of the endpoints `engine` asks.
    pub(crate) fn look_at_endpoints(&self, engine: &Engine) {
        let states = [
            BreakerState::Closed,
            BreakerState::HalfOpen,
            BreakerState::Open,
        ];
        for (role, status) in engine.remote() {
            let role = || ("role", Cow::from(role.as_str()));
            // They are counted where requests are made, which lives as long as this.
            let set = |counter: &Counter, n| counter.inner().store(n, Ordering::Relaxed);
            for (outcome, n) in status.requests {
                let labels = [role(), ("outcome", outcome.into())];
                set(&self.remote_requests.get_or_create(&labels), n);
            }
            for (counters, n) in [
                (&self.remote_retries, status.retries),
                (&self.remote_hedges, status.hedges),
                (&self.remote_hedges_won, status.hedges_won),
            ] {
                set(&counters.get_or_create(&[role()]), n);
            }
            for (to, n) in status.fallbacks {
                let labels = [role(), ("to", to.into())];
                set(&self.remote_fallbacks.get_or_create(&labels), n);
            }
            for state in states {
                self.remote_breaker
                    .get_or_create(&[role(), ("state", state.code().into())])
                    .set(i64::from(status.breaker == state));
            }
        }
    }

    fn look_at_handoffs(&self, counts: &HandoffCounts) {
        for (state, n) in [
            ("queued", counts.queued),
            ("delivered", counts.delivered),
            ("dead", counts.dead),
        ] {
            self.handoffs
                .get_or_create(&[("state", state.into())])
                .set(i64::try_from(n).unwrap_or(i64::MAX));
        }
        let now = Timestamp::now().as_millisecond();
        let age = counts
            .oldest_undelivered_ms
            .map_or(0, |made| now.saturating_sub(made).max(0));
        self.oldest_handoff
            .set(Duration::from_millis(age.unsigned_abs()).as_secs_f64());
    }
}

/// When a generation was built: its id begins with that.
fn built_at(generation: &str) -> Option<Timestamp> {
    let (time, _) = generation.split_once('-')?;
    let time = DateTime::strptime("%Y%m%dT%H%M%S%fZ", time).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Memory of this process that is in RAM; `None` where the system does not tell in the way of Linux.
fn resident_bytes() -> Option<i64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_says_when_it_was_built() {
        let built = built_at("20261127T171638149Z-6244b9a3").map(|at| at.to_string());
        assert_eq!(built.as_deref(), Some("2026-11-27T17:16:38.149Z"));
        assert_eq!(built_at("nothing"), None);
    }
}
