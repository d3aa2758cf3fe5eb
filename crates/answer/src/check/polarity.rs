//! Polarity: whether a sentence says that something is, or that it is not.
//!
//! A drafted sentence whose negations do not pair up with those of its evidence claims something else. The
//! test is lexical and strict on purpose: a sentence refused here is replaced by the article's own words.

use corpus::Language;

/// Number of negating words in `text`.
pub fn negations(text: &str, language: Language) -> usize {
    let lower = text.to_lowercase();
    if language == Language::Zh {
        return chinese(&lower);
    }
    let words = lower
        .split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’'))
        .filter(|word| !word.is_empty());
    let list = words_of(language);
    let mut count = 0;
    let mut previous = "";
    for word in words {
        let bare = word.split(['\'', '’']).next_back().unwrap_or(word);
        let negates = list.contains(&word)
            || list.contains(&bare)
            || language == Language::En && (word.ends_with("n't") || word.ends_with("n’t"));
        // "ne … pas" and "nie ma" style doublings count once; so does a repeated "no, no".
        let doubled = matches!((language, previous, word), (Language::Fr, "ne", _))
            || language == Language::Fr && matches!(word, "ne" | "n");
        if negates && !doubled {
            count += 1;
        }
        previous = word;
    }
    count
}

/// Whether two sentences negate alike: both or neither.
pub fn agree(draft: (&str, Language), evidence: (&str, Language)) -> bool {
    (negations(draft.0, draft.1) > 0) == (negations(evidence.0, evidence.1) > 0)
}

/// Removes a yes or no that opens a sentence and that no article can bear out: "Ja, je kunt …".
pub fn without_yes_or_no(text: &str) -> &str {
    const OPENERS: [&str; 22] = [
        "yes",
        "no",
        "ja",
        "nee",
        "nein",
        "oui",
        "non",
        "sí",
        "si",
        "sì",
        "no",
        "sim",
        "não",
        "tak",
        "nie",
        "是的",
        "不是",
        "可以",
        "是",
        "不",
        "certainly",
        "natürlich",
    ];
    let lower = text.to_lowercase();
    for opener in OPENERS {
        let Some(rest) = lower.strip_prefix(opener) else {
            continue;
        };
        let Some(sign) = rest.chars().next() else {
            continue;
        };
        if matches!(sign, ',' | '，' | '.' | '!' | '。' | ';' | '！') {
            // Lower-casing keeps the byte length of every opener listed, so the offset fits the original.
            let offset = opener.len() + sign.len_utf8();
            return text.get(offset..).unwrap_or(text).trim_start();
        }
    }
    text
}

/// `text` with its first letter in upper case.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

fn chinese(text: &str) -> usize {
    // Compounds that hold a negating character without negating the sentence.
    const NEUTRAL: [&str; 8] = [
        "不同", "不久", "不断", "不仅", "不过", "未来", "不管", "无论",
    ];
    let mut text = text.to_owned();
    for compound in NEUTRAL {
        text = text.replace(compound, "");
    }
    text.matches(['不', '没', '無', '无', '未', '勿', '别', '非'])
        .count()
}

const fn words_of(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &[
            "not", "no", "never", "none", "cannot", "without", "nothing", "nobody", "neither",
            "nor", "unable",
        ],
        Language::Nl => &[
            "niet", "geen", "nooit", "niets", "niemand", "zonder", "nergens", "noch",
        ],
        Language::De => &[
            "nicht", "kein", "keine", "keinen", "keinem", "keiner", "keines", "nie", "niemals",
            "nichts", "niemand", "ohne", "weder",
        ],
        Language::Fr => &[
            "pas", "jamais", "aucun", "aucune", "rien", "personne", "sans", "ni", "non",
        ],
        Language::Es => &[
            "no", "nunca", "ningún", "ninguna", "ninguno", "nada", "nadie", "sin", "ni", "tampoco",
        ],
        Language::It => &[
            "non", "mai", "nessun", "nessuno", "nessuna", "niente", "nulla", "senza", "né",
        ],
        Language::Pt => &[
            "não", "nunca", "nenhum", "nenhuma", "nada", "ninguém", "sem", "nem",
        ],
        Language::Pl => &[
            "nie", "nigdy", "żaden", "żadna", "żadne", "żadnych", "nic", "nikt", "bez", "ani",
        ],
        Language::Zh => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negation_is_counted_in_nine_languages() {
        for (plain, negated, language) in [
            ("You can cancel.", "You can't cancel.", Language::En),
            (
                "Je kunt annuleren.",
                "Je kunt niet annuleren.",
                Language::Nl,
            ),
            (
                "Du kannst stornieren.",
                "Du kannst nicht stornieren.",
                Language::De,
            ),
            (
                "Vous pouvez annuler.",
                "Vous ne pouvez pas annuler.",
                Language::Fr,
            ),
            ("Puedes cancelar.", "No puedes cancelar.", Language::Es),
            ("Puoi annullare.", "Non puoi annullare.", Language::It),
            ("Pode cancelar.", "Não pode cancelar.", Language::Pt),
            ("Możesz anulować.", "Nie możesz anulować.", Language::Pl),
            ("您可以取消。", "您不可以取消。", Language::Zh),
        ] {
            assert_eq!(negations(plain, language), 0, "{plain}");
            assert_eq!(negations(negated, language), 1, "{negated}");
            assert!(!agree((plain, language), (negated, language)));
        }
    }

    #[test]
    fn an_opening_yes_or_no_goes() {
        assert_eq!(
            without_yes_or_no("Ja, je kunt met iDEAL betalen."),
            "je kunt met iDEAL betalen."
        );
        assert_eq!(without_yes_or_no("是的，您可以付款。"), "您可以付款。");
        assert_eq!(without_yes_or_no("Nee. Dat kan niet."), "Dat kan niet.");
        assert_eq!(without_yes_or_no("Now you can pay."), "Now you can pay.");
        assert_eq!(without_yes_or_no("No refund is due."), "No refund is due.");
    }
}
