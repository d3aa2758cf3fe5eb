//! Contradictions: two articles of one language that put two figures on one thing.
//!
//! Statements that state a figure are compared in three ways. [`pairs`]: two statements in nearly the same words, but
//! for one figure. [`phrases`]: several articles put one figure beside the same words ("5-day inspection period",
//! "inspection period of 5 days") and one article another. [`behind`]: the other languages of an article deny its figure
//! and state the one that another article puts beside a word it uses too. All compare words by how rare they are, and
//! none needs a model. Articles no customer meets together are versions; examples may use any figure; and a figure that
//! the other languages of the article state too is taken for meant.

mod behind;
mod pairs;
mod phrases;

use std::collections::{BTreeMap, HashMap};

use answer::check::quantity;
use corpus::{Language, StatementKind};
use indexer::Terms;

use super::{
    Known,
    facts::{self, Fact, Figures},
};
use crate::{Finding, Rule};

/// Number of a term among those of a language.
type Term = u32;

/// A statement that states a figure.
#[derive(Debug)]
struct Claim<'a> {
    article: usize,
    statement: usize,
    kind: StatementKind,
    text: &'a str,
    figures: &'a Figures,
    /// Terms but for numbers and units, ascending, each once.
    terms: Vec<Term>,
    /// For each fact, the terms close to it, the same way.
    near: Vec<Vec<Term>>,
    /// Terms of the title and the headings above, the same way.
    above: Vec<Term>,
}

/// All claims of a language, with the numbers and weights of their terms.
#[derive(Debug)]
struct Claims<'a> {
    of: Vec<Claim<'a>>,
    /// Claims that hold each term.
    holders: Vec<Vec<u32>>,
    /// How rare each term is, at least [`MIN_WEIGHT`].
    weights: Vec<f32>,
}

/// Weight of a term that nearly every claim holds.
const MIN_WEIGHT: f32 = 0.2;

/// A figure of one claim against a figure of another.
#[derive(Debug, Clone, Copy)]
struct Clash<'a> {
    left: (&'a Claim<'a>, &'a Fact),
    right: (&'a Claim<'a>, &'a Fact),
    /// Whether the rule itself saw that the left is the mistake; otherwise the versions, then the dates decide.
    is_left_mistaken: bool,
    /// How many articles say what the other says.
    n_against: usize,
}

pub(super) fn findings(known: &Known<'_>, own: &[usize], language: Language) -> Vec<Finding> {
    let claims = Claims::read(known, own, language);
    let mut clashes = pairs::clashes(known, &claims, language);
    clashes.extend(behind::clashes(known, &claims, language));
    clashes.extend(phrases::clashes(known, &claims));
    let mut found: BTreeMap<(usize, usize, usize), Finding> = BTreeMap::new();
    for clash in clashes {
        let ((own, fact), (other, theirs)) = sides(known, &clash);
        let key = (own.article, own.statement, fact.place.start);
        found
            .entry(key)
            .or_insert_with(|| finding(known, (own, fact), (other, theirs), clash.n_against));
    }
    found.into_values().collect()
}

/// The clash with the likelier mistake first.
fn sides<'a>(
    known: &Known<'_>,
    clash: &Clash<'a>,
) -> ((&'a Claim<'a>, &'a Fact), (&'a Claim<'a>, &'a Fact)) {
    let share = |(claim, fact)| borne_out(known, claim, fact);
    let (left, right) = (share(clash.left), share(clash.right));
    let is_left = match clash.is_left_mistaken {
        true => true,
        false if left != right => left < right,
        false => known.is_likelier_mistake(clash.left.0.article, clash.right.0.article),
    };
    if is_left {
        (clash.left, clash.right)
    } else {
        (clash.right, clash.left)
    }
}

/// How many of the article's versions in other languages state the fact too.
fn n_bearing_out(known: &Known<'_>, claim: &Claim<'_>, fact: &Fact) -> usize {
    let versions = known.witnesses[claim.article].iter();
    versions
        .filter(|version| known.stated[**version].bear_out(fact))
        .count()
}

/// The share of the article's other versions that state the fact too, in percent; none without other versions.
fn borne_out(known: &Known<'_>, claim: &Claim<'_>, fact: &Fact) -> usize {
    let n = known.witnesses[claim.article].len();
    n_bearing_out(known, claim, fact) * 100 / n.max(1)
}

/// Whether what both say is meant: most versions of either article say it too.
fn are_both_meant(known: &Known<'_>, clash: &Clash<'_>) -> bool {
    [clash.left, clash.right]
        .into_iter()
        .all(|(claim, fact)| borne_out(known, claim, fact) >= 50)
}

fn finding(
    known: &Known<'_>,
    (own, fact): (&Claim<'_>, &Fact),
    (other, theirs): (&Claim<'_>, &Fact),
    n_against: usize,
) -> Finding {
    let (own_file, other_file) = (&known.articles[own.article], &known.articles[other.article]);
    let others = match n_against {
        0 | 1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let finding = Finding::new(
        Rule::Contradiction,
        own_file.place_of(own.statement),
        format!(
            "this says “{}”, `{}`{others} says “{}” in “{}”",
            facts::in_words(own.text, fact),
            other_file.path(),
            facts::in_words(other.text, theirs),
            shortened(other.text),
        ),
        "find out which figure holds and correct the other; where both hold, name the case in each",
    );
    finding.about(vec![other_file.place_of(other.statement)])
}

/// At most some 120 characters of a statement.
fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

impl<'a> Claims<'a> {
    fn read(known: &Known<'a>, own: &[usize], language: Language) -> Self {
        let mut reader = Reader::new(language);
        let mut claims = Vec::new();
        for &article in own {
            let file = &known.articles[article];
            let mut above_of: HashMap<usize, (Vec<Term>, bool)> = HashMap::new();
            for (statement, figures) in &known.stated[article].by_statement {
                let told = &file.statements[*statement];
                let text = told.statement.text.as_str();
                if figures.facts.is_empty() || told.statement.kind == StatementKind::Heading {
                    continue;
                }
                let (above, is_under_example) = above_of.entry(told.section).or_insert_with(|| {
                    let headings = file.article.sections.get(told.section);
                    let headings = headings.map(|section| section.heading_path.join("\n"));
                    let headings = headings.unwrap_or_default();
                    let terms = reader.terms(&format!("{}\n{headings}", file.article.title));
                    (terms, is_example(&headings, language))
                });
                if *is_under_example
                    || is_example(text, language)
                    || is_led_by_example(file, *statement)
                {
                    continue;
                }
                claims.push(Claim {
                    article,
                    statement: *statement,
                    kind: told.statement.kind,
                    text,
                    figures,
                    terms: reader.terms(&without_figures(text, figures, language)),
                    near: (figures.facts.iter())
                        .map(|fact| reader.terms(&near(text, fact, language)))
                        .collect(),
                    above: above.clone(),
                });
            }
        }
        Self::new(claims, reader.numbers.len())
    }

    fn new(of: Vec<Claim<'a>>, n_terms: usize) -> Self {
        let mut holders = vec![Vec::new(); n_terms];
        for (n, claim) in (0..).zip(&of) {
            for term in &claim.terms {
                holders[*term as usize].push(n);
            }
        }
        let n_claims = of.len() as f32;
        let weight = |claims: &Vec<u32>| {
            ((n_claims + 1.0) / (claims.len() as f32 + 0.5))
                .ln()
                .max(MIN_WEIGHT)
        };
        let weights = holders.iter().map(weight).collect();
        Self {
            of,
            holders,
            weights,
        }
    }

    fn weight(&self, terms: &[Term]) -> f32 {
        terms.iter().map(|term| self.weights[*term as usize]).sum()
    }

    /// The share of either that the other has, by weight: the lesser of both.
    fn likeness(&self, left: &[Term], right: &[Term]) -> f32 {
        let most = self.weight(left).max(self.weight(right));
        if most > 0.0 {
            self.common_weight(left, right) / most
        } else {
            0.0
        }
    }

    /// The share of `terms` that stand in `others`, by weight.
    fn share_in(&self, terms: &[Term], others: &[Term]) -> f32 {
        let all = self.weight(terms);
        if all > 0.0 {
            self.common_weight(terms, others) / all
        } else {
            0.0
        }
    }

    fn common_weight(&self, left: &[Term], right: &[Term]) -> f32 {
        left.iter()
            .filter(|term| right.binary_search(term).is_ok())
            .map(|term| self.weights[*term as usize])
            .sum()
    }
}

/// How many terms both hold.
fn n_common(left: &[Term], right: &[Term]) -> usize {
    let is_common = |term: &&Term| right.binary_search(term).is_ok();
    left.iter().filter(is_common).count()
}

/// Numbers the terms of one language.
struct Reader {
    terms: Terms,
    numbers: HashMap<String, Term>,
}

impl Reader {
    fn new(language: Language) -> Self {
        Self {
            terms: Terms::of(language),
            numbers: HashMap::new(),
        }
    }

    fn terms(&mut self, text: &str) -> Vec<Term> {
        let mut terms = Vec::new();
        for term in self.terms.read(text) {
            let next = Term::try_from(self.numbers.len()).unwrap_or(Term::MAX);
            terms.push(*self.numbers.entry(term).or_insert(next));
        }
        terms.sort_unstable();
        terms.dedup();
        terms
    }
}

/// `text` without its numbers and the words for what they count.
fn without_figures(text: &str, figures: &Figures, language: Language) -> String {
    let mut bytes = text.to_owned();
    let facts = figures.facts.iter().map(|fact| &fact.place);
    for place in facts.chain(figures.bare.iter().map(|quantity| &quantity.place)) {
        if bytes.is_char_boundary(place.start) && bytes.is_char_boundary(place.end) {
            bytes.replace_range(place.clone(), &" ".repeat(place.len()));
        }
    }
    if !language.separates_words() {
        return bytes;
    }
    let is_plain = |word: &&str| {
        let bare = word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase();
        !quantity::is_quantity_word(&bare)
    };
    let words: Vec<&str> = bytes.split_whitespace().filter(is_plain).collect();
    words.join(" ")
}

/// Words close to a figure on either side; in Chinese, twice as many characters.
const NEAR: usize = 4;

/// The words close to `fact` in its sentence, without figures.
fn near(text: &str, fact: &Fact, language: Language) -> String {
    let is_end = |c: char| matches!(c, '.' | ';' | '!' | '?' | '。' | '；' | '！' | '？');
    let before = text.get(..fact.place.start).unwrap_or_default();
    let after = text.get(fact.place.end..).unwrap_or_default();
    let before = before.rsplit(is_end).next().unwrap_or_default();
    let after = after.split(is_end).next().unwrap_or_default();
    if !language.separates_words() {
        let skipped = before.chars().count().saturating_sub(NEAR * 2);
        let before: String = before.chars().skip(skipped).collect();
        return before
            .chars()
            .chain(" ".chars())
            .chain(after.chars().take(NEAR * 2 + 1))
            .collect();
    }
    let is_plain = |word: &&str| {
        let bare = word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase();
        !bare.is_empty() && !bare.contains(char::is_numeric) && !quantity::is_quantity_word(&bare)
    };
    // "5-day": what hangs on the number belongs to it.
    let after = after.trim_start_matches(|c: char| !c.is_whitespace() && after.starts_with('-'));
    let mut words: Vec<&str> = before
        .split_whitespace()
        .rev()
        .filter(is_plain)
        .take(NEAR)
        .collect();
    words.reverse();
    words.extend(after.split_whitespace().filter(is_plain).take(NEAR));
    words.join(" ")
}

/// Whether a text says that what it states is an example.
fn is_example(text: &str, language: Language) -> bool {
    let words: &[&str] = match language {
        Language::En => &["example", "for instance", "e.g.", "suppose"],
        Language::Nl => &["voorbeeld", "bijv", "stel "],
        Language::De => &["beispiel", "z. b.", "z.b."],
        Language::Fr => &["exemple"],
        Language::Es => &["ejemplo"],
        Language::It => &["esempio"],
        Language::Pt => &["exemplo"],
        Language::Pl => &["przykład", "np."],
        Language::Zh => &["例如", "举例", "示例", "例子", "比如"],
    };
    let lower = text.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

/// Whether the table or list of a statement is introduced as an example.
fn is_led_by_example(file: &crate::collection::ArticleFile, statement: usize) -> bool {
    let told = &file.statements[statement];
    if !matches!(
        told.statement.kind,
        StatementKind::TableRow | StatementKind::ListItem
    ) {
        return false;
    }
    let before = file.statements[..statement].iter().rev();
    let mut before = before.take_while(|other| other.section == told.section);
    let lead = before.find(|other| {
        !matches!(
            other.statement.kind,
            StatementKind::TableRow | StatementKind::ListItem
        )
    });
    lead.is_some_and(|lead| is_example(&lead.statement.text, file.article.language))
}

#[cfg(test)]
mod tests;
