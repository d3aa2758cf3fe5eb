//! One HTTP call to a destination: guarded, bounded in time and size, never redirected.

use std::io::Read as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;
use ureq::config::AutoHeaderValue;
use ureq::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{AsSendBody, Body};

use crate::endpoint::Endpoint;
use crate::guard::{Allowed, Guard, PrivateAddress};
use crate::{Failure, Limits, Retry};

/// The longest time a destination can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// Speaks to one destination during one attempt.
#[derive(Debug)]
pub(crate) struct Client {
    endpoint: Endpoint,
    agent: ureq::Agent,
    limits: Limits,
    started: Instant,
}

impl Client {
    /// A client for the destination at `url`.
    ///
    /// # Errors
    ///
    /// When `url` cannot be used.
    pub(crate) fn new(url: &str, allow: &[String], limits: &Limits) -> Result<Self, Failure> {
        let allowed = Allowed::new(allow);
        let endpoint = Endpoint::parse(url, &allowed)
            .map_err(|why| Failure::never(format!("the url of the destination {why}")))?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .https_only(endpoint.is_https())
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A proxy would resolve names itself, past the guard.
            .proxy(None)
            .user_agent("loket")
            .accept_encoding(AutoHeaderValue::None)
            .timeout_connect(Some(limits.connect))
            .build();
        Ok(Self {
            agent: ureq::Agent::with_parts(
                config,
                DefaultConnector::default(),
                Guard::new(allowed),
            ),
            endpoint,
            limits: *limits,
            started: Instant::now(),
        })
    }

    /// Posts `body` to the URL of the settings and reads nothing but the status.
    pub(crate) fn post_bytes(&self, headers: &[(&str, &str)], body: &[u8]) -> Result<(), Failure> {
        let request = self.request(Method::POST, self.endpoint.url(), headers, body)?;
        self.run(request).map(drop)
    }

    /// Posts `body` as JSON to `path` below the URL and reads the JSON of the reply.
    pub(crate) fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Value, Failure> {
        let url = self.endpoint.below(path);
        let mut headers = headers.to_vec();
        headers.push((header::CONTENT_TYPE.as_str(), "application/json"));
        let body = body.to_string();
        let request = self.request(Method::POST, &url, &headers, body.as_bytes())?;
        self.run(request).and_then(|response| self.json(response))
    }

    /// Gets the JSON at `path` below the URL.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Value, Failure> {
        let url = self.endpoint.below(path);
        let request = self.request(Method::GET, &url, headers, ())?;
        self.run(request).and_then(|response| self.json(response))
    }

    fn request<B>(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: B,
    ) -> Result<Request<B>, Failure> {
        let mut builder = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(body).map_err(|_| {
            let name = self.endpoint.name();
            Failure::never(format!(
                "a request to {name} cannot be written; check url, user and secret for odd characters"
            ))
        })
    }

    /// Runs `request`; only a 2xx is a response.
    fn run<B: AsSendBody>(&self, request: Request<B>) -> Result<Response<Body>, Failure> {
        let left = self
            .limits
            .attempt
            .saturating_sub(self.started.elapsed())
            .min(self.limits.call);
        if left.is_zero() {
            return Err(self.too_slow());
        }
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(left))
            .build();
        let response = self
            .agent
            .run(request)
            .map_err(|error| self.failure(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(
            self.endpoint.name(),
            response.status(),
            response.headers(),
            Timestamp::now(),
        ))
    }

    fn json(&self, response: Response<Body>) -> Result<Value, Failure> {
        let limit = self.limits.reply_bytes;
        let mut bytes = Vec::new();
        response
            .into_body()
            .into_reader()
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.failure(&ureq::Error::from(error)))?;
        let name = self.endpoint.name();
        if bytes.len() as u64 > limit {
            return Err(Failure::later(format!(
                "{name} answered more than {} kB; check the url",
                limit / 1024
            )));
        }
        serde_json::from_slice(&bytes).map_err(|_| self.unexpected())
    }

    /// The failure of a reply that is not what the API promises.
    pub(crate) fn unexpected(&self) -> Failure {
        let name = self.endpoint.name();
        Failure::later(format!(
            "{name} did not answer as its API does; check the url"
        ))
    }

    fn too_slow(&self) -> Failure {
        let name = self.endpoint.name();
        Failure::later(format!("{name} took too long; it is tried again"))
    }

    fn failure(&self, error: &ureq::Error) -> Failure {
        let name = self.endpoint.name();
        let cause = match error {
            ureq::Error::Other(cause) if cause.is::<PrivateAddress>() => {
                return Failure::never(format!(
                    "{name} leads to a private address; add the host to `allow` if that is meant"
                ));
            }
            ureq::Error::Timeout(_) => return self.too_slow(),
            ureq::Error::HostNotFound => "its name is not known",
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "its certificate was not accepted",
            ureq::Error::Io(error) => match error.kind() {
                std::io::ErrorKind::ConnectionRefused => "it refused the connection",
                std::io::ErrorKind::InvalidData => "its certificate or its reply was not accepted",
                std::io::ErrorKind::UnexpectedEof
                | std::io::ErrorKind::ConnectionReset
                | std::io::ErrorKind::BrokenPipe => "it closed the connection",
                _ => "the connection failed",
            },
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
                "its reply was not HTTP"
            }
            _ => "the call failed",
        };
        Failure::later(format!(
            "{name} was not reached: {cause}; it is tried again"
        ))
    }
}

/// The failure of a reply that is not a 2xx.
fn refusal(name: &str, status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Failure {
    let code = status.as_u16();
    let (remedy, is_permanent) = match code {
        301 | 308 => ("redirects are not followed; set the url it points to", true),
        300..=399 => ("redirects are not followed; it is tried again", false),
        401 | 403 => ("check secret and rights", true),
        404 | 405 => ("check the url", true),
        410 => ("nobody receives there any more; set another url", true),
        408 | 409 | 421 | 425 | 429 | 500..=599 => ("it is tried again", false),
        _ => ("it does not take the request; check url and settings", true),
    };
    let why = format!("{name} answered {code}: {remedy}");
    if is_permanent {
        return Failure::never(why);
    }
    let wait = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| retry_after(value, now));
    let retry = wait.map_or(Retry::Later, Retry::After);
    Failure { why, retry }
}

/// Reads `Retry-After`, seconds or a date; `None` when it asks for nothing.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit is still a wish for a long time.
        value.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let until = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
        Duration::try_from(until.duration_since(now)).ok()?
    };
    (!wait.is_zero()).then(|| wait.min(MAX_RETRY_AFTER))
}

/// The value of an `Authorization` header of the basic scheme.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// An id of a reply, which APIs give as a number or a string.
pub(crate) fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_retry_after(value: &str, expected: Option<u64>) {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(retry_after(value, now), expected.map(Duration::from_secs));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_a_day_at_most() {
        check_retry_after("120", Some(120));
        check_retry_after(" 7 ", Some(7));
        check_retry_after("86401", Some(86400));
        check_retry_after("99999999999999999999999", Some(86400));
        check_retry_after("0", None);
        check_retry_after("", None);
        check_retry_after("-5", None);
        check_retry_after("soon", None);
        check_retry_after("Sun, 01 Mar 2026 12:01:30 GMT", Some(90));
        check_retry_after("Sun, 01 Mar 2026 11:00:00 GMT", None);
        check_retry_after("Wed, 01 Apr 2026 12:00:00 GMT", Some(86400));
    }

    #[track_caller]
    fn check_status(status: u16, expected: Retry) {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, "60".parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        let failure = refusal("h.example:8443", status, &headers, now);
        assert_eq!(failure.retry, expected, "{status}");
        let start = format!("h.example:8443 answered {}: ", status.as_u16());
        assert!(failure.why.starts_with(&start), "{}", failure.why);
    }

    #[test]
    fn a_status_says_whether_to_try_again() {
        let after = Retry::After(Duration::from_mins(1));
        for status in [302, 307, 408, 409, 425, 429, 500, 502, 503, 504] {
            check_status(status, after);
        }
        for status in [301, 308, 400, 401, 402, 403, 404, 405, 410, 413, 415, 422] {
            check_status(status, Retry::Never);
        }
    }
}
