//! [`E5`]: tokenizer and network joined into an [`Encoder`].

#[cfg(test)]
mod tests;

use std::ops::Range;

use rayon::prelude::*;

use super::network::Network;
use super::tokenizer::Tokenizer;
use super::{Embeddings, EncodeError, Encoder, TextKind, TokenVectors};

/// Most tokens of a group: their activations stay in the cache of one core.
const GROUP_TOKENS: usize = 256;
/// Fewest tokens of a group that is worth a thread of its own.
const SMALL_GROUP_TOKENS: usize = 64;
/// Tokens of a group where candle multiplies, which is best at large products.
const CANDLE_GROUP_TOKENS: usize = 1024;

/// What the catalogue knows of an E5 model beyond its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct E5Spec {
    /// Put before a question, with its space: `query: `.
    pub query_prefix: String,
    /// Put before anything that may answer one: `passage: `.
    pub passage_prefix: String,
    /// Most tokens read of one text, prefix and both special tokens included; at most the positions the model
    /// has.
    pub max_tokens: usize,
}

/// An encoder of the E5 family: prefix, unigram tokens, transformer, mean over tokens, unit length.
///
/// Uses rayon's global pool: a batch goes to the threads in groups of texts of similar length, a single text
/// is split over them. Where 4-bit products have to run in candle, candle's pool does that part.
#[derive(Debug)]
pub struct E5 {
    id: String,
    spec: E5Spec,
    tokenizer: Tokenizer,
    network: Network,
}

impl E5 {
    pub(super) fn new(id: String, spec: E5Spec, tokenizer: Tokenizer, network: Network) -> Self {
        Self {
            id,
            spec,
            tokenizer,
            network,
        }
    }

    /// Number of tokens the encoder would read of `text` were there no limit, prefix and both special tokens
    /// included.
    ///
    /// # Errors
    /// [`EncodeError::Tokenize`].
    pub fn count_tokens(&self, text: &str, kind: TextKind) -> Result<usize, EncodeError> {
        let ids = self.tokenizer.ids(&self.prefixed(text, kind))?;
        Ok(ids.len() + 2)
    }

    fn prefixed(&self, text: &str, kind: TextKind) -> String {
        let prefix = self.prefix(kind);
        [prefix, text].concat()
    }

    fn prefix(&self, kind: TextKind) -> &str {
        match kind {
            TextKind::Query => &self.spec.query_prefix,
            TextKind::Passage => &self.spec.passage_prefix,
        }
    }

    /// Special tokens around at most as many ids as fit.
    fn enclose(&self, mut ids: Vec<u32>) -> Vec<u32> {
        ids.truncate(self.spec.max_tokens - 2);
        ids.insert(0, self.tokenizer.begin());
        ids.push(self.tokenizer.end());
        ids
    }

    /// Texts (by index) in groups of similar length, longest first, so that the last groups are small and the
    /// threads end together.
    fn group(&self, texts: &[Vec<u32>], threads: usize) -> Vec<Vec<usize>> {
        let total: usize = texts.iter().map(Vec::len).sum();
        let most = if self.network.is_single_threaded() {
            total
                .div_ceil(threads)
                .clamp(SMALL_GROUP_TOKENS, GROUP_TOKENS)
        } else {
            CANDLE_GROUP_TOKENS
        };
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(texts[*index].len()));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut filled = usize::MAX;
        for index in order {
            let length = texts[index].len();
            match groups.last_mut() {
                Some(group) if filled + length <= most => {
                    group.push(index);
                    filled += length;
                }
                _ => {
                    groups.push(vec![index]);
                    filled = length;
                }
            }
        }
        groups
    }

    /// Unit vectors of one group, row after row.
    fn encode_group(
        &self,
        texts: &[Vec<u32>],
        group: &[usize],
        threads: usize,
    ) -> Result<Vec<f32>, EncodeError> {
        let group: Vec<&[u32]> = group.iter().map(|index| texts[*index].as_slice()).collect();
        let hidden = self.network.forward(&group, threads)?;
        let mut values = vec![0.0; group.len() * hidden.width()];
        let mut start = 0;
        for (text, row) in group.iter().zip(values.chunks_exact_mut(hidden.width())) {
            hidden.mean(start, start + text.len(), row);
            normalise(row)?;
            start += text.len();
        }
        Ok(values)
    }
}

/// Scales to Euclidean length 1; a vector of zeros stays.
fn normalise(vector: &mut [f32]) -> Result<(), EncodeError> {
    let square: f32 = vector.iter().map(|value| value * value).sum();
    if !square.is_finite() {
        return Err(EncodeError::NotFinite);
    }
    let inverse = 1.0 / square.max(1e-12).sqrt();
    for value in vector {
        *value *= inverse;
    }
    Ok(())
}

impl Encoder for E5 {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimensions(&self) -> usize {
        self.network.width
    }

    fn max_tokens(&self) -> usize {
        self.spec.max_tokens
    }

    fn encode(&self, texts: &[&str], kind: TextKind) -> Result<Embeddings, EncodeError> {
        let read = |text: &&str| {
            let ids = self.tokenizer.ids(&self.prefixed(text, kind))?;
            Ok(self.enclose(ids))
        };
        let ids: Vec<Vec<u32>> = if texts.len() < 2 {
            texts.iter().map(read).collect::<Result<_, EncodeError>>()?
        } else {
            texts
                .par_iter()
                .map(read)
                .collect::<Result<_, EncodeError>>()?
        };
        let threads = rayon::current_num_threads();
        let groups = self.group(&ids, threads);
        let encoded: Vec<Vec<f32>> = if self.network.is_single_threaded() && groups.len() >= threads
        {
            groups
                .par_iter()
                .with_max_len(1)
                .map(|group| self.encode_group(&ids, group, 1))
                .collect::<Result<_, _>>()?
        } else {
            groups
                .iter()
                .map(|group| self.encode_group(&ids, group, threads))
                .collect::<Result<_, _>>()?
        };
        let dimensions = self.dimensions();
        let mut values = vec![0.0; texts.len() * dimensions];
        for (group, rows) in groups.iter().zip(encoded) {
            for (index, row) in group.iter().zip(rows.chunks_exact(dimensions)) {
                values[index * dimensions..][..dimensions].copy_from_slice(row);
            }
        }
        Ok(Embeddings { dimensions, values })
    }

    fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
        let tokens = self.tokenizer.ids_and_ranges(text)?;
        Ok(tokens.into_iter().map(|(_, range)| range).collect())
    }

    fn token_vectors(
        &self,
        text: &str,
        kind: TextKind,
    ) -> Result<Option<TokenVectors>, EncodeError> {
        let tokens = self.tokenizer.ids_and_ranges(&self.prefixed(text, kind))?;
        let ids = self.enclose(tokens.iter().map(|(id, _)| *id).collect());
        let hidden = self
            .network
            .forward(&[&ids], rayon::current_num_threads())?;
        let prefix = self.prefix(kind).len();
        let mut ranges = Vec::new();
        let mut values = Vec::new();
        // Position 0 is the token that begins every text, the last one that which ends it.
        for (position, (_, range)) in tokens.iter().enumerate().take(ids.len() - 2) {
            let range = range.start.max(prefix)..range.end;
            if range.is_empty() {
                continue;
            }
            ranges.push(range.start - prefix..range.end - prefix);
            let start = values.len();
            values.resize(start + hidden.width(), 0.0);
            hidden.token(position + 1, &mut values[start..]);
            normalise(&mut values[start..])?;
        }
        Ok(Some(TokenVectors {
            ranges,
            vectors: Embeddings {
                dimensions: hidden.width(),
                values,
            },
        }))
    }
}
