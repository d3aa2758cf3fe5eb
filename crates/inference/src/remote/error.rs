//! What can go wrong with an endpoint, by what to do about it.

use std::time::Duration;

/// What was waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// A connection.
    Connection,
    /// The first token, or the whole of a short reply.
    FirstToken,
    /// The next token.
    NextToken,
}

impl std::fmt::Display for Waited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connection => "a connection",
            Self::FirstToken => "its first token",
            Self::NextToken => "its next token",
        })
    }
}

/// Why an endpoint gave nothing usable. Holds nothing of what was sent or received: servers repeat requests in their
/// errors, and those hold what customers typed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// No connection, or one that broke before the reply began.
    #[error("the endpoint cannot be reached; check its `url` and that it runs")]
    Unreachable(#[source] Box<ureq::Error>),
    /// It took too long.
    #[error(
        "the endpoint let us wait too long for {0}; it is overloaded, or its timeout is set too short"
    )]
    Timeout(Waited),
    /// It does not take the key.
    #[error(
        "the endpoint does not take the key (status {status}); set `api_key_file` to the file with its key"
    )]
    Key {
        /// 401 or 403.
        status: u16,
    },
    /// It does not have what was asked for.
    #[error(
        "the endpoint has no such path or model (status 404); check `url`, which ends in `/v1` for most, and `model`"
    )]
    NotFound,
    /// It asks us to come back later.
    #[error("the endpoint is overloaded (status {status}); give it more room, or send it less")]
    Busy {
        /// 429 or 503.
        status: u16,
        /// When to come back, where it says.
        retry_after: Option<Duration>,
    },
    /// It refuses this request.
    #[error(
        "the endpoint refused the request (status {status}); check `family` and `extra`, and that the prompt fits its context"
    )]
    Refused {
        /// 4xx.
        status: u16,
    },
    /// It failed.
    #[error("the endpoint failed (status {status}); its own log says why")]
    Failed {
        /// 5xx, or 200 where it told of the failure in its stream.
        status: u16,
    },
    /// It sends us somewhere else.
    #[error(
        "the endpoint redirects elsewhere (status {status}), which is not followed; set `url` to where it really is"
    )]
    Redirected {
        /// 3xx.
        status: u16,
    },
    /// What it sent is not what this interface says.
    #[error(
        "the endpoint sent something else than expected: {0}; check that `url` is the base of an OpenAI-compatible interface"
    )]
    Malformed(&'static str),
    /// It sent too much.
    #[error("the endpoint sent {what} of more than {limit_bytes} bytes")]
    TooLarge {
        /// What was too long.
        what: &'static str,
        /// The most that is taken.
        limit_bytes: usize,
    },
    /// The reply ended before its end.
    #[error("the endpoint's reply broke off")]
    Broken,
    /// It failed so often that it is left alone for a while.
    #[error("the endpoint failed repeatedly and is left alone for a moment")]
    Open,
    /// It tells no probabilities of tokens.
    #[error(
        "the endpoint tells no probabilities of tokens (`top_logprobs`), so the writer cannot say how sure it is"
    )]
    NoLogProbabilities,
    /// Its vectors have another length than before.
    #[error(
        "the endpoint sent a vector of {found} numbers where {expected} were expected; another model stands behind the name, so restart and reindex"
    )]
    Dimensions {
        /// The length of all before.
        expected: usize,
        /// This one's.
        found: usize,
    },
    /// Its vectors are others than those of the same texts before.
    #[error(
        "another model stands behind the endpoint's name than before; restart, and reindex with `loket index`"
    )]
    Changed,
    /// A file beside the endpoint cannot be used.
    #[error("`{path}` cannot be used: {problem}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The system refused something a client needs.
    #[error("the request could not be made")]
    Request(#[source] Box<ureq::Error>),
}

impl RemoteError {
    /// A word for it, as a label of metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) | Self::Request(_) => "unreachable",
            Self::Timeout(_) => "timeout",
            Self::Key { .. } => "key",
            Self::NotFound => "not_found",
            Self::Busy { .. } => "busy",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Redirected { .. } => "redirected",
            Self::Malformed(_) | Self::Dimensions { .. } | Self::Changed | Self::File { .. } => {
                "malformed"
            }
            Self::TooLarge { .. } => "too_large",
            Self::Broken => "broken",
            Self::Open => "breaker_open",
            Self::NoLogProbabilities => "no_logprobs",
        }
    }

    /// The words [`RemoteError::code`] may be.
    pub(super) const CODES: [&'static str; 13] = [
        "unreachable",
        "timeout",
        "key",
        "not_found",
        "busy",
        "refused",
        "failed",
        "redirected",
        "malformed",
        "too_large",
        "broken",
        "breaker_open",
        "no_logprobs",
    ];

    /// Whether it says that the endpoint is ill, rather than that this request is.
    pub(super) const fn is_of_endpoint(&self) -> bool {
        !matches!(
            self,
            Self::Refused { .. } | Self::Open | Self::NoLogProbabilities | Self::Busy { .. }
        )
    }

    /// Whether the same request may succeed in a moment.
    pub(super) const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Busy { .. } | Self::Failed { .. } | Self::Broken
        )
    }

    /// When the endpoint wants to be asked again.
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// The error for a status that is no success; `retry_after` as its header has it.
pub(super) fn of_status(status: u16, retry_after: Option<&str>) -> RemoteError {
    match status {
        300..400 => RemoteError::Redirected { status },
        401 | 403 => RemoteError::Key { status },
        404 | 405 => RemoteError::NotFound,
        429 | 503 => RemoteError::Busy {
            status,
            // A date is legal too, but nobody sends one; without a number it is as if it said nothing.
            retry_after: retry_after
                .and_then(|text| text.trim().parse::<u64>().ok())
                .map(Duration::from_secs),
        },
        400..500 => RemoteError::Refused { status },
        _ => RemoteError::Failed { status },
    }
}
