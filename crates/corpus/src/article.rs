//! Articles: one Markdown file in one language.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{ArticleId, Language, Section};

/// One help article as indexed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Name shared by all language versions.
    pub id: ArticleId,
    /// Language of this version.
    pub language: Language,
    /// Title in that language.
    pub title: String,
    /// Public address, when the front matter gives one.
    pub url: Option<String>,
    /// The article this one says it translates, when not by equal id.
    pub translation_of: Option<ArticleId>,
    /// Audiences that may see it; empty means everyone. Lower case.
    pub audience: Vec<String>,
    /// Regions (ISO 3166-1 alpha-2, upper case) it holds for; empty means everywhere.
    pub regions: Vec<String>,
    /// When it is visible.
    pub validity: Validity,
    /// Subjects, for contact routing.
    pub topics: Vec<String>,
    /// Whether a person must decide on what it covers.
    pub sensitivity: Sensitivity,
    /// Day of the last change of substance.
    pub updated: Option<Date>,
    /// Front-matter keys an article is not searched or chosen by, as JSON values; see [`Article::is_draft`].
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// Path relative to the knowledge base, with `/` separators.
    pub path: String,
    /// Sections in file order; they tile the Markdown body without gap or overlap.
    pub sections: Vec<Section>,
}

impl Article {
    /// Whether its front matter says `draft: true`: it is no article to serve yet.
    pub fn is_draft(&self) -> bool {
        self.attributes.get("draft") == Some(&serde_json::Value::Bool(true))
    }

    /// Whether someone of `audience` may see it. `None` means an unknown visitor, who sees every article:
    /// audience sorts what is relevant, it is no access control.
    pub fn is_for_audience(&self, audience: Option<&str>) -> bool {
        match audience {
            Some(audience) if !self.audience.is_empty() => self
                .audience
                .iter()
                .any(|a| a.eq_ignore_ascii_case(audience)),
            _ => true,
        }
    }

    /// Whether it holds in `region`. `None` means unknown, for which every region's article is shown.
    pub fn is_for_region(&self, region: Option<&str>) -> bool {
        match region {
            Some(region) if !self.regions.is_empty() => {
                self.regions.iter().any(|r| r.eq_ignore_ascii_case(region))
            }
            _ => true,
        }
    }
}

/// Days on which an article is visible: `[from, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Validity {
    /// First visible day; `None` means since ever.
    pub from: Option<Date>,
    /// First day it is no longer visible; `None` means for ever.
    pub until: Option<Date>,
}

impl Validity {
    /// Whether `day` lies in `[from, until)`.
    pub fn includes(self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

/// Who decides on the matter an article covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// The article may be put into the engine's own words.
    #[default]
    Normal,
    /// A person decides; the article may be quoted, no verdict written.
    Sensitive,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn validity_is_half_open() {
        let validity = Validity {
            from: Some(date(2026, 1, 1)),
            until: Some(date(2027, 1, 1)),
        };
        assert!(!validity.includes(date(2025, 12, 31)));
        assert!(validity.includes(date(2026, 1, 1)));
        assert!(validity.includes(date(2026, 12, 31)));
        assert!(!validity.includes(date(2027, 1, 1)));
        assert!(Validity::default().includes(date(1, 1, 1)));
    }
}
