//! Behind: an article whose other languages deny its figure and state that of another article.
//!
//! Where few of an article's versions state its figure and most state another one, it is known that the article is behind
//! and what it should say. Another article that says so beside one of the words the figure stands beside here is then
//! about the same thing, in whatever words, and to whichever audience. The nearest in words is told.

use std::collections::BTreeSet;

use corpus::Language;

use super::{Claim, Claims, Clash, Term, borne_out, n_common, pairs::agree};
use crate::between::{
    Known,
    facts::{Fact, Kind},
};

/// Most of the article's versions, in percent, that may state a figure they deny.
const DENIED: usize = 25;

/// Fewest of an article's versions, in percent, that state what holds.
const BORNE_OUT: usize = 50;

/// Share of the words of either, by weight, that the other must have.
const LIKE: f32 = 0.3;

/// Share of the words close to either figure, by weight, that must stand in the other statement.
const LIKE_NEAR: f32 = 0.3;

/// Fewest common words; in Chinese they overlap, so there must be one more.
const MIN_COMMON: usize = 2;

/// A word in more claims than this finds none.
const MAX_CLAIMS: usize = 400;

pub(super) fn clashes<'a>(
    known: &Known<'_>,
    claims: &'a Claims<'a>,
    language: Language,
) -> Vec<Clash<'a>> {
    let mut clashes = Vec::new();
    for claim in &claims.of {
        for (fact, near) in claim.figures.facts.iter().zip(&claim.near) {
            let is_alone = only(claim, fact.kind).is_some();
            if fact.kind == Kind::Clock || !is_alone || !is_denied(known, claim, fact) {
                continue;
            }
            clashes.extend(nearest(known, claims, (claim, fact, near), language));
        }
    }
    clashes
}

/// The claim that states what the versions of `claim` state instead of `fact`, in the most similar words.
fn nearest<'a>(
    known: &Known<'_>,
    claims: &'a Claims<'a>,
    (claim, fact, near): (&'a Claim<'a>, &'a Fact, &[Term]),
    language: Language,
) -> Option<Clash<'a>> {
    let mut best: Option<(f32, Clash<'a>)> = None;
    for other in candidates(claims, claim) {
        let other = &claims.of[other];
        if !known.may_speak_of_one(claim.article, other.article) {
            continue;
        }
        let Some(place) = only(other, fact.kind) else {
            continue;
        };
        let theirs = &other.figures.facts[place];
        let is_what_holds = !fact.agrees_with(theirs)
            && !is_other_case(claim, other, fact.kind)
            && borne_out(known, claim, theirs) >= BORNE_OUT
            && borne_out(known, other, theirs) >= BORNE_OUT;
        if !is_what_holds {
            continue;
        }
        let least = MIN_COMMON + usize::from(!language.separates_words());
        let (like, like_near) = likeness(claims, (claim, near), (other, place));
        let is_like = like >= LIKE
            && n_common(&claim.terms, &other.terms) >= least
            && agree(claim, other, language);
        if !is_like && like_near < LIKE_NEAR {
            continue;
        }
        let most = best.map_or(0.0, |(most, _)| most);
        if like + like_near > most && !says_so_itself(claims, (claim, near), (other, place)) {
            let clash = Clash {
                left: (claim, fact),
                right: (other, theirs),
                is_left_mistaken: true,
                n_against: 1,
            };
            best = Some((like + like_near, clash));
        }
    }
    best.map(|(_, clash)| clash)
}

/// How like two claims are, and how like in the words close to their figures.
fn likeness(
    claims: &Claims<'_>,
    (claim, near): (&Claim<'_>, &[Term]),
    (other, place): (&Claim<'_>, usize),
) -> (f32, f32) {
    let like_near = f32::min(
        claims.share_in(near, &other.terms),
        claims.share_in(&other.near[place], &claim.terms),
    );
    (claims.likeness(&claim.terms, &other.terms), like_near)
}

/// Whether another statement of the article agrees with `other` and is at least as like it: that one is about the same
/// thing, and `claim` about something that the versions leave out.
fn says_so_itself(
    claims: &Claims<'_>,
    (claim, near): (&Claim<'_>, &[Term]),
    (other, place): (&Claim<'_>, usize),
) -> bool {
    let sum = |(like, like_near): (f32, f32)| like + like_near;
    let least = sum(likeness(claims, (claim, near), (other, place)));
    let own = claims.of.iter().filter(|own| own.article == claim.article);
    let mut facts = own.flat_map(|own| {
        let facts = own.figures.facts.iter().zip(&own.near);
        facts.map(move |(fact, near)| (own, fact, near))
    });
    facts.any(|(own, fact, near)| {
        fact.agrees_with(&other.figures.facts[place])
            && sum(likeness(claims, (own, near), (other, place))) >= least
    })
}

/// The index of the only fact of a kind in a claim.
fn only(claim: &Claim<'_>, kind: Kind) -> Option<usize> {
    let facts = claim.figures.facts.iter().enumerate();
    let mut of_kind = facts.filter(|(_, fact)| fact.kind == kind);
    let (place, _) = of_kind.next()?;
    of_kind.next().is_none().then_some(place)
}

/// Whether the article has versions and few of them state `fact`.
fn is_denied(known: &Known<'_>, claim: &Claim<'_>, fact: &Fact) -> bool {
    !known.witnesses[claim.article].is_empty() && borne_out(known, claim, fact) <= DENIED
}

/// Whether the two state figures of a kind other than `kind` and agree in none of them: "11 %, at least €4" is
/// not what "11 %, at least €10" is about.
fn is_other_case(left: &Claim<'_>, right: &Claim<'_>, kind: Kind) -> bool {
    let differs = |fact: &Fact| {
        let theirs = || right.figures.facts.iter().filter(|f| f.kind == fact.kind);
        let own = || left.figures.facts.iter().filter(|f| f.kind == fact.kind);
        fact.kind != kind
            && theirs().next().is_some()
            && !own().any(|own| theirs().any(|theirs| own.agrees_with(theirs)))
    };
    left.figures.facts.iter().any(differs)
}

/// The claims that share a word with `claim`, but for words that very many hold.
fn candidates(claims: &Claims<'_>, claim: &Claim<'_>) -> BTreeSet<usize> {
    let holders = claim
        .terms
        .iter()
        .map(|term| &claims.holders[*term as usize]);
    let telling = holders.filter(|holders| holders.len() <= MAX_CLAIMS);
    telling.flatten().map(|other| *other as usize).collect()
}
