//! Destinations: the systems of a team that hand-offs are delivered to (`[support.destinations.NAME]`).
//!
//! Plain settings; how each is spoken to is the `dispatch` crate's.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that is printed nowhere.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "Secret(empty)"
        } else {
            "Secret(…)"
        })
    }
}

/// A system hand-offs are delivered to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// Whether card numbers, bank accounts, addresses and telephone numbers are taken out of what the customer wrote.
    #[serde(default)]
    pub redact: bool,
    /// How it is spoken to.
    pub via: Via,
}

/// How a destination is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Via {
    /// A signed POST as <https://www.standardwebhooks.com> describes it.
    Webhook {
        /// Where it is sent; `https`, or `http` to a host in `allow`.
        url: String,
        /// `whsec_…`, base64 of 24 to 64 bytes.
        secret: Secret,
        /// The secret before that one, while the receiver changes over: every message is signed with both.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old_secret: Option<Secret>,
        /// Hosts or addresses that may be private: `localhost`, `10.0.0.7`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allow: Vec<String>,
    },
    /// An e-mail through the team's own mail server.
    Smtp {
        /// Host name of the server.
        host: String,
        /// Its port; 587 with `starttls`, 465 with `tls` and 25 with `none` when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// How the connection is protected.
        #[serde(default)]
        security: SmtpSecurity,
        /// User name; no authentication when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// Password.
        #[serde(default)]
        password: Secret,
        /// Sender, such as `Help center <no-reply@example.org>`.
        from: String,
        /// Receiver.
        to: String,
        /// PEM file of a certificate authority to trust beside the system's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ca_file: Option<std::path::PathBuf>,
    },
    /// A Zendesk ticket.
    Zendesk {
        /// `https://SUBDOMAIN.zendesk.com`.
        url: String,
        /// E-mail of the agent the token is of.
        user: String,
        /// API token.
        token: Secret,
        /// See [`Via::Webhook`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allow: Vec<String>,
    },
    /// A Freshdesk ticket.
    Freshdesk {
        /// `https://DOMAIN.freshdesk.com`.
        url: String,
        /// API key.
        key: Secret,
        /// See [`Via::Webhook`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allow: Vec<String>,
    },
    /// A conversation in Chatwoot, through the public API of an inbox.
    Chatwoot {
        /// `https://app.chatwoot.com`, or the team's own.
        url: String,
        /// Identifier of the API inbox.
        inbox: String,
        /// See [`Via::Webhook`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allow: Vec<String>,
    },
    /// A conversation in Intercom.
    Intercom {
        /// `https://api.intercom.io`, or the region's.
        url: String,
        /// Access token.
        token: Secret,
        /// See [`Via::Webhook`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allow: Vec<String>,
    },
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// Begun in the clear and protected before anything is said; refused by a server that cannot.
    #[default]
    Starttls,
    /// Protected from the first byte.
    Tls,
    /// Not at all: for a server on this machine.
    None,
}
