//! `GET /v1/contact-methods` and `PUT /v1/admin/availability`: need neither index nor models.

use axum::{Json, extract::State, http::StatusCode};
use jiff::{SignedDuration, Timestamp};
use support::{Live, Method};

use crate::{
    AppState, Problem,
    dto::{AvailabilityRequest, Contact, ContactQuery},
    extract::{JsonBody, Query},
};

pub(super) async fn get(
    State(state): State<AppState>,
    Query(query): Query<ContactQuery>,
) -> Json<Contact> {
    let request = support::ContactRequest {
        availability: state.availability(),
        ..query.request(Timestamp::now())
    };
    Json(Contact::from(&support::plan(&request, state.support())))
}

/// How long what is told holds when nothing else is said, and at most, in seconds.
const EXPIRES: [u32; 2] = [120, 86_400];

pub(super) async fn put_availability(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<AvailabilityRequest>,
) -> Result<StatusCode, Problem> {
    let [usual, longest] = EXPIRES;
    let seconds = request.expires_in_seconds.unwrap_or(usual);
    if !(1..=longest).contains(&seconds) {
        return Err(Problem::field(
            "expires_in_seconds",
            format!("give 1 to {longest} seconds"),
        ));
    }
    if request.channel == Method::Email {
        return Err(Problem::field("channel", "e-mail is always open"));
    }
    let teams = &state.support().teams;
    if !teams.iter().any(|team| team.name == request.team) {
        return Err(Problem::field(
            "team",
            "no team of the settings has this name",
        ));
    }
    let now = Timestamp::now();
    let live = Live {
        available: request.available,
        wait_minutes: request.wait_minutes,
        until: now + SignedDuration::from_secs(i64::from(seconds)),
    };
    state
        .set_availability(&request.team, request.channel, live, now)
        .await
        .map_err(|error| Problem::store(&error))?;
    Ok(StatusCode::NO_CONTENT)
}
