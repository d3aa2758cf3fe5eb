//! Numbers of translations: an amount, a share, a span of time or a day that has another value in one version.
//!
//! Versions written for their readers say things in another order, twice or not at all, so a figure that is only
//! missing is no mistake. What tells is a figure that no other version states, most of all where a figure of its kind
//! is missing instead. Where the source stands alone against its translations, that is told once, at the source: it was
//! changed and they were not.

use corpus::Language;

use super::{Versions, listed};
use crate::{
    Finding, Rule, Severity,
    between::facts::{self, Fact, Kind, Stated},
    collection::ArticleFile,
};

/// From this many versions on, a figure that no other version states is worth a note by itself.
const MANY: usize = 4;

/// A fact and the statement that states it.
type Told<'a> = (&'a Fact, usize);

/// The versions of one article with what they state.
struct Group<'a> {
    articles: &'a [ArticleFile],
    stated: &'a [Stated],
    versions: &'a Versions<'a>,
}

pub(super) fn findings(
    articles: &[ArticleFile],
    stated: &[Stated],
    versions: &Versions<'_>,
) -> Vec<Finding> {
    let source = versions
        .source
        .and_then(|language| Some((language, *versions.of.get(&language)?)));
    let group = Group {
        articles,
        stated,
        versions,
    };
    let mut findings = Vec::new();
    if let Some(source) = source {
        findings = group.source_alone(source);
        let is_left_behind = |finding: &Finding| {
            findings
                .iter()
                .any(|told: &Finding| told.related.contains(&finding.place))
        };
        let of_translations: Vec<Finding> = group
            .translations(source)
            .filter(|finding| !is_left_behind(finding))
            .collect();
        findings.extend(of_translations);
    }
    for finding in group.outnumbered() {
        let is_told =
            |told: &Finding| told.place == finding.place && told.severity == finding.severity;
        if !findings.iter().any(is_told) {
            findings.retain(|told| told.place != finding.place);
            findings.push(finding);
        }
    }
    findings
}

impl<'a> Group<'a> {
    /// Languages and indexes of all versions but `but`.
    fn others(&self, but: usize) -> impl Iterator<Item = (Language, usize)> {
        let versions = self
            .versions
            .of
            .iter()
            .map(|(language, index)| (*language, *index));
        versions.filter(move |(_, index)| *index != but)
    }

    /// The facts of the version `index` that no version among `others` bears out, each value once.
    fn alone(&self, index: usize, others: &[usize]) -> Vec<Told<'a>> {
        let mut alone: Vec<Told<'a>> = Vec::new();
        for (fact, statement) in self.stated[index].facts() {
            let is_known = others
                .iter()
                .any(|other| self.stated[*other].bear_out(fact));
            let is_new = alone.iter().all(|(told, _)| !told.agrees_with(fact));
            if fact.kind != Kind::Clock && !is_known && is_new {
                alone.push((fact, statement));
            }
        }
        alone
    }

    /// Where a version of many states a figure that few do, and lacks one that most state or says it less often than
    /// most of them: it was changed, perhaps with one or two others, and maybe not everywhere in it.
    fn outnumbered(&self) -> Vec<Finding> {
        let n_versions = self.versions.of.len();
        let mut findings = Vec::new();
        if n_versions < MANY {
            return findings;
        }
        for &index in self.versions.of.values() {
            let others: Vec<usize> = self.others(index).map(|(_, other)| other).collect();
            let bearing = |fact: &Fact| -> Vec<usize> {
                let bears = |other: &&usize| self.stated[**other].bear_out(fact);
                others.iter().filter(bears).copied().collect()
            };
            let is_usual = |fact: &Fact| {
                let bearing = bearing(fact);
                let n_own = self.stated[index].count(fact);
                let says_more = |other: &&usize| self.stated[**other].count(fact) > n_own;
                bearing.len() * 3 >= others.len() * 2
                    && bearing.iter().filter(says_more).count() * 2 > bearing.len()
            };
            for (fact, statement) in self.stated[index].facts() {
                if fact.kind == Kind::Clock || bearing(fact).len() * 4 > n_versions {
                    continue;
                }
                let said = others.iter().flat_map(|other| {
                    self.stated[*other]
                        .facts()
                        .map(move |(said, at)| (said, at, *other))
                });
                let usual = said.filter(|(said, ..)| {
                    said.kind == fact.kind && !said.agrees_with(fact) && is_usual(said)
                });
                // What it does not say at all comes before what it says once less.
                let order = |said: &Fact| (self.stated[index].bear_out(said), fact.distance(said));
                let Some((instead, at, other)) = usual.min_by_key(|(said, ..)| order(said)) else {
                    continue;
                };
                let finding = Finding::new(
                    Rule::TranslationNumbers,
                    self.articles[index].place_of(statement),
                    format!(
                        "this says “{}” where most other versions say “{}”",
                        self.said(index, (fact, statement)),
                        self.said(other, (instead, at)),
                    ),
                    "carry the change over to the other versions, or take it back",
                );
                findings.push(finding.about(vec![self.articles[other].place_of(at)]));
            }
        }
        findings
    }

    /// Where the source states a figure that no translation does, and lacks one that at least half of them state.
    fn source_alone(&self, (_, source): (Language, usize)) -> Vec<Finding> {
        let others: Vec<(Language, usize)> = self.others(source).collect();
        if others.len() < 2 {
            return Vec::new();
        }
        let indexes: Vec<usize> = others.iter().map(|(_, index)| *index).collect();
        let mut findings = Vec::new();
        for (fact, statement) in self.alone(source, &indexes) {
            let instead = |index: &usize| -> Option<Told<'a>> {
                let lacked = self.stated[*index].facts().filter(|(other, _)| {
                    other.kind == fact.kind && !self.stated[source].bear_out(other)
                });
                lacked.min_by_key(|(other, _)| fact.distance(other))
            };
            let stating: Vec<(Language, usize, Told<'a>)> = (others.iter())
                .filter_map(|(language, index)| Some((*language, *index, instead(index)?)))
                .collect();
            let Some((_, first, theirs)) = stating.first() else {
                continue;
            };
            let agreeing = stating
                .iter()
                .filter(|(.., told)| told.0.agrees_with(theirs.0));
            let agreeing: Vec<&(Language, usize, Told<'a>)> = agreeing.collect();
            if agreeing.len() * 2 < others.len() || agreeing.len() < 2 {
                continue;
            }
            let names: Vec<&str> = agreeing
                .iter()
                .map(|(language, ..)| language.english_name())
                .collect();
            let finding = Finding::new(
                Rule::TranslationNumbers,
                self.articles[source].place_of(statement),
                format!(
                    "this says “{}” where the versions in {} say “{}”",
                    self.said(source, (fact, statement)),
                    listed(&names),
                    self.said(*first, *theirs),
                ),
                "carry the change over to the translations, or take it back",
            );
            let places = agreeing
                .iter()
                .map(|(_, index, told)| self.articles[*index].place_of(told.1));
            findings.push(finding.about(places.collect()));
        }
        findings
    }

    /// Where a translation states a figure that the source does not.
    fn translations(&self, source: (Language, usize)) -> impl Iterator<Item = Finding> {
        self.others(source.1).flat_map(move |(_, index)| {
            let alone = self.alone(index, &[source.1]).into_iter();
            alone.filter_map(move |told| self.translation(source, index, told))
        })
    }

    fn translation(
        &self,
        (language, source): (Language, usize),
        index: usize,
        (fact, statement): Told<'a>,
    ) -> Option<Finding> {
        let (own, theirs) = (&self.stated[index], &self.stated[source]);
        let of_kind: Vec<Told<'a>> = theirs
            .facts()
            .filter(|(other, _)| other.kind == fact.kind)
            .collect();
        let nearest = |is_fit: &dyn Fn(&Fact) -> bool| {
            let fitting = of_kind.iter().filter(|(other, _)| is_fit(other));
            fitting
                .min_by_key(|(other, _)| fact.distance(other))
                .copied()
        };
        let missing = nearest(&|other| !own.bear_out(other));
        let is_new = self
            .others(index)
            .all(|(_, other)| !self.stated[other].bear_out(fact));
        // Said once less than in the source, and another figure instead.
        let rarer = nearest(&|other| own.count(other) < theirs.count(other));
        let said = self.said(index, (fact, statement));
        let name = language.english_name();
        let place = self.articles[index].place_of(statement);
        let remedy = "find out which figure holds, correct the other and set `updated` in both";
        if let Some(instead) = missing.or_else(|| rarer.filter(|_| is_new)) {
            let finding = Finding::new(
                Rule::TranslationNumbers,
                place,
                format!(
                    "this says “{said}” where the {name} source says “{}”",
                    self.said(source, instead)
                ),
                remedy,
            );
            return Some(finding.about(vec![self.articles[source].place_of(instead.1)]));
        }
        (is_new && self.versions.of.len() >= MANY).then(|| {
            Finding::new(
                Rule::TranslationNumbers,
                place,
                format!("this says “{said}”, which no other version says"),
                remedy,
            )
            .weighing(Severity::Note)
        })
    }

    /// A fact as its version says it.
    fn said(&self, index: usize, (fact, statement): Told<'_>) -> &'a str {
        let articles: &'a [ArticleFile] = self.articles;
        facts::in_words(&articles[index].statements[statement].statement.text, fact)
    }
}
