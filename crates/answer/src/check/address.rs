//! Addresses: links, e-mail addresses and telephone numbers, which must stand in the cited article as they are.

/// The addresses a sentence gives, without the punctuation around them, in lower case.
pub fn addresses(text: &str) -> Vec<String> {
    let separates = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '<' | '>'
                    | '('
                    | ')'
                    | '（'
                    | '）'
                    | '，'
                    | '。'
                    | '、'
                    | '；'
                    | '"'
                    | '“'
                    | '”'
                    | '«'
                    | '»'
            )
            || corpus::language::detect::is_han(c)
    };
    text.split(separates)
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '/' | '_')))
        .filter(|word| is_address(word))
        .map(str::to_lowercase)
        .collect()
}

fn is_address(word: &str) -> bool {
    let has_host = |rest: &str| {
        rest.split_once('.').is_some_and(|(host, domain)| {
            !host.is_empty() && domain.chars().next().is_some_and(char::is_alphanumeric)
        })
    };
    word.contains("://")
        || word.to_lowercase().starts_with("www.")
        || word
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && has_host(host))
}

/// The telephone numbers in `text`, as their digits: seven or more, after a plus sign or in groups.
pub fn telephones(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut digits = String::new();
    let mut n_groups = 0;
    let mut has_plus = false;
    let mut previous = ' ';
    for character in text.chars().chain(['\n']) {
        match character {
            '0'..='9' => {
                if !previous.is_ascii_digit() {
                    n_groups += 1;
                }
                digits.push(character);
            }
            '+' if digits.is_empty() => has_plus = true,
            ' ' | '-' | '/' | '(' | ')' | '\u{A0}' | '.'
                if previous.is_ascii_digit()
                    || previous == '+'
                    || previous == ')'
                    || previous == ' ' && !digits.is_empty() => {}
            _ => {
                // Grouped digits without a plus may be an amount or a date; three groups and a leading 0 are neither.
                let is_number = has_plus || n_groups >= 3 && digits.starts_with('0');
                if digits.len() >= 7 && is_number {
                    found.push(std::mem::take(&mut digits));
                }
                digits.clear();
                n_groups = 0;
                has_plus = character == '+';
            }
        }
        previous = character;
    }
    found
}

/// The first address or telephone number of `sentence` that `source` does not hold as it is; `source` is the file of
/// the cited article.
pub fn unknown_address(sentence: &str, source: &str) -> Option<String> {
    let lower = source.to_lowercase();
    let known = telephones(source);
    addresses(sentence)
        .into_iter()
        .find(|address| !holds(&lower, address))
        .or_else(|| {
            telephones(sentence)
                .into_iter()
                .find(|number| !known.contains(number))
        })
}

/// Whether `address` stands in `source` whole: not as the beginning of a longer one.
fn holds(source: &str, address: &str) -> bool {
    source.match_indices(address).any(|(start, _)| {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '@' | '%');
        let mut after = source[start + address.len()..].chars();
        let goes_on = match after.next() {
            Some('.' | '/' | '?' | '#' | '=' | '&' | ':') => after.next().is_some_and(is_part),
            Some(next) => is_part(next),
            None => false,
        };
        let begins = !source[..start].chars().next_back().is_some_and(is_part);
        begins && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "Write to help@shop.example or see [the form](https://shop.example/form/new). Call +31 20 555 01 42.";

    #[track_caller]
    fn check(sentence: &str, unknown: Option<&str>) {
        assert_eq!(
            unknown_address(sentence, SOURCE).as_deref(),
            unknown,
            "{sentence}"
        );
    }

    #[test]
    fn addresses_must_stand_there_whole() {
        check("Mail help@shop.example.", None);
        check("Schreiben Sie an Help@shop.example!", None);
        check("请发送至help@shop.example。", None);
        check("Mail sales@shop.example.", Some("sales@shop.example"));
        check("Mail elp@shop.example.", Some("elp@shop.example"));
        check("See https://shop.example/form/new.", None);
        check(
            "See https://shop.example/form.",
            Some("https://shop.example/form"),
        );
        check(
            "Zie (https://shop.exmple/form/new).",
            Some("https://shop.exmple/form/new"),
        );
        check("Voir www.shop.example", Some("www.shop.example"));
        check("Bel +31 20 555 01 42.", None);
        check("Bel +31-20-5550142.", None);
        check("Zadzwoń: +31 20 555 01 43.", Some("31205550143"));
        check("Ligue 020 555 01 44", Some("0205550144"));
        check("Kosten 1 250 000 euro.", None);
        check("Puoi pagare in 3 giorni.", None);
    }
}
