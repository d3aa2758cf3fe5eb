//! Phrases: several articles put one figure beside the same words, one article another.
//!
//! For every figure, each pair of words close to it is looked up among all articles. Where at least [`MIN_AGREEING`]
//! articles state one figure beside the pair and no other, and a single article states another, that article is
//! probably behind.

use std::collections::{BTreeMap, HashMap};

use super::{Claim, Claims, Clash, Term, borne_out};
use crate::between::{
    Known,
    facts::{Fact, Kind},
};

/// Fewest articles that must agree against one.
const MIN_AGREEING: usize = 2;

/// Fewest of them, or else fewest pairs of words that must say so, where no other language can say which figure is meant.
const MIN_WITHOUT_VERSIONS: usize = 3;

/// A figure of a claim, by their indexes.
type Stated = (usize, usize);

pub(super) fn clashes<'a>(known: &Known<'_>, claims: &'a Claims<'a>) -> Vec<Clash<'a>> {
    let mut by_pair: HashMap<(Kind, Term, Term), Vec<Stated>> = HashMap::new();
    for (n, claim) in claims.of.iter().enumerate() {
        for (place, (fact, near)) in claim.figures.facts.iter().zip(&claim.near).enumerate() {
            let is_alone = claim
                .figures
                .facts
                .iter()
                .filter(|other| other.kind == fact.kind)
                .count()
                == 1;
            if fact.kind == Kind::Clock || !is_alone {
                continue;
            }
            for (at, first) in near.iter().enumerate() {
                for second in &near[at + 1..] {
                    by_pair
                        .entry((fact.kind, *first, *second))
                        .or_default()
                        .push((n, place));
                }
            }
        }
    }
    // Who stands alone against whom, and by how many pairs of words.
    let mut alone: BTreeMap<Stated, (usize, Vec<Stated>)> = BTreeMap::new();
    for stated in by_pair.values() {
        let Some((one, others)) = one_against_others(claims, stated) else {
            continue;
        };
        let (n_pairs, known_others) = alone.entry(one).or_default();
        *n_pairs += 1;
        if others.len() > known_others.len()
            || others.len() == known_others.len() && others < *known_others
        {
            *known_others = others;
        }
    }
    let mut clashes = Vec::new();
    for (one, (n_pairs, others)) in alone {
        let (claim, fact) = resolve(claims, one);
        let has_versions = !known.witnesses[claim.article].is_empty();
        let is_meant = has_versions && borne_out(known, claim, fact) >= 50;
        let article = |other: &Stated| claims.of[other.0].article;
        let is_about_it = |other: &&Stated| known.may_speak_of_one(claim.article, article(other));
        let others: Vec<Stated> = others.iter().filter(is_about_it).copied().collect();
        // What another audience is told counts where this one is told the same elsewhere.
        let is_met = |other: &&Stated| !known.are_versions(claim.article, article(other));
        let Some(met) = others.iter().find(is_met) else {
            continue;
        };
        if is_meant
            || others.len() < MIN_AGREEING
            || (!has_versions && others.len().max(n_pairs) < MIN_WITHOUT_VERSIONS)
        {
            continue;
        }
        clashes.push(Clash {
            left: (claim, fact),
            right: resolve(claims, *met),
            is_left_mistaken: true,
            n_against: others.len(),
        });
    }
    clashes
}

fn resolve<'a>(claims: &'a Claims<'a>, (claim, fact): Stated) -> (&'a Claim<'a>, &'a Fact) {
    let claim = &claims.of[claim];
    (claim, &claim.figures.facts[fact])
}

/// The only figure beside a pair of words that no other article states, and one of each other article, which all agree.
fn one_against_others(claims: &Claims<'_>, stated: &[Stated]) -> Option<(Stated, Vec<Stated>)> {
    let mut values: Vec<Vec<Stated>> = Vec::new();
    for one in stated {
        let (_, fact) = resolve(claims, *one);
        let is_same = |value: &Vec<Stated>| resolve(claims, value[0]).1.agrees_with(fact);
        match values.iter().position(is_same) {
            Some(value) => values[value].push(*one),
            None if values.len() == 2 => return None,
            None => values.push(vec![*one]),
        }
    }
    let [left, right] = values.as_slice() else {
        return None;
    };
    let articles = |value: &[Stated]| -> BTreeMap<usize, Stated> {
        value
            .iter()
            .rev()
            .map(|one| (claims.of[one.0].article, *one))
            .collect()
    };
    let (l, r) = (articles(left), articles(right));
    let (one, mut others) = match (l.len(), r.len()) {
        (1, MIN_AGREEING..) => (l, r),
        (MIN_AGREEING.., 1) => (r, l),
        _ => return None,
    };
    // Who changed one place of two says both.
    others.retain(|article, _| !one.contains_key(article));
    if others.len() < MIN_AGREEING {
        return None;
    }
    Some((*one.values().next()?, others.into_values().collect()))
}
