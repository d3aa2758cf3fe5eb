//! A decoder as plain as it can be, to hold the fast one against.
//!
//! candle reads the file and widens the weights to single precision; everything else is loops over slices. No
//! cache, no kernels, no table of families in common with the writer: what a family does is spelt out here
//! again. A [`Fault`] makes it wrong in one respect, which the comparison must notice.

use std::collections::HashMap;
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value};

/// One thing done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    RopePairing,
    RopeBase,
    NoRopeFactors,
    NoRopeDivisor,
    NoBias,
    NoHeadNorm,
    NoAttentionPostNorm,
    NoFeedForwardPostNorm,
    NoEmbeddingScale,
    OtherActivation,
    OtherKeyHead,
    NoWindow,
    WindowOneLonger,
    WindowEverywhere,
    WindowRopeBase,
}

/// The weights of a file, widened.
pub(super) struct Plain {
    family: String,
    metadata: HashMap<String, Value>,
    /// Every tensor in one row after the other.
    tensors: HashMap<String, Vec<f32>>,
}

impl Plain {
    pub(super) fn read(path: &Path) -> Self {
        let mut file = fs_err::File::open(path).expect("the model file");
        let content = Content::read(&mut file).expect("a GGUF header");
        let mut tensors = HashMap::new();
        for name in content.tensor_infos.keys() {
            let tensor = content.tensor(&mut file, name, &Device::Cpu);
            let tensor = tensor.and_then(|tensor| tensor.dequantize(&Device::Cpu));
            let values = tensor.and_then(|tensor| tensor.flatten_all()?.to_vec1());
            tensors.insert(name.clone(), values.expect("a tensor"));
        }
        let Some(Value::String(family)) = content.metadata.get("general.architecture") else {
            panic!("the family is not named");
        };
        Self {
            family: family.clone(),
            metadata: content.metadata,
            tensors,
        }
    }

    fn number(&self, key: &str) -> Option<f64> {
        match self.metadata.get(&format!("{}.{key}", self.family))? {
            Value::U32(number) => Some(f64::from(*number)),
            Value::F32(number) => Some(f64::from(*number)),
            _ => None,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes"
    )]
    fn size(&self, key: &str) -> Option<usize> {
        self.number(key).map(|number| number as usize)
    }

    fn tensor(&self, layer: usize, name: &str) -> &[f32] {
        &self.tensors[&format!("blk.{layer}.{name}")]
    }

    /// Scores of the token after each of `ids`.
    pub(super) fn logits(&self, ids: &[u32], fault: Fault) -> Vec<Vec<f32>> {
        let is_gemma = self.family == "gemma3";
        let width = self.size("embedding_length").expect("a width");
        let mut hidden: Vec<Vec<f32>> = Vec::new();
        for id in ids {
            let mut row =
                self.tensors["token_embd.weight"][*id as usize * width..][..width].to_vec();
            if is_gemma && fault != Fault::NoEmbeddingScale {
                for value in &mut row {
                    *value *= (width as f32).sqrt();
                }
            }
            hidden.push(row);
        }
        for layer in 0..self.size("block_count").expect("layers") {
            let normed = self.normed(&hidden, self.tensor(layer, "attn_norm.weight"));
            let mut attended = self.attention(&normed, layer, fault);
            if is_gemma && fault != Fault::NoAttentionPostNorm {
                attended = self.normed(&attended, self.tensor(layer, "post_attention_norm.weight"));
            }
            add(&mut hidden, &attended);
            let normed = self.normed(&hidden, self.tensor(layer, "ffn_norm.weight"));
            let mut fed: Vec<Vec<f32>> = normed
                .iter()
                .map(|row| {
                    let gate = multiply(self.tensor(layer, "ffn_gate.weight"), row);
                    let up = multiply(self.tensor(layer, "ffn_up.weight"), row);
                    let is_gelu = is_gemma != (fault == Fault::OtherActivation);
                    let gated: Vec<f32> = gate
                        .iter()
                        .zip(&up)
                        .map(|(gate, up)| activate(*gate, is_gelu) * up)
                        .collect();
                    multiply(self.tensor(layer, "ffn_down.weight"), &gated)
                })
                .collect();
            if is_gemma && fault != Fault::NoFeedForwardPostNorm {
                fed = self.normed(&fed, self.tensor(layer, "post_ffw_norm.weight"));
            }
            add(&mut hidden, &fed);
        }
        let output = self.tensors.get("output.weight");
        let output = output.unwrap_or(&self.tensors["token_embd.weight"]);
        self.normed(&hidden, &self.tensors["output_norm.weight"])
            .iter()
            .map(|row| multiply(output, row))
            .collect()
    }

    fn normed(&self, rows: &[Vec<f32>], weight: &[f32]) -> Vec<Vec<f32>> {
        let epsilon = self
            .number("attention.layer_norm_rms_epsilon")
            .expect("an epsilon");
        rows.iter().map(|row| norm(row, weight, epsilon)).collect()
    }

    fn attention(&self, rows: &[Vec<f32>], layer: usize, fault: Fault) -> Vec<Vec<f32>> {
        let n_heads = self.size("attention.head_count").expect("heads");
        let n_kv_heads = self.size("attention.head_count_kv").expect("heads of keys");
        let width = self.size("embedding_length").expect("a width");
        let head_width = self.size("attention.key_length").unwrap_or(width / n_heads);
        let window = self.size("attention.sliding_window");
        // Five layers with a window, one without, and so on.
        let has_window = window.is_some()
            && (layer % 6 != 5 || fault == Fault::WindowEverywhere)
            && fault != Fault::NoWindow;
        let queries = self.heads(rows, layer, "attn_q", head_width, fault);
        let keys = self.heads(rows, layer, "attn_k", head_width, fault);
        let values = self.heads(rows, layer, "attn_v", head_width, fault);
        let output = self.tensor(layer, "attn_output.weight");
        (0..rows.len())
            .map(|position| {
                let mut all = Vec::new();
                for (head, query) in queries[position].iter().enumerate() {
                    let kv_head = match fault {
                        Fault::OtherKeyHead => head % n_kv_heads,
                        _ => head / (n_heads / n_kv_heads),
                    };
                    let length = window.unwrap_or(0) + usize::from(fault == Fault::WindowOneLonger);
                    let first = if has_window {
                        (position + 1).saturating_sub(length)
                    } else {
                        0
                    };
                    let seen = first..=position;
                    let scores: Vec<f64> = seen
                        .clone()
                        .map(|other| {
                            let products = query
                                .iter()
                                .zip(&keys[other][kv_head])
                                .map(|(query, key)| f64::from(*query) * f64::from(*key));
                            (products.sum::<f64>() / (head_width as f64).sqrt()).exp()
                        })
                        .collect();
                    let total: f64 = scores.iter().sum();
                    let mut sum = vec![0.0_f64; head_width];
                    for (other, score) in seen.zip(scores) {
                        for (sum, value) in sum.iter_mut().zip(&values[other][kv_head]) {
                            *sum += score / total * f64::from(*value);
                        }
                    }
                    #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
                    all.extend(sum.into_iter().map(|sum| sum as f32));
                }
                multiply(output, &all)
            })
            .collect()
    }

    /// One of the three projections: by position and head.
    fn heads(
        &self,
        rows: &[Vec<f32>],
        layer: usize,
        name: &str,
        head_width: usize,
        fault: Fault,
    ) -> Vec<Vec<Vec<f32>>> {
        let weight = self.tensor(layer, &format!("{name}.weight"));
        let is_value = name == "attn_v";
        let epsilon = self
            .number("attention.layer_norm_rms_epsilon")
            .expect("an epsilon");
        let mut positions = Vec::new();
        for (position, row) in rows.iter().enumerate() {
            let mut row = multiply(weight, row);
            if self.family == "qwen2" && fault != Fault::NoBias {
                let bias = self.tensor(layer, &format!("{name}.bias"));
                row.iter_mut()
                    .zip(bias)
                    .for_each(|(value, bias)| *value += bias);
            }
            let heads = row.chunks(head_width).map(|head| {
                let mut head = head.to_vec();
                let has_norm = matches!(self.family.as_str(), "qwen3" | "gemma3");
                if has_norm && !is_value && fault != Fault::NoHeadNorm {
                    let weight = self.tensor(layer, &format!("{name}_norm.weight"));
                    head = norm(&head, weight, epsilon);
                }
                if !is_value {
                    self.rotate(&mut head, position, layer, fault);
                }
                head
            });
            positions.push(heads.collect());
        }
        positions
    }

    fn rotate(&self, head: &mut [f32], position: usize, layer: usize, fault: Fault) {
        let is_gemma = self.family == "gemma3";
        let is_local = is_gemma && layer % 6 != 5;
        let mut base = self.number("rope.freq_base").expect("a base");
        let mut position = position as f64;
        if is_local && fault != Fault::WindowRopeBase {
            base = 10_000.0;
        } else if is_gemma && fault != Fault::NoRopeDivisor {
            position /= self.number("rope.scaling.factor").expect("a factor");
        }
        if fault == Fault::RopeBase {
            base *= 2.0;
        }
        let factors = self.tensors.get("rope_freqs.weight");
        let factors = factors.filter(|_| fault != Fault::NoRopeFactors);
        let half = head.len() / 2;
        let are_neighbours = (self.family == "llama") != (fault == Fault::RopePairing);
        for i in 0..half {
            let factor = factors.map_or(1.0, |factors| f64::from(factors[i]));
            let angle = position * base.powf(-(i as f64) / half as f64) / factor;
            let (left, right) = if are_neighbours {
                (2 * i, 2 * i + 1)
            } else {
                (i, i + half)
            };
            let (a, b) = (f64::from(head[left]), f64::from(head[right]));
            #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
            {
                head[left] = (a * angle.cos() - b * angle.sin()) as f32;
                head[right] = (a * angle.sin() + b * angle.cos()) as f32;
            }
        }
    }
}

fn multiply(matrix: &[f32], row: &[f32]) -> Vec<f32> {
    let products = matrix.chunks(row.len()).map(|weights| {
        let products = weights.iter().zip(row);
        products.map(|(weight, value)| weight * value).sum()
    });
    products.collect()
}

fn norm(row: &[f32], weight: &[f32], epsilon: f64) -> Vec<f32> {
    let squares: f64 = row.iter().map(|value| f64::from(value * value)).sum();
    #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
    let root = (squares / row.len() as f64 + epsilon).sqrt() as f32;
    row.iter()
        .zip(weight)
        .map(|(value, weight)| value / root * weight)
        .collect()
}

fn activate(x: f32, is_gelu: bool) -> f32 {
    if is_gelu {
        let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
        0.5 * x * (1.0 + inner.tanh())
    } else {
        x / (1.0 + (-x).exp())
    }
}

fn add(rows: &mut [Vec<f32>], addend: &[Vec<f32>]) {
    for (row, addend) in rows.iter_mut().zip(addend) {
        row.iter_mut()
            .zip(addend)
            .for_each(|(value, addend)| *value += addend);
    }
}
