//! What a model makes of a few fixed texts, by which it is known again.
//!
//! A hash of vectors would change with every rounding: the same model gives other last digits on another card or in another
//! batch. So the vectors themselves are kept beside the index and compared by their angle; the hash that stands in the
//! encoder's id is of those that were seen first.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::RemoteError;
use crate::encoder::Embeddings;

/// Texts of several scripts and subjects. Changing one changes every id.
pub(super) const PROBES: [&str; 6] = [
    "The buyer pays the return label within 14 days.",
    "Wanneer krijg ik mijn geld als verkoper?",
    "Die Versandkosten betragen 7,95 € pro Paket.",
    "卖家在买家收货后三天收到款项。",
    "Jak zgłosić podrobiony zegarek?",
    "A recipe for bread with honey and walnuts.",
];

/// Least cosine of a model's vector of a text with its own of another day. Half precision keeps above 0.999; two models
/// of one family are below 0.9.
const SAME: f64 = 0.995;

/// The form of the file.
const FORMAT: u32 = 1;

/// A model as it was seen first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reference {
    format: u32,
    /// The model's name, its prefixes and its length, as the settings had them.
    name: String,
    /// The id of the encoder.
    pub(super) id: String,
    dimensions: usize,
    /// One vector for each of [`PROBES`].
    vectors: Vec<f32>,
}

impl Reference {
    /// What is known of a model: from the file at `path` when it fits, else made of `seen` and written there.
    pub(super) fn settle(path: &Path, name: &str, seen: Embeddings) -> Result<Self, RemoteError> {
        let fault = |problem: String| RemoteError::File {
            path: path.to_owned(),
            problem,
        };
        let text = match fs_err::read(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(fault(error.to_string())),
        };
        if let Some(text) = text {
            // One that is damaged is not written over: without it the index would have to be built anew.
            let known: Self = serde_json::from_slice(&text).map_err(|error| {
                fault(format!(
                    "it is damaged ({error}); put it back from a backup, or delete it and reindex"
                ))
            })?;
            if known.format != FORMAT {
                return Err(fault(format!(
                    "it has the format {}, this build reads {FORMAT}",
                    known.format
                )));
            }
            if known.name == name && known.is_of(&seen) {
                return Ok(known);
            }
            tracing::warn!(
                known = known.id,
                "the encoder's endpoint is another model than before; the index will be built anew"
            );
        }
        let made = Self::of(name, seen);
        made.write(path).map_err(|error| fault(error.to_string()))?;
        Ok(made)
    }

    fn of(name: &str, seen: Embeddings) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(name.as_bytes());
        for value in &seen.values {
            // The sign of a zero is noise.
            hash.update(&(value + 0.0).to_le_bytes());
        }
        let model = name.lines().next().unwrap_or_default();
        Self {
            format: FORMAT,
            id: format!("{model}@remote-{}", &hash.finalize().to_hex()[..16]),
            name: name.to_owned(),
            dimensions: seen.dimensions,
            vectors: seen.values,
        }
    }

    /// Whether `seen` is what the same model makes of the texts.
    pub(super) fn is_of(&self, seen: &Embeddings) -> bool {
        let n = self.dimensions;
        n > 0
            && n == seen.dimensions
            && self.vectors.len() == seen.values.len()
            && self
                .vectors
                .chunks_exact(n)
                .zip(seen.values.chunks_exact(n))
                .all(|(known, seen)| cosine(known, seen) >= SAME)
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        let unfinished = path.with_extension("unfinished");
        fs_err::write(&unfinished, serde_json::to_vec(self)?)?;
        fs_err::File::open(&unfinished)?.sync_all()?;
        fs_err::rename(&unfinished, path)
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(seed: u32) -> Embeddings {
        let n = 8;
        let values = (0..PROBES.len() * n).map(|i| ((i as f32 + seed as f32) * 1.7).sin());
        Embeddings {
            dimensions: n,
            values: values.collect(),
        }
    }

    #[test]
    fn a_model_is_known_again_through_rounding_and_another_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/encoder.json");
        let first = Reference::settle(&path, "m\n\n\n512", vectors(1)).unwrap();
        assert!(first.id.starts_with("m@remote-"), "{}", first.id);
        assert_eq!(first.id.len(), "m@remote-".len() + 16);
        let mut noisy = vectors(1);
        for (i, value) in noisy.values.iter_mut().enumerate() {
            *value += if i % 2 == 0 { 2e-3 } else { -2e-3 };
        }
        let again = Reference::settle(&path, "m\n\n\n512", noisy).unwrap();
        assert_eq!(again.id, first.id);
        let other = Reference::settle(&path, "m\n\n\n512", vectors(2)).unwrap();
        assert_ne!(other.id, first.id);
        // The same model asked in another way.
        let prefixed = Reference::settle(&path, "m\nquery: \n\n512", vectors(2)).unwrap();
        assert_ne!(prefixed.id, other.id);
    }

    #[test]
    fn a_damaged_file_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("encoder.json");
        fs_err::write(&path, "{}").unwrap();
        let error = Reference::settle(&path, "m", vectors(1)).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "{}");
    }
}
