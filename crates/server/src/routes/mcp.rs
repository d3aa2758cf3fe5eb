//! `POST /mcp`: the same services as tools of the Model Context Protocol, over streamable HTTP.
//!
//! Every request stands for itself: there are no sessions, and a reply is one JSON document. What a tool cannot do is
//! its result, marked as an error, so that whoever called it reads the remedy.

use std::{future::Future, sync::Arc};

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
        ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{articles, chat, escalations, running::Running, search};
use crate::{
    AppState, Problem, ProblemKind,
    access::{Caller, may_have_session},
    dto::{
        self, AnswerRequest, ArticleQuery, EscalationRequest, SearchRequest,
        mcp::{AskArguments, EscalateArguments, GetArticleArguments, SearchArguments},
    },
    extract::{check_text, read},
    finish::OwnErrors,
};

mod tools;

pub(super) async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let config = state.config();
    // The protocol asks for this: a page of another site must not speak through its reader's browser.
    if may_have_session(request.headers(), &config.allowed_origins).is_err() {
        return Err(Problem::new(
            ProblemKind::OriginNotAllowed,
            "pages of this origin may not call tools; see `server.allowed_origins`",
        ));
    }
    let (parts, body) = request.into_parts();
    let bytes = read(&parts.headers, body, config).await?;
    let request = Request::from_parts(parts, Body::from(bytes));
    let mut response = service(state, caller).handle(request).await.into_response();
    let is_fine = response.status().is_success();
    // Refusals of the transport are sentences.
    let headers = response.headers_mut();
    if !is_fine && !headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
    }
    response.extensions_mut().insert(OwnErrors);
    Ok(response)
}

fn service(state: AppState, caller: Caller) -> StreamableHttpService<Tools, NeverSessionManager> {
    let mut config = StreamableHttpServerConfig::default();
    config.legacy_session_mode = false;
    config.json_response = true;
    config.max_request_body_bytes = state.config().max_body_bytes;
    if state.has_keys() {
        // A site that has its name lead here (DNS rebinding) has no key. Without keys only names of this machine count,
        // which is how the settings begin.
        config.allowed_hosts.clear();
    } else if let Some(tenant) = state.tenant() {
        // Names the settings know, which no stranger can have lead here.
        let hosts = tenant.hosts.iter().map(ToString::to_string);
        config.allowed_hosts.extend(hosts);
    }
    StreamableHttpService::new(
        move || {
            Ok(Tools {
                state: state.clone(),
                caller: caller.clone(),
            })
        },
        Arc::new(NeverSessionManager::default()),
        config,
    )
}

/// The tools, for one caller.
struct Tools {
    state: AppState,
    caller: Caller,
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(
                Implementation::new("loket", env!("CARGO_PKG_VERSION")).with_title("Loket"),
            )
            .with_instructions(tools::INSTRUCTIONS)
    }

    fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListToolsResult, ErrorData>> + Send + '_ {
        std::future::ready(Ok(ListToolsResult::with_all_items(tools::all())))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let done = match &*request.name {
            tools::SEARCH => self.search(arguments).await,
            tools::ARTICLE => self.article(arguments).await,
            tools::ASK => self.ask(arguments).await,
            tools::ESCALATE => self.escalate(arguments).await,
            other => {
                let name: String = other.chars().take(80).collect();
                return Err(ErrorData::invalid_params(
                    format!("there is no tool `{name}`"),
                    None,
                ));
            }
        };
        Ok(done.unwrap_or_else(|problem| failed(&problem)).into())
    }
}

impl Tools {
    async fn search(&self, arguments: Value) -> Result<CallToolResult, Problem> {
        let arguments: SearchArguments = read_arguments(arguments)?;
        let request = SearchRequest {
            query: arguments.query,
            language: arguments.language,
            languages: None,
            audience: arguments.audience,
            region: None,
            at: None,
            limit: Some(arguments.limit.unwrap_or(5)),
        };
        let reply = search::run(&self.state, &self.caller, &request).await?;
        let text: Vec<String> = reply
            .hits
            .iter()
            .map(|hit| {
                format!(
                    "{}. {} ({})\n{}",
                    hit.rank, hit.title, hit.article, hit.text
                )
            })
            .collect();
        result(text.join("\n\n"), &reply)
    }

    async fn article(&self, arguments: Value) -> Result<CallToolResult, Problem> {
        let GetArticleArguments { id, language } = read_arguments(arguments)?;
        let engine = self.state.engine().ok_or_else(Problem::not_ready)?;
        let snapshot = engine.snapshot();
        let query = ArticleQuery { language, at: None };
        let version = articles::version(snapshot, &id, &query)?;
        let source = articles::source(&engine, version.ordinal).await?;
        let article = dto::Article::new(
            snapshot.article(version.ordinal),
            &source,
            version.languages,
            snapshot.generation(),
        );
        result(article.markdown.clone(), &article)
    }

    async fn ask(&self, arguments: Value) -> Result<CallToolResult, Problem> {
        let arguments: AskArguments = read_arguments(arguments)?;
        let mut request = AnswerRequest {
            question: arguments.question,
            language: arguments.language,
            audience: arguments.audience,
            region: arguments.region,
            at: None,
            mode: None,
            conversation: arguments.conversation,
            customer: None,
            subject: None,
        };
        let limit = self.state.config().max_question_chars;
        check_text("question", &request.question, limit)?;
        self.caller
            .settle(&mut request.customer, &mut request.subject)?;
        let running = Running::admit(self.state.clone(), &self.caller, &request)
            .map_err(|error| Problem::subject(&error))?;
        let reply = running.reply().await;
        result(chat::whole(&reply), &reply)
    }

    async fn escalate(&self, arguments: Value) -> Result<CallToolResult, Problem> {
        let arguments: EscalateArguments = read_arguments(arguments)?;
        if !arguments.confirmed_by_customer {
            return Err(Problem::field(
                "confirmed_by_customer",
                "ask the customer whether a person should take over and what may be shared, then call this again with `true`",
            ));
        }
        let key = arguments.idempotency_key.clone();
        if key
            .as_ref()
            .is_some_and(|key| !(1..=escalations::MAX_KEY).contains(&key.len()))
        {
            return Err(Problem::field(
                "idempotency_key",
                format!("give 1 to {} characters", escalations::MAX_KEY),
            ));
        }
        let request = EscalationRequest::from(arguments);
        let (escalation, _) =
            escalations::accept(&self.state, &self.caller, key.as_deref(), request).await?;
        let text = format!("{} ({})", escalation.next, escalation.id);
        result(text, &escalation)
    }
}

/// The arguments of a tool, with the field that does not fit named.
fn read_arguments<T: DeserializeOwned>(arguments: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(arguments).map_err(|error| {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        match path.as_str() {
            "." => Problem::new(ProblemKind::InvalidField, message),
            _ => Problem::field(path, message),
        }
    })
}

/// A result both as text and as data.
fn result(text: String, reply: &impl Serialize) -> Result<CallToolResult, Problem> {
    let data = serde_json::to_value(reply).map_err(|_| Problem::internal())?;
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(data);
    Ok(result)
}

/// What could not be done, and why.
fn failed(problem: &Problem) -> CallToolResult {
    let field = problem.field.as_ref();
    let text = match field {
        Some(field) => format!("{} ({field}): {}", problem.kind.code(), problem.detail),
        None => format!("{}: {}", problem.kind.code(), problem.detail),
    };
    CallToolResult::error(vec![ContentBlock::text(text)])
}
