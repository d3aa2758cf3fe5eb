//! Every kernel against plain arithmetic in double precision.

use candle_core::quantized::GgmlDType;

use super::*;
use crate::writer::tiles::Tiles;

/// A band of 16 rows of `dtype` from a fixed pattern, as the file has it and as numbers, `[16, n_columns]`.
fn band(dtype: GgmlDType, n_columns: usize) -> (Tiles, Vec<f32>) {
    let values: Vec<f32> = (0..CELL_ROWS * n_columns)
        .map(|i| ((i * 37 + i / 13 * 11) % 255) as f32 / 127.0 - 1.0)
        .collect();
    let device = candle_core::Device::Cpu;
    let tensor = candle_core::Tensor::from_slice(&values, (CELL_ROWS, n_columns), &device).unwrap();
    let quantised = candle_core::quantized::QTensor::quantize(&tensor, dtype).unwrap();
    let numbers = quantised.dequantize(&device).unwrap();
    let tiles = Tiles::pack(&quantised.data().unwrap(), dtype, n_columns);
    (tiles, numbers.flatten_all().unwrap().to_vec1().unwrap())
}

#[track_caller]
fn check(dtype: GgmlDType) {
    let (n_columns, n_inputs) = (512, 9);
    let (tiles, weights) = band(dtype, n_columns);
    let inputs: Vec<f32> = (0..n_inputs * n_columns)
        .map(|i| ((i * 29 + i / 7) % 201) as f32 / 100.0 - 1.0)
        .collect();
    let mut blocks = vec![InputBlock::default(); inputs.len() / CELL_COLUMNS];
    quantize(&inputs, &mut blocks);
    let detected = InstructionSet::detected();
    let mut sets = vec![detected];
    if detected == InstructionSet::Avx512 {
        sets.push(InstructionSet::Avx2);
    }
    for set in sets.into_iter().filter(|_| are_available()) {
        let mut output = vec![f32::NAN; n_inputs * CELL_ROWS];
        multiply(
            set,
            &tiles,
            0,
            &blocks,
            n_columns / CELL_COLUMNS,
            &mut output,
        );
        for (at, found) in output.iter().enumerate() {
            let (input, row) = (at / CELL_ROWS, at % CELL_ROWS);
            // The inputs as they were rounded.
            let expected: f64 = (0..n_columns)
                .map(|column| {
                    let block = &blocks[(input * n_columns + column) / CELL_COLUMNS];
                    let four = block.quants[column % CELL_COLUMNS / 4].to_le_bytes();
                    let rounded = f64::from(four[column % 4].cast_signed());
                    rounded * f64::from(block.scale) * f64::from(weights[row * n_columns + column])
                })
                .sum();
            // Scales are kept in half precision.
            assert!(
                (f64::from(*found) - expected).abs() < 0.05,
                "{dtype:?} {set:?} input {input}, row {row}: {found} instead of {expected}"
            );
        }
    }
}

#[test]
fn products_are_those_of_the_numbers() {
    for dtype in [
        GgmlDType::Q4_0,
        GgmlDType::Q4_1,
        GgmlDType::Q4K,
        GgmlDType::Q5_0,
        GgmlDType::Q6K,
        GgmlDType::Q8_0,
    ] {
        check(dtype);
    }
}
