//! Telling facts: which of a subject's facts a question asks for, as sentences in the customer's language.
//!
//! A fact is told when the question's words name its topic, or the article that answers names it, and what the
//! question wants to know of it (when, how much, how it stands) is what the fact says. A fact nobody planned for is
//! told under its own name, when the question says that name. Nothing here is generated: templates, tables, and values
//! rendered by `render`.

use std::collections::HashMap;

use corpus::Language;
use jiff::Timestamp;

use super::{
    Fact, Subject,
    meaning::{self, Role, Topic},
    words::{self, Aspect},
};
use crate::{outcome::Sentence, query::words::Words};

mod teller;

use teller::{Said, Teller};

/// Sentences told at most.
const MAX_SENTENCES: usize = 3;

/// A question of at most this many words that only names a thing wants to know how it stands.
const MAX_BARE_WORDS: usize = 6;

/// A question, as far as facts are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The customer's words.
    pub text: &'a str,
    /// The language to answer in.
    pub language: Language,
    /// `buyer`, `seller`, …
    pub audience: Option<&'a str>,
    /// Topics of the article that answers; empty without one.
    pub topics: &'a [String],
    /// The instant that decides what is past.
    pub at: Timestamp,
}

/// What facts say to a question.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Told {
    /// Sentences with the facts they rest on; empty when no fact is asked for.
    pub sentences: Vec<Sentence>,
    /// Whether they answer without an article.
    pub is_full: bool,
    /// Whether they are deadlines, each of them.
    pub is_deadlines: bool,
}

/// Tells what `subject` says to a question.
pub fn tell(subject: &Subject, asked: &Asked<'_>) -> Told {
    let words = Words::of(asked.text);
    let language = asked.language;
    let facts = Known::of(subject);
    let aspect = words::aspect(&words, language);
    let named = named(&words, asked, &facts);
    let by_words = !named.is_empty();
    let topics = if by_words {
        named
    } else if aspect.is_some_and(|aspect| aspect != Aspect::Way) {
        let tags = asked.topics.iter().map(String::as_str);
        tags.filter_map(words::topic_of_tag).take(1).collect()
    } else {
        Vec::new()
    };
    let teller = Teller {
        asked,
        facts: &facts,
    };
    let mut said: Vec<Said<'_>> = Vec::new();
    for topic in topics {
        said.extend(teller.topic(topic, aspect));
    }
    let is_asked = match aspect {
        Some(Aspect::Way) => false,
        Some(_) => by_words,
        None => by_words && words.len() <= MAX_BARE_WORDS,
    };
    let mut is_full = is_asked && !said.is_empty();
    for fact in &subject.facts {
        if said.len() < MAX_SENTENCES && is_named(fact, subject, &words) {
            said.push(teller.by_its_name(fact));
            is_full |= aspect != Some(Aspect::Way);
        }
    }
    said.truncate(MAX_SENTENCES);
    Told {
        is_full,
        is_deadlines: said.iter().all(|said| said.is_deadline),
        sentences: said.into_iter().map(Said::sentence).collect(),
    }
}

/// The topics a question names, with plain money read as what the customer can expect.
fn named(words: &Words, asked: &Asked<'_>, facts: &Known<'_>) -> Vec<Topic> {
    let language = asked.language;
    let mut topics = words::topics(words, language);
    let is_seller = asked.audience == Some("seller");
    // In several languages what a seller gets has the name of what a buyer pays: `pagamento`.
    if is_seller && topics == [Topic::Payment] && !facts.knows(Topic::Payment) {
        topics = vec![Topic::Payout];
    }
    let is_money = words::is_about_money(words, language)
        && !topics
            .iter()
            .any(|topic| matches!(topic, Topic::Payout | Topic::Refund));
    if is_money {
        topics.retain(|topic| *topic != Topic::Payment);
        let both = match asked.audience {
            Some("seller") => vec![Topic::Payout],
            Some("buyer") => vec![Topic::Refund],
            _ => vec![Topic::Payout, Topic::Refund],
        };
        topics.extend(both.into_iter().filter(|topic| facts.knows(*topic)));
    }
    topics
}

/// Whether the question says every word of a fact's path, and nothing better is known of it.
fn is_named(fact: &Fact, subject: &Subject, words: &Words) -> bool {
    let Some(path) = fact.path.strip_prefix("subject.facts.") else {
        return false;
    };
    let names = meaning::words(path);
    let says = |name: &String| {
        words
            .iter()
            .any(|word| word == name || word.strip_suffix('s') == Some(name))
    };
    let is_telling = names.iter().any(|name| name.len() > 3);
    is_telling && meaning::of(fact, subject).is_none() && names.iter().all(says)
}

/// The facts whose meaning is known.
struct Known<'a> {
    by_meaning: HashMap<(Topic, Role), &'a Fact>,
}

impl<'a> Known<'a> {
    fn of(subject: &'a Subject) -> Self {
        let mut by_meaning = HashMap::new();
        for fact in &subject.facts {
            if !is_one_of_several(fact, subject)
                && let Some(meaning) = meaning::of(fact, subject)
            {
                by_meaning.entry(meaning).or_insert(fact);
            }
        }
        Self { by_meaning }
    }

    fn get(&self, topic: Topic, role: Role) -> Option<&'a Fact> {
        self.by_meaning.get(&(topic, role)).copied()
    }

    fn knows(&self, topic: Topic) -> bool {
        self.by_meaning.keys().any(|(known, _)| *known == topic)
    }
}

/// Of two parcels, what holds for one need not hold for the order.
fn is_one_of_several(fact: &Fact, subject: &Subject) -> bool {
    let Some(end) = fact.path.find('[') else {
        return false;
    };
    let second = format!("{}[1]", &fact.path[..end]);
    subject
        .facts
        .iter()
        .any(|other| other.path.starts_with(&second))
}

#[cfg(test)]
mod tests;
