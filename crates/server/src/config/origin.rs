//! Origins of other sites.

use axum::http::{HeaderValue, Uri};
use serde::{Deserialize, Serialize};

/// The origin of a page: `https://shop.example`, `http://localhost:3000`. As browsers write it, in lower case and without
/// the usual port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no origin; write scheme and host, and a port if it is not the usual one, such as `https://shop.example`"
)]
pub struct InvalidOrigin(pub String);

impl Origin {
    /// As browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("an origin is visible ASCII")
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let invalid = || InvalidOrigin(text.chars().take(80).collect());
        let (scheme, authority) = text.split_once("://").ok_or_else(invalid)?;
        let scheme = scheme.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "https" => 443,
            "http" => 80,
            _ => return Err(invalid()),
        };
        let is_plain = authority
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        let host = uri.host().filter(|host| is_plain && !host.is_empty());
        let host = host.ok_or_else(invalid)?.to_ascii_lowercase();
        let port = match authority.get(host.len()..) {
            Some("") => usual,
            Some(rest) => rest
                .strip_prefix(':')
                .and_then(|port| port.parse::<u16>().ok())
                .ok_or_else(invalid)?,
            None => return Err(invalid()),
        };
        Ok(Self(if port == usual {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{port}")
        }))
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let origin = Origin::try_from(text.to_owned());
        assert_eq!(origin.ok().as_ref().map(Origin::as_str), expected, "{text}");
    }

    #[test]
    fn origins_are_as_browsers_write_them() {
        check("https://shop.example", Some("https://shop.example"));
        check("HTTPS://Shop.Example:443", Some("https://shop.example"));
        check("http://localhost:3000", Some("http://localhost:3000"));
        check("http://[::1]:80", Some("http://[::1]"));
        for text in [
            "",
            "*",
            "null",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://shop.example/help",
            "https://*.shop.example",
            "https://anna@shop.example",
            "https://shop.example?x",
            "https://shop.example; script-src *",
            "ftp://shop.example",
            "https://shöp.example",
            "https://shop.example:99999",
        ] {
            check(text, None);
        }
    }
}
