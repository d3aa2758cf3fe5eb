//! Likeness of statements: those that say the same, and those that contradict each other.
//!
//! Help centers say one thing in several places, and forget one of them when it changes. What is said twice need be
//! shown once. Where two articles say two things about one, the article that was made for this customer's region or
//! audience holds, then the one changed last; where neither tells them apart, the customer is told both.

use corpus::{Article, Language};
use indexer::{ArticleOrdinal, Snapshot};

use super::Piece;
use crate::check::{Fault, agreement, quantity};

/// Statements looked at, best first: the rest hardly become evidence.
const LOOKED_AT: usize = 48;

/// Share of the content words of either statement the other must have to say the same.
const SAME: f32 = 0.85;

/// The same to be about one thing.
const ABOUT_ONE: f32 = 0.7;

/// The same of what stands above them, title and headings.
const UNDER_ONE: f32 = 0.5;

/// Fewest content words a statement is compared by.
const MIN_CONTENT: usize = 3;

/// For whom an answer is, which decides between articles that contradict each other.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reader<'a> {
    /// See [`crate::Question::region`].
    pub region: Option<&'a str>,
    /// See [`crate::Question::audience`].
    pub audience: Option<&'a str>,
}

/// What two statements are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Same,
    Contrary,
    Other,
}

/// A statement, read for comparing.
struct Read {
    content: Vec<String>,
    quantities: Vec<quantity::Quantity>,
}

impl Read {
    fn new(text: &str, language: Language) -> Self {
        // Figures are compared by value, not by spelling: "3" and "three" are one.
        let words: Vec<&str> = text
            .split_whitespace()
            .filter(|word| !language.separates_words() || !quantity::is_number(word))
            .collect();
        let mut content = agreement::content(&words.join(" "), language);
        let is_figure = |c: char| c.is_numeric() || "一二三四五六七八九十".contains(c);
        content.retain(|word| !word.contains(is_figure));
        Self {
            content,
            quantities: quantity::quantities(text),
        }
    }
}

/// Leaves out what is said twice, and what a contradicting article overrules; returns the pairs that stand against each
/// other unresolved, by index into `pieces` as they are then. `pieces` are taken in any order and kept in it.
pub(super) fn reconcile(
    snapshot: &Snapshot,
    pieces: &mut Vec<Piece>,
    reader: Reader<'_>,
) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by(|a, b| pieces[*b].score.total_cmp(&pieces[*a].score).then(a.cmp(b)));
    order.truncate(LOOKED_AT);
    let language_of = |piece: &Piece| snapshot.article(piece.article).language;
    let read: Vec<Read> = order
        .iter()
        .map(|i| Read::new(&pieces[*i].text, language_of(&pieces[*i])))
        .collect();
    let mut is_out = vec![false; pieces.len()];
    let mut disputes = Vec::new();
    for (place, &better) in order.iter().enumerate() {
        for (behind, &worse) in order.iter().enumerate().skip(place + 1) {
            if is_out[better] {
                break;
            }
            let (left, right) = (&pieces[better], &pieces[worse]);
            let language = language_of(left);
            let is_comparable =
                left.article != right.article && language == language_of(right) && !is_out[worse];
            if !is_comparable {
                continue;
            }
            match relation(
                (&left.text, &read[place]),
                (&right.text, &read[behind]),
                language,
            ) {
                Relation::Same if right.kind == corpus::StatementKind::Sentence => {
                    is_out[worse] = true;
                }
                Relation::Contrary if are_under_one(snapshot, left, right) => {
                    match overrules(snapshot, left.article, right.article, reader) {
                        Some(true) => is_out[worse] = true,
                        Some(false) => is_out[better] = true,
                        None => disputes.push((better, worse)),
                    }
                }
                Relation::Same | Relation::Contrary | Relation::Other => {}
            }
        }
    }
    let mut place_of = vec![None; pieces.len()];
    let mut n = 0;
    for (place, is_out) in place_of.iter_mut().zip(&is_out) {
        if !is_out {
            *place = Some(n);
            n += 1;
        }
    }
    let mut outs = is_out.iter();
    pieces.retain(|_| !outs.next().copied().unwrap_or(false));
    disputes
        .into_iter()
        .filter_map(|(a, b)| Some((place_of[a]?, place_of[b]?)))
        .collect()
}

fn relation((left, l): (&str, &Read), (right, r): (&str, &Read), language: Language) -> Relation {
    if left == right {
        return Relation::Same;
    }
    if l.content.len().min(r.content.len()) < MIN_CONTENT {
        return Relation::Other;
    }
    let both_ways =
        agreement::share(&l.content, &r.content).min(agreement::share(&r.content, &l.content));
    if both_ways < ABOUT_ONE {
        return Relation::Other;
    }
    let agreed = |own: &Read, other: &Read| {
        own.quantities
            .iter()
            .all(|q| other.quantities.iter().any(|found| q.agrees_with(found)))
    };
    let disagreement =
        |a: &str, b: &str| agreement::disagreement((a, language), &[(b, language)], "");
    let faults = [disagreement(left, right), disagreement(right, left)];
    if both_ways >= SAME && agreed(l, r) && agreed(r, l) && faults == [None, None] {
        return Relation::Same;
    }
    let differs = l.quantities.iter().any(|q| {
        let same_unit = || r.quantities.iter().filter(|other| other.unit == q.unit);
        q.unit.is_some()
            && same_unit().next().is_some()
            && !same_unit().any(|other| q.agrees_with(other))
            // One that states several of a kind tells cases apart, it does not contradict.
            && same_unit().count() == 1
            && l.quantities.iter().filter(|own| own.unit == q.unit).count() == 1
    });
    let is_denied = faults.contains(&Some(Fault::Negation)) && both_ways >= SAME;
    if differs || is_denied {
        Relation::Contrary
    } else {
        Relation::Other
    }
}

/// Whether two statements stand under titles and headings about one thing. The same sentence under "Pay by card" and
/// "Pay by transfer" speaks of two.
fn are_under_one(snapshot: &Snapshot, left: &Piece, right: &Piece) -> bool {
    let above = |piece: &Piece| {
        let article = snapshot.article(piece.article);
        let section = snapshot.section_of(piece.passage);
        let headings = article.sections.get(section);
        let headings = headings.map_or(&[][..], |section| &section.heading_path);
        let text = format!("{}, {}", article.title, headings.join(", "));
        agreement::content(&text, article.language)
    };
    let (left, right) = (above(left), above(right));
    agreement::share(&left, &right).min(agreement::share(&right, &left)) >= UNDER_ONE
}

/// Whether the article `left` holds against `right` for `reader`; `None` when nothing tells them apart.
fn overrules(
    snapshot: &Snapshot,
    left: ArticleOrdinal,
    right: ArticleOrdinal,
    reader: Reader<'_>,
) -> Option<bool> {
    precedence(snapshot.article(left), snapshot.article(right), reader)
}

fn precedence(left: &Article, right: &Article, reader: Reader<'_>) -> Option<bool> {
    let is_made_for = |values: &[String], wanted: Option<&str>| {
        wanted.is_some_and(|wanted| values.iter().any(|own| own.eq_ignore_ascii_case(wanted)))
    };
    let made_for = |article: &Article| {
        [
            is_made_for(&article.regions, reader.region),
            is_made_for(&article.audience, reader.audience),
        ]
    };
    let (l, r) = (made_for(left), made_for(right));
    if l != r {
        return Some(l > r);
    }
    // Two articles for two regions are both right, one in each.
    if left.regions != right.regions || left.audience != right.audience {
        return None;
    }
    let (l, r) = (left.updated?, right.updated?);
    (l != r).then_some(l > r)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn compare(left: &str, right: &str, language: Language) -> Relation {
        let read = |text| Read::new(text, language);
        let one = relation((left, &read(left)), (right, &read(right)), language);
        let other = relation((right, &read(right)), (left, &read(left)), language);
        assert_eq!(one, other, "{left} / {right}");
        one
    }

    #[test]
    fn what_is_said_twice_is_the_same() {
        for (left, right, language) in [
            (
                "Buyers pay within 3 days after the auction.",
                "Buyers pay within three days after the auction.",
                Language::En,
            ),
            (
                "Kopers betalen hun bestelling binnen 3 dagen.",
                "De kopers betalen de bestelling binnen 3 dagen.",
                Language::Nl,
            ),
            (
                "买家应在拍卖结束后3天内付款。",
                "买家应在拍卖结束后三天内付款。",
                Language::Zh,
            ),
        ] {
            assert_eq!(compare(left, right, language), Relation::Same, "{left}");
        }
    }

    #[test]
    fn another_figure_or_its_denial_is_contrary() {
        for (left, right, language) in [
            (
                "Buyers pay within 3 days after the auction.",
                "Buyers pay within 5 days after the auction.",
                Language::En,
            ),
            (
                "Sie können ein Gebot nach der Abgabe zurückziehen.",
                "Sie können ein Gebot nach der Abgabe nicht zurückziehen.",
                Language::De,
            ),
            (
                "Los compradores pagan una comisión del 9 % por pedido.",
                "Los compradores pagan una comisión del 8 % por pedido.",
                Language::Es,
            ),
        ] {
            assert_eq!(compare(left, right, language), Relation::Contrary, "{left}");
        }
    }

    #[test]
    fn two_cases_are_no_contradiction() {
        for (left, right) in [
            (
                "Buyers pay within 3 days after the auction.",
                "Sellers ship within 5 days after the payment.",
            ),
            // A list of cases states several figures of a kind.
            (
                "Parcels to France take 3 days, parcels to Spain take 5 days.",
                "Parcels to France take 2 days, parcels to Spain take 4 days.",
            ),
            ("It takes 3 days.", "It takes 5 days."),
        ] {
            assert_eq!(
                compare(left, right, Language::En),
                Relation::Other,
                "{left}"
            );
        }
    }

    #[test]
    fn the_article_made_for_the_reader_holds_then_the_newer_one() {
        let article = |regions: &[&str], updated: Option<jiff::civil::Date>| Article {
            id: corpus::ArticleId::new("a").expect("an id"),
            language: Language::En,
            title: "Returns".to_owned(),
            url: None,
            translation_of: None,
            audience: Vec::new(),
            regions: regions.iter().map(|r| (*r).to_owned()).collect(),
            validity: corpus::Validity::default(),
            topics: Vec::new(),
            sensitivity: corpus::Sensitivity::Normal,
            updated,
            attributes: std::collections::BTreeMap::new(),
            path: String::new(),
            sections: Vec::new(),
        };
        let old = Some(date(2024, 3, 1));
        let new = Some(date(2026, 3, 1));
        let belgian = Reader {
            region: Some("be"),
            audience: None,
        };
        let anyone = Reader::default();
        let cases = [
            (
                article(&["BE"], old),
                article(&[], new),
                belgian,
                Some(true),
            ),
            (article(&["BE"], old), article(&[], new), anyone, None),
            (article(&[], old), article(&[], new), anyone, Some(false)),
            (article(&[], new), article(&[], new), anyone, None),
            (article(&[], None), article(&[], new), anyone, None),
            (article(&["BE"], old), article(&["NL"], new), anyone, None),
        ];
        for (n, (left, right, reader, expected)) in cases.into_iter().enumerate() {
            assert_eq!(precedence(&left, &right, reader), expected, "case {n}");
            let reverse = expected.map(|holds| !holds);
            assert_eq!(precedence(&right, &left, reader), reverse, "case {n}");
        }
    }
}
