//! Who calls, and what they may.
//!
//! Every request passes [`check`] once its route is known: the key or token it brings is looked up, the route's row in
//! [`rules`] says what is needed, the caller's limits are charged, and the route gets a [`Caller`] to ask about
//! customers and subjects. Without keys everyone is let through, and only this machine can connect.

use std::{
    hash::Hasher as _,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use support::{Charge, Secret, Store};

use crate::{
    AppState, Problem, ProblemKind, ServerConfig,
    keys::{self, Found, KeyFile, KeyFileError, KeyRecord, KeyRing, KeyState, Scope},
    limits::{self, Share},
    tokens::{self, Claims, SecretError, TokenError, Tokens},
};

mod address;
mod caller;
mod origin;
pub(crate) mod rules;

pub(crate) use caller::Caller;
pub(crate) use origin::may_have_session;
use origin::sender_origin;
use rules::Need;

/// Why the service cannot tell who calls.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// The keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// There is no secret to sign tokens with.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// The keys and the tokens of a data directory.
#[derive(Debug)]
pub struct Access {
    ring: KeyRing,
    tokens: OnceLock<Tokens>,
    secret: Secret,
    audience: String,
    data_dir: PathBuf,
}

impl Access {
    /// Reads the keys below `data_dir`, and the secret of tokens when there are keys.
    ///
    /// # Errors
    /// [`AccessError`]; a service must not start without knowing whom to let in.
    pub fn open(data_dir: &Path, config: &ServerConfig) -> Result<Self, AccessError> {
        let access = Self {
            ring: KeyRing::open(KeyFile::new(data_dir))?,
            tokens: OnceLock::new(),
            secret: config.token_secret.clone(),
            audience: config.token_audience.clone(),
            data_dir: data_dir.to_owned(),
        };
        if access.has_keys() {
            access.tokens()?;
        }
        Ok(access)
    }

    /// The same where others are served whatever is wrong here: then nobody is let in until the keys can be trusted, and the
    /// reason is returned beside it.
    pub fn open_or_shut(data_dir: &Path, config: &ServerConfig) -> (Self, Option<AccessError>) {
        match Self::open(data_dir, config) {
            Ok(access) => (access, None),
            Err(error) => {
                let shut = Self {
                    ring: KeyRing::shut(KeyFile::new(data_dir)),
                    tokens: OnceLock::new(),
                    secret: config.token_secret.clone(),
                    audience: config.token_audience.clone(),
                    data_dir: data_dir.to_owned(),
                };
                (shut, Some(error))
            }
        }
    }

    /// The same, looking at the key file at every request.
    #[cfg(test)]
    pub(crate) fn always_looking(self) -> Self {
        Self {
            ring: self.ring.always_looking(),
            ..self
        }
    }

    /// Whether keys have been made, so that nobody is let in without one.
    pub fn has_keys(&self) -> bool {
        !matches!(self.ring.now(), Found::Nothing)
    }

    /// Makes and reads tokens. The secret is made at first use.
    pub(crate) fn tokens(&self) -> Result<&Tokens, SecretError> {
        if let Some(tokens) = self.tokens.get() {
            return Ok(tokens);
        }
        let secret = tokens::secret(&self.secret, &self.data_dir)?;
        Ok(self
            .tokens
            .get_or_init(|| Tokens::new(&secret, &self.audience)))
    }

    /// Who sends `headers` to a route that needs `need`.
    pub(crate) fn caller(&self, headers: &HeaderMap, need: Need) -> Result<Caller, Problem> {
        let keys = match self.ring.now() {
            Found::Nothing => return Ok(Caller::anyone()),
            // What is open to all is open to all.
            _ if need == Need::Nothing => return Ok(Caller::stranger()),
            Found::Keys(keys) => keys,
            Found::Damaged => return Err(unavailable("the keys")),
        };
        let Some(brought) = bearer(headers)? else {
            return if need == Need::Session {
                Ok(Caller::stranger())
            } else {
                Err(Problem::new(
                    ProblemKind::KeyMissing,
                    "send a key or a token, as `Authorization: Bearer …`",
                ))
            };
        };
        let caller = if brought.starts_with(keys::PREFIX) {
            key(&keys, brought)?
        } else {
            Caller::with_token(self.token(&keys, brought, headers)?)
        };
        let needed = match need {
            Need::Scope(scope) | Need::HandOff(scope) => scope,
            Need::Session | Need::Nothing => Scope::Widget,
        };
        if caller.scope() < Some(needed) {
            return Err(Problem::new(
                ProblemKind::InsufficientScope,
                format!("this needs a key of scope `{}`", needed.code()),
            ));
        }
        Ok(caller)
    }

    fn token(
        &self,
        keys: &[KeyRecord],
        token: &str,
        headers: &HeaderMap,
    ) -> Result<Claims, Problem> {
        let tokens = self.tokens().map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "no token can be read"
            );
            unavailable("the tokens")
        })?;
        let claims = tokens.read(token).map_err(refused)?;
        if let Some(origin) = &claims.origin
            && !sender_origin(headers).is(origin)
        {
            return Err(refused(TokenError::Audience));
        }
        let ends = claims.key.as_ref().is_some_and(|id| {
            let made_with = keys.iter().find(|key| key.id == *id);
            made_with.is_none_or(|key| key.state(Timestamp::now()) != KeyState::Active)
        });
        if ends {
            return Err(Problem::new(
                ProblemKind::TokenInvalid,
                "the key this token was made with counts no more",
            ));
        }
        Ok(claims)
    }
}

/// The credentials of a request.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let brought = value.to_str().ok().and_then(|value| {
        let (scheme, brought) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("Bearer")
            .then(|| brought.trim())
    });
    match (brought, values.next()) {
        (Some(brought), None) => Ok(Some(brought)),
        _ => Err(Problem::new(
            ProblemKind::KeyInvalid,
            "send one key or token, as `Authorization: Bearer …`",
        )),
    }
}

fn key(keys: &[KeyRecord], brought: &str) -> Result<Caller, Problem> {
    let invalid = |why: &str| Problem::new(ProblemKind::KeyInvalid, why);
    let record = keys::split(brought).and_then(|(id, secret)| {
        let record = keys.iter().find(|key| key.id == id)?;
        record.is_opened_by(secret).then_some(record)
    });
    let record = record.ok_or_else(|| invalid("there is no such key"))?;
    match record.state(Timestamp::now()) {
        KeyState::Active => Ok(Caller::with_key(record)),
        // Only who has the secret gets this far.
        KeyState::Expired => Err(invalid("this key has expired")),
        KeyState::Revoked => Err(invalid("this key has been revoked")),
    }
}

fn refused(error: TokenError) -> Problem {
    let (kind, why) = match error {
        TokenError::Expired => (
            ProblemKind::TokenExpired,
            "the token has expired; get another one",
        ),
        TokenError::Algorithm => (
            ProblemKind::TokenAlgorithm,
            "the token is not signed with HS256",
        ),
        TokenError::Audience => (
            ProblemKind::TokenAudience,
            "the token is for another service or for pages of another origin",
        ),
        TokenError::Invalid => (
            ProblemKind::TokenInvalid,
            "this is neither a key nor a token made by this service",
        ),
    };
    Problem::new(kind, why)
}

fn unavailable(what: &str) -> Problem {
    Problem {
        retry_after: Some(30),
        ..Problem::new(
            ProblemKind::KeysUnavailable,
            format!("{what} cannot be read, so nobody is let in; the log says why"),
        )
    }
}

/// A share of the limits; the same for the same `of`, in every process. A hash, so that nothing of a customer is kept here,
/// and one in which nobody finds a name that falls on another's.
fn share(of: impl std::hash::Hash) -> Share {
    let mut hasher = ShareHasher(Sha256::new());
    of.hash(&mut hasher);
    Share(hasher.finish())
}

struct ShareHasher(Sha256);

impl std::hash::Hasher for ShareHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest
            .iter()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// The layer: lets a request through with its [`Caller`], or refuses it.
pub(crate) async fn check(
    State(state): State<AppState>,
    matched: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    // Where there is nothing, there is nothing to protect.
    let Some(path) = matched else {
        return Ok(next.run(request).await);
    };
    let need = match *request.method() {
        Method::HEAD => rules::need(&Method::GET, path.as_str()),
        ref method => rules::need(method, path.as_str()),
    };
    let mut caller = match state.access() {
        Some(access) => access.caller(request.headers(), need)?,
        None => Caller::anyone(),
    };
    let connected = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip());
    let trusted = &state.config().trusted_proxies;
    let address = connected.map(|peer| address::of_client(peer, request.headers(), trusted));
    charge(&state, &mut caller, need, address).await?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Counts the request against the limits of who sends it: here first, where that costs nothing, then over all processes
/// on the same database.
async fn charge(
    state: &AppState,
    caller: &mut Caller,
    need: Need,
    address: Option<IpAddr>,
) -> Result<(), Problem> {
    if need == Need::Nothing || caller.is_anyone() {
        return Ok(());
    }
    let limits = &state.config().limits;
    let network = address.map(address::network);
    let mut shares = Vec::with_capacity(2);
    match caller.who() {
        caller::Who::Key { id, scope } => {
            let of_key = share(("key", id));
            if *scope == Scope::Widget {
                shares.push((share(("visitor", id, network)), limits.visitor_per_minute));
                shares.push((of_key, limits.widget_per_minute));
            } else {
                shares.push((of_key, limits.of(*scope)));
            }
        }
        caller::Who::Token(claims) => {
            let of = match (claims.customer_id(), &claims.key) {
                (Some(id), Some(key)) => share(("customer", key, id)),
                _ => share(("stranger", network)),
            };
            shares.push((of, limits.visitor_per_minute));
        }
        caller::Who::Anyone | caller::Who::Stranger => {
            shares.push((share(("stranger", network)), limits.visitor_per_minute));
        }
    }
    caller.set_share(shares[0].0);
    if matches!(need, Need::HandOff(_)) {
        // A person must be reachable also for who has asked too much.
        shares.truncate(1);
        shares[0].1 = limits.handoffs_per_minute;
    }
    let class = match need {
        Need::HandOff(_) => limits::Class::HandOff,
        _ => limits::Class::Other,
    };
    let refused = |per_minute: u32, seconds: u64| Problem {
        retry_after: Some(seconds),
        ..Problem::new(
            ProblemKind::RateLimited,
            format!("more than {per_minute} requests a minute; slow down"),
        )
    };
    for &(share, per_minute) in &shares {
        state
            .limits()
            .take(share, class, per_minute)
            .map_err(|seconds| refused(per_minute, seconds))?;
    }
    if let Some(shared) = state.store().and_then(Store::shared) {
        let charges: Vec<Charge> = shares
            .iter()
            .filter(|(_, per_minute)| *per_minute > 0)
            .map(|&(share, per_minute)| Charge {
                share: share.0,
                class: class as u8,
                per_minute,
            })
            .collect();
        if let Some(seconds) = shared.charge(&charges).await {
            let least = charges.iter().map(|charge| charge.per_minute).min();
            return Err(refused(least.unwrap_or_default(), seconds));
        }
    }
    Ok(())
}
