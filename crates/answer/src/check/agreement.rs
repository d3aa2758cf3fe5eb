//! Agreement: whether the small words of a sentence are those of its evidence.
//!
//! A sentence may say less than its evidence, and may not deny, oblige, permit, bound or exclude anything the
//! evidence does not. Words the evidence has and the sentence lacks count only in clauses the sentence takes up:
//! what was left out whole is no change. Functions on texts; no model.

use std::collections::BTreeMap;

use corpus::Language;

use super::{
    Fault,
    marks::{
        Mark::{
            self, About, All, Always, AtLeast, AtMost, Can, Must, Never, Not, Often, Only, Should,
            Side, Some as Several, Sometimes,
        },
        Opposites, marks, words,
    },
};

/// Share of the content words of a clause that a sentence must have for the clause to be taken up.
const TAKEN_UP: f32 = 0.5;

/// What is wrong with the small words of `sentence` beside `evidence`, the statements it cites, of which `headings`
/// say what they are about. `None` when they agree.
///
/// In one language marks are counted; between two languages only what translations keep is compared.
pub fn disagreement(
    sentence: (&str, Language),
    evidence: &[(&str, Language)],
    headings: &str,
) -> Option<Fault> {
    let is_one_language = evidence.iter().all(|(_, language)| *language == sentence.1);
    if is_one_language {
        within_a_language(sentence, evidence, headings)
    } else {
        between_languages(sentence, evidence)
    }
}

/// Whether a pair orders things: said where the evidence orders nothing, it is a claim of its own.
const fn is_order(pair: Opposites) -> bool {
    matches!(
        pair,
        Opposites::BeforeAfter
            | Opposites::FirstLast
            | Opposites::LeftRight
            | Opposites::AboveBelow
    )
}

type Counts = BTreeMap<Mark, usize>;

fn counts(text: &str, language: Language) -> Counts {
    let mut counts = Counts::new();
    for clause in clauses(text) {
        for marked in marks(&words(clause, language), language) {
            *counts.entry(marked.mark).or_default() += 1;
        }
    }
    counts
}

fn within_a_language(
    (text, language): (&str, Language),
    evidence: &[(&str, Language)],
    headings: &str,
) -> Option<Fault> {
    let said = counts(text, language);
    let said_words = content(text, language);
    let mut all = Counts::new();
    let mut taken_up = Counts::new();
    for (piece, _) in evidence {
        for clause in clauses(piece) {
            let is_taken_up = share(&content(clause, language), &said_words) >= TAKEN_UP;
            for (mark, n) in counts(clause, language) {
                *all.entry(mark).or_default() += n;
                if is_taken_up {
                    *taken_up.entry(mark).or_default() += n;
                }
            }
        }
    }
    let of = |counts: &Counts, mark: Mark| counts.get(&mark).copied().unwrap_or(0);
    for (mark, n) in &said {
        if let Side(pair, side) = *mark {
            let opposite = Side(pair, !side);
            // A side nobody spoke of is a word like any other; the opposite of what was said is not.
            if *n > of(&all, *mark) && of(&all, opposite) > of(&said, opposite) {
                return Some(Fault::Opposite);
            }
            let is_new = of(&all, *mark) == 0;
            if is_new && (is_order(pair) || of(&counts(headings, language), opposite) > 0) {
                return Some(Fault::Opposite);
            }
        } else if *n > of(&all, *mark) {
            return Some(fault_of(*mark));
        }
    }
    // What bounds or weakens a claim may not go missing; "all" and "always" may.
    let kept = [
        Not, Never, Must, Should, Can, AtLeast, AtMost, About, Only, Often, Sometimes, Several,
    ];
    kept.into_iter()
        .find(|mark| of(&taken_up, *mark) > of(&said, *mark))
        .map(fault_of)
}

fn between_languages(
    (text, language): (&str, Language),
    evidence: &[(&str, Language)],
) -> Option<Fault> {
    let said = counts(text, language);
    let mut all = Counts::new();
    for (piece, language) in evidence {
        for (mark, n) in counts(piece, *language) {
            *all.entry(mark).or_default() += n;
        }
    }
    let says = |mark: Mark| said.contains_key(&mark);
    let holds = |mark: Mark| all.contains_key(&mark);
    if (says(Not) || says(Never)) != (holds(Not) || holds(Never)) {
        return Some(Fault::Negation);
    }
    let n = |counts: &Counts, marks: &[Mark]| -> usize {
        marks.iter().filter_map(|mark| counts.get(mark)).sum()
    };
    let (obliges, is_obliged) = (n(&said, &[Must, Should]), n(&all, &[Must, Should]));
    let (permits, is_permitted) = (n(&said, &[Can]), n(&all, &[Can]));
    if obliges > is_obliged && permits < is_permitted
        || obliges < is_obliged && permits > is_permitted
    {
        return Some(Fault::Modality);
    }
    for (mark, others) in [(AtLeast, [AtMost, About]), (AtMost, [AtLeast, About])] {
        if says(mark) && !holds(mark) && others.iter().any(|other| holds(*other) && !says(*other)) {
            return Some(Fault::Limit);
        }
    }
    let is_new = |mark: Mark| says(mark) && !holds(mark);
    if says(Only) != holds(Only) || is_new(Always) || is_new(Never) {
        return Some(Fault::Scope);
    }
    for (mark, opposite) in [(All, Several), (Several, All)] {
        if says(mark) && !holds(mark) && holds(opposite) && !says(opposite) {
            return Some(Fault::Scope);
        }
    }
    // German "nach" and Polish "po" order nothing half of the time.
    let orders = !matches!(language, Language::De | Language::Pl);
    said.keys().find_map(|mark| match *mark {
        Side(pair @ Opposites::BeforeAfter, _)
            if orders && !holds(Side(pair, false)) && !holds(Side(pair, true)) =>
        {
            Some(Fault::Opposite)
        }
        Side(pair, side) => {
            let opposite = Side(pair, !side);
            (!holds(*mark) && holds(opposite) && !says(opposite)).then_some(Fault::Opposite)
        }
        _ => None,
    })
}

const fn fault_of(mark: Mark) -> Fault {
    match mark {
        Not | Never => Fault::Negation,
        Must | Should | Can => Fault::Modality,
        AtLeast | AtMost | About => Fault::Limit,
        Only | Always | Often | Sometimes | All | Several => Fault::Scope,
        Side(..) => Fault::Opposite,
    }
}

/// `text` without the words that make marks other than sides, for comparing what is left of it.
pub fn without_marks(text: &str, language: Language) -> String {
    let mut kept = Vec::new();
    for clause in clauses(text) {
        let words = words(clause, language);
        let marked = marks(&words, language);
        for (at, word) in words.into_iter().enumerate() {
            let is_mark = marked
                .iter()
                .any(|m| m.start <= at && at < m.end && !matches!(m.mark, Side(..)));
            if !is_mark {
                kept.push(word);
            }
        }
    }
    kept.join(if language == Language::Zh { "" } else { " " })
}

/// The clauses of a text: what stands between signs that are followed by a space, or between Chinese ones.
pub fn clauses(text: &str) -> Vec<&str> {
    let mut clauses = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let ends = match character {
            '，' | '。' | '；' | '：' | '（' | '）' | '、' | '？' | '！' | '(' | ')' | '—'
            | '–' | '\n' => true,
            ',' | ';' | ':' | '.' | '?' | '!' => characters
                .peek()
                .is_none_or(|(_, next)| next.is_whitespace()),
            _ => false,
        };
        if ends {
            clauses.push(&text[start..at]);
            start = at + character.len_utf8();
        }
    }
    clauses.push(&text[start..]);
    clauses.retain(|clause| clause.chars().any(char::is_alphanumeric));
    clauses
}

/// The words of a text that carry meaning, each cut to a stem: of four letters or more, or with a digit, and no mark;
/// in Chinese, pairs of characters.
pub fn content(text: &str, language: Language) -> Vec<String> {
    let bare = without_marks(text, language);
    if language == Language::Zh {
        let characters: Vec<char> = bare.chars().collect();
        return characters
            .windows(2)
            .map(|pair| pair.iter().collect())
            .collect();
    }
    bare.split(' ')
        .filter(|word| word.chars().count() >= 4 || word.chars().any(|c| c.is_ascii_digit()))
        .map(stem)
        .collect()
}

/// Two thirds of a word, at least four letters: what is left when endings are cut in all nine languages alike.
fn stem(word: &str) -> String {
    let n = word.chars().count();
    word.chars().take((n * 2).div_ceil(3).max(4)).collect()
}

/// The share of `part` that `whole` has; 0 for nothing.
pub fn share(part: &[String], whole: &[String]) -> f32 {
    let found = part.iter().filter(|word| {
        whole.iter().any(|other| {
            other == *word || other.starts_with(word.as_str()) || word.starts_with(other.as_str())
        })
    });
    found.count() as f32 / part.len().max(1) as f32
}

#[cfg(test)]
mod tests;
