//! Bodies: what an article is made of, as the table `index_bodies` holds it, in three parts that are fetched apart.

use corpus::Passage;
use tantivy::{directory::OwnedBytes, fieldnorm::FieldNormReader};

use super::cache::{BodyKey, Sized};
use crate::{
    error::Damage,
    format::{ArticleRecord, Manifest},
    late::{Reduction, Tokens},
    vectors::{self, StoredVector},
};

/// Names an article with all that was made of it: its file and path, and how it is read, cut, encoded and reduced.
pub(super) fn key(manifest: &Manifest, reduction: &[u8], record: &ArticleRecord) -> BodyKey {
    let mut hasher = blake3::Hasher::new();
    for part in [
        manifest.encoder.as_bytes(),
        &manifest.parse_version.to_le_bytes(),
        &manifest.passage_tokens.to_le_bytes(),
        blake3::hash(reduction).as_bytes(),
        record.article.path.as_bytes(),
        record.hash.as_bytes(),
    ] {
        hasher
            .update(&(part.len() as u64).to_le_bytes())
            .update(part);
    }
    *hasher.finalize().as_bytes()
}

/// A term as it stands in the counts of a passage: generations number terms anew, and a hash stays.
pub(super) fn term_hash(term: &str) -> u64 {
    let hash = blake3::hash(term.as_bytes());
    let first = hash
        .as_bytes()
        .first_chunk()
        .expect("a BLAKE3 has 32 bytes");
    u64::from_le_bytes(*first)
}

/// How often a term stands in title, headings and body of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TermCount {
    pub(super) hash: u64,
    pub(super) counts: [u16; 3],
}

/// Bytes of a term with its counts.
const TERM_BYTES: usize = 14;

/// Appends the terms of one passage, of which `lengths` are tantivy's names for the lengths of its places.
pub(super) fn push_terms(bytes: &mut Vec<u8>, lengths: [u8; 3], terms: &mut [TermCount]) {
    terms.sort_unstable_by_key(|term| term.hash);
    bytes.extend(lengths);
    // A passage has no more terms than tokens.
    bytes.extend(u16::try_from(terms.len()).unwrap_or(u16::MAX).to_le_bytes());
    for term in terms.iter().take(usize::from(u16::MAX)) {
        bytes.extend(term.hash.to_le_bytes());
        bytes.extend(term.counts.iter().flat_map(|count| count.to_le_bytes()));
    }
}

/// Appends a vector.
pub(super) fn push_vector(bytes: &mut Vec<u8>, vector: &StoredVector) {
    let (coarse, fine, scale) = vector.parts();
    bytes.extend_from_slice(bytemuck::cast_slice(coarse));
    bytes.extend_from_slice(bytemuck::cast_slice(fine));
    bytes.extend(scale.to_le_bytes());
}

/// A vector of `dimensions` in bytes.
pub(super) const fn vector_bytes(dimensions: usize) -> usize {
    2 * dimensions + 4
}

/// The rows of a vector and its scale, of what [`push_vector`] wrote.
pub(super) fn vector_parts(bytes: &[u8], dimensions: usize) -> (&[i8], &[i8], f32) {
    let (rows, scale) = bytes.split_at(2 * dimensions);
    let (coarse, fine) = rows.split_at(dimensions);
    let scale = scale
        .first_chunk()
        .map_or(0.0, |four| f32::from_le_bytes(*four));
    (
        bytemuck::cast_slice(coarse),
        bytemuck::cast_slice(fine),
        scale,
    )
}

/// Vectors of an article's passages, and which terms stand in each.
#[derive(Debug)]
pub(super) struct Numbers {
    dimensions: usize,
    vectors: Vec<u8>,
    terms: Vec<u8>,
    /// Where the terms of each passage start.
    starts: Vec<usize>,
}

impl Sized for Numbers {
    fn n_bytes(&self) -> usize {
        self.vectors.len() + self.terms.len() + 8 * self.starts.len() + 128
    }
}

impl Numbers {
    /// Reads what the table holds of an article with `n` passages.
    pub(super) fn read(
        vectors: Vec<u8>,
        terms: Vec<u8>,
        dimensions: usize,
        n: usize,
    ) -> Result<Self, Damage> {
        const WRONG: Damage = Damage::Content("the vectors or terms of an article are not its own");
        if vectors.len() != n * vector_bytes(dimensions) {
            return Err(WRONG);
        }
        let mut starts = Vec::with_capacity(n);
        let mut at = 0;
        for _ in 0..n {
            starts.push(at);
            let count = terms.get(at + 3..at + 5).ok_or(WRONG)?;
            let count = usize::from(u16::from_le_bytes([count[0], count[1]]));
            at += 5 + count * TERM_BYTES;
        }
        if at != terms.len() {
            return Err(WRONG);
        }
        Ok(Self {
            dimensions,
            vectors,
            terms,
            starts,
        })
    }

    fn vector(&self, passage: usize) -> &[u8] {
        let length = vector_bytes(self.dimensions);
        &self.vectors[passage * length..(passage + 1) * length]
    }

    /// The product of a passage's vector and `query`, as [`vectors::Vectors::dot`] has it.
    pub(super) fn dot(&self, passage: usize, query: &[f32]) -> f32 {
        let (coarse, fine, scale) = vector_parts(self.vector(passage), self.dimensions);
        vectors::dot(query, coarse, fine, scale)
    }

    pub(super) fn stored(&self, passage: usize) -> StoredVector {
        let (coarse, fine, scale) = vector_parts(self.vector(passage), self.dimensions);
        StoredVector::of_parts(coarse.to_vec(), fine.to_vec(), scale)
    }

    /// Number of terms in title, headings and body of a passage, as coarse as tantivy keeps it.
    pub(super) fn lengths(&self, passage: usize) -> [u32; 3] {
        let at = self.starts[passage];
        [0, 1, 2].map(|place| FieldNormReader::id_to_fieldnorm(self.terms[at + place]))
    }

    /// How often a term stands in title, headings and body of a passage.
    pub(super) fn counts(&self, passage: usize, hash: u64) -> Option<[u16; 3]> {
        let start = self.starts[passage] + 5;
        let end = self.starts.get(passage + 1).copied();
        let own = &self.terms[start..end.unwrap_or(self.terms.len())];
        let (terms, _) = own.as_chunks::<TERM_BYTES>();
        let hash_of =
            |term: &[u8; TERM_BYTES]| term.first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
        let found = terms.binary_search_by_key(&hash, hash_of).ok()?;
        let counts = &terms[found][8..];
        Some([0, 2, 4].map(|at| u16::from_le_bytes([counts[at], counts[at + 1]])))
    }
}

/// Rows of the tokens of an article's passages.
#[derive(Debug)]
pub(super) struct TokenRows {
    pub(super) tokens: Tokens,
    n_bytes: usize,
}

impl Sized for TokenRows {
    fn n_bytes(&self) -> usize {
        self.n_bytes + 128
    }
}

impl TokenRows {
    /// Reads what the table holds of an article with `n` passages.
    pub(super) fn read(bytes: Vec<u8>, reduction: &Reduction, n: usize) -> Result<Self, Damage> {
        let n_bytes = bytes.len();
        let tokens = Tokens::open(OwnedBytes::new(bytes))?;
        if tokens.len() != n || tokens.width() != reduction.kept() {
            return Err(Damage::Content(
                "the token rows of an article are not its own",
            ));
        }
        Ok(Self { tokens, n_bytes })
    }
}

/// The file of an article and its passages.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) source: String,
    pub(super) passages: Vec<Passage>,
}

impl Sized for Texts {
    fn n_bytes(&self) -> usize {
        // Passages hold the text twice, as a whole and by statement.
        4 * self.source.len() + 512 * self.passages.len() + 128
    }
}

impl Texts {
    /// Reads what the table holds of an article with `n` passages.
    pub(super) fn read(source: String, passages: &str, n: usize) -> Result<Self, Damage> {
        let passages: Vec<Passage> = passages
            .lines()
            .map(|line| serde_json::from_str(line).map_err(Damage::Record))
            .collect::<Result<_, _>>()?;
        if passages.len() != n {
            return Err(Damage::Content(
                "the passages of an article are not its own",
            ));
        }
        Ok(Self { source, passages })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were() {
        let stored = [
            StoredVector::of(&[0.6, -0.8, 0.0]),
            StoredVector::of(&[0.1, 0.2, 0.3]),
        ];
        let mut vectors = Vec::new();
        for vector in &stored {
            push_vector(&mut vectors, vector);
        }
        let count = |term: &str, counts| TermCount {
            hash: term_hash(term),
            counts,
        };
        let mut terms = Vec::new();
        push_terms(
            &mut terms,
            [1, 0, 40],
            &mut [count("fee", [1, 0, 2]), count("tax", [0, 0, 1])],
        );
        push_terms(&mut terms, [1, 0, 3], &mut []);
        let numbers = Numbers::read(vectors.clone(), terms.clone(), 3, 2).expect("the same");
        for (i, vector) in stored.iter().enumerate() {
            assert_eq!(numbers.stored(i), *vector);
        }
        assert!((numbers.dot(0, &[0.6, -0.8, 0.0]) - 1.0).abs() < 1e-4);
        assert_eq!(numbers.counts(0, term_hash("fee")), Some([1, 0, 2]));
        assert_eq!(numbers.counts(0, term_hash("box")), None);
        assert_eq!(numbers.counts(1, term_hash("fee")), None);
        assert_eq!(
            numbers.lengths(0),
            [1, 0, FieldNormReader::id_to_fieldnorm(40)]
        );
        for n in [1, 3] {
            assert!(Numbers::read(vectors.clone(), terms.clone(), 3, n).is_err());
        }
        terms.pop();
        assert!(Numbers::read(vectors, terms, 3, 2).is_err());
    }
}
