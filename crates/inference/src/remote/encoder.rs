//! An encoder behind an endpoint.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chat::family_of;
use super::estimate::TokenCounter;
use super::gate::{Failure, Gate};
use super::hedge;
use super::wire::{Watch, Wire};
use super::{ApiKey, EncoderConfig, EncoderEngine, Family, RemoteError, RemoteStatus};
use crate::encoder::{Embeddings, EncodeError, Encoder, TextKind};
use crate::writer::CancelFlag;

mod reference;
mod request;

use reference::{PROBES, Reference};
use request::Request;

/// Longest list of models.
const MOST_MODELS: usize = 1024 * 1024;

/// Has vectors computed by an endpoint that speaks OpenAI's `/v1/embeddings`, or by text-embeddings-inference.
///
/// Its id is `<model>@remote-<16 hex digits>`, by what the model makes of a few fixed texts: another model behind the same
/// name gets another id, and so an index of its own. It cannot tell tokens apart, so an index of it has no rows of tokens.
#[derive(Debug)]
pub struct RemoteEncoder {
    id: String,
    config: EncoderConfig,
    wire: Arc<Wire>,
    gate: Gate,
    counter: TokenCounter,
    dimensions: usize,
    /// The endpoint is `loket serve-models`, which puts its model's own prefix before a text; others refuse the field.
    sends_kind: bool,
    reference: Option<Reference>,
    /// It was found to be another model than at the start.
    has_changed: AtomicBool,
}

impl RemoteEncoder {
    /// Asks the endpoint for the vectors of fixed texts, and compares them with those in the file `reference`, which is
    /// written when there is none. Blocks for that.
    ///
    /// # Errors
    /// [`EncodeError::Remote`] and [`EncodeError::NotFinite`].
    pub fn connect(
        config: &EncoderConfig,
        key: ApiKey,
        reference: &Path,
    ) -> Result<Self, EncodeError> {
        let mut encoder = Self {
            id: String::new(),
            wire: Arc::new(Wire::new(
                &config.url,
                key,
                Duration::from_millis(config.connect_timeout_ms),
            )),
            gate: Gate::new(config.breaker()),
            counter: TokenCounter::new(config.tokenizer.as_deref())?,
            dimensions: 0,
            sends_kind: false,
            reference: None,
            has_changed: AtomicBool::new(false),
            config: config.clone(),
        };
        encoder.sends_kind = encoder.is_loket();
        let vectors = encoder.probe()?;
        encoder.dimensions = vectors.dimensions;
        let known = Reference::settle(reference, &encoder.name(), vectors)?;
        encoder.id.clone_from(&known.id);
        encoder.reference = Some(known);
        Ok(encoder)
    }

    /// Whether the endpoint is `loket serve-models`. One that lists no models is not.
    fn is_loket(&self) -> bool {
        if self.config.engine != EncoderEngine::Openai {
            return false;
        }
        let patience = Duration::from_millis(self.config.timeout_ms);
        let watch = Watch::begin(&CancelFlag::new(), Instant::now() + patience, patience);
        let listed = self.wire.get("/models", &watch);
        let models = listed.and_then(|reply| reply.json::<Value>(MOST_MODELS, &watch));
        models.is_ok_and(|models| family_of(&models) == Family::Loket)
    }

    /// The model and all that is put before its texts: with other prefixes it is another encoder.
    fn name(&self) -> String {
        let EncoderConfig {
            model,
            query_prefix,
            passage_prefix,
            max_tokens,
            ..
        } = &self.config;
        format!("{model}\n{query_prefix}\n{passage_prefix}\n{max_tokens}")
    }

    fn probe(&self) -> Result<Embeddings, EncodeError> {
        self.batch(&PROBES.map(str::to_owned), TextKind::Passage)
    }

    /// `text` as it is sent: with its prefix, and no longer than the model reads.
    fn prepared(&self, text: &str, kind: TextKind) -> Result<String, EncodeError> {
        let prefix = match kind {
            TextKind::Query => &self.config.query_prefix,
            TextKind::Passage => &self.config.passage_prefix,
        };
        let mut whole = format!("{prefix}{text}");
        // A token has a byte at least, so most texts need no counting. Two are the model's own.
        let most = self.config.max_tokens - 2;
        if whole.len() > most
            && let Some(first_too_many) = self.counter.ranges(&whole)?.get(most)
        {
            whole.truncate(whole.floor_char_boundary(first_too_many.start));
        }
        // Some servers refuse a text of nothing.
        if whole.trim().is_empty() {
            "-".clone_into(&mut whole);
        }
        Ok(whole)
    }

    /// Vectors of texts that are ready to be sent, in one request.
    fn batch(&self, texts: &[String], kind: TextKind) -> Result<Embeddings, EncodeError> {
        let cancel = CancelFlag::new();
        let patience = Duration::from_millis(self.config.timeout_ms);
        // A repetition has its own time.
        let deadline = Instant::now() + 2 * patience;
        let (path, body) = match self.config.engine {
            EncoderEngine::Tei => (
                "/embed",
                json!({ "inputs": texts, "truncate": true, "normalize": true }),
            ),
            EncoderEngine::Openai | EncoderEngine::Local => {
                let mut body = json!({
                    "model": self.config.model,
                    "input": texts,
                    "encoding_format": "float",
                });
                if self.sends_kind {
                    body["input_type"] = match kind {
                        TextKind::Query => "query".into(),
                        TextKind::Passage => "passage".into(),
                    };
                }
                ("/embeddings", body)
            }
        };
        let request = Arc::new(Request {
            engine: self.config.engine,
            path,
            body: body.to_string().into_bytes(),
            n_texts: texts.len(),
            dimensions: self.dimensions,
        });
        let called = self.gate.call(&cancel, deadline, |spare| {
            let watch = Watch::begin(&cancel, deadline, patience);
            let (request, wire) = (Arc::clone(&request), Arc::clone(&self.wire));
            hedge::first_of(self.config.hedge_after(), spare, &watch, move |watch| {
                request.send(&wire, watch)
            })
        });
        let mut embeddings = called.map_err(|failure| match failure {
            Failure::Remote { error, .. } => EncodeError::Remote(error),
            Failure::Stopped(_) => RemoteError::Timeout(super::Waited::FirstToken).into(),
        })?;
        normalise(&mut embeddings)?;
        Ok(embeddings)
    }

    /// Sees that an endpoint that was away came back as the same model.
    fn look_again(&self) -> Result<(), EncodeError> {
        if self.gate.has_come_back()
            && let Some(reference) = &self.reference
            && !reference.is_of(&self.probe()?)
        {
            self.has_changed.store(true, Ordering::Relaxed);
        }
        if self.has_changed.load(Ordering::Relaxed) {
            return Err(RemoteError::Changed.into());
        }
        Ok(())
    }
}

/// Makes every vector as long as 1.
fn normalise(embeddings: &mut Embeddings) -> Result<(), EncodeError> {
    for row in embeddings.values.chunks_exact_mut(embeddings.dimensions) {
        // In double precision: large numbers squared would overflow.
        let length: f64 = row
            .iter()
            .map(|x| f64::from(*x).powi(2))
            .sum::<f64>()
            .sqrt();
        if !length.is_finite() || length < 1e-12 {
            return Err(EncodeError::NotFinite);
        }
        for x in row {
            #[expect(clippy::cast_possible_truncation, reason = "a number from -1 to 1")]
            let unit = (f64::from(*x) / length) as f32;
            *x = unit;
        }
    }
    Ok(())
}

impl Encoder for RemoteEncoder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn max_tokens(&self) -> usize {
        self.config.max_tokens
    }

    fn encode(&self, texts: &[&str], kind: TextKind) -> Result<Embeddings, EncodeError> {
        let mut all = Embeddings {
            dimensions: self.dimensions,
            values: Vec::with_capacity(texts.len() * self.dimensions),
        };
        for texts in texts.chunks(self.config.batch) {
            let prepared: Result<Vec<String>, EncodeError> =
                texts.iter().map(|text| self.prepared(text, kind)).collect();
            let batch = self.batch(&prepared?, kind)?;
            all.values.extend(batch.values);
        }
        self.look_again()?;
        Ok(all)
    }

    fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
        self.counter.ranges(text)
    }

    fn remote(&self) -> Option<RemoteStatus> {
        Some(
            self.gate
                .counts
                .status(&self.config.model, self.gate.state()),
        )
    }
}
