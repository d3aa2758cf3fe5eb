//! Schemas of values whose types lie below the interface and know nothing of it.

use std::borrow::Cow;

use answer::EscalationReason;
use corpus::{ArticleId, Language};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use support::{DeliveryState, Method, Reason};

/// Longest texts customers write, in characters, where the settings say nothing else. The description of the interface
/// puts what they say in its place.
pub(crate) const MAX_TEXT: usize = 4_000;

/// Gives a type that stands for a schema, as `schemars(with = …)` takes it.
macro_rules! schema {
    ($(#[$doc:meta])* $name:ident, $schema:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

fn one_of(codes: impl IntoIterator<Item = &'static str>) -> Schema {
    let codes: Vec<Value> = codes.into_iter().map(Value::from).collect();
    json_schema!({ "type": "string", "enum": codes })
}

schema!(
    /// One of the nine languages, as replies name it.
    LanguageCode,
    one_of(Language::ALL.map(Language::code))
);
schema!(
    /// A tag whose first part is one of the nine languages.
    KnownTag,
    json_schema!({
        "type": "string",
        "pattern": "^([eE][nN]|[nN][lL]|[dD][eE]|[fF][rR]|[eE][sS]|[iI][tT]|[pP][tT]|[pP][lL]|[zZ][hH])([-_][^\\n]*)?$",
        "examples": ["nl", "pt-BR"]
    })
);
schema!(
    /// A BCP 47 tag of any language.
    AnyTag,
    json_schema!({
        "type": "string",
        "pattern": "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$",
        "examples": ["nl", "pt-BR"]
    })
);
schema!(
    /// The id of an article.
    ArticleName,
    json_schema!({ "type": "string", "minLength": 1, "maxLength": ArticleId::MAX_BYTES })
);
schema!(
    /// A way to a person.
    MethodCode,
    one_of(Method::ALL.map(Method::code))
);
schema!(
    /// Why a way is open or closed.
    OptionReason,
    one_of(
        [
            Reason::AlwaysOpen,
            Reason::WithinHours,
            Reason::OutsideHours,
            Reason::Holiday,
            Reason::LanguageNotOffered,
            Reason::NobodyAvailable,
        ]
        .map(Reason::code)
    )
);
schema!(
    /// Why a person takes over.
    EscalationCode,
    one_of(
        [
            EscalationReason::NoEvidence,
            EscalationReason::Unsupported,
            EscalationReason::SensitiveTopic,
            EscalationReason::Requested,
            EscalationReason::UnsupportedLanguage,
            EscalationReason::Overloaded,
            EscalationReason::Error,
        ]
        .map(EscalationReason::code)
    )
);
schema!(
    /// How far a hand-off is.
    StateCode,
    one_of(
        [
            DeliveryState::Queued,
            DeliveryState::Delivered,
            DeliveryState::Dead
        ]
        .map(DeliveryState::code)
    )
);
schema!(
    /// How sentences were worded.
    WordingCode,
    one_of(["generated", "extractive"])
);
schema!(
    /// How an answer may be worded.
    ModeCode,
    one_of(["auto", "generated", "extractive"])
);
schema!(
    /// Whether a person decides on what an article is about.
    SensitivityCode,
    one_of(["normal", "sensitive"])
);
schema!(
    /// An instant.
    Instant,
    json_schema!({ "type": "string", "format": "date-time" })
);
schema!(
    /// How a customer can be reached.
    Addresses,
    json_schema!({
        "type": "object",
        "properties": {
            "email": { "type": ["string", "null"], "description": "E-mail address.", "maxLength": 254 },
            "phone": {
                "type": ["string", "null"],
                "description": "Telephone number with its country code; 5 to 15 digits."
            }
        },
        "additionalProperties": false
    })
);
schema!(
    /// The order or object a question is about.
    SubjectData,
    {
        let max = answer::subject::MAX_TEXT_CHARS;
        json_schema!({
            "type": "object",
            "description": format!(
                "Names are identifiers of at most {} characters, facts lie at most {} levels deep and are at most {}, \
                 and all of it takes at most {} bytes.",
                answer::subject::MAX_IDENTIFIER_CHARS,
                answer::subject::MAX_DEPTH,
                answer::subject::MAX_FACTS,
                answer::subject::MAX_BYTES,
            ),
            "properties": {
                "kind": {
                    "type": "string",
                    "description": "`order`, `object`, …",
                    "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,39}$"
                },
                "id": { "type": ["string", "null"], "maxLength": max },
                "label": { "type": ["string", "null"], "maxLength": max },
                "facts": { "type": ["object", "null"], "additionalProperties": true }
            },
            "required": ["kind"],
            "additionalProperties": false
        })
    }
);
