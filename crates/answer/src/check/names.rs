//! Names a sentence states: brands, places, codes.
//!
//! A name that the evidence does not hold is the mark of an invented sentence ("you can pay with Bitcoin"). Names are
//! told by their capitals, which German gives to every noun: there, a noun that is in no word of the evidence counts.

use std::collections::HashSet;

use corpus::{Language, language::detect::is_han};
use unicode_normalization::UnicodeNormalization as _;

/// The names in `sentence` that `evidence` does not hold, lower case, in order. Links and addresses are none
/// ([`super::address`]).
pub fn unknown_names(sentence: &str, language: Language, evidence: &str) -> Vec<String> {
    let known = evidence.to_lowercase();
    names(sentence, language)
        .into_iter()
        .filter(|name| !holds(&known, &name.to_lowercase(), language))
        .map(|name| name.to_lowercase())
        .collect()
}

/// Those among [`unknown_names`] that no translation changes: with a digit or a capital inside, such as iDEAL or
/// KB12. Words all in capitals count where the sentence is not written so.
pub fn unknown_codes(sentence: &str, language: Language, evidence: &str) -> Vec<String> {
    let known = evidence.to_lowercase();
    let names = names(sentence, language);
    let is_shouted = |name: &str| {
        name.chars()
            .filter(|c| c.is_alphabetic())
            .all(char::is_uppercase)
    };
    let is_loud = names.iter().filter(|name| is_shouted(name)).count() > 3;
    names
        .into_iter()
        .filter(|name| {
            let inner_capital = name.chars().skip(1).any(char::is_uppercase);
            let has_digit = name.chars().any(|c| c.is_ascii_digit());
            has_digit || inner_capital && !(is_loud && is_shouted(name)) || language == Language::Zh
        })
        .map(|name| name.to_lowercase())
        .filter(|name| !holds(&known, name, language))
        .collect()
}

/// Whether a name of the evidence seems to have been exchanged for another in a sentence of another language: each has
/// one that nothing on the other side begins like. A translation of "Instellingen" leaves "Settings" without
/// "Instellingen", too, so some true sentences are taken for false ones.
pub fn is_exchanged(
    sentence: (&str, Language),
    evidence: (&str, Language),
    headings: &str,
) -> bool {
    let beginnings = |text: &str| -> HashSet<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .map(beginning)
            .collect()
    };
    let known = beginnings(&format!("{} {headings}", evidence.0));
    let said = beginnings(sentence.0);
    let is_foreign = |name: &String, there: &HashSet<String>| {
        let is_shouted = name.chars().count() > 1 && name.chars().all(char::is_uppercase);
        !is_shouted && !there.contains(&beginning(name))
    };
    let n_foreign = names(sentence.0, sentence.1)
        .iter()
        .filter(|name| is_foreign(name, &known))
        .count();
    // German nouns cannot be told from names, and many strange names at once are the titles of a translation.
    sentence.1 != Language::De
        && (1..=2).contains(&n_foreign)
        && names(evidence.0, evidence.1)
            .iter()
            .any(|name| is_foreign(name, &said))
}

/// The first three letters of a word without accents, lower case: what names of one origin share across languages.
fn beginning(word: &str) -> String {
    word.nfd()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .take(3)
        .collect()
}

fn names(sentence: &str, language: Language) -> Vec<String> {
    if language == Language::Zh {
        return latin_runs(sentence);
    }
    let mut names = Vec::new();
    let mut starts_sentence = true;
    for word in sentence.split_whitespace() {
        if word.contains("://") || word.contains('@') || word.starts_with("www.") {
            starts_sentence = false;
            continue;
        }
        for part in word.split(is_inside_sign) {
            let token: &str = part.trim_matches(|c: char| !c.is_alphanumeric());
            if !token.is_empty() && is_name(token, language, starts_sentence) {
                names.push(token.to_owned());
            }
            if !token.is_empty() {
                starts_sentence = false;
            }
        }
        if word.ends_with(['.', '!', '?', ':']) {
            starts_sentence = true;
        }
    }
    names
}

const fn is_inside_sign(character: char) -> bool {
    matches!(
        character,
        '/' | '–'
            | '-'
            | '('
            | ')'
            | '"'
            | '“'
            | '”'
            | '„'
            | '«'
            | '»'
            | '→'
            | '>'
            | '|'
            | ','
            | ';'
            | ':'
            | '*'
            | '['
            | ']'
            | '\''
            | '’'
            | '_'
            | '.'
    )
}

fn is_name(token: &str, language: Language, starts_sentence: bool) -> bool {
    let mut letters = token.chars().filter(|c| c.is_alphabetic());
    let Some(first) = letters.next() else {
        return false;
    };
    let inner_capital = letters.clone().any(char::is_uppercase);
    let has_digit = token.chars().any(|c| c.is_ascii_digit());
    if inner_capital || has_digit && first.is_uppercase() {
        return true;
    }
    first.is_uppercase() && !starts_sentence && !is_pronoun(token, language)
}

/// Capitalised words of politeness and of the first person.
fn is_pronoun(token: &str, language: Language) -> bool {
    match language {
        Language::En => matches!(token, "I"),
        Language::Nl => matches!(token, "U" | "Uw"),
        Language::De => matches!(
            token,
            "Sie" | "Ihnen" | "Ihr" | "Ihre" | "Ihren" | "Ihrem" | "Ihrer" | "Ihres"
        ),
        Language::It => matches!(token, "Lei" | "La" | "Le" | "Suo" | "Sua"),
        Language::Es => matches!(token, "Usted" | "Ud"),
        Language::Pl => {
            token.starts_with("Pan")
                || token.starts_with("Twoj")
                || token.starts_with("Twó")
                || token.starts_with("Ci")
        }
        _ => false,
    }
}

/// Names in Latin letters within Chinese text.
fn latin_runs(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|run| run.chars().filter(char::is_ascii_alphabetic).count() >= 2)
        .map(str::to_owned)
        .collect()
}

/// Whether `known` holds `name`, allowing for an ending of up to two letters (genitives, plurals), and in German for
/// compounds that share a part.
fn holds(known: &str, name: &str, language: Language) -> bool {
    let n_chars = name.chars().count();
    let stems = (0..=2).filter(|cut| *cut == 0 || n_chars > cut + 3);
    for cut in stems {
        let stem: String = name.chars().take(n_chars - cut).collect();
        let stands_there = known.match_indices(&stem).any(|(start, _)| {
            let before = known[..start].chars().next_back();
            // A name begins a word, or a part of a German compound: "visa" is not in "advisable".
            language == Language::De || !before.is_some_and(|c| c.is_alphanumeric() && !is_han(c))
        });
        if stands_there {
            return true;
        }
    }
    language == Language::De
        && known
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.chars().count() >= 5)
            .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_evidence_lacks_are_found() {
        let evidence = "Pay with Visa, Mastercard, iDEAL or PayPal. Zeldhof holds the money.";
        assert!(
            unknown_names("You can pay with PayPal or iDEAL.", Language::En, evidence).is_empty()
        );
        assert_eq!(
            unknown_names("You can pay with Bitcoin.", Language::En, evidence),
            ["bitcoin"]
        );
        assert_eq!(
            unknown_names("您可以使用Bitcoin付款。", Language::Zh, evidence),
            ["bitcoin"]
        );
        let german = "Zahlen Sie mit PayPal. Zeldhof verwahrt das Geld.";
        assert!(unknown_names("Zeldhofs Geld liegt bei PayPal.", Language::De, german).is_empty());
        assert!(unknown_names("Money is held by Zeldhof.", Language::En, evidence).is_empty());
    }

    #[track_caller]
    fn check(sentence: &str, language: Language, evidence: &str, unknown: &[&str]) {
        assert_eq!(
            unknown_names(sentence, language, evidence),
            unknown,
            "{sentence}"
        );
    }

    #[test]
    fn names_are_told_in_nine_languages() {
        check(
            "Pay with Visa.",
            Language::En,
            "It is advisable to pay.",
            &["visa"],
        );
        check(
            "U betaalt met iDEAL.",
            Language::Nl,
            "U betaalt met Visa.",
            &["ideal"],
        );
        check(
            "Sie zahlen die Versandkosten.",
            Language::De,
            "Der Versand kostet nichts.",
            &[],
        );
        check(
            "Sie zahlen in Hamburg.",
            Language::De,
            "Sie zahlen in Berlin.",
            &["hamburg"],
        );
        check(
            "Vous payez à Lyon.",
            Language::Fr,
            "Vous payez à Paris.",
            &["lyon"],
        );
        check(
            "Paga con Bizum.",
            Language::Es,
            "Paga con Visa.",
            &["bizum"],
        );
        check(
            "Paghi con Satispay.",
            Language::It,
            "Paghi con Visa.",
            &["satispay"],
        );
        check(
            "Paga em Lisboa.",
            Language::Pt,
            "Paga no Porto.",
            &["lisboa"],
        );
        check(
            "Zapłać w Krakowie.",
            Language::Pl,
            "Zapłać w Warszawie.",
            &["krakowie"],
        );
        check(
            "在OpenStreetMap.org上。",
            Language::Zh,
            "地图 OpenStreetMap.org。",
            &[],
        );
        check(
            "使用Outlook发送。",
            Language::Zh,
            "使用Word发送。",
            &["outlook"],
        );
    }

    #[test]
    fn an_exchanged_name_leaves_another_behind() {
        let check = |sentence, evidence, expected| {
            assert_eq!(
                is_exchanged(sentence, evidence, ""),
                expected,
                "{sentence:?}"
            );
        };
        let dutch = ("Kinderarbeid komt veel voor in Kenia.", Language::Nl);
        check(
            ("Kinderarbeit ist in Kenia verbreitet.", Language::De),
            dutch,
            false,
        );
        check(
            ("Child labour is common in Kenya.", Language::En),
            dutch,
            false,
        );
        check(("童工在Chaffee很普遍。", Language::Zh), dutch, true);
    }

    #[test]
    fn only_codes_survive_translation() {
        let check = |sentence, language, evidence, unknown: &[&str]| {
            assert_eq!(
                unknown_codes(sentence, language, evidence),
                unknown,
                "{sentence}"
            );
        };
        check(
            "Abra Configuración y OneDrive.",
            Language::Es,
            "Open Instellingen in OneNote.",
            &["onedrive"],
        );
        check(
            "Installer KB12 ici.",
            Language::Fr,
            "Install KB12 here.",
            &[],
        );
        check(
            "It is AS IS, WITHOUT ANY.",
            Language::En,
            "wie besehen",
            &[],
        );
    }
}
