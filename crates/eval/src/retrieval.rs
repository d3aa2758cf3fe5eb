//! Retrieval alone: how well articles are ranked, beside the plain recipes on the same index.
//!
//! Cheap enough to run on thousands of questions many times a day: a question is encoded once for all methods
//! and nothing is worded. The plain recipes exist to be compared with and are used nowhere else; a run may leave them
//! out.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroUsize,
};

use answer::{Engine, EngineError, Question, engine::Retrieved};
use corpus::Language;
use indexer::{Aim, Hit, Readings, Snapshot, Visibility};
use jiff::{Timestamp, tz::TimeZone};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    fusion::JudgedCandidates,
    metrics::{Interval, mean_interval, ndcg_at, recall_at, reciprocal_rank, success_at},
    parallel,
    question_set::JudgedQuestion,
    run::RunFacts,
};

/// A way to rank articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// What customers get.
    Loket,
    /// BM25 of the passages in the question's language, an article by its best passage.
    Bm25,
    /// Cosine of the question with the passages, an article by its best passage.
    Encoder,
    /// Reciprocal rank fusion of the two, constant 60 (Cormack, Clarke, Büttcher, SIGIR 2009).
    Rrf,
}

impl Method {
    /// All methods, in the order they are reported.
    pub const ALL: [Self; 4] = [Self::Loket, Self::Bm25, Self::Encoder, Self::Rrf];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loket => "loket",
            Self::Bm25 => "bm25",
            Self::Encoder => "encoder",
            Self::Rrf => "rrf",
        }
    }
}

/// Where the relevant articles of one question stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankedQuestion {
    /// The question's id.
    pub id: String,
    /// Its language.
    pub language: Language,
    /// Number of relevant articles.
    pub n_relevant: usize,
    /// Per method, the ranks of relevant articles among the first [`DEPTH`], from 1, ascending.
    pub ranks: BTreeMap<Method, Vec<usize>>,
}

/// Figures of one method in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodRow {
    /// ISO 639-1 code, or `all`.
    pub language: String,
    /// The method.
    pub method: Method,
    /// A relevant article is first.
    pub success_at_1: Interval,
    /// One is among the first three.
    pub success_at_3: Interval,
    /// One is among the first five.
    pub success_at_5: Interval,
    /// Share of the relevant articles among the first ten.
    pub recall_at_10: Interval,
    /// Mean reciprocal rank within the first ten.
    pub mrr_at_10: Interval,
    /// Normalised discounted cumulative gain of the first ten.
    pub ndcg_at_10: Interval,
}

/// A run over a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetrievalReport {
    /// Generation that was searched.
    pub generation: String,
    /// Encoder.
    pub encoder: String,
    /// What was run; reports of earlier versions do not say.
    #[serde(default)]
    pub run: Option<RunFacts>,
    /// All languages together, then each; within, the methods in the order of [`Method::ALL`].
    pub rows: Vec<MethodRow>,
    /// Every question with a relevant article.
    pub questions: Vec<RankedQuestion>,
}

/// A run with the candidates of its questions, from which weights can be fitted.
#[derive(Debug, Clone)]
pub struct RetrievalRun {
    /// The figures.
    pub report: RetrievalReport,
    /// In the order of [`RetrievalReport::questions`].
    pub candidates: Vec<JudgedCandidates>,
}

/// Articles looked at.
pub const DEPTH: usize = 100;

/// Passages the plain recipes take from each side.
const PLAIN_HITS: usize = 1_000;

/// What ranking came to for one question, as journals keep it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// The question's id.
    pub id: String,
    /// Where its relevant articles stand; `None` when it has none, or there is nothing to search for.
    pub ranked: Option<RankedQuestion>,
    /// Its candidates, when they were asked for.
    pub candidates: Option<JudgedCandidates>,
}

/// How a run is made.
#[derive(Debug)]
pub struct RetrievalOptions {
    /// The instant of questions that name none.
    pub now: Timestamp,
    /// Questions ranked at once.
    pub jobs: NonZeroUsize,
    /// Whether the plain recipes are run too; they take as long as the rest.
    pub baselines: bool,
    /// Whether candidates are kept, from which weights can be fitted.
    pub candidates: bool,
    /// What is ranked no more, in any order.
    pub finished: Vec<Ranking>,
    /// What was run.
    pub facts: RunFacts,
}

/// Ranks every question that has a relevant article; `on_done` sees each as soon as it is ranked, in no order.
///
/// # Errors
/// [`EngineError`] when the index or the encoder fails, or the first error of `on_done`.
pub fn run<E: From<EngineError> + Send>(
    engine: &Engine,
    questions: &[JudgedQuestion],
    options: RetrievalOptions,
    on_done: &mut dyn FnMut(&Ranking) -> Result<(), E>,
) -> Result<RetrievalRun, E> {
    let finished = options.finished.into_iter();
    let finished = finished.map(|ranking| (ranking.id.clone(), ranking));
    let mut rankings: HashMap<String, Ranking> = finished.collect();
    let left: Vec<&JudgedQuestion> = questions
        .iter()
        .filter(|question| !rankings.contains_key(&question.id))
        .collect();
    let work = |judged: &&JudgedQuestion| {
        let found = rank(engine, judged, options.now, options.baselines)?;
        let (ranked, candidates) = found.unzip();
        Ok(Ranking {
            id: judged.id.clone(),
            ranked,
            candidates: candidates.filter(|_| options.candidates),
        })
    };
    let new = parallel::in_order(&left, options.jobs, work, on_done)?;
    rankings.extend(new.into_iter().map(|ranking| (ranking.id.clone(), ranking)));
    let (mut ranked, mut candidates) = (Vec::new(), Vec::new());
    for question in questions {
        if let Some(ranking) = rankings.remove(&question.id) {
            ranked.extend(ranking.ranked);
            candidates.extend(ranking.candidates);
        }
    }
    let report = RetrievalReport {
        generation: engine.snapshot().generation().to_owned(),
        encoder: engine.encoder_id().to_owned(),
        run: Some(options.facts),
        rows: rows(&ranked),
        questions: ranked,
    };
    Ok(RetrievalRun { report, candidates })
}

fn rank(
    engine: &Engine,
    judged: &JudgedQuestion,
    now: Timestamp,
    baselines: bool,
) -> Result<Option<(RankedQuestion, JudgedCandidates)>, EngineError> {
    let relevant: Vec<&str> = judged.relevant_articles().collect();
    let question = judged.to_question(now, answer::Mode::Extractive);
    if relevant.is_empty() {
        return Ok(None);
    }
    let Some(retrieved) = engine.retrieve(&question)? else {
        return Ok(None);
    };
    let snapshot = engine.snapshot();
    let judged_candidates = JudgedCandidates::new(&judged.id, snapshot, &retrieved, |id| {
        relevant.contains(&id)
    });
    let loket: Vec<&str> = retrieved
        .candidates
        .iter()
        .map(|candidate| snapshot.article(candidate.article).id.as_str())
        .collect();
    let mut rankings = vec![(Method::Loket, loket)];
    if baselines {
        rankings.extend(plain(snapshot, &question, &retrieved)?);
    }
    let ranks = rankings.into_iter().map(|(method, articles)| {
        let ranks = (1..)
            .zip(articles.iter().take(DEPTH))
            .filter(|(_, id)| relevant.contains(id))
            .map(|(rank, _)| rank)
            .collect();
        (method, ranks)
    });
    let ranked = RankedQuestion {
        id: judged.id.clone(),
        language: retrieved.query.language,
        n_relevant: relevant.len(),
        ranks: ranks.collect(),
    };
    Ok(Some((ranked, judged_candidates)))
}

/// The articles as the plain recipes rank them.
fn plain<'a>(
    snapshot: &'a Snapshot,
    question: &Question,
    retrieved: &Retrieved,
) -> Result<[(Method, Vec<&'a str>); 3], EngineError> {
    let selection = snapshot.select(&Visibility {
        audience: question.audience.as_deref(),
        region: question.region.as_deref(),
        day: question.at.to_zoned(TimeZone::UTC).date(),
        languages: None,
    });
    let query = &retrieved.query;
    let asked = snapshot.ask(&query.retrieval_text, query.language, Readings::AsSpelt);
    let lexical = snapshot
        .lexical(&asked, query.language, &selection, PLAIN_HITS)
        .map_err(EngineError::Search)?;
    let dense = snapshot.dense(
        &Aim::plain(retrieved.vector.clone()),
        &selection,
        PLAIN_HITS,
    )?;
    let (lexical, dense) = (articles(snapshot, &lexical), articles(snapshot, &dense));
    let fused = reciprocal_rank_fusion(&[&lexical, &dense]);
    Ok([
        (Method::Bm25, lexical),
        (Method::Encoder, dense),
        (Method::Rrf, fused),
    ])
}

/// Articles in order of their best passage, each once.
fn articles<'a>(snapshot: &'a Snapshot, hits: &[Hit]) -> Vec<&'a str> {
    let mut seen = std::collections::HashSet::new();
    hits.iter()
        .map(|hit| {
            snapshot
                .article(snapshot.article_of(hit.passage))
                .id
                .as_str()
        })
        .filter(|id| seen.insert(*id))
        .collect()
}

fn reciprocal_rank_fusion<'a>(rankings: &[&[&'a str]]) -> Vec<&'a str> {
    let mut scores: HashMap<&str, f64> = HashMap::new();
    for ranking in rankings {
        for (rank, id) in (1_u32..).zip(*ranking) {
            *scores.entry(id).or_default() += 1.0 / (60.0 + f64::from(rank));
        }
    }
    let mut fused: Vec<(&str, f64)> = scores.into_iter().collect();
    fused.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    fused.into_iter().map(|(id, _)| id).collect()
}

fn rows(questions: &[RankedQuestion]) -> Vec<MethodRow> {
    let mut by_language: BTreeMap<&str, Vec<&RankedQuestion>> = BTreeMap::new();
    for question in questions {
        by_language
            .entry(question.language.code())
            .or_default()
            .push(question);
    }
    let all: Vec<&RankedQuestion> = questions.iter().collect();
    let is_run = |method: &Method| questions.iter().any(|q| q.ranks.contains_key(method));
    let methods: Vec<Method> = Method::ALL.into_iter().filter(is_run).collect();
    let groups: Vec<(&str, Vec<&RankedQuestion>, Method)> = std::iter::once(("all", all))
        .chain(by_language)
        .flat_map(|(language, questions)| {
            let rows = methods.iter();
            rows.map(move |method| (language, questions.clone(), *method))
        })
        .collect();
    // Intervals over thousands of questions are resampled a thousand times each.
    groups
        .par_iter()
        .map(|(language, questions, method)| row(language, *method, questions))
        .collect()
}

fn row(language: &str, method: Method, questions: &[&RankedQuestion]) -> MethodRow {
    let over = |figure: &dyn Fn(&[usize], usize) -> f64| {
        let values: Vec<f64> = questions
            .iter()
            .map(|q| {
                figure(
                    q.ranks.get(&method).map_or(&[], Vec::as_slice),
                    q.n_relevant,
                )
            })
            .collect();
        mean_interval(&values)
    };
    let within = |ranks: &[usize], k: usize| ranks.first().copied().filter(|rank| *rank <= k);
    MethodRow {
        language: language.to_owned(),
        method,
        success_at_1: over(&|ranks, _| success_at(1, within(ranks, 1))),
        success_at_3: over(&|ranks, _| success_at(3, within(ranks, 3))),
        success_at_5: over(&|ranks, _| success_at(5, within(ranks, 5))),
        recall_at_10: over(&|ranks, n| recall_at(10, ranks, n)),
        mrr_at_10: over(&|ranks, _| reciprocal_rank(within(ranks, 10))),
        ndcg_at_10: over(&|ranks, n| ndcg_at(10, ranks, n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fusion_prefers_what_both_rank_high() {
        let fused = reciprocal_rank_fusion(&[&["a", "b", "c"], &["b", "d", "a"]]);
        assert_eq!(fused, ["b", "a", "d", "c"]);
    }

    #[test]
    fn figures_are_means_over_questions() {
        let question = |id: &str, ranks: Vec<usize>| RankedQuestion {
            id: id.into(),
            language: Language::Nl,
            n_relevant: 2,
            ranks: BTreeMap::from([(Method::Loket, ranks)]),
        };
        let questions = [question("a", vec![1, 4]), question("b", vec![12])];
        let row = &rows(&questions)[0];
        assert_eq!((row.language.as_str(), row.method), ("all", Method::Loket));
        assert!((row.success_at_1.mean - 0.5).abs() < 1e-9);
        assert!((row.mrr_at_10.mean - 0.5).abs() < 1e-9);
        assert!((row.recall_at_10.mean - 0.5).abs() < 1e-9);
    }
}
