//! Load on running services at a fixed rate, and what became of every request.
//!
//! The loop is open: requests start when they are due, whether or not earlier ones were answered, and times count from
//! when a request was due. A service that stalls is thus charged with all that would have come meanwhile, which a client that
//! waits for its replies leaves out. Targets take turns; `--failover` goes to the next one where a connection is refused, as
//! a proxy does. Kinds come in the shares of `--mix`, evenly spread, and the same call sends the same requests again.
//!
//! Printed is one line a kind: how many were answered, refused (429, 503, or outcome `escalated` as `overloaded`) and failed,
//! and the times of the answered ones. `--json` also holds every failure with its time, the generations that were named, and
//! how late the generator itself was: with a p99 beyond 50 ms its figures are its own and not the service's, and it exits
//! with 1. Nothing is tried twice. Every run ends by itself.
//!
//! ```text
//! cargo run --release -p benchmarks --example load -- --target http://127.0.0.1:8080 --rate 50 --seconds 30 \
//!   --mix search=70,answers=20,escalations=5,feedback=5 --questions knowledge_base/questions.jsonl
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::Write as _,
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use benchmarks::quantile;
use clap::Parser;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How late requests may start at the 99th percentile before the generator is what is measured.
const LATE: Duration = Duration::from_millis(50);

/// Sends requests at a fixed rate and tells what became of them.
#[derive(Debug, Clone, Parser)]
#[command(name = "load")]
struct Args {
    /// A service, as `http://127.0.0.1:8080`; given several times they take turns
    #[arg(long = "target", required = true, value_name = "URL")]
    targets: Vec<String>,
    /// Requests a second, of all kinds together
    #[arg(long, default_value_t = 20.0, value_parser = between::<1, 20_000>)]
    rate: f64,
    /// How long requests are sent
    #[arg(long, default_value_t = 20.0, value_parser = between::<1, 3_600>)]
    seconds: f64,
    /// Shares of the kinds: search, answers, escalations, feedback
    #[arg(long, default_value = "search=70,answers=20,escalations=5,feedback=5")]
    mix: Mix,
    /// Questions: JSON lines with `question`, and `language` where it is known
    #[arg(long, default_value = "knowledge_base/questions.jsonl")]
    questions: PathBuf,
    /// How answers are worded: auto, generated or extractive
    #[arg(long, default_value = "extractive")]
    mode: String,
    /// Name no customer, so that a question asked before may be answered from memory
    #[arg(long)]
    memory: bool,
    /// Name of the environment variable with a key of scope `backend`, where the service has keys
    #[arg(long, value_name = "NAME", default_value = "LOKET_KEY")]
    key_from: String,
    /// Longest wait for a reply, in seconds
    #[arg(long, default_value_t = 40.0, value_parser = between::<1, 300>)]
    timeout: f64,
    /// Go to the next target where one refuses connections
    #[arg(long)]
    failover: bool,
    /// Most requests under way; further ones start late, and the report says so
    #[arg(long, default_value_t = 2_000)]
    most: usize,
    /// Write all figures here
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the hand-offs that were acknowledged here: key and id, a line each
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
}

/// A number from `LEAST` to `MOST`.
fn between<const LEAST: u32, const MOST: u32>(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "is no number".to_owned())?;
    if (f64::from(LEAST)..=f64::from(MOST)).contains(&number) {
        Ok(number)
    } else {
        Err(format!("is not from {LEAST} to {MOST}"))
    }
}

/// What is asked of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Search,
    Answers,
    Escalations,
    Feedback,
}

impl Kind {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Search, "search"),
        (Self::Answers, "answers"),
        (Self::Escalations, "escalations"),
        (Self::Feedback, "feedback"),
    ];

    fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// The shares of the kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mix(Vec<(Kind, u32)>);

impl std::str::FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut shares = Vec::new();
        for part in text.split(',') {
            let (name, share) = part
                .split_once('=')
                .ok_or_else(|| format!("`{part}` is no share; write search=70,answers=30"))?;
            let kind = Kind::ALL.iter().find(|(_, own)| *own == name.trim());
            let (kind, _) = kind.ok_or_else(|| {
                format!("`{name}` is none of search, answers, escalations, feedback")
            })?;
            let share: u32 = share
                .trim()
                .parse()
                .map_err(|_| format!("`{share}` is no whole number"))?;
            if shares.iter().any(|(own, _)| own == kind) {
                return Err(format!("`{name}` is given twice"));
            }
            shares.push((*kind, share));
        }
        shares.retain(|(_, share)| *share > 0);
        if shares.is_empty() {
            return Err("every share is 0".to_owned());
        }
        Ok(Self(shares))
    }
}

impl Mix {
    /// The kinds in the order they are sent, as far apart as their shares allow; it repeats after the sum of shares.
    fn round(&self) -> Vec<Kind> {
        let total: i64 = self.0.iter().map(|(_, share)| i64::from(*share)).sum();
        let mut owed: Vec<i64> = vec![0; self.0.len()];
        (0..total)
            .map(|_| {
                for (own, (_, share)) in owed.iter_mut().zip(&self.0) {
                    *own += i64::from(*share);
                }
                // The first of those that have waited longest.
                let most = owed.iter().copied().max().unwrap_or_default();
                let place = owed.iter().position(|own| *own == most).unwrap_or_default();
                owed[place] -= total;
                self.0[place].0
            })
            .collect()
    }
}

#[derive(Debug, Clone, Deserialize)]
struct Question {
    question: String,
    #[serde(default)]
    language: Option<String>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Refused,
    Failed,
}

#[derive(Debug)]
struct Sent {
    kind: Kind,
    target: usize,
    end: End,
    /// What went wrong, as `status 500` or `reset`; empty when it was answered.
    what: String,
    due: Duration,
    /// How late it started.
    late: Duration,
    /// From when it was due.
    took: Duration,
    generation: Option<String>,
    /// Key and id of an acknowledged hand-off.
    acknowledged: Option<(String, String)>,
}

/// What all requests of a run share.
struct Load {
    args: Args,
    agent: ureq::Agent,
    questions: Vec<Question>,
    /// The key that is sent; none when empty.
    key: String,
    /// An article that exists, for feedback.
    article: Mutex<String>,
    /// Tells this run's hand-offs and customers from those of others.
    run: String,
    began: Instant,
}

impl Load {
    fn new(args: Args) -> Result<Self, Box<dyn Error>> {
        let text = fs_err::read_to_string(&args.questions)?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let questions: Vec<Question> = lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
        if questions.is_empty() {
            let path = args.questions.display();
            return Err(format!("`{path}` holds no question").into());
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs_f64(args.timeout)))
            .max_idle_connections(args.most)
            .max_idle_connections_per_host(args.most)
            .build()
            .into();
        Ok(Self {
            agent,
            questions,
            // On the command line others could read it.
            key: std::env::var(&args.key_from).unwrap_or_default(),
            article: Mutex::default(),
            run: format!("{:x}", jiff::Timestamp::now().as_millisecond()),
            began: Instant::now(),
            args,
        })
    }

    /// The route of the `n`th request, and its body.
    fn request(&self, kind: Kind, n: usize) -> (&'static str, Value) {
        let asked = &self.questions[n % self.questions.len()];
        match kind {
            Kind::Search => (
                "/v1/search",
                json!({"query": asked.question, "language": asked.language, "limit": 10}),
            ),
            Kind::Answers => {
                let mut body = json!({"question": asked.question, "language": asked.language, "mode": self.args.mode});
                if !self.args.memory {
                    body["customer"] = json!({"id": format!("{}-{n}", self.run)});
                }
                ("/v1/answers", body)
            }
            Kind::Escalations => (
                "/v1/escalations",
                json!({"question": format!("Load {}-{n}", self.run), "language": "en", "method": "email",
                    "contact": {"email": format!("load-{n}@example.org")}}),
            ),
            Kind::Feedback => {
                let article = self.article.lock();
                let article = article.unwrap_or_else(PoisonError::into_inner).clone();
                (
                    "/v1/feedback",
                    json!({"article": article, "helpful": n.is_multiple_of(2)}),
                )
            }
        }
    }

    /// Asks every target for an article once, before anything is counted: connections are made, and feedback has one to
    /// be about.
    fn warm_up(&self) -> Result<(), Box<dyn Error>> {
        for target in 0..self.args.targets.len() {
            let (path, body) = self.request(Kind::Search, 0);
            let reply = self.post(target, path, &body, "").map_err(|error| {
                let url = &self.args.targets[target];
                format!("{url} cannot be asked, is it running? {error}")
            })?;
            if reply.0 != 200 {
                let url = &self.args.targets[target];
                return Err(format!("{url} answered {} to a search: {}", reply.0, reply.1).into());
            }
            if let Some(article) = reply.1["hits"][0]["article"].as_str() {
                let mut kept = self.article.lock().unwrap_or_else(PoisonError::into_inner);
                article.clone_into(&mut kept);
            }
        }
        Ok(())
    }

    fn post(
        &self,
        target: usize,
        path: &str,
        body: &Value,
        key: &str,
    ) -> Result<(u16, Value), ureq::Error> {
        let url = format!("{}{path}", self.args.targets[target].trim_end_matches('/'));
        let mut request = self
            .agent
            .post(url)
            .header("Content-Type", "application/json");
        if !self.key.is_empty() {
            request = request.header("Authorization", format!("Bearer {}", self.key));
        }
        if !key.is_empty() {
            request = request.header("Idempotency-Key", key);
        }
        let mut reply = request.send(body.to_string())?;
        let text = reply.body_mut().read_to_string()?;
        let told = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok((reply.status().as_u16(), told))
    }

    /// Sends the `n`th request, which was `due` so long after the begin.
    fn send(&self, kind: Kind, n: usize, due: Duration) -> Sent {
        let (path, body) = self.request(kind, n);
        let is_handoff = kind == Kind::Escalations;
        let key = if is_handoff {
            format!("{}-{n}", self.run)
        } else {
            String::new()
        };
        let late = self.began.elapsed().saturating_sub(due);
        let mut target = n % self.args.targets.len();
        let mut reply = self.post(target, path, &body, &key);
        if self.args.failover {
            for _ in 1..self.args.targets.len() {
                if !matches!(&reply, Err(error) if cause(error) == "connection refused") {
                    break;
                }
                target = (target + 1) % self.args.targets.len();
                reply = self.post(target, path, &body, &key);
            }
        }
        let took = self.began.elapsed().saturating_sub(due);
        let (end, what) = match &reply {
            Ok((status, told)) => judged(kind, *status, told),
            Err(error) => (End::Failed, cause(error).to_owned()),
        };
        let told = reply.map_or(Value::Null, |(_, told)| told);
        let text = |name: &str| told[name].as_str().map(str::to_owned);
        Sent {
            kind,
            target,
            end,
            what,
            due,
            late,
            took,
            generation: text("generation"),
            acknowledged: (is_handoff && end == End::Done)
                .then(|| (key, text("id").unwrap_or_default())),
        }
    }
}

/// What a reply is.
fn judged(kind: Kind, status: u16, told: &Value) -> (End, String) {
    let wanted = match kind {
        Kind::Search | Kind::Answers => 200,
        Kind::Escalations => 202,
        Kind::Feedback => 204,
    };
    match status {
        429 | 503 => (End::Refused, format!("status {status}")),
        _ if status != wanted => (End::Failed, format!("status {status}")),
        _ => match told["reason"].as_str() {
            Some("overloaded") => (End::Refused, "overloaded".to_owned()),
            Some("error") => (End::Failed, "reason error".to_owned()),
            _ => (End::Done, String::new()),
        },
    }
}

/// Why no reply came.
fn cause(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "timeout",
        ureq::Error::ConnectionFailed => "connection refused",
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => "connection refused",
            std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::BrokenPipe
            | std::io::ErrorKind::UnexpectedEof => "connection lost",
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => "timeout",
            _ => "input or output",
        },
        _ => "no reply of HTTP",
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            println!("load: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Box<dyn Error>> {
    let args = Args::parse();
    let round = args.mix.round();
    let mut load = Load::new(args)?;
    load.warm_up()?;
    load.began = Instant::now();
    let load = Arc::new(load);
    let args = &load.args;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(args.most)
        .build()?;
    let all = runtime.block_on(async {
        let mut jobs = JoinSet::new();
        for n in 0.. {
            let due = Duration::from_secs_f64(n as f64 / args.rate);
            if due.as_secs_f64() >= args.seconds {
                break;
            }
            tokio::time::sleep_until((load.began + due).into()).await;
            let (load, kind) = (Arc::clone(&load), round[n % round.len()]);
            jobs.spawn_blocking(move || load.send(kind, n, due));
        }
        jobs.join_all().await
    });
    let late = sorted(all.iter().map(|sent| sent.late));
    let is_sound = quantile(&late, 0.99) <= LATE;
    println!("{}", table(args, &all));
    if !is_sound {
        println!(
            "the generator itself was late, p99 {:.0} ms: these figures are not the service's",
            ms(quantile(&late, 0.99))
        );
    }
    if let Some(path) = &args.json {
        let document = document(args, &all, &late, is_sound);
        fs_err::write(path, serde_json::to_string_pretty(&document)? + "\n")?;
    }
    if let Some(path) = &args.ledger {
        let mut lines = String::new();
        for (key, id) in all.iter().filter_map(|sent| sent.acknowledged.as_ref()) {
            writeln!(lines, "{key}\t{id}")?;
        }
        fs_err::write(path, lines)?;
    }
    Ok(is_sound)
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The kinds that were sent, each with its requests.
fn by_kind(all: &[Sent]) -> BTreeMap<Kind, Vec<&Sent>> {
    let mut kinds: BTreeMap<Kind, Vec<&Sent>> = BTreeMap::new();
    for sent in all {
        kinds.entry(sent.kind).or_default().push(sent);
    }
    kinds
}

const SHARES: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p95", 0.95),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("max", 1.0),
];

fn table(args: &Args, all: &[Sent]) -> String {
    let mut text = format!(
        "{} requests at {}/s for {} s to {} target(s); times from when a request was due, ms\n{:<12} {:>8} {:>8} {:>8} {:>8}",
        all.len(),
        args.rate,
        args.seconds,
        args.targets.len(),
        "kind",
        "done",
        "refused",
        "failed",
        "done/s",
    );
    for (name, _) in SHARES {
        let _ = write!(text, " {name:>9}");
    }
    for (kind, own) in by_kind(all) {
        let n = |end| own.iter().filter(|sent| sent.end == end).count();
        let times = sorted(done(&own).map(|sent| sent.took));
        let _ = write!(
            text,
            "\n{:<12} {:>8} {:>8} {:>8} {:>8.1}",
            kind.name(),
            n(End::Done),
            n(End::Refused),
            n(End::Failed),
            n(End::Done) as f64 / lasted(args, all),
        );
        for (_, share) in SHARES {
            let _ = write!(text, " {:>9.1}", ms(quantile(&times, share)));
        }
    }
    for (what, n) in reasons(all) {
        let _ = write!(text, "\n  {n} times: {what}");
    }
    text
}

fn done<'a>(own: &'a [&Sent]) -> impl Iterator<Item = &'a Sent> {
    own.iter().copied().filter(|sent| sent.end == End::Done)
}

/// Seconds from the first request to the last reply: the time in which what was answered was answered.
fn lasted(args: &Args, all: &[Sent]) -> f64 {
    let ends = all.iter().map(|sent| sent.due + sent.took);
    ends.max()
        .unwrap_or_default()
        .as_secs_f64()
        .max(args.seconds)
}

/// How often requests were refused or failed, by kind and cause.
fn reasons(all: &[Sent]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for sent in all.iter().filter(|sent| sent.end != End::Done) {
        *counted
            .entry(format!("{}, {}", sent.kind.name(), sent.what))
            .or_default() += 1;
    }
    counted
}

fn document(args: &Args, all: &[Sent], late: &[Duration], is_sound: bool) -> Value {
    let quantiles = |times: &[Duration]| {
        let mut own = serde_json::Map::new();
        for (name, share) in SHARES {
            own.insert(name.to_owned(), json!(ms(quantile(times, share))));
        }
        Value::Object(own)
    };
    let mut kinds = serde_json::Map::new();
    for (kind, own) in by_kind(all) {
        let n = |end| own.iter().filter(|sent| sent.end == end).count();
        kinds.insert(
            kind.name().to_owned(),
            json!({
                "n": own.len(), "done": n(End::Done), "refused": n(End::Refused), "failed": n(End::Failed),
                "done_per_second": n(End::Done) as f64 / lasted(args, all),
                "ms_from_due": quantiles(&sorted(done(&own).map(|sent| sent.took))),
                "ms_from_start": quantiles(&sorted(done(&own).map(|sent| sent.took.saturating_sub(sent.late)))),
                "ms_refused": quantiles(&sorted(own.iter().filter(|sent| sent.end == End::Refused).map(|sent| sent.took))),
            }),
        );
    }
    let mut generations: BTreeMap<&str, usize> = BTreeMap::new();
    for generation in all.iter().filter_map(|sent| sent.generation.as_deref()) {
        *generations.entry(generation).or_default() += 1;
    }
    let mut by_target = vec![0_usize; args.targets.len()];
    for sent in all.iter().filter(|sent| sent.end == End::Done) {
        by_target[sent.target] += 1;
    }
    let failures: Vec<Value> = all
        .iter()
        .filter(|sent| sent.end != End::Done)
        .map(|sent| {
            json!({"at_ms": ms(sent.due), "took_ms": ms(sent.took), "kind": sent.kind, "target": sent.target,
                "what": sent.what, "refused": sent.end == End::Refused})
        })
        .collect();
    json!({
        "rate": args.rate, "seconds": args.seconds, "targets": args.targets, "mode": args.mode, "memory": args.memory,
        "processors": std::thread::available_parallelism().map_or(0, usize::from),
        "requests": all.len(), "kinds": kinds, "done_by_target": by_target, "generations": generations,
        "generator_late_ms": quantiles(late), "is_sound": is_sound, "failures": failures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mix: &str, expected: &str) {
        let found = match mix.parse::<Mix>() {
            Ok(mix) => {
                let round = mix.round();
                let letters = round.iter().map(|kind| &kind.name()[..1]);
                letters.collect::<String>()
            }
            Err(problem) => problem,
        };
        assert_eq!(found, expected, "{mix}");
    }

    #[test]
    fn kinds_are_spread_by_their_shares() {
        check("search=1", "s");
        check("search=2,answers=1", "sas");
        check("search=3, escalations=1", "sses");
        check("search=2,answers=2,feedback=0", "sasa");
    }

    #[test]
    fn a_mix_that_is_none_is_refused() {
        check("search", "`search` is no share; write search=70,answers=30");
        check(
            "find=1",
            "`find` is none of search, answers, escalations, feedback",
        );
        check("search=x", "`x` is no whole number");
        check("search=1,search=2", "`search` is given twice");
        check("search=0", "every share is 0");
    }

    #[test]
    fn replies_are_judged_by_what_the_interface_promises() {
        #[track_caller]
        fn check(kind: Kind, status: u16, told: &Value, expected: End) {
            assert_eq!(judged(kind, status, told).0, expected, "{kind:?} {status}");
        }
        check(Kind::Search, 200, &Value::Null, End::Done);
        check(Kind::Search, 503, &Value::Null, End::Refused);
        check(Kind::Search, 500, &Value::Null, End::Failed);
        check(Kind::Answers, 200, &json!({"reason": null}), End::Done);
        check(
            Kind::Answers,
            200,
            &json!({"reason": "no_evidence"}),
            End::Done,
        );
        check(
            Kind::Answers,
            200,
            &json!({"reason": "overloaded"}),
            End::Refused,
        );
        check(Kind::Answers, 200, &json!({"reason": "error"}), End::Failed);
        check(Kind::Escalations, 202, &Value::Null, End::Done);
        check(Kind::Escalations, 200, &Value::Null, End::Failed);
        check(Kind::Feedback, 204, &Value::Null, End::Done);
    }
}
