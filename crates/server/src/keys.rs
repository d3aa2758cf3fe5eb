//! Keys: how programs say who they are.
//!
//! `lk_<id>_<secret>` is shown once, when it is made. What is kept is the SHA-256 of the secret: nobody can try the
//! 2^256 secrets there are, so a slow hash, which protects passwords people choose, would only cost every request.
//! Here are the keys themselves; [`file`] keeps them, [`ring`] follows that file while the service runs.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

mod file;
mod ring;
#[cfg(test)]
mod tests;

pub(crate) use file::write_private;
pub use file::{KeyFile, KeyFileError, Revoked};
pub(crate) use ring::{Found, KeyRing};

/// What every key begins with, so that people and scanners know one when they see it.
pub(crate) const PREFIX: &str = "lk_";

/// Random bytes of an id and of a secret.
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// What the caller with a key may do; each may what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Ask, search, read, hand off, give feedback. May be put into a page, where everybody can read it.
    Widget,
    /// Also speak for customers and their orders.
    Backend,
    /// Also change what is served, and read the metrics.
    Admin,
}

impl Scope {
    /// The name used in interfaces.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Widget => "widget",
            Self::Backend => "backend",
            Self::Admin => "admin",
        }
    }
}

/// A key as it is kept: everything but the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// 16 hexadecimal digits; the middle part of the key.
    pub id: String,
    /// What it is for.
    pub scope: Scope,
    /// What people call it; may be empty.
    pub name: String,
    /// SHA-256 of the secret, in hex.
    digest: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// Whether a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// It was ended.
    Revoked,
}

impl KeyState {
    /// The name used in interfaces.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl KeyRecord {
    /// Makes a key. The secret is in the second value only.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn new(
        scope: Scope,
        name: &str,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Self, NewKey), getrandom::Error> {
        let id = random_hex::<ID_BYTES>()?;
        let secret = random_hex::<SECRET_BYTES>()?;
        let record = Self {
            digest: digest(&secret),
            scope,
            name: name.to_owned(),
            created_at: now,
            expires_at,
            revoked_at: None,
            id,
        };
        let key = NewKey(format!("{PREFIX}{}_{secret}", record.id));
        Ok((record, key))
    }

    /// Whether it counts at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            KeyState::Expired
        } else {
            KeyState::Active
        }
    }

    /// Whether `secret` is this key's. Takes the same time for every wrong one.
    pub(crate) fn is_opened_by(&self, secret: &str) -> bool {
        digest(secret)
            .as_bytes()
            .ct_eq(self.digest.as_bytes())
            .into()
    }
}

/// A key that was just made. Printed only where that is its purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct NewKey(String);

impl NewKey {
    /// The whole key.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewKey(…)")
    }
}

/// The id and the secret of a key as it is sent.
pub(crate) fn split(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix(PREFIX)?.split_once('_')
}

fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// `N` random bytes, in hex.
pub(crate) fn random_hex<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
