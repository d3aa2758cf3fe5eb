//! Remembering: an encoder that reads no text twice.
//!
//! For work that puts the same texts to several indexes, such as asking two versions of a help center one set of
//! questions: what they share is encoded once.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Detailed, Embeddings, EncodeError, Encoder, TextKind};
use crate::remote::RemoteStatus;

/// Texts whose vectors are kept; some 100 MB with 384 dimensions.
const MAX_TEXTS: usize = 60_000;

/// Texts whose tokens are kept too; some 100 MB for short ones.
const MAX_DETAILED: usize = 2_000;

/// What was read before, by text and what it is for.
type Read<V> = Mutex<HashMap<(TextKind, String), Arc<V>>>;

/// An encoder with a memory. Its id is that of the encoder it asks, because its vectors are.
pub struct Remembering {
    encoder: Arc<dyn Encoder>,
    vectors: Read<[f32]>,
    detailed: Read<Detailed>,
}

impl std::fmt::Debug for Remembering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remembering")
            .field("encoder", &self.encoder.id())
            .finish_non_exhaustive()
    }
}

impl Remembering {
    /// Gives `encoder` a memory, empty at first.
    pub fn new(encoder: Arc<dyn Encoder>) -> Self {
        Self {
            encoder,
            vectors: Mutex::default(),
            detailed: Mutex::default(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Encoder for Remembering {
    fn id(&self) -> &str {
        self.encoder.id()
    }

    fn dimensions(&self) -> usize {
        self.encoder.dimensions()
    }

    fn max_tokens(&self) -> usize {
        self.encoder.max_tokens()
    }

    fn encode(&self, texts: &[&str], kind: TextKind) -> Result<Embeddings, EncodeError> {
        let mut rows: Vec<Option<Arc<[f32]>>> = {
            let known = lock(&self.vectors);
            let key = |text: &&str| (kind, (*text).to_owned());
            texts
                .iter()
                .map(|text| known.get(&key(text)).cloned())
                .collect()
        };
        let missing: Vec<usize> = (0..texts.len()).filter(|i| rows[*i].is_none()).collect();
        let unknown: Vec<&str> = missing.iter().map(|i| texts[*i]).collect();
        let encoded = self.encoder.encode(&unknown, kind)?;
        let mut known = lock(&self.vectors);
        if known.len() + missing.len() > MAX_TEXTS {
            known.clear();
        }
        for (row, &i) in missing.iter().enumerate() {
            let vector: Arc<[f32]> = encoded.row(row).into();
            known.insert((kind, texts[i].to_owned()), Arc::clone(&vector));
            rows[i] = Some(vector);
        }
        drop(known);
        Ok(Embeddings {
            dimensions: self.dimensions(),
            values: rows
                .iter()
                .flatten()
                .flat_map(|row| row.iter().copied())
                .collect(),
        })
    }

    fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
        self.encoder.token_ranges(text)
    }

    fn remote(&self) -> Option<RemoteStatus> {
        self.encoder.remote()
    }

    fn encode_with_tokens(&self, texts: &[&str], kind: TextKind) -> Result<Detailed, EncodeError> {
        // Questions come one by one; batches are passages on their way into an index, which are not read again.
        let [text] = texts else {
            return self.encoder.encode_with_tokens(texts, kind);
        };
        let key = (kind, (*text).to_owned());
        if let Some(known) = lock(&self.detailed).get(&key) {
            return Ok(Detailed::clone(known));
        }
        let encoded = self.encoder.encode_with_tokens(texts, kind)?;
        let mut known = lock(&self.detailed);
        if known.len() >= MAX_DETAILED {
            known.clear();
        }
        known.insert(key, Arc::new(encoded.clone()));
        Ok(encoded)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::tiny;

    /// The tiny encoder, with a count of the texts it read.
    struct Counting(crate::encoder::E5, AtomicUsize);

    impl Encoder for Counting {
        fn id(&self) -> &str {
            self.0.id()
        }
        fn dimensions(&self) -> usize {
            self.0.dimensions()
        }
        fn max_tokens(&self) -> usize {
            self.0.max_tokens()
        }
        fn encode(&self, texts: &[&str], kind: TextKind) -> Result<Embeddings, EncodeError> {
            self.1.fetch_add(texts.len(), Ordering::Relaxed);
            self.0.encode(texts, kind)
        }
        fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
            self.0.token_ranges(text)
        }
        fn encode_with_tokens(
            &self,
            texts: &[&str],
            kind: TextKind,
        ) -> Result<Detailed, EncodeError> {
            self.1.fetch_add(texts.len(), Ordering::Relaxed);
            self.0.encode_with_tokens(texts, kind)
        }
    }

    fn rows(embeddings: &Embeddings) -> Vec<Vec<f32>> {
        (0..embeddings.len())
            .map(|i| embeddings.row(i).to_vec())
            .collect()
    }

    #[test]
    fn a_text_is_read_once_for_each_kind_and_its_vector_stays() {
        let counting = Arc::new(Counting(tiny::encoder(1), AtomicUsize::new(0)));
        let remembering = Remembering::new(Arc::clone(&counting) as Arc<dyn Encoder>);
        let n_read = || counting.1.load(Ordering::Relaxed);
        let first = remembering
            .encode(&["fees", "payout"], TextKind::Passage)
            .expect("read");
        assert_eq!(n_read(), 2);
        // In another order, with one more.
        let again = remembering
            .encode(&["payout", "returns", "fees"], TextKind::Passage)
            .expect("read");
        assert_eq!(n_read(), 3);
        let (first, again) = (rows(&first), rows(&again));
        assert_eq!((&first[0], &first[1]), (&again[2], &again[0]));
        assert_ne!(again[1], again[0]);
        remembering
            .encode(&["fees"], TextKind::Query)
            .expect("read");
        assert_eq!(n_read(), 4);
        let question = remembering
            .encode_with_tokens(&["fees?"], TextKind::Query)
            .expect("read");
        assert_eq!(n_read(), 5);
        let same = remembering
            .encode_with_tokens(&["fees?"], TextKind::Query)
            .expect("known");
        assert_eq!(n_read(), 5);
        assert_eq!(question, same);
        assert_eq!(
            remembering
                .encode(&[], TextKind::Query)
                .expect("nothing")
                .len(),
            0
        );
    }
}
