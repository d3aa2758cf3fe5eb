//! Marks: the small words that turn a sentence into another one, as the same few signs in every language.
//!
//! "must", "moet", "musi" and "必须" are one [`Mark`]; so are "up to", "höchstens" and "最多". Two texts can then be held
//! against each other whatever their languages. A phrase counts where its words follow each other; the longest phrase
//! at a place wins, so "no more than" is a limit and no negation. What the words are stands in [`lexicon`].

use corpus::Language;

mod lexicon;

/// What a small word does to a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// It denies: not, no, without.
    Not,
    /// It obliges: must, have to, required.
    Must,
    /// It recommends: should.
    Should,
    /// It permits or leaves open: can, may, possible.
    Can,
    /// It bounds from below: at least, more than.
    AtLeast,
    /// It bounds from above: at most, up to, less than.
    AtMost,
    /// It leaves a number vague: about, nearly.
    About,
    /// It excludes all else: only.
    Only,
    /// At every time.
    Always,
    /// At no time; a negation as well.
    Never,
    /// At many times: often, usually.
    Often,
    /// At some times.
    Sometimes,
    /// Each one: all, every.
    All,
    /// A part: some, several.
    Some,
    /// One side of a pair of opposites, such as before and after.
    Side(Opposites, bool),
}

/// A pair of which a sentence may not say one side where its evidence says the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is named by its two sides")]
pub enum Opposites {
    BeforeAfter,
    FirstLast,
    BuyerSeller,
    SenderRecipient,
    LeftRight,
    AboveBelow,
    NorthSouth,
    EastWest,
    OnOff,
    OpenClose,
    AddRemove,
    UpDown,
    InOut,
    MoreLess,
    HighLow,
    LargeSmall,
    StartEnd,
    InnerOuter,
    OnlineOffline,
    OldNew,
    SendReceive,
    AllowBlock,
    WinLose,
    EarlyLate,
}

/// A mark at its place: which words of the text make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// The mark.
    pub mark: Mark,
    /// Index of its first word; in Chinese of its first character.
    pub start: usize,
    /// One past its last word or character.
    pub end: usize,
}

/// The words of a text as marks are looked for in it: lower case, cut at whatever is neither letter nor digit; in
/// Chinese, its characters.
pub fn words(text: &str, language: Language) -> Vec<String> {
    let lower = text.to_lowercase();
    if language == Language::Zh {
        return lower
            .chars()
            .filter(|c| c.is_alphanumeric())
            .map(String::from)
            .collect();
    }
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The marks of `words`, in order; see [`words`].
pub fn marks(words: &[String], language: Language) -> Vec<Marked> {
    let entries = lexicon::of(language);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let longest = entries
            .iter()
            .filter_map(|(phrase, marks)| {
                let length = matched(phrase, &words[at..], language)?;
                Some((length, phrase.len(), *marks))
            })
            .max_by_key(|(length, bytes, _)| (*length, *bytes));
        let Some((length, _, marks)) = longest else {
            at += 1;
            continue;
        };
        found.extend(marks.iter().map(|mark| Marked {
            mark: *mark,
            start: at,
            end: at + length,
        }));
        at += length;
    }
    found
}

/// How many words at the start of `words` say `phrase`; a `*` stands for any ending.
fn matched(phrase: &str, words: &[String], language: Language) -> Option<usize> {
    if language == Language::Zh {
        let n = phrase.chars().count();
        let mut said = words.get(..n)?.iter().map(String::as_str);
        let mut wanted = phrase.chars();
        let same = wanted.all(|c| said.next().is_some_and(|word| word.chars().eq([c])));
        return same.then_some(n);
    }
    let mut n = 0;
    for wanted in phrase.split(' ') {
        let word = words.get(n)?;
        let fits = match wanted.strip_suffix('*') {
            Some(stem) => word.starts_with(stem),
            None => word == wanted,
        };
        if !fits {
            return None;
        }
        n += 1;
    }
    Some(n)
}

#[cfg(test)]
mod tests {
    use super::{
        Mark::{About, All, Always, AtLeast, AtMost, Can, Must, Never, Not, Only, Should, Side},
        *,
    };

    #[track_caller]
    fn check(text: &str, language: Language, expected: &[Mark]) {
        let found: Vec<Mark> = marks(&words(text, language), language)
            .into_iter()
            .map(|marked| marked.mark)
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn negation_in_nine_languages() {
        check("You don't pay.", Language::En, &[Not]);
        check("Je betaalt niets en niet nu.", Language::Nl, &[Not, Not]);
        check("Es gibt keinen Grund.", Language::De, &[Not]);
        check("Vous ne payez pas.", Language::Fr, &[Not]);
        check("No hay nada.", Language::Es, &[Not, Not]);
        check("Non c'è nessun costo.", Language::It, &[Not, Not]);
        check("Não há custos.", Language::Pt, &[Not]);
        check("Nie płacisz.", Language::Pl, &[Not]);
        check("您不支付。", Language::Zh, &[Not]);
    }

    #[test]
    fn permission_and_obligation_in_nine_languages() {
        check("You can cancel and must pay.", Language::En, &[Can, Must]);
        check(
            "Je kunt annuleren en moet betalen.",
            Language::Nl,
            &[Can, Must],
        );
        check(
            "Sie können stornieren und müssen zahlen.",
            Language::De,
            &[Can, Must],
        );
        check(
            "Vous pouvez annuler et devez payer.",
            Language::Fr,
            &[Can, Must],
        );
        check("Puede cancelar y debe pagar.", Language::Es, &[Can, Must]);
        check("Può annullare e deve pagare.", Language::It, &[Can, Must]);
        check("Pode cancelar e deve pagar.", Language::Pt, &[Can, Must]);
        check(
            "Możesz anulować i musisz zapłacić.",
            Language::Pl,
            &[Can, Must],
        );
        check("您可以取消，必须付款。", Language::Zh, &[Can, Must]);
    }

    #[test]
    fn prohibition_is_permission_denied() {
        check("You can't and cannot.", Language::En, &[Can, Not, Can, Not]);
        check("Je mag niet.", Language::Nl, &[Can, Not]);
        check("Man darf nicht.", Language::De, &[Can, Not]);
        check("On ne peut pas.", Language::Fr, &[Can, Not]);
        check("No se puede.", Language::Es, &[Not, Can]);
        check("Non si può.", Language::It, &[Not, Can]);
        check("Não é possível.", Language::Pt, &[Not, Can]);
        check("Nie można.", Language::Pl, &[Not, Can]);
        check("不能，无法。", Language::Zh, &[Can, Not, Can, Not]);
    }

    #[test]
    fn limits_in_nine_languages() {
        check(
            "At least 2 and no more than 5.",
            Language::En,
            &[AtLeast, AtMost],
        );
        check(
            "Minstens 2 en hoogstens 5.",
            Language::Nl,
            &[AtLeast, AtMost],
        );
        check(
            "Mindestens 2 und bis zu 5.",
            Language::De,
            &[AtLeast, AtMost],
        );
        check("Au moins 2 et jusqu’à 5.", Language::Fr, &[AtLeast, AtMost]);
        check(
            "Al menos 2 y como máximo 5.",
            Language::Es,
            &[AtLeast, AtMost],
        );
        check("Almeno 2 e fino a 5.", Language::It, &[AtLeast, AtMost]);
        check(
            "Pelo menos 2 e no máximo 5.",
            Language::Pt,
            &[AtLeast, AtMost],
        );
        check(
            "Co najmniej 2 i najwyżej 5.",
            Language::Pl,
            &[AtLeast, AtMost],
        );
        check("至少2，最多5。", Language::Zh, &[AtLeast, AtMost]);
    }

    #[test]
    fn scopes_and_sides() {
        check(
            "Only now, always, never.",
            Language::En,
            &[Only, Always, Never],
        );
        check("Alle kosten, alleen nu.", Language::Nl, &[All, Only]);
        check("Man sollte etwa 3 nehmen.", Language::De, &[Should, About]);
        check(
            "Avant",
            Language::Fr,
            &[Side(Opposites::BeforeAfter, false)],
        );
        check(
            "después",
            Language::Es,
            &[Side(Opposites::BeforeAfter, true)],
        );
        check(
            "venditore",
            Language::It,
            &[Side(Opposites::BuyerSeller, true)],
        );
        check(
            "comprador",
            Language::Pt,
            &[Side(Opposites::BuyerSeller, false)],
        );
        check(
            "sprzedawcy",
            Language::Pl,
            &[Side(Opposites::BuyerSeller, true)],
        );
        check("之前", Language::Zh, &[Side(Opposites::BeforeAfter, false)]);
        check("目前的情况不同", Language::Zh, &[]);
    }
}
