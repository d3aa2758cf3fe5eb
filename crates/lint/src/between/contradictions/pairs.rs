//! Pairs: two statements in nearly the same words that state two figures.

use std::collections::BTreeSet;

use answer::check::{Fault, agreement};
use corpus::{Language, StatementKind};

use super::{Claim, Claims, Clash, are_both_meant, n_common};
use crate::between::{
    Known,
    facts::{Fact, Kind},
};

/// Share of the words of either, by weight, that the other must have.
const SAME: f32 = 0.75;

/// The same where the articles' titles and headings have nothing in common.
const SAME_ELSEWHERE: f32 = 0.9;

/// The same of titles and headings for them to have something in common.
const UNDER_ONE: f32 = 0.25;

/// Fewest common words; in Chinese they overlap, so there must be more.
const MIN_COMMON: usize = 3;

/// Rarest words of a claim by which others are found.
const LOOKED_UP: usize = 6;

/// A word in more claims than this finds none.
const MAX_CLAIMS: usize = 400;

pub(super) fn clashes<'a>(
    known: &Known<'_>,
    claims: &'a Claims<'a>,
    language: Language,
) -> Vec<Clash<'a>> {
    let mut clashes = Vec::new();
    for (n, claim) in claims.of.iter().enumerate() {
        for other in candidates(claims, n) {
            let other = &claims.of[other];
            if claim.article == other.article || known.are_versions(claim.article, other.article) {
                continue;
            }
            let Some((left, right)) = exchanged(claim, other) else {
                continue;
            };
            let clash = Clash {
                left: (claim, left),
                right: (other, right),
                is_left_mistaken: false,
                n_against: 1,
            };
            if say_the_same(claims, claim, other, language) && !are_both_meant(known, &clash) {
                clashes.push(clash);
            }
        }
    }
    clashes
}

/// Later claims that share rare words with the claim `n`.
fn candidates(claims: &Claims<'_>, n: usize) -> BTreeSet<usize> {
    let mut terms = claims.of[n].terms.clone();
    terms.sort_unstable_by_key(|term| (claims.holders[*term as usize].len(), *term));
    let found = terms
        .iter()
        .take(LOOKED_UP)
        .map(|term| &claims.holders[*term as usize]);
    let found = found
        .filter(|holders| holders.len() <= MAX_CLAIMS)
        .flatten();
    found
        .map(|other| *other as usize)
        .filter(|other| *other > n)
        .collect()
}

/// The figures two claims differ in: of exactly one kind, which both state as often, at most twice, and of which one
/// value differs. All else they state must agree, numbers without a unit too: a version, a step, a page.
fn exchanged<'a>(left: &'a Claim<'a>, right: &'a Claim<'a>) -> Option<(&'a Fact, &'a Fact)> {
    let bare = |claim: &Claim<'_>| -> Vec<Vec<i64>> {
        let quantities = claim.figures.bare.iter();
        let mut values: Vec<_> = quantities
            .map(|quantity| quantity.readings.clone())
            .collect();
        values.sort_unstable();
        values
    };
    if bare(left) != bare(right) {
        return None;
    }
    let of_kind = |claim: &'a Claim<'a>, kind: Kind| -> Vec<&'a Fact> {
        claim
            .figures
            .facts
            .iter()
            .filter(|fact| fact.kind == kind)
            .collect()
    };
    let lacking = |own: &[&'a Fact], theirs: &[&'a Fact]| -> Vec<&'a Fact> {
        let is_lacked = |fact: &&&Fact| !theirs.iter().any(|other| fact.agrees_with(other));
        own.iter().filter(is_lacked).copied().collect()
    };
    let mut found = None;
    for fact in left.figures.facts.iter().chain(&right.figures.facts) {
        let (own, theirs) = (of_kind(left, fact.kind), of_kind(right, fact.kind));
        let differing = match (&*lacking(&own, &theirs), &*lacking(&theirs, &own)) {
            ([], []) => continue,
            ([left], [right]) => (*left, *right),
            _ => return None,
        };
        let is_fit = own.len() == theirs.len() && own.len() <= 2 && fact.kind != Kind::Clock;
        if !is_fit || found.is_some_and(|known| known != differing) {
            return None;
        }
        found = Some(differing);
    }
    found
}

/// Whether two claims say the same but for their figures.
fn say_the_same(
    claims: &Claims<'_>,
    left: &Claim<'_>,
    right: &Claim<'_>,
    language: Language,
) -> bool {
    let n_common = n_common(&left.terms, &right.terms);
    let needed = if language.separates_words() {
        MIN_COMMON
    } else {
        MIN_COMMON * 2
    };
    let is_row = [left, right]
        .iter()
        .any(|claim| claim.kind == StatementKind::TableRow);
    let likeness = claims.likeness(&left.terms, &right.terms);
    let above = claims.likeness(&left.above, &right.above);
    let wanted = match above >= UNDER_ONE {
        // The words of a row are mostly those of the table's head.
        _ if is_row => 0.99,
        true => SAME,
        false => SAME_ELSEWHERE,
    };
    if n_common < needed || likeness < wanted || is_row && above < 0.5 {
        return false;
    }
    agree(left, right, language)
}

/// Whether neither claim denies, turns round or narrows what the other says.
pub(super) fn agree(left: &Claim<'_>, right: &Claim<'_>, language: Language) -> bool {
    let faults = [(left, right), (right, left)].map(|(own, other)| {
        agreement::disagreement((own.text, language), &[(other.text, language)], "")
    });
    let is_other =
        |fault: &Fault| matches!(fault, Fault::Negation | Fault::Opposite | Fault::Scope);
    !faults.iter().flatten().any(is_other)
}
