//! [`E5`]: tokenizer and network joined into an [`Encoder`].

#[cfg(test)]
mod tests;

use std::ops::Range;

use rayon::prelude::*;

use super::network::{Hidden, Network};
use super::tokenizer::Tokenizer;
use super::{Detailed, Embeddings, EncodeError, Encoder, TextKind, TokenVectors};

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

    /// Runs the network over `texts` (token ids) in groups, and makes of each group what `read` does of its
    /// texts, by index, and their hidden vectors.
    fn run<T: Send>(
        &self,
        texts: &[Vec<u32>],
        read: impl Fn(&[usize], &Hidden) -> Result<T, EncodeError> + Sync,
    ) -> Result<Vec<(Vec<usize>, T)>, EncodeError> {
        let threads = rayon::current_num_threads();
        let groups = self.group(texts, threads);
        let one_by_one = groups.len() < threads || !self.network.is_single_threaded();
        let threads_each = if one_by_one { threads } else { 1 };
        let run = |group: Vec<usize>| {
            let ids: Vec<&[u32]> = group.iter().map(|index| texts[*index].as_slice()).collect();
            let hidden = self.network.forward(&ids, threads_each)?;
            let made = read(&group, &hidden)?;
            Ok((group, made))
        };
        if one_by_one {
            groups.into_iter().map(run).collect()
        } else {
            groups.into_par_iter().with_max_len(1).map(run).collect()
        }
    }

    /// The vectors of the tokens that lie at `start` and on in `hidden` and stand for something of their text.
    fn token_vectors(
        &self,
        ranges: &[Range<usize>],
        prefix: usize,
        hidden: &Hidden,
        start: usize,
    ) -> Result<TokenVectors, EncodeError> {
        let mut read = TokenVectors {
            ranges: Vec::with_capacity(ranges.len()),
            vectors: Embeddings {
                dimensions: hidden.width(),
                values: Vec::with_capacity(ranges.len() * hidden.width()),
            },
        };
        // Position 0 is the token that begins every text, the last one that which ends it.
        let kept = ranges.iter().take(self.spec.max_tokens - 2);
        for (position, range) in kept.enumerate() {
            let range = range.start.max(prefix)..range.end;
            if range.is_empty() {
                continue;
            }
            read.ranges.push(range.start - prefix..range.end - prefix);
            let values = &mut read.vectors.values;
            let end = values.len();
            values.resize(end + hidden.width(), 0.0);
            hidden.token(start + position + 1, &mut values[end..]);
            normalise(&mut values[end..])?;
        }
        Ok(read)
    }
}

/// Unit vectors of the texts of a group, row after row: the means over their tokens.
fn means(texts: &[Vec<u32>], group: &[usize], hidden: &Hidden) -> Result<Vec<f32>, EncodeError> {
    let mut values = vec![0.0; group.len() * hidden.width()];
    let mut start = 0;
    for (index, row) in group.iter().zip(values.chunks_exact_mut(hidden.width())) {
        let end = start + texts[*index].len();
        hidden.mean(start, end, row);
        normalise(row)?;
        start = end;
    }
    Ok(values)
}

/// Runs `read` over all of `texts`, over threads when there are several.
fn read_all<T: Send>(
    texts: &[&str],
    read: impl Fn(&str) -> Result<T, EncodeError> + Sync,
) -> Result<Vec<T>, EncodeError> {
    if texts.len() < 2 {
        texts.iter().map(|text| read(text)).collect()
    } else {
        texts.par_iter().map(|text| read(text)).collect()
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
        let ids = read_all(texts, |text| {
            let ids = self.tokenizer.ids(&self.prefixed(text, kind))?;
            Ok(self.enclose(ids))
        })?;
        let encoded = self.run(&ids, |group, hidden| means(&ids, group, hidden))?;
        let dimensions = self.dimensions();
        let mut values = vec![0.0; texts.len() * dimensions];
        for (group, rows) in &encoded {
            for (index, row) in group.iter().zip(rows.chunks_exact(dimensions)) {
                values[index * dimensions..][..dimensions].copy_from_slice(row);
            }
        }
        Ok(Embeddings { dimensions, values })
    }

    fn encode_with_tokens(&self, texts: &[&str], kind: TextKind) -> Result<Detailed, EncodeError> {
        let (ids, ranges): (Vec<_>, Vec<_>) = read_all(texts, |text| {
            let tokens = self.tokenizer.ids_and_ranges(&self.prefixed(text, kind))?;
            let (ids, ranges): (Vec<u32>, Vec<_>) = tokens.into_iter().unzip();
            Ok((self.enclose(ids), ranges))
        })?
        .into_iter()
        .unzip();
        let prefix = self.prefix(kind).len();
        let encoded = self.run(&ids, |group, hidden| {
            let mut start = 0;
            let mut tokens = Vec::with_capacity(group.len());
            for index in group {
                tokens.push(self.token_vectors(&ranges[*index], prefix, hidden, start)?);
                start += ids[*index].len();
            }
            Ok((means(&ids, group, hidden)?, tokens))
        })?;
        let dimensions = self.dimensions();
        let mut values = vec![0.0; texts.len() * dimensions];
        let mut tokens = vec![TokenVectors::default(); texts.len()];
        for (group, (rows, vectors)) in encoded {
            let rows = rows.chunks_exact(dimensions);
            for ((index, row), vectors) in group.into_iter().zip(rows).zip(vectors) {
                values[index * dimensions..][..dimensions].copy_from_slice(row);
                tokens[index] = vectors;
            }
        }
        Ok(Detailed {
            texts: Embeddings { dimensions, values },
            tokens: Some(tokens),
        })
    }

    fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
        let tokens = self.tokenizer.ids_and_ranges(text)?;
        Ok(tokens.into_iter().map(|(_, range)| range).collect())
    }
}
