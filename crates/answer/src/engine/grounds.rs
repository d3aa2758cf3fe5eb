//! Grounds: what an answer would rest on, found without making it.
//!
//! For whoever compares two versions of the articles: an answer of exact statements follows from how the question was
//! read, from the articles in reach with what speaks for them, and from what its words tell apart. Where two versions
//! agree in all of that, they answer alike, and neither needs to be asked. Finding costs a small part of answering,
//! because no statement is encoded for it.

use corpus::{ArticleId, Language};
use serde::{Deserialize, Serialize};

use super::{Engine, EngineError};
use crate::{
    clarify, evidence,
    policy::SensitiveTopic,
    query::{Query, Unusable},
    question::Question,
    retrieve::{Candidate, Sought},
};

/// Passages of an article that can give evidence.
const PASSAGES: usize = evidence::PASSAGES_PER_ARTICLE;

/// What an answer would rest on. Two of the same question can be compared, whichever generations they come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grounds {
    /// How the question was read: its language, its text, its parts, what decides without an article.
    reading: Vec<String>,
    /// What was found for the question, then for each of its parts.
    found: Vec<Reach>,
}

/// The articles in reach of one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Reach {
    /// Best first.
    articles: Vec<GroundArticle>,
    /// Titles and articles the question may mean, when it is too short to tell.
    meanings: Vec<(String, ArticleId)>,
    /// The question's words with the spellings that stand for each, by language.
    words: Vec<String>,
    /// What each of these tells apart, as a share, and how much each spelling counts.
    shares: Vec<f32>,
    /// How far the best article is ahead of the fifth.
    lead: f32,
}

/// An article in reach, with what speaks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct GroundArticle {
    id: ArticleId,
    language: Language,
    /// BLAKE3 of its file, in hex.
    hash: String,
    /// Its best passages by their place in it, best first.
    passages: Vec<usize>,
    /// Their scores; then the article's gap to the best one, and the signals confidence is made of.
    numbers: Vec<f32>,
}

impl Grounds {
    /// Whether both lead to one answer: the same reading, articles, texts and order, and every number within `tolerance`
    /// of its like. Numbers are shares and standard deviations, and move a little with every edit, since they tell an
    /// article from all others.
    pub fn agree(&self, other: &Self, tolerance: f32) -> bool {
        self.reading == other.reading
            && self.found.len() == other.found.len()
            && self
                .found
                .iter()
                .zip(&other.found)
                .all(|(one, other)| one.agrees(other, tolerance))
    }

    /// The article versions in reach, best first, those of parts behind those of the whole; each once.
    pub fn articles(&self) -> Vec<(&ArticleId, Language)> {
        let mut articles = Vec::new();
        for article in self.found.iter().flat_map(|reach| &reach.articles) {
            let version = (&article.id, article.language);
            if !articles.contains(&version) {
                articles.push(version);
            }
        }
        articles
    }
}

impl Reach {
    fn agrees(&self, other: &Self, tolerance: f32) -> bool {
        self.words == other.words
            && self.meanings == other.meanings
            && self.articles.len() == other.articles.len()
            && are_near(&self.shares, &other.shares, tolerance)
            && are_near(&[self.lead], &[other.lead], tolerance)
            && self
                .articles
                .iter()
                .zip(&other.articles)
                .all(|(one, other)| {
                    (&one.id, one.language, &one.hash, &one.passages)
                        == (&other.id, other.language, &other.hash, &other.passages)
                        && are_near(&one.numbers, &other.numbers, tolerance)
                })
    }
}

fn are_near(one: &[f32], other: &[f32], tolerance: f32) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| (one - other).abs() <= tolerance)
}

impl Engine {
    /// What an answer to `question` would rest on.
    ///
    /// # Errors
    /// [`EngineError`] when the index or the encoder fails.
    pub fn grounds(&self, question: &Question) -> Result<Grounds, EngineError> {
        let query = match self.read(question) {
            Ok(query) => query,
            Err(unusable) => {
                return Ok(Grounds {
                    reading: vec![match unusable {
                        Unusable::UnsupportedLanguage => "unsupported language".to_owned(),
                        Unusable::Blank(language) => format!("blank {language}"),
                    }],
                    found: Vec::new(),
                });
            }
        };
        let topic = SensitiveTopic::of(&query.text);
        let mut reading = vec![
            query.language.code().to_owned(),
            query.text.clone(),
            query.standalone.clone(),
            query.retrieval_text.clone(),
            format!(
                "person {} follow-up {} topic {}",
                query.wants_person,
                query.is_follow_up,
                topic.map_or("none", SensitiveTopic::code)
            ),
        ];
        reading.extend(query.parts.iter().cloned());
        let parts: Vec<Query> = query.parts.iter().map(|part| query.of_part(part)).collect();
        let mut found = Vec::with_capacity(1 + parts.len());
        for query in std::iter::once(query).chain(parts) {
            let ranked = self.rank(question, query, None)?;
            found.push(self.reach(&ranked.query, &ranked.sought, &ranked.candidates));
        }
        Ok(Grounds { reading, found })
    }

    fn reach(&self, query: &Query, sought: &Sought, candidates: &[Candidate]) -> Reach {
        let chosen = evidence::within_reach(candidates, self.config.max_articles.get());
        let top = chosen.first().map_or(0.0, |candidate| candidate.score);
        let fifth = candidates
            .get(4)
            .or(candidates.last())
            .map_or(0.0, |candidate| candidate.score);
        let articles: Vec<GroundArticle> = chosen
            .iter()
            .map(|candidate| self.ground(candidate, top))
            .collect();
        let mut languages = vec![query.language];
        for article in &articles {
            if !languages.contains(&article.language) {
                languages.push(article.language);
            }
        }
        let (mut words, mut shares) = (Vec::new(), Vec::new());
        for terms in languages.iter().filter_map(|l| sought.terms_in(*l)) {
            let asked = terms.asked();
            let total: f32 = asked.iter().map(|term| term.weight).sum();
            for term in asked {
                words.push(term.text.clone());
                shares.push(term.weight / total.max(f32::MIN_POSITIVE));
                for (variant, share) in &term.variants {
                    words.push(format!("~{variant}"));
                    shares.push(*share);
                }
            }
        }
        let meanings = clarify::meanings(&self.snapshot, query, sought, candidates);
        Reach {
            articles,
            meanings: meanings
                .into_iter()
                .map(|meaning| (meaning.text, meaning.article))
                .collect(),
            words,
            shares,
            lead: top - fifth,
        }
    }

    fn ground(&self, candidate: &Candidate, top: f32) -> GroundArticle {
        let article = self.snapshot.article(candidate.article);
        let own: Vec<_> = self.snapshot.passages_of(candidate.article).collect();
        let passages = candidate.passages.iter().take(PASSAGES);
        let signals = &candidate.signals;
        let mut numbers: Vec<f32> = passages.clone().map(|ranked| ranked.score).collect();
        numbers.extend([
            candidate.score - top,
            signals.nearness,
            signals.versions,
            signals.interaction,
            signals.coverage,
            signals.passage_words,
            // First by both sides counts for confidence.
            f32::from(u8::from(
                candidate.dense_rank == 1 && candidate.lexical_rank == Some(1),
            )),
        ]);
        GroundArticle {
            id: article.id.clone(),
            language: article.language,
            hash: self.snapshot.source_hash(candidate.article).to_owned(),
            passages: passages
                .filter_map(|ranked| own.iter().position(|passage| *passage == ranked.passage))
                .collect(),
            numbers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grounds() -> Grounds {
        let id = ArticleId::new("fees").expect("an id");
        Grounds {
            reading: vec!["en".to_owned(), "how much".to_owned()],
            found: vec![Reach {
                articles: vec![GroundArticle {
                    id: id.clone(),
                    language: Language::En,
                    hash: "aa".to_owned(),
                    passages: vec![1, 0],
                    numbers: vec![3.0, 2.0],
                }],
                meanings: vec![("Fees".to_owned(), id)],
                words: vec!["much".to_owned()],
                shares: vec![1.0],
                lead: 4.0,
            }],
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Grounds), agree: bool) {
        let mut other = grounds();
        change(&mut other);
        assert_eq!(grounds().agree(&other, 0.1), agree, "{other:?}");
        assert_eq!(other.agree(&grounds(), 0.1), agree, "{other:?}");
    }

    #[test]
    fn numbers_may_move_a_little_and_nothing_else_may() {
        check(|_| (), true);
        check(|other| other.found[0].articles[0].numbers[1] = 2.05, true);
        check(|other| other.found[0].articles[0].numbers[1] = 2.2, false);
        check(|other| other.found[0].lead = 4.2, false);
        check(|other| other.found[0].shares[0] = 0.8, false);
        check(
            |other| other.found[0].articles[0].numbers.truncate(1),
            false,
        );
        check(
            |other| other.found[0].articles[0].hash = "ab".to_owned(),
            false,
        );
        check(
            |other| other.found[0].articles[0].language = Language::Nl,
            false,
        );
        check(|other| other.found[0].articles[0].passages.reverse(), false);
        check(|other| other.found[0].articles.clear(), false);
        check(|other| other.found[0].meanings.clear(), false);
        check(|other| other.found[0].words[0].push('s'), false);
        check(|other| other.reading[1].push('?'), false);
        check(|other| other.found.clear(), false);
    }

    #[test]
    fn an_article_in_reach_twice_is_named_once() {
        let mut twice = grounds();
        twice.found.push(twice.found[0].clone());
        let id = ArticleId::new("fees").expect("an id");
        assert_eq!(twice.articles(), [(&id, Language::En)]);
    }
}
