//! `/v1/escalations`: a customer is handed to a person. Needs neither index nor models, and takes no place in the queue of
//! answers.

use answer::{EscalationReason, Receipt, SensitiveTopic};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use corpus::{Article, Language, language::detect};
use jiff::Timestamp;
use support::{
    Accepted, ContactDetails, ContactOption, ContactRequest, DeliveryState, IdempotencyKey, Method,
    Packet, PacketCustomer, PacketTurn, Store, TriedArticle, handoff::clean,
};

use crate::{
    AppState, Problem, ProblemKind,
    dto::{Escalation, EscalationRequest, EscalationStatus, LanguageTag, Role},
    extract::{JsonBody, check_text},
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Longest key of a request, in characters.
const MAX_KEY: usize = 255;

/// Turns of a conversation that go along: the last ones.
const MAX_TURNS: usize = 40;

/// Longest e-mail address, in bytes (RFC 5321, section 4.5.3.1).
const MAX_EMAIL: usize = 254;

pub(super) async fn post(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<EscalationRequest>,
) -> Result<Response, Problem> {
    let store = state.store().ok_or_else(Problem::no_store)?;
    let key = idempotency_key(&headers, &request)?;
    let receipt = receipt_of(store, request.answer_id.as_deref()).await;
    let packet = packet(&state, &request, receipt.as_ref(), Timestamp::now())?;
    let destinations = state.support().destinations_of(&packet.queue);
    let accepted = store
        .accept(&packet, &destinations, key.as_ref())
        .await
        .map_err(|error| Problem::store(&error))?;
    let (escalation, replayed) = match &accepted {
        Accepted::New => {
            state.wake_outbox();
            tracing::info!(id = packet.id, queue = packet.queue, "accepted a hand-off");
            (Escalation::new(&packet, DeliveryState::Queued), false)
        }
        Accepted::Before(stored) => (Escalation::new(&stored.packet, stored.state()), true),
        Accepted::KeyReused => {
            return Err(Problem::new(
                ProblemKind::KeyReused,
                "this Idempotency-Key was sent with another body; use a new key for a new request",
            ));
        }
    };
    let place = format!("/v1/escalations/{}", escalation.id);
    let mut response = (StatusCode::ACCEPTED, Json(escalation)).into_response();
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    if replayed {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

pub(super) async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<EscalationStatus>, Problem> {
    let store = state.store().ok_or_else(Problem::no_store)?;
    let stored = store
        .handoff(&id)
        .await
        .map_err(|error| Problem::store(&error))?;
    let stored = stored
        .ok_or_else(|| Problem::new(ProblemKind::NotFound, "there is no hand-off of this id"))?;
    Ok(Json(EscalationStatus::from(&stored)))
}

fn idempotency_key(
    headers: &HeaderMap,
    request: &EscalationRequest,
) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=MAX_KEY).contains(&key.len()))
        .ok_or_else(|| {
            Problem::new(
                ProblemKind::InvalidRequest,
                format!("the Idempotency-Key must be 1 to {MAX_KEY} visible ASCII characters"),
            )
        })?;
    // Of the request as it was read, so that neither white space nor the order of fields makes another one.
    let body = serde_json::to_vec(request).map_err(|_| Problem::internal())?;
    Ok(Some(IdempotencyKey::new("escalations", key, &body)))
}

/// The receipt of the answer before; a hand-off does without when there is none or it cannot be read.
async fn receipt_of(store: &Store, answer: Option<&str>) -> Option<Receipt> {
    match store.receipt(answer?).await {
        Ok(stored) => serde_json::from_str(&stored?.body).ok(),
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a receipt could not be read"
            );
            None
        }
    }
}

/// What is handed over.
fn packet(
    state: &AppState,
    request: &EscalationRequest,
    receipt: Option<&Receipt>,
    now: Timestamp,
) -> Result<Packet, Problem> {
    let limit = state.config().max_question_chars;
    let question = clean(&request.question);
    check_text("question", &question, limit)?;
    let note = request
        .note
        .as_deref()
        .map(clean)
        .filter(|text| !text.is_empty());
    if let Some(note) = &note {
        check_text("note", note, limit)?;
    }
    let contact = contact(request.contact.as_ref())?;
    let language = request
        .language
        .as_ref()
        .and_then(LanguageTag::language)
        .or_else(|| detect::detect(&question).map(|found| found.language))
        .unwrap_or(Language::En);
    let mut topics: Vec<String> = request
        .topic
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .map(clean)
        .filter(|topic| !topic.is_empty())
        .collect();
    let shown = shown(state, receipt);
    for topic in shown.iter().flat_map(|article| &article.topics) {
        if !topics.contains(topic) {
            topics.push(topic.clone());
        }
    }
    let reason = receipt.and_then(|receipt| receipt.reason.clone());
    let sensitive = SensitiveTopic::of(&question).is_some()
        || reason.as_deref() == Some(EscalationReason::SensitiveTopic.code());
    let plan = support::plan(
        &ContactRequest {
            audience: request.audience.clone(),
            topics: topics.clone(),
            sensitive,
            availability: state.availability(),
            ..ContactRequest::new(language, now)
        },
        state.support(),
    );
    let option = chosen(&plan.options, request.method)?;
    let customer = request.customer.as_ref().map(|customer| PacketCustomer {
        id: customer.id.as_deref().map(clean),
        signed_in: customer.signed_in,
    });
    let is_known = customer.as_ref().is_some_and(|own| own.id.is_some());
    can_be_reached(option.method, &contact, is_known)?;
    let turns = request.conversation.iter().flatten();
    let n_turns = request.conversation.as_ref().map_or(0, Vec::len);
    let conversation = turns
        .skip(n_turns.saturating_sub(MAX_TURNS))
        .map(|turn| PacketTurn {
            role: match turn.role {
                Role::User => support::Speaker::User,
                Role::Assistant => support::Speaker::Assistant,
            },
            text: clean(&turn.text),
        });
    let tried = shown.iter().map(|article| TriedArticle {
        article: article.id.to_string(),
        title: article.title.clone(),
        url: article.url.clone(),
    });
    Ok(Packet {
        id: format!("esc_{}", ulid::Ulid::generate()),
        created_at: now,
        subject_line: Packet::line_of(&question),
        missing: Packet::missing_of(option.method, &contact, request.subject.is_some()),
        question,
        language,
        agent_language: option.language,
        method: option.method,
        queue: option.queue.clone(),
        topics,
        audience: request.audience.as_deref().map(clean),
        reason: reason.or_else(|| Some(EscalationReason::Requested.code().to_owned())),
        sensitive,
        customer,
        contact,
        subject: request.subject.clone(),
        conversation: conversation.collect(),
        tried: tried.collect(),
        note,
        answer_id: request.answer_id.clone().filter(|id| id.len() <= 64),
    })
}

/// The articles an answer quoted, as they are now, each once.
fn shown(state: &AppState, receipt: Option<&Receipt>) -> Vec<Article> {
    let (Some(receipt), Some(engine)) = (receipt, state.engine()) else {
        return Vec::new();
    };
    let snapshot = engine.snapshot();
    let mut shown: Vec<Article> = Vec::new();
    for quote in receipt.sentences.iter().flat_map(|own| &own.quotes) {
        let found = snapshot.find(&quote.article, quote.language);
        let Some(article) = found.map(|ordinal| snapshot.article(ordinal)) else {
            continue;
        };
        if shown.iter().all(|own| own.id != article.id) {
            shown.push(article.clone());
        }
    }
    shown
}

/// The way the customer chose, or the recommended one.
fn chosen(options: &[ContactOption], method: Option<Method>) -> Result<&ContactOption, Problem> {
    let option = match method {
        Some(method) => options.iter().find(|option| option.method == method),
        None => options.iter().find(|option| option.recommended),
    };
    let open: Vec<&str> = options
        .iter()
        .filter(|option| option.available)
        .map(|option| option.method.code())
        .collect();
    let unavailable = |why: String| Problem {
        kind: ProblemKind::MethodUnavailable,
        ..Problem::field("method", format!("{why}; open now: {}", open.join(", ")))
    };
    match option {
        Some(option) if option.available => Ok(option),
        Some(option) => Err(unavailable(match &option.opens_at {
            Some(at) => format!(
                "`{}` is closed and opens at {}",
                option.method.code(),
                at.timestamp()
            ),
            None => format!(
                "`{}` is not open to this customer ({})",
                option.method.code(),
                option.reason.code()
            ),
        })),
        None => Err(unavailable("this team has no such channel".to_owned())),
    }
}

/// Cleaned and checked addresses.
fn contact(given: Option<&ContactDetails>) -> Result<ContactDetails, Problem> {
    let text = |value: &Option<String>| {
        let value = value.as_deref().map(clean);
        value.filter(|value| !value.is_empty())
    };
    let Some(given) = given else {
        return Ok(ContactDetails::default());
    };
    let contact = ContactDetails {
        email: text(&given.email),
        phone: text(&given.phone),
    };
    if contact
        .email
        .as_deref()
        .is_some_and(|email| !is_email(email))
    {
        return Err(Problem::field(
            "contact.email",
            "this is no e-mail address; write one such as `name@example.org`",
        ));
    }
    if contact
        .phone
        .as_deref()
        .is_some_and(|phone| !is_phone(phone))
    {
        return Err(Problem::field(
            "contact.phone",
            "this is no telephone number; write it with its country code, such as `+31 20 123 4567`",
        ));
    }
    Ok(contact)
}

/// Something before one `@`, a host with a dot behind it, and nothing that could end a header.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>(),;:\\\"[]@".contains(c);
    text.len() <= MAX_EMAIL
        && (1..=64).contains(&local.len())
        && local.chars().all(is_plain)
        && host.contains('.')
        && host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

/// 5 to 15 digits (ITU-T E.164), with the signs people put between them.
fn is_phone(text: &str) -> bool {
    let n_digits = text.chars().filter(char::is_ascii_digit).count();
    let is_sign = |c: char| c.is_ascii_digit() || " -().+/".contains(c);
    (5..=15).contains(&n_digits) && text.chars().all(is_sign) && !text[1..].contains('+')
}

/// A hand-off nobody could answer is refused, by the name of what is missing.
fn can_be_reached(method: Method, contact: &ContactDetails, is_known: bool) -> Result<(), Problem> {
    let needed = match method {
        Method::Email => ("contact.email", contact.email.is_some()),
        Method::Phone => ("contact.phone", contact.phone.is_some()),
        Method::Chat => return Ok(()),
    };
    if needed.1 || is_known {
        return Ok(());
    }
    Err(Problem::field(
        needed.0,
        format!(
            "needed to reach the customer by {}, unless `customer.id` says who they are",
            method.code()
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for email in ["a@b.org", "jan.de-vries+1@voorbeeld.co.nl", "李@例子.中国"] {
            assert!(is_email(email), "{email}");
        }
        for email in [
            "",
            "a",
            "@b.org",
            "a@b",
            "a@@b.org",
            "a b@c.org",
            "a@b.org\r\nBcc: x@y.z",
            "<a@b.org>",
            "a@-b.org",
            "a@b..org",
        ] {
            assert!(!is_email(email), "{email}");
        }
        for phone in ["+31 20 123 4567", "020-1234567", "(020) 123.45.67"] {
            assert!(is_phone(phone), "{phone}");
        }
        for phone in ["1234", "call me", "+31+20 1234567", "1234567890123456"] {
            assert!(!is_phone(phone), "{phone}");
        }
    }
}
