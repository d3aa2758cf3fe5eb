//! Names of help centers.

use std::{borrow::Borrow, fmt, str::FromStr};

/// Longest name, in bytes: with what stands before it, it is a name of a schema on PostgreSQL, which takes 40.
const LONGEST: usize = 32;

/// The name of a help center among several: fit for an address, a folder, a schema and a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantName(String);

/// A text that is no such name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name for a help center; use 1 to {LONGEST} lower-case letters, digits and hyphens, no hyphen first or last"
)]
pub struct InvalidTenantName(pub String);

impl TenantName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name where no hyphen may stand. Two names never become the same.
    pub fn with_underscores(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl FromStr for TenantName {
    type Err = InvalidTenantName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name = (1..=LONGEST).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        if is_name {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTenantName(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for TenantName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, is_name: bool) {
        assert_eq!(text.parse::<TenantName>().is_ok(), is_name, "{text}");
    }

    #[test]
    fn names_are_fit_for_all_they_are_used_for() {
        check("a", true);
        check("acme-nl-2", true);
        check("2nd", true);
        check(&"a".repeat(32), true);
        check(&"a".repeat(33), false);
        for text in [
            "", "-a", "a-", "A", "a_b", "a.b", "a/b", "..", "a b", "é", "a%2f",
        ] {
            check(text, false);
        }
        let name: TenantName = "a-b-c".parse().unwrap();
        assert_eq!(name.with_underscores(), "a_b_c");
    }
}
