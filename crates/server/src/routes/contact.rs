//! `GET /v1/contact-methods`: needs neither index nor models.

use axum::{Json, extract::State};
use jiff::Timestamp;

use crate::{
    AppState,
    dto::{Contact, ContactQuery},
    extract::Query,
};

pub(super) async fn get(
    State(state): State<AppState>,
    Query(query): Query<ContactQuery>,
) -> Json<Contact> {
    let request = query.request(Timestamp::now());
    Json(Contact::from(&support::plan(&request, state.support())))
}
