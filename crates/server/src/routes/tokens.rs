//! `POST /v1/tokens` and `GET /v1/session`: what browsers send in place of a key.

use answer::Subject;
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use jiff::Timestamp;

use crate::{
    AppState, Problem, ProblemKind,
    access::{Caller, may_have_session},
    config::Origin,
    dto::{Session, SessionSubject, Token, TokenRequest},
    extract::JsonBody,
    keys::random_hex,
    tokens::{Claims, LASTS, MAX_BYTES, Tokens},
};

/// Random bytes of the name of a session.
const SESSION_BYTES: usize = 16;

/// Most subjects of a token.
const MAX_SUBJECTS: usize = 100;

/// Makes a token for a customer and subjects. Needs keys: without them a browser may say what it likes.
pub(super) async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<TokenRequest>,
) -> Result<(StatusCode, Json<Token>), Problem> {
    let key = caller.key().ok_or_else(|| {
        Problem::new(
            ProblemKind::KeyMissing,
            "tokens are made with a key of scope `backend`; make one with `loket keys create --scope backend`",
        )
    })?;
    let tokens = tokens(&state)?;
    let [usual, longest] = LASTS;
    let seconds = request.expires_in.unwrap_or(usual);
    if !(1..=longest).contains(&seconds) {
        return Err(Problem::field(
            "expires_in",
            format!("give 1 to {longest} seconds"),
        ));
    }
    let origin = request.origin.map(Origin::try_from).transpose();
    let origin = origin.map_err(|error| Problem::field("origin", error.to_string()))?;
    let subjects = subjects(request.subject, request.subjects)?;
    let claims = Claims {
        origin: origin.map(String::from),
        key: Some(key.to_owned()),
        customer: request.customer,
        subjects,
        ..tokens.claims(Timestamp::now(), seconds, name()?)
    };
    let token = issue(tokens, &claims)?;
    if token.len() > MAX_BYTES {
        return Err(Problem {
            kind: ProblemKind::TooLarge,
            ..Problem::field(
                "subjects",
                format!(
                    "the token would be {} bytes, more than the {MAX_BYTES} that a header takes; give fewer subjects or facts",
                    token.len()
                ),
            )
        });
    }
    let expires_at = claims.expires_at().to_string();
    Ok((
        StatusCode::CREATED,
        Json(Token {
            token,
            expires_at,
            expires_in: seconds,
        }),
    ))
}

/// The subjects of a token: each fits, and each has an id that no other has.
fn subjects(
    one: Option<serde_json::Value>,
    several: Option<Vec<serde_json::Value>>,
) -> Result<Vec<serde_json::Value>, Problem> {
    let is_one = one.is_some();
    let subjects = match (one, several) {
        (Some(_), Some(_)) => {
            return Err(Problem::field(
                "subject",
                "give either `subject` or `subjects`, not both",
            ));
        }
        (one, several) => several.unwrap_or_else(|| one.into_iter().collect()),
    };
    if subjects.len() > MAX_SUBJECTS {
        return Err(Problem::field(
            "subjects",
            format!("give at most {MAX_SUBJECTS}"),
        ));
    }
    for (index, subject) in subjects.iter().enumerate() {
        let place = |field: &str| match (is_one, field.strip_prefix("subject")) {
            (false, Some(rest)) => format!("subjects[{index}]{rest}"),
            _ => field.to_owned(),
        };
        Subject::read(subject).map_err(|error| {
            let problem = Problem::subject(&error);
            Problem {
                field: problem.field.as_deref().map(place),
                ..problem
            }
        })?;
        let id = subject.get("id").and_then(serde_json::Value::as_str);
        let wrong = |why: &str| {
            Err(Problem {
                kind: ProblemKind::InvalidSubject,
                ..Problem::field(place("subject.id"), why)
            })
        };
        match id {
            None => return wrong("a browser names a subject by its `id`; give it one"),
            Some(id) => {
                let before = subjects[..index].iter();
                if before
                    .filter_map(|other| other.get("id"))
                    .any(|other| other == id)
                {
                    return wrong("another subject has this id");
                }
            }
        }
    }
    Ok(subjects)
}

/// What a page sends from now on: its own token, a session of a stranger, or nothing.
pub(super) async fn session(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Json<Session>, Problem> {
    if caller.is_anyone() {
        return Ok(Json(Session::default()));
    }
    let sent = || {
        let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        Some(sent.split_once(' ')?.1.trim().to_owned())
    };
    if caller.key().is_some() {
        return Ok(Json(Session {
            token: sent(),
            ..Session::default()
        }));
    }
    if let Some(claims) = caller.token() {
        return Ok(Json(Session {
            token: sent(),
            expires_at: Some(claims.expires_at().to_string()),
            customer: claims.customer.clone(),
            subjects: claims.subjects.iter().map(SessionSubject::of).collect(),
        }));
    }
    let refused = |why: &str| Err(Problem::new(ProblemKind::OriginNotAllowed, why));
    if !state.config().page.sessions {
        return refused("strangers get no sessions here; come with a token");
    }
    let Ok(origin) = may_have_session(&headers, &state.config().allowed_origins) else {
        return refused(
            "pages of this origin get no sessions; name it in `server.allowed_origins`",
        );
    };
    let tokens = tokens(&state)?;
    let claims = Claims {
        origin,
        ..tokens.claims(Timestamp::now(), LASTS[0], name()?)
    };
    Ok(Json(Session {
        token: Some(issue(tokens, &claims)?),
        expires_at: Some(claims.expires_at().to_string()),
        ..Session::default()
    }))
}

fn tokens(state: &AppState) -> Result<&Tokens, Problem> {
    let tokens = state.access().map(|access| access.tokens());
    tokens.ok_or_else(Problem::internal)?.map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "no token can be made"
        );
        Problem::internal()
    })
}

fn issue(tokens: &Tokens, claims: &Claims) -> Result<String, Problem> {
    tokens.issue(claims).map_err(|_| Problem::internal())
}

fn name() -> Result<String, Problem> {
    random_hex::<SESSION_BYTES>().map_err(|_| Problem::internal())
}
