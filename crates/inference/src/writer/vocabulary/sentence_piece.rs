//! The merges of `SentencePiece` (arXiv:1808.06226), as Gemma's tokenizer makes them.
//!
//! A text is cut into characters; of two neighbours that together are a piece, those with the best score
//! become one, until none are left. A character that is no piece becomes its bytes. Control tokens are no
//! pieces and cannot come out.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use tokenizers::models::bpe::Vocab;

/// Stands for a space in pieces.
pub(super) const SPACE: &str = "\u{2581}";

/// Pieces with their scores.
#[derive(Debug)]
pub(super) struct SentencePiece {
    pieces: HashMap<String, (u32, f32)>,
    /// Texts that are one token wherever they stand, such as runs of line ends.
    defined: HashMap<String, u32>,
    /// The lengths in bytes of those, longest first.
    defined_lengths: Vec<usize>,
    bytes: [u32; 256],
}

/// A piece in the making: a stretch of the text, and its neighbours.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    start: usize,
    /// Equal to `start` once the symbol was merged into the one before it.
    end: usize,
    before: Option<usize>,
    after: Option<usize>,
}

/// Two neighbours that could become one piece.
#[derive(Debug, Clone, Copy)]
struct Merge {
    score: f32,
    left: usize,
    right: usize,
    n_bytes: usize,
}

impl SentencePiece {
    /// `scores` are by id; `bytes` must name every byte. `None` when either is not so.
    pub(super) fn new(
        plain: Vocab,
        defined: HashMap<String, u32>,
        scores: &[f32],
        bytes: &[(u8, u32)],
    ) -> Option<Self> {
        let bytes: HashMap<u8, u32> = bytes.iter().copied().collect();
        let mut all = [0; 256];
        for (byte, id) in (0..=255).zip(&mut all) {
            *id = *bytes.get(&byte)?;
        }
        let mut pieces = HashMap::with_capacity(plain.len());
        for (piece, id) in plain {
            let score = *scores.get(id as usize)?;
            pieces.insert(piece, (id, score));
        }
        let mut defined_lengths: Vec<usize> = defined.keys().map(String::len).collect();
        defined_lengths.sort_unstable_by(|a, b| b.cmp(a));
        defined_lengths.dedup();
        defined_lengths.retain(|length| *length > 0);
        Some(Self {
            pieces,
            defined,
            defined_lengths,
            bytes: all,
        })
    }

    /// The ids of `text`.
    pub(super) fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut start = 0;
        let mut position = 0;
        while let Some(character) = text[position..].chars().next() {
            if let Some((length, id)) = self.defined_at(&text[position..]) {
                self.merge(&text[start..position], &mut ids);
                ids.push(id);
                position += length;
                start = position;
            } else {
                position += character.len_utf8();
            }
        }
        self.merge(&text[start..], &mut ids);
        ids
    }

    fn defined_at(&self, text: &str) -> Option<(usize, u32)> {
        self.defined_lengths.iter().find_map(|length| {
            let id = self.defined.get(text.get(..*length)?)?;
            Some((*length, *id))
        })
    }

    /// Appends the ids of `text`, in which nothing is defined.
    fn merge(&self, text: &str, ids: &mut Vec<u32>) {
        let text = text.replace(' ', SPACE);
        let mut symbols: Vec<Symbol> = Vec::new();
        for (index, (start, character)) in text.char_indices().enumerate() {
            symbols.push(Symbol {
                start,
                end: start + character.len_utf8(),
                before: index.checked_sub(1),
                after: Some(index + 1),
            });
        }
        if let Some(last) = symbols.last_mut() {
            last.after = None;
        }
        let mut queue = BinaryHeap::new();
        for right in 1..symbols.len() {
            queue.extend(self.pair(&text, &symbols, right - 1, right));
        }
        while let Some(merge) = queue.pop() {
            let (left, right) = (symbols[merge.left], symbols[merge.right]);
            // One of the two has grown or gone since.
            if left.start == left.end
                || right.start == right.end
                || right.end - left.start != merge.n_bytes
            {
                continue;
            }
            symbols[merge.left].end = right.end;
            symbols[merge.left].after = right.after;
            symbols[merge.right].end = right.start;
            if let Some(before) = left.before {
                queue.extend(self.pair(&text, &symbols, before, merge.left));
            }
            if let Some(after) = right.after {
                symbols[after].before = Some(merge.left);
                queue.extend(self.pair(&text, &symbols, merge.left, after));
            }
        }
        for symbol in symbols.iter().filter(|symbol| symbol.start < symbol.end) {
            let piece = &text[symbol.start..symbol.end];
            match self.pieces.get(piece) {
                Some((id, _)) => ids.push(*id),
                None => ids.extend(piece.bytes().map(|byte| self.bytes[usize::from(byte)])),
            }
        }
    }

    fn pair(&self, text: &str, symbols: &[Symbol], left: usize, right: usize) -> Option<Merge> {
        let both = &text[symbols[left].start..symbols[right].end];
        let (_, score) = self.pieces.get(both)?;
        Some(Merge {
            score: *score,
            left,
            right,
            n_bytes: both.len(),
        })
    }
}

impl Ord for Merge {
    /// The best score first, then the leftmost.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score
            .total_cmp(&other.score)
            .then_with(|| other.left.cmp(&self.left))
    }
}

impl PartialOrd for Merge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Merge {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Merge {}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{SentencePiece, Vocab};

    /// Pieces with the scores their place gives them, one defined text, and bytes from id 1000.
    fn pieces(pieces: &[&str]) -> SentencePiece {
        let plain = pieces.iter().map(|piece| (*piece).to_owned()).zip(0..);
        let scores: Vec<f32> = (0..pieces.len()).map(|place| -(place as f32)).collect();
        let bytes: Vec<(u8, u32)> = (0..=255).zip(1000..).collect();
        let defined = HashMap::from([("\n\n".to_owned(), 500), ("\n\n\n".to_owned(), 501)]);
        SentencePiece::new(plain.collect(), defined, &scores, &bytes).expect("all bytes are there")
    }

    #[track_caller]
    fn check(text: &str, expected: &[u32]) {
        let pieces = pieces(&[
            "bc",
            "ab",
            "abc",
            "\u{2581}a",
            "a",
            "b",
            "c",
            "\u{2581}",
            "x",
        ]);
        assert_eq!(pieces.encode(text), expected, "{text}");
    }

    #[test]
    fn the_best_score_merges_first_and_the_leftmost_of_equals() {
        check("", &[]);
        check("a", &[4]);
        // `bc` before `ab`, then `abc` of both.
        check("abc", &[2]);
        check("abb", &[1, 5]);
        check("bcbc", &[0, 0]);
        check(" a", &[3]);
        // `ab` scores better than a space with `a`.
        check(" ab", &[7, 1]);
        check("xabc", &[8, 2]);
    }

    #[test]
    fn what_is_defined_stays_whole_and_what_is_unknown_becomes_bytes() {
        check("a\n\nb", &[4, 500, 5]);
        check("a\n\n\nb", &[4, 501, 5]);
        check("a\nb", &[4, 1010, 5]);
        check("é", &[1195, 1169]);
        check("a<bos>", &[4, 1060, 5, 1111, 1115, 1062]);
    }

    #[test]
    fn every_byte_and_every_score_must_be_there() {
        let none = SentencePiece::new(Vocab::default(), HashMap::new(), &[], &[(0, 1)]);
        assert!(none.is_none());
        let bytes: Vec<(u8, u32)> = (0..=255).zip(1000..).collect();
        let plain = [("a".to_owned(), 3)].into_iter().collect();
        assert!(SentencePiece::new(plain, HashMap::new(), &[0.0], &bytes).is_none());
    }
}
