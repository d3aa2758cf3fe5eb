//! The articles that come closest to a question nothing was found to answer.
//!
//! A person takes over such a question; until they do, the customer may find in one of these what Loket was not sure enough
//! to say. They are named and never said to answer.

use super::{Engine, Found};
use crate::{
    evidence,
    outcome::{Answer, EscalationReason, Outcome, Source},
};

impl Engine {
    /// The articles in reach of evidence, best first, where the question ends for want of an answer and some article is
    /// likely enough to be the right one; otherwise none. Candidates are those this reader may see.
    pub(super) fn related(&self, outcome: &Outcome, found: &Found) -> Vec<Source> {
        let is_close = found.confidence >= self.config.related_confidence.get();
        if !wants_articles(outcome) || !is_close {
            return Vec::new();
        }
        evidence::within_reach(&found.candidates, Answer::MAX_RELATED)
            .into_iter()
            .map(|candidate| self.source(candidate.article))
            .collect()
    }
}

/// Whether articles may help. Who asked for a person, or has a matter a person decides on, is not sent to read.
const fn wants_articles(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Escalated(EscalationReason::NoEvidence | EscalationReason::Unsupported)
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use corpus::Language;
    use indexer::{BuildOptions, IndexStore, Snapshot};

    use super::*;
    use crate::{
        AnswerConfig, Probability,
        engine::Cancel,
        question::{Mode, Question},
    };

    const FILES: [(&str, &str); 5] = [
        (
            "en/payout.md",
            "---\naudience: [seller]\nurl: https://help.example/payout\n---\n# When do I get my payout?\n\nWe send your payout three days after delivery.\n",
        ),
        (
            "nl/payout.md",
            "# Wanneer krijg ik mijn uitbetaling?\n\nWe betalen drie dagen na de levering uit.\n",
        ),
        (
            "en/payout-us.md",
            "---\nregions: [US]\n---\n# Payout in the United States\n\nYour payout takes five days.\n",
        ),
        (
            "en/payout-old.md",
            "---\nvalid_until: 2020-01-01\n---\n# Payout before 2020\n\nYour payout took nine days.\n",
        ),
        (
            "en/payout-fee.md",
            "# What a payout costs\n\nA payout is free.\n",
        ),
    ];

    fn snapshot() -> Arc<Snapshot> {
        let dir = tempfile::tempdir().expect("a folder");
        let kb = dir.path().join("kb");
        for (path, text) in FILES {
            let path = kb.join(path);
            fs_err::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs_err::write(path, text).expect("a file");
        }
        let encoder = inference::tiny::encoder(7);
        let store = IndexStore::new(&dir.path().join("data"));
        let report = indexer::build(&kb, &store, &encoder, &BuildOptions::default(), &mut |_| ())
            .expect("an index");
        assert_eq!(report.rejected, []);
        Arc::new(store.open().expect("a generation").snapshot)
    }

    /// An engine that names articles from the confidence `related` on and answers from `sure` on.
    fn engine(snapshot: &Arc<Snapshot>, related: f32, sure: f32) -> Engine {
        let probability = |value| Probability::try_from(value).expect("a probability");
        let config = AnswerConfig {
            related_confidence: probability(related),
            min_confidence: probability(sure),
            ..AnswerConfig::default()
        };
        let encoder = Arc::new(inference::tiny::encoder(7));
        Engine::new(Arc::clone(snapshot), encoder, None, config).expect("an engine")
    }

    fn question(text: &str) -> Question {
        Question {
            language: Some(Language::En),
            mode: Mode::Extractive,
            ..Question::new(text, "2026-11-22T12:00:00Z".parse().expect("an instant"))
        }
    }

    fn answer(engine: &Engine, question: &Question) -> Answer {
        engine.answer(question, &Cancel::default(), &mut |_| ())
    }

    fn ids(answer: &Answer) -> Vec<&str> {
        let mut ids: Vec<&str> = answer.related.iter().map(|s| s.article.as_str()).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn only_questions_that_end_for_want_of_an_answer_want_articles() {
        use EscalationReason as Of;
        let all = [
            (Of::NoEvidence, true),
            (Of::Unsupported, true),
            (Of::SensitiveTopic, false),
            (Of::Requested, false),
            (Of::UnsupportedLanguage, false),
            (Of::Overloaded, false),
            (Of::Error, false),
        ];
        for (reason, wanted) in all {
            assert_eq!(
                wants_articles(&Outcome::Escalated(reason)),
                wanted,
                "{reason:?}"
            );
        }
        assert!(!wants_articles(&Outcome::Answered));
        assert!(!wants_articles(&Outcome::Clarify(Vec::new())));
    }

    #[test]
    fn who_gets_no_answer_gets_the_articles_that_come_closest() {
        let engine = engine(&snapshot(), 0.0, 1.0);
        let asked = Question {
            region: Some("NL".to_owned()),
            ..question("How long does my payout take to arrive?")
        };
        let got = answer(&engine, &asked);
        assert_eq!(
            got.outcome,
            Outcome::Escalated(EscalationReason::NoEvidence)
        );
        assert_eq!((got.sentences.len(), got.sources.len()), (0, 0));
        assert_eq!(
            got.related[0],
            Source {
                article: got.nearest[0].clone(),
                title: "When do I get my payout?".to_owned(),
                url: Some("https://help.example/payout".to_owned()),
                language: Language::En,
            }
        );
        // What was found far behind the first is not named.
        assert!(got.related.len() < got.nearest.len(), "{got:?}");
    }

    #[test]
    fn articles_this_reader_may_not_see_are_not_named() {
        let engine = engine(&snapshot(), 0.0, 1.0);
        let old = answer(&engine, &question("Payout before 2020"));
        assert!(!old.related.is_empty());
        assert!(!ids(&old).contains(&"payout-old"), "{:?}", old.related);
        let asked = |region: &str| Question {
            region: Some(region.to_owned()),
            ..question("Payout in the United States")
        };
        let (home, away) = (answer(&engine, &asked("US")), answer(&engine, &asked("NL")));
        assert!(ids(&home).contains(&"payout-us"), "{:?}", home.related);
        assert!(!away.related.is_empty());
        assert!(!ids(&away).contains(&"payout-us"), "{:?}", away.related);
        let buyer = Question {
            audience: Some("buyer".to_owned()),
            ..question("When do I get my payout?")
        };
        let buyer = answer(&engine, &buyer);
        let shown = |got: &Answer| got.related.iter().any(|s| s.url.is_some());
        assert!(shown(&answer(
            &engine,
            &question("When do I get my payout?")
        )));
        assert!(!shown(&buyer), "{:?}", buyer.related);
    }

    #[test]
    fn a_draft_nothing_is_left_of_leads_to_the_same_articles() {
        let engine = engine(&snapshot(), 0.0, 0.0);
        // Nobody is there to word it, and quotes are not asked for.
        let asked = Question {
            mode: Mode::Generated,
            ..question("How long does my payout take to arrive?")
        };
        let got = answer(&engine, &asked);
        assert_eq!(
            got.outcome,
            Outcome::Escalated(EscalationReason::Unsupported)
        );
        assert!(!got.related.is_empty());
    }

    #[test]
    fn below_the_floor_there_is_none() {
        let snapshot = snapshot();
        let asked = question("How long does my payout take to arrive?");
        let got = answer(&engine(&snapshot, 1.0, 1.0), &asked);
        assert_eq!(
            got.outcome,
            Outcome::Escalated(EscalationReason::NoEvidence)
        );
        assert_eq!(got.related, []);
        assert!(!got.nearest.is_empty(), "something was found");
    }

    #[track_caller]
    fn check_none(engine: &Engine, text: &str, reason: Option<EscalationReason>) {
        let got = answer(engine, &question(text));
        let outcome = reason.map_or(Outcome::Answered, Outcome::Escalated);
        assert_eq!(got.outcome, outcome, "{text}");
        assert_eq!(got.related, [], "{text}");
    }

    #[test]
    fn answers_and_what_a_person_decides_on_have_none() {
        let snapshot = snapshot();
        let unsure = engine(&snapshot, 0.0, 1.0);
        check_none(
            &unsure,
            "I want to talk to a human being please",
            Some(EscalationReason::Requested),
        );
        check_none(
            &unsure,
            "How do I report a counterfeit watch?",
            Some(EscalationReason::SensitiveTopic),
        );
        check_none(&unsure, "?!", Some(EscalationReason::NoEvidence));
        check_none(
            &engine(&snapshot, 0.0, 0.0),
            "What does a payout cost?",
            None,
        );
    }
}
