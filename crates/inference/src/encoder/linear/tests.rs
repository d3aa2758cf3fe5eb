//! Dense layers against plain arithmetic in double precision.

use super::*;

/// Blocks with a scale near 0.01 and weights that differ.
fn blocks(count: usize) -> Vec<[u8; Q4_BLOCK]> {
    (0..count)
        .map(|index| {
            let mut block = [0; Q4_BLOCK];
            let scale = half::f16::from_f32(0.01 + 0.000_1 * (index % 7) as f32);
            block[..2].copy_from_slice(&scale.to_le_bytes());
            for (at, byte) in block[2..].iter_mut().enumerate() {
                *byte = u8::try_from((index * 31 + at * 57 + index * at) % 256).unwrap();
            }
            block
        })
        .collect()
}

#[test]
fn nibbles_have_their_order() {
    let mut block = [0; Q4_BLOCK];
    block[..2].copy_from_slice(&half::f16::from_f32(0.5).to_le_bytes());
    block[2] = 0xf1;
    block[17] = 0x2e;
    let nibbles = q4_nibbles(&block);
    assert!((q4_scale(&block) - 0.5).abs() < f32::EPSILON);
    assert_eq!(
        [
            nibbles[0],
            nibbles[16],
            nibbles[15],
            nibbles[31],
            nibbles[1]
        ],
        [1, 15, 14, 2, 0]
    );
}

#[track_caller]
fn check(rows: usize, columns: usize, tokens: usize, threads: usize) {
    let blocks = blocks(rows * columns / PANEL);
    let bias: Vec<f32> = (0..rows).map(|row| (row % 5) as f32 - 2.0).collect();
    let input: Vec<f32> = (0..tokens * columns)
        .map(|index| ((index * 37 + index / 11) % 201) as f32 / 100.0 - 1.0)
        .collect();
    let value = |row: usize, column: usize| {
        let block = &blocks[row * columns / PANEL + column / PANEL];
        (f64::from(q4_nibbles(block)[column % PANEL]) - 8.0) * f64::from(q4_scale(block))
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the weight is a nibble times an f32"
    )]
    let weights: Vec<f32> = (0..rows * columns)
        .map(|index| value(index / columns, index % columns) as f32)
        .collect();
    let full = Tensor::from_vec(weights, (rows, columns), &Device::Cpu)
        .and_then(|weights| Linear::from_tensor(weights, bias.clone()))
        .unwrap();
    let mut layers: Vec<(Processor, Linear)> = Processor::variants()
        .into_iter()
        .map(|processor| {
            let layer = Linear::from_q4(&blocks, columns, bias.clone(), processor).unwrap();
            (processor, layer)
        })
        .collect();
    layers.push((Processor::detect(), full));
    for (processor, layer) in layers {
        let mut output = vec![f32::NAN; tokens * rows];
        layer
            .apply(
                processor,
                &input,
                &mut output,
                &mut Scratch::default(),
                threads,
            )
            .unwrap();
        for token in 0..tokens {
            for row in 0..rows {
                let expected: f64 = (0..columns)
                    .map(|column| {
                        let at = (column / PANEL * tokens + token) * PANEL + column % PANEL;
                        value(row, column) * f64::from(input[at])
                    })
                    .sum::<f64>()
                    + f64::from(bias[row]);
                let found = f64::from(output[(row / PANEL * tokens + token) * PANEL + row % PANEL]);
                // Activations are rounded to 1/254 of the largest of their block.
                assert!(
                    (found - expected).abs() < 0.02,
                    "token {token}, row {row}: {found} instead of {expected}"
                );
            }
        }
    }
}

#[test]
fn products() {
    for tokens in [1, 2, 3, 4, 5, 9] {
        check(64, 96, tokens, 1);
        check(96, 64, tokens, 2);
    }
    check(32, 32, 33, 3);
}
