//! What the tools are called, what they do, and what they take and give.

use std::sync::{Arc, LazyLock};

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use crate::dto::{
    AnswerReply, Article, Escalation, SearchReply,
    mcp::{AskArguments, EscalateArguments, GetArticleArguments, SearchArguments},
};

pub(super) const SEARCH: &str = "search_help_center";
pub(super) const ARTICLE: &str = "get_article";
pub(super) const ASK: &str = "ask";
pub(super) const ESCALATE: &str = "escalate_to_human";

/// What a model reads of all tools together.
pub(super) const INSTRUCTIONS: &str = "Answers from the articles of one help center. Take `ask` for a customer's question: \
every sentence it returns is checked against an article, so repeat it as it is and name its sources. When `ask` says that a \
person takes over, offer `escalate_to_human`, and call it only after the customer has agreed.";

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    let reads = || {
        ToolAnnotations::new()
            .read_only(true)
            .idempotent(true)
            .open_world(false)
    };
    vec![
        Tool::new(
            SEARCH,
            "Finds passages of help articles by words or by a question. Returns article ids for `get_article`.",
            schema::<SearchArguments>(true),
        )
        .with_title("Search the help center")
        .with_raw_output_schema(schema::<SearchReply>(false))
        .with_annotations(reads()),
        Tool::new(
            ARTICLE,
            "Returns one help article as Markdown.",
            schema::<GetArticleArguments>(true),
        )
        .with_title("Read an article")
        .with_raw_output_schema(schema::<Article>(false))
        .with_annotations(reads()),
        Tool::new(
            ASK,
            "Answers a customer's question with sentences that are checked against the articles and cite them. Says so \
             when a person has to take over, and how to reach one.",
            schema::<AskArguments>(true),
        )
        .with_title("Ask a question")
        .with_raw_output_schema(schema::<AnswerReply>(false))
        .with_annotations(reads().idempotent(false)),
        Tool::new(
            ESCALATE,
            "Hands the customer over to a person. Call it only after the customer has agreed to it: set \
             `confirmed_by_customer`, and `share_conversation` only if the customer lets the conversation be passed on.",
            schema::<EscalateArguments>(true),
        )
        .with_title("Hand over to a person")
        .with_raw_output_schema(schema::<Escalation>(false))
        .with_annotations(
            ToolAnnotations::new()
                .read_only(false)
                .destructive(false)
                .idempotent(false)
                .open_world(true),
        ),
    ]
});

/// All tools.
pub(super) fn all() -> Vec<Tool> {
    TOOLS.clone()
}

/// The schema of what is taken (`is_taken`) or given.
fn schema<T: JsonSchema>(is_taken: bool) -> Arc<JsonObject> {
    let settings = SchemaSettings::draft2020_12();
    let settings = if is_taken {
        settings.for_deserialize()
    } else {
        settings.for_serialize()
    };
    match settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
    {
        Value::Object(schema) => Arc::new(schema),
        _ => Arc::default(),
    }
}
