//! Personal data taken out of free text by rule: e-mail addresses, card numbers, bank accounts, telephone numbers.

/// What stands where something was taken out.
const EMAIL: &str = "[email]";
const CARD: &str = "[card]";
const ACCOUNT: &str = "[account]";
const PHONE: &str = "[phone]";

/// `text` without e-mail addresses, payment cards (13 to 19 digits with a valid check digit), IBANs (with a valid
/// remainder) and telephone numbers (9 to 15 digits that begin with `+` or `0`). Order numbers, amounts and dates stay.
pub fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '+') {
        redacted.push_str(&rest[..start]);
        rest = &rest[start..];
        let found = email(rest)
            .map(|n| (n, EMAIL))
            .or_else(|| account(rest).map(|n| (n, ACCOUNT)))
            .or_else(|| number(rest));
        let n = if let Some((n, instead)) = found {
            redacted.push_str(instead);
            n
        } else {
            // Past the whole word, so that no match begins inside it.
            let n = rest
                .char_indices()
                .skip(1)
                .find(|(_, c)| !c.is_alphanumeric())
                .map_or(rest.len(), |(at, _)| at);
            redacted.push_str(&rest[..n]);
            n
        };
        rest = &rest[n..];
    }
    redacted.push_str(rest);
    redacted
}

/// Length of an e-mail address at the start.
fn email(text: &str) -> Option<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let local = text.find(|c: char| !is_part(c))?;
    let host = text[local..].strip_prefix('@')?;
    let is_host = |c: char| c.is_alphanumeric() || ".-".contains(c);
    let end = host.find(|c: char| !is_host(c)).unwrap_or(host.len());
    let name = host[..end].trim_end_matches(['.', '-']);
    (local > 0 && name.contains('.')).then_some(local + 1 + name.len())
}

/// Length of an IBAN at the start, in groups or in one.
fn account(text: &str) -> Option<usize> {
    let mut compact = String::new();
    let mut end = 0;
    let mut lengths = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            ' ' if compact.len() >= 4 => {}
            c if c.is_ascii_alphanumeric() => {
                compact.push(c.to_ascii_uppercase());
                end = at + 1;
            }
            _ => break,
        }
        if c.is_ascii_alphanumeric() && (15..=34).contains(&compact.len()) {
            lengths.push((compact.len(), end));
        }
        if compact.len() > 34 {
            break;
        }
    }
    let bytes = compact.as_bytes();
    let begins_so = bytes.len() >= 15
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit);
    if !begins_so {
        return None;
    }
    lengths
        .into_iter()
        .rev()
        .find(|(n, end)| {
            let ends_there = text[*end..]
                .chars()
                .next()
                .is_none_or(|c| !c.is_alphanumeric());
            ends_there && remainder(&compact[..*n]) == 1
        })
        .map(|(_, end)| end)
}

/// ISO 7064, MOD 97-10, over the account with its first four characters at the end (ISO 13616).
fn remainder(compact: &str) -> u32 {
    let turned = compact[4..].chars().chain(compact[..4].chars());
    turned.fold(0, |sum, c| match c.to_digit(36) {
        Some(digit) if digit > 9 => (sum * 100 + digit) % 97,
        Some(digit) => (sum * 10 + digit) % 97,
        None => sum,
    })
}

/// Length of a card or telephone number at the start, and what to put instead.
fn number(text: &str) -> Option<(usize, &'static str)> {
    let mut digits = String::new();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        match c {
            '+' if at == 0 => {}
            '0'..='9' => {
                digits.push(c);
                end = at + 1;
            }
            ' ' | '-' | '(' | ')' | '.' | '/' if !digits.is_empty() || c == '(' => {
                // One separator, or a bracket beside one.
                let next = text[at + 1..].chars().next();
                if !next.is_some_and(|c| c.is_ascii_digit() || "() ".contains(c)) {
                    break;
                }
            }
            _ => break,
        }
    }
    if (13..=19).contains(&digits.len()) && luhn(&digits) {
        return Some((end, CARD));
    }
    let begins_so = text.starts_with('+') || digits.starts_with('0');
    // "2026-11-25" and "01.02.2026" are dates.
    let is_date = digits.len() == 8;
    (begins_so && !is_date && (9..=15).contains(&digits.len())).then_some((end, PHONE))
}

/// Whether the check digit of a card is right (ISO/IEC 7812-1, annex B).
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0') * if at % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
    }

    #[test]
    fn personal_data_goes() {
        check("Mail jan.de-vries+1@voorbeeld.nl.", "Mail [email].");
        check("Card 4111 1111 1111 1111, please", "Card [card], please");
        check("5500-0000-0000-0004", "[card]");
        check("IBAN NL91 ABNA 0417 1643 00!", "IBAN [account]!");
        check("DE89370400440532013000", "[account]");
        check(
            "Bel +31 6 1234 5678 of 020-1234567",
            "Bel [phone] of [phone]",
        );
        check("Tel. (020) 123 45 67", "Tel. ([phone]");
        check("请打 +86 138 0013 8000 找我", "请打 [phone] 找我");
    }

    #[test]
    fn what_a_person_needs_stays() {
        for text in [
            "Order 12345678 of 2026-11-25 for € 1.250,00",
            "Ordine n. 4111111111111112 del 01.02.2026",
            "3SABCD0123456789 PostNL",
            "within 14 days, 09:00-18:00",
            "a@b is no address, nor is @home",
            "",
        ] {
            check(text, text);
        }
    }
}
