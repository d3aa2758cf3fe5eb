//! Tokens: what a browser may say, signed by this service.
//!
//! A browser keeps no secret, so it is not believed about customers and orders. A program that is believed has a token
//! made for one customer and some subjects ([`Tokens::issue`]), and the browser sends it along. Sessions of strangers are
//! tokens too, with nobody in them. Only HS256 is signed and read; what a header says of another algorithm is refused
//! before anything is computed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use support::Secret;

use crate::dto::Customer;

mod hs256;
mod secret;
#[cfg(test)]
mod tests;

pub use secret::SecretError;
pub(crate) use secret::secret;

/// How long a token lasts when nothing is said, and at most, in seconds.
pub(crate) const LASTS: [u32; 2] = [3_600, 86_400];

/// Longest token, in bytes: with `Authorization: Bearer ` it must go into one header line of 8 KiB, which is what common
/// proxies take.
pub(crate) const MAX_BYTES: usize = 7 * 1024;

/// What a token says.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    /// The service it is for.
    pub(crate) aud: String,
    /// When it was made, in seconds since 1970.
    pub(crate) iat: i64,
    /// When it ends, in seconds since 1970.
    pub(crate) exp: i64,
    /// Names this session.
    pub(crate) jti: String,
    /// The only origin whose pages may send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
    /// The key it was made with; none for a session of a stranger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// Who sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) customer: Option<Customer>,
    /// What they may ask about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) subjects: Vec<Value>,
}

/// Names the session only: nothing of a customer or a subject is printed.
impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claims")
            .field("jti", &self.jti)
            .field("exp", &self.exp)
            .finish_non_exhaustive()
    }
}

impl Claims {
    /// The customer's id.
    pub(crate) fn customer_id(&self) -> Option<&str> {
        self.customer.as_ref()?.id.as_deref()
    }

    /// When it ends.
    pub(crate) fn expires_at(&self) -> Timestamp {
        // The time was read from a clock or checked against one.
        Timestamp::from_second(self.exp).unwrap_or(Timestamp::MAX)
    }
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// Its time is over.
    Expired,
    /// It is signed by another algorithm, or by none.
    Algorithm,
    /// It is for another service or another origin.
    Audience,
    /// It is no token, or not as it was signed.
    Invalid,
}

/// Makes tokens and reads them.
#[derive(Clone)]
pub(crate) struct Tokens {
    sign: EncodingKey,
    verify: DecodingKey,
    validation: Validation,
    audience: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens for the service `audience`, signed with `secret`.
    pub(crate) fn new(secret: &Secret, audience: &str) -> Self {
        hs256::install();
        let mut validation = Validation::new(Algorithm::HS256);
        // One clock makes and reads them.
        validation.leeway = 0;
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "aud"]);
        Self {
            sign: EncodingKey::from_secret(secret.reveal().as_bytes()),
            verify: DecodingKey::from_secret(secret.reveal().as_bytes()),
            validation,
            audience: audience.to_owned(),
        }
    }

    /// Signs a token with nobody in it that lasts `seconds` from `now`; the caller adds who and what.
    pub(crate) fn claims(&self, now: Timestamp, seconds: u32, jti: String) -> Claims {
        let iat = now.as_second();
        Claims {
            aud: self.audience.clone(),
            iat,
            exp: iat + i64::from(seconds),
            jti,
            origin: None,
            key: None,
            customer: None,
            subjects: Vec::new(),
        }
    }

    /// Signs `claims`.
    pub(crate) fn issue(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.sign)
    }

    /// Reads a token made here.
    pub(crate) fn read(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > MAX_BYTES {
            return Err(TokenError::Invalid);
        }
        check_algorithm(token)?;
        let read = jsonwebtoken::decode::<Claims>(token, &self.verify, &self.validation);
        let claims = read.map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => TokenError::Expired,
            ErrorKind::InvalidAudience => TokenError::Audience,
            ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => TokenError::Algorithm,
            _ => TokenError::Invalid,
        })?;
        let claims = claims.claims;
        let lasts = claims.exp.saturating_sub(claims.iat);
        if (1..=i64::from(LASTS[1])).contains(&lasts) {
            Ok(claims)
        } else {
            Err(TokenError::Invalid)
        }
    }
}

/// Refuses every algorithm but ours by the words of the header, so that a caller learns what is wrong.
fn check_algorithm(token: &str) -> Result<(), TokenError> {
    let header = token.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|_| TokenError::Invalid)?;
    let header: Value = serde_json::from_slice(&header).map_err(|_| TokenError::Invalid)?;
    match header.get("alg") {
        Some(Value::String(name)) if name == "HS256" => Ok(()),
        Some(_) => Err(TokenError::Algorithm),
        None => Err(TokenError::Invalid),
    }
}
