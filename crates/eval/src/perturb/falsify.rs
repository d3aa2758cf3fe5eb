//! False sentences: one fact of a true one changed.

use std::ops::Range;

use corpus::Language;

use super::{
    Kind,
    edit::{places, replaced, swap},
    random::Random,
    words,
};

/// What a change may draw on.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// Names of the same collection.
    pub names: &'a [String],
    /// Everything the evidence says: a name it holds makes nothing false for certain.
    pub evidence: &'a str,
}

/// `text` made false in the way of `kind`; `None` when there is nothing in it to change.
pub fn falsify(
    kind: Kind,
    text: &str,
    language: Language,
    material: Material<'_>,
    random: &mut Random,
) -> Option<String> {
    match kind {
        Kind::Number => number(text, random, false),
        Kind::Amount => amount(text, language, random),
        Kind::Unit => unit(text, language, random),
        Kind::Date => date(text, language, random),
        Kind::Name => name(text, language, material, random),
        Kind::Address => Some(address(text, random)),
        Kind::Negation => swap(text, language, words::negations(language), false, random),
        Kind::Modality => swap(text, language, words::modalities(language), false, random),
        Kind::Limit => swap(text, language, words::limits(language), false, random),
        Kind::Scope => swap(text, language, words::scopes(language), false, random),
        Kind::Role => swap(text, language, words::opposites(language), true, random),
        _ => None,
    }
}

/// Numbers in digits that stand for a quantity: not parts of names, versions or addresses.
pub fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len()
            && (bytes[at].is_ascii_digit()
                || matches!(bytes[at], b'.' | b',')
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
        {
            at += 1;
        }
        let before = text[..start].chars().next_back();
        let after = text[at..].chars().next();
        let is_latin = |c: char| {
            c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '/' | '.' | '#' | '+' | '\\')
        };
        let is_part = before.is_some_and(is_latin)
            || after.is_some_and(|c| is_latin(c) && c != '.' && c != '-' && c != '/');
        if !is_part && at - start <= 12 {
            found.push(start..at);
        }
    }
    found
}

fn number(text: &str, random: &mut Random, small: bool) -> Option<String> {
    let found = numbers(text);
    let range = random.choose(&found)?.clone();
    Some(replaced(
        text,
        &range,
        &changed(&text[range.clone()], random, small),
    ))
}

/// Another number in the same notation.
fn changed(digits: &str, random: &mut Random, small: bool) -> String {
    let places: Vec<usize> = digits
        .char_indices()
        .filter(|(at, c)| c.is_ascii_digit() && (!small || *at + 1 == digits.len()))
        .map(|(at, _)| at)
        .collect();
    let place = *random.choose(&places).unwrap_or(&0);
    let old = digits.as_bytes()[place] - b'0';
    let least = u8::from(place == 0);
    let mut new = old;
    while new == old {
        new = least + u8::try_from(random.below(10 - usize::from(least))).unwrap_or(1);
    }
    let mut edited = digits.to_owned();
    edited.replace_range(place..=place, &new.to_string());
    edited
}

const SIGNS: [&str; 4] = ["€", "$", "£", "¥"];

fn currency_words(language: Language) -> &'static [words::Swap] {
    match language {
        Language::En => &[
            ("euros", "dollars"),
            ("dollars", "pounds"),
            ("pounds", "euros"),
            ("USD", "EUR"),
            ("EUR", "USD"),
        ],
        Language::Nl => &[("euro", "dollar"), ("dollar", "euro"), ("pond", "euro")],
        Language::De => &[("Euro", "Dollar"), ("Dollar", "Euro"), ("Pfund", "Euro")],
        Language::Fr => &[("euros", "dollars"), ("dollars", "euros")],
        Language::Es => &[
            ("euros", "dólares"),
            ("dólares", "euros"),
            ("libras", "euros"),
        ],
        Language::It => &[("euro", "dollari"), ("dollari", "euro")],
        Language::Pt => &[("euros", "dólares"), ("dólares", "euros")],
        Language::Pl => &[
            ("euro", "złotych"),
            ("złotych", "euro"),
            ("dolarów", "euro"),
        ],
        Language::Zh => &[
            ("美元", "欧元"),
            ("欧元", "美元"),
            ("元", "美元"),
            ("英镑", "欧元"),
        ],
    }
}

/// An amount of money: its number or its currency.
fn amount(text: &str, language: Language, random: &mut Random) -> Option<String> {
    let is_beside = |range: &Range<usize>| {
        let before = text[..range.start].trim_end();
        let after = text[range.end..].trim_start();
        SIGNS
            .iter()
            .any(|sign| before.ends_with(sign) || after.starts_with(sign))
            || currency_words(language)
                .iter()
                .any(|(word, _)| after.to_lowercase().starts_with(&word.to_lowercase()))
    };
    let amounts: Vec<Range<usize>> = numbers(text).into_iter().filter(is_beside).collect();
    let range = random.choose(&amounts)?.clone();
    if random.below(2) == 0 {
        return Some(replaced(
            text,
            &range,
            &changed(&text[range.clone()], random, false),
        ));
    }
    let signs: Vec<Range<usize>> = SIGNS
        .iter()
        .flat_map(|sign| places(text, sign, Language::Zh))
        .collect();
    match random.choose(&signs) {
        Some(sign) => {
            let other = SIGNS
                .iter()
                .filter(|other| **other != &text[sign.clone()])
                .collect::<Vec<_>>();
            Some(replaced(text, sign, random.choose(&other)?))
        }
        None => swap(text, language, currency_words(language), false, random),
    }
}

/// The unit behind a number.
fn unit(text: &str, language: Language, random: &mut Random) -> Option<String> {
    let found = numbers(text);
    let mut fitting = Vec::new();
    for (unit, other) in words::units(language) {
        for place in places(text, unit, Language::Zh) {
            let joined =
                language.separates_words() && text[place.end..].starts_with(char::is_alphanumeric);
            let directly = found.iter().any(|range| {
                text[range.end..place.start.max(range.end)]
                    .trim()
                    .is_empty()
                    && range.end <= place.start
            });
            if directly && !joined {
                fitting.push((place, *other));
            }
        }
    }
    let (place, by) = random.choose(&fitting)?;
    Some(replaced(text, place, by))
}

/// A month, a weekday, a year or the days of a deadline.
fn date(text: &str, language: Language, random: &mut Random) -> Option<String> {
    let mut fitting: Vec<(Range<usize>, String)> = Vec::new();
    for names in words::calendar(language) {
        for (at, name) in names.iter().enumerate() {
            let other = names[(at + 1 + random.below(names.len() - 1)) % names.len()];
            fitting.extend(
                places(text, name, language)
                    .into_iter()
                    .filter(|place| {
                        // "May" and 1月 inside 11月.
                        text[place.clone()] == **name
                            && !text[..place.start].ends_with(|c: char| c.is_ascii_digit())
                    })
                    .map(|place| (place, other.to_owned())),
            );
        }
    }
    for range in numbers(text) {
        let digits = &text[range.clone()];
        let is_year = digits.len() == 4 && (digits.starts_with('1') || digits.starts_with("20"));
        let after = text[range.end..].trim_start();
        let is_span = words::units(language)
            .iter()
            .filter(|(unit, _)| unit.chars().count() > 2 || !language.separates_words())
            .filter(|(unit, _)| {
                !matches!(
                    *unit,
                    "people"
                        | "million"
                        | "billion"
                        | "miles"
                        | "feet"
                        | "万"
                        | "人"
                        | "%"
                        | "percent"
                )
            })
            .any(|(unit, _)| after.starts_with(unit));
        if is_year || is_span {
            fitting.push((range.clone(), changed(digits, random, true)));
        }
    }
    let (place, by) = random.choose(&fitting)?;
    Some(replaced(text, place, by)).filter(|edited| edited != text)
}

/// A name replaced by another of the same collection.
fn name(
    text: &str,
    language: Language,
    material: Material<'_>,
    random: &mut Random,
) -> Option<String> {
    let known = material.evidence.to_lowercase();
    let own: Vec<Range<usize>> = super::names::names(text, language)
        .into_iter()
        .filter(|range| {
            language != Language::De
                || material
                    .names
                    .iter()
                    .any(|name| *name == text[range.clone()])
        })
        .collect();
    let range = random.choose(&own)?.clone();
    let others: Vec<&String> = material
        .names
        .iter()
        .filter(|name| !known.contains(&name.to_lowercase()))
        .collect();
    Some(replaced(text, &range, random.choose(&others)?))
}

/// A link, address or number of a telephone that no article holds, in the place of one or at the end.
fn address(text: &str, random: &mut Random) -> String {
    const INVENTED: [&str; 4] = [
        "https://www.helpdesk-center.example/reset",
        "support@helpdesk-center.example",
        "+31 20 555 01 42",
        "www.helpdesk-center.example",
    ];
    let own = text.split_whitespace().find(|word| {
        word.contains("://") || word.contains("www.") || word.contains('@') && word.contains('.')
    });
    if let Some(own) = own
        && let Some(start) = text.find(own)
    {
        let own = own.trim_end_matches(['.', ',', ')', ';']);
        let range = start..start + own.len();
        // A changed letter of the host is the likelier slip, and the harder one.
        let letters: Vec<usize> = own
            .char_indices()
            .filter(|(at, c)| *at > 8 && c.is_ascii_lowercase())
            .map(|(at, _)| at)
            .collect();
        if let Some(at) = random.choose(&letters) {
            let mut other = own.to_owned();
            let letter = if other.as_bytes()[*at] == b'x' {
                "q"
            } else {
                "x"
            };
            other.replace_range(*at..=*at, letter);
            return format!("{}{other}{}", &text[..range.start], &text[range.end..]);
        }
    }
    let end = text.trim_end_matches(['.', '。', '!', '！']);
    let stop = &text[end.len()..];
    format!("{end} ({}){stop}", INVENTED[random.below(INVENTED.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: Kind, text: &str, language: Language, is_possible: bool) {
        let names = ["Zugspitze".to_owned(), "Warsaw".to_owned()];
        let material = Material {
            names: &names,
            evidence: text,
        };
        for seed in 0..20 {
            let edited = falsify(kind, text, language, material, &mut Random::new(seed, text));
            assert_eq!(edited.is_some(), is_possible, "{kind:?} {text}");
            assert_ne!(edited.as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_there_is_changed() {
        check(Kind::Number, "It takes 4 days.", Language::En, true);
        check(Kind::Number, "It takes four days.", Language::En, false);
        check(Kind::Number, "Install KB12 now.", Language::En, false);
        check(Kind::Amount, "Pay € 1.250,00 now.", Language::En, true);
        check(Kind::Amount, "Es kostet 5 Euro.", Language::De, true);
        check(Kind::Amount, "It takes 4 days.", Language::En, false);
        check(Kind::Unit, "Wait 30 minutes.", Language::En, true);
        check(Kind::Unit, "等待30分钟。", Language::Zh, true);
        check(Kind::Unit, "Wait some minutes.", Language::En, false);
        check(Kind::Date, "W dniu 3 maja 2026.", Language::Pl, true);
        check(Kind::Date, "Il y a 3 jours.", Language::Fr, true);
        check(Kind::Date, "You may go.", Language::En, false);
        check(Kind::Name, "They met in Paris today.", Language::En, true);
        check(
            Kind::Address,
            "Mail help@shop.example now.",
            Language::En,
            true,
        );
        check(
            Kind::Negation,
            "Puoi farlo, ma non oggi.",
            Language::It,
            true,
        );
        check(Kind::Modality, "Możesz zapłacić.", Language::Pl, true);
        check(Kind::Limit, "Até 5 ficheiros.", Language::Pt, true);
        check(Kind::Scope, "Apenas hoje.", Language::Pt, true);
        check(Kind::Role, "De koper betaalt.", Language::Nl, true);
    }
}
