//! Space: the measure by which a question and a passage are near.
//!
//! The vectors of an E5 encoder lie in a narrow cone, and a few directions hold most of their spread: passages
//! near the axis are near every question, and what sets one article apart from its neighbours is drowned.
//! So questions and passages are centred, each on their own mean by language, and directions are weighted by
//! the inverse square root of the spread the help center has along them (partial whitening; compare Su et al.,
//! 2021, "Whitening Sentence Representations", and the all-but-the-top of Mu and Viswanath, ICLR 2018). The
//! nearness of a question `q` and a passage `p` in language `l` is the cosine of `q - q̄` and `p - p̄` after
//! this weighting:
//!
//! ```text
//! v = M (q - q̄),  M = Σ^(-1/2)     nearness = (p · v - p̄_l · v) / (|v| |p - p̄_l|),  |x|² = xᵀ M x
//! ```
//!
//! So only the question is mapped; passages keep their vectors and get one number, `1 / |p - p̄_l|`. Figures in
//! `docs/adr/0008-fusion.md`.

use corpus::Language;
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rayon::prelude::*;
use tantivy::directory::OwnedBytes;

use crate::{
    bytes::{push_length, push_numbers, read_length, read_numbers},
    error::Damage,
    late::TokenAim,
    vectors::Vectors,
};

/// First bytes of the file.
const MAGIC: &[u8; 8] = b"LOKETSPC";

/// Passages the spread is taken from, evenly over the generation.
const SAMPLE: usize = 4_096;

/// Weight of equal spread in all directions beside the measured one, which a few hundred passages do not
/// settle. From 0.1 to 0.6 the figures hardly move.
const SHRINKAGE: f64 = 0.3;

/// As many passages as this would have to lie at the origin for a mean to be halved: with a handful of
/// passages their mean says nothing of the next one.
const MEAN_PRIOR: f32 = 4.0;

/// What is known of one language. The questions stand for all a customer may ask; see [`crate::write`].
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Means {
    /// Names the texts the questions were taken from.
    pub(crate) sample: [u8; 32],
    /// The mean question.
    pub(crate) question: Vec<f32>,
    /// The mean token of questions; empty when the encoder has no vectors of tokens.
    pub(crate) question_token: Vec<f32>,
    /// The mean passage; empty when there is no article in the language.
    pub(crate) passage: Vec<f32>,
}

/// The measure of one generation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Space {
    dimensions: usize,
    means: [Means; 9],
    /// `[dimensions, dimensions]`, symmetric.
    map: Vec<f32>,
    /// One over the length of each passage's centred vector; 0 for a passage at its mean.
    inverse_lengths: Vec<f32>,
}

/// The square root of a space's map and its inverse. By them, nearness is the product of two vectors of length 1, as an
/// index of neighbours wants it: `(M^½ (q - q̄)) · (M^½ (p - p̄))`.
#[derive(Debug, Clone)]
pub(crate) struct Roots {
    dimensions: usize,
    /// `M^½`, symmetric.
    root: Vec<f32>,
    /// `M^-½`, symmetric.
    inverse: Vec<f32>,
}

impl Roots {
    fn times(&self, map: &[f32], vector: &[f32]) -> Vec<f32> {
        let rows = map.chunks_exact(self.dimensions.max(1));
        rows.map(|row| dot(row, vector)).collect()
    }

    /// What is aimed at, to be multiplied with [`Space::direction`].
    pub(crate) fn question(&self, aim: &Aim) -> Vec<f32> {
        self.times(&self.inverse, &aim.vector)
    }
}

/// A question made ready to be compared with passages.
#[derive(Debug, Clone, PartialEq)]
pub struct Aim {
    /// What a passage's vector is multiplied with.
    pub(crate) vector: Vec<f32>,
    /// Taken off the product, by the passage's language.
    pub(crate) offsets: [f32; 9],
    /// Whether the product is over the passage's length.
    pub(crate) is_cosine: bool,
    /// For late interaction.
    pub(crate) tokens: TokenAim,
}

impl Aim {
    /// Compares by the plain dot product with the vectors as the encoder gave them.
    pub fn plain(question: Vec<f32>) -> Self {
        Self {
            vector: question,
            offsets: [0.0; 9],
            is_cosine: false,
            tokens: TokenAim::default(),
        }
    }

    /// Where the question lies among questions, as a vector of unit length: the dot product of two says how near they are,
    /// also from one language to another. No length for a question that is the mean of its language.
    pub fn direction(&self) -> Vec<f32> {
        let length = dot(&self.vector, &self.vector).sqrt();
        let scale = if length > 1e-6 { length.recip() } else { 0.0 };
        self.vector.iter().map(|value| value * scale).collect()
    }
}

impl Space {
    /// Fits the measure to passages in the languages `languages`, whose vectors are those of `parts`, one part after the
    /// other. `means` hold what is known of questions; those of passages are filled in.
    pub(crate) fn fit(
        dimensions: usize,
        languages: &[Language],
        parts: &[&Vectors],
        mut means: [Means; 9],
    ) -> Self {
        let parts = with_firsts(parts);
        let sums: Vec<_> = parts
            .par_iter()
            .map(|(first, part)| sums_of(part, &languages[*first..]))
            .collect();
        let mut n_by_language = [MEAN_PRIOR; 9];
        for language in languages {
            n_by_language[language.index()] += 1.0;
        }
        for ((i, means), n) in means.iter_mut().enumerate().zip(n_by_language) {
            for sum in sums.iter().map(|sums| &sums[i]) {
                means
                    .passage
                    .resize(means.passage.len().max(sum.len()), 0.0);
                add(&mut means.passage, sum);
            }
            for sum in &mut means.passage {
                *sum /= n;
            }
        }
        let centred = |part: &Vectors, first: usize, i: usize| -> Vec<f32> {
            let mean = &means[languages[first + i].index()].passage;
            part.values(i)
                .iter()
                .zip(mean)
                .map(|(v, m)| v - m)
                .collect()
        };
        let step = languages.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<Vec<f32>> = parts
            .iter()
            .flat_map(|(first, part)| {
                let skipped = first.next_multiple_of(step) - first;
                let chosen = (skipped..part.len()).step_by(step);
                chosen.map(move |i| (*first, *part, i))
            })
            .map(|(first, part, i)| centred(part, first, i))
            .collect();
        let map = weighting(dimensions, &sample);
        let inverse_lengths: Vec<Vec<f32>> = parts
            .par_iter()
            .map(|(first, part)| {
                inverse_lengths(dimensions, &map, part.len(), &|i| centred(part, *first, i))
            })
            .collect();
        Self {
            dimensions,
            means,
            map: map.as_slice().to_vec(),
            inverse_lengths: inverse_lengths.concat(),
        }
    }

    /// Makes `question`, which is in `language`, ready to be compared.
    pub(crate) fn aim(&self, question: &[f32], language: Language) -> Aim {
        let mean = &self.means[language.index()].question;
        if question.len() != self.dimensions || mean.len() != self.dimensions {
            return Aim::plain(question.to_vec());
        }
        let centred: Vec<f32> = question.iter().zip(mean).map(|(q, m)| q - m).collect();
        let mut vector: Vec<f32> = self
            .map
            .chunks_exact(self.dimensions)
            .map(|row| dot(row, &centred))
            .collect();
        let length = dot(&vector, &centred).max(0.0).sqrt();
        if length > 0.0 {
            for value in &mut vector {
                *value /= length;
            }
        }
        let offsets = Language::ALL.map(|language| {
            let mean = &self.means[language.index()].passage;
            dot(mean, &vector)
        });
        Aim {
            vector,
            offsets,
            is_cosine: true,
            tokens: TokenAim::default(),
        }
    }

    /// How near a vector that is no passage's, of a text in `language`, is to what is aimed at; see
    /// [`crate::Snapshot::nearness`].
    pub(crate) fn nearness(&self, vector: &[f32], language: Language, aim: &Aim) -> f32 {
        let product = dot(vector, &aim.vector);
        if !aim.is_cosine {
            return product;
        }
        let mean = &self.means[language.index()].passage;
        let centred: Vec<f32> = vector.iter().zip(mean).map(|(v, m)| v - m).collect();
        let rows = self.map.chunks_exact(self.dimensions);
        let square: f32 = rows
            .zip(&centred)
            .map(|(row, x)| x * dot(row, &centred))
            .sum();
        if square > 1e-12 {
            (product - aim.offsets[language.index()]) / square.sqrt()
        } else {
            0.0
        }
    }

    /// One over the length of each passage's centred vector.
    pub(crate) fn inverse_lengths(&self) -> &[f32] {
        &self.inverse_lengths
    }

    /// A passage's vector as a direction: of length 1, so that its product with [`Roots::question`] is the passage's
    /// nearness.
    pub(crate) fn direction(
        &self,
        roots: &Roots,
        vector: &[f32],
        language: Language,
        inverse_length: f32,
    ) -> Vec<f32> {
        let mean = &self.means[language.index()].passage;
        let centred: Vec<f32> = vector.iter().zip(mean).map(|(v, m)| v - m).collect();
        let mut direction = roots.times(&roots.root, &centred);
        for value in &mut direction {
            *value *= inverse_length;
        }
        direction
    }

    /// The roots of the map.
    pub(crate) fn roots(&self) -> Roots {
        let n = self.dimensions;
        let map = DMatrix::from_row_slice(n, n, &self.map).cast::<f64>();
        let eigen = SymmetricEigen::new(map);
        let power = |exponent: f64| {
            let weights = eigen
                .eigenvalues
                .map(|value| value.max(1e-9).powf(exponent));
            let scaled = DMatrix::from_fn(n, n, |i, j| eigen.eigenvectors[(i, j)] * weights[j]);
            let product = (scaled * eigen.eigenvectors.transpose()).cast::<f32>();
            product.as_slice().to_vec()
        };
        Roots {
            dimensions: n,
            root: power(0.5),
            inverse: power(-0.5),
        }
    }

    /// What is known of a language.
    pub(crate) fn means(&self, language: Language) -> &Means {
        &self.means[language.index()]
    }

    /// The bytes of `space.bin`: magic, dimensions, number of passages; for each language its sample and, each
    /// behind its length, the three means; the map; the inverse lengths.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        push_length(&mut bytes, self.dimensions);
        push_length(&mut bytes, self.inverse_lengths.len());
        for means in &self.means {
            bytes.extend(means.sample);
            for mean in [&means.question, &means.question_token, &means.passage] {
                push_length(&mut bytes, mean.len());
                push_numbers(&mut bytes, mean);
            }
        }
        push_numbers(&mut bytes, &self.map);
        push_numbers(&mut bytes, &self.inverse_lengths);
        bytes
    }

    /// Reads the file's bytes.
    ///
    /// # Errors
    /// [`Damage`] when they are not what [`Space::encode`] writes.
    pub(crate) fn open(bytes: &OwnedBytes) -> Result<Self, Damage> {
        let mut rest: &[u8] = bytes;
        Self::read(&mut rest)
            .filter(|_| rest.is_empty())
            .ok_or(Damage::Content("the space file is not one"))
    }

    fn read(rest: &mut &[u8]) -> Option<Self> {
        if rest.split_off(..MAGIC.len())? != MAGIC {
            return None;
        }
        let dimensions = read_length(rest)?;
        let n_passages = read_length(rest)?;
        let mut means: [Means; 9] = Default::default();
        for means in &mut means {
            means.sample = rest.split_off(..32)?.try_into().ok()?;
            for mean in [
                &mut means.question,
                &mut means.question_token,
                &mut means.passage,
            ] {
                let length = read_length(rest)?;
                if length != 0 && length != dimensions {
                    return None;
                }
                *mean = read_numbers(rest, length)?;
            }
        }
        Some(Self {
            dimensions,
            means,
            map: read_numbers(rest, dimensions.checked_mul(dimensions)?)?,
            inverse_lengths: read_numbers(rest, n_passages)?,
        })
    }
}

/// Each part with the number of vectors before it.
fn with_firsts<'a>(parts: &[&'a Vectors]) -> Vec<(usize, &'a Vectors)> {
    let mut first = 0;
    let with_first = |part: &&'a Vectors| {
        let own = (first, *part);
        first += part.len();
        own
    };
    parts.iter().map(with_first).collect()
}

/// The sum of the vectors of each language.
fn sums_of(part: &Vectors, languages: &[Language]) -> [Vec<f32>; 9] {
    let mut sums: [Vec<f32>; 9] = Default::default();
    for (i, language) in (0..part.len()).zip(languages) {
        let sum = &mut sums[language.index()];
        sum.resize(part.dimensions(), 0.0);
        add(sum, &part.values(i));
    }
    sums
}

fn add(sum: &mut [f32], values: &[f32]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += value;
    }
}

/// `Σ^(-1/2)` of the sample's shrunk covariance, scaled to a mean eigenvalue of 1; the identity for a sample
/// without spread.
fn weighting(dimensions: usize, sample: &[Vec<f32>]) -> DMatrix<f32> {
    let identity = DMatrix::identity(dimensions, dimensions);
    if sample.is_empty() || dimensions == 0 {
        return identity;
    }
    let rows = DMatrix::from_fn(sample.len(), dimensions, |i, j| sample[i][j]);
    let covariance = (rows.transpose() * &rows / sample.len() as f32).cast::<f64>();
    let mean_spread = covariance.trace() / dimensions as f64;
    if mean_spread <= f64::EPSILON {
        return identity;
    }
    let shrunk = covariance * (1.0 - SHRINKAGE)
        + DMatrix::identity(dimensions, dimensions) * (SHRINKAGE * mean_spread);
    let eigen = SymmetricEigen::new(shrunk / mean_spread);
    let weights = DVector::from_iterator(
        dimensions,
        eigen
            .eigenvalues
            .iter()
            .map(|value| value.max(1e-6).powf(-0.5)),
    );
    let scaled = DMatrix::from_fn(dimensions, dimensions, |i, j| {
        eigen.eigenvectors[(i, j)] * weights[j]
    });
    (scaled * eigen.eigenvectors.transpose()).cast::<f32>()
}

/// Passages whose lengths are computed together.
const BLOCK: usize = 1_024;

fn inverse_lengths(
    dimensions: usize,
    map: &DMatrix<f32>,
    n: usize,
    centred: &dyn Fn(usize) -> Vec<f32>,
) -> Vec<f32> {
    let mut lengths = Vec::with_capacity(n);
    for start in (0..n).step_by(BLOCK) {
        let block: Vec<Vec<f32>> = (start..n.min(start + BLOCK)).map(centred).collect();
        let rows = DMatrix::from_fn(dimensions, block.len(), |i, j| block[j][i]);
        let mapped = map * &rows;
        for (vector, mapped) in rows.column_iter().zip(mapped.column_iter()) {
            let square = vector.dot(&mapped);
            lengths.push(if square > 1e-12 {
                square.sqrt().recip()
            } else {
                0.0
            });
        }
    }
    lengths
}

/// In lanes, so that the compiler may add side by side.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{StoredVector, encode};

    /// Vectors that share a large component and differ most along one axis that tells nothing.
    fn vectors() -> (Vec<Vec<f32>>, Vec<Language>) {
        let vectors: Vec<Vec<f32>> = (0..60_u16)
            .map(|i| {
                let noise = f32::from(i * 37 % 60) / 60.0 - 0.5;
                let topic = i % 3;
                vec![
                    5.0,
                    2.0 * noise,
                    0.1 * f32::from(u8::from(topic == 0)),
                    0.1 * f32::from(u8::from(topic == 1)),
                ]
            })
            .collect();
        let languages = vec![Language::En; vectors.len()];
        (vectors, languages)
    }

    fn stored(vectors: &[Vec<f32>]) -> Vectors {
        let rows: Vec<StoredVector> = vectors.iter().map(|v| StoredVector::of(v)).collect();
        Vectors::open(OwnedBytes::new(encode(4, &rows))).expect("vectors")
    }

    fn space() -> (Space, Vec<Vec<f32>>) {
        let (vectors, languages) = vectors();
        let mut questions: [Means; 9] = Default::default();
        questions[Language::En.index()] = Means {
            sample: [7; 32],
            question: vec![5.0, 0.0, 0.03, 0.03],
            question_token: vec![4.0, 0.0, 0.0, 0.1],
            passage: Vec::new(),
        };
        // In parts, as they are in shards.
        let (a, b) = vectors.split_at(17);
        let space = Space::fit(4, &languages, &[&stored(a), &stored(b)], questions);
        (space, vectors)
    }

    fn nearness(space: &Space, aim: &Aim, vectors: &[Vec<f32>], i: usize) -> f32 {
        (dot(&vectors[i], &aim.vector) - aim.offsets[Language::En.index()])
            * space.inverse_lengths()[i]
    }

    #[test]
    fn loud_directions_are_turned_down() {
        let (space, vectors) = space();
        let question = [5.0, 0.4, 0.12, 0.0];
        let aim = space.aim(&question, Language::En);
        let mean_of = |topic: usize| {
            let own = (0..vectors.len()).filter(|i| i % 3 == topic);
            own.map(|i| nearness(&space, &aim, &vectors, i))
                .sum::<f32>()
                / 20.0
        };
        assert!(
            mean_of(0) > mean_of(1) + 0.05,
            "{} {}",
            mean_of(0),
            mean_of(1)
        );
        for i in 0..vectors.len() {
            let near = nearness(&space, &aim, &vectors, i);
            assert!((-1.001..=1.001).contains(&near), "{near}");
        }
    }

    #[test]
    fn directions_are_as_near_as_their_passages() {
        let (space, vectors) = space();
        let roots = space.roots();
        let aim = space.aim(&[5.0, 0.4, 0.12, 0.0], Language::En);
        let question = roots.question(&aim);
        assert!((dot(&question, &question) - 1.0).abs() < 1e-3);
        for (i, vector) in vectors.iter().enumerate() {
            let inverse_length = space.inverse_lengths()[i];
            let direction = space.direction(&roots, vector, Language::En, inverse_length);
            assert!((dot(&direction, &direction) - 1.0).abs() < 1e-2, "{i}");
            let near = nearness(&space, &aim, &vectors, i);
            assert!((dot(&direction, &question) - near).abs() < 1e-3, "{i}");
        }
    }

    #[test]
    fn the_file_is_the_space() {
        let (space, _) = space();
        let bytes = space.encode();
        assert_eq!(Space::open(&OwnedBytes::new(bytes.clone())).unwrap(), space);
        for cut in [0, 7, 20, bytes.len() - 1] {
            assert!(Space::open(&OwnedBytes::new(bytes[..cut].to_vec())).is_err());
        }
    }

    #[test]
    fn nothing_and_one_passage_have_a_space() {
        let none = Space::fit(4, &[], &[], Default::default());
        assert!(!none.aim(&[1.0, 0.0, 0.0, 0.0], Language::En).is_cosine);
        let mut questions: [Means; 9] = Default::default();
        questions[0].question = vec![0.5; 4];
        let only = stored(&[vec![1.0, 0.0, 0.0, 0.0]]);
        let one = Space::fit(4, &[Language::ALL[0]], &[&only], questions);
        let aim = one.aim(&[1.0, 0.0, 0.0, 0.0], Language::Nl);
        assert!(aim.vector.iter().all(|value| value.is_finite()));
    }
}
