//! Pairs: two statements in nearly the same words that state two figures.

use std::collections::BTreeSet;

use answer::check::{Fault, agreement};
use corpus::{Language, StatementKind};

use super::{Claim, Claims, Clash, Side, are_both_meant, borne_out};
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

/// The same where the other versions of one article state the other's figure, and not its own: they say themselves that
/// it is about the same thing, and which one is behind.
const SAME_AND_DENIED: f32 = 0.3;

/// Fewest common words then.
const MIN_COMMON_AND_DENIED: usize = 2;

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
            let clash = |(left, right), mistaken| Clash {
                left: (claim, left),
                right: (other, right),
                mistaken,
                n_against: 1,
            };
            let exchanged = exchanged(claim, other).map(|facts| clash(facts, None));
            let told = exchanged.filter(|clash| {
                say_the_same(claims, claim, other, language) && !are_both_meant(known, clash)
            });
            let told = told.or_else(|| {
                let (facts, mistaken) = denied(known, claim, other)?;
                let n_common = n_common(claim, other);
                let is_about_one = n_common
                    >= if language.separates_words() {
                        MIN_COMMON_AND_DENIED
                    } else {
                        MIN_COMMON
                    }
                    && claims.likeness(&claim.terms, &other.terms) >= SAME_AND_DENIED
                    && agree(claim, other, language);
                is_about_one.then(|| clash(facts, Some(mistaken)))
            });
            clashes.extend(told);
        }
    }
    clashes
}

/// The only figures of a kind in two claims, where the other versions of one article state the figure of the other
/// article instead of its own, and which article that is.
fn denied<'a>(
    known: &Known<'_>,
    left: &'a Claim<'a>,
    right: &'a Claim<'a>,
) -> Option<((&'a Fact, &'a Fact), Side)> {
    let only = |claim: &'a Claim<'a>, kind: Kind| -> Option<&'a Fact> {
        let mut facts = claim.figures.facts.iter().filter(|fact| fact.kind == kind);
        facts.next().filter(|_| facts.next().is_none())
    };
    let is_denied = |claim: &Claim<'_>, own: &Fact, theirs: &Fact| {
        !known.witnesses[claim.article].is_empty()
            && borne_out(known, claim, own) <= 25
            && borne_out(known, claim, theirs) >= 50
    };
    left.figures.facts.iter().find_map(|own| {
        let own = only(left, own.kind).filter(|_| own.kind != Kind::Clock)?;
        let theirs = only(right, own.kind).filter(|theirs| !own.agrees_with(theirs))?;
        let side = match (is_denied(left, own, theirs), is_denied(right, theirs, own)) {
            (true, false) if borne_out(known, right, theirs) >= 50 => Side::Left,
            (false, true) if borne_out(known, left, own) >= 50 => Side::Right,
            _ => return None,
        };
        Some(((own, theirs), side))
    })
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
    let lacking = |own: &[&'a Fact], theirs: &[&'a Fact]| -> Option<&'a Fact> {
        own.iter()
            .copied()
            .find(|fact| !theirs.iter().any(|other| fact.agrees_with(other)))
    };
    let mut found = None;
    for fact in left.figures.facts.iter().chain(&right.figures.facts) {
        let (own, theirs) = (of_kind(left, fact.kind), of_kind(right, fact.kind));
        let differing = match (lacking(&own, &theirs), lacking(&theirs, &own)) {
            (None, None) => continue,
            (Some(left), Some(right)) => (left, right),
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
    let n_common = n_common(left, right);
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

fn n_common(left: &Claim<'_>, right: &Claim<'_>) -> usize {
    let is_common = |term: &&super::Term| right.terms.binary_search(term).is_ok();
    left.terms.iter().filter(is_common).count()
}

/// Whether neither claim denies, turns round or narrows what the other says.
fn agree(left: &Claim<'_>, right: &Claim<'_>, language: Language) -> bool {
    let faults = [(left, right), (right, left)].map(|(own, other)| {
        agreement::disagreement((own.text, language), &[(other.text, language)], "")
    });
    let is_other =
        |fault: &Fault| matches!(fault, Fault::Negation | Fault::Opposite | Fault::Scope);
    !faults.iter().flatten().any(is_other)
}
