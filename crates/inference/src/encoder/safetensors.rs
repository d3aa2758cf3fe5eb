//! Reader of an E5 encoder in the layout of the model hubs: `model.safetensors`, `config.json` and
//! `tokenizer.json`.
//!
//! Reads BERT and XLM-RoBERTa networks in any floating-point type and computes in single precision, so that a
//! better encoder of the family is one more entry of the catalogue. Tensor names may carry the prefix of a
//! task model (`bert.`, `roberta.`).

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use super::kernels::{Norm, Processor};
use super::linear::Linear;
use super::load::{check_limit, check_shape};
use super::network::{Layer, Network, WordVectors};
use super::tokenizer::Tokenizer;
use super::{E5, E5Spec, LoadError};

/// What of `config.json` the network depends on.
#[derive(Debug, Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    layer_norm_eps: f32,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    #[serde(default)]
    pad_token_id: usize,
    #[serde(default = "gelu")]
    hidden_act: String,
}

fn gelu() -> String {
    "gelu".to_owned()
}

impl Config {
    /// Rows of the position table before the first position: `RoBERTa` counts from behind the padding id.
    fn skipped_positions(&self) -> usize {
        if self.model_type == "bert" {
            0
        } else {
            self.pad_token_id.saturating_add(1)
        }
    }

    fn check(&self) -> Result<(), String> {
        if !["bert", "roberta", "xlm-roberta"].contains(&self.model_type.as_str()) {
            return Err(format!("describes a `{}` network", self.model_type));
        }
        if self.hidden_act != "gelu" {
            return Err(format!("wants the activation `{}`", self.hidden_act));
        }
        check_shape(
            self.hidden_size,
            self.num_attention_heads,
            self.intermediate_size,
        )?;
        if self.num_hidden_layers == 0 || self.type_vocab_size == 0 {
            return Err("has no layers or no token types".to_owned());
        }
        Ok(())
    }
}

/// Loads an encoder from its three files. `id` becomes [`Encoder::id`](super::Encoder::id).
///
/// # Errors
/// [`LoadError::Read`], [`LoadError::Config`], [`LoadError::Tensor`], [`LoadError::MaxTokens`] or
/// [`LoadError::Build`].
pub fn load_safetensors(
    weights: &Path,
    config: &Path,
    tokenizer: &Path,
    id: String,
    spec: &E5Spec,
) -> Result<E5, LoadError> {
    let unusable = |path: &Path, reason: String| LoadError::Config {
        path: path.to_owned(),
        reason,
    };
    let sizes: Config = serde_json::from_slice(&read(config)?)
        .map_err(|error| unusable(config, error.to_string()))?;
    sizes.check().map_err(|reason| unusable(config, reason))?;
    check_limit(
        spec,
        sizes
            .max_position_embeddings
            .saturating_sub(sizes.skipped_positions()),
    )?;
    let bytes = read(weights)?;
    let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
        .map_err(|error| build(weights, error))?;
    drop(bytes);
    let network = Tensors {
        path: weights,
        tensors,
    }
    .network(&sizes)?;
    let library = tokenizers::Tokenizer::from_bytes(read(tokenizer)?)
        .map_err(|error| unusable(tokenizer, error.to_string()))?;
    let largest = library.get_vocab(true).into_values().max().unwrap_or(0);
    if largest as usize >= sizes.vocab_size {
        let reason = format!(
            "has token {largest}, there are {} word vectors",
            sizes.vocab_size
        );
        return Err(unusable(tokenizer, reason));
    }
    let special = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| library.token_to_id(name))
            .ok_or_else(|| unusable(tokenizer, format!("has neither {}", names.join(" nor "))))
    };
    let (begin, end) = (special(["<s>", "[CLS]"])?, special(["</s>", "[SEP]"])?);
    let tokenizer =
        Tokenizer::from_library(library, begin, end).map_err(|source| LoadError::Build {
            path: tokenizer.to_owned(),
            source,
        })?;
    Ok(E5::new(id, spec.clone(), tokenizer, network))
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs_err::read(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })
}

fn build(path: &Path, error: candle_core::Error) -> LoadError {
    LoadError::Build {
        path: path.to_owned(),
        source: Box::new(error),
    }
}

struct Tensors<'a> {
    path: &'a Path,
    tensors: HashMap<String, Tensor>,
}

impl Tensors<'_> {
    /// The tensor called `name`, which must have `shape` and finite numbers.
    fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, LoadError> {
        let wrong = |reason: String| LoadError::Tensor {
            path: self.path.to_owned(),
            name: name.to_owned(),
            reason,
        };
        let tensor = ["", "bert.", "roberta."]
            .iter()
            .find_map(|prefix| self.tensors.get(&format!("{prefix}{name}")))
            .ok_or_else(|| wrong("is missing".to_owned()))?;
        if tensor.dims() != shape {
            return Err(wrong(format!(
                "has shape {:?} instead of {shape:?}",
                tensor.dims()
            )));
        }
        let tensor = tensor
            .to_dtype(DType::F32)
            .map_err(|error| build(self.path, error))?;
        if values(&tensor)
            .map_err(|error| build(self.path, error))?
            .iter()
            .all(|value| value.is_finite())
        {
            Ok(tensor)
        } else {
            Err(wrong("holds what is not a finite number".to_owned()))
        }
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        values(&self.get(name, shape)?).map_err(|error| build(self.path, error))
    }

    fn norm(&self, name: &str, config: &Config) -> Result<Norm, LoadError> {
        let shape = [config.hidden_size];
        Ok(Norm {
            weight: self.values(&format!("{name}.weight"), &shape)?,
            bias: self.values(&format!("{name}.bias"), &shape)?,
            epsilon: config.layer_norm_eps,
        })
    }

    /// Products of the same input, one below the other.
    fn linear(&self, names: &[String], rows: usize, columns: usize) -> Result<Linear, LoadError> {
        let mut weights = Vec::new();
        let mut bias = Vec::new();
        for name in names {
            weights.push(self.get(&format!("{name}.weight"), &[rows, columns])?);
            bias.extend(self.values(&format!("{name}.bias"), &[rows])?);
        }
        Tensor::cat(&weights, 0)
            .and_then(|weights| Linear::from_tensor(weights, bias))
            .map_err(|error| build(self.path, error))
    }

    fn network(&self, config: &Config) -> Result<Network, LoadError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let layer = |layer: usize| -> Result<Layer, LoadError> {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            let attention =
                ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
            Ok(Layer {
                attention: self.linear(&attention, width, width)?,
                attention_output: self.linear(&[name("attention.output.dense")], width, width)?,
                attention_norm: self.norm(&name("attention.output.LayerNorm"), config)?,
                inner: self.linear(&[name("intermediate.dense")], inner, width)?,
                outer: self.linear(&[name("output.dense")], width, inner)?,
                outer_norm: self.norm(&name("output.LayerNorm"), config)?,
            })
        };
        let words = self.values(
            "embeddings.word_embeddings.weight",
            &[config.vocab_size, width],
        )?;
        let mut positions = self.values(
            "embeddings.position_embeddings.weight",
            &[config.max_position_embeddings, width],
        )?;
        positions.drain(..config.skipped_positions() * width);
        // A text is one sequence, so its token type is always the first.
        let types = self.values(
            "embeddings.token_type_embeddings.weight",
            &[config.type_vocab_size, width],
        )?;
        for vector in positions.chunks_exact_mut(width) {
            for (value, added) in vector.iter_mut().zip(&types) {
                *value += added;
            }
        }
        Ok(Network {
            processor: Processor::detect(),
            width,
            heads: config.num_attention_heads,
            words: WordVectors::Full(words),
            positions,
            norm: self.norm("embeddings.LayerNorm", config)?,
            layers: (0..config.num_hidden_layers)
                .map(layer)
                .collect::<Result<_, _>>()?,
        })
    }
}

fn values(tensor: &Tensor) -> candle_core::Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}
