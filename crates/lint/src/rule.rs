//! Rules: the kinds of findings, each with a name that stays.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Severity;

mod help;

/// What a finding is about. The names are part of the interface: editors switch rules off by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Rule {
    /// A file that cannot be read as an article.
    UnusableFile,
    /// A key of the front matter that looks like a misspelt one, or has a value of another type.
    FrontMatter,
    /// An article without an `id` of its own whose place decides its name.
    MissingId,
    /// Two files with one id in one language.
    DuplicateId,
    /// A link to an article or file that is not there.
    BrokenLink,
    /// A link to a heading that is not there.
    BrokenAnchor,
    /// A section too long to be found and quoted well.
    LongSection,
    /// An image without a text that stands in for it.
    ImageWithoutText,
    /// Text a reader does not see but a program reads.
    HiddenText,
    /// Characters that look like others, or cannot be seen.
    OddUnicode,
    /// An article whose time is over, or has not come.
    Validity,
    /// Two articles that say nearly the same.
    NearDuplicate,
    /// Two articles on one matter with different amounts, dates or deadlines.
    Contradiction,
    /// An article that other languages have and this one lacks.
    TranslationMissing,
    /// A translation older than its source.
    TranslationOutdated,
    /// A translation with other numbers than its source.
    TranslationNumbers,
    /// A judged question that no article answers.
    UnansweredQuestion,
    /// Sentences harder to read than customers' texts should be.
    ReadingLevel,
    /// An edit that links to a host the article did not link to before. Only an index knows what was before.
    NewHost,
}

/// A name that no rule has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no rule of the check; the rules are {}", known_names())]
pub struct UnknownRule {
    /// The name.
    pub name: String,
}

fn known_names() -> String {
    Rule::ALL.map(Rule::name).join(", ")
}

impl Rule {
    /// All rules, in the order of their names in the report.
    pub const ALL: [Self; 19] = [
        Self::UnusableFile,
        Self::FrontMatter,
        Self::MissingId,
        Self::DuplicateId,
        Self::BrokenLink,
        Self::BrokenAnchor,
        Self::LongSection,
        Self::ImageWithoutText,
        Self::HiddenText,
        Self::OddUnicode,
        Self::Validity,
        Self::NearDuplicate,
        Self::Contradiction,
        Self::TranslationMissing,
        Self::TranslationOutdated,
        Self::TranslationNumbers,
        Self::UnansweredQuestion,
        Self::ReadingLevel,
        Self::NewHost,
    ];

    /// The name in reports and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnusableFile => "unusable-file",
            Self::FrontMatter => "front-matter",
            Self::MissingId => "missing-id",
            Self::DuplicateId => "duplicate-id",
            Self::BrokenLink => "broken-link",
            Self::BrokenAnchor => "broken-anchor",
            Self::LongSection => "long-section",
            Self::ImageWithoutText => "image-without-text",
            Self::HiddenText => "hidden-text",
            Self::OddUnicode => "odd-unicode",
            Self::Validity => "validity",
            Self::NearDuplicate => "near-duplicate",
            Self::Contradiction => "contradiction",
            Self::TranslationMissing => "translation-missing",
            Self::TranslationOutdated => "translation-outdated",
            Self::TranslationNumbers => "translation-numbers",
            Self::UnansweredQuestion => "unanswered-question",
            Self::ReadingLevel => "reading-level",
            Self::NewHost => "new-host",
        }
    }

    /// How much its findings weigh when the settings say nothing else.
    pub const fn severity(self) -> Severity {
        match self {
            Self::UnusableFile
            | Self::FrontMatter
            | Self::DuplicateId
            | Self::BrokenLink
            | Self::BrokenAnchor
            | Self::HiddenText => Severity::Error,
            Self::MissingId | Self::TranslationMissing | Self::ReadingLevel => Severity::Note,
            Self::LongSection
            | Self::ImageWithoutText
            | Self::OddUnicode
            | Self::Validity
            | Self::NearDuplicate
            | Self::Contradiction
            | Self::TranslationOutdated
            | Self::TranslationNumbers
            | Self::UnansweredQuestion
            | Self::NewHost => Severity::Warning,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    /// Reads a name; `_` may stand for `-`, as it must in a variable of the environment.
    fn from_str(name: &str) -> Result<Self, UnknownRule> {
        let wanted = name.replace('_', "-");
        Self::ALL
            .into_iter()
            .find(|rule| rule.name() == wanted)
            .ok_or_else(|| UnknownRule {
                name: name.to_owned(),
            })
    }
}

impl TryFrom<String> for Rule {
    type Error = UnknownRule;

    fn try_from(name: String) -> Result<Self, UnknownRule> {
        name.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_known_by_its_name() {
        for rule in Rule::ALL {
            assert_eq!(rule.name().parse(), Ok(rule));
            assert_eq!(rule.name().replace('-', "_").parse(), Ok(rule));
        }
        let unknown = "broken-lnik".parse::<Rule>().expect_err("misspelt");
        assert!(unknown.to_string().contains("broken-link"), "{unknown}");
    }
}
