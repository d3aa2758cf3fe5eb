//! A dense layer over panels, in the fastest arithmetic its weights and the processor allow.

#[cfg(test)]
mod tests;

use candle_core::quantized::{GgmlDType, QMatMul, ggml_file::qtensor_from_ggml};
use candle_core::{Device, Module, Result, Tensor};
use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use super::kernels::integer;
use super::kernels::{PANEL, Processor};

/// Bytes of a `Q4_0` block: a half-precision scale and 32 weights of 4 bits.
pub(super) const Q4_BLOCK: usize = 18;

/// `[tokens, columns]` to `[tokens, rows]`, both in panels.
#[derive(Debug)]
pub(super) struct Linear {
    weights: Weights,
    /// `[rows]`
    bias: Vec<f32>,
    columns: usize,
}

#[derive(Debug)]
enum Weights {
    /// 4-bit weights where the processor multiplies 8-bit integers.
    #[cfg(target_arch = "x86_64")]
    Integer(Vec<integer::Tile>),
    /// 4-bit weights elsewhere, and full-precision ones.
    Candle(QMatMul),
}

/// Memory that one pass reuses from layer to layer.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    #[cfg(target_arch = "x86_64")]
    blocks: Vec<integer::QuantisedBlock>,
    rows: Vec<f32>,
}

/// Scale of a `Q4_0` block.
pub(super) fn q4_scale(block: &[u8; Q4_BLOCK]) -> f32 {
    half::f16::from_le_bytes([block[0], block[1]]).to_f32()
}

/// Weights of a `Q4_0` block as `0..=15`; the value is `(weight - 8) * scale`. The low halves of the bytes come
/// first, then the high ones.
pub(super) fn q4_nibbles(block: &[u8; Q4_BLOCK]) -> [u8; PANEL] {
    std::array::from_fn(|index| {
        if index < PANEL / 2 {
            block[2 + index] & 15
        } else {
            block[2 + index - PANEL / 2] >> 4
        }
    })
}

impl Linear {
    /// From `Q4_0` blocks, `[rows, columns / 32]`; `rows` is the length of `bias`.
    ///
    /// # Panics
    /// When the lengths do not agree or are not multiples of 32.
    pub(super) fn from_q4(
        blocks: &[[u8; Q4_BLOCK]],
        columns: usize,
        bias: Vec<f32>,
        processor: Processor,
    ) -> Result<Self> {
        let per_row = columns / PANEL;
        assert!(
            columns.is_multiple_of(PANEL)
                && bias.len().is_multiple_of(PANEL)
                && blocks.len() == bias.len() * per_row
        );
        #[cfg(target_arch = "x86_64")]
        if processor.has_integer_products() {
            let tiles = integer::pack(
                bias.len(),
                per_row,
                |row, block| q4_scale(&blocks[row * per_row + block]),
                |row, block| q4_nibbles(&blocks[row * per_row + block]),
            );
            return Ok(Self {
                weights: Weights::Integer(tiles),
                bias,
                columns,
            });
        }
        let _ = processor;
        // candle reads the blocks as structures aligned to two bytes.
        let aligned: Vec<u16> = blocks
            .as_flattened()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| u16::from_ne_bytes(*pair))
            .collect();
        let tensor = qtensor_from_ggml(
            GgmlDType::Q4_0,
            bytemuck::cast_slice(&aligned),
            vec![bias.len(), columns],
            &Device::Cpu,
        )?;
        Ok(Self {
            weights: Weights::Candle(QMatMul::from_qtensor(tensor)?),
            bias,
            columns,
        })
    }

    /// From a tensor `[rows, columns]` of single precision.
    pub(super) fn from_tensor(weights: Tensor, bias: Vec<f32>) -> Result<Self> {
        let (_, columns) = weights.dims2()?;
        Ok(Self {
            weights: Weights::Candle(QMatMul::Tensor(weights)),
            bias,
            columns,
        })
    }

    /// Output columns.
    pub(super) fn rows(&self) -> usize {
        self.bias.len()
    }

    /// Whether the product runs on the calling thread and those it is told to use, instead of candle's pool.
    pub(super) fn is_integer(&self) -> bool {
        !matches!(self.weights, Weights::Candle(_))
    }

    /// `output = weights · input + bias`, split over `threads`.
    pub(super) fn apply(
        &self,
        processor: Processor,
        input: &[f32],
        output: &mut [f32],
        scratch: &mut Scratch,
        threads: usize,
    ) -> Result<()> {
        let tokens = input.len() / self.columns;
        match &self.weights {
            #[cfg(target_arch = "x86_64")]
            Weights::Integer(tiles) => {
                let blocks = &mut scratch.blocks;
                blocks.resize(input.len() / PANEL, integer::QuantisedBlock::default());
                let share = input.len().div_ceil(PANEL * threads).max(1);
                for_each_chunk(
                    threads,
                    input
                        .par_chunks(share * PANEL)
                        .zip(blocks.par_chunks_mut(share)),
                    |(input, output)| {
                        processor.run_integer(integer::Step::Quantise { input, output });
                    },
                );
                let share = self.rows().div_ceil(PANEL * threads).max(1);
                let tiles_per_panel = 2 * self.columns / PANEL;
                for_each_chunk(
                    threads,
                    tiles
                        .par_chunks(share * tiles_per_panel)
                        .zip(self.bias.par_chunks(share * PANEL))
                        .zip(output.par_chunks_mut(share * PANEL * tokens.max(1))),
                    |((weights, bias), output)| {
                        processor.run_integer(integer::Step::Multiply {
                            weights,
                            bias,
                            activations: blocks,
                            tokens,
                            output,
                        });
                    },
                );
            }
            Weights::Candle(product) => {
                to_rows(input, self.columns, &mut scratch.rows);
                let rows = Tensor::from_slice(&scratch.rows, (tokens, self.columns), &Device::Cpu)?;
                let rows = product.forward(&rows)?.flatten_all()?.to_vec1::<f32>()?;
                from_rows(&rows, &self.bias, output);
            }
        }
        Ok(())
    }
}

/// Runs `work` over `chunks`, which one thread gets as one chunk.
fn for_each_chunk<I: IndexedParallelIterator>(
    threads: usize,
    chunks: I,
    work: impl Fn(I::Item) + Sync + Send,
) {
    if threads == 1 {
        // One chunk on the calling thread, without waking the pool.
        chunks.with_min_len(usize::MAX).for_each(work);
    } else {
        chunks.for_each(work);
    }
}

/// Panels to `[tokens, columns]`.
fn to_rows(panels: &[f32], columns: usize, rows: &mut Vec<f32>) {
    let tokens = panels.len() / columns;
    rows.resize(panels.len(), 0.0);
    for (index, values) in panels.as_chunks::<PANEL>().0.iter().enumerate() {
        let (panel, token) = (index / tokens, index % tokens);
        rows[token * columns + panel * PANEL..][..PANEL].copy_from_slice(values);
    }
}

/// `[tokens, columns]` to panels, with the bias added.
fn from_rows(rows: &[f32], bias: &[f32], panels: &mut [f32]) {
    let tokens = rows.len() / bias.len();
    for (index, values) in panels.as_chunks_mut::<PANEL>().0.iter_mut().enumerate() {
        let (panel, token) = (index / tokens, index % tokens);
        let row = &rows[token * bias.len() + panel * PANEL..][..PANEL];
        let bias = &bias[panel * PANEL..][..PANEL];
        for ((value, row), bias) in values.iter_mut().zip(row).zip(bias) {
            *value = row + bias;
        }
    }
}
