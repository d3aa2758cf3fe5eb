//! Retrieval: ranks articles, and the passages inside them, for a query.
//!
//! query → **hits** → confidence, evidence. Both retrievers see only the articles of the
//! [`Selection`](indexer::Selection): audience, region, validity and language apply before ranking, so a
//! filtered search loses nothing. They only propose; every proposed article is then judged by the same
//! [`Signals`], whichever side proposed it, and counts once, in the version the reader wants. Not here: how
//! sure the ranking is ([`crate::confidence`]).

use std::{
    collections::{BTreeMap, HashMap},
    panic::resume_unwind,
    sync::OnceLock,
    thread,
};

use corpus::{ArticleId, Language};
use indexer::{
    Aim, ArticleOrdinal, Background, Bodies, Hit, LexicalAsk, PassageOrdinal, Readings,
    SearchError, Selection, Snapshot,
};
use inference::Detailed;

use rayon::prelude::*;

mod codes;
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
    /// Place among all candidates by nearness of the version shown, from 1.
    pub dense_rank: usize,
    /// Place among the articles the words proposed in the language of that version, from 1; `None` when not among
    /// them.
    pub lexical_rank: Option<usize>,
    /// What speaks for it.
    pub signals: Signals,
    /// Share of the question's codes that stand in it, 0 to 1; 0 without codes, and where many articles hold them.
    pub codes: f32,
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

/// A question made ready to be compared with articles, for both sides and all steps alike.
#[derive(Debug, Clone)]
pub struct Sought {
    language: Language,
    aim: Aim,
    /// What passages at large score against the question, by language.
    backgrounds: [Option<Background>; 9],
    /// The same, token by token; made when first needed, since most rankings end in one language.
    interactions: [OnceLock<Option<Background>>; 9],
    /// For each language there are articles in.
    terms: Vec<QuestionTerms>,
}

impl Sought {
    /// Makes ready the question `text` in `language`, which the encoder read as the first of `encoded`.
    pub fn new(snapshot: &Snapshot, text: &str, encoded: &Detailed, language: Language) -> Self {
        let tokens = encoded.tokens.as_ref().and_then(|tokens| tokens.first());
        let aim = snapshot.aim(text, encoded.texts.row(0), tokens, language);
        let languages: Vec<Language> = snapshot.languages().collect();
        // Words of another language that are only like the question's say nothing beside the question's own
        // language; where there is no article in it, they are all there is.
        let is_alone = !languages.contains(&language);
        let terms = |read_in: &Language| {
            let readings = if is_alone || *read_in == language {
                Readings::Lenient
            } else {
                Readings::AsSpelt
            };
            QuestionTerms::new(snapshot, text, *read_in, readings)
        };
        Self {
            language,
            backgrounds: Language::ALL.map(|language| snapshot.background(&aim, language)),
            interactions: Default::default(),
            terms: languages.par_iter().map(terms).collect(),
            aim,
        }
    }

    /// The question's language.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// What the encoder's side aims at.
    pub const fn aim(&self) -> &Aim {
        &self.aim
    }

    /// The terms as read by the rules of `language`; `None` when there is no article in it.
    pub fn terms_in(&self, language: Language) -> Option<&QuestionTerms> {
        self.terms.iter().find(|terms| terms.language() == language)
    }

    /// How far `nearness` lies above that of passages at large in `language`, in standard deviations.
    pub fn standardised(&self, nearness: f32, language: Language) -> f32 {
        self.backgrounds[language.index()].map_or(0.0, |b| (nearness - b.mean) / b.spread)
    }

    /// The same of an interaction.
    pub fn standardised_interaction(
        &self,
        snapshot: &Snapshot,
        interaction: f32,
        language: Language,
    ) -> f32 {
        let background = self.interactions[language.index()]
            .get_or_init(|| snapshot.interaction_background(&self.aim, language));
        background.map_or(0.0, |b| (interaction - b.mean) / b.spread)
    }
}

/// Candidates that are compared token by token.
const LOOKED_AT: usize = 64;

/// Ranks the selected articles, best first; `hits_per_retriever` is how many passages are asked of each side.
///
/// # Errors
/// [`SearchError`] when the index cannot be read; never because of an odd question.
pub fn rank(
    snapshot: &Snapshot,
    selection: &Selection,
    sought: &Sought,
    hits_per_retriever: usize,
    weights: &FusionWeights,
) -> Result<Vec<Candidate>, SearchError> {
    let groups: Vec<Group> = propose(snapshot, selection, sought, hits_per_retriever)?
        .into_iter()
        .map(|(id, ranks)| Group::new(snapshot, selection, sought.language, id, ranks))
        .collect();
    let versions = groups.iter().flat_map(|group| &group.versions);
    snapshot.fetch(versions.copied(), Bodies::Numbers)?;
    let matches = signals::matches(snapshot, &sought.terms, &groups)?;
    let mut candidates: Vec<Candidate> = groups
        .iter()
        .map(|group| signals::candidate(snapshot, sought, weights, &matches, group))
        .collect::<Result<_, _>>()?;
    codes::prefer(snapshot, sought, weights, &matches, &mut candidates);
    signals::place(&mut candidates);
    fused::order(&mut candidates, weights);
    // Looking at every token is worth it for those that have a chance.
    let n_looked_at = candidates.len().min(LOOKED_AT);
    let looked_at = candidates[..n_looked_at].iter().map(|c| c.article);
    snapshot.fetch(looked_at, Bodies::Tokens)?;
    candidates[..n_looked_at]
        .par_iter_mut()
        .try_for_each(|candidate| signals::look(snapshot, sought, weights, candidate))?;
    signals::place_looked_at(&mut candidates[..n_looked_at]);
    fused::order(&mut candidates[..n_looked_at], weights);
    Ok(candidates)
}

/// Places of an article among those the words proposed, by the language they were asked in.
type LexicalRanks = [Option<usize>; 9];

/// The articles either side finds, by id. The side of the words is asked in every language there is, by that
/// language's own rules: names, numbers and codes are the same in all.
fn propose<'a>(
    snapshot: &'a Snapshot,
    selection: &Selection,
    sought: &'a Sought,
    hits_per_retriever: usize,
) -> Result<BTreeMap<&'a ArticleId, LexicalRanks>, SearchError> {
    let mut proposed: BTreeMap<&ArticleId, LexicalRanks> = BTreeMap::new();
    let id_of = |hit: &Hit| &snapshot.article(snapshot.article_of(hit.passage)).id;
    let ask_of = |terms: &'a QuestionTerms| LexicalAsk {
        language: terms.language(),
        asked: terms.asked(),
        limit: if terms.language() == sought.language {
            hits_per_retriever
        } else {
            hits_per_retriever.div_ceil(4)
        },
    };
    let asks: Vec<LexicalAsk<'_>> = sought.terms.iter().map(ask_of).collect();
    let near = || snapshot.dense(&sought.aim, selection, hits_per_retriever);
    let by_words = || snapshot.lexical_by_language(&asks, selection);
    let (near, by_language) = if snapshot.is_local() {
        rayon::join(near, by_words)
    } else {
        // Both mostly wait for another machine; threads of the pool are for work.
        thread::scope(|scope| {
            let near = scope.spawn(near);
            let by_language = by_words();
            let near = near.join().unwrap_or_else(|panic| resume_unwind(panic));
            (near, by_language)
        })
    };
    for hit in near? {
        proposed.entry(id_of(&hit)).or_default();
    }
    for (ask, hits) in asks.iter().zip(by_language?) {
        let language = ask.language;
        let mut n_articles = 0;
        for hit in hits {
            let rank = &mut proposed.entry(id_of(&hit)).or_default()[language.index()];
            if rank.is_none() {
                n_articles += 1;
                *rank = Some(n_articles);
            }
        }
    }
    Ok(proposed)
}

/// One proposed article with the versions it is judged by.
#[derive(Debug)]
struct Group {
    ranks: LexicalRanks,
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
        ranks: LexicalRanks,
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

/// The question's words found in the passages of the candidates.
type Matches = HashMap<PassageOrdinal, indexer::PassageMatches>;
