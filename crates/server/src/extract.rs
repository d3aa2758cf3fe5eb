//! Reading requests: bodies and queries, with problems that name the field.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;

use crate::{AppState, Problem, ProblemKind, ServerConfig, unique};

/// A JSON body.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(Problem::new(
                ProblemKind::UnsupportedMediaType,
                "send the body as JSON, with `Content-Type: application/json`",
            ));
        }
        let bytes = read(&parts.headers, body, state.config()).await?;
        parse(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// The whole body, when it is no larger and arrives no later than the settings allow.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    config: &ServerConfig,
) -> Result<Vec<u8>, Problem> {
    let reading = read_all(headers, body, config.max_body_bytes);
    let in_time = tokio::time::timeout(config.body_timeout(), reading).await;
    in_time.unwrap_or_else(|_| {
        Err(Problem::new(
            ProblemKind::RequestTimeout,
            "the body did not arrive in time",
        ))
    })
}

/// The whole body, of at most `limit` bytes.
async fn read_all(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        Problem::new(
            ProblemKind::TooLarge,
            format!("the body is longer than {limit} bytes"),
        )
    };
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(declared.unwrap_or_default());
    let mut frames = body.into_data_stream();
    while let Some(frame) = frames.next().await {
        let frame = frame
            .map_err(|_| Problem::new(ProblemKind::InvalidRequest, "the body was cut short"))?;
        if bytes.len() + frame.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&frame);
    }
    Ok(bytes)
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if let Some(field) = unique::duplicate(bytes) {
        return Err(Problem {
            kind: ProblemKind::DuplicateField,
            ..Problem::field(&*field, format!("`{field}` is named twice"))
        });
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_path_to_error::deserialize(&mut json).map_err(|error| refused(&error, "body"))?;
    json.end().map_err(|error| {
        Problem::new(
            ProblemKind::InvalidRequest,
            format!("the body is no JSON document: {error}"),
        )
    })?;
    Ok(value)
}

/// Tells which field is wrong and why. The words are serde's: they name types and fields, and a value only
/// where it stands for a choice.
fn refused(error: &serde_path_to_error::Error<serde_json::Error>, place: &str) -> Problem {
    let cause = error.inner();
    if cause.is_data() {
        let path = error.path().to_string();
        let message = cause.to_string();
        // A field that is unknown, missing or given twice is named in the message, not in the path.
        let named = ["unknown field `", "missing field `", "duplicate field `"]
            .into_iter()
            .find_map(|start| message.strip_prefix(start)?.split('`').next());
        let field = match (path.as_str(), named) {
            (".", Some(name)) => name.to_owned(),
            (".", None) => return Problem::new(ProblemKind::InvalidRequest, message),
            (path, Some(name)) if !is_last(path, name) => format!("{path}.{name}"),
            (path, _) => path.to_owned(),
        };
        Problem::field(field, message)
    } else {
        Problem::new(
            ProblemKind::InvalidRequest,
            format!("the {place} is no JSON document: {cause}"),
        )
    }
}

/// Whether `name` is the last part of `path`.
fn is_last(path: &str, name: &str) -> bool {
    path == name || path.strip_suffix(name).is_some_and(|p| p.ends_with('.'))
}

/// A query string, every key at most once.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let axum::extract::Query(pairs) =
            axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(
                |_| Problem::new(ProblemKind::InvalidRequest, "the query cannot be read"),
            )?;
        let mut fields = serde_json::Map::new();
        for (key, value) in pairs {
            // An instant's plus sign, left unescaped, arrives as a space.
            let value = if key == "at" {
                value.replace(' ', "+")
            } else {
                value
            };
            if fields.insert(key.clone(), value.into()).is_some() {
                return Err(Problem::field(
                    &*key,
                    format!("`{key}` is given more than once"),
                ));
            }
        }
        serde_path_to_error::deserialize(serde_json::Value::Object(fields))
            .map(Self)
            .map_err(|error| refused(&error, "query"))
    }
}

/// Refuses a text that is blank or longer than `limit` characters.
pub(crate) fn check_text(field: &str, text: &str, limit: usize) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::field(field, format!("`{field}` is empty")));
    }
    // A text of at most `limit` bytes needs no counting.
    if text.len() > limit && text.chars().nth(limit).is_some() {
        return Err(Problem {
            kind: ProblemKind::TooLarge,
            ..Problem::field(
                field,
                format!("`{field}` is longer than {limit} characters"),
            )
        });
    }
    Ok(())
}
