//! Policy: topics on which a person decides, whatever the articles say.
//!
//! **query → policy** → retrieval. An article's front matter marks what is sensitive where it is written about;
//! here the customer's own words do, also when no article matches. On such a topic the engine quotes the
//! matching article, writes no verdict and sends the customer to a person. The words stand in `topics.txt`, a
//! table in nine languages; all of it is tried on every question, since customers do not always write in the
//! language of the page.

use std::sync::LazyLock;

use crate::phrases::{Table, Text};

/// What a person decides on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SensitiveTopic {
    /// Someone speaks of harming themselves. No article is quoted to them.
    SelfHarm,
    /// Threats, harassment, insults.
    Threats,
    /// Children who buy or sell, or are in danger.
    Minors,
    /// Racism and other discrimination.
    Discrimination,
    /// Objects that are not what they pass for.
    Counterfeit,
    /// Stolen objects and accounts.
    Theft,
    /// Scams, phishing, payments past the platform.
    Fraud,
    /// Lawyers, courts, the police.
    Legal,
    /// Accounts the platform has blocked.
    Suspension,
    /// Who is right in a dispute, and payments taken back through a bank.
    Dispute,
}

impl SensitiveTopic {
    /// All of them, the gravest first.
    pub const ALL: [Self; 10] = [
        Self::SelfHarm,
        Self::Threats,
        Self::Minors,
        Self::Discrimination,
        Self::Counterfeit,
        Self::Theft,
        Self::Fraud,
        Self::Legal,
        Self::Suspension,
        Self::Dispute,
    ];

    /// The name used in receipts and for routing to a team.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SelfHarm => "self_harm",
            Self::Threats => "threats",
            Self::Minors => "minors",
            Self::Discrimination => "discrimination",
            Self::Counterfeit => "counterfeit",
            Self::Theft => "theft",
            Self::Fraud => "fraud",
            Self::Legal => "legal",
            Self::Suspension => "suspension",
            Self::Dispute => "dispute",
        }
    }

    /// Finds the topic a question is about; the gravest one when there are several.
    pub fn of(question: &str) -> Option<Self> {
        let text = Text::new(question);
        let code = TABLE.found(&text).next()?;
        Self::ALL.into_iter().find(|topic| topic.code() == code)
    }

    /// Whether an article may be quoted. To someone who speaks of harming themselves only a person should
    /// answer.
    pub const fn may_quote(self) -> bool {
        !matches!(self, Self::SelfHarm)
    }
}

/// The rule that sent a question to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The customer's words are about a sensitive topic.
    Words(SensitiveTopic),
    /// The best article is marked as sensitive.
    Article,
    /// The customer asked for a person, and was not speaking of a sensitive topic.
    Requested,
}

impl Policy {
    /// The name used in receipts: `topic.fraud`, `article`, `requested`.
    pub fn code(self) -> String {
        match self {
            Self::Words(topic) => format!("topic.{}", topic.code()),
            Self::Article => "article".to_owned(),
            Self::Requested => "requested".to_owned(),
        }
    }

    /// Whether the matter is one for people who handle sensitive matters.
    pub const fn is_sensitive(self) -> bool {
        matches!(self, Self::Words(_) | Self::Article)
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    Table::parse(include_str!("policy/topics.txt")).expect("a test reads the same table")
});

#[cfg(test)]
mod tests;
