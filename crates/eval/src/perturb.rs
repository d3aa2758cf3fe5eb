//! Perturbation: how many false sentences the check catches, and how many true ones it loses.
//!
//! collections → evidence as the engine gathers it → **true and false sentences** → check → report. A true sentence
//! is one of the evidence, an honest rewording of it, or the same sentence of the article in another language. A
//! false one says one thing differently, or comes from another article. Deterministic for a seed, an index and an
//! encoder. What is swapped for what stands in [`words`]; none of it is known to the check.

use corpus::Language;
use serde::{Deserialize, Serialize};

pub mod collection;
pub mod edit;
pub mod falsify;
pub mod fit;
pub mod names;
pub mod random;
pub mod report;
pub mod reword;
pub mod suite;
mod versions;
pub mod words;

pub use collection::{Collection, Fold};
pub use report::{CheckReport, CheckRow};
pub use suite::{Checked, Options, run};

/// What was done to a sentence of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Nothing. True.
    Verbatim,
    /// A clause was dropped where grammar allows. True.
    Shortened,
    /// Two statements were joined. True.
    Joined,
    /// An item was joined with the lead-in of its list. True.
    ItemUnderLeadIn,
    /// A number or a date was written in another notation. True.
    Notation,
    /// Quotation marks, apostrophes or the final stop were changed. True.
    Typography,
    /// A word of modality or limit was replaced by one of the same strength. True.
    SameStrength,
    /// The same sentence of the article in another language. True.
    Translation,
    /// A number was changed.
    Number,
    /// An amount of money or its currency was changed.
    Amount,
    /// The unit of a number was changed.
    Unit,
    /// A date or the days of a deadline were changed.
    Date,
    /// A name was replaced by another of the collection.
    Name,
    /// A link, an e-mail address or a telephone number was changed or put in.
    Address,
    /// A negation was put in or taken out.
    Negation,
    /// An obligation, recommendation, permission or possibility was made stronger or weaker.
    Modality,
    /// A limit was dropped or turned round.
    Limit,
    /// Only, always, never or all was put in, taken out or exchanged.
    Scope,
    /// A role, a direction or an order was turned round.
    Role,
    /// A sentence of another article, by chance.
    OtherArticle,
    /// Of all sentences of other articles, the most similar one.
    SimilarArticle,
}

impl Kind {
    /// All kinds, true ones first.
    pub const ALL: [Self; 21] = [
        Self::Verbatim,
        Self::Shortened,
        Self::Joined,
        Self::ItemUnderLeadIn,
        Self::Notation,
        Self::Typography,
        Self::SameStrength,
        Self::Translation,
        Self::Number,
        Self::Amount,
        Self::Unit,
        Self::Date,
        Self::Name,
        Self::Address,
        Self::Negation,
        Self::Modality,
        Self::Limit,
        Self::Scope,
        Self::Role,
        Self::OtherArticle,
        Self::SimilarArticle,
    ];

    /// Whether a sentence of this kind is borne out by its evidence.
    pub const fn is_true(self) -> bool {
        matches!(
            self,
            Self::Verbatim
                | Self::Shortened
                | Self::Joined
                | Self::ItemUnderLeadIn
                | Self::Notation
                | Self::Typography
                | Self::SameStrength
                | Self::Translation
        )
    }

    /// Whether it is made by changing words of one sentence.
    pub const fn is_edit(self) -> bool {
        !matches!(
            self,
            Self::Joined
                | Self::ItemUnderLeadIn
                | Self::Translation
                | Self::OtherArticle
                | Self::SimilarArticle
        )
    }

    /// The name used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verbatim => "verbatim",
            Self::Shortened => "shortened",
            Self::Joined => "joined",
            Self::ItemUnderLeadIn => "item_under_lead_in",
            Self::Notation => "notation",
            Self::Typography => "typography",
            Self::SameStrength => "same_strength",
            Self::Translation => "translation",
            Self::Number => "number",
            Self::Amount => "amount",
            Self::Unit => "unit",
            Self::Date => "date",
            Self::Name => "name",
            Self::Address => "address",
            Self::Negation => "negation",
            Self::Modality => "modality",
            Self::Limit => "limit",
            Self::Scope => "scope",
            Self::Role => "role",
            Self::OtherArticle => "other_article",
            Self::SimilarArticle => "similar_article",
        }
    }
}

/// One sentence of the suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The collection it was made from.
    pub collection: String,
    /// The article of the statement it was made from.
    pub article: String,
    /// What was done.
    pub kind: Kind,
    /// Its language.
    pub language: Language,
    /// The language of the evidence.
    pub evidence_language: Language,
    /// The sentence.
    pub text: String,
    /// The statement of the evidence it was made from.
    pub origin: String,
}
