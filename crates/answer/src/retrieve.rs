//! Retrieval: ranks articles, and the passages inside them, for a query.
//!
//! query → **hits** → confidence, evidence. Both retrievers see only the articles of the
//! [`Selection`](indexer::Selection): audience, region, validity and language apply before ranking, so a
//! filtered search loses nothing. They only propose; every proposed article is then judged by the same
//! [`Signals`], whichever side proposed it, and counts once, in the version the reader wants. Not here: how
//! sure the ranking is ([`crate::confidence`]).

use std::collections::{BTreeMap, HashMap};

use corpus::{ArticleId, Language};
use indexer::{
    Aim, ArticleOrdinal, Background, Hit, PassageOrdinal, SearchError, Selection, Snapshot,
};

pub mod fused;
pub mod signals;
pub mod terms;

pub use fused::FusionWeights;
pub use signals::Signals;
pub use terms::QuestionTerms;

/// What one article contributes to a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The version to show: the question's language where it exists, else the best-matching one.
    pub article: ArticleOrdinal,
    /// The passages of that version, best first.
    pub passages: Vec<RankedPassage>,
    /// Place among the articles the encoder proposed, from 1; `None` when not among them.
    pub dense_rank: Option<usize>,
    /// Place among those the words proposed, from 1; `None` when not among them.
    pub lexical_rank: Option<usize>,
    /// What speaks for it.
    pub signals: Signals,
    /// What the ranking is sorted by; comparable within one ranking only.
    pub score: f32,
}

/// A passage with its place inside a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedPassage {
    /// The passage.
    pub passage: PassageOrdinal,
    /// Sort key inside the article.
    pub score: f32,
}

/// A ranking with what is needed to judge it.
#[derive(Debug, Clone, Default)]
pub struct Ranking {
    /// Articles, best first.
    pub candidates: Vec<Candidate>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// The text the lexical side reads.
    pub text: &'a str,
    /// The question's vector, ready to be compared.
    pub aim: &'a Aim,
    /// The question's language.
    pub language: Language,
    /// Passages asked of each retriever.
    pub hits_per_retriever: usize,
    /// What each signal is worth.
    pub weights: &'a FusionWeights,
}

/// Ranks the selected articles for `need`.
///
/// # Errors
/// [`SearchError`] when the index cannot be read; never because of an odd question.
pub fn rank(
    snapshot: &Snapshot,
    selection: &Selection,
    need: Need<'_>,
) -> Result<Ranking, SearchError> {
    let terms = snapshot
        .languages()
        .map(|language| QuestionTerms::new(snapshot, need.text, language))
        .collect::<Vec<_>>();
    let proposed = propose(snapshot, selection, need, &terms)?;
    let backgrounds = Backgrounds::of(snapshot, need.aim);
    let groups: Vec<Group> = proposed
        .into_iter()
        .map(|(id, ranks)| Group::new(snapshot, selection, need.language, id, ranks))
        .collect();
    let matches = signals::matches(snapshot, &terms, &groups)?;
    let mut candidates: Vec<Candidate> = groups
        .iter()
        .map(|group| signals::candidate(snapshot, need, &backgrounds, (&terms, &matches), group))
        .collect();
    fused::order(&mut candidates, need.weights);
    Ok(Ranking { candidates })
}

/// Places of an article among those each side proposed.
#[derive(Debug, Clone, Copy, Default)]
struct Ranks {
    dense: Option<usize>,
    lexical: Option<usize>,
}

/// The articles either side finds, by id. The side of the words is asked in every language there is, by that
/// language's own rules: names, numbers and codes are the same in all.
fn propose<'a>(
    snapshot: &'a Snapshot,
    selection: &Selection,
    need: Need<'_>,
    terms: &[QuestionTerms],
) -> Result<BTreeMap<&'a ArticleId, Ranks>, SearchError> {
    let mut proposed: BTreeMap<&ArticleId, Ranks> = BTreeMap::new();
    let id_of = |hit: &Hit| &snapshot.article(snapshot.article_of(hit.passage)).id;
    let mut n_articles = 0;
    for hit in snapshot.dense(need.aim, selection, need.hits_per_retriever) {
        let rank = &mut proposed.entry(id_of(&hit)).or_default().dense;
        if rank.is_none() {
            n_articles += 1;
            *rank = Some(n_articles);
        }
    }
    for terms in terms {
        let language = terms.language();
        let limit = if language == need.language {
            need.hits_per_retriever
        } else {
            need.hits_per_retriever.div_ceil(4)
        };
        let mut n_articles = 0;
        let mut seen = std::collections::HashSet::new();
        for hit in snapshot.lexical(terms.asked(), language, selection, limit)? {
            let id = id_of(&hit);
            if seen.insert(id) {
                n_articles += 1;
                let rank = &mut proposed.entry(id).or_default().lexical;
                *rank = Some(rank.map_or(n_articles, |before| before.min(n_articles)));
            }
        }
    }
    Ok(proposed)
}

/// One proposed article with the versions it is judged by.
#[derive(Debug)]
struct Group {
    ranks: Ranks,
    /// The selected versions, in the order of [`Language::ALL`].
    versions: Vec<ArticleOrdinal>,
    /// The version in the question's language, when there is one.
    own: Option<ArticleOrdinal>,
}

impl Group {
    fn new(
        snapshot: &Snapshot,
        selection: &Selection,
        language: Language,
        id: &ArticleId,
        ranks: Ranks,
    ) -> Self {
        let versions: Vec<ArticleOrdinal> = snapshot
            .versions(id)
            .iter()
            .copied()
            .filter(|version| selection.contains(*version))
            .collect();
        let own = versions
            .iter()
            .copied()
            .find(|version| snapshot.article(*version).language == language);
        Self {
            ranks,
            versions,
            own,
        }
    }

    /// The versions whose words are compared with the question's: the one in its language, else all.
    fn readable(&self) -> &[ArticleOrdinal] {
        self.own
            .as_ref()
            .map_or(&self.versions, std::slice::from_ref)
    }
}

/// What passages at large score against the question, by language.
#[derive(Debug)]
pub(crate) struct Backgrounds([Option<Background>; 9]);

impl Backgrounds {
    pub(crate) fn of(snapshot: &Snapshot, aim: &Aim) -> Self {
        Self(Language::ALL.map(|language| snapshot.background(aim, language)))
    }

    /// How far `nearness` lies above that of passages at large in `language`, in standard deviations.
    pub(crate) fn standardised(&self, nearness: f32, language: Language) -> f32 {
        self.0[language.index()].map_or(0.0, |b| (nearness - b.mean) / b.spread)
    }
}

/// The question's words found in the passages of the candidates.
type Matches = HashMap<PassageOrdinal, indexer::PassageMatches>;
