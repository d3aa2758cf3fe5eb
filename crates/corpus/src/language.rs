//! The nine languages Loket answers in, and how a text's language is found.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub mod detect;

/// A language that articles, questions and answers may be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Language {
    /// English.
    En,
    /// Dutch.
    Nl,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// Portuguese.
    Pt,
    /// Polish.
    Pl,
    /// Chinese.
    Zh,
}

/// A language tag that names none of the nine languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of en, nl, de, fr, es, it, pt, pl, zh")]
pub struct UnknownLanguage(pub String);

impl Language {
    /// All languages, English first.
    pub const ALL: [Self; 9] = [
        Self::En,
        Self::Nl,
        Self::De,
        Self::Fr,
        Self::Es,
        Self::It,
        Self::Pt,
        Self::Pl,
        Self::Zh,
    ];

    /// ISO 639-1 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Nl => "nl",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::It => "it",
            Self::Pt => "pt",
            Self::Pl => "pl",
            Self::Zh => "zh",
        }
    }

    /// The language's name in English, as prompts name it.
    pub const fn english_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Nl => "Dutch",
            Self::De => "German",
            Self::Fr => "French",
            Self::Es => "Spanish",
            Self::It => "Italian",
            Self::Pt => "Portuguese",
            Self::Pl => "Polish",
            Self::Zh => "Chinese",
        }
    }

    /// Position in [`Language::ALL`], for tables indexed by language.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Reads an ISO 639-1 code or a BCP 47 tag (`pt-BR`, `zh_Hans`), in any case.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.code().eq_ignore_ascii_case(primary))
    }

    /// Whether words are separated by spaces.
    pub const fn separates_words(self) -> bool {
        !matches!(self, Self::Zh)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        Self::from_tag(tag).ok_or_else(|| UnknownLanguage(tag.to_owned()))
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;

    fn try_from(tag: String) -> Result<Self, Self::Error> {
        tag.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_any_region_and_case_name_their_language() {
        for (tag, language) in [
            ("pt-BR", Language::Pt),
            ("zh_Hans", Language::Zh),
            ("NL", Language::Nl),
            ("en", Language::En),
        ] {
            assert_eq!(Language::from_tag(tag), Some(language), "{tag}");
        }
        for tag in ["", "english", "sv", "e"] {
            assert_eq!(Language::from_tag(tag), None, "{tag}");
        }
    }

    #[test]
    fn index_follows_all() {
        for (position, language) in Language::ALL.into_iter().enumerate() {
            assert_eq!(language.index(), position);
        }
    }
}
