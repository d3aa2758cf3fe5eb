//! Leaning: a statement whose first word points back to the one before it.
//!
//! "Then your account may be suspended." says when only together with its predecessor.

use corpus::Language;

/// Whether `text` opens with a word that points back.
pub(super) fn leans(text: &str, language: Language) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    if !language.separates_words() {
        return openers(language)
            .iter()
            .any(|opener| text.starts_with(opener));
    }
    let end = text.find(|c: char| !c.is_alphanumeric());
    let first = text[..end.unwrap_or(text.len())].to_lowercase();
    openers(language).contains(&first.as_str())
}

/// Words that open a sentence only after another one. Articles and conditions ("if", "when") are none, and neither are
/// pronouns that also stand for nothing ("it is possible to", "es gibt").
const fn openers(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &[
            "then",
            "otherwise",
            "instead",
            "this",
            "these",
            "those",
            "they",
            "however",
            "but",
            "and",
            "so",
            "also",
            "afterwards",
            "therefore",
        ],
        Language::Nl => &[
            "dan",
            "anders",
            "daarna",
            "daarom",
            "daarmee",
            "daarbij",
            "dit",
            "deze",
            "zij",
            "maar",
            "en",
            "dus",
            "ook",
            "vervolgens",
        ],
        Language::De => &[
            "dann",
            "sonst",
            "andernfalls",
            "danach",
            "deshalb",
            "damit",
            "dabei",
            "dies",
            "diese",
            "dieser",
            "dieses",
            "aber",
            "und",
            "also",
            "auch",
            "anschließend",
        ],
        Language::Fr => &[
            "alors", "sinon", "ensuite", "cela", "ça", "ceci", "ceux", "celles", "mais", "et",
            "donc", "aussi", "puis",
        ],
        Language::Es => &[
            "entonces", "después", "luego", "esto", "eso", "estos", "estas", "esos", "pero", "y",
            "así", "también", "además",
        ],
        Language::It => &[
            "allora",
            "altrimenti",
            "poi",
            "dopodiché",
            "questo",
            "questi",
            "queste",
            "ciò",
            "ma",
            "e",
            "quindi",
            "anche",
            "inoltre",
        ],
        Language::Pt => &[
            "então", "depois", "isto", "isso", "estes", "estas", "esses", "mas", "e", "assim",
            "também", "portanto",
        ],
        Language::Pl => &[
            "wtedy",
            "wówczas",
            "potem",
            "następnie",
            "inaczej",
            "to",
            "te",
            "ci",
            "ale",
            "i",
            "więc",
            "także",
            "również",
            "dlatego",
        ],
        Language::Zh => &[
            "那么", "否则", "然后", "这", "那", "但", "而且", "因此", "所以", "此外", "之后",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_points_back_is_noticed() {
        for (language, text) in [
            (Language::En, "Then your account may be suspended."),
            (Language::Nl, "Dan is het een zakelijke verkoper."),
            (Language::De, "„Danach“ beginnt die Frist."),
            (Language::Zh, "否则订单会取消。"),
        ] {
            assert!(leans(text, language), "{text}");
        }
        for (language, text) in [
            (Language::En, "The seller ships within 3 days."),
            (Language::En, "Thenar muscles hurt."),
            (Language::Nl, "Danny verkoopt schilderijen."),
            (Language::Es, "Yo pago."),
            (Language::Zh, "卖家在三天内发货。"),
            (Language::En, ""),
        ] {
            assert!(!leans(text, language), "{text}");
        }
    }
}
