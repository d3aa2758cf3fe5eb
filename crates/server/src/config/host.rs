//! Names of hosts.

use std::{fmt, str::FromStr};

use axum::http::uri::Authority;
use serde::{Deserialize, Serialize};

/// Longest name of a host (RFC 1035).
const LONGEST: usize = 253;

/// The name a browser asks for: `help.example`. In lower case, without a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);

/// A text that is no name of a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name of a host; write the name alone, such as `help.example`, without scheme, port, path or `*`"
)]
pub struct InvalidHostName(pub String);

impl HostName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host of a `Host` header, whatever its port; `None` when it names none.
    pub(crate) fn of_header(value: &str) -> Option<Self> {
        // What may stand before an `@` would be read as a user, and the rest as the host.
        let is_plain = !value.contains('@');
        let authority: Authority = value.parse().ok().filter(|_| is_plain)?;
        Self::try_from(authority.host().to_owned()).ok()
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for HostName {
    type Error = InvalidHostName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // `help.example.` is the same host, and some clients write it so.
        let name = text.strip_suffix('.').unwrap_or(&text).to_ascii_lowercase();
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if name.len() <= LONGEST && name.split('.').all(is_label) {
            Ok(Self(name))
        } else {
            Err(InvalidHostName(text.chars().take(80).collect()))
        }
    }
}

impl FromStr for HostName {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl From<HostName> for String {
    fn from(host: HostName) -> Self {
        host.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let host = text.parse::<HostName>();
        assert_eq!(host.ok().as_ref().map(HostName::as_str), expected, "{text}");
    }

    #[track_caller]
    fn check_header(value: &str, expected: Option<&str>) {
        let host = HostName::of_header(value);
        assert_eq!(host.as_ref().map(HostName::as_str), expected, "{value}");
    }

    #[test]
    fn names_are_exact_and_in_lower_case() {
        check("Help.Example", Some("help.example"));
        check("help.example.", Some("help.example"));
        check("localhost", Some("localhost"));
        check("127.0.0.1", Some("127.0.0.1"));
        for text in [
            "",
            ".",
            "*",
            "*.example",
            "help..example",
            "help.example:443",
            "https://help.example",
            "help.example/t",
            "-help.example",
            "hülp.example",
            "a b",
        ] {
            check(text, None);
        }
        check(&"a".repeat(64), None);
        check(&format!("{}a", "a.".repeat(127)), None);
    }

    #[test]
    fn a_header_names_a_host_whatever_its_port() {
        check_header("HELP.example:8443", Some("help.example"));
        check_header("help.example", Some("help.example"));
        check_header("help.example.:80", Some("help.example"));
        check_header("a.example@b.example", None);
        check_header("a.example, b.example", None);
        check_header("[::1]:8080", None);
        check_header("", None);
        check_header("a.example/b", None);
    }
}
