//! Matrix products with quantised weights.

use candle_core::quantized::QMatMul;
use candle_core::{Device, Module, Tensor};

use super::gguf::{GgufError, GgufFile};
use super::kernels::{self, InputBlock};
use super::parallel::{for_each_chunk, for_each_chunk_of};
use super::simd::InstructionSet;
use super::tiles::{CELL_COLUMNS, CELL_ROWS, Tiles};

/// A weight matrix `[n_outputs, n_inputs]`.
#[derive(Debug)]
pub(super) struct Linear {
    n_outputs: usize,
    n_inputs: usize,
    weights: Weights,
}

#[derive(Debug)]
enum Weights {
    /// Our own kernels, where the machine and the type of the weights allow.
    Tiles(Tiles),
    /// candle's, everywhere else.
    Candle(QMatMul),
}

/// Rows of input, `[n_rows, width]`, prepared once for all matrices they are multiplied with.
#[derive(Debug)]
pub(super) struct Inputs<'a> {
    values: &'a [f32],
    width: usize,
    blocks: Vec<InputBlock>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(values: &'a [f32], width: usize) -> Self {
        let mut blocks = Vec::new();
        if width.is_multiple_of(CELL_COLUMNS) && kernels::are_available() {
            blocks = vec![InputBlock::default(); values.len() / CELL_COLUMNS];
            kernels::quantize(values, &mut blocks);
        }
        Self {
            values,
            width,
            blocks,
        }
    }

    fn n_rows(&self) -> usize {
        self.values.len() / self.width
    }
}

impl Linear {
    /// Loads matrix `name` of `file`.
    pub(super) fn read(
        file: &mut GgufFile,
        name: &str,
        n_outputs: usize,
        n_inputs: usize,
    ) -> Result<Self, GgufError> {
        let info = file.require(name, &[n_outputs, n_inputs])?;
        let weights = if kernels::are_available() && Tiles::can_hold(info.dtype, n_inputs) {
            let bytes = file.tensor_bytes(&info)?;
            Weights::Tiles(Tiles::pack(&bytes, info.dtype, n_inputs))
        } else {
            Weights::Candle(QMatMul::from_qtensor(file.quantized(&info)?)?)
        };
        Ok(Self {
            n_outputs,
            n_inputs,
            weights,
        })
    }

    /// The products of all rows of `inputs`: `[n_rows, n_outputs]`.
    pub(super) fn forward(&self, inputs: &Inputs<'_>) -> Result<Vec<f32>, candle_core::Error> {
        let n_rows = inputs.n_rows();
        match &self.weights {
            Weights::Candle(matrix) => {
                let rows =
                    Tensor::from_slice(inputs.values, (n_rows, self.n_inputs), &Device::Cpu)?;
                matrix.forward(&rows)?.flatten_all()?.to_vec1()
            }
            Weights::Tiles(tiles) => Ok(self.forward_tiles(tiles, inputs, n_rows)),
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn forward_tiles(&self, tiles: &Tiles, inputs: &Inputs<'_>, n_rows: usize) -> Vec<f32> {
        let n_bands = self.n_outputs.div_ceil(CELL_ROWS);
        let n_cells = self.n_inputs / CELL_COLUMNS;
        // Bands first, so that every thread writes its own stretch.
        let mut by_band = vec![0.0; n_bands * n_rows * CELL_ROWS];
        let n_products = n_rows * self.n_outputs * self.n_inputs;
        for_each_chunk_of(
            n_products,
            &mut by_band,
            n_rows * CELL_ROWS,
            |band, output| {
                kernels::multiply(
                    InstructionSet::detected(),
                    tiles,
                    band,
                    &inputs.blocks,
                    n_cells,
                    output,
                );
            },
        );
        if n_rows == 1 {
            by_band.truncate(self.n_outputs);
            return by_band;
        }
        let mut by_row = vec![0.0; n_rows * self.n_outputs];
        for_each_chunk(&mut by_row, self.n_outputs, |row, outputs| {
            let rows = by_band[row * CELL_ROWS..].chunks(n_rows * CELL_ROWS);
            for (outputs, band) in outputs.chunks_mut(CELL_ROWS).zip(rows) {
                outputs.copy_from_slice(&band[..outputs.len()]);
            }
        });
        by_row
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn forward_tiles(&self, _: &Tiles, _: &Inputs<'_>, n_rows: usize) -> Vec<f32> {
        vec![0.0; n_rows * self.n_outputs]
    }
}
