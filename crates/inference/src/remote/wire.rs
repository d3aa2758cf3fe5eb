//! The wire: one HTTP request at a time on the caller's thread, which stops at any byte.
//!
//! `ureq` blocks in a read until a timeout of its own, and knows nothing of a cancel flag. So the transport below it waits
//! in short slices and looks after each at what the thread's [`Watch`] says: cancelled, late, or silent for too long. No
//! second thread is needed for that, and a connection that is given up is closed, which tells the server to stop working.

use std::cell::RefCell;
use std::io::Read;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use ureq::http::{StatusCode, header};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::time::Duration as WireDuration;
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, RustlsConnector,
    TcpConnector, Transport,
};

use super::error::of_status;
use super::gate::Failure;
use super::{ApiKey, RemoteError, Waited};
use crate::writer::{CancelFlag, Finish};

/// Longest wait without a look at the watch.
const SLICE: Duration = Duration::from_millis(20);

thread_local! {
    /// What the request of this thread waits for. The transport is made by `ureq` and outlives a request, so it cannot
    /// hold this itself. Whatever thread reads a reply has a watch of its own, also when another one asked for it.
    static WATCH: RefCell<Option<Limits>> = const { RefCell::new(None) };
}

/// What ends a wait, whichever comes first.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    cancel: CancelFlag,
    deadline: Instant,
    due: Instant,
}

impl Limits {
    fn is_reached(&self) -> bool {
        let now = Instant::now();
        self.cancel.is_cancelled() || now >= self.deadline || now >= self.due
    }
}

/// Watches over what this thread reads until it is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    limits: Limits,
    waited: Waited,
    /// Bound to the thread it was made on.
    here: PhantomData<*const ()>,
}

impl Watch {
    /// Begins; the first bytes are due `patience` from now.
    pub(super) fn begin(cancel: &CancelFlag, deadline: Instant, patience: Duration) -> Self {
        Self::over(Limits {
            cancel: cancel.clone(),
            deadline,
            due: Instant::now() + patience,
        })
    }

    /// Begins within limits that another thread's watch gave.
    pub(super) fn over(limits: Limits) -> Self {
        let watch = Self {
            limits,
            waited: Waited::FirstToken,
            here: PhantomData,
        };
        watch.set();
        watch
    }

    /// The times of this one, for a request on another thread that `cancel` stops.
    pub(super) fn limits(&self, cancel: &CancelFlag) -> Limits {
        Limits {
            cancel: cancel.clone(),
            ..self.limits
        }
    }

    /// Time the caller has.
    pub(super) fn until_deadline(&self) -> Duration {
        self.limits
            .deadline
            .saturating_duration_since(Instant::now())
    }

    /// The next token is due `patience` from now.
    pub(super) fn expect_next(&mut self, patience: Duration) {
        self.limits.due = Instant::now() + patience;
        self.waited = Waited::NextToken;
        self.set();
    }

    fn set(&self) {
        let limits = self.limits.clone();
        WATCH.with(|watch| *watch.borrow_mut() = Some(limits));
    }

    /// Why to stop now, if so.
    pub(super) fn stopped(&self) -> Option<Failure> {
        let now = Instant::now();
        if self.limits.cancel.is_cancelled() {
            Some(Failure::Stopped(Finish::Cancelled))
        } else if now >= self.limits.deadline {
            Some(Failure::Stopped(Finish::Deadline))
        } else if now >= self.limits.due {
            Some(RemoteError::Timeout(self.waited).into())
        } else {
            None
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        WATCH.with(|watch| *watch.borrow_mut() = None);
    }
}

/// What the transport throws to get out of `ureq`; [`Watch::stopped`] says what it means.
#[derive(Debug, thiserror::Error)]
#[error("the request was stopped")]
struct Stopped;

fn look() -> Result<Option<Instant>, ureq::Error> {
    WATCH.with(|watch| match &*watch.borrow() {
        Some(limits) if limits.is_reached() => Err(ureq::Error::Other(Box::new(Stopped))),
        Some(limits) => Ok(Some(limits.deadline.min(limits.due))),
        None => Ok(None),
    })
}

#[derive(Debug)]
struct WatchedConnector;

impl<In: Transport> Connector<In> for WatchedConnector {
    type Out = Watched<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        Ok(chained.map(Watched))
    }
}

/// A transport that looks at the watch.
#[derive(Debug)]
struct Watched<T>(T);

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let end = look()?;
        let sent = self.0.transmit_output(amount, capped(timeout, end));
        look()?;
        sent
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let own_end = match timeout.after {
            WireDuration::Exact(after) => Some(Instant::now() + after),
            WireDuration::NotHappening => None,
        };
        loop {
            look()?;
            let slice = Instant::now() + SLICE;
            let got = self.0.await_input(capped(timeout, Some(slice)));
            match got {
                Err(ureq::Error::Timeout(_)) => {
                    look()?;
                    if own_end.is_some_and(|end| Instant::now() >= end) {
                        return got;
                    }
                }
                got => return got,
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

/// `timeout`, ending at `end` at the latest.
fn capped(mut timeout: NextTimeout, end: Option<Instant>) -> NextTimeout {
    if let Some(end) = end {
        // Nothing waits for no time at all.
        let left = end
            .saturating_duration_since(Instant::now())
            .max(Duration::from_millis(1));
        if timeout.after > WireDuration::Exact(left) {
            timeout.after = WireDuration::Exact(left);
        }
    }
    timeout
}

/// The way to one endpoint.
pub(super) struct Wire {
    agent: ureq::Agent,
    base: String,
    key: ApiKey,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// The head of a successful reply, and its body.
pub(super) struct Reply {
    /// What the body is, in small letters, without parameters.
    pub(super) content_type: String,
    pub(super) body: ureq::BodyReader<'static>,
}

impl Wire {
    /// A way to the endpoint at `base`, which connects within `connect`.
    pub(super) fn new(base: &str, key: ApiKey, connect: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(connect))
            .timeout_resolve(Some(connect))
            .user_agent(concat!("loket/", env!("CARGO_PKG_VERSION")))
            .max_idle_age(Duration::from_secs(10))
            .build();
        let connector =
            ().chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default())
                .chain(WatchedConnector)
                .chain(RustlsConnector::default());
        Self {
            agent: ureq::Agent::with_parts(config, connector, DefaultResolver::default()),
            base: base.trim_end_matches('/').to_owned(),
            key,
        }
    }

    /// Sends `body` as JSON to `path` below the base.
    pub(super) fn post(&self, path: &str, body: &[u8], watch: &Watch) -> Result<Reply, Failure> {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json")
            // Compressed events would arrive in blocks, not one by one.
            .header(header::ACCEPT_ENCODING, "identity");
        if let Some(key) = self.key.header() {
            request = request.header(header::AUTHORIZATION, key);
        }
        let left = watch.until_deadline();
        let request = request.config().timeout_global(Some(left)).build();
        Self::reply(request.send(body), watch)
    }

    /// Reads `path` below the base.
    pub(super) fn get(&self, path: &str, watch: &Watch) -> Result<Reply, Failure> {
        let mut request = self
            .agent
            .get(format!("{}{path}", self.base))
            .header(header::ACCEPT_ENCODING, "identity");
        if let Some(key) = self.key.header() {
            request = request.header(header::AUTHORIZATION, key);
        }
        let left = watch.until_deadline();
        let request = request.config().timeout_global(Some(left)).build();
        Self::reply(request.call(), watch)
    }

    fn reply(
        sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        watch: &Watch,
    ) -> Result<Reply, Failure> {
        let response = sent.map_err(|error| failure(error, watch))?;
        let status = response.status();
        let text = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        if status != StatusCode::OK {
            return Err(of_status(status.as_u16(), text(header::RETRY_AFTER)).into());
        }
        let content_type = text(header::CONTENT_TYPE).unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default();
        Ok(Reply {
            content_type: content_type.trim().to_ascii_lowercase(),
            body: response.into_body().into_reader(),
        })
    }
}

impl Reply {
    /// Reads the whole body as JSON, at most `limit_bytes` of it.
    pub(super) fn json<T: serde::de::DeserializeOwned>(
        mut self,
        limit_bytes: usize,
        watch: &Watch,
    ) -> Result<T, Failure> {
        let mut bytes = Vec::new();
        let mut block = [0; 16 * 1024];
        loop {
            let n = read(&mut self.body, &mut block, watch)?;
            if n == 0 {
                break;
            }
            if bytes.len() + n > limit_bytes {
                let what = "a reply";
                return Err(RemoteError::TooLarge { what, limit_bytes }.into());
            }
            bytes.extend_from_slice(&block[..n]);
        }
        // What the parser says may quote the reply.
        serde_json::from_slice(&bytes).map_err(|_| {
            RemoteError::Malformed("a reply that is not the JSON of this interface").into()
        })
    }
}

/// Reads some of a body; zero at its end.
pub(super) fn read(
    body: &mut impl Read,
    block: &mut [u8],
    watch: &Watch,
) -> Result<usize, Failure> {
    if let Some(stopped) = watch.stopped() {
        return Err(stopped);
    }
    body.read(block).map_err(|_| {
        // A body that ends before its length is broken off, whatever the layer that saw it calls that.
        watch
            .stopped()
            .unwrap_or_else(|| RemoteError::Broken.into())
    })
}

fn failure(error: ureq::Error, watch: &Watch) -> Failure {
    if let Some(stopped) = watch.stopped() {
        return stopped;
    }
    let error = match error {
        ureq::Error::Timeout(
            ureq::Timeout::Connect
            | ureq::Timeout::Resolve
            | ureq::Timeout::SendRequest
            | ureq::Timeout::SendBody,
        ) => RemoteError::Timeout(Waited::Connection),
        ureq::Error::Timeout(_) => return Failure::Stopped(Finish::Deadline),
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => {
            RemoteError::Malformed("a reply that is no HTTP")
        }
        ureq::Error::LargeResponseHeader(_, limit_bytes) => RemoteError::TooLarge {
            what: "the head of a reply",
            limit_bytes,
        },
        ureq::Error::Io(_)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_)
        | ureq::Error::ConnectProxyFailed(_) => RemoteError::Unreachable(Box::new(error)),
        error => RemoteError::Request(Box::new(error)),
    };
    error.into()
}
