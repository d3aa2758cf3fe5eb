//! Lists: the passages that hold a common term, searched on this machine.
//!
//! A term that more than [`COMMON`] passages hold is not searched for in the database, where each of its rows costs a
//! microsecond. Its passages come as lists instead, one for each place a term can stand in: once a generation, and then from
//! the cache. Lists are cut into blocks with the first passage in front, so that they can be read from anywhere.
//!
//! [`search`] goes through windows of passages. Lists without which no passage can be among the best are read whole; into the
//! others it only looks for passages that have come up (`MaxScore`; Turtle and Flood, 1995, "Query Evaluation: Strategies and
//! Optimizations"). Nothing is left out.

use std::collections::BTreeMap;

use super::{cache::Sized, copy::Rows, terms::Terms};
use crate::{
    error::Damage,
    lexical::SegmentTerms,
    snapshot::{Best, Hit, PassageOrdinal},
};

/// A term that more passages hold has lists. Part of the format of a generation. Tests have few passages, and terms of both
/// kinds.
pub(super) const COMMON: u32 = if cfg!(test) { 8 } else { 1_000 };

/// Passages in a block.
const BLOCK: usize = 128;

/// Bytes in front of a block: its first passage, how many there are, and how many bytes follow.
const BLOCK_HEAD: usize = 7;

/// Passages that are scored together: as many scores as stay near the processor.
const WINDOW: u32 = 1 << 16;

/// Entries that are collected before they are sent: 128 MB.
const MOST: usize = 1 << 24;

/// What sums of the same numbers in another order can differ by.
const ROUNDING: f32 = 1.000_1;

/// A passage in a list: how long, as tantivy names lengths, the place is in which the term stands there, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    ordinal: u32,
    count: u16,
    length: u8,
}

/// Collects lists on their way into the database.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// By number: the place of its term in the sparse vectors.
    lists: BTreeMap<u32, (f32, Vec<Entry>)>,
    n: usize,
    part: u32,
}

impl Collected {
    /// Adds what the passages of a segment hold of common terms, of which the first has the ordinal `first`. Segments come in
    /// order.
    pub(super) fn add(&mut self, segment: &SegmentTerms, first: u32, terms: &Terms) {
        for term in &segment.terms {
            let Some((number, n_with)) = terms.find(&term.text, term.language) else {
                continue;
            };
            if !is_common(n_with) {
                continue;
            }
            let place = u32::try_from(term.place).unwrap_or(0);
            let (top, entries) = self.lists.entry(3 * number + place).or_default();
            for (doc, n) in &term.places {
                let length = segment.lengths[*doc as usize][term.language.index()][term.place];
                // A passage is cut far below as many words.
                let count = u16::try_from(*n).unwrap_or(u16::MAX);
                let part = terms.saturated(term.language, term.place, length, count.into());
                *top = top.max(part);
                entries.push(Entry {
                    ordinal: first + doc,
                    count,
                    length,
                });
            }
            self.n += term.places.len();
        }
    }

    /// Whether so much has come together that it should be sent.
    pub(super) const fn is_full(&self) -> bool {
        self.n >= MOST
    }

    /// Takes what has come together, as rows of number, part and bytes.
    pub(super) fn take(&mut self) -> Rows {
        let mut rows = Rows::new();
        for (number, (top, entries)) in std::mem::take(&mut self.lists) {
            rows.row(3);
            rows.int(number);
            rows.int(self.part);
            rows.bytes(&encode(top, &entries));
        }
        self.n = 0;
        self.part += 1;
        rows
    }
}

/// Whether a term with these numbers of titles, headings and bodies has lists.
pub(super) fn is_common(n_with: [u32; 3]) -> bool {
    n_with.iter().any(|n| *n > COMMON)
}

fn encode(top: f32, entries: &[Entry]) -> Vec<u8> {
    let mut bytes = top.to_le_bytes().to_vec();
    let mut own = Vec::new();
    for block in entries.chunks(BLOCK) {
        own.clear();
        let mut before = block[0].ordinal;
        for entry in block {
            push_varint(&mut own, entry.ordinal - before);
            own.push(entry.length);
            push_varint(&mut own, entry.count.into());
            before = entry.ordinal;
        }
        bytes.extend(block[0].ordinal.to_le_bytes());
        bytes.push(u8::try_from(block.len()).unwrap_or(u8::MAX));
        bytes.extend(u16::try_from(own.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend_from_slice(&own);
    }
    bytes
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn push_varint(bytes: &mut Vec<u8>, mut value: u32) {
    loop {
        let [low, ..] = value.to_le_bytes();
        if value < 0x80 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
        value >>= 7;
    }
}

/// Takes what [`push_varint`] wrote off the front.
fn varint(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *rest.split_off_first()?;
        value |= u32::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[derive(Debug, Clone, Copy)]
struct Block {
    first: u32,
    /// Where its entries start.
    at: usize,
    n_bytes: usize,
    n: u8,
}

/// A list that was fetched.
#[derive(Debug)]
pub(super) struct List {
    bytes: Vec<u8>,
    blocks: Vec<Block>,
    /// The most a passage's part of a score is.
    top: f32,
}

impl Sized for List {
    fn n_bytes(&self) -> usize {
        self.bytes.len() + size_of_val(self.blocks.as_slice()) + 128
    }
}

impl List {
    /// Reads a list of its parts, in order. `n` is how many passages it should have: `None` when it has others, because some
    /// of the parts have not arrived where they were read.
    pub(super) fn read(parts: &[Vec<u8>], n: u32) -> Result<Option<Self>, Damage> {
        const WRONG: Damage = Damage::Content("a list of passages is not one");
        let (mut bytes, mut blocks) = (Vec::new(), Vec::new());
        let (mut top, mut found) = (0_f32, 0_u32);
        for part in parts {
            let mut rest = part.as_slice();
            let own = rest.split_off(..4).and_then(|four| four.first_chunk());
            top = top.max(f32::from_le_bytes(*own.ok_or(WRONG)?));
            while !rest.is_empty() {
                let head = rest.split_off(..BLOCK_HEAD).ok_or(WRONG)?;
                let block = Block {
                    first: u32::from_le_bytes([head[0], head[1], head[2], head[3]]),
                    at: bytes.len(),
                    n_bytes: usize::from(u16::from_le_bytes([head[5], head[6]])),
                    n: head[4],
                };
                let entries = rest.split_off(..block.n_bytes).ok_or(WRONG)?;
                let is_ascending = blocks
                    .last()
                    .is_none_or(|last: &Block| last.first < block.first);
                if block.n == 0 || !is_ascending {
                    return Err(WRONG);
                }
                bytes.extend_from_slice(entries);
                blocks.push(block);
                found = found.saturating_add(block.n.into());
            }
        }
        let list = Self { bytes, blocks, top };
        Ok((found == n).then_some(list))
    }
}

/// A place in a list.
struct Cursor<'l> {
    list: &'l List,
    block: usize,
    /// What of the block follows.
    rest: &'l [u8],
    left: u8,
    at: Entry,
}

/// Behind the last passage.
const END: u32 = u32::MAX;

impl<'l> Cursor<'l> {
    fn new(list: &'l List) -> Self {
        let mut cursor = Self {
            list,
            block: 0,
            rest: &[],
            left: 0,
            at: Entry {
                ordinal: 0,
                count: 0,
                length: 0,
            },
        };
        cursor.enter(0);
        cursor
    }

    /// Goes to the first passage of a block.
    fn enter(&mut self, block: usize) {
        self.block = block;
        let Some(own) = self.list.blocks.get(block) else {
            self.at.ordinal = END;
            return;
        };
        self.rest = &self.list.bytes[own.at..own.at + own.n_bytes];
        self.left = own.n;
        self.at.ordinal = own.first;
        self.step();
    }

    /// Reads the next entry of the block. What cannot be read ends the list.
    fn step(&mut self) {
        let read = |rest: &mut &[u8]| {
            let gap = varint(rest)?;
            let length = *rest.split_off_first()?;
            Some((gap, length, varint(rest)?))
        };
        match read(&mut self.rest) {
            Some((gap, length, count)) => {
                self.at = Entry {
                    ordinal: self.at.ordinal.saturating_add(gap),
                    count: u16::try_from(count).unwrap_or(u16::MAX),
                    length,
                };
                self.left -= 1;
            }
            None => self.at.ordinal = END,
        }
    }

    fn advance(&mut self) {
        if self.at.ordinal == END {
            return;
        }
        if self.left == 0 {
            self.enter(self.block + 1);
        } else {
            self.step();
        }
    }

    /// Goes on to `ordinal`, or to the first passage behind it.
    fn seek(&mut self, ordinal: u32) {
        if self.at.ordinal >= ordinal {
            return;
        }
        let ahead = &self.list.blocks[self.block..];
        let n = ahead.partition_point(|block| block.first <= ordinal);
        if n > 1 {
            self.enter(self.block + n - 1);
        }
        while self.at.ordinal < ordinal {
            self.advance();
        }
    }
}

/// A list that is searched.
pub(super) struct Asked<'l> {
    pub(super) list: &'l List,
    /// What its term counts in its place.
    pub(super) weight: f32,
    /// What tantivy adds to a count, by length.
    pub(super) norms: [f32; 256],
}

impl Asked<'_> {
    /// The most it adds to a score.
    fn most(&self) -> f32 {
        self.weight * self.list.top
    }

    fn score(&self, entry: Entry) -> f32 {
        let count = f32::from(entry.count);
        self.weight * (count / (count + self.norms[usize::from(entry.length)]))
    }
}

/// The best `limit` passages that are in any of the lists and for which `is_selected` holds; of those that score `known`
/// or more all that are among the best, of others none need be found.
pub(super) fn search(
    mut asked: Vec<Asked<'_>>,
    known: f32,
    limit: usize,
    is_selected: &dyn Fn(PassageOrdinal) -> bool,
) -> Vec<Hit> {
    asked.sort_by(|a, b| b.most().total_cmp(&a.most()));
    // The most a passage can get from each list and those behind it.
    let mut rest = vec![0.0; asked.len() + 1];
    for (i, own) in asked.iter().enumerate().rev() {
        rest[i] = rest[i + 1] + own.most() * ROUNDING;
    }
    let mut cursors: Vec<Cursor<'_>> = asked.iter().map(|own| Cursor::new(own.list)).collect();
    let mut scores = vec![0.0_f32; WINDOW as usize];
    let mut best = Best::new(limit);
    let mut found: Vec<(u32, f32)> = Vec::new();
    loop {
        let least = known.max(best.threshold());
        let n_whole = rest.iter().position(|rest| *rest < least);
        let n_whole = n_whole.unwrap_or(asked.len());
        let first = cursors[..n_whole].iter().map(|cursor| cursor.at.ordinal);
        let Some(first) = first.min().filter(|first| *first < END) else {
            break;
        };
        let start = first - first % WINDOW;
        let end = start.saturating_add(WINDOW);
        for (own, cursor) in asked.iter().zip(&mut cursors).take(n_whole) {
            while cursor.at.ordinal < end {
                scores[(cursor.at.ordinal - start) as usize] += own.score(cursor.at);
                cursor.advance();
            }
        }
        found.clear();
        for (score, ordinal) in scores.iter_mut().zip(start..) {
            if *score > 0.0 {
                if *score + rest[n_whole] >= least {
                    found.push((ordinal, *score));
                }
                *score = 0.0;
            }
        }
        let others = asked.iter().zip(&mut cursors).zip(&rest).skip(n_whole);
        for ((own, cursor), rest) in others {
            found.retain_mut(|(ordinal, score)| {
                if *score + rest < least {
                    return false;
                }
                cursor.seek(*ordinal);
                if cursor.at.ordinal == *ordinal {
                    *score += own.score(cursor.at);
                }
                true
            });
        }
        for (ordinal, score) in found.drain(..) {
            let passage = PassageOrdinal(ordinal);
            if score >= least.max(best.threshold()) && is_selected(passage) {
                best.push(Hit { passage, score });
            }
        }
    }
    best.into_hits()
}

#[cfg(test)]
mod tests;
