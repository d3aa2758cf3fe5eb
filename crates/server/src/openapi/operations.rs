//! What every route is for. A route without a row here fails a test.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Operation, Schemas};
use crate::{
    ProblemKind, ServerConfig,
    dto::{
        AnswerReply, AnswerRequest, Article, AvailabilityRequest, Contact, Escalation,
        EscalationRequest, EscalationStatus, FeedbackRequest, SearchReply, SearchRequest, Sentence,
        Session, Source, Token, TokenRequest,
        chat::{ChatChunk, ChatCompletion, ChatRefusal, ChatRequest, ModelList},
        schema::{AnyTag, ArticleName, Instant, KnownTag},
    },
    problem,
    routes::operation::{About, Alive, Ready, Reload},
};

/// All operations. Paths are spelt as the router spells them.
pub(super) fn all(schemas: &mut Schemas, config: &ServerConfig) -> Vec<Operation> {
    let mut all = answers(schemas, config);
    all.extend(support(schemas));
    all.extend(openai(schemas));
    all.extend(agents());
    all.extend(browsers(schemas));
    all.extend(running(schemas));
    all
}

fn text(of: &str) -> Value {
    json!({ "type": "string", "description": of })
}

fn answers(schemas: &mut Schemas, config: &ServerConfig) -> Vec<Operation> {
    // What a schema of a stream describes is read in different ways, so there is none.
    let events = json!({
        "x-events": {
            "sources": {
                "type": "object",
                "description": "First, when there will be sentences: the articles they will rest on.",
                "properties": { "sources": { "type": "array", "items": schemas.given::<Source>() } },
                "required": ["sources"]
            },
            "sentence": schemas.given::<Sentence>(),
            "error": schemas.given::<problem::Body>(),
            "answer": schemas.given::<AnswerReply>()
        }
    });
    vec![
        Operation::new(Method::POST, "/v1/answers", "answer", "Answers", "Answer a question")
            .says(&format!(
                "Replies with checked sentences that cite the articles, a choice of meanings, or the reason why a person takes \
                 over; always with the ways to a person. Takes at most {} seconds: what is checked by then is the answer, or a \
                 person takes over (`overloaded`).\n\nWith `Accept: text/event-stream` the reply comes as server-sent events: \
                 `sources`, then `sentence` for each checked sentence, and `answer` with the whole reply at the end. `error` holds a \
                 problem; an `answer` that names a person follows it all the same.\n\n`customer` and `subject` need a key of scope \
                 `backend`, or a token made for them.",
                config.answer_deadline_ms.div_ceil(1_000)
            ))
            .takes(schemas.taken::<AnswerRequest>(), json!({ "question": "When do I get my money?", "audience": "seller" }))
            .gives(200, "The reply. `Retry-After` is sent when too much is going on.", schemas.given::<AnswerReply>())
            .gives_as(200, "", "text/event-stream", events)
            .may_retry(200)
            .fails(&[ProblemKind::InvalidSubject, ProblemKind::ContextNotAllowed]),
        Operation::new(Method::POST, "/v1/search", "search", "Answers", "Search the articles")
            .says("Hits are passages, every article once, best first.")
            .takes(schemas.taken::<SearchRequest>(), json!({ "query": "payout", "limit": 5 }))
            .gives(200, "The hits.", schemas.given::<SearchReply>())
            .fails(&[ProblemKind::NotReady, ProblemKind::Overloaded]),
        Operation::new(Method::GET, "/v1/articles/{*id}", "getArticle", "Answers", "Read an article")
            .says("The article's file as it was indexed. `ETag` changes with the generation; `If-None-Match` is honoured.")
            .parameter("path", "id", "Id of the article. It may hold slashes.", schemas.taken::<ArticleName>())
            .parameter("query", "language", "The version wanted; without it English, or the first there is.", schemas.taken::<KnownTag>())
            .parameter("query", "at", "The instant that decides whether it is visible; now when absent.", schemas.taken::<Instant>())
            .parameter("header", "If-None-Match", "Tags of versions the client has.", json!({ "type": "string" }))
            .gives(200, "The article.", schemas.given::<Article>())
            .header(200, "ETag", "Names this version in this generation.", text("A tag in quotation marks."))
            .gives_nothing(304, "The client has this version.")
            .fails(&[ProblemKind::NotFound, ProblemKind::NotReady]),
        Operation::new(Method::POST, "/v1/feedback", "giveFeedback", "Answers", "Say whether an answer or an article helped")
            .takes(schemas.taken::<FeedbackRequest>(), json!({ "article": "seller-payout", "helpful": true }))
            .gives_nothing(204, "It is stored.")
            .fails(&[ProblemKind::StoreUnavailable]),
    ]
}

fn support(schemas: &mut Schemas) -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "/v1/contact-methods", "getContactMethods", "Support", "The ways to a person")
            .says("Needs no index. E-mail is always among them and open.")
            .parameter("query", "language", "The customer's language; English when absent or not one of the nine.", schemas.taken::<AnyTag>())
            .parameter("query", "audience", "`buyer`, `seller`, …", json!({ "type": "string" }))
            .parameter("query", "topic", "What it is about; several are separated by commas.", json!({ "type": "string" }))
            .parameter("query", "at", "The instant to plan for; now when absent.", schemas.taken::<Instant>())
            .gives(200, "The ways.", schemas.given::<Contact>()),
        Operation::new(Method::POST, "/v1/escalations", "escalate", "Support", "Hand a customer over to a person")
            .says(
                "Once 202 is sent, the hand-off is on the disk: it reaches its destinations at least once under one id, or is \
                 listed as dead until a person acts.\n\n`consent` says what the customer lets be passed on: with \
                 `{\"conversation\": false}` the conversation is left out. Without `consent`, whoever sends a conversation vouches \
                 for the customer's consent.\n\n`customer` and `subject` need a key of scope `backend`, or a token made for them.",
            )
            .parameter(
                "header",
                "Idempotency-Key",
                "Makes one hand-off of a request that is sent more than once, for seven days. The same key with another body is refused.",
                json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$" }),
            )
            .takes(
                schemas.taken::<EscalationRequest>(),
                json!({ "question": "Where is my parcel?", "method": "email", "contact": { "email": "name@example.org" } }),
            )
            .gives(202, "It is on the disk.", schemas.given::<Escalation>())
            .header(202, "Location", "Where its status is.", text("A path."))
            .header(202, "Idempotency-Replayed", "`true` when the request came before.", json!({ "type": "string", "enum": ["true"] }))
            .fails(&[
                ProblemKind::MethodUnavailable,
                ProblemKind::KeyReused,
                ProblemKind::ContextNotAllowed,
                ProblemKind::StoreUnavailable,
            ]),
        Operation::new(Method::GET, "/v1/escalations/{id}", "getEscalation", "Support", "How far a hand-off is")
            .says("Whoever may not see a hand-off is told that there is none.")
            .parameter("path", "id", "Id of the hand-off.", json!({ "type": "string", "minLength": 1 }))
            .gives(200, "Its status.", schemas.given::<EscalationStatus>())
            .fails(&[ProblemKind::NotFound, ProblemKind::StoreUnavailable]),
        Operation::new(Method::PUT, "/v1/admin/availability", "putAvailability", "Support", "Say whether a team is there")
            .says("Tells of one channel of one team whether someone is there, until it runs out.")
            .takes(schemas.taken::<AvailabilityRequest>(), json!({ "team": "support", "channel": "chat", "available": true, "wait_minutes": 4 }))
            .gives_nothing(204, "It counts."),
    ]
}

fn openai(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.given::<ChatRefusal>();
    let chunks = json!({
        "x-events": { "": schemas.given::<ChatChunk>() }
    });
    vec![
        Operation::new(Method::POST, "/v1/chat/completions", "createChatCompletion", "OpenAI", "Answer the last message of a conversation")
            .in_openai_shape()
            .says(
                "The last message of a user is the question; messages of users and assistants before it are the conversation. \
                 Messages of any other role, `system` too, are not read: how answers are made is no choice of the client's. Fields \
                 that are not described here are taken and have no effect.\n\nThe content holds checked sentences only, or what to \
                 choose from, or how to reach a person; `finish_reason` is always `stop`. `loket` holds the citations, the outcome \
                 and the ways to a person. With `stream` every chunk is one checked sentence, and `data: [DONE]` ends the stream; \
                 `loket` is in the chunk with the `finish_reason`.",
            )
            .takes(
                schemas.taken::<ChatRequest>(),
                json!({ "model": "loket", "messages": [{ "role": "user", "content": "When do I get my money?" }] }),
            )
            .gives(200, "The reply. `Retry-After` is sent when too much is going on.", schemas.given::<ChatCompletion>())
            .gives_as(200, "", "text/event-stream", chunks)
            .may_retry(200)
            .fails(&[ProblemKind::NotFound, ProblemKind::ContextNotAllowed]),
        Operation::new(Method::GET, "/v1/models", "listModels", "OpenAI", "The models there are")
            .in_openai_shape()
            .says("`loket` words answers where there is a writer; `loket-extractive` answers in the articles' own words.")
            .gives(200, "The models.", schemas.given::<ModelList>()),
    ]
}

fn agents() -> Vec<Operation> {
    let message = json!({
        "type": "object",
        "description": "A JSON-RPC 2.0 message of the Model Context Protocol.",
        "properties": {
            "jsonrpc": { "type": "string", "enum": ["2.0"] },
            "id": { "type": ["string", "integer"] },
            "method": { "type": "string" },
            "params": { "type": "object" }
        },
        "required": ["jsonrpc"]
    });
    let reply = json!({ "type": "object", "description": "A JSON-RPC 2.0 reply.", "required": ["jsonrpc"] });
    let refusal = json!({ "schema": { "type": "string" } });
    let error = json!({ "schema": { "type": "object", "description": "A JSON-RPC 2.0 error." } });
    let mut post = Operation::new(Method::POST, "/mcp", "mcp", "MCP", "Call a tool of the Model Context Protocol")
        .says(
            "Streamable HTTP without sessions: every request stands for itself, and a reply is one JSON document. Send `Accept: \
             application/json, text/event-stream`. Tools: `search_help_center`, `get_article`, `ask`, `escalate_to_human`. What a \
             tool cannot do is its result with `isError`. Pages of other sites are refused by their `Origin`.",
        )
        .parameter("header", "MCP-Protocol-Version", "The version that was agreed on.", json!({ "type": "string" }))
        .takes(
            message,
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "ask", "arguments": { "question": "When do I get my money?" } } }),
        )
        .gives(200, "The reply to a request.", reply)
        .gives_nothing(202, "A notification was taken.")
        .fails(&[ProblemKind::OriginNotAllowed]);
    for (status, why) in [
        (400, "The message or its headers do not fit the protocol."),
        (403, "The host or the origin may not call tools."),
        (404, "There is no such method."),
        (406, "The client does not take what is sent."),
        (413, "The message is too large."),
        (415, "The message is not declared as JSON."),
        (422, "The message is no message of the protocol."),
    ] {
        post = post
            .gives_as(status, why, "application/json", error.clone())
            .gives_as(status, why, "text/plain", refusal.clone());
    }
    vec![post]
}

fn browsers(schemas: &mut Schemas) -> Vec<Operation> {
    vec![
        Operation::new(Method::POST, "/v1/tokens", "createToken", "Browsers", "Make a token for a browser")
            .says("For one customer and the subjects they may ask about; the browser sends it in place of a key.")
            .takes(schemas.taken::<TokenRequest>(), json!({ "customer": { "id": "c-19", "signed_in": true } }))
            .gives(201, "The token.", schemas.given::<Token>())
            .fails(&[ProblemKind::InvalidSubject]),
        Operation::new(Method::GET, "/v1/session", "getSession", "Browsers", "What a page sends and may offer")
            .says("A page of this service, or of an allowed origin, gets a token of its own when it brings none.")
            .gives(200, "The session.", schemas.given::<Session>())
            .fails(&[ProblemKind::OriginNotAllowed]),
    ]
}

fn running(schemas: &mut Schemas) -> Vec<Operation> {
    let plain = |media: &str| (media.to_owned(), json!({ "schema": { "type": "string" } }));
    let (html, page) = plain("text/html");
    let (prometheus, numbers) = plain("text/plain");
    vec![
        Operation::new(Method::GET, "/livez", "livez", "Operation", "Whether the process runs")
            .gives(200, "It does.", schemas.given::<Alive>()),
        Operation::new(Method::GET, "/readyz", "readyz", "Operation", "Whether the service can do its work")
            .says("Ready means: an index and an encoder are loaded, hand-offs can be stored, and the threads that work live. `checks` names each part with its state and, where it is not ok, the remedy.")
            .gives(200, "It is ready.", schemas.given::<Ready>())
            .fails(&[ProblemKind::NotReady]),
        Operation::new(Method::GET, "/metrics", "metrics", "Operation", "Numbers for Prometheus")
            .gives_as(200, "The numbers, in the text format.", &prometheus, numbers),
        Operation::new(Method::GET, "/v1/version", "version", "Operation", "What runs here")
            .gives(200, "Versions and models.", schemas.given::<About>()),
        Operation::new(Method::POST, "/v1/admin/reload", "reload", "Operation", "Serve the newest complete generation")
            .says("Happens by itself too, within some seconds.")
            .gives(200, "It is served.", schemas.given::<Reload>())
            .fails(&[ProblemKind::ReloadFailed]),
        Operation::new(Method::GET, "/openapi.json", "openapi", "Operation", "This description")
            .gives(200, "The description.", json!({ "type": "object" })),
        Operation::new(Method::GET, "/docs", "docs", "Operation", "This description as a page")
            .gives_as(200, "The page.", &html, page),
    ]
}
