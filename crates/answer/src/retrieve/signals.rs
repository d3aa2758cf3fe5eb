//! Signals: what speaks for one article, in quantities that depend on no retriever's scale.
//!
//! Nearness is counted in standard deviations above what passages of the same language score against the same
//! question; words in shares of the question's information (inverse document frequency), from 0 to 1. So a
//! signal means the same for every question, language and help center, and weights fitted on one carry over
//! to another.

use indexer::{ArticleOrdinal, PassageMatches, PassageOrdinal, SearchError, Snapshot};
use serde::{Deserialize, Serialize};

use super::{Candidate, FusionWeights, Group, Matches, QuestionTerms, RankedPassage, Sought};

/// What speaks for an article. Nearness and interaction count in standard deviations above that of passages at large (about -4 to
/// 8), everything else goes from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signals {
    /// Nearness of the best passage of the version shown.
    pub nearness: f32,
    /// Mean nearness of the best two passages of the version shown.
    pub breadth: f32,
    /// Mean nearness of all passages of the version shown.
    pub whole: f32,
    /// Nearness of the best passage, mean over all versions.
    pub versions: f32,
    /// Highest nearness over all versions.
    pub best_version: f32,
    /// BM25F of the best passage over that of a passage that is full of the question's words.
    pub passage_words: f32,
    /// The same of the article as a whole.
    pub article_words: f32,
    /// Share of the question's information that stands anywhere in the article.
    pub coverage: f32,
    /// Share of it that stands in its best passage.
    pub passage_coverage: f32,
    /// Share of it that stands in the title or the headings.
    pub title_coverage: f32,
    /// Share of the title's words that the question has.
    pub title_match: f32,
    /// 1 over the place among all candidates by nearness of the version shown.
    pub dense_place: f32,
    /// 1 over the place among articles the words proposed in the language of that version; 0 when not among them.
    pub lexical_place: f32,
    /// Interaction of the best passage of the version shown, token by token.
    pub interaction: f32,
    /// Mean interaction of all its passages.
    pub interaction_whole: f32,
    /// Nearness of the first passage of the version shown: an article opens with what it is about.
    pub lead: f32,
    /// Interaction of that passage.
    pub lead_interaction: f32,
    /// BM25F of that passage over that of a passage that is full of the question's words.
    pub lead_words: f32,
    /// 1 over the place by `interaction` among the candidates compared token by token.
    pub interaction_place: f32,
}

impl Signals {
    /// Names of the signals, in the order of [`Signals::values`].
    pub const NAMES: [&'static str; 19] = [
        "nearness",
        "breadth",
        "whole",
        "versions",
        "best_version",
        "passage_words",
        "article_words",
        "coverage",
        "passage_coverage",
        "title_coverage",
        "title_match",
        "dense_place",
        "lexical_place",
        "interaction",
        "interaction_whole",
        "lead",
        "lead_interaction",
        "lead_words",
        "interaction_place",
    ];

    /// Signals from a vector in the order of [`Signals::NAMES`].
    pub const fn from_values(values: [f32; 19]) -> Self {
        let [
            nearness,
            breadth,
            whole,
            versions,
            best_version,
            passage_words,
            article_words,
            coverage,
            passage_coverage,
            title_coverage,
            title_match,
            dense_place,
            lexical_place,
            interaction,
            interaction_whole,
            lead,
            lead_interaction,
            lead_words,
            interaction_place,
        ] = values;
        Self {
            nearness,
            breadth,
            whole,
            versions,
            best_version,
            passage_words,
            article_words,
            coverage,
            passage_coverage,
            title_coverage,
            title_match,
            dense_place,
            lexical_place,
            interaction,
            interaction_whole,
            lead,
            lead_interaction,
            lead_words,
            interaction_place,
        }
    }

    /// The signals as a vector.
    pub const fn values(&self) -> [f32; 19] {
        [
            self.nearness,
            self.breadth,
            self.whole,
            self.versions,
            self.best_version,
            self.passage_words,
            self.article_words,
            self.coverage,
            self.passage_coverage,
            self.title_coverage,
            self.title_match,
            self.dense_place,
            self.lexical_place,
            self.interaction,
            self.interaction_whole,
            self.lead,
            self.lead_interaction,
            self.lead_words,
            self.interaction_place,
        ]
    }
}

/// How fast repetitions of a word stop counting; BM25's k₁.
const SATURATION: f32 = 1.2;

/// How much a field's length counts against it; BM25F's b for title, headings, body.
const LENGTH_SHARE: [f32; 3] = [0.3, 0.3, 0.6];

/// Weight of a word in title, headings, body.
const FIELD_WEIGHT: [f32; 3] = [2.0, 1.5, 1.0];

/// Counts the question's words in every passage the groups are read by, language by language.
pub(super) fn matches(
    snapshot: &Snapshot,
    terms: &[QuestionTerms],
    groups: &[Group],
) -> Result<Matches, SearchError> {
    let mut matches = Matches::new();
    for terms in terms {
        let mut passages: Vec<PassageOrdinal> = groups
            .iter()
            .flat_map(Group::readable)
            .filter(|version| snapshot.article(**version).language == terms.language())
            .flat_map(|version| snapshot.passages_of(*version))
            .collect();
        passages.sort_unstable();
        for found in snapshot.matches(terms.asked(), terms.language(), &passages)? {
            matches.insert(found.passage, found);
        }
    }
    Ok(matches)
}

/// Judges one article.
///
/// # Errors
/// [`SearchError`] when its vectors cannot be reached.
pub(super) fn candidate(
    snapshot: &Snapshot,
    sought: &Sought,
    weights: &FusionWeights,
    matches: &Matches,
    group: &Group,
) -> Result<Candidate, SearchError> {
    let nearness: Vec<Vec<(PassageOrdinal, f32)>> = group
        .versions
        .iter()
        .map(|version| {
            let language = snapshot.article(*version).language;
            snapshot
                .passages_of(*version)
                .map(|passage| {
                    let nearness = snapshot.nearness(passage, sought.aim())?;
                    Ok((passage, sought.standardised(nearness, language)))
                })
                .collect()
        })
        .collect::<Result<_, SearchError>>()?;
    let best_of = |passages: &[(PassageOrdinal, f32)]| {
        passages
            .iter()
            .map(|(_, near)| *near)
            .fold(f32::MIN, f32::max)
    };
    let best_by_version: Vec<f32> = nearness.iter().map(|passages| best_of(passages)).collect();
    let words: Vec<Words> = group
        .readable()
        .iter()
        .map(|version| Words::of(snapshot, *version, sought, matches))
        .collect();
    // The version to show: the reader's own language, else the one most speaks for.
    let shown = group.own.unwrap_or_else(|| {
        let place = (0..group.versions.len()).max_by(|a, b| {
            let worth =
                |i: usize| best_by_version[i] + 4.0 * words.get(i).map_or(0.0, |w| w.article);
            worth(*a).total_cmp(&worth(*b)).then(b.cmp(a))
        });
        place.map_or_else(Default::default, |place| group.versions[place])
    });
    let place = group.versions.iter().position(|v| *v == shown).unwrap_or(0);
    let read = group
        .readable()
        .iter()
        .position(|v| *v == shown)
        .unwrap_or(0);
    let words = words.get(read).cloned().unwrap_or_default();
    let near = nearness.get(place).cloned().unwrap_or_default();
    let mut ranked: Vec<RankedPassage> = near
        .iter()
        .zip(words.by_passage.iter().chain(std::iter::repeat(&0.0)))
        .map(|((passage, near), words)| RankedPassage {
            passage: *passage,
            score: near + weights.passage_words * words,
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
    let mut sorted: Vec<f32> = near.iter().map(|(_, near)| *near).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let best = sorted.first().copied().unwrap_or_default();
    let lexical_rank = group.ranks[snapshot.article(shown).language.index()];
    Ok(Candidate {
        article: shown,
        passages: ranked,
        dense_rank: 0,
        lexical_rank,
        signals: Signals {
            nearness: best,
            breadth: f32::midpoint(best, sorted.get(1).copied().unwrap_or(best)),
            whole: mean(&sorted),
            versions: mean(&best_by_version),
            best_version: best_by_version.iter().copied().fold(best, f32::max),
            passage_words: words.by_passage.iter().copied().fold(0.0, f32::max),
            article_words: words.article,
            coverage: words.coverage,
            passage_coverage: words.passage_coverage,
            title_coverage: words.title_coverage,
            title_match: words.title_match,
            lexical_place: lexical_rank.map_or(0.0, |rank| 1.0 / rank as f32),
            lead: near.first().map_or(0.0, |(_, near)| *near),
            lead_words: words.by_passage.first().copied().unwrap_or_default(),
            ..Signals::default()
        },
        codes: 0.0,
        score: 0.0,
    })
}

/// The mean; 0 of nothing.
fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

/// Compares a candidate token by token; its passages are ordered anew.
///
/// # Errors
/// [`SearchError`] when its tokens cannot be reached.
pub(super) fn look(
    snapshot: &Snapshot,
    sought: &Sought,
    weights: &FusionWeights,
    candidate: &mut Candidate,
) -> Result<(), SearchError> {
    let language = snapshot.article(candidate.article).language;
    let mut found: Vec<f32> = Vec::with_capacity(candidate.passages.len());
    let lead = snapshot.passages_of(candidate.article).next();
    for ranked in &mut candidate.passages {
        let interaction = snapshot.interaction(ranked.passage, sought.aim())?;
        let interaction = sought.standardised_interaction(snapshot, interaction, language);
        ranked.score += weights.passage_interaction * interaction;
        if Some(ranked.passage) == lead {
            candidate.signals.lead_interaction = interaction;
        }
        found.push(interaction);
    }
    candidate
        .passages
        .sort_by(|a, b| b.score.total_cmp(&a.score).then(a.passage.cmp(&b.passage)));
    candidate.signals.interaction = found.iter().copied().reduce(f32::max).unwrap_or_default();
    candidate.signals.interaction_whole = mean(&found);
    Ok(())
}

/// Gives every candidate its place by nearness. Only versions that would be shown compete, so that an article's
/// translations push no other article back.
pub(super) fn place(candidates: &mut [Candidate]) {
    sort_by_signal(candidates, |signals| signals.nearness);
    for (candidate, rank) in candidates.iter_mut().zip(1..) {
        candidate.dense_rank = rank;
        candidate.signals.dense_place = 1.0 / rank as f32;
    }
}

/// Gives the candidates that were looked at their place by interaction.
pub(super) fn place_looked_at(candidates: &mut [Candidate]) {
    sort_by_signal(candidates, |signals| signals.interaction);
    for (candidate, rank) in candidates.iter_mut().zip(1..) {
        candidate.signals.interaction_place = 1.0 / rank as f32;
    }
}

/// Highest first; ties by article.
fn sort_by_signal(candidates: &mut [Candidate], signal: fn(&Signals) -> f32) {
    candidates.sort_by(|a, b| {
        let order = signal(&b.signals).total_cmp(&signal(&a.signals));
        order.then(a.article.cmp(&b.article))
    });
}

/// What the question's words say about one version.
#[derive(Debug, Clone, Default)]
struct Words {
    by_passage: Vec<f32>,
    article: f32,
    coverage: f32,
    passage_coverage: f32,
    title_coverage: f32,
    title_match: f32,
}

impl Words {
    fn of(
        snapshot: &Snapshot,
        version: ArticleOrdinal,
        sought: &Sought,
        matches: &Matches,
    ) -> Self {
        let language = snapshot.article(version).language;
        let Some(terms) = sought.terms_in(language) else {
            return Self::default();
        };
        let passages: Vec<&PassageMatches> = snapshot
            .passages_of(version)
            .filter_map(|passage| matches.get(&passage))
            .collect();
        let Some(first) = passages.first() else {
            return Self::default();
        };
        let mean = snapshot.mean_lengths(language);
        let share = |holds: &dyn Fn(usize) -> f32| terms.share(holds);
        // BM25F (Robertson and Zaragoza, 2009, "The Probabilistic Relevance Framework", section 3.6), over
        // what it is for endless repetition: the sum of the weights.
        let saturated = |counts: [f32; 3], lengths: [f32; 3], mean: [f32; 3]| {
            let frequency: f32 = (0..3)
                .map(|f| {
                    let length = 1.0 - LENGTH_SHARE[f] + LENGTH_SHARE[f] * lengths[f] / mean[f];
                    FIELD_WEIGHT[f] * counts[f] / length
                })
                .sum();
            frequency / (SATURATION + frequency)
        };
        let by_passage: Vec<f32> = passages
            .iter()
            .map(|found| {
                share(&|i| saturated(found.counts[i], found.lengths.map(|n| n as f32), mean))
            })
            .collect();
        let n = passages.len() as f32;
        let total = |i: usize, f: usize| passages.iter().map(|p| p.counts[i][f]).sum::<f32>();
        let length = |f: usize| passages.iter().map(|p| p.lengths[f]).sum::<u32>() as f32;
        // Title and headings stand with every passage; of an article they count once.
        let article = share(&|i| {
            let counts = [first.counts[i][0], total(i, 1) / n, total(i, 2)];
            let lengths = [first.lengths[0] as f32, length(1) / n, length(2)];
            let typical = [mean[0], mean[1], mean[2] * n.sqrt()];
            saturated(counts, lengths, typical)
        });
        // Whether a term stands somewhere; what merely stands for it counts its share.
        let held = |count: f32| count.min(1.0);
        let anywhere = |p: &PassageMatches, i: usize| held(p.counts[i].iter().sum());
        let n_in_title: f32 = first.counts.iter().map(|count| held(count[0])).sum();
        Self {
            by_passage,
            article,
            coverage: share(&|i| passages.iter().map(|p| anywhere(p, i)).fold(0.0, f32::max)),
            passage_coverage: passages
                .iter()
                .map(|p| share(&|i| anywhere(p, i)))
                .fold(0.0, f32::max),
            title_coverage: share(&|i| {
                let in_headings = passages.iter().map(|p| held(p.counts[i][1]));
                in_headings.fold(held(first.counts[i][0]), f32::max)
            }),
            title_match: (n_in_title / first.lengths[0].max(1) as f32).min(1.0),
        }
    }
}
