//! The settings of a destination, checked at start so a mistake shows before the first customer needs it.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use support::{Destination, Secret, SmtpSecurity, Via};

use crate::endpoint::Endpoint;
use crate::guard::Allowed;
use crate::smtp;

/// A setting of a destination cannot be used. The message names the key below the destination and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDestination {
    /// A URL that cannot be used.
    #[error("`via.url` {fault}")]
    Url {
        /// What is wrong, and the remedy.
        fault: &'static str,
    },
    /// The secret of a webhook is not of the form of the standard.
    #[error(
        "`via.secret` is not `whsec_` and the base64 of 24 to 64 random bytes; make one with `openssl rand -base64 32`"
    )]
    WebhookSecret,
    /// A setting that must have a value has none, or one with spaces or characters that cannot be sent.
    #[error(
        "`{key}` is empty or holds characters that cannot be sent; set it as the destination shows it"
    )]
    Value {
        /// The key.
        key: &'static str,
    },
    /// An e-mail address that is none.
    #[error("`{key}` is no e-mail address; write it as `Help center <no-reply@example.org>`")]
    Address {
        /// The key.
        key: &'static str,
    },
    /// Mail would leave the machine unprotected.
    #[error(
        "`via.security` is none, which is for a mail server on this machine; use starttls or tls for {host}"
    )]
    Unprotected {
        /// The host.
        host: String,
    },
    /// A user without a password, or a password without a user.
    #[error("`via.user` and `via.password` belong together; set both or neither")]
    Login,
    /// The file of certificates cannot be read, or holds none.
    #[error("`via.ca_file` {} holds no certificate that can be read; give a PEM file", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
    },
}

/// Checks the settings of `destination`. Resolves no name and opens no connection.
///
/// # Errors
///
/// The first setting that cannot be used.
pub fn check(destination: &Destination) -> Result<(), InvalidDestination> {
    match &destination.via {
        Via::Webhook {
            url,
            secret,
            old_secret,
            allow,
        } => {
            endpoint(url, allow)?;
            webhook_secret(secret)?;
            old_secret.as_ref().map_or(Ok(()), webhook_secret)
        }
        Via::Zendesk {
            url,
            user,
            token,
            allow,
        } => {
            base(url, allow)?;
            value("via.user", user)?;
            value("via.token", token.reveal())
        }
        Via::Freshdesk { url, key, allow } => {
            base(url, allow)?;
            value("via.key", key.reveal())
        }
        Via::Chatwoot { url, inbox, allow } => {
            base(url, allow)?;
            value("via.inbox", inbox)
        }
        Via::Intercom { url, token, allow } => {
            base(url, allow)?;
            value("via.token", token.reveal())
        }
        Via::Smtp {
            host,
            port: _,
            security,
            user,
            password,
            from,
            to,
            ca_file,
        } => {
            value("via.host", host)?;
            for (key, text) in [("via.from", from), ("via.to", to)] {
                smtp::mailbox(text).ok_or(InvalidDestination::Address { key })?;
            }
            if *security == SmtpSecurity::None && !smtp::is_loopback(host) {
                return Err(InvalidDestination::Unprotected { host: host.clone() });
            }
            let has_user = user.as_deref().is_some_and(|user| !user.is_empty());
            if has_user == password.reveal().is_empty() {
                return Err(InvalidDestination::Login);
            }
            match ca_file {
                Some(path) if smtp::certificates(path).is_none() => {
                    Err(InvalidDestination::Certificates { path: path.clone() })
                }
                _ => Ok(()),
            }
        }
    }
}

fn endpoint(url: &str, allow: &[String]) -> Result<(), InvalidDestination> {
    Endpoint::parse(url, &Allowed::new(allow))
        .map(drop)
        .map_err(|fault| InvalidDestination::Url { fault })
}

/// A URL that paths are added to.
fn base(url: &str, allow: &[String]) -> Result<(), InvalidDestination> {
    if url.contains('?') {
        let fault = "holds a query; take out what follows the question mark";
        return Err(InvalidDestination::Url { fault });
    }
    endpoint(url, allow)
}

fn value(key: &'static str, text: &str) -> Result<(), InvalidDestination> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain
        .then_some(())
        .ok_or(InvalidDestination::Value { key })
}

fn webhook_secret(secret: &Secret) -> Result<(), InvalidDestination> {
    secret
        .reveal()
        .strip_prefix("whsec_")
        .and_then(|text| STANDARD.decode(text).ok())
        .filter(|key| (24..=64).contains(&key.len()))
        .map(drop)
        .ok_or(InvalidDestination::WebhookSecret)
}
