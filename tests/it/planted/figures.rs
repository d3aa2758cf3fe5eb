//! Figures of an article's text, found and changed by hand: the suite must not read them as the rules do.

use std::ops::Range;

/// What a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// Money or a share.
    Amount,
    /// A day of a month.
    Date,
    /// A number of days, hours and the like.
    Deadline,
}

const MONTHS: [&str; 54] = [
    "january",
    "march",
    "october",
    "december",
    "november",
    "april",
    "januari",
    "maart",
    "oktober",
    "december",
    "januar",
    "märz",
    "dezember",
    "janvier",
    "mars",
    "octobre",
    "décembre",
    "novembre",
    "avril",
    "de enero",
    "de marzo",
    "de octubre",
    "de diciembre",
    "de noviembre",
    "gennaio",
    "marzo",
    "ottobre",
    "dicembre",
    "novembre",
    "aprile",
    "de janeiro",
    "de março",
    "de outubro",
    "de dezembro",
    "de novembro",
    "stycznia",
    "marca",
    "października",
    "grudnia",
    "listopada",
    "kwietnia",
    "月",
    "july",
    "juli",
    "juillet",
    "de julio",
    "luglio",
    "de julho",
    "lipca",
    "june",
    "juni",
    "juin",
    "de junio",
    "giugno",
];

const SPANS: [&str; 34] = [
    "day",
    "working day",
    "hour",
    "minute",
    "dag",
    "werkdag",
    "uur",
    "minu",
    "tag",
    "werktag",
    "stunde",
    "jour",
    "heure",
    "día",
    "hora",
    "giorn",
    "ore",
    "dia",
    "dni",
    "godzin",
    "天",
    "日",
    "个工作日",
    "个小时",
    "小时",
    "分钟",
    "tage",
    "ora",
    "week",
    "weken",
    "woche",
    "semaine",
    "month",
    "maand",
];

/// The digits of the first figures of a kind in `text`, in order.
pub(crate) fn find(text: &str, figure: Figure) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && (bytes[at].is_ascii_digit() || is_inside(bytes, at)) {
            at += 1;
        }
        let is_word = text[..start]
            .chars()
            .next_back()
            .is_some_and(char::is_alphabetic)
            && !text[..start].ends_with(|c: char| c as u32 > 0x3000);
        if !is_word && is_a(text, start..at, figure) {
            found.push(start..at);
        }
    }
    found
}

/// A stop or comma between two digits.
fn is_inside(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at], b'.' | b',') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

fn is_a(text: &str, digits: Range<usize>, figure: Figure) -> bool {
    let is_space = |c: char| c.is_whitespace() || c == '-';
    let after = text[digits.end..]
        .trim_start_matches(is_space)
        .to_lowercase();
    let before = text[..digits.start].trim_end();
    match figure {
        Figure::Amount => {
            before.ends_with('€')
                || ["€", "%", "euro", "eur", "欧元"]
                    .iter()
                    .any(|unit| after.starts_with(unit))
        }
        Figure::Date => {
            let after = after.trim_start_matches(['.', 'º', ' ']);
            let after = after.strip_prefix("er ").unwrap_or(after);
            MONTHS.iter().any(|month| after.starts_with(month)) && digits.len() <= 2
        }
        Figure::Deadline => SPANS.iter().any(|unit| after.starts_with(unit)) && digits.len() <= 2,
    }
}

/// Another number written alike, greater by two or a little more.
pub(crate) fn changed(digits: &str, by: usize) -> String {
    let end = digits.find(['.', ',']).unwrap_or(digits.len());
    let number: usize = digits[..end].parse().expect("digits");
    format!("{}{}", number + 2 + by, &digits[end..])
}
