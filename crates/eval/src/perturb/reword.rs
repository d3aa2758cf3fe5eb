//! Honest rewordings: the same claim in other clothes, or less of it.

use corpus::Language;

use super::{
    Kind,
    edit::{capitalised, places, replaced, swap},
    falsify::numbers,
    random::Random,
    words,
};

/// `text` reworded in the way of `kind`; `None` when it gives no occasion.
pub fn reword(kind: Kind, text: &str, language: Language, random: &mut Random) -> Option<String> {
    let edited = match kind {
        Kind::Verbatim => Some(text.to_owned()),
        Kind::Shortened => shortened(text, language, random),
        Kind::Notation => notation(text, language, random),
        Kind::Typography => Some(typography(text, language, random)),
        Kind::SameStrength => swap(
            text,
            language,
            words::same_strength(language),
            false,
            random,
        ),
        _ => None,
    };
    edited.filter(|edited| kind == Kind::Verbatim || edited != text)
}

/// A clause dropped: what stands in parentheses, an opener, or an addition at the end.
fn shortened(text: &str, language: Language, random: &mut Random) -> Option<String> {
    let mut ways = Vec::new();
    for (open, close) in [('(', ')'), ('（', '）')] {
        if let (Some(start), Some(end)) = (text.find(open), text.rfind(close))
            && start > 0
            && start < end
            && text.matches(open).count() == 1
        {
            let head = text[..start].trim_end();
            ways.push(format!("{head}{}", &text[end + close.len_utf8()..]));
        }
    }
    for opener in words::openers(language) {
        for comma in [", ", "，"] {
            if let Some(rest) = text
                .strip_prefix(opener)
                .and_then(|rest| rest.strip_prefix(comma))
            {
                ways.push(capitalised(rest));
            }
        }
    }
    for addition in words::additions(language) {
        for place in places(text, addition, language) {
            let head = text[..place.start].trim_end();
            let tail = &text[place.end..];
            let Some(head) = head.strip_suffix([',', '，']) else {
                continue;
            };
            // What follows must reach the end, and enough must be left.
            let is_last = !tail.contains([',', '，', ';', '；', ':', '：']);
            let least = if language.separates_words() { 25 } else { 10 };
            if is_last && head.chars().count() >= least {
                let stop = if language == Language::Zh { "。" } else { "." };
                ways.push(format!("{head}{stop}"));
            }
        }
    }
    random.choose(&ways).cloned()
}

/// A number or a date in another notation.
fn notation(text: &str, language: Language, random: &mut Random) -> Option<String> {
    let mut ways = Vec::new();
    for range in numbers(text) {
        let digits = &text[range.clone()];
        let swapped: String = digits
            .chars()
            .map(|c| match c {
                '.' => ',',
                ',' => '.',
                other => other,
            })
            .collect();
        let tail = digits.rsplit([',', '.']).next().map_or(0, str::len);
        let n_separators = digits.matches([',', '.']).count();
        // 1,250 and 1.250 only where the groups are of three: 3.5 is no 35.
        if n_separators >= 1 && (tail == 3 || tail <= 2 && n_separators <= 2) && !is_date(digits) {
            ways.push(replaced(text, &range, &swapped));
        }
        if n_separators >= 1 && tail == 3 && !is_date(digits) && digits.contains(',') {
            ways.push(replaced(text, &range, &digits.replace(',', "")));
        }
        if n_separators == 0 && (5..=9).contains(&digits.len()) {
            let separator = if language == Language::En || language == Language::Zh {
                ","
            } else {
                "."
            };
            let mut grouped = digits.to_owned();
            let mut at = digits.len();
            while at > 3 {
                at -= 3;
                grouped.insert_str(at, separator);
            }
            ways.push(replaced(text, &range, &grouped));
        }
        if text[range.end..].starts_with('%') {
            ways.push(format!("{} {}", &text[..range.end], &text[range.end..]));
        }
    }
    ways.extend(dates(text, language));
    random.choose(&ways).cloned()
}

fn is_date(digits: &str) -> bool {
    digits.matches('.').count() == 2 && !digits.contains(',')
}

/// Dates written out, as year-month-day.
fn dates(text: &str, language: Language) -> Vec<String> {
    let mut ways = Vec::new();
    let [months, _] = words::calendar(language);
    for (month, name) in (1..).zip(months) {
        for place in places(text, name, language) {
            if language == Language::Zh {
                continue;
            }
            let before = text[..place.start].trim_end_matches(" de ").trim_end();
            let before = before.trim_end_matches('.');
            let day_digits =
                before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            let day = &before[before.len() - day_digits..];
            let after = text[place.end..].trim_start_matches(" de").trim_start();
            let year: String = after.chars().take_while(char::is_ascii_digit).collect();
            let (Ok(day_number), 4) = (day.parse::<u8>(), year.len()) else {
                continue;
            };
            if !(1..=31).contains(&day_number) {
                continue;
            }
            let start = before.len() - day_digits;
            let end = text.len() - after.len() + year.len();
            ways.push(format!(
                "{}{year}-{month:02}-{day_number:02}{}",
                &text[..start],
                &text[end..]
            ));
        }
    }
    if language == Language::Zh {
        ways.extend(chinese_date(text));
    }
    ways
}

/// 2026年11月25日 as 2026-11-25.
fn chinese_date(text: &str) -> Option<String> {
    let year_end = text.find('年')?;
    let year = text.get(year_end.checked_sub(4)?..year_end)?;
    let (month, rest) = text[year_end + '年'.len_utf8()..].split_once('月')?;
    let (day, _) = rest.split_once('日')?;
    let (_, month, day) = (
        year.parse::<u16>().ok()?,
        month.parse::<u8>().ok()?,
        day.parse::<u8>().ok()?,
    );
    let end = text.find('日')? + '日'.len_utf8();
    let start = year_end - 4;
    (start < end).then(|| {
        format!(
            "{}{year}-{month:02}-{day:02}{}",
            &text[..start],
            &text[end..]
        )
    })
}

/// Case, quotation marks, apostrophes and the final stop: nothing anyone means anything by.
fn typography(text: &str, language: Language, random: &mut Random) -> String {
    let stopless = text.trim_end_matches(['.', '。']);
    match random.below(4) {
        0 if stopless != text => stopless.to_owned(),
        1 if text.contains(['\'', '’']) => text
            .replace('’', "\u{1}")
            .replace('\'', "’")
            .replace('\u{1}', "'"),
        2 if text.contains(['"', '“', '„', '«']) => {
            text.replace(['"', '“', '”', '„', '«', '»'], "'")
        }
        _ if stopless != text && language != Language::Zh => format!("{stopless}!"),
        _ if stopless != text => format!("{stopless}！"),
        _ => format!(
            "{text}{}",
            if language == Language::Zh { "。" } else { "." }
        ),
    }
}

/// Two sentences as one.
pub fn joined(first: &str, second: &str, language: Language, random: &mut Random) -> String {
    let head = first.trim_end_matches(['.', '。', '!', '！', ';', '；']);
    if random.below(2) == 0 {
        let semicolon = if language == Language::Zh {
            "；"
        } else {
            "; "
        };
        return format!("{head}{semicolon}{second}");
    }
    format!("{head}{}{second}", words::joint(language))
}

/// A lead-in and one item of its list as one sentence.
pub fn item_under(lead_in: &str, item: &str, language: Language) -> String {
    let head = lead_in.trim_end_matches([':', '：']);
    let colon = if language == Language::Zh {
        "："
    } else {
        ": "
    };
    format!("{head}{colon}{item}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: Kind, text: &str, language: Language, expected: Option<&str>) {
        let edited = reword(kind, text, language, &mut Random::new(1, text));
        assert_eq!(edited.as_deref(), expected, "{text}");
    }

    #[test]
    fn less_is_said() {
        check(
            Kind::Shortened,
            "However, you pay.",
            Language::En,
            Some("You pay."),
        );
        check(
            Kind::Shortened,
            "Außerdem, es gilt.",
            Language::De,
            Some("Es gilt."),
        );
        check(
            Kind::Shortened,
            "Puede usar otros programas aquí, como Word o Excel.",
            Language::Es,
            Some("Puede usar otros programas aquí."),
        );
        check(Kind::Shortened, "You pay.", Language::En, None);
    }

    #[test]
    fn notations_change_and_values_do_not() {
        check(
            Kind::Notation,
            "It is 1,25 long.",
            Language::En,
            Some("It is 1.25 long."),
        );
        check(
            Kind::Notation,
            "am 25. November 2026 los",
            Language::De,
            Some("am 2026-11-25 los"),
        );
        check(
            Kind::Notation,
            "el 3 de mayo de 2026 sale",
            Language::Es,
            Some("el 2026-05-03 sale"),
        );
        check(
            Kind::Notation,
            "于2026年5月3日开始",
            Language::Zh,
            Some("于2026-05-03开始"),
        );
        check(Kind::Notation, "version 3", Language::En, None);
    }

    #[test]
    fn sentences_are_joined() {
        let mut random = Random::new(2, "");
        let both = joined("A.", "B.", Language::Zh, &mut random);
        assert!(both == "A；B." || both == "A，并且B.", "{both}");
        assert_eq!(
            item_under("You need:", "a key", Language::En),
            "You need: a key"
        );
    }
}
