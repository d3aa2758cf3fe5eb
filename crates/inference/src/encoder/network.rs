//! The transformer of the E5 models (BERT and XLM-RoBERTa shape): token ids to one vector per token.
//!
//! All texts of a group are laid end to end, so that the matrix products run over their tokens at once and
//! nothing is padded; only attention looks at one text at a time.

use candle_core::Result;
use pulp::WithSimd;
use rayon::prelude::*;

use super::kernels::{AddNorm, Attend, Gelu, Norm, PANEL, Processor};
use super::linear::{Linear, Q4_BLOCK, Scratch, q4_nibbles, q4_scale};

/// Tokens below which splitting a loop over threads costs more than it saves.
const WORTH_SPLITTING: usize = 32;

/// Word vectors, decoded row by row as they are needed.
#[derive(Debug)]
pub(super) enum WordVectors {
    /// `Q4_0` blocks, `[words, width / 32]`.
    Packed(Vec<[u8; Q4_BLOCK]>),
    /// `[words, width]`
    Full(Vec<f32>),
}

impl WordVectors {
    /// Writes columns `32 panel .. 32 (panel + 1)` of the vector of `word`.
    fn read(&self, word: usize, panel: usize, width: usize, target: &mut [f32; PANEL]) {
        match self {
            Self::Packed(blocks) => {
                let block = &blocks[word * (width / PANEL) + panel];
                let scale = q4_scale(block);
                *target = q4_nibbles(block).map(|weight| (f32::from(weight) - 8.0) * scale);
            }
            Self::Full(values) => {
                target.copy_from_slice(&values[word * width + panel * PANEL..][..PANEL]);
            }
        }
    }
}

/// One transformer layer.
#[derive(Debug)]
pub(super) struct Layer {
    /// Queries, keys and values in one product, `[3 width, width]`.
    pub(super) attention: Linear,
    pub(super) attention_output: Linear,
    pub(super) attention_norm: Norm,
    pub(super) inner: Linear,
    pub(super) outer: Linear,
    pub(super) outer_norm: Norm,
}

/// The network with its weights.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) processor: Processor,
    /// Length of a token's vector; a multiple of 32.
    pub(super) width: usize,
    /// Attention heads; `width / heads` is a multiple of 32.
    pub(super) heads: usize,
    pub(super) words: WordVectors,
    /// Position plus token type, `[positions, width]`.
    pub(super) positions: Vec<f32>,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
}

/// Vectors of the tokens of a group, in panels.
#[derive(Debug)]
pub(super) struct Hidden {
    panels: Vec<f32>,
    width: usize,
    tokens: usize,
}

impl Hidden {
    /// Copies the vector of one token.
    pub(super) fn token(&self, token: usize, target: &mut [f32]) {
        for (panel, target) in target.as_chunks_mut::<PANEL>().0.iter_mut().enumerate() {
            let values = &self.panels[(panel * self.tokens + token) * PANEL..][..PANEL];
            target.copy_from_slice(values);
        }
    }

    /// The mean vector of tokens `start..end`.
    pub(super) fn mean(&self, start: usize, end: usize, target: &mut [f32]) {
        let scale = 1.0 / (end - start).max(1) as f32;
        for (panel, target) in target.as_chunks_mut::<PANEL>().0.iter_mut().enumerate() {
            let values = &self.panels[(panel * self.tokens + start) * PANEL..];
            *target = [0.0; PANEL];
            for values in &values.as_chunks::<PANEL>().0[..end - start] {
                for (sum, value) in target.iter_mut().zip(values) {
                    *sum += value;
                }
            }
            for sum in target.iter_mut() {
                *sum *= scale;
            }
        }
    }

    /// Length of a vector.
    pub(super) fn width(&self) -> usize {
        self.width
    }
}

impl Network {
    /// Whether a group may run on one thread beside others; candle's products bring their own threads.
    pub(super) fn is_single_threaded(&self) -> bool {
        self.layers.iter().all(|layer| layer.inner.is_integer())
    }

    /// Runs the network over `texts` (token ids, each shorter than the positions), split over `threads`.
    ///
    /// The ids have to be below the number of words, as the tokenizer's are by construction.
    pub(super) fn forward(&self, texts: &[&[u32]], threads: usize) -> Result<Hidden> {
        let mut bounds = vec![0];
        for text in texts {
            bounds.push(bounds.last().unwrap_or(&0) + text.len());
        }
        let tokens = bounds.last().copied().unwrap_or(0);
        let width = self.width;
        let head = width / self.heads;
        let inner = self.layers.first().map_or(0, |layer| layer.inner.rows());
        let mut x = self.embed(texts, tokens);
        let mut y = vec![0.0; tokens * width];
        let mut context = vec![0.0; tokens * width];
        let mut attention = vec![0.0; 3 * tokens * width];
        let mut wide = vec![0.0; tokens * inner];
        let mut scratch = Scratch::default();
        let processor = self.processor;
        self.add_norm(&mut x, &y, &self.norm, tokens);
        for layer in &self.layers {
            layer
                .attention
                .apply(processor, &x, &mut attention, &mut scratch, threads)?;
            let (query, rest) = attention.split_at(tokens * width);
            let (key, value) = rest.split_at(tokens * width);
            let part = (tokens * head).max(1);
            let heads = context
                .chunks_mut(part)
                .zip(query.chunks(part))
                .zip(key.chunks(part).zip(value.chunks(part)))
                .map(|((output, query), (key, value))| Attend {
                    query,
                    key,
                    value,
                    output,
                    tokens,
                    bounds: &bounds,
                });
            self.run_all(heads, tokens, threads);
            layer
                .attention_output
                .apply(processor, &context, &mut y, &mut scratch, threads)?;
            self.add_norm(&mut x, &y, &layer.attention_norm, tokens);
            layer
                .inner
                .apply(processor, &x, &mut wide, &mut scratch, threads)?;
            let part = wide.len().div_ceil(PANEL * threads).max(1) * PANEL;
            let parts = wide.chunks_mut(part).map(|values| Gelu { values });
            self.run_all(parts, tokens, threads);
            layer
                .outer
                .apply(processor, &wide, &mut y, &mut scratch, threads)?;
            self.add_norm(&mut x, &y, &layer.outer_norm, tokens);
        }
        Ok(Hidden {
            panels: x,
            width,
            tokens,
        })
    }

    /// Word plus position plus token type, in panels.
    fn embed(&self, texts: &[&[u32]], tokens: usize) -> Vec<f32> {
        let mut x = vec![0.0; tokens * self.width];
        let all = texts
            .iter()
            .flat_map(|text| text.iter().enumerate().map(|(at, id)| (at, *id as usize)));
        let (blocks, _) = x.as_chunks_mut::<PANEL>();
        for (token, (position, word)) in all.enumerate() {
            for panel in 0..self.width / PANEL {
                let target = &mut blocks[panel * tokens + token];
                self.words.read(word, panel, self.width, target);
                let start = position * self.width + panel * PANEL;
                for (value, added) in target.iter_mut().zip(&self.positions[start..][..PANEL]) {
                    *value += added;
                }
            }
        }
        x
    }

    fn add_norm(&self, x: &mut [f32], y: &[f32], norm: &Norm, tokens: usize) {
        self.processor.run(AddNorm { x, y, norm, tokens });
    }

    fn run_all<K: WithSimd<Output = ()> + Send>(
        &self,
        kernels: impl Iterator<Item = K>,
        tokens: usize,
        threads: usize,
    ) {
        if threads == 1 || tokens < WORTH_SPLITTING {
            kernels.for_each(|kernel| self.processor.run(kernel));
        } else {
            let kernels: Vec<_> = kernels.collect();
            kernels
                .into_par_iter()
                .for_each(|kernel| self.processor.run(kernel));
        }
    }
}
