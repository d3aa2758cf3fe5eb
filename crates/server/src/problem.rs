//! Problems: what went wrong, as RFC 9457 describes it.
//!
//! A route returns a [`Problem`]; the outermost layer writes it, so that the request's id is in every one,
//! and a failure on our side also names the ways to a person.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::dto;

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
    /// No such route, or no such article.
    NotFound,
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
    /// No index or no encoder is loaded.
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
            Self::InvalidSubject | Self::MethodUnavailable | Self::KeyReused => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::StoreUnavailable | Self::NotReady | Self::Overloaded | Self::ReloadFailed => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Its name, and the last part of its `type`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidField => "invalid_field",
            Self::InvalidSubject => "invalid_subject",
            Self::NotFound => "not_found",
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

    const fn title(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request cannot be read",
            Self::InvalidField => "A field is not valid",
            Self::InvalidSubject => "The subject does not fit",
            Self::NotFound => "Not found",
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
}

impl Problem {
    /// A problem of `kind`, told by `detail`.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            field: None,
            retry_after: None,
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

    /// What the client reads.
    pub(crate) fn body(&self, request_id: &str, contact: Option<dto::Contact>) -> Body {
        Body {
            kind: format!("urn:loket:problem:{}", self.kind.code()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            field: self.field.clone(),
            request_id: request_id.to_owned(),
            contact,
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
        response
    }
}

/// A problem as it is sent.
#[derive(Debug, Serialize)]
pub(crate) struct Body {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<dto::Contact>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
