//! The description of the interface (OpenAPI 3.1), made from the types that are read and written, a table of operations,
//! and the table of what each route needs. Served at `/openapi.json` and kept as `docs/openapi.json`.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{Problem, ProblemKind, ServerConfig, dto::schema::MAX_TEXT, problem};

mod operation;
mod operations;

use operation::Operation;

const SCHEMAS: &str = "#/components/schemas/";

/// The whole description, with the limits of `config`.
pub(crate) fn document(config: &ServerConfig) -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for operation in operations::all(&mut schemas, config) {
        let path = operation.path().to_owned();
        let method = operation.method().as_str().to_ascii_lowercase();
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method] = operation.into_value();
    }
    let mut document = json!({
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Loket",
            "version": "1",
            "summary": "Answers from a help center's own articles, and the way to a person.",
            "description": INTRODUCTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "Answers", "description": "Questions, searches and articles." },
            { "name": "Support", "description": "The ways to a person." },
            { "name": "OpenAI", "description": "The same answers in the shapes of OpenAI's interface." },
            { "name": "MCP", "description": "The same services as tools for agents." },
            { "name": "Browsers", "description": "What browsers send in place of a key." },
            { "name": "Operation", "description": "For who runs the service." }
        ],
        "paths": paths,
    });
    schemas.finish(&mut document);
    limit(&mut document, config.max_question_chars);
    document
}

/// The same of a help center whose routes begin at `prefix`.
pub(crate) fn below(config: &ServerConfig, prefix: &str) -> Value {
    let mut document = document(config);
    document["servers"] = json!([{ "url": prefix }]);
    document
}

const INTRODUCTION: &str = "JSON in and out, in UTF-8. A field that is unknown, given twice or of another type is refused \
by name.\n\nFailures are problem documents (RFC 9457) whose `type` never changes; those on our side also hold the ways to a \
person. A question never fails for lack of an answer: `outcome` says what became of it, and every reply holds the ways to \
a person.\n\n`Authorization: Bearer` takes a key (`loket keys create`) or a token made for a browser. While no key has been \
made, the service listens on loopback only and needs none. Every reply carries `X-Request-Id`.";

/// Puts the longest text that the settings allow in place of the usual one.
fn limit(value: &mut Value, max: usize) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "maxLength" && *value == MAX_TEXT {
                    *value = max.into();
                } else {
                    limit(value, max);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| limit(value, max)),
        _ => {}
    }
}

/// Schemas of what is taken and of what is given. A type that is both has two, as fields that may be left out in a request
/// are always there in a reply.
pub(super) struct Schemas {
    taken: SchemaGenerator,
    given: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        let mut schemas = Self {
            taken: settings().for_deserialize().into_generator(),
            given: settings().for_serialize().into_generator(),
        };
        schemas.given::<problem::Body>();
        schemas
    }

    /// The schema of a request.
    pub(super) fn taken<T: JsonSchema>(&mut self) -> Value {
        self.taken.subschema_for::<T>().to_value()
    }

    /// The schema of a reply. Marked, so that a name that requests use for something else can be told apart.
    pub(super) fn given<T: JsonSchema>(&mut self) -> Value {
        self.given.subschema_for::<T>().to_value()
    }

    /// Puts all schemas into `document`, those of replies under another name where requests have theirs.
    fn finish(mut self, document: &mut Value) {
        let mut all = self.taken.take_definitions(true);
        let mut given = Value::Object(self.given.take_definitions(true));
        let names: Vec<String> = given
            .as_object()
            .map(|given| given.keys().cloned().collect())
            .unwrap_or_default();
        for name in names {
            if all.get(&name).is_some_and(|taken| *taken != given[&name]) {
                let new = format!("{name}Reply");
                rename(&mut given, &name, &new);
                each_reply(document, &mut |reply| rename(reply, &name, &new));
                if let Some(given) = given.as_object_mut()
                    && let Some(schema) = given.remove(&name)
                {
                    given.insert(new, schema);
                }
            }
        }
        if let Value::Object(given) = given {
            all.extend(given);
        }
        document["components"] = json!({
            "schemas": all,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of scope `widget`, `backend` or `admin`; each may do what those before it may. \
                        Make one with `loket keys create`."
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "What browsers send: a token of `POST /v1/tokens`, or of `GET /v1/session`. It may do \
                        what a key of scope `widget` may, for the customer and the subjects it was made for."
                }
            },
            "headers": {
                "X-Request-Id": {
                    "description": "The id of the request, as it was sent or made here.",
                    "schema": { "type": "string", "minLength": 1, "maxLength": 128 }
                },
                "Retry-After": {
                    "description": "When to try again, in seconds.",
                    "schema": { "type": "integer", "minimum": 1 }
                }
            }
        });
    }
}

/// Writes `new` where a schema refers to `old`.
fn rename(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::String(text) if text.strip_prefix(SCHEMAS) == Some(old) => {
            *text = format!("{SCHEMAS}{new}");
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, old, new)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|value| rename(value, old, new)),
        _ => {}
    }
}

/// Looks at the replies of every operation.
fn each_reply(document: &mut Value, look: &mut dyn FnMut(&mut Value)) {
    let items = document["paths"].as_object_mut().into_iter().flatten();
    for (_, item) in items {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            look(&mut operation["responses"]);
        }
    }
}

/// Problems of one status, as replies.
fn problems(kinds: &[ProblemKind]) -> Value {
    let codes: Vec<String> = kinds.iter().map(|kind| Problem::type_of(*kind)).collect();
    json!({
        "type": "object",
        "allOf": [
            { "$ref": format!("{SCHEMAS}Problem") },
            { "properties": { "type": { "enum": codes } } }
        ]
    })
}

#[cfg(test)]
mod tests;
