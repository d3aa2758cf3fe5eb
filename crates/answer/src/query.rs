//! Query: the question as the retrievers read it.
//!
//! **question → query** → hits. Cleans the text, finds its language, folds the conversation in, and notices
//! a wish for a person. Guarantees clean text of at most [`MAX_CHARS`] characters; decides nothing else.

use corpus::{
    Language,
    language::detect::{self, Detection},
};
use unicode_normalization::UnicodeNormalization;

use crate::question::{Question, Speaker};

pub mod person;

/// Longest question that is read, in characters. Interfaces refuse longer ones by name; here they are cut.
pub const MAX_CHARS: usize = 2_000;

/// Below this confidence of the detector, earlier turns of the conversation decide on the language.
const SURE_OF_LANGUAGE: f32 = 0.6;

/// Words up to which a question has no grammar to tell its language by: "refund", "password reset".
const MAX_WORDS_WITHOUT_GRAMMAR: usize = 3;

/// A question made ready for retrieval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The customer's words: NFC, no control or invisible characters, white space folded.
    pub text: String,
    /// What retrieval reads: the words, with the last question before a short follow-up in front.
    pub retrieval_text: String,
    /// The language to answer in.
    pub language: Language,
    /// Whether the customer asks for a person.
    pub wants_person: bool,
}

/// Why a question cannot become a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// It is written in a script none of the nine languages uses.
    UnsupportedLanguage,
    /// It holds no letter or digit.
    Blank(Language),
}

impl Query {
    /// Reads a question. `familiarity` tells, from 0 to 1, how much the articles in a language use the words of a
    /// text.
    ///
    /// # Errors
    /// [`Unusable`] when there is nothing to search for.
    pub fn read(
        question: &Question,
        familiarity: &dyn Fn(&str, Language) -> f32,
    ) -> Result<Self, Unusable> {
        let text = clean(&question.text);
        let earlier: Vec<String> = question
            .conversation
            .iter()
            .filter(|turn| turn.speaker == Speaker::Customer)
            .map(|turn| clean(&turn.text))
            .collect();
        let language = question
            .language
            .or_else(|| language_of(&text, earlier.last().map(String::as_str), familiarity))
            .unwrap_or(Language::En);
        if !text.chars().any(char::is_alphanumeric) {
            return Err(Unusable::Blank(language));
        }
        if is_foreign_script(&text) {
            return Err(Unusable::UnsupportedLanguage);
        }
        let retrieval_text = match earlier.last() {
            Some(previous) if is_follow_up(&text, language) => format!("{previous} {text}"),
            _ => text.clone(),
        };
        let wants_person = person::is_requested(&text);
        Ok(Self {
            text,
            retrieval_text,
            language,
            wants_person,
        })
    }
}

/// Normalises to NFC, drops control, bidirectional and invisible characters, folds white space, cuts at
/// [`MAX_CHARS`].
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len().min(8 * MAX_CHARS));
    let mut n_chars = 0;
    for character in text.chars().filter(|c| !is_invisible(*c)).nfc() {
        if n_chars == MAX_CHARS {
            break;
        }
        if character.is_whitespace() || character.is_control() {
            if !clean.is_empty() && !clean.ends_with(' ') {
                clean.push(' ');
                n_chars += 1;
            }
        } else {
            clean.push(character);
            n_chars += 1;
        }
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// Characters that draw nothing and only serve to hide or reorder text: bidirectional controls, zero-width
/// characters, tags, variation selectors, soft hyphens.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

fn language_of(
    text: &str,
    earlier: Option<&str>,
    familiarity: &dyn Fn(&str, Language) -> f32,
) -> Option<Language> {
    let now = detect::detect(text);
    let has_grammar = text.split_whitespace().count() > MAX_WORDS_WITHOUT_GRAMMAR;
    match (now, earlier.and_then(detect::detect)) {
        (Some(now), _)
            if now.language == Language::Zh
                || has_grammar && now.confidence >= SURE_OF_LANGUAGE =>
        {
            Some(now.language)
        }
        (_, Some(before)) => Some(before.language),
        (Some(now), None) => Some(by_words(text, now, familiarity)),
        (None, None) => None,
    }
}

/// The language whose articles use the words most. What the detector makes of their letters speaks for one
/// language as much as a common word does.
fn by_words(
    text: &str,
    detected: Detection,
    familiarity: &dyn Fn(&str, Language) -> f32,
) -> Language {
    let worth = |language: Language| {
        let own = if language == detected.language {
            detected.confidence / 2.0
        } else {
            0.0
        };
        own + familiarity(text, language)
    };
    let start = (detected.language, worth(detected.language));
    let others = Language::ALL.into_iter().filter(|l| *l != start.0);
    others
        .map(|language| (language, worth(language)))
        .fold(
            start,
            |best, next| if next.1 > best.1 { next } else { best },
        )
        .0
}

/// Whether most letters belong to a script none of the nine languages is written in.
fn is_foreign_script(text: &str) -> bool {
    let (mut known, mut foreign) = (0_usize, 0_usize);
    for character in text.chars().filter(|c| c.is_alphabetic()) {
        if (character as u32) < 0x250
            || ('\u{1E00}'..='\u{1EFF}').contains(&character)
            || ('\u{FF21}'..='\u{FF5A}').contains(&character)
            || detect::is_han(character)
        {
            known += 1;
        } else {
            foreign += 1;
        }
    }
    foreign > known
}

/// Whether a question is too short to stand alone: "and for Belgium?".
fn is_follow_up(text: &str, language: Language) -> bool {
    if language.separates_words() {
        text.split_whitespace().count() <= 5
    } else {
        text.chars().filter(|c| c.is_alphanumeric()).count() <= 8
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::question::Turn;

    fn read(text: &str) -> Result<Query, Unusable> {
        Query::read(&Question::new(text, Timestamp::UNIX_EPOCH), &|_, _| 0.0)
    }

    #[test]
    fn the_articles_decide_on_the_language_of_a_word() {
        let only_english =
            |_: &str, language: Language| f32::from(u8::from(language == Language::En));
        let question = Question::new("refund", Timestamp::UNIX_EPOCH);
        let query = Query::read(&question, &only_english).expect("usable");
        assert_eq!(query.language, Language::En);
        // Whole sentences tell for themselves.
        let question = Question::new(
            "Wo bleibt meine Bestellung denn nun?",
            Timestamp::UNIX_EPOCH,
        );
        let query = Query::read(&question, &only_english).expect("usable");
        assert_eq!(query.language, Language::De);
    }

    #[test]
    fn hidden_characters_and_white_space_are_folded() {
        assert_eq!(clean("  a\u{202E}b\u{200B}c\n\n d\0e "), "abc d e");
        assert_eq!(clean("e\u{301}"), "é");
        assert_eq!(clean(&"x".repeat(10_000)).chars().count(), MAX_CHARS);
    }

    #[test]
    fn odd_questions_are_named() {
        assert_eq!(read("🙂🙂"), Err(Unusable::Blank(Language::En)));
        assert_eq!(read("  "), Err(Unusable::Blank(Language::En)));
        assert_eq!(
            read("Как связаться с поддержкой?"),
            Err(Unusable::UnsupportedLanguage)
        );
        assert_eq!(
            read("どうすれば支払いできますか"),
            Err(Unusable::UnsupportedLanguage)
        );
    }

    #[test]
    fn a_short_follow_up_takes_the_last_question_along() {
        let mut question = Question::new("en naar België?", Timestamp::UNIX_EPOCH);
        question.conversation.push(Turn {
            speaker: Speaker::Customer,
            text: "Wat kost het versturen van een pakket van 5 kilo?".into(),
        });
        let query = Query::read(&question, &|_, _| 0.0).expect("usable");
        assert_eq!(query.language, Language::Nl);
        assert_eq!(
            query.retrieval_text,
            "Wat kost het versturen van een pakket van 5 kilo? en naar België?"
        );
    }
}
