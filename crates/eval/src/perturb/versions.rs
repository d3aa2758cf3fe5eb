//! Versions of an article in other languages: which of their sentences say the same.

use std::collections::HashMap;

use answer::{EngineError, evidence::Piece};
use corpus::{ArticleId, Language, StatementKind};

use super::{
    random::Random,
    suite::{Indexed, dot, is_sentence},
};

/// Sentences of articles with their vectors, by collection, language and article.
#[derive(Debug, Default)]
pub(super) struct Versions {
    by_article: HashMap<(String, Language, ArticleId), Version>,
}

#[derive(Debug, Clone, Default)]
struct Version {
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
}

/// Two sentences are one in two languages only from this cosine on …
const SURE: f32 = 0.90;
/// … when each is the other's nearest, by this much …
const SURE_LEAD: f32 = 0.015;
/// … and their places in the article differ by no more than this share of it.
const SURE_PLACE: f64 = 0.2;

impl Versions {
    fn read(&mut self, indexed: &Indexed, id: &ArticleId) -> Result<Version, EngineError> {
        let collection = &indexed.collection;
        let key = (collection.name.clone(), collection.language, id.clone());
        if let Some(version) = self.by_article.get(&key) {
            return Ok(version.clone());
        }
        let snapshot = indexed.engine.snapshot();
        let mut version = Version::default();
        if let Some(article) = snapshot.find(id, collection.language) {
            for passage in snapshot.passages_of(article) {
                let statements = snapshot.passage(passage)?.statements;
                version.texts.extend(
                    statements
                        .into_iter()
                        .filter(|statement| statement.kind != StatementKind::Heading)
                        .map(|statement| statement.text),
                );
            }
        }
        let views: Vec<&str> = version.texts.iter().map(String::as_str).collect();
        if !views.is_empty() {
            version.vectors = indexed.engine.vectors_of(&views)?;
        }
        self.by_article.insert(key, version.clone());
        Ok(version)
    }

    /// The sentence that says `origin` in another language of its article, when there is surely one.
    pub(super) fn of(
        &mut self,
        own: &Indexed,
        indexed: &[Indexed],
        origin: &Piece,
        random: &mut Random,
    ) -> Result<Option<(Language, String)>, EngineError> {
        let id = own.engine.snapshot().article(origin.article).id.clone();
        let mut others: Vec<&Indexed> = indexed
            .iter()
            .filter(|other| {
                other.collection.name == own.collection.name
                    && other.collection.language != own.collection.language
                    && other
                        .engine
                        .snapshot()
                        .find(&id, other.collection.language)
                        .is_some()
            })
            .collect();
        random.shuffle(&mut others);
        let here = self.read(own, &id)?;
        let Some(from) = here.texts.iter().position(|text| *text == origin.text) else {
            return Ok(None);
        };
        for other in others {
            let there = self.read(other, &id)?;
            let Some(to) = sure_pair(&here, from, &there) else {
                continue;
            };
            let text = &there.texts[to];
            if is_sentence(text, other.collection.language)
                && !text.ends_with(['?', '？', ':', '：'])
            {
                return Ok(Some((other.collection.language, text.clone())));
            }
        }
        Ok(None)
    }
}

fn sure_pair(here: &Version, from: usize, there: &Version) -> Option<usize> {
    let (to, lead) = nearest(&here.vectors[from], &there.vectors)?;
    let (back, lead_back) = nearest(&there.vectors[to], &here.vectors)?;
    let place = |at: usize, n: usize| (at as f64 + 0.5) / n as f64;
    let apart = (place(from, here.texts.len()) - place(to, there.texts.len())).abs();
    let is_sure = back == from
        && lead.min(lead_back) >= SURE_LEAD
        && dot(&here.vectors[from], &there.vectors[to]) >= SURE
        && apart <= SURE_PLACE;
    is_sure.then_some(to)
}

/// The nearest vector, and by how much it is nearer than the next.
fn nearest(vector: &[f32], among: &[Vec<f32>]) -> Option<(usize, f32)> {
    let scores: Vec<f32> = among.iter().map(|other| dot(vector, other)).collect();
    let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]))?;
    let second = (0..scores.len())
        .filter(|at| *at != best)
        .map(|at| scores[at])
        .fold(0.0, f32::max);
    Some((best, scores[best] - second))
}
