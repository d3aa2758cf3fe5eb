//! Polarity: a yes or no that opens a sentence.
//!
//! Writers like to answer with one, and no article bears it out. Negations inside a sentence are held against the
//! evidence by [`super::agreement`].

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

#[cfg(test)]
mod tests {
    use super::*;

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
