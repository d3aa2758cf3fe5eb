//! The matter in short, for the person who takes over: what is known of it, in the agents' language, by templates.
//!
//! Nothing is guessed: topics and kinds that nobody knows are named as they were sent, and states are told in the same
//! words as answers tell them in.

use answer::{
    Subject,
    subject::{
        meaning::{Role, of, topic_of_kind},
        render,
    },
};
use corpus::Language;
use support::{PacketFact, Tried, TriedArticle};

mod names;
mod words;

use words::Words;

/// What is known of a matter.
#[derive(Debug)]
pub(crate) struct Matter<'a> {
    /// The customer's language.
    pub(crate) language: Language,
    /// Topics, most relevant first.
    pub(crate) topics: &'a [String],
    /// The order or object.
    pub(crate) subject: Option<&'a Subject>,
    /// Articles that were shown.
    pub(crate) tried: &'a [TriedArticle],
}

impl Matter<'_> {
    /// Told in `language`: a line each for the topic, the order or object, the customer's language and what was tried.
    pub(crate) fn told(&self, language: Language) -> String {
        let words = Words::of(language);
        let mut lines = Vec::new();
        let topics: Vec<&str> = self
            .topics
            .iter()
            .map(|topic| names::topic(topic, language).unwrap_or(topic))
            .collect();
        if !topics.is_empty() {
            lines.push(words.line(words.topic, &topics.join(words.comma)));
        }
        if let Some(subject) = self.subject {
            let mut about = names::kind(&subject.kind, language)
                .unwrap_or(&subject.kind)
                .to_owned();
            if let Some(state) = state(subject, language) {
                about.push_str(words.open);
                about.push_str(&state);
                about.push_str(words.close);
            }
            lines.push(words.line(words.about, &about));
        }
        lines.push(words.line(words.language, names::name_of(self.language, language)));
        if self.tried.is_empty() {
            lines.push(words.line(words.tried, words.nothing));
        }
        for tried in self.tried {
            let title = render::quoted(&tried.title, language);
            let line = match tried.why {
                Some(Tried::NotHelpful) => words.with(&title, words.not_helpful),
                Some(Tried::OnlyQuoted) => words.with(&title, words.only_quoted),
                Some(Tried::NotSettled) => words.with(&title, words.not_settled),
                None => title,
            };
            lines.push(words.line(words.tried, &line));
        }
        lines.join("\n")
    }
}

/// How the subject itself stands, by its first fact that says so.
fn state(subject: &Subject, language: Language) -> Option<String> {
    let of_kind = topic_of_kind(&subject.kind);
    let states = || {
        subject
            .facts
            .iter()
            .filter_map(|fact| match of(fact, subject) {
                Some((topic, Role::Status)) => Some((topic, fact)),
                _ => None,
            })
    };
    let own = states().find(|(topic, _)| Some(*topic) == of_kind);
    let (_, fact) = own.or_else(|| states().next())?;
    Some(render::value(&fact.value, language))
}

/// The facts of `subject`, as people of `language` write them.
pub(crate) fn facts(subject: &Subject, language: Language) -> Vec<PacketFact> {
    let facts = subject.facts.iter().map(|fact| PacketFact {
        path: fact
            .path
            .strip_prefix("subject.facts.")
            .unwrap_or(&fact.path)
            .to_owned(),
        text: render::value(&fact.value, language),
    });
    facts.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subject() -> Subject {
        Subject::read(&json!({
            "kind": "order", "id": "o-77",
            "facts": {"status": "delivered", "payout": {"amount": "1250.00 EUR", "expected_on": "2026-11-25"}}
        }))
        .expect("a subject")
    }

    #[track_caller]
    fn check(language: Language, expected: &str) {
        let subject = subject();
        let tried = [TriedArticle {
            article: "seller-payout".into(),
            title: "When do I get my money?".into(),
            url: None,
            why: Some(Tried::NotHelpful),
        }];
        let topics = ["payouts".to_owned(), "house-rules".to_owned()];
        let matter = Matter {
            language: Language::Zh,
            topics: &topics,
            subject: Some(&subject),
            tried: &tried,
        };
        assert_eq!(matter.told(language), expected);
    }

    #[test]
    fn what_is_known_is_told_in_the_agents_language() {
        check(
            Language::En,
            "Topic: payouts, house-rules\nAbout: order (delivered)\nCustomer writes in: Chinese\nAlready shown: “When do I get my money?” – the customer says it did not help",
        );
        check(
            Language::Nl,
            "Onderwerp: uitbetalingen, house-rules\nGaat over: bestelling (bezorgd)\nKlant schrijft in het: Chinees\nAl getoond: ‘When do I get my money?’ – volgens de klant hielp dit niet",
        );
        check(
            Language::Zh,
            "主题：放款、house-rules\n涉及：订单（已送达）\n客户使用的语言：中文\n已展示的文章：“When do I get my money?”，客户表示没有帮助",
        );
    }

    #[test]
    fn every_language_has_words_of_its_own() {
        let subject = subject();
        let mut told: Vec<String> = Language::ALL
            .into_iter()
            .map(|language| {
                let matter = Matter {
                    language,
                    topics: &[],
                    subject: Some(&subject),
                    tried: &[],
                };
                matter.told(language)
            })
            .collect();
        told.sort();
        told.dedup();
        assert_eq!(told.len(), 9);
    }

    #[test]
    fn facts_are_written_as_the_agents_write_them() {
        let facts = facts(&subject(), Language::De);
        let texts: Vec<(&str, &str)> = facts.iter().map(|own| (&*own.path, &*own.text)).collect();
        assert_eq!(
            texts,
            [
                ("payout.amount", "1.250,00 €"),
                ("payout.expected_on", "25. November 2026"),
                ("status", "zugestellt"),
            ]
        );
    }
}
