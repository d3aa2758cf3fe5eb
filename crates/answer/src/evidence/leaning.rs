//! Leaning: a statement whose first words point back to the one before it.
//!
//! "Then your account may be suspended." says when only together with its predecessor.

use corpus::Language;

/// Characters in which a phrase must lie.
const LONGEST_PHRASE: usize = 40;

/// Whether `text` opens with a word or a phrase that points back.
pub(crate) fn leans(text: &str, language: Language) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let opening: String = text.chars().take(LONGEST_PHRASE).collect();
    let opening = opening.to_lowercase();
    let mut phrases = phrases(language).iter();
    let is_opened = |phrase: &str| {
        let rest = opening.strip_prefix(phrase);
        rest.is_some_and(|rest| {
            !language.separates_words() || !rest.starts_with(char::is_alphabetic)
        })
    };
    if phrases.any(|phrase| is_opened(phrase)) {
        return true;
    }
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

/// Phrases that open a sentence only after another one, in lower case.
const fn phrases(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => &[
            "from then on",
            "from that moment",
            "after that",
            "in that case",
        ],
        Language::Nl => &["vanaf dat moment", "vanaf dan", "in dat geval"],
        Language::De => &[
            "ab dann",
            "ab da",
            "von da an",
            "ab diesem",
            "in diesem fall",
        ],
        Language::Fr => &[
            "à partir de ce moment",
            "dès lors",
            "à partir de là",
            "dans ce cas",
        ],
        Language::Es => &[
            "desde ese momento",
            "a partir de ahí",
            "a partir de ese",
            "en ese caso",
        ],
        Language::It => &[
            "da quel momento",
            "da lì",
            "da allora",
            "in questo caso",
            "in quel caso",
        ],
        Language::Pt => &[
            "a partir daí",
            "a partir desse",
            "desde então",
            "nesse caso",
        ],
        Language::Pl => &[
            "od tego momentu",
            "od tej chwili",
            "po tym",
            "w takim przypadku",
            "w tym przypadku",
        ],
        Language::Zh => &["从那时", "从此", "在这种情况"],
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
            (Language::Zh, "从那时起需要两天。"),
            (Language::Es, "Desde ese momento, el dinero tarda 2 días."),
            (Language::Pt, "A partir daí, o dinheiro demora 2 dias."),
            (Language::De, "Ab dann dauert es zwei Tage."),
        ] {
            assert!(leans(text, language), "{text}");
        }
        for (language, text) in [
            (Language::En, "The seller ships within 3 days."),
            (Language::En, "Thenar muscles hurt."),
            (Language::Nl, "Danny verkoopt schilderijen."),
            (Language::Es, "Yo pago."),
            (Language::Es, "Desde el lunes puedes pujar."),
            (Language::De, "Ab Dannenberg fährt ein Bus."),
            (Language::Zh, "卖家在三天内发货。"),
            (Language::En, ""),
        ] {
            assert!(!leans(text, language), "{text}");
        }
    }
}
