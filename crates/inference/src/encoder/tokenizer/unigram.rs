//! A unigram language model over pieces of text (Kudo 2018): the segmentation with the highest sum of scores.
//!
//! Agrees with `SentencePiece`'s best path. Unlike `tokenizers`' model it keeps the vocabulary as one run of
//! bytes with a hash table over it, about 9 MB for 250,000 pieces, never joins neighbouring unknown
//! characters, and never matches a control token in a text.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tokenizers::models::unigram::UnigramTrainer;
use tokenizers::{Model, Token};

/// An unknown character costs this much more than the worst piece (`SentencePiece`'s `kUnkPenalty`).
const UNKNOWN_PENALTY: f32 = 10.0;

/// Pieces and their scores; the position of a piece is its id.
#[derive(Debug, Default)]
pub(in crate::encoder) struct Vocabulary {
    text: String,
    /// Where each piece ends in `text`.
    ends: Vec<u32>,
    scores: Vec<f32>,
}

impl Vocabulary {
    /// Adds a piece; `false` when the vocabulary is larger than its ids or its bytes can be counted.
    pub(in crate::encoder) fn push(&mut self, piece: &str, score: f32) -> bool {
        let Ok(end) = u32::try_from(self.text.len() + piece.len()) else {
            return false;
        };
        if u32::try_from(self.ends.len() + 1).is_err() {
            return false;
        }
        self.text.push_str(piece);
        self.ends.push(end);
        self.scores.push(score);
        true
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn piece(&self, id: u32) -> &str {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.text[start as usize..self.ends[id] as usize]
    }

    fn ids(&self) -> impl Iterator<Item = u32> + use<> {
        (0..self.ends.len()).map(|id| u32::try_from(id).unwrap_or(u32::MAX))
    }

    /// Scores are logarithms of probabilities, so what is not negative was never learnt: the control tokens.
    fn is_control(&self, id: u32) -> bool {
        self.scores[id as usize] >= 0.0
    }
}

/// The model; see the module.
#[derive(Debug)]
pub(in crate::encoder) struct Unigram {
    vocabulary: Vocabulary,
    /// Open addressing with linear probing, a power of two long: upper 32 bits of the hash and id + 1, or 0.
    table: Vec<(u32, u32)>,
    unknown: u32,
    unknown_score: f32,
    longest: usize,
}

/// FNV-1a, one byte further.
fn hash_step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

impl Unigram {
    /// `unknown` stands for a character no piece covers; it has to be an id of the vocabulary.
    pub(in crate::encoder) fn new(vocabulary: Vocabulary, unknown: u32) -> Self {
        let size = (vocabulary.len() * 2).next_power_of_two().max(2);
        let worst = vocabulary.scores.iter().copied().fold(0.0, f32::min);
        let mut model = Self {
            table: vec![(0, 0); size],
            unknown,
            unknown_score: worst - UNKNOWN_PENALTY,
            longest: 0,
            vocabulary,
        };
        for id in model.vocabulary.ids() {
            let piece = model.vocabulary.piece(id);
            if piece.is_empty() || id == unknown || model.vocabulary.is_control(id) {
                continue;
            }
            model.longest = model.longest.max(piece.len());
            let hash = piece.bytes().fold(HASH_START, hash_step);
            // Of two pieces with one text the first is found.
            let mut slot = model.slot(hash);
            while model.table[slot].1 != 0 {
                slot = (slot + 1) % size;
            }
            model.table[slot] = (tag(hash), id + 1);
        }
        model
    }

    /// Whether a piece has `mark` anywhere but at its start.
    pub(super) fn has_piece_across_words(&self, mark: char) -> bool {
        self.vocabulary.ids().any(|id| {
            let piece = self.vocabulary.piece(id);
            !self.vocabulary.is_control(id) && piece.rfind(mark).is_some_and(|at| at > 0)
        })
    }

    fn slot(&self, hash: u64) -> usize {
        // The low bits of FNV-1a are its weak ones.
        usize::try_from((hash >> 20) % self.table.len() as u64).unwrap_or(0)
    }

    fn find(&self, piece: &str, hash: u64) -> Option<u32> {
        let mut slot = self.slot(hash);
        loop {
            let (found, next) = self.table[slot];
            let id = next.checked_sub(1)?;
            if found == tag(hash) && self.vocabulary.piece(id) == piece {
                return Some(id);
            }
            slot = (slot + 1) % self.table.len();
        }
    }

    /// Ids of the best segmentation of `text` with the byte each token starts at.
    fn segment(&self, text: &str) -> Vec<(u32, usize)> {
        #[derive(Clone, Copy)]
        struct Best {
            score: f32,
            id: u32,
            start: usize,
        }
        let mut best = vec![
            Best {
                score: f32::NEG_INFINITY,
                id: self.unknown,
                start: 0,
            };
            text.len() + 1
        ];
        best[0].score = 0.0;
        for (start, first) in text.char_indices() {
            let so_far = best[start].score;
            let mut offer = |end: usize, id: u32, score: f32| {
                if so_far + score > best[end].score {
                    best[end] = Best {
                        score: so_far + score,
                        id,
                        start,
                    };
                }
            };
            let mut hash = HASH_START;
            for (at, character) in text[start..].char_indices() {
                let end = at + character.len_utf8();
                if end > self.longest {
                    break;
                }
                let piece = &text[start..start + end];
                hash = piece.as_bytes()[at..].iter().copied().fold(hash, hash_step);
                if let Some(id) = self.find(piece, hash) {
                    offer(start + end, id, self.vocabulary.scores[id as usize]);
                }
            }
            offer(start + first.len_utf8(), self.unknown, self.unknown_score);
        }
        let mut tokens = Vec::new();
        let mut end = text.len();
        while end > 0 {
            let Best { id, start, .. } = best[end];
            tokens.push((id, start));
            end = start;
        }
        tokens.reverse();
        tokens
    }
}

fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(0)
}

impl Model for Unigram {
    type Trainer = UnigramTrainer;

    fn tokenize(&self, sequence: &str) -> tokenizers::Result<Vec<Token>> {
        let tokens = self.segment(sequence);
        let ends = tokens
            .iter()
            .skip(1)
            .map(|(_, start)| *start)
            .chain([sequence.len()]);
        Ok(tokens
            .iter()
            .zip(ends)
            .map(|((id, start), end)| {
                let value = sequence[*start..end].to_owned();
                Token::new(*id, value, (*start, end))
            })
            .collect())
    }

    fn token_to_id(&self, token: &str) -> Option<u32> {
        self.vocabulary
            .ids()
            .find(|id| self.vocabulary.piece(*id) == token)
    }

    fn id_to_token(&self, id: u32) -> Option<String> {
        ((id as usize) < self.vocabulary.len()).then(|| self.vocabulary.piece(id).to_owned())
    }

    fn get_vocab(&self) -> HashMap<String, u32> {
        self.vocabulary
            .ids()
            .map(|id| (self.vocabulary.piece(id).to_owned(), id))
            .collect()
    }

    fn get_vocab_size(&self) -> usize {
        self.vocabulary.len()
    }

    fn save(&self, _folder: &Path, _prefix: Option<&str>) -> tokenizers::Result<Vec<PathBuf>> {
        Err("a tokenizer read from a packed file is not saved".into())
    }

    fn get_trainer(&self) -> UnigramTrainer {
        UnigramTrainer::default()
    }
}
