//! Showing what cannot be seen: invisible characters as their code points, long texts cut.

/// Most characters of an article that a message repeats.
const MAX_SHOWN: usize = 80;

/// `text` on one line, cut after 80 characters, with everything that cannot be seen as its code point:
/// `pay⟨U+200B⟩ment`. White space is folded.
pub fn escaped(text: &str) -> String {
    let mut shown = String::new();
    let mut n_shown = 0;
    for c in text.trim().chars() {
        if n_shown >= MAX_SHOWN {
            shown.push('…');
            break;
        }
        if c.is_whitespace() && !is_odd_space(c) {
            if !shown.ends_with(' ') {
                shown.push(' ');
                n_shown += 1;
            }
        } else {
            shown.push_str(&escaped_character(c));
            n_shown += if is_unseen(c) { 8 } else { 1 };
        }
    }
    shown
}

/// `c` itself, or its code point when it cannot be seen: `⟨U+200B⟩`.
pub fn escaped_character(c: char) -> String {
    if is_unseen(c) {
        format!("⟨{}⟩", code_point(c))
    } else {
        c.to_string()
    }
}

/// `U+200B`.
pub(crate) fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

const fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character leaves no mark, or steers how others are shown, or has no agreed shape.
pub(crate) fn is_unseen(c: char) -> bool {
    is_odd_space(c)
        || c.is_control() && !c.is_whitespace()
        || is_zero_width(c)
        || is_private_use(c)
        || matches!(c,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Characters without width that are no controls, variation selectors or tags.
pub(crate) const fn is_zero_width(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2065}'
        | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}')
}

pub(crate) const fn is_private_use(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(escaped(text), expected);
    }

    #[test]
    fn the_unseen_is_shown() {
        check("pay\u{200B}ment", "pay⟨U+200B⟩ment");
        check("a\u{E0041}\u{1b}", "a⟨U+E0041⟩⟨U+001B⟩");
        check("  € 2,50\u{a0}\n\n per\tstuk ", "€ 2,50 per stuk");
        check("卖家 é 🙂", "卖家 é 🙂");
    }

    #[test]
    fn long_texts_are_cut() {
        let shown = escaped(&"x".repeat(500));
        assert_eq!(shown.chars().count(), 81);
        assert!(shown.ends_with("x…"));
    }
}
