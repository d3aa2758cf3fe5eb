//! How much callers may ask for (`[server.limits]`), and what strangers get (`[server.page]`).

use serde::{Deserialize, Serialize};

use crate::Scope;

/// Requests a minute; a minute's worth may come at once. 0 is no limit. They count only where there are keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Of one visitor: a token's customer, or an address with a session or with a key of scope `widget`. Default 120:
    /// the page searches while somebody types.
    pub visitor_per_minute: u32,
    /// Of one key of scope `widget`, by all its visitors. Default 3,000.
    pub widget_per_minute: u32,
    /// Of one key of scope `backend`. Default 3,000.
    pub backend_per_minute: u32,
    /// Of one key of scope `admin`. Default 600.
    pub admin_per_minute: u32,
    /// Hand-offs of one visitor or one key, which count nowhere else. Default 600.
    pub handoffs_per_minute: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            visitor_per_minute: 120,
            widget_per_minute: 3_000,
            backend_per_minute: 3_000,
            admin_per_minute: 600,
            handoffs_per_minute: 600,
        }
    }
}

impl LimitsConfig {
    pub(crate) const fn of(&self, scope: Scope) -> u32 {
        match scope {
            Scope::Widget => self.widget_per_minute,
            Scope::Backend => self.backend_per_minute,
            Scope::Admin => self.admin_per_minute,
        }
    }
}

/// What the help page and widgets may do for people who have no token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PageConfig {
    /// Whether strangers get a session. Default true; false leaves the page to who comes with a token.
    pub sessions: bool,
}

impl Default for PageConfig {
    fn default() -> Self {
        Self { sessions: true }
    }
}
