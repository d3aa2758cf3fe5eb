//! HTML in Markdown, taken apart as far as the rules need it: tags with their attributes, and comments.

use std::collections::BTreeMap;

use corpus::ByteRange;

/// A tag or a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Name of the element in lower case; empty for a comment.
    pub name: String,
    /// What it is.
    pub kind: TokenKind,
    /// The whole tag or comment.
    pub range: ByteRange,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenKind {
    /// An opening tag with its attributes, names in lower case; the first of two with one name counts.
    Open(BTreeMap<String, String>),
    /// A closing tag.
    Close,
    /// A comment and its content.
    Comment(ByteRange),
}

/// Longest tag that is read.
const MAX_TAG_BYTES: usize = 2048;

/// Elements whose content is no HTML.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

/// Adds the tokens in the bytes `range` of `text` to `tokens`.
pub fn tokens(text: &str, range: ByteRange, tokens: &mut Vec<Token>) {
    let mut at = range.start;
    let html = text.get(..range.end).unwrap_or_default();
    while let Some(start) = html
        .get(at..)
        .and_then(|rest| rest.find('<'))
        .map(|found| at + found)
    {
        let rest = &html[start..];
        let end = if let Some(comment) = rest.strip_prefix("<!--") {
            // `<!-->` and `<!--->` are whole comments.
            let content = if comment.starts_with('>') || comment.starts_with("->") {
                0
            } else {
                comment.find("-->").unwrap_or(comment.len())
            };
            let end = comment[content..]
                .find('>')
                .map_or(html.len(), |found| start + 4 + content + found + 1);
            tokens.push(Token {
                name: String::new(),
                kind: TokenKind::Comment(ByteRange::new(start + 4, start + 4 + content)),
                range: ByteRange::new(start, end),
            });
            end
        } else {
            let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
            match tag_length(rest).filter(|_| is_tag) {
                Some(length) => {
                    let tag = tag(&rest[..length], start);
                    let end = start + length;
                    let is_raw =
                        matches!(tag.kind, TokenKind::Open(_)) && RAW.contains(&tag.name.as_str());
                    let skipped = if is_raw {
                        let closing = format!("</{}", tag.name);
                        // What is not closed takes all that follows, as in a browser.
                        let rest = &html[end..];
                        find_ignoring_case(rest, &closing).unwrap_or(rest.len())
                    } else {
                        0
                    };
                    tokens.push(tag);
                    end + skipped
                }
                None => start + 1,
            }
        };
        at = end;
    }
}

/// Length of the tag `rest` starts with, up to the `>` outside quotes. `None` when it does not end within
/// [`MAX_TAG_BYTES`], so that a file of opening brackets is read in linear time.
fn tag_length(rest: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in rest.bytes().take(MAX_TAG_BYTES).enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None, b'>') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn tag(raw: &str, start: usize) -> Token {
    let inner = raw.trim_start_matches('<').trim_end_matches('>');
    let (is_closing, inner) = match inner.strip_prefix('/') {
        Some(inner) => (true, inner),
        None => (false, inner),
    };
    let name_end = inner
        .find(|c: char| c.is_whitespace() || c == '/')
        .unwrap_or(inner.len());
    Token {
        name: inner[..name_end].to_ascii_lowercase(),
        kind: if is_closing {
            TokenKind::Close
        } else {
            TokenKind::Open(attributes(&inner[name_end..]))
        },
        range: ByteRange::new(start, start + raw.len()),
    }
}

fn attributes(text: &str) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '/'))
            .unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let (raw, after) = attribute_value(after.trim_start());
            value = raw.replace("&amp;", "&").replace("&quot;", "\"");
            rest = after;
        }
        if !name.is_empty() {
            attributes.entry(name).or_insert(value);
        }
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    }
    attributes
}

/// The value at the start of `text`, and what follows it.
fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    // An expression of MDX may hold spaces.
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            c if c.is_whitespace() && depth == 0 => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    text.as_bytes()
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let mut found = Vec::new();
        tokens(text, ByteRange::new(0, text.len()), &mut found);
        let shown: Vec<String> = found
            .iter()
            .map(|token| match &token.kind {
                TokenKind::Open(attributes) => {
                    let attributes: Vec<String> = attributes
                        .iter()
                        .map(|(name, value)| format!(" {name}={value}"))
                        .collect();
                    format!("{}{}", token.name, attributes.concat())
                }
                TokenKind::Close => format!("/{}", token.name),
                TokenKind::Comment(range) => {
                    format!("!{}", range.slice(text).unwrap_or("out of range"))
                }
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn tags_have_their_attributes() {
        check("<b>x</B>", &["b", "/b"]);
        check("<a href=\"x > y\" hidden>", &["a hidden= href=x > y"]);
        check("<a HREF = 'x'\n id=y/>", &["a href=x id=y/"]);
        check("<br/><img src=x />", &["br", "img src=x"]);
        check(
            "<p style={{ display: 'none' }} id='a'>",
            &["p id=a style={{ display: 'none' }}"],
        );
        check("<p = =x id=a>", &["p id=a"]);
        check("1 < 2 <unfinished", &[]);
    }

    #[test]
    fn comments_and_raw_text_are_no_tags() {
        check("<!-- a <b> --><i>", &["! a <b> ", "i"]);
        check("<!--><i>", &["!", "i"]);
        check("<!-- open", &["! open"]);
        check(
            "<script>if (a<b) {}</script><i>",
            &["script", "/script", "i"],
        );
        check("<!DOCTYPE html><i>", &["i"]);
    }
}
