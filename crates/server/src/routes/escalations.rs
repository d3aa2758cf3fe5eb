//! `/v1/escalations`: a customer is handed to a person. Needs neither index nor models, and takes no place in the queue of
//! answers.

use std::time::Instant;

use answer::Receipt;
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use jiff::Timestamp;
use support::{Accepted, DeliveryState, IdempotencyKey, Store};

use crate::{
    AppState, Problem, ProblemKind,
    access::Caller,
    dto::{Escalation, EscalationRequest, EscalationStatus},
    extract::JsonBody,
};

mod packet;

use packet::packet;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Longest key of a request, in characters.
pub(super) const MAX_KEY: usize = 255;

pub(super) async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<EscalationRequest>,
) -> Result<Response, Problem> {
    let key = key_of(&headers)?;
    let (escalation, replayed) = accept(&state, &caller, key, request).await?;
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

/// Accepts a hand-off that has the client's own `key`, and says whether the same request came before. When this returns
/// it is on the disk.
pub(super) async fn accept(
    state: &AppState,
    caller: &Caller,
    key: Option<&str>,
    mut request: EscalationRequest,
) -> Result<(Escalation, bool), Problem> {
    let began = Instant::now();
    let store = state.store().ok_or_else(Problem::no_store)?;
    caller.settle(&mut request.customer, &mut request.subject)?;
    let owner = caller.owner(request.customer.as_ref());
    let key = key
        .map(|key| idempotency_key(key, owner.as_deref(), &request))
        .transpose()?;
    let receipt = receipt_of(store, request.answer_id.as_deref()).await;
    let helped = match &receipt {
        // Whether it helped is worth knowing and no reason to refuse anyone.
        Some(receipt) => store.was_helpful(&receipt.id).await.unwrap_or_default(),
        None => None,
    };
    let packet = packet(state, &request, receipt.as_ref(), helped, Timestamp::now())?;
    let destinations = state.support().destinations_of(&packet.queue);
    let accepted = store
        .accept_from(owner.as_deref(), &packet, &destinations, key.as_ref())
        .await
        .map_err(|error| Problem::store(&error))?;
    state.metrics().handoff(began.elapsed());
    Ok(match &accepted {
        Accepted::New => {
            state.wake_outbox();
            tracing::info!(id = packet.id, queue = packet.queue, "accepted a hand-off");
            (Escalation::new(&packet, DeliveryState::Queued), false)
        }
        // The reply of the first time, to the byte: how far it is by now is told by its status.
        Accepted::Before(stored) => (Escalation::new(&stored.packet, DeliveryState::Queued), true),
        Accepted::KeyReused => {
            return Err(Problem::new(
                ProblemKind::KeyReused,
                "this Idempotency-Key was sent with another body; use a new key for a new request",
            ));
        }
    })
}

pub(super) async fn get(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<EscalationStatus>, Problem> {
    let store = state.store().ok_or_else(Problem::no_store)?;
    let unknown = || Problem::new(ProblemKind::NotFound, "there is no hand-off of this id");
    let owner = store
        .owner_of(&id)
        .await
        .map_err(|error| Problem::store(&error))?;
    // Whoever may not see one is not told that it exists.
    if !caller.may_see(owner.as_deref()) {
        return Err(unknown());
    }
    let stored = store
        .handoff(&id)
        .await
        .map_err(|error| Problem::store(&error))?;
    Ok(Json(EscalationStatus::from(&stored.ok_or_else(unknown)?)))
}

/// The key a client gave its request.
fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .filter(|key| (1..=MAX_KEY).contains(&key.len()))
        .map(Some)
        .ok_or_else(|| {
            Problem::new(
                ProblemKind::InvalidRequest,
                format!("the Idempotency-Key must be 1 to {MAX_KEY} visible ASCII characters"),
            )
        })
}

fn idempotency_key(
    key: &str,
    owner: Option<&str>,
    request: &EscalationRequest,
) -> Result<IdempotencyKey, Problem> {
    // Of the request as it was read, so that neither white space nor the order of fields makes another one.
    let body = serde_json::to_vec(request).map_err(|_| Problem::internal())?;
    // What one caller calls a request is nothing to another, who might get its reply.
    let scope = match owner {
        Some(owner) => format!("escalations {owner}"),
        None => "escalations".to_owned(),
    };
    Ok(IdempotencyKey::new(scope, key, &body))
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
