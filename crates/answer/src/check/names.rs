//! Names a sentence states: brands, places, codes.
//!
//! A name that the evidence does not hold is the mark of an invented sentence ("you can pay with Bitcoin").

use corpus::Language;

/// The names in `sentence` that `evidence` does not hold, lower case. Links and addresses are none
/// ([`super::address`]).
pub fn unknown_names(sentence: &str, language: Language, evidence: &str) -> Vec<String> {
    let known = evidence.to_lowercase();
    names(sentence, language)
        .into_iter()
        .filter(|name| !holds(&known, name))
        .collect()
}

fn names(sentence: &str, language: Language) -> Vec<String> {
    let mut names = Vec::new();
    let mut starts_sentence = true;
    for word in sentence.split(|c: char| {
        c.is_whitespace() || matches!(c, '，' | '、' | '。' | '（' | '）' | '；' | '：')
    }) {
        if word.is_empty() {
            continue;
        }
        let is_address = word.contains("://") || word.contains('@') || word.starts_with("www.");
        if is_address {
            starts_sentence = false;
            continue;
        }
        for part in word.split([
            '/', '–', '-', '(', ')', '"', '“', '”', '„', '«', '»', '→', '>', '|', ',', ';', ':',
            '*',
        ]) {
            let token: &str = part.trim_matches(|c: char| !c.is_alphanumeric());
            if !token.is_empty() && is_name(token, language, starts_sentence) {
                names.push(latin_part(token, language).to_lowercase());
            }
            if !token.is_empty() {
                starts_sentence = false;
            }
        }
        if word.ends_with(['.', '!', '?', ':', '。']) {
            starts_sentence = true;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn is_name(token: &str, language: Language, starts_sentence: bool) -> bool {
    let mut letters = token.chars().filter(|c| c.is_alphabetic());
    let Some(first) = letters.next() else {
        return false;
    };
    let inner_capital = letters.clone().any(char::is_uppercase);
    let has_digit = token.chars().any(|c| c.is_ascii_digit());
    if language == Language::Zh {
        return token.chars().filter(char::is_ascii_alphabetic).count() >= 2;
    }
    if inner_capital || has_digit && first.is_uppercase() {
        return true;
    }
    // German writes every noun with a capital, so a capital alone marks no name there.
    first.is_uppercase()
        && !starts_sentence
        && language != Language::De
        && !is_pronoun(token, language)
}

/// Capitalised words of politeness and of the first person.
fn is_pronoun(token: &str, language: Language) -> bool {
    match language {
        Language::En => matches!(token, "I" | "I'm" | "I've" | "I'll"),
        Language::Nl => matches!(token, "U" | "Uw"),
        Language::It => matches!(token, "Lei" | "La" | "Le" | "Suo" | "Sua"),
        Language::Es => matches!(token, "Usted" | "Ud"),
        Language::Pl => {
            token.starts_with("Pan") || token.starts_with("Tw") || token.starts_with("Ci")
        }
        _ => false,
    }
}

/// In Chinese text a token may mix a Latin name with characters; only the name counts.
fn latin_part(token: &str, language: Language) -> String {
    if language == Language::Zh {
        token.chars().filter(char::is_ascii_alphanumeric).collect()
    } else {
        token.to_owned()
    }
}

/// Whether `known` holds `name`, allowing for an ending of up to two letters (genitives, plurals).
fn holds(known: &str, name: &str) -> bool {
    if known.contains(name) {
        return true;
    }
    let n_chars = name.chars().count();
    (1..=2).any(|cut| {
        n_chars > cut + 3 && {
            let stem: String = name.chars().take(n_chars - cut).collect();
            known.contains(&stem)
        }
    })
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
        assert!(
            unknown_names("Zeldhofs Geld liegt bei PayPal.", Language::De, evidence).is_empty()
        );
        assert!(unknown_names("Money is held by Zeldhof.", Language::En, evidence).is_empty());
    }
}
