//! Words: the search by words. The database finds passages that hold a rare term, and scores them by all that are asked; this
//! machine looks through the lists of common terms for those that hold nothing else, where such could be among the best.

use std::{collections::HashMap, sync::Arc};

use pgvector::SparseVector;
use sqlx::PgPool;

use super::{
    Pending,
    engine::Engine,
    lists::{self, Asked, List},
    near::{all_of, as_i64},
    safe,
    terms::{AskedList, TermQuery},
};
use crate::{
    error::SearchError,
    snapshot::{Best, Frame, Hit, LexicalAsk, Selection},
};

impl Engine {
    /// See [`Retrieval::lexical`](crate::snapshot::Retrieval::lexical).
    pub(super) fn search_words(
        &self,
        frame: &Frame,
        asks: &[LexicalAsk<'_>],
        selection: &Selection,
    ) -> Result<Vec<Vec<Hit>>, SearchError> {
        let classes: Option<Arc<[i32]>> = self.classes_in(selection).map(Into::into);
        let classes = classes.as_ref();
        let is_common = |n_with| self.has_lists && lists::is_common(n_with);
        // All are under way before one is waited for.
        let begun = asks.iter().map(|ask| {
            let query = self.head.terms.query(ask.asked, ask.language, &self.config);
            if ask.limit == 0 || query.is_empty() || classes.is_some_and(|own| own.is_empty()) {
                return None;
            }
            let rare = query.rare(is_common);
            let begun = if rare.is_empty() {
                Vec::new()
            } else {
                self.begin_rare(&query, rare, classes, ask.limit)
            };
            Some((query, begun))
        });
        let begun: Vec<_> = begun.collect();
        let ended = begun.into_iter().zip(asks).map(|(begun, ask)| {
            let Some((query, begun)) = begun else {
                return Ok((Vec::new(), Vec::new()));
            };
            let hits = all_of(begun, ask.limit)?;
            let lists = query.lists(is_common);
            // A part of a score is less than 1, so who holds common terms only scores less than all their weights.
            let most: f32 = lists.iter().map(|own| own.weight).sum();
            let is_whole = threshold(&hits, ask.limit) > most;
            Ok((hits, if is_whole { Vec::new() } else { lists }))
        });
        let ended: Vec<(Vec<Hit>, Vec<AskedList>)> = ended.collect::<Result<_, SearchError>>()?;
        let wanted: Vec<AskedList> = ended.iter().flat_map(|(_, lists)| lists).copied().collect();
        let lists = self.lists(&wanted)?;
        let is_selected = |passage| selection.contains(frame.article_of(passage));
        let found = ended.into_iter().zip(asks).map(|((hits, wanted), ask)| {
            let asked = self.asked(&wanted, &lists, ask);
            if asked.is_empty() {
                return hits;
            }
            let known = threshold(&hits, ask.limit);
            let others = lists::search(asked, known, ask.limit, &is_selected);
            together(hits, others, ask.limit)
        });
        Ok(found.collect())
    }

    fn asked<'l>(
        &self,
        wanted: &[AskedList],
        lists: &'l HashMap<u32, Arc<List>>,
        ask: &LexicalAsk<'_>,
    ) -> Vec<Asked<'l>> {
        let asked = wanted.iter().filter_map(|own| {
            Some(Asked {
                list: lists.get(&own.number)?,
                weight: own.weight,
                norms: self.head.terms.norms(ask.language, own.place),
            })
        });
        asked.collect()
    }

    /// Begins the search for passages that hold any of `terms`, by all weights of `query`.
    fn begin_rare(
        &self,
        query: &TermQuery,
        terms: Vec<i32>,
        classes: Option<&Arc<[i32]>>,
        limit: usize,
    ) -> Vec<Pending<Vec<(i32, f64)>>> {
        let (weights, n_weights) = (query.weights(), self.head.terms.n_weights());
        let n = as_i64(limit);
        let servers = self.statements.servers.iter().map(|server| {
            let weights = (weights.as_slice(), n_weights);
            let classes = classes.map(|own| &**own);
            let statement = self
                .statements
                .lexical_on(server, weights, &terms, n, classes);
            self.begin_on(server, statement)
        });
        let begun: Vec<_> = servers.collect();
        if !begun.is_empty() {
            return begun;
        }
        let (places, values): (Vec<i32>, Vec<f32>) = weights
            .into_iter()
            .map(|(place, weight)| (place.cast_signed(), weight))
            .unzip();
        let weights = Arc::new(SparseVector::from_map(
            places.iter().zip(&values),
            n_weights.cast_signed(),
        ));
        let terms: Arc<[i32]> = terms.into();
        let classes = classes.cloned();
        let statement = self.statements.lexical(classes.is_some());
        vec![self.postgres.begin(move |pool: PgPool| {
            let (weights, terms) = (Arc::clone(&weights), Arc::clone(&terms));
            let (statement, classes) = (Arc::clone(&statement), classes.clone());
            async move {
                let mut query = sqlx::query_as::<_, (i32, f64)>(safe(statement.to_string()))
                    .bind(&*weights)
                    .bind(&*terms)
                    .bind(n);
                if let Some(classes) = &classes {
                    query = query.bind(&**classes);
                }
                query.fetch_all(&pool).await
            }
        })]
    }
}

/// What a passage must score to be among the best `limit` when `hits` are; nothing while there are fewer.
fn threshold(hits: &[Hit], limit: usize) -> f32 {
    let last = hits.last().filter(|_| hits.len() >= limit);
    last.map_or(f32::MIN, |last| last.score)
}

/// The best of both. A passage that is in both has its score in the one in which all its terms were counted.
fn together(hits: Vec<Hit>, others: Vec<Hit>, limit: usize) -> Vec<Hit> {
    let mut all = hits;
    all.extend(others);
    all.sort_by(|a, b| a.passage.cmp(&b.passage).then(b.score.total_cmp(&a.score)));
    all.dedup_by_key(|hit| hit.passage);
    let mut best = Best::new(limit);
    for hit in all {
        best.push(hit);
    }
    best.into_hits()
}
