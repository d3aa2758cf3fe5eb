//! The line a finding is about, with a mark under the place.

use lint::{Place, escaped_character};

/// Most columns of a line that are shown.
const MAX_COLUMNS: usize = 96;
/// Columns shown in front of the place when the line does not fit.
const LEAD: usize = 32;

/// A line as it is shown, and marks of the same width under the place; none when the place is the whole line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) line: String,
    pub(super) marks: String,
}

/// The line of `text` that `place` is in. `None` when it is about the file as a whole, or the line is not there.
pub(super) fn of(text: &str, place: &Place) -> Option<Excerpt> {
    if place.range.is_none() && place.line == 1 {
        return None;
    }
    let line = text
        .lines()
        .nth(usize::try_from(place.line).ok()?.checked_sub(1)?)?;
    let first = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let n_marked = place
        .range
        .and_then(|range| range.slice(text))
        .map_or(0, |marked| {
            marked
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                .max(1)
        });
    let characters: Vec<char> = line.chars().collect();
    let from = if width(&characters) > MAX_COLUMNS {
        first.saturating_sub(LEAD)
    } else {
        0
    };
    let mut shown = String::new();
    let mut marks = String::new();
    let mut n_columns = 0;
    if from > 0 {
        shown.push('…');
        marks.push(' ');
        n_columns += 1;
    }
    for (at, &c) in characters.iter().enumerate().skip(from) {
        let piece = piece(c);
        let columns = piece.chars().map(columns).sum::<usize>();
        if n_columns + columns > MAX_COLUMNS {
            shown.push('…');
            break;
        }
        let is_marked = (first..first + n_marked).contains(&at);
        shown.push_str(&piece);
        marks.push_str(&if is_marked { "^" } else { " " }.repeat(columns));
        n_columns += columns;
    }
    Some(Excerpt {
        line: shown.trim_end().to_owned(),
        marks: marks.trim_end().to_owned(),
    })
}

fn piece(c: char) -> String {
    if c == '\t' {
        " ".to_owned()
    } else {
        escaped_character(c)
    }
}

fn width(characters: &[char]) -> usize {
    characters
        .iter()
        .flat_map(|c| piece(*c).chars().collect::<Vec<_>>())
        .map(columns)
        .sum()
}

/// Columns a character takes in a terminal.
const fn columns(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36F}' | '\u{FE00}'..='\u{FE0F}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE4F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use corpus::ByteRange;

    use super::*;

    #[track_caller]
    fn check(text: &str, marked: &str, line: &str, marks: &str) {
        let start = text.find(marked).expect("the place");
        let place = Place::range("a.md", text, ByteRange::new(start, start + marked.len()));
        let excerpt = of(text, &place).expect("a line");
        assert_eq!(
            (excerpt.line.as_str(), excerpt.marks.as_str()),
            (line, marks)
        );
    }

    #[test]
    fn the_place_is_marked() {
        check(
            "A\nSee [b](c.md).\n",
            "[b](c.md)",
            "See [b](c.md).",
            "    ^^^^^^^^^",
        );
        check(
            "去看 [b](c.md)。\r\n",
            "[b](c.md)",
            "去看 [b](c.md)。",
            "     ^^^^^^^^^",
        );
        check(
            "pay\u{200B}ment",
            "\u{200B}",
            "pay⟨U+200B⟩ment",
            "   ^^^^^^^^",
        );
        check(
            "a <p hidden>b\nc</p> d",
            "<p hidden>b\nc</p>",
            "a <p hidden>b",
            "  ^^^^^^^^^^^",
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{} here {}", "x".repeat(200), "y".repeat(200));
        let start = 201;
        let place = Place::range("a.md", &text, ByteRange::new(start, start + 4));
        let excerpt = of(&text, &place).expect("a line");
        assert_eq!(excerpt.marks, format!("{}^^^^", " ".repeat(33)));
        assert!(
            excerpt.line.starts_with("…xxx") && excerpt.line.ends_with("yyy…"),
            "{}",
            excerpt.line
        );
        assert_eq!(excerpt.line.chars().count(), 97);
    }

    #[test]
    fn whole_files_have_no_line_and_whole_lines_no_mark() {
        assert_eq!(of("a\nb\n", &Place::file("a.md")), None);
        let line = of("a\nb\n", &Place::line("a.md", 2)).expect("a line");
        assert_eq!((line.line.as_str(), line.marks.as_str()), ("b", ""));
        assert_eq!(of("a\n", &Place::line("a.md", 9)), None);
    }
}
