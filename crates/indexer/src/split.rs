//! Splitting: an article's statements to passages.
//!
//! file → article → **passages** → generation. A passage is a run of statements of one section, of at most
//! about [`SplitConfig::passage_tokens`] encoder tokens. Passages tile their section. A table, a list and a
//! block of code stay whole where they fit and are otherwise cut between rows, items or lines; a heading or a
//! sentence that introduces a list stays with what follows. A section that is only a heading has no passage
//! of its own: its heading travels with the sections below it.

use std::ops::Range;

use corpus::{Article, ByteRange, Passage, Statement, StatementKind};
use inference::{EncodeError, Encoder};

use crate::parse::{
    Parsed,
    document::{Document, Draft},
};

/// How large a passage may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SplitConfig {
    /// Most encoder tokens of a passage's own text, title and heading path not counted.
    pub(crate) passage_tokens: usize,
}

/// Splits a parsed article.
///
/// # Errors
/// [`EncodeError`] when the tokenizer fails.
pub(crate) fn split(
    parsed: &Parsed,
    encoder: &dyn Encoder,
    config: SplitConfig,
) -> Result<Vec<Passage>, EncodeError> {
    let document = &parsed.document;
    let drafts = count_tokens(document, encoder, config.passage_tokens.max(1))?;
    let mut passages = Vec::new();
    let mut rest = drafts.as_slice();
    let says_something = |drafts: &[Counted]| {
        drafts
            .iter()
            .any(|d| d.draft.kind != StatementKind::Heading)
    };
    let has_body = says_something(rest);
    while let Some(first) = rest.first() {
        let section = first.draft.section;
        let end = rest.partition_point(|d| d.draft.section == section);
        let (own, after) = rest.split_at(end);
        rest = after;
        if has_body && !says_something(own) {
            continue;
        }
        let cuts = place_cuts(own, config.passage_tokens);
        push_passages(&mut passages, &parsed.article, document, own, &cuts);
    }
    Ok(passages)
}

/// A draft and its size.
#[derive(Debug)]
struct Counted {
    draft: Draft,
    n_tokens: usize,
}

/// Counts the tokens of every draft in one call to the tokenizer and cuts drafts that are too large.
fn count_tokens(
    document: &Document,
    encoder: &dyn Encoder,
    limit: usize,
) -> Result<Vec<Counted>, EncodeError> {
    let mut text = String::new();
    let mut starts = Vec::with_capacity(document.drafts.len());
    for draft in &document.drafts {
        starts.push(text.len());
        text.push_str(document.text_of(draft));
        text.push('\n');
    }
    let tokens = encoder.token_ranges(&text)?;
    let mut counted = Vec::with_capacity(document.drafts.len());
    for (draft, start) in document.drafts.iter().zip(starts) {
        let end = start + draft.plain.len();
        let first = tokens.partition_point(|token| token.end <= start);
        let last = tokens.partition_point(|token| token.start < end);
        let own = tokens.get(first..last.max(first)).unwrap_or_default();
        if own.len() <= limit {
            counted.push(Counted {
                draft: draft.clone(),
                n_tokens: own.len(),
            });
        } else {
            cut_draft(document, draft, start, own, limit, &mut counted);
        }
    }
    Ok(counted)
}

/// Cuts a draft of more than `limit` tokens at line ends, else at spaces, else between tokens.
fn cut_draft(
    document: &Document,
    draft: &Draft,
    start: usize,
    tokens: &[Range<usize>],
    limit: usize,
    counted: &mut Vec<Counted>,
) {
    let block = &document.blocks[draft.block];
    let text = block.text();
    // Token ends as offsets into the block's text.
    let end_of = |token: &Range<usize>| token.end.saturating_sub(start) + draft.plain.start;
    let mut at = draft.plain.start;
    let mut from_token = 0;
    let mut source_start = draft.source.start;
    while at < draft.plain.end {
        let mut upto = (from_token + limit).min(tokens.len());
        let mut cut = draft.plain.end;
        if upto < tokens.len() {
            let wish = end_of(&tokens[upto - 1]).clamp(at, draft.plain.end);
            cut = best_cut(text, at, wish).unwrap_or(wish);
            cut = block.cut_before(cut);
            if cut <= at {
                cut = block.cut_after(wish.max(at + 1));
            }
            cut = cut.min(draft.plain.end);
            upto = from_token + tokens[from_token..].partition_point(|token| end_of(token) <= cut);
            upto = upto.max(from_token + 1).min(tokens.len());
        }
        let is_last = cut >= draft.plain.end;
        let plain = crate::parse::inline::trimmed(text, at..cut);
        let source_end = if is_last {
            Some(draft.source.end)
        } else {
            block
                .source(plain.clone())
                .map(|source| source.end.clamp(source_start, draft.source.end))
        };
        if let Some(source_end) = source_end
            && !plain.is_empty()
        {
            let from = block.source(plain.clone()).map_or(source_start, |source| {
                source.start.clamp(source_start, source_end)
            });
            let from = if at == draft.plain.start {
                draft.source.start
            } else {
                from
            };
            if from < source_end {
                counted.push(Counted {
                    draft: Draft {
                        plain,
                        source: ByteRange::new(from, source_end),
                        ..draft.clone()
                    },
                    n_tokens: upto - from_token,
                });
                source_start = source_end;
            }
        }
        at = cut;
        from_token = upto;
    }
}

/// The last line end in the second half of `from..wish`, else the last space in it.
fn best_cut(text: &str, from: usize, wish: usize) -> Option<usize> {
    let half = from + (wish - from) / 2;
    let window = text.get(from..wish)?;
    let at = |pattern: char| {
        window
            .rfind(pattern)
            .map(|found| from + found + pattern.len_utf8())
            .filter(|cut| *cut > half)
    };
    at('\n').or_else(|| at(' ')).or_else(|| {
        window
            .rfind(['，', '、', '。', '；'])
            .map(|found| from + found + '，'.len_utf8())
            .filter(|cut| *cut > half)
    })
}

/// Where passages start, as indices into the section's drafts; the first is 0.
///
/// Fills passages group by group (paragraph, list, table), aiming at passages of similar size, and cuts a
/// group only when it does not fit by itself.
fn place_cuts(drafts: &[Counted], limit: usize) -> Vec<usize> {
    let total: usize = drafts.iter().map(|d| d.n_tokens).sum();
    let n_wanted = total.div_ceil(limit.max(1)).max(1);
    let target = total.div_ceil(n_wanted);
    let mut cuts = vec![0];
    let mut n_tokens = 0;
    let mut at = 0;
    while at < drafts.len() {
        let unit = unit_end(drafts, at, Level::Group);
        let size = size_of(&drafts[at..unit]);
        let is_open = n_tokens > 0;
        if n_tokens + size <= limit && !(is_open && n_tokens >= target) {
            n_tokens += size;
            at = unit;
            continue;
        }
        if size <= limit {
            cuts.push(at);
            n_tokens = size;
            at = unit;
            continue;
        }
        // The group is too large for any passage: fill up item by item, then statement by statement.
        while at < unit {
            let mut end = unit_end(drafts, at, Level::Item).min(unit);
            let mut size = size_of(&drafts[at..end]);
            if size > limit {
                end = unit_end(drafts, at, Level::Statement).min(unit);
                size = size_of(&drafts[at..end]);
            }
            if n_tokens > 0 && n_tokens + size > limit {
                cuts.push(at);
                n_tokens = 0;
            }
            n_tokens += size;
            at = end;
        }
    }
    cuts.dedup();
    cuts
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Group,
    Item,
    Statement,
}

/// End of the smallest stretch from `at` that is not to be cut at `level`: headings and lead-ins hold on to
/// what follows them.
fn unit_end(drafts: &[Counted], at: usize, level: Level) -> usize {
    let mut end = at + 1;
    while end < drafts.len() {
        let (last, next) = (&drafts[end - 1].draft, &drafts[end].draft);
        let is_glued = matches!(last.kind, StatementKind::Heading | StatementKind::LeadIn);
        let is_same = last.group == next.group
            && match level {
                Level::Group => true,
                Level::Item => last.item == next.item,
                Level::Statement => false,
            };
        if !is_glued && !is_same {
            break;
        }
        end += 1;
    }
    end
}

fn size_of(drafts: &[Counted]) -> usize {
    drafts.iter().map(|d| d.n_tokens).sum()
}

fn push_passages(
    passages: &mut Vec<Passage>,
    article: &Article,
    document: &Document,
    drafts: &[Counted],
    cuts: &[usize],
) {
    let Some(first) = drafts.first() else {
        return;
    };
    let section = first.draft.section;
    let range = article.sections[section].range;
    let mut start = range.start;
    for (i, cut) in cuts.iter().enumerate() {
        let next = cuts.get(i + 1).copied();
        let own = &drafts[*cut..next.unwrap_or(drafts.len())];
        let end = next.map_or(range.end, |next| {
            boundary(document, &drafts[next - 1].draft, &drafts[next].draft)
        });
        passages.push(passage(section, ByteRange::new(start, end), document, own));
        start = end;
    }
}

/// The byte between two statements where one passage ends and the next starts.
fn boundary(document: &Document, before: &Draft, after: &Draft) -> usize {
    document
        .line_starts
        .partition_point(|line| *line <= after.source.start)
        .checked_sub(1)
        .and_then(|line| document.line_starts.get(line).copied())
        .filter(|line| *line >= before.source.end)
        .unwrap_or(after.source.start)
}

fn passage(section: usize, range: ByteRange, document: &Document, own: &[Counted]) -> Passage {
    let mut text = String::new();
    let mut statements = Vec::with_capacity(own.len());
    let mut block = None;
    for Counted { draft, .. } in own {
        if let Some(block) = block {
            text.push(if block == draft.block { ' ' } else { '\n' });
        }
        block = Some(draft.block);
        let statement = document.text_of(draft);
        text.push_str(statement);
        statements.push(Statement {
            kind: draft.kind,
            text: statement.to_owned(),
            range: draft.source,
        });
    }
    Passage {
        section,
        range,
        text,
        statements,
    }
}

/// The passage's text without the heading that opens its section, which its heading path already holds.
pub(crate) fn body_of(passage: &Passage) -> &str {
    match passage.statements.first() {
        Some(first) if first.kind == StatementKind::Heading => passage
            .text
            .strip_prefix(first.text.as_str())
            .unwrap_or(&passage.text)
            .trim_start(),
        _ => &passage.text,
    }
}

/// What the encoder reads of a passage: `Title › Heading › Subheading`, a line end, the body.
pub(crate) fn embedded_text(article: &Article, passage: &Passage) -> String {
    let mut text = article.title.clone();
    if let Some(section) = article.sections.get(passage.section) {
        for heading in &section.heading_path {
            text.push_str(" › ");
            text.push_str(heading);
        }
    }
    text.push('\n');
    text.push_str(body_of(passage));
    text
}

#[cfg(test)]
mod tests;
