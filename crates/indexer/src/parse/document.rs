//! Markdown to sections and drafts of statements, with exact byte ranges.
//!
//! Walks pulldown-cmark's events once. Headings outside lists and quotes open sections; every other block
//! becomes drafts: sentences, list items, steps, table rows, code. Which drafts share a passage is decided
//! later, when an encoder has counted their tokens.

use std::{collections::HashMap, ops::Range};

use corpus::{ByteRange, Language, Section, StatementKind};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{
    html::HtmlLines,
    inline::{Inline, Piece},
    plain::PlainText,
};

/// A step longer than this is cited sentence by sentence, a shorter one whole.
const WHOLE_STEP_BYTES: usize = 400;

/// Deepest nesting of lists, quotes and the like that is read; help articles need five or six.
pub(crate) const MAX_DEPTH: usize = 100;

/// The parsed body of an article.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Sections in file order, tiling the body.
    pub(crate) sections: Vec<Section>,
    /// Text of the blocks that drafts point into.
    pub(crate) blocks: Vec<PlainText>,
    /// In file order; source ranges do not overlap.
    pub(crate) drafts: Vec<Draft>,
    /// Bytes at which lines of the file start, in order.
    pub(crate) line_starts: Vec<usize>,
    /// Text of the first heading, if any.
    pub(crate) first_heading: Option<String>,
}

/// A statement before it is known in which passage it goes.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) kind: StatementKind,
    pub(crate) section: usize,
    /// Index into [`Document::blocks`].
    pub(crate) block: usize,
    pub(crate) plain: Range<usize>,
    pub(crate) source: ByteRange,
    /// Top-level block (a whole list, a table, a paragraph): kept in one passage where it fits.
    pub(crate) group: usize,
    /// Item or row of that block: the next best place to cut.
    pub(crate) item: usize,
}

impl Document {
    pub(crate) fn text_of(&self, draft: &Draft) -> &str {
        self.blocks[draft.block]
            .text()
            .get(draft.plain.clone())
            .unwrap_or_default()
    }
}

/// Nesting deeper than [`MAX_DEPTH`], at a byte of the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooDeep {
    pub(crate) at: usize,
}

/// The Markdown that articles are written in.
pub fn markdown_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM
}

/// Parses the body of `file` (the bytes `body`), whose article has `title` if its front matter gives one.
///
/// `markdown` is the file as the Markdown parser is to see it: `file` itself, or a copy of the same length in
/// which some bytes are blanked out.
pub(crate) fn parse(
    file: &str,
    markdown: &str,
    body: ByteRange,
    title: Option<&str>,
    language: Language,
) -> Result<Document, TooDeep> {
    let body_text = body.slice(markdown).unwrap_or_default();
    let mut walk = Walk::new(file, body, title, language);
    for (event, range) in Parser::new_ext(body_text, markdown_options()).into_offset_iter() {
        let range = ByteRange::new(range.start + body.start, range.end + body.start);
        walk.event(event, range)?;
    }
    Ok(walk.finish())
}

struct Walk<'a> {
    file: &'a str,
    body: ByteRange,
    title: Option<&'a str>,
    language: Language,
    document: Document,
    containers: Vec<Container>,
    leaf: Option<Leaf>,
    table: Option<Table>,
    html: Option<HtmlLines>,
    code: Option<Code>,
    /// Headings around the current section: level and text.
    path: Vec<(HeadingLevel, String)>,
    /// Anchors taken, and the number to try next for each.
    anchors: HashMap<String, usize>,
    group: usize,
    item: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    List { is_ordered: bool },
    Other,
}

struct Leaf {
    inline: Inline,
    kind: LeafKind,
    start: usize,
}

enum LeafKind {
    Text(StatementKind),
    Heading {
        level: HeadingLevel,
        id: Option<String>,
        is_section: bool,
    },
    /// Text that stands directly in a tight list item.
    Implicit(StatementKind),
    Cell,
}

struct Table {
    headers: Vec<String>,
    header_row: Option<(Vec<Inline>, ByteRange)>,
    cells: Vec<Inline>,
    in_head: bool,
    n_rows: usize,
}

#[derive(Default)]
struct Code {
    plain: PlainText,
    source: Option<ByteRange>,
}

impl<'a> Walk<'a> {
    fn new(file: &'a str, body: ByteRange, title: Option<&'a str>, language: Language) -> Self {
        Self {
            file,
            body,
            title,
            language,
            document: Document::default(),
            containers: Vec::new(),
            leaf: None,
            table: None,
            html: None,
            code: None,
            path: Vec::new(),
            anchors: HashMap::new(),
            group: 0,
            item: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, range: ByteRange) -> Result<(), TooDeep> {
        match event {
            Event::Start(tag) => self.start(tag, range)?,
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) => self.text(&text, range),
            Event::Code(text) => self.inline(range).code(&text, range),
            Event::Html(raw) => {
                let file = self.file;
                if let Some(html) = &mut self.html {
                    html.feed(&raw, range.start, file);
                }
            }
            Event::InlineHtml(raw) => self.inline(range).html(&raw, range),
            Event::SoftBreak => self.inline(range).space(range),
            Event::HardBreak => self.inline(range).hard_break(range),
            Event::Rule => self.begin_block(),
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.inline(range).code(&text, range);
            }
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: Tag<'_>, range: ByteRange) -> Result<(), TooDeep> {
        match tag {
            Tag::Paragraph => {
                self.begin_block();
                self.open_leaf(LeafKind::Text(self.text_kind()), range);
            }
            Tag::Heading { level, id, .. } => {
                self.begin_block();
                let is_section = self.containers.is_empty();
                let id = id.map(CowStr::into_string);
                self.open_leaf(
                    LeafKind::Heading {
                        level,
                        id,
                        is_section,
                    },
                    range,
                );
            }
            Tag::BlockQuote(_)
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListDefinition => {
                self.begin_block();
                self.push_container(Container::Other, range)?;
            }
            Tag::List(first) => {
                self.begin_block();
                self.push_container(
                    Container::List {
                        is_ordered: first.is_some(),
                    },
                    range,
                )?;
            }
            Tag::Item => {
                self.close_leaf();
                if self.containers.len() == 1 {
                    self.item += 1;
                }
                self.push_container(Container::Other, range)?;
            }
            Tag::CodeBlock(_) => {
                self.begin_block();
                self.code = Some(Code::default());
            }
            Tag::HtmlBlock => {
                self.begin_block();
                self.html = Some(HtmlLines::default());
            }
            Tag::Table(_) => {
                self.begin_block();
                self.table = Some(Table {
                    headers: Vec::new(),
                    header_row: None,
                    cells: Vec::new(),
                    in_head: false,
                    n_rows: 0,
                });
            }
            Tag::TableHead => {
                if let Some(table) = &mut self.table {
                    table.in_head = true;
                }
            }
            Tag::TableCell => self.open_leaf(LeafKind::Cell, range),
            Tag::DefinitionListTitle => {
                self.begin_block();
                self.open_leaf(LeafKind::Text(StatementKind::Sentence), range);
            }
            Tag::Image { .. } => self.inline(range).open(range, true),
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Link { .. } => self.inline(range).open(range, false),
            Tag::TableRow | Tag::MetadataBlock(_) => {}
        }
        Ok(())
    }

    fn end(&mut self, tag: TagEnd, range: ByteRange) {
        match tag {
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::TableCell
            | TagEnd::DefinitionListTitle => self.close_leaf(),
            TagEnd::BlockQuote(_)
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListDefinition
            | TagEnd::List(_)
            | TagEnd::Item => {
                self.close_leaf();
                self.containers.pop();
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => self.end_html(),
            TagEnd::TableHead | TagEnd::TableRow => self.end_row(range),
            TagEnd::Table => self.end_table(),
            TagEnd::Image => {
                if let Some(leaf) = &mut self.leaf {
                    leaf.inline.close(true);
                }
            }
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link => {
                if let Some(leaf) = &mut self.leaf {
                    leaf.inline.close(false);
                }
            }
            TagEnd::MetadataBlock(_) => {}
        }
    }

    fn text(&mut self, text: &str, range: ByteRange) {
        let file = self.file;
        if let Some(code) = &mut self.code {
            code.plain.push_code(text, range, file);
            if !text.trim().is_empty() {
                let range = trimmed_range(range, file);
                code.source = Some(code.source.map_or(range, |source| source.cover(range)));
            }
        } else {
            self.inline(range).text(text, range, file);
        }
    }

    /// A new block starts: in a list, it belongs to the item; at the top, it is a group of its own.
    fn begin_block(&mut self) {
        self.close_leaf();
        if self.containers.is_empty() {
            self.group += 1;
            self.item = 0;
        } else if !self
            .containers
            .iter()
            .any(|c| matches!(c, Container::List { .. }))
        {
            self.item += 1;
        }
    }

    fn push_container(&mut self, container: Container, range: ByteRange) -> Result<(), TooDeep> {
        if self.containers.len() >= MAX_DEPTH {
            return Err(TooDeep { at: range.start });
        }
        self.containers.push(container);
        Ok(())
    }

    fn text_kind(&self) -> StatementKind {
        let list = self.containers.iter().rev().find_map(|c| match c {
            Container::List { is_ordered } => Some(*is_ordered),
            Container::Other => None,
        });
        match list {
            Some(true) => StatementKind::Step,
            Some(false) => StatementKind::ListItem,
            None => StatementKind::Sentence,
        }
    }

    fn open_leaf(&mut self, kind: LeafKind, range: ByteRange) {
        self.leaf = Some(Leaf {
            inline: Inline::default(),
            kind,
            start: range.start,
        });
    }

    /// The inline content being read; opens it when text stands directly in a tight list item.
    fn inline(&mut self, range: ByteRange) -> &mut Inline {
        let kind = self.text_kind();
        &mut self
            .leaf
            .get_or_insert_with(|| Leaf {
                inline: Inline::default(),
                kind: LeafKind::Implicit(kind),
                start: range.start,
            })
            .inline
    }

    fn close_leaf(&mut self) {
        let Some(Leaf {
            inline,
            kind,
            start,
        }) = self.leaf.take()
        else {
            return;
        };
        match kind {
            LeafKind::Cell => {
                if let Some(table) = &mut self.table {
                    table.cells.push(inline);
                }
            }
            LeafKind::Heading {
                level,
                id,
                is_section,
            } => {
                if is_section {
                    let text = inline.plain.text().trim().to_owned();
                    self.open_section(level, text, id, start);
                }
                self.push_heading(inline);
            }
            LeafKind::Text(kind) | LeafKind::Implicit(kind) => self.push_text(inline, kind),
        }
    }

    fn push_heading(&mut self, inline: Inline) {
        if let Some(piece) = inline.whole() {
            let block = self.add_block(inline.plain);
            self.push_draft(StatementKind::Heading, block, piece);
        }
    }

    fn push_text(&mut self, inline: Inline, kind: StatementKind) {
        if inline.is_silent() {
            return;
        }
        let is_whole = kind == StatementKind::Step && inline.plain.len() <= WHOLE_STEP_BYTES;
        let pieces = if is_whole {
            inline.whole().into_iter().collect()
        } else {
            inline.sentences(self.language)
        };
        let block = self.add_block(inline.plain);
        for piece in pieces {
            self.push_draft(kind, block, piece);
        }
    }

    fn end_code(&mut self) {
        let Some(Code {
            plain,
            source: Some(source),
        }) = self.code.take()
        else {
            return;
        };
        let text = plain.text();
        // Leading spaces of the first line are layout, so only line ends are trimmed in front.
        let start = text.len() - text.trim_start_matches(['\n', '\r']).len();
        let end = text.trim_end().len();
        if start < end {
            let block = self.add_block(plain);
            let piece = Piece {
                plain: start..end,
                source,
            };
            self.push_draft(StatementKind::Code, block, piece);
        }
    }

    fn end_html(&mut self) {
        let Some(html) = self.html.take() else {
            return;
        };
        for line in html.finish() {
            if line.is_heading {
                self.push_heading(line.inline);
            } else {
                let kind = if line.is_item {
                    StatementKind::ListItem
                } else {
                    self.text_kind()
                };
                self.item += 1;
                self.push_text(line.inline, kind);
            }
        }
    }

    fn end_row(&mut self, range: ByteRange) {
        self.close_leaf();
        let Some(table) = &mut self.table else {
            return;
        };
        let cells = std::mem::take(&mut table.cells);
        let source = trimmed_range(range, self.file);
        if table.in_head {
            table.in_head = false;
            table.headers = cells
                .iter()
                .map(|cell| cell.plain.text().trim().to_owned())
                .collect();
            table.header_row = Some((cells, source));
            return;
        }
        let row = row_text(&cells, &table.headers);
        table.n_rows += 1;
        self.push_row(row, source);
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else {
            return;
        };
        // A table without rows says only what its header says.
        if table.n_rows == 0
            && let Some((cells, source)) = table.header_row
        {
            self.push_row(row_text(&cells, &[]), source);
        }
    }

    fn push_row(&mut self, row: PlainText, source: ByteRange) {
        let plain = super::inline::trimmed(row.text(), 0..row.len());
        if plain.is_empty() || source.is_empty() {
            return;
        }
        self.item += 1;
        let block = self.add_block(row);
        self.push_draft(StatementKind::TableRow, block, Piece { plain, source });
    }

    fn add_block(&mut self, plain: PlainText) -> usize {
        self.document.blocks.push(plain);
        self.document.blocks.len() - 1
    }

    fn push_draft(&mut self, kind: StatementKind, block: usize, piece: Piece) {
        if self.document.sections.is_empty() {
            self.add_section(String::new(), self.body.start);
        }
        let last_end = self.document.drafts.last().map_or(0, |d| d.source.end);
        // Footnotes and link texts come in file order; anything else would break the order of statements.
        if piece.source.start < last_end || piece.plain.is_empty() {
            return;
        }
        self.document.drafts.push(Draft {
            kind,
            section: self.document.sections.len() - 1,
            block,
            plain: piece.plain,
            source: piece.source,
            group: self.group,
            item: self.item,
        });
    }

    fn open_section(
        &mut self,
        level: HeadingLevel,
        text: String,
        id: Option<String>,
        start: usize,
    ) {
        let is_title = self.document.first_heading.is_none()
            && !text.is_empty()
            && self.title.is_none_or(|title| same_words(title, &text));
        if self.document.first_heading.is_none() && !text.is_empty() {
            self.document.first_heading = Some(text.clone());
        }
        while self.path.last().is_some_and(|(above, _)| *above >= level) {
            self.path.pop();
        }
        let anchor = self.unique_anchor(id.unwrap_or_else(|| slug(&text)));
        if !is_title && !text.is_empty() {
            self.path.push((level, text));
        }
        // White space before the first heading belongs to its section; other text opens its own.
        let opening = ByteRange::new(self.body.start, start);
        let is_first = self.document.sections.is_empty();
        if is_first
            && opening
                .slice(self.file)
                .is_some_and(|text| !text.trim().is_empty())
        {
            self.add_section(String::new(), self.body.start);
        }
        let start = if is_first && self.document.sections.is_empty() {
            self.body.start
        } else {
            start
        };
        self.add_section(anchor, start);
    }

    fn add_section(&mut self, anchor: String, start: usize) {
        if let Some(last) = self.document.sections.last_mut() {
            last.range.end = start;
        }
        self.document.sections.push(Section {
            heading_path: self.heading_path(&anchor),
            anchor,
            range: ByteRange::new(start, self.body.end),
        });
    }

    fn heading_path(&self, anchor: &str) -> Vec<String> {
        if anchor.is_empty() {
            return Vec::new();
        }
        self.path.iter().map(|(_, text)| text.clone()).collect()
    }

    fn unique_anchor(&mut self, slug: String) -> String {
        let slug = if slug.is_empty() {
            String::from("section")
        } else {
            slug
        };
        let mut anchor = slug.clone();
        let mut n = self.anchors.get(&slug).copied().unwrap_or(0);
        while n > 0 && self.anchors.contains_key(&anchor)
            || n == 0 && self.anchors.contains_key(&slug)
        {
            n += 1;
            anchor = format!("{slug}-{n}");
        }
        self.anchors.insert(slug, n);
        self.anchors.entry(anchor.clone()).or_insert(0);
        anchor
    }

    fn finish(mut self) -> Document {
        self.close_leaf();
        if self.document.sections.is_empty() && !self.body.is_empty() {
            self.add_section(String::new(), self.body.start);
        }
        mark_lead_ins(&mut self.document);
        let line_ends = self.file.match_indices('\n').map(|(at, _)| at + 1);
        self.document.line_starts = [0].into_iter().chain(line_ends).collect();
        self.document
    }
}

/// `header: cell; header: cell`, empty cells left out.
fn row_text(cells: &[Inline], headers: &[String]) -> PlainText {
    let mut row = PlainText::default();
    for (column, cell) in cells.iter().enumerate() {
        let text = super::inline::trimmed(cell.plain.text(), 0..cell.plain.len());
        let Some(piece) = cell.whole() else {
            continue;
        };
        let at = ByteRange::new(piece.source.start, piece.source.start);
        if row.len() > 0 {
            row.push_unit("; ", at);
        }
        if let Some(header) = headers.get(column).filter(|header| !header.is_empty()) {
            row.push_unit(header, at);
            row.push_unit(": ", at);
        }
        row.append(&cell.plain, text);
    }
    row
}

/// A sentence that ends with a colon introduces the list, table or code after it.
fn mark_lead_ins(document: &mut Document) {
    for i in 1..document.drafts.len() {
        let (before, after) = (&document.drafts[i - 1], &document.drafts[i]);
        let introduces = matches!(
            after.kind,
            StatementKind::ListItem
                | StatementKind::Step
                | StatementKind::TableRow
                | StatementKind::Code
        );
        if before.kind == StatementKind::Sentence
            && introduces
            && before.section == after.section
            && before.block != after.block
            && document.text_of(before).ends_with([':', '：'])
        {
            document.drafts[i - 1].kind = StatementKind::LeadIn;
        }
    }
}

/// GitHub's way to make an anchor of a heading: lower case, punctuation dropped, spaces to hyphens.
fn slug(heading: &str) -> String {
    heading
        .chars()
        .flat_map(char::to_lowercase)
        .filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            c if c.is_alphanumeric() => Some(c),
            _ => None,
        })
        .collect()
}

fn same_words(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    words(a) == words(b)
}

fn trimmed_range(range: ByteRange, file: &str) -> ByteRange {
    let trimmed = super::inline::trimmed(file, range.start..range.end);
    ByteRange::new(trimmed.start, trimmed.end)
}
