//! One operation, put together step by step.

#![expect(
    clippy::needless_pass_by_value,
    reason = "schemas are made where they are handed over"
)]

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};

use super::{SCHEMAS, problems};
use crate::{
    ProblemKind,
    access::rules::{Need, need},
    keys::Scope,
};

/// What a client may ask of one route with one method.
pub(super) struct Operation {
    method: Method,
    path: String,
    value: Value,
    problems: Vec<ProblemKind>,
    /// Whether problems have OpenAI's shape.
    is_chat: bool,
}

const EVERY_HEADER: &str = "#/components/headers/X-Request-Id";
const RETRY_AFTER: &str = "#/components/headers/Retry-After";

impl Operation {
    /// An operation of the route `route`, as the router spells it.
    pub(super) fn new(method: Method, route: &str, id: &str, tag: &str, summary: &str) -> Self {
        let need = need(&method, route);
        let mut problems = vec![ProblemKind::Internal];
        if need != Need::Nothing {
            problems.extend([
                ProblemKind::KeyInvalid,
                ProblemKind::TokenExpired,
                ProblemKind::TokenAudience,
                ProblemKind::TokenAlgorithm,
                ProblemKind::TokenInvalid,
                ProblemKind::InsufficientScope,
                ProblemKind::RateLimited,
                ProblemKind::KeysUnavailable,
            ]);
        }
        let scope = match need {
            Need::Scope(scope) | Need::HandOff(scope) => {
                problems.push(ProblemKind::KeyMissing);
                Some(scope)
            }
            Need::Nothing | Need::Session => None,
        };
        let security = match (need, scope) {
            (Need::Nothing, _) => json!([]),
            (Need::Session, _) => json!([{}, { "token": [] }]),
            (_, Some(Scope::Widget)) => json!([{ "key": ["widget"] }, { "token": [] }]),
            (_, Some(scope)) => json!([{ "key": [scope.code()] }]),
            (_, None) => json!([]),
        };
        Self {
            method,
            path: route.replace("{*", "{"),
            value: json!({
                "operationId": id,
                "tags": [tag],
                "summary": summary,
                "security": security,
                "parameters": [{
                    "name": "X-Request-Id",
                    "in": "header",
                    "description": "Names the request in logs and in the reply; one is made when it is absent or unusual.",
                    "schema": { "type": "string", "maxLength": 128, "pattern": "^[A-Za-z0-9\\-_.:/+=]*$" }
                }],
                "responses": {}
            }),
            problems,
            is_chat: false,
        }
    }

    pub(super) const fn method(&self) -> &Method {
        &self.method
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// What a reader has to know.
    pub(super) fn says(mut self, text: &str) -> Self {
        self.value["description"] = text.into();
        self
    }

    /// Problems are told in OpenAI's shape.
    pub(super) fn in_openai_shape(mut self) -> Self {
        self.is_chat = true;
        self
    }

    /// A parameter of the path, the query or the header.
    pub(super) fn parameter(mut self, place: &str, name: &str, text: &str, schema: Value) -> Self {
        let parameter = json!({
            "name": name,
            "in": place,
            "description": text,
            "required": place == "path",
            "schema": schema
        });
        if let Some(parameters) = self.value["parameters"].as_array_mut() {
            parameters.push(parameter);
        }
        let kinds = match place {
            "query" => vec![ProblemKind::InvalidRequest, ProblemKind::InvalidField],
            _ => vec![ProblemKind::InvalidRequest],
        };
        self.fails(&kinds)
    }

    /// The JSON body it takes.
    pub(super) fn takes(mut self, schema: Value, example: Value) -> Self {
        let mut content = json!({ "schema": schema });
        if !example.is_null() {
            content["example"] = example;
        }
        self.value["requestBody"] = json!({
            "required": true,
            "content": { "application/json": content }
        });
        self.fails(&[
            ProblemKind::InvalidRequest,
            ProblemKind::InvalidField,
            ProblemKind::DuplicateField,
            ProblemKind::RequestTimeout,
            ProblemKind::TooLarge,
            ProblemKind::UnsupportedMediaType,
        ])
    }

    /// A reply with a JSON body.
    pub(super) fn gives(self, status: u16, text: &str, schema: Value) -> Self {
        self.gives_as(
            status,
            text,
            "application/json",
            json!({ "schema": schema }),
        )
    }

    /// A reply without a body.
    pub(super) fn gives_nothing(mut self, status: u16, text: &str) -> Self {
        self.reply(status, text);
        self
    }

    /// A reply of another media type; may be called more than once for one status.
    pub(super) fn gives_as(mut self, status: u16, text: &str, media: &str, content: Value) -> Self {
        self.reply(status, text)["content"][media] = content;
        self
    }

    /// A header of the replies of one status.
    pub(super) fn header(mut self, status: u16, name: &str, text: &str, schema: Value) -> Self {
        self.value["responses"][status.to_string()]["headers"][name] =
            json!({ "description": text, "schema": schema });
        self
    }

    /// That a reply may say when to try again.
    pub(super) fn may_retry(mut self, status: u16) -> Self {
        self.value["responses"][status.to_string()]["headers"]["Retry-After"] =
            json!({ "$ref": RETRY_AFTER });
        self
    }

    /// Problems it may end in, beside those all have.
    pub(super) fn fails(mut self, kinds: &[ProblemKind]) -> Self {
        for kind in kinds {
            if !self.problems.contains(kind) {
                self.problems.push(*kind);
            }
        }
        self
    }

    fn reply(&mut self, status: u16, text: &str) -> &mut Value {
        let reply = &mut self.value["responses"][status.to_string()];
        if reply.is_null() {
            *reply = json!({
                "description": text,
                "headers": { "X-Request-Id": { "$ref": EVERY_HEADER } }
            });
        }
        reply
    }

    /// The operation as the description holds it.
    pub(super) fn into_value(mut self) -> Value {
        let mut by_status: BTreeMap<u16, Vec<ProblemKind>> = BTreeMap::new();
        for kind in std::mem::take(&mut self.problems) {
            by_status
                .entry(kind.status().as_u16())
                .or_default()
                .push(kind);
        }
        for (status, kinds) in by_status {
            let titles: Vec<&str> = kinds.iter().map(|kind| kind.title()).collect();
            let text = titles.join("; ");
            let (media, schema) = if self.is_chat {
                let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
                let schema = json!({
                    "type": "object",
                    "allOf": [
                        { "$ref": format!("{SCHEMAS}ChatRefusal") },
                        { "properties": { "error": { "properties": { "code": { "enum": codes } } } } }
                    ]
                });
                ("application/json", schema)
            } else {
                ("application/problem+json", problems(&kinds))
            };
            self = self.gives_as(status, &text, media, json!({ "schema": schema }));
            if matches!(status, 429 | 503) {
                self = self.may_retry(status);
            }
            if status == 401 {
                let schema = json!({ "type": "string" });
                self = self.header(
                    401,
                    "WWW-Authenticate",
                    "`Bearer`, and what is wrong.",
                    schema,
                );
            }
        }
        self.value
    }
}
