//! Texts of customers made plain: no control characters, no invisible ones, no markup that acts.

use serde_json::Value;

/// `text` without control characters but line ends, without characters that are not seen or that turn the reading
/// direction, and with at most two line ends in a row. Letters of every script, emoji and their joiners stay.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut line_ends = 0;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let c = match c {
            '\r' if characters.peek() == Some(&'\n') => continue,
            '\r' | '\u{2028}' | '\u{2029}' => '\n',
            '\t' => ' ',
            other => other,
        };
        if c == '\n' {
            line_ends += 1;
            if line_ends <= 2 {
                cleaned.push(c);
            }
            continue;
        }
        if c.is_control() || is_invisible(c) {
            continue;
        }
        line_ends = 0;
        cleaned.push(c);
    }
    cleaned.truncate(cleaned.trim_end().len());
    let start = cleaned.len() - cleaned.trim_start().len();
    cleaned.drain(..start);
    cleaned
}

/// `value` with every text in it, names of fields too, made plain by [`clean`].
pub fn clean_json(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => items.iter().map(clean_json).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (clean(name), clean_json(value)))
            .collect(),
        plain => plain.clone(),
    }
}

/// Characters that are not seen, or turn what is: bidirectional controls, zero-width ones but the joiner emoji and Indic
/// scripts need, tags, byte-order marks.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}'
            | '\u{061C}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{200E}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{206A}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(clean(text), expected);
    }

    #[test]
    fn texts_of_a_document_are_made_plain_wherever_they_stand() {
        let value = json!({"la\u{1b}bel": ["a\u{202e}b", {"c": "d\u{0}"}], "n": 7, "none": null});
        let plain = json!({"label": ["ab", {"c": "d"}], "n": 7, "none": null});
        assert_eq!(clean_json(&value), plain);
    }

    #[test]
    fn what_is_seen_stays_and_nothing_else() {
        check("Où est mon colis ?", "Où est mon colis ?");
        check("a\u{0}b\u{7}c\u{1b}[31md", "abc[31md");
        check("\u{202e}gnp.exe\u{202c}", "gnp.exe");
        check("a\r\nb\rc\u{2028}d", "a\nb\nc\nd");
        check("a\n\n\n\n\nb", "a\n\nb");
        check("  \n x \n ", "x");
        check("👩\u{200d}🔧 नमस्ते", "👩\u{200d}🔧 नमस्ते");
        check("ta\u{E0061}g", "tag");
        check("", "");
    }
}
