//! Near: the search by direction. The database proposes by directions that are rounded; what can be among the best is scored
//! here by the bytes that were written.

use std::{collections::HashMap, sync::Arc};

use pgvector::HalfVector;
use sqlx::PgPool;

use super::{Pending, engine::Engine, fetch::read_numbers, safe, statements};
use crate::{
    error::SearchError,
    snapshot::{
        ArticleOrdinal, Best, Bodies, Frame, Hit, PassageOrdinal, Retrieval as _, Selection,
    },
    space::Aim,
};

/// What the product of a question's direction and a passage's can be off by when both are rounded to 16 bits, in lengths of
/// the question's: every number by 2⁻¹¹ of itself at most.
const ROUNDED: f32 = 1.1e-3;

/// Articles that are read at once where all are looked at.
const BATCH: usize = 256;

impl Engine {
    /// See [`Retrieval::dense`](crate::snapshot::Retrieval::dense).
    pub(super) fn search_near(
        &self,
        frame: &Frame,
        aim: &Aim,
        selection: &Selection,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        if limit == 0 || aim.vector.len() != frame.manifest.dimensions {
            return Ok(Vec::new());
        }
        if !aim.is_cosine {
            return self.scan(frame, aim, selection, limit);
        }
        let classes = self.classes_in(selection);
        if classes.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Vec::new());
        }
        // Rounded to 16 bits, a score moves by less than what lies between a place and the last of so many more.
        let n_candidates = limit + limit / 4 + 32;
        let direction = self.roots.question(aim);
        let length = direction.iter().map(|v| v * v).sum::<f32>().sqrt();
        let candidates = self.nearest(&direction, classes, n_candidates)?;
        let candidates = in_reach(candidates, limit, length);
        let articles = candidates.iter().map(|hit| frame.article_of(hit.passage));
        self.fetch_of(frame, &articles.collect::<Vec<_>>(), Bodies::Numbers)?;
        let mut best = Best::new(limit);
        for Hit { passage, .. } in candidates {
            let dot = self.dot(frame, passage, &aim.vector)?;
            let score = frame.scaled(passage, dot, aim);
            best.push(Hit { passage, score });
        }
        Ok(best.into_hits())
    }

    /// About the `limit` passages nearest to `direction`, with scores about as they are.
    fn nearest(
        &self,
        direction: &[f32],
        classes: Option<Vec<i32>>,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        let n = as_i64(limit);
        let servers = self.statements.servers.iter().map(|server| {
            let classes = classes.as_deref();
            let statement = self.statements.dense_on(server, direction, n, classes);
            self.begin_on(server, statement)
        });
        let mut begun: Vec<_> = servers.collect();
        if begun.is_empty() {
            begun.push(self.begin_nearest(direction, classes, limit));
        }
        all_of(begun, limit)
    }

    /// Begins to ask a data server. Through `postgres_fdw` the vectors of all rows would come along as texts, and one server
    /// would be asked after the other.
    pub(super) fn begin_on(
        &self,
        server: &Arc<str>,
        statement: Arc<str>,
    ) -> Pending<Vec<(i32, f64)>> {
        let server = Arc::clone(server);
        self.postgres.begin(move |pool: PgPool| {
            let (server, statement) = (Arc::clone(&server), Arc::clone(&statement));
            async move {
                let mut connection = pool.acquire().await?;
                let asked = async {
                    sqlx::query(statements::CONNECT)
                        .bind(&*server)
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query_as(statements::ASK)
                        .bind(&*server)
                        .bind(&*statement)
                        .fetch_all(&mut *connection)
                        .await
                };
                let asked = asked.await;
                if asked.is_err() {
                    // Its connection to the data server may be broken, and goes with it.
                    connection.close_on_drop();
                }
                asked
            }
        })
    }

    /// Begins the search for the nearest passages on the server itself.
    fn begin_nearest(
        &self,
        direction: &[f32],
        classes: Option<Vec<i32>>,
        limit: usize,
    ) -> Pending<Vec<(i32, f64)>> {
        let direction = Arc::new(HalfVector::from_f32_slice(direction));
        let classes: Option<Arc<[i32]>> = classes.map(Into::into);
        let ef_search = self.postgres.options().ef_search.clamp(1, 1_000);
        let settings: Option<Arc<str>> = self.is_approximate.then(|| {
            // Goes on until enough of the selected are found.
            let ef_search = ef_search.max(u32::try_from(limit).unwrap_or(1_000)).min(1_000);
            format!(
                "SET LOCAL hnsw.ef_search = {ef_search}; SET LOCAL hnsw.iterative_scan = relaxed_order"
            )
            .into()
        });
        let n = as_i64(limit);
        let statement = self.statements.dense(classes.is_some());
        self.postgres.begin(move |pool: PgPool| {
            let (direction, statement) = (Arc::clone(&direction), Arc::clone(&statement));
            let (classes, settings) = (classes.clone(), settings.clone());
            async move {
                let mut query = sqlx::query_as::<_, (i32, f64)>(safe(statement.to_string()))
                    .bind(&*direction)
                    .bind(n);
                if let Some(classes) = &classes {
                    query = query.bind(&**classes);
                }
                let Some(settings) = settings else {
                    return query.fetch_all(&pool).await;
                };
                let mut transaction = pool.begin().await?;
                sqlx::raw_sql(safe(settings.to_string()))
                    .execute(&mut *transaction)
                    .await?;
                let rows = query.fetch_all(&mut *transaction).await?;
                transaction.commit().await?;
                Ok(rows)
            }
        })
    }

    /// Looks at all selected passages, for an aim that is in no index: only measurements have such.
    fn scan(
        &self,
        frame: &Frame,
        aim: &Aim,
        selection: &Selection,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        let read = read_numbers(frame.manifest.dimensions);
        let selected: Vec<ArticleOrdinal> = (0..as_u32(frame.tables.n_articles()))
            .map(ArticleOrdinal)
            .filter(|article| selection.contains(*article))
            .collect();
        let mut best = Best::new(limit);
        for batch in selected.chunks(BATCH) {
            let loaded = self.load(batch, &self.numbers_kind(&read), false)?;
            let mut at_hand: HashMap<_, _> = loaded.into_iter().collect();
            for article in batch {
                let numbers = match at_hand.remove(article) {
                    Some(numbers) => numbers,
                    None => self.numbers(frame, *article)?,
                };
                let first = frame.tables.first_passages[article.0 as usize];
                for place in 0..self.head.articles[article.0 as usize].n_passages {
                    let passage = PassageOrdinal(first + place);
                    let dot = numbers.dot(place as usize, &aim.vector);
                    let score = frame.scaled(passage, dot, aim);
                    best.push(Hit { passage, score });
                }
            }
        }
        Ok(best.into_hits())
    }
}

fn passage(ordinal: i32) -> PassageOrdinal {
    PassageOrdinal(ordinal.cast_unsigned())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "sums of f32, which the database hands on as f64"
)]
fn hit((ordinal, score): (i32, f64)) -> Hit {
    Hit {
        passage: passage(ordinal),
        score: score as f32,
    }
}

/// The best `limit` of what was begun.
pub(super) fn all_of(
    begun: Vec<Pending<Vec<(i32, f64)>>>,
    limit: usize,
) -> Result<Vec<Hit>, SearchError> {
    let mut best = Best::new(limit);
    for pending in begun {
        for row in pending.end()? {
            best.push(hit(row));
        }
    }
    Ok(best.into_hits())
}

/// Those of `candidates`, best first, that can be among the `limit` nearest when they are scored exactly. `length` is the question's.
fn in_reach(mut candidates: Vec<Hit>, limit: usize, length: f32) -> Vec<Hit> {
    if let Some(last) = candidates.get(limit.saturating_sub(1)) {
        let least = last.score - 2.0 * ROUNDED * length;
        candidates.retain(|hit| hit.score >= least);
    }
    candidates
}

pub(super) fn as_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn as_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(scores: &[f32], limit: usize, length: f32, n: usize) {
        let candidates = scores.iter().zip(0..).map(|(score, ordinal)| Hit {
            passage: PassageOrdinal(ordinal),
            score: *score,
        });
        let kept = in_reach(candidates.collect(), limit, length);
        let ordinals: Vec<u32> = kept.iter().map(|hit| hit.passage.0).collect();
        assert_eq!(ordinals, (0..).take(n).collect::<Vec<u32>>());
    }

    #[test]
    fn what_rounding_could_have_kept_from_the_best_is_scored_and_no_more() {
        let scores = [0.9, 0.8, 0.7, 0.699, 0.698, 0.69];
        check(&scores, 3, 1.0, 5);
        check(&scores, 3, 0.5, 4);
        check(&scores, 3, 10.0, 6);
        check(&scores, 1, 1.0, 1);
        // Fewer than are wanted are all kept.
        check(&scores, 7, 1.0, 6);
        check(&[], 3, 1.0, 0);
    }
}
