//! Text of raw HTML: tags, comments, scripts and styles go, words stay.

use corpus::ByteRange;

use super::inline::Inline;

/// What a tag says, without its attributes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Lower case.
    pub(crate) name: String,
    pub(crate) is_closing: bool,
    /// Has no closing tag: `<br>`, `<img>`, `<x/>`.
    pub(crate) is_void: bool,
}

impl Tag {
    /// Reads `<name …>`; `None` for comments, declarations and the like.
    pub(crate) fn parse(raw: &str) -> Option<Self> {
        let inner = raw.strip_prefix('<')?;
        let (is_closing, inner) = match inner.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, inner),
        };
        let name: String = inner
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .flat_map(char::to_lowercase)
            .collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let is_void = raw.trim_end_matches('>').ends_with('/')
            || matches!(
                name.as_str(),
                "area"
                    | "base"
                    | "br"
                    | "col"
                    | "embed"
                    | "hr"
                    | "img"
                    | "input"
                    | "link"
                    | "meta"
                    | "param"
                    | "source"
                    | "track"
                    | "wbr"
            );
        Some(Self {
            name,
            is_closing,
            is_void,
        })
    }
}

/// Whether an element's content is never text for a reader.
pub(crate) fn is_skipped(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "template" | "noscript" | "svg" | "iframe" | "object" | "head"
    )
}

fn starts_line(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "br"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "legend"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "title"
            | "tr"
            | "ul"
    )
}

/// Lines of text out of HTML blocks, fed line by line.
#[derive(Debug, Default)]
pub(crate) struct HtmlLines {
    state: State,
    line: Inline,
    is_item: bool,
    is_heading: bool,
    done: Vec<Line>,
}

/// One line of text and what element held it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) inline: Inline,
    pub(crate) is_item: bool,
    pub(crate) is_heading: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    /// Inside `<…`, with the quote that is open and what was read so far.
    Tag {
        quote: Option<char>,
        raw: String,
        start: usize,
    },
    Until(&'static str),
    /// Inside an element whose content is dropped.
    Skipping(String),
}

/// Tags longer than this are cut: only the name and the last characters matter.
const MAX_TAG: usize = 4096;

impl HtmlLines {
    /// Reads the next stretch of raw HTML, which stands in the file at `at`.
    pub(crate) fn feed(&mut self, html: &str, at: usize, file: &str) {
        let mut rest = html;
        while !rest.is_empty() {
            let offset = at + (html.len() - rest.len());
            let used = match &mut self.state {
                State::Text => self.read_text(rest, offset, file),
                State::Until(end) => match rest.find(*end) {
                    Some(found) => {
                        let used = found + end.len();
                        self.state = State::Text;
                        used
                    }
                    None => rest.len(),
                },
                State::Skipping(name) => {
                    let closing = format!("</{name}");
                    match find_ignoring_case(rest, &closing) {
                        Some(found) => {
                            self.state = State::Until(">");
                            found
                        }
                        None => rest.len(),
                    }
                }
                State::Tag { .. } => self.read_tag(rest, offset),
            };
            rest = rest.get(used.max(1)..).unwrap_or_default();
        }
    }

    /// Ends the block.
    pub(crate) fn finish(mut self) -> Vec<Line> {
        self.end_line();
        self.done
    }

    fn read_text(&mut self, rest: &str, offset: usize, file: &str) -> usize {
        if let Some(comment) = rest.strip_prefix("<!--") {
            // `<!-->` and `<!--->` are whole comments.
            if comment.starts_with('>') || comment.starts_with("->") {
                self.state = State::Until(">");
            } else {
                self.state = State::Until("-->");
            }
            return 4;
        }
        for (start, end) in [("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")] {
            if rest.starts_with(start) {
                self.state = State::Until(end);
                return start.len();
            }
        }
        let after = rest.strip_prefix('<').unwrap_or_default();
        if after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            self.state = State::Tag {
                quote: None,
                raw: String::from("<"),
                start: offset,
            };
            return 1;
        }
        if let Some(after) = rest.strip_prefix('&')
            && let Some(end) = after.bytes().take(32).position(|b| b == b';')
            && let Some(character) = after.get(..end).and_then(decode_entity)
        {
            let range = ByteRange::new(offset, offset + end + 2);
            let mut buffer = [0; 4];
            self.line
                .text(character.encode_utf8(&mut buffer), range, file);
            return end + 2;
        }
        let skip = rest.chars().next().map_or(1, char::len_utf8);
        let end = rest
            .get(skip..)
            .and_then(|tail| tail.find(['<', '&']))
            .map_or(rest.len(), |found| skip + found);
        let range = ByteRange::new(offset, offset + end);
        self.line.text(&rest[..end], range, file);
        end
    }

    fn read_tag(&mut self, rest: &str, offset: usize) -> usize {
        let State::Tag { quote, raw, start } = &mut self.state else {
            return 0;
        };
        for (at, character) in rest.char_indices() {
            if raw.len() < MAX_TAG {
                raw.push(character);
            }
            match (*quote, character) {
                (None, '"' | '\'') => *quote = Some(character),
                (Some(open), c) if c == open => *quote = None,
                (None, '>') => {
                    let range = ByteRange::new(*start, offset + at + 1);
                    let raw = std::mem::take(raw);
                    self.state = State::Text;
                    self.tag(&raw, range);
                    return at + 1;
                }
                _ => {}
            }
        }
        rest.len()
    }

    fn tag(&mut self, raw: &str, range: ByteRange) {
        let Some(tag) = Tag::parse(raw) else {
            return;
        };
        if is_skipped(&tag.name) {
            if !tag.is_closing && !tag.is_void {
                self.state = State::Skipping(tag.name);
            }
        } else if starts_line(&tag.name) {
            self.end_line();
            self.is_item = !tag.is_closing && (tag.name == "li" || self.is_item && tag.name == "p");
            self.is_heading = !tag.is_closing
                && matches!(tag.name.as_str(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        } else if matches!(tag.name.as_str(), "td" | "th") {
            if !tag.is_closing && !self.line.plain.is_blank() {
                self.line
                    .plain
                    .push_unit("; ", ByteRange::new(range.start, range.start));
            }
        } else {
            self.line.html(raw, range);
        }
    }

    fn end_line(&mut self) {
        let inline = std::mem::take(&mut self.line);
        if !inline.is_silent() {
            self.done.push(Line {
                inline,
                is_item: self.is_item,
                is_heading: self.is_heading,
            });
        }
    }
}

fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    let needle = needle.as_bytes();
    text.as_bytes()
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle))
}

/// Character references that occur in help articles; others stay as they are written.
fn decode_entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "middot" => '·',
        "times" => '×',
        "rarr" => '→',
        "larr" => '←',
        "euro" => '€',
        "pound" => '£',
        "deg" => '°',
        _ => return None,
    })
}
