//! The model hub as source: plain HTTPS, continued where an earlier pull stopped.

use std::fmt;
use std::io::Read as _;
use std::time::Duration;

use ureq::config::RedirectAuthHeaders;
use ureq::http::{Response, StatusCode, header};

use super::part::PartFile;
use super::{OnProgress, PullProgress, SourceError};

/// The hub that is asked when `HF_ENDPOINT` names no other.
pub const DEFAULT_HUB_ENDPOINT: &str = "https://huggingface.co";

/// How to reach the model hub.
#[derive(Clone, PartialEq, Eq)]
pub struct HubOptions {
    /// Base address, with or without a final slash.
    pub endpoint: String,
    /// Sent as bearer token to the endpoint itself, not to where it redirects.
    pub token: Option<String>,
    /// Never ask the hub.
    pub offline: bool,
    /// How long to wait for a connection, and then for each further bytes.
    pub patience: Duration,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            endpoint: DEFAULT_HUB_ENDPOINT.to_owned(),
            token: None,
            offline: false,
            patience: Duration::from_secs(15),
        }
    }
}

/// Leaves the token out.
impl fmt::Debug for HubOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubOptions")
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .field("patience", &self.patience)
            .finish()
    }
}

impl HubOptions {
    /// The defaults with `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE` applied, as the hub's own tools read
    /// them: empty counts as unset, and offline is `1`, `true`, `yes` or `on` in any case.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| {
            variable(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let defaults = Self::default();
        Self {
            endpoint: set("HF_ENDPOINT").unwrap_or(defaults.endpoint),
            token: set("HF_TOKEN"),
            offline: set("HF_HUB_OFFLINE").is_some_and(|value| {
                ["1", "true", "yes", "on"].contains(&value.to_ascii_lowercase().as_str())
            }),
            patience: defaults.patience,
        }
    }

    fn agent(&self) -> ureq::Agent {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            // `SameHost` does not look at the port, and would hand the token to another server on the host.
            .redirect_auth_headers(RedirectAuthHeaders::Never)
            .timeout_resolve(Some(self.patience))
            .timeout_connect(Some(self.patience))
            .timeout_recv_response(Some(self.patience))
            .timeout_per_read(Some(self.patience))
            .build()
            .new_agent()
    }
}

/// Appends the rest of the file at `address` (relative to the endpoint) to `part`. A connection that breaks
/// is taken up again for as long as each one gets further than all before it.
pub(super) fn fill(
    hub: &HubOptions,
    address: &str,
    part: &mut PartFile,
    on_progress: &mut OnProgress<'_>,
) -> Result<(), SourceError> {
    if hub.offline {
        return Err(SourceError::HubOffline);
    }
    let agent = hub.agent();
    let url = format!("{}/{address}", hub.endpoint.trim_end_matches('/'));
    let mut furthest = part.len();
    while part.len() < part.expected() {
        let error = match receive(hub, &agent, &url, part, on_progress) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let is_broken = matches!(error, SourceError::Interrupted { .. });
        if !is_broken || part.len() <= furthest {
            return Err(error);
        }
        tracing::debug!(received = part.len(), "connection broke, continuing");
        furthest = part.len();
    }
    Ok(())
}

/// One request, from the end of `part` on.
fn receive(
    hub: &HubOptions,
    agent: &ureq::Agent,
    url: &str,
    part: &mut PartFile,
    on_progress: &mut OnProgress<'_>,
) -> Result<(), SourceError> {
    let mut request = agent
        .get(url)
        // A compressed transfer could not be continued by byte position.
        .header(header::ACCEPT_ENCODING, "identity");
    if let Some(token) = &hub.token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if part.len() > 0 {
        request = request.header(header::RANGE, format!("bytes={}-", part.len()));
    }
    let response = request
        .call()
        .map_err(|error| SourceError::Unreachable(Box::new(error)))?;
    let start = match response.status() {
        StatusCode::OK => 0,
        StatusCode::PARTIAL_CONTENT => part.len(),
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(SourceError::Absent),
        // The file ends before where we would continue, so it is not the file we want.
        StatusCode::RANGE_NOT_SATISFIABLE => {
            return Err(SourceError::WrongSize {
                found: range_total(&response).unwrap_or(part.len()),
                expected: part.expected(),
            });
        }
        status => {
            return Err(SourceError::Refused {
                status: status.as_u16(),
            });
        }
    };
    if let Some(total) = total_bytes(&response, start)
        && total != part.expected()
    {
        return Err(SourceError::WrongSize {
            found: total,
            expected: part.expected(),
        });
    }
    if start == 0 {
        part.restart()?;
    }
    on_progress(PullProgress::Received {
        done: part.len(),
        bytes: part.expected(),
    });
    let mut body = response.into_body().into_reader();
    let mut block = vec![0; 1 << 18];
    loop {
        match body.read(&mut block) {
            Ok(0) if part.len() == part.expected() => return Ok(()),
            Ok(0) | Err(_) => {
                return Err(SourceError::Interrupted {
                    received: part.len(),
                    expected: part.expected(),
                });
            }
            Ok(n) => part.append(&block[..n])?,
        }
        on_progress(PullProgress::Received {
            done: part.len(),
            bytes: part.expected(),
        });
    }
}

/// Size of the whole file according to the headers of an answer whose body starts at `start`.
fn total_bytes<T>(response: &Response<T>, start: u64) -> Option<u64> {
    if response.status() == StatusCode::PARTIAL_CONTENT {
        return range_total(response);
    }
    let length = response.headers().get(header::CONTENT_LENGTH)?;
    Some(start + length.to_str().ok()?.parse::<u64>().ok()?)
}

/// The number after the slash of `Content-Range: bytes 5-9/10`.
fn range_total<T>(response: &Response<T>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?;
    let (_, total) = range.to_str().ok()?.rsplit_once('/')?;
    total.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hubs_own_variables_are_honoured() {
        let options = HubOptions::from_variables(|name| match name {
            "HF_ENDPOINT" => Some("http://mirror.example/".to_owned()),
            "HF_TOKEN" => Some(" secret ".to_owned()),
            "HF_HUB_OFFLINE" => Some("True".to_owned()),
            _ => None,
        });
        assert_eq!(options.endpoint, "http://mirror.example/");
        assert_eq!(options.token.as_deref(), Some("secret"));
        assert!(options.offline);
        assert!(!format!("{options:?}").contains("secret"));

        let unset = HubOptions::from_variables(|_| Some(String::new()));
        assert_eq!(unset, HubOptions::default());
        let zero =
            HubOptions::from_variables(|name| (name == "HF_HUB_OFFLINE").then(|| "0".into()));
        assert!(!zero.offline);
    }
}
