//! One block's inline content: its plain text, its markup spans and how it falls into sentences.

use std::ops::Range;

use corpus::{ByteRange, Language, sentence};

use super::plain::PlainText;

/// Inline content of a block under construction.
#[derive(Debug, Default)]
pub(crate) struct Inline {
    pub(crate) plain: PlainText,
    /// Emphasis, links, images and paired HTML tags.
    spans: Vec<Span>,
    /// Plain offsets where a hard line break stood.
    breaks: Vec<usize>,
    /// Spans not closed yet, innermost last.
    open: Vec<(ByteRange, usize)>,
    open_tags: Vec<(String, usize, usize)>,
    /// Depth of images; their alternative text is kept but does not make a block.
    images: usize,
    has_text_of_its_own: bool,
    /// Name of the `script` or `style` element being skipped.
    skipping: Option<String>,
}

#[derive(Debug, Clone)]
struct Span {
    source: ByteRange,
    plain: Range<usize>,
}

/// A piece of a block that becomes a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) plain: Range<usize>,
    pub(crate) source: ByteRange,
}

impl Inline {
    pub(crate) fn text(&mut self, text: &str, range: ByteRange, file: &str) {
        if self.skipping.is_some() {
            return;
        }
        self.plain.push(text, range, file);
        self.note_text(text);
    }

    pub(crate) fn code(&mut self, text: &str, range: ByteRange) {
        if self.skipping.is_none() {
            self.plain.push_unit(text, range);
            self.note_text(text);
        }
    }

    pub(crate) fn space(&mut self, range: ByteRange) {
        self.plain.push_space(range);
    }

    pub(crate) fn hard_break(&mut self, range: ByteRange) {
        self.plain.push_space(range);
        self.breaks.push(self.plain.len());
    }

    pub(crate) fn open(&mut self, range: ByteRange, is_image: bool) {
        self.open.push((range, self.plain.len()));
        self.images += usize::from(is_image);
    }

    pub(crate) fn close(&mut self, is_image: bool) {
        if let Some((source, start)) = self.open.pop() {
            self.add_span(source, start);
        }
        self.images = self.images.saturating_sub(usize::from(is_image));
    }

    /// An HTML tag or comment between words: pairs of tags become spans, the rest is dropped.
    pub(crate) fn html(&mut self, raw: &str, range: ByteRange) {
        let Some(tag) = super::html::Tag::parse(raw) else {
            return;
        };
        if let Some(skipped) = &self.skipping {
            if tag.is_closing && *skipped == tag.name {
                self.skipping = None;
            }
            return;
        }
        if tag.name == "br" {
            self.hard_break(range);
        } else if tag.is_closing {
            if let Some(at) = self.open_tags.iter().rposition(|t| t.0 == tag.name) {
                let (_, source_start, plain_start) = self.open_tags.swap_remove(at);
                self.open_tags.truncate(at);
                self.add_span(ByteRange::new(source_start, range.end), plain_start);
            }
        } else if !tag.is_void {
            if super::html::is_skipped(&tag.name) {
                self.skipping = Some(tag.name);
            } else if self.open_tags.len() < 64 {
                self.open_tags
                    .push((tag.name, range.start, self.plain.len()));
            }
        }
    }

    /// Whether the block says anything: a block of images alone does not.
    pub(crate) fn is_silent(&self) -> bool {
        !self.has_text_of_its_own || self.plain.is_blank()
    }

    /// The block as one piece.
    pub(crate) fn whole(&self) -> Option<Piece> {
        let plain = trimmed(self.plain.text(), 0..self.plain.len());
        self.pieces(vec![plain]).pop()
    }

    /// The block's sentences. A sentence never ends inside a code span, nor inside emphasis or a link that
    /// reaches beyond it; markup that lies wholly inside a sentence belongs to its source range.
    pub(crate) fn sentences(&self, language: Language) -> Vec<Piece> {
        let text = self.plain.text();
        let mut sentences = Vec::new();
        let mut start = 0;
        for end in self.breaks.iter().copied().chain([text.len()]) {
            let line = text.get(start..end).unwrap_or_default();
            for range in sentence::sentences(line, language) {
                sentences.push(start + range.start..start + range.end);
            }
            start = end;
        }
        self.pieces(self.join_cut_markup(&sentences))
    }

    fn join_cut_markup(&self, sentences: &[Range<usize>]) -> Vec<Range<usize>> {
        // `joined[i]` says that sentence `i` goes on in sentence `i + 1`.
        let mut joined = vec![false; sentences.len()];
        for (i, pair) in sentences.windows(2).enumerate() {
            joined[i] = self.plain.is_unit_across(pair[0].end - 1, pair[1].start);
        }
        for span in &self.spans {
            let first = sentences.partition_point(|s| s.end <= span.plain.start);
            let last = sentences.partition_point(|s| s.start < span.plain.end);
            let Some(touched) = sentences.get(first..last) else {
                continue;
            };
            if let [head, .., tail] = touched
                && (head.start < span.plain.start || span.plain.end < tail.end)
            {
                joined[first..last - 1].fill(true);
            }
        }
        let mut result: Vec<Range<usize>> = Vec::with_capacity(sentences.len());
        for (i, sentence) in sentences.iter().enumerate() {
            match result.last_mut() {
                Some(last) if i > 0 && joined[i - 1] => last.end = sentence.end,
                _ => result.push(sentence.clone()),
            }
        }
        result
    }

    /// Source ranges of plain ranges (ordered, disjoint), markup wholly inside them included.
    fn pieces(&self, plain: Vec<Range<usize>>) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = plain
            .into_iter()
            .filter_map(|plain| {
                let source = self.plain.source(plain.clone())?;
                Some(Piece { plain, source })
            })
            .collect();
        for span in &self.spans {
            let at = pieces.partition_point(|piece| piece.plain.end <= span.plain.start);
            if let Some(piece) = pieces.get_mut(at)
                && piece.plain.start <= span.plain.start
                && span.plain.end <= piece.plain.end
            {
                piece.source = piece.source.cover(span.source);
            }
        }
        // HTML tags need not nest with Markdown's own markup; ranges must still never overlap.
        let mut end = 0;
        for piece in &mut pieces {
            piece.source.start = piece.source.start.max(end);
            end = end.max(piece.source.end);
        }
        pieces.retain(|piece| !piece.source.is_empty());
        pieces
    }

    fn add_span(&mut self, source: ByteRange, plain_start: usize) {
        // White space at the rim of a span is no part of any sentence.
        let plain = trimmed(self.plain.text(), plain_start..self.plain.len());
        if !plain.is_empty() {
            self.spans.push(Span { source, plain });
        }
    }

    fn note_text(&mut self, text: &str) {
        self.has_text_of_its_own |= self.images == 0 && !text.trim().is_empty();
    }
}

pub(crate) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let raw = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (raw.len() - raw.trim_start().len());
    let end = start + raw.trim().len();
    start..end
}
