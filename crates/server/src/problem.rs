//! Problems: what went wrong, as RFC 9457 describes it.
//!
//! A route returns a [`Problem`]; the outermost layer writes it, so that the request's id is in every one,
//! and a failure on our side also names the ways to a person.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{dto, health::Check};

/// What kind of thing went wrong. The names are part of the interface and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The body is no JSON, or not what the route takes.
    InvalidRequest,
    /// A value of the body or the query is not what the field takes, or the field is unknown or missing.
    InvalidField,
    /// The subject does not fit: a wrong type, a name that is no identifier, more than the limits allow.
    InvalidSubject,
    /// An object of the body names a field twice.
    DuplicateField,
    /// The route needs a key, and none was sent.
    KeyMissing,
    /// What was sent as a key is none, or counts no more.
    KeyInvalid,
    /// The token's time is over.
    TokenExpired,
    /// The token is for another service, or for pages of another origin.
    TokenAudience,
    /// The token is signed by another algorithm, or not at all.
    TokenAlgorithm,
    /// What was sent is no token of this service, or was changed since.
    TokenInvalid,
    /// The key may not do this; the detail names the scope that may.
    InsufficientScope,
    /// A browser named a customer or a subject that its token does not hold.
    ContextNotAllowed,
    /// The page that asks is of no allowed origin, or strangers get no sessions.
    OriginNotAllowed,
    /// The caller has asked for more than its limit.
    RateLimited,
    /// The keys cannot be read, so nobody is let in.
    KeysUnavailable,
    /// No such route, or no such article.
    NotFound,
    /// No help center answers to this host or path.
    NoHelpCenter,
    /// The route exists, but not with this method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The body or the question is longer than allowed.
    TooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The way to a person that was asked for is closed, or not offered in this language.
    MethodUnavailable,
    /// An `Idempotency-Key` came before with another body.
    KeyReused,
    /// Hand-offs and feedback cannot be stored.
    StoreUnavailable,
    /// No index or no encoder is loaded, or the settings of the help center are wrong.
    NotReady,
    /// Too many requests at once, or no time left.
    Overloaded,
    /// A newer generation could not be loaded.
    ReloadFailed,
    /// A defect on our side.
    Internal,
}

impl ProblemKind {
    /// The status it is sent with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest | Self::InvalidField => StatusCode::BAD_REQUEST,
            Self::InvalidSubject
            | Self::DuplicateField
            | Self::MethodUnavailable
            | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::KeyMissing
            | Self::KeyInvalid
            | Self::TokenExpired
            | Self::TokenAudience
            | Self::TokenAlgorithm
            | Self::TokenInvalid => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope | Self::ContextNotAllowed | Self::OriginNotAllowed => {
                StatusCode::FORBIDDEN
            }
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound | Self::NoHelpCenter => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::StoreUnavailable
            | Self::KeysUnavailable
            | Self::NotReady
            | Self::Overloaded
            | Self::ReloadFailed => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Its name, and the last part of its `type`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidField => "invalid_field",
            Self::InvalidSubject => "invalid_subject",
            Self::DuplicateField => "duplicate_field",
            Self::KeyMissing => "key_missing",
            Self::KeyInvalid => "key_invalid",
            Self::TokenExpired => "token_expired",
            Self::TokenAudience => "token_audience",
            Self::TokenAlgorithm => "token_algorithm",
            Self::TokenInvalid => "token_invalid",
            Self::InsufficientScope => "insufficient_scope",
            Self::ContextNotAllowed => "context_not_allowed",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::RateLimited => "rate_limited",
            Self::KeysUnavailable => "keys_unavailable",
            Self::NotFound => "not_found",
            Self::NoHelpCenter => "no_help_center",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::RequestTimeout => "request_timeout",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::MethodUnavailable => "method_unavailable",
            Self::KeyReused => "idempotency_key_reused",
            Self::StoreUnavailable => "store_unavailable",
            Self::NotReady => "not_ready",
            Self::Overloaded => "overloaded",
            Self::ReloadFailed => "reload_failed",
            Self::Internal => "internal",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request cannot be read",
            Self::InvalidField => "A field is not valid",
            Self::InvalidSubject => "The subject does not fit",
            Self::DuplicateField => "A field is named twice",
            Self::KeyMissing => "A key is needed",
            Self::KeyInvalid => "The key does not count",
            Self::TokenExpired => "The token has expired",
            Self::TokenAudience => "The token is for somewhere else",
            Self::TokenAlgorithm => "The token is signed in another way",
            Self::TokenInvalid => "The token does not count",
            Self::InsufficientScope => "The key may not do this",
            Self::ContextNotAllowed => "A browser may not say this",
            Self::OriginNotAllowed => "This page gets no session",
            Self::RateLimited => "Too many requests",
            Self::KeysUnavailable => "The keys cannot be read",
            Self::NotFound => "Not found",
            Self::NoHelpCenter => "There is no help center here",
            Self::MethodNotAllowed => "Method not allowed",
            Self::RequestTimeout => "The request took too long to arrive",
            Self::TooLarge => "The request is too large",
            Self::UnsupportedMediaType => "The body must be JSON",
            Self::MethodUnavailable => "This way to a person is closed",
            Self::KeyReused => "The idempotency key was used before",
            Self::StoreUnavailable => "Nothing can be stored at the moment",
            Self::NotReady => "Not ready",
            Self::Overloaded => "Too busy",
            Self::ReloadFailed => "The index could not be reloaded",
            Self::Internal => "Something failed on our side",
        }
    }

    /// How the client is to say who it is (RFC 6750, section 3).
    const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::KeyMissing => Some(r#"Bearer realm="loket""#),
            Self::KeyInvalid
            | Self::TokenExpired
            | Self::TokenAudience
            | Self::TokenAlgorithm
            | Self::TokenInvalid => Some(r#"Bearer realm="loket", error="invalid_token""#),
            Self::InsufficientScope => Some(r#"Bearer realm="loket", error="insufficient_scope""#),
            _ => None,
        }
    }

    const fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            400..500 => Self::InvalidRequest,
            _ => Self::Internal,
        }
    }
}

/// One failure, told to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// What went wrong this time and what to do about it. Never holds a cause from inside.
    pub detail: String,
    /// The field it is about, as a path: `conversation[0].role`.
    pub field: Option<String>,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
    /// How each part of the service is, where that is what was asked.
    pub(crate) checks: Vec<Check>,
}

impl Problem {
    /// A problem of `kind`, told by `detail`.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            field: None,
            retry_after: None,
            checks: Vec::new(),
        }
    }

    /// A value that a field does not take.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(ProblemKind::InvalidField, detail)
        }
    }

    /// A subject that does not fit. Its message names places and types, never a value.
    pub(crate) fn subject(error: &answer::InvalidSubject) -> Self {
        Self {
            kind: ProblemKind::InvalidSubject,
            ..Self::field(error.path(), error.to_string())
        }
    }

    /// A reply without a body that some layer made, such as an unknown route's.
    pub(crate) fn of_status(status: StatusCode, method: &str, path: &str) -> Self {
        let kind = ProblemKind::of_status(status);
        let detail = match kind {
            ProblemKind::NotFound => format!("there is nothing at `{path}`"),
            ProblemKind::MethodNotAllowed => format!("`{path}` does not take {method}"),
            _ => kind.title().to_owned(),
        };
        Self::new(kind, detail)
    }

    /// No help center answers here. The same words whatever there is elsewhere.
    pub(crate) fn no_help_center() -> Self {
        Self::new(
            ProblemKind::NoHelpCenter,
            "no help center answers to this address; check its host and path",
        )
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            ProblemKind::Internal,
            "the request failed because of a defect; its id helps support to find it",
        )
    }

    /// The state store could not be opened when the service started.
    pub(crate) fn no_store() -> Self {
        Self {
            retry_after: Some(60),
            ..Self::new(
                ProblemKind::StoreUnavailable,
                "nothing was stored; use another way to a person, or try again later",
            )
        }
    }

    /// The state store failed; the cause is logged, not told.
    pub(crate) fn store(error: &support::StoreError) -> Self {
        tracing::error!(
            error = error as &dyn std::error::Error,
            "the state store failed"
        );
        Self {
            retry_after: Some(5),
            ..Self::no_store()
        }
    }

    pub(crate) fn not_ready() -> Self {
        Self {
            retry_after: Some(5),
            ..Self::new(
                ProblemKind::NotReady,
                "no index is loaded yet; run `loket index`, or try again when it is done",
            )
        }
    }

    pub(crate) fn overloaded() -> Self {
        Self {
            retry_after: Some(crate::queue::RETRY_AFTER_SECONDS),
            ..Self::new(
                ProblemKind::Overloaded,
                "too many requests are waiting; try again in a moment",
            )
        }
    }

    /// The `type` of a kind.
    pub(crate) fn type_of(kind: ProblemKind) -> String {
        format!("urn:loket:problem:{}", kind.code())
    }

    /// What the client reads.
    pub(crate) fn body(&self, request_id: &str, contact: Option<dto::Contact>) -> Body {
        Body {
            kind: Self::type_of(self.kind),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            field: self.field.clone(),
            request_id: request_id.to_owned(),
            contact,
            checks: self.checks.clone(),
        }
    }

    /// The whole reply.
    pub(crate) fn response(&self, request_id: &str, contact: Option<dto::Contact>) -> Response {
        let body = serde_json::to_vec(&self.body(request_id, contact)).unwrap_or_default();
        let mut response = (self.kind.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = self.kind.challenge() {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            );
        }
        response
    }
}

/// A problem as it is sent (RFC 9457).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Body {
    /// `urn:loket:problem:` and the kind; never changes.
    #[serde(rename = "type")]
    kind: String,
    /// The same for every problem of the kind.
    title: &'static str,
    /// The status of the reply.
    status: u16,
    /// What went wrong this time and what to do about it.
    detail: String,
    /// The field it is about, as a path: `conversation[0].role`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The id of the request, which the log has too.
    request_id: String,
    /// The ways to a person, where the failure is on our side.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<dto::Contact>,
    /// How each part of the service is; in replies of `/readyz` only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Check>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
