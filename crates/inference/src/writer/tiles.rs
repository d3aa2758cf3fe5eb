//! Weights rearranged for integer matrix products, and the products themselves.
//!
//! A GGUF matrix keeps each row's blocks together; here 16 rows are interleaved, so that one VNNI instruction
//! multiplies four columns of all 16 with four inputs. A cell holds 16 rows by 32 columns. Nothing is
//! requantised: the integers are the file's own and only scales are rounded to half precision, so the
//! products differ from the plain ones by rounding. The file's layout is not kept beside this one, which is
//! why a loaded model takes about the size of its file. Block layouts: `ggml-common.h` of ggml-org/ggml.
//!
//! Every output depends on its own input row alone, to the last bit: how many rows are multiplied at once
//! changes nothing. Drafting relies on that.

use candle_core::quantized::GgmlDType;
use half::f16;

/// Rows of a cell.
pub(super) const CELL_ROWS: usize = 16;
/// Columns of a cell.
pub(super) const CELL_COLUMNS: usize = 32;

/// 4-bit weights `scale * q - minimum`; 5 bits a weight.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct NibbleCell {
    pub(super) scales: [u16; CELL_ROWS],
    pub(super) minimums: [u16; CELL_ROWS],
    /// Group `g` holds columns `8g..8g+8`: byte `4 * row + i` has column `8g + i` low and `8g + 4 + i` high.
    pub(super) quants: [[u8; 64]; 4],
}

/// 6-bit weights `scale * (q - 32)`, a scale for each 16 columns; 7 bits a weight.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct SixBitCell {
    pub(super) scales: [[u16; CELL_ROWS]; 2],
    /// Low 4 bits, arranged as in [`NibbleCell`].
    pub(super) low: [[u8; 64]; 4],
    /// High 2 bits: byte `4 * row + i` of half `h` has those of columns `16h + 4j + i` at bits `2j` and up.
    pub(super) high: [[u8; 64]; 2],
}

/// 8-bit weights `scale * (q - 128)`; 8.5 bits a weight.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub(super) struct ByteCell {
    pub(super) scales: [u16; CELL_ROWS],
    /// Group `g` holds columns `4g..4g+4`: byte `4 * row + i` is column `4g + i`.
    pub(super) quants: [[u8; 64]; 8],
}

/// A weight matrix in cells, `[n_rows / 16, n_columns / 32]`, rows padded with zeros.
#[derive(Debug)]
pub(super) enum Tiles {
    Nibble(Vec<NibbleCell>),
    SixBit(Vec<SixBitCell>),
    Byte(Vec<ByteCell>),
}

/// 32 columns of one row as the file has them.
struct Block {
    /// Not negative, below 16, 64 or 256.
    quants: [u8; CELL_COLUMNS],
    /// Of the first and second 16 columns.
    scales: [f32; 2],
    minimum: f32,
}

impl Tiles {
    /// Whether matrices of `dtype` with `n_columns` can be held in cells.
    pub(super) fn can_hold(dtype: GgmlDType, n_columns: usize) -> bool {
        use GgmlDType::{Q4_0, Q4_1, Q4K, Q5_0, Q6K, Q8_0};
        matches!(dtype, Q4_0 | Q4_1 | Q4K | Q5_0 | Q6K | Q8_0)
            && n_columns.is_multiple_of(CELL_COLUMNS.max(dtype.block_size()))
    }

    /// Rearranges the file's `bytes` of an `[n_rows, n_columns]` matrix of `dtype`, for which
    /// [`Tiles::can_hold`] is true.
    pub(super) fn pack(bytes: &[u8], dtype: GgmlDType, n_columns: usize) -> Self {
        let row_bytes = n_columns / dtype.block_size() * dtype.type_size();
        match dtype {
            GgmlDType::Q5_0 | GgmlDType::Q6K => {
                Self::SixBit(cells(bytes, row_bytes, n_columns, dtype, SixBitCell::new))
            }
            GgmlDType::Q8_0 => Self::Byte(cells(bytes, row_bytes, n_columns, dtype, ByteCell::new)),
            _ => Self::Nibble(cells(bytes, row_bytes, n_columns, dtype, NibbleCell::new)),
        }
    }
}

/// Builds the cells of a matrix, a band of 16 rows at a time, on all threads.
fn cells<C, F>(bytes: &[u8], row_bytes: usize, n_columns: usize, dtype: GgmlDType, new: F) -> Vec<C>
where
    C: Copy + Send,
    F: Fn(&[Option<Block>; CELL_ROWS]) -> C + Sync,
{
    use rayon::iter::{IndexedParallelIterator, ParallelIterator};
    use rayon::slice::{ParallelSlice, ParallelSliceMut};
    let cells_per_band = n_columns / CELL_COLUMNS;
    let n_bands = bytes.len().div_ceil(row_bytes * CELL_ROWS);
    // Written in place: a second copy of the largest matrix would be a fifth of the whole model.
    let mut all = vec![new(&[const { None }; CELL_ROWS]); n_bands * cells_per_band];
    all.par_chunks_mut(cells_per_band)
        .zip(bytes.par_chunks(row_bytes * CELL_ROWS))
        .with_min_len(4)
        .for_each(|(cells, band)| {
            for (column, cell) in cells.iter_mut().enumerate() {
                let mut blocks = [const { None }; CELL_ROWS];
                for (block, row) in blocks.iter_mut().zip(band.chunks_exact(row_bytes)) {
                    *block = Some(read_block(row, dtype, column));
                }
                *cell = new(&blocks);
            }
        });
    all
}

fn half_bits(value: f32) -> u16 {
    f16::from_f32(value).to_bits()
}

impl NibbleCell {
    fn new(rows: &[Option<Block>; CELL_ROWS]) -> Self {
        let mut cell = Self {
            scales: [0; CELL_ROWS],
            minimums: [0; CELL_ROWS],
            quants: [[0; 64]; 4],
        };
        for (row, block) in rows.iter().enumerate() {
            let Some(block) = block else { continue };
            cell.scales[row] = half_bits(block.scales[0]);
            cell.minimums[row] = half_bits(block.minimum);
            for (group, columns) in cell.quants.iter_mut().zip(block.quants.chunks_exact(8)) {
                for i in 0..4 {
                    group[4 * row + i] = columns[i] | columns[4 + i] << 4;
                }
            }
        }
        cell
    }
}

impl SixBitCell {
    fn new(rows: &[Option<Block>; CELL_ROWS]) -> Self {
        let mut cell = Self {
            scales: [[0; CELL_ROWS]; 2],
            low: [[0; 64]; 4],
            high: [[0; 64]; 2],
        };
        for (row, block) in rows.iter().enumerate() {
            let Some(block) = block else { continue };
            for (scales, scale) in cell.scales.iter_mut().zip(block.scales) {
                scales[row] = half_bits(scale);
            }
            for (group, columns) in cell.low.iter_mut().zip(block.quants.chunks_exact(8)) {
                for i in 0..4 {
                    group[4 * row + i] = columns[i] & 15 | (columns[4 + i] & 15) << 4;
                }
            }
            for (half, columns) in cell.high.iter_mut().zip(block.quants.chunks_exact(16)) {
                for i in 0..4 {
                    half[4 * row + i] =
                        (0..4).fold(0, |bits, j| bits | columns[4 * j + i] >> 4 << (2 * j));
                }
            }
        }
        cell
    }
}

impl ByteCell {
    fn new(rows: &[Option<Block>; CELL_ROWS]) -> Self {
        let mut cell = Self {
            scales: [0; CELL_ROWS],
            quants: [[0; 64]; 8],
        };
        for (row, block) in rows.iter().enumerate() {
            let Some(block) = block else { continue };
            cell.scales[row] = half_bits(block.scales[0]);
            for (group, columns) in cell.quants.iter_mut().zip(block.quants.chunks_exact(4)) {
                group[4 * row..4 * row + 4].copy_from_slice(columns);
            }
        }
        cell
    }
}

fn half_at(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// The 32 columns from `32 * column` of the row in `row`.
fn read_block(row: &[u8], dtype: GgmlDType, column: usize) -> Block {
    let per_block = (dtype.block_size() / CELL_COLUMNS).max(1);
    let start = column / per_block * dtype.type_size();
    let bytes = &row[start..start + dtype.type_size()];
    let part = column % per_block;
    match dtype {
        GgmlDType::Q4_0 | GgmlDType::Q4_1 => {
            let scale = half_at(bytes, 0);
            let (minimum, quants) = if dtype == GgmlDType::Q4_0 {
                (8.0 * scale, &bytes[2..18])
            } else {
                (-half_at(bytes, 2), &bytes[4..20])
            };
            Block {
                quants: std::array::from_fn(|i| nibble(quants, 16, i)),
                scales: [scale; 2],
                minimum,
            }
        }
        GgmlDType::Q5_0 => {
            let high = u32::from_le_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]);
            Block {
                // q - 16 of the file is (q + 16) - 32 here.
                quants: std::array::from_fn(|i| {
                    let fifth = u8::from(high >> i & 1 == 1) << 4;
                    (nibble(&bytes[6..22], 16, i) | fifth) + 16
                }),
                scales: [half_at(bytes, 0); 2],
                minimum: 0.0,
            }
        }
        GgmlDType::Q4K => {
            let (scale, minimum) = six_bit_pair(&bytes[4..16], part);
            let quants = &bytes[16 + part / 2 * 32..][..32];
            Block {
                quants: std::array::from_fn(|i| quants[i] >> (part % 2 * 4) & 15),
                scales: [half_at(bytes, 0) * f32::from(scale); 2],
                minimum: half_at(bytes, 2) * f32::from(minimum),
            }
        }
        GgmlDType::Q6K => {
            let (half, quarter) = (part / 4, part % 4);
            let low = &bytes[half * 64 + quarter % 2 * 32..][..32];
            let high = &bytes[128 + half * 32..][..32];
            let scale = half_at(bytes, 208);
            let scale_at = |i: usize| scale * f32::from(bytes[192 + 2 * part + i].cast_signed());
            Block {
                quants: std::array::from_fn(|i| {
                    (low[i] >> (quarter / 2 * 4) & 15) | (high[i] >> (quarter * 2) & 3) << 4
                }),
                scales: [scale_at(0), scale_at(1)],
                minimum: 0.0,
            }
        }
        // Q8_0, and what `can_hold` excludes.
        _ => Block {
            quants: std::array::from_fn(|i| bytes[2 + i] ^ 0x80),
            scales: [half_at(bytes, 0); 2],
            minimum: 0.0,
        },
    }
}

/// Value `i` of 4-bit values, the first `half` in the low nibbles and the rest in the high ones.
fn nibble(bytes: &[u8], half: usize, i: usize) -> u8 {
    bytes[i % half] >> (i / half * 4) & 15
}

/// Scale and minimum of 32-column part `part` of a `Q4_K` block (`get_scale_min_k4` of ggml).
fn six_bit_pair(packed: &[u8], part: usize) -> (u8, u8) {
    if part < 4 {
        (packed[part] & 63, packed[part + 4] & 63)
    } else {
        (
            packed[part + 4] & 15 | packed[part - 4] >> 6 << 4,
            packed[part + 4] >> 4 | packed[part] >> 6 << 4,
        )
    }
}
