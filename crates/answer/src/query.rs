//! Query: the question as the retrievers read it.
//!
//! **question → query** → hits. Cleans the text, finds its language, folds the conversation in, and notices
//! a wish for a person. Guarantees clean text of at most [`MAX_CHARS`] characters; decides nothing else.

use std::fmt;

use corpus::{
    Language,
    language::detect::{self, Detection},
};
use unicode_normalization::UnicodeNormalization;

use crate::{
    evidence::Wanted,
    question::{Question, Speaker},
};

mod chatter;
mod follow;
mod forms;
mod needs;
pub mod person;
mod story;
mod tokens;
pub(crate) mod words;

pub use forms::{Form, form_of};

/// Longest question that is read, in characters. Interfaces refuse longer ones by name; here they are cut.
pub const MAX_CHARS: usize = 2_000;

/// Below this confidence of the detector, earlier turns of the conversation decide on the language.
const SURE_OF_LANGUAGE: f32 = 0.6;

/// Words up to which a question has no grammar to tell its language by: "refund", "password reset".
const MAX_WORDS_WITHOUT_GRAMMAR: usize = 3;

/// What the articles know of a text's words, by language.
pub struct Vocabulary<'a> {
    /// How much the articles in a language use the words of a text, 0 to 1.
    pub familiarity: &'a dyn Fn(&str, Language) -> f32,
    /// The distinct terms of a text but stop words, by the rules of a language: what each tells apart, higher for
    /// rarer ones, or `None` when no article in the language holds it. Empty when there is no article in it.
    pub terms: &'a dyn Fn(&str, Language) -> Vec<Option<f32>>,
}

impl fmt::Debug for Vocabulary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vocabulary").finish_non_exhaustive()
    }
}

/// A question made ready for retrieval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The customer's words: NFC, no control or invisible characters, white space folded.
    pub text: String,
    /// The same, with the question before it in front when it is a follow-up: what an answer has to answer.
    pub standalone: String,
    /// What retrieval reads: as `standalone`, without chatter, and a long story reduced.
    pub retrieval_text: String,
    /// Whether it needs the question before it to be understood.
    pub is_follow_up: bool,
    /// What is asked, when it is more than one thing: two or three, else none.
    pub parts: Vec<String>,
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
    /// What it wants to be told.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            steps: forms::asks_how(&self.standalone, self.language),
            figure: forms::asks_figure(&self.standalone, self.language),
        }
    }

    /// Reads a question; `as_typed` leaves it as it is.
    ///
    /// # Errors
    /// [`Unusable`] when there is nothing to search for.
    pub fn read(
        question: &Question,
        vocabulary: &Vocabulary<'_>,
        as_typed: bool,
    ) -> Result<Self, Unusable> {
        let text = clean(&question.text);
        let earlier: Vec<&str> = question
            .conversation
            .iter()
            .filter(|turn| turn.speaker == Speaker::Customer)
            .map(|turn| &*turn.text)
            .filter(|text| text.chars().any(char::is_alphanumeric))
            .collect();
        let language = question
            .language
            .or_else(|| {
                let before = earlier.last().map(|text| clean(text));
                language_of(&text, before.as_deref(), vocabulary.familiarity)
            })
            .unwrap_or(Language::En);
        if !text.chars().any(char::is_alphanumeric) {
            return Err(Unusable::Blank(language));
        }
        if is_foreign_script(&text) {
            return Err(Unusable::UnsupportedLanguage);
        }
        let wants_person = person::is_requested(&text);
        if as_typed {
            return Ok(Self {
                standalone: text.clone(),
                retrieval_text: text.clone(),
                text,
                is_follow_up: false,
                parts: Vec::new(),
                language,
                wants_person,
            });
        }
        let reader = Reader {
            language,
            vocabulary,
        };
        let told = reader.told(&question.text);
        let core = told.join(" ");
        let before = reader.before(&core, &earlier);
        let parts = if before.is_some() {
            Vec::new()
        } else {
            needs::split(&told, language, &|text| reader.n_terms(text))
        };
        let is_follow_up = before.is_some();
        let (standalone, mut retrieval_text) = match before {
            Some(before) => (format!("{before} {text}"), format!("{before} {core}")),
            None => (text.clone(), core),
        };
        // "Where is it?" beside an order is about the order.
        if let Some(subject) = question.subject.as_ref().filter(|_| !is_follow_up)
            && follow::names_nothing(&retrieval_text, language, reader.n_terms(&retrieval_text))
            && let Some(kind) = follow::kind_named(&subject.kind, language)
        {
            retrieval_text = format!("{kind}: {retrieval_text}");
        }
        Ok(Self {
            text,
            standalone,
            retrieval_text,
            is_follow_up,
            parts,
            language,
            wants_person,
        })
    }

    /// The query of one of several parts.
    #[must_use]
    pub fn of_part(&self, part: &str) -> Self {
        Self {
            text: part.to_owned(),
            standalone: part.to_owned(),
            retrieval_text: part.to_owned(),
            is_follow_up: false,
            parts: Vec::new(),
            language: self.language,
            wants_person: false,
        }
    }
}

/// Reads the customer's turns in one language.
struct Reader<'a> {
    language: Language,
    vocabulary: &'a Vocabulary<'a>,
}

impl Reader<'_> {
    fn n_terms(&self, text: &str) -> usize {
        (self.vocabulary.terms)(text, self.language).len()
    }

    /// The sentences of a turn that retrieval reads.
    fn told(&self, turn: &str) -> Vec<String> {
        // Longer turns are cut, as `clean` cuts them, but line by line: a signature stands on a line of its own.
        let turn: String = turn.chars().take(2 * MAX_CHARS).collect();
        let information = |text: &str| {
            let terms = (self.vocabulary.terms)(text, self.language);
            terms.into_iter().flatten().sum()
        };
        let mut told = story::told(&turn, self.language, &information);
        let mut left = MAX_CHARS;
        told.retain_mut(|sentence| {
            *sentence = sentence.chars().take(left).collect();
            left -= sentence.chars().count();
            !sentence.is_empty()
        });
        told
    }

    /// What was asked before `core`, when that is needed to understand it.
    fn before(&self, core: &str, earlier: &[&str]) -> Option<String> {
        let (last, older) = earlier.split_last()?;
        let last = self.told(last).join(" ");
        let has_before = self.n_terms(&last) > 0;
        if !follow::is_follow_up(core, self.language, self.n_terms(core), has_before) {
            return None;
        }
        if !self.is_follow_up(&last, older) {
            return Some(last);
        }
        // The last one was a follow-up too: what it followed is what this is about.
        let mut rest = older;
        while let Some((turn, older)) = rest.split_last() {
            let turn = self.told(turn).join(" ");
            if !self.is_follow_up(&turn, older) {
                // A bare "why?" follows the follow-up as well.
                return Some(if self.n_terms(core) == 0 {
                    format!("{turn} {last}")
                } else {
                    turn
                });
            }
            rest = older;
        }
        Some(last)
    }

    fn is_follow_up(&self, text: &str, older: &[&str]) -> bool {
        older.last().is_some_and(|before| {
            let has_before = self.n_terms(before) > 0;
            follow::is_follow_up(text, self.language, self.n_terms(text), has_before)
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
        (Some(now), Some(before)) if follow::goes_on_in(text, now.language, before.language) => {
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::question::Turn;

    /// Every word of more than three letters is a term, and known.
    fn terms(text: &str, _: Language) -> Vec<Option<f32>> {
        let known = text
            .split_whitespace()
            .filter(|word| word.chars().count() > 3);
        known.map(|_| Some(1.0)).collect()
    }

    fn read_question(question: &Question) -> Result<Query, Unusable> {
        let vocabulary = Vocabulary {
            familiarity: &|_, _| 0.0,
            terms: &terms,
        };
        Query::read(question, &vocabulary, false)
    }

    fn read(text: &str) -> Result<Query, Unusable> {
        read_question(&Question::new(text, Timestamp::UNIX_EPOCH))
    }

    fn read_after(turns: &[&str], text: &str) -> Query {
        let mut question = Question::new(text, Timestamp::UNIX_EPOCH);
        question.conversation.extend(turns.iter().map(|text| Turn {
            speaker: Speaker::Customer,
            text: (*text).to_owned(),
        }));
        read_question(&question).expect("usable")
    }

    #[test]
    fn the_articles_decide_on_the_language_of_a_word() {
        let only_english = Vocabulary {
            familiarity: &|_, language| f32::from(u8::from(language == Language::En)),
            terms: &terms,
        };
        let question = Question::new("refund", Timestamp::UNIX_EPOCH);
        let query = Query::read(&question, &only_english, false).expect("usable");
        assert_eq!(query.language, Language::En);
        // Whole sentences tell for themselves.
        let question = Question::new(
            "Wo bleibt meine Bestellung denn nun?",
            Timestamp::UNIX_EPOCH,
        );
        let query = Query::read(&question, &only_english, false).expect("usable");
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
    fn a_follow_up_takes_the_question_before_it_along() {
        let asked = "Hoi! Wat kost het versturen van een pakket van 5 kilo? Alvast bedankt";
        let query = read_after(&[asked], "en naar België?");
        assert_eq!(query.language, Language::Nl);
        assert!(query.is_follow_up);
        assert_eq!(
            query.retrieval_text,
            "Wat kost het versturen van een pakket van 5 kilo? en naar België?"
        );
        // The one after it follows the same question.
        let query = read_after(&[asked, "en naar België?"], "en naar Spanje?");
        assert_eq!(
            query.retrieval_text,
            "Wat kost het versturen van een pakket van 5 kilo? en naar Spanje?"
        );
    }

    #[test]
    fn a_whole_question_is_left_alone_in_a_conversation() {
        let query = read_after(
            &["What does shipping cost?"],
            "How do I change my bank account?",
        );
        assert!(!query.is_follow_up);
        assert_eq!(query.retrieval_text, "How do I change my bank account?");
        assert_eq!(query.standalone, query.text);
    }

    #[test]
    fn the_language_follows_the_customer() {
        let query = read_after(&["What does it cost to send a parcel?"], "¿y para Bélgica?");
        assert_eq!(query.language, Language::Es);
        let query = read_after(&["Wat kost het versturen van een pakket?"], "PayPal?");
        assert_eq!(query.language, Language::Nl);
    }

    #[test]
    fn chatter_is_kept_for_the_customer_only() {
        let query = read("Hi there! I was wondering how I change my password? Thanks, Bob")
            .expect("usable");
        assert_eq!(
            query.text,
            "Hi there! I was wondering how I change my password? Thanks, Bob"
        );
        assert_eq!(query.retrieval_text, "how I change my password?");
    }

    #[test]
    fn a_question_that_names_nothing_is_about_the_subject() {
        let mut question = Question::new("Where is it?", Timestamp::UNIX_EPOCH);
        let subject = serde_json::json!({"kind": "order", "facts": {"note": "secret"}});
        question.subject = Some(crate::Subject::read(&subject).expect("a subject"));
        let query = read_question(&question).expect("usable");
        assert_eq!(query.retrieval_text, "order: Where is it?");
    }
}
