//! Late interaction: a question and a passage compared token by token.
//!
//! One vector tells what a passage is about at large and blurs the one sentence that answers. Here each token of
//! the question looks for the token of the passage nearest to it, and the mean of what they find is the passage's
//! **interaction** (`MaxSim`; Khattab and Zaharia, SIGIR 2020, "ColBERT"):
//!
//! ```text
//! interaction(q, p) = mean over tokens i of q of  max over tokens j of p of  cos(R (q_i - q̄), R (p_j - p̄_l))
//! ```
//!
//! Tokens get the same treatment as whole vectors ([`crate::space`]): centred on their mean by language and
//! compared where loud directions are turned down. `R` keeps the widest [`KEPT`] directions of that space, so that
//! a token takes that many bytes. It is fitted to a sample of the first build and stays while the help center is of
//! about the same size, so that unchanged passages keep their rows.

use std::ops::Range;

use corpus::Language;
use inference::{Embeddings, TokenVectors};
use nalgebra::{DMatrix, SymmetricEigen};
use numkong::Dot;

mod file;
mod statements;

pub(crate) use file::Tokens;
pub(crate) use statements::rows_of_statements;

/// Dimensions kept of a token's vector, one byte each.
pub(crate) const KEPT: usize = 128;

/// Passages of all languages together that `R` is fitted to.
pub(crate) const SAMPLE: usize = 1_024;

/// Weight of equal spread in all directions beside the measured one; see [`crate::space`].
const SHRINKAGE: f64 = 0.1;

/// A fit serves until a language has this many times the passages it was made for.
const MAX_GROWTH: u64 = 4;

/// Most tokens of a question that are compared: those that stand out most.
const MAX_TOKENS: usize = 48;

/// How the vectors of tokens are reduced.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Reduction {
    /// Length of the encoder's vectors; 0 when it gives none for tokens.
    dimensions: usize,
    /// Length of a row; at most [`KEPT`].
    kept: usize,
    /// Passages by language in the help center it was fitted to.
    fitted_to: [u64; 9],
    /// Mean token of the passages of each language; empty without any.
    means: [Vec<f32>; 9],
    /// `R`, `[kept, dimensions]`.
    map: Vec<f32>,
}

/// Tokens of the passages `R` is fitted to.
pub(crate) type TokenSample<'a> = [(Language, &'a Embeddings)];

impl Reduction {
    /// Fits the reduction to `sample`, of a help center with `n_passages` by language.
    pub(crate) fn fit(sample: &TokenSample<'_>, n_passages: [u64; 9]) -> Self {
        let Some(dimensions) = sample.iter().map(|(_, t)| t.dimensions).find(|d| *d > 0) else {
            return Self::default();
        };
        let mut means: [Vec<f32>; 9] = Default::default();
        for language in Language::ALL {
            let own = || sample.iter().filter(|(l, _)| *l == language);
            means[language.index()] = mean(own().map(|(_, tokens)| *tokens));
        }
        let mut covariance = DMatrix::<f64>::zeros(dimensions, dimensions);
        let mut n = 0;
        for (language, tokens) in sample {
            let mean = &means[language.index()];
            let rows =
                DMatrix::from_fn(tokens.len(), dimensions, |i, j| tokens.row(i)[j] - mean[j]);
            covariance += (rows.transpose() * &rows).cast::<f64>();
            n += tokens.len();
        }
        covariance /= n.max(1) as f64;
        let mean_spread = covariance.trace() / dimensions as f64;
        if mean_spread <= f64::EPSILON {
            return Self::default();
        }
        let eigen = SymmetricEigen::new(covariance / mean_spread);
        let mut order: Vec<usize> = (0..dimensions).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let kept = KEPT.min(dimensions);
        // Rows of Σ^(-1/4), so that products of mapped tokens are those of Σ^(-1/2).
        let map = order[..kept].iter().flat_map(|axis| {
            let spread = eigen.eigenvalues[*axis].max(0.0) * (1.0 - SHRINKAGE) + SHRINKAGE;
            let weight = spread.powf(-0.25);
            let column = eigen.eigenvectors.column(*axis);
            column
                .iter()
                .map(|v| narrow(v * weight))
                .collect::<Vec<_>>()
        });
        Self {
            dimensions,
            kept,
            fitted_to: n_passages,
            map: map.collect(),
            means,
        }
    }

    /// Whether it serves a help center with `n_passages` by language.
    pub(crate) fn serves(&self, n_passages: [u64; 9]) -> bool {
        self.kept > 0
            && n_passages
                .iter()
                .zip(self.fitted_to)
                .all(|(now, fitted_to)| *now <= MAX_GROWTH * fitted_to)
    }

    /// Whether there are rows at all.
    pub(crate) const fn is_in_use(&self) -> bool {
        self.kept > 0
    }

    /// Length of a row.
    pub(crate) const fn kept(&self) -> usize {
        self.kept
    }

    /// The rows of a passage in `language` with the text `text`; marks without a letter or digit have none.
    pub(crate) fn passage(&self, text: &str, tokens: &TokenVectors, language: Language) -> Vec<i8> {
        let mean = &self.means[language.index()];
        let mut rows = Vec::with_capacity(tokens.ranges.len() * self.kept);
        for row in self.telling(text, tokens) {
            let (reduced, length) = self.reduce(row, mean);
            rows.extend(rounded(&reduced, length));
        }
        rows
    }

    /// A question with the text `text`, whose tokens are centred on `mean`.
    pub(crate) fn question(&self, text: &str, tokens: &TokenVectors, mean: &[f32]) -> TokenAim {
        let mut reduced: Vec<(Vec<f32>, f32)> = self
            .telling(text, tokens)
            .map(|row| self.reduce(row, mean))
            .collect();
        if reduced.len() > MAX_TOKENS {
            reduced.sort_by(|a, b| b.1.total_cmp(&a.1));
            reduced.truncate(MAX_TOKENS);
        }
        TokenAim {
            width: self.kept,
            rows: reduced
                .iter()
                .flat_map(|(values, length)| rounded(values, *length))
                .collect(),
        }
    }

    fn telling<'a>(
        &self,
        text: &'a str,
        tokens: &'a TokenVectors,
    ) -> impl Iterator<Item = &'a [f32]> {
        let is_usable = self.kept > 0 && tokens.vectors.dimensions == self.dimensions;
        let ranges = tokens.ranges.iter().enumerate().filter(move |_| is_usable);
        ranges
            .filter(|(_, range)| is_telling(text, range))
            .map(|(i, _)| tokens.vectors.row(i))
    }

    /// The mapped vector and its length.
    fn reduce(&self, token: &[f32], mean: &[f32]) -> (Vec<f32>, f32) {
        let centred: Vec<f32> = if mean.len() == token.len() {
            token.iter().zip(mean).map(|(t, m)| t - m).collect()
        } else {
            token.to_vec()
        };
        let mapped: Vec<f32> = self
            .map
            .chunks_exact(self.dimensions)
            .map(|axis| crate::space::dot(axis, &centred))
            .collect();
        let length = mapped.iter().map(|v| v * v).sum::<f32>().sqrt();
        (mapped, length)
    }
}

/// Whether the bytes of a token hold a letter or a digit.
fn is_telling(text: &str, range: &Range<usize>) -> bool {
    text.get(range.clone())
        .is_some_and(|token| token.contains(char::is_alphanumeric))
}

/// The mean vector; empty of nothing.
pub(crate) fn mean<'a>(sample: impl Iterator<Item = &'a Embeddings>) -> Vec<f32> {
    let (mut sum, mut n) = (Vec::new(), 0.0_f32);
    for tokens in sample {
        sum.resize(tokens.dimensions, 0.0);
        for row in 0..tokens.len() {
            n += 1.0;
            for (sum, value) in sum.iter_mut().zip(tokens.row(row)) {
                *sum += value;
            }
        }
    }
    for value in &mut sum {
        *value /= n.max(1.0);
    }
    sum
}

/// Steps of a byte in a vector of length 1.
const STEPS: f32 = 127.0;

fn rounded(values: &[f32], length: f32) -> impl Iterator<Item = i8> {
    let scale = if length > 0.0 { STEPS / length } else { 0.0 };
    values
        .iter()
        .map(move |value| crate::vectors::to_i8((value * scale).round()))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "an axis needs no more than f32"
)]
const fn narrow(value: f64) -> f32 {
    value as f32
}

/// The tokens of a question, ready to be compared with those of passages.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TokenAim {
    width: usize,
    /// `[tokens, width]`
    rows: Vec<i8>,
}

impl TokenAim {
    /// The interaction with the tokens of a passage, -1 to 1; 0 when either has none.
    pub(crate) fn interaction(&self, passage: &[i8]) -> f32 {
        if self.rows.is_empty() || passage.len() < self.width {
            return 0.0;
        }
        let best = |token: &[i8]| {
            let dots = passage
                .chunks_exact(self.width)
                .map(|row| i8::dot(token, row).unwrap_or(0));
            dots.max().unwrap_or(0) as f32
        };
        let tokens = self.rows.chunks_exact(self.width);
        let n = tokens.len() as f32;
        tokens.map(best).sum::<f32>() / (n * STEPS * STEPS)
    }

    /// The interaction with each of some stretches of a passage's rows; 0 where either side has none.
    pub(crate) fn interactions(&self, passage: &[i8], stretches: &[Range<usize>]) -> Vec<f32> {
        let of = |rows: &Range<usize>| {
            let bytes = rows.start * self.width..rows.end * self.width;
            passage.get(bytes).map_or(0.0, |own| self.interaction(own))
        };
        stretches.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 4] = ["fee", "tax", "box", "map"];

    /// A token's vector: a loud part all share, a direction that tells nothing, and one of its own.
    fn vector(word: usize, noise: f32) -> [f32; 8] {
        let mut vector = [0.0; 8];
        vector[0] = 5.0;
        vector[1] = noise;
        vector[2 + word] = 0.3;
        vector
    }

    /// A text of `words`, by number, a full stop behind each.
    fn text(words: &[usize], noise: f32) -> (String, TokenVectors) {
        let mut text = String::new();
        let mut tokens = TokenVectors::default();
        tokens.vectors.dimensions = 8;
        let sign = |i: usize| if i.is_multiple_of(2) { noise } else { -noise };
        for (i, word) in words.iter().enumerate() {
            for part in [WORDS[*word], "."] {
                tokens.ranges.push(text.len()..text.len() + part.len());
                text.push_str(part);
                tokens.vectors.values.extend(vector(*word, sign(i)));
            }
        }
        (text, tokens)
    }

    fn fitted() -> Reduction {
        let samples: Vec<TokenVectors> = (0..40_usize)
            .map(|i| text(&[i % 4, (i / 4) % 4], 1.0).1)
            .collect();
        let sample: Vec<_> = samples
            .iter()
            .map(|tokens| (Language::En, &tokens.vectors))
            .collect();
        let mut n_passages = [0; 9];
        n_passages[Language::En.index()] = 40;
        Reduction::fit(&sample, n_passages)
    }

    #[test]
    fn the_passage_that_holds_the_words_answers_best() {
        let reduction = fitted();
        let (asked, tokens) = text(&[0, 1], 0.5);
        let mean = reduction.means[Language::En.index()].clone();
        let aim = reduction.question(&asked, &tokens, &mean);
        let interaction = |words: &[usize]| {
            let (text, tokens) = text(words, 1.0);
            aim.interaction(&reduction.passage(&text, &tokens, Language::En))
        };
        let (both, one, none) = (
            interaction(&[0, 1]),
            interaction(&[0, 3]),
            interaction(&[2, 3]),
        );
        assert!(both > one + 0.1 && one > none + 0.1, "{both} {one} {none}");
        assert!(both <= 1.01 && none >= -1.01);
        // Word for word the same, whatever stands beside.
        assert!((interaction(&[0, 3, 2, 1]) - both).abs() < 0.15);
        assert!(aim.interaction(&[]).abs() < f32::EPSILON);
    }

    #[test]
    fn marks_have_no_rows() {
        let reduction = fitted();
        let (text, tokens) = text(&[0, 1, 2], 1.0);
        let rows = reduction.passage(&text, &tokens, Language::En);
        assert_eq!(tokens.ranges.len(), 6);
        assert_eq!(rows.len(), 3 * reduction.kept());
    }

    #[test]
    fn a_long_question_is_read_in_part() {
        let reduction = fitted();
        let (text, tokens) = text(&[0; 200], 1.0);
        let aim = reduction.question(&text, &tokens, &[]);
        assert_eq!(aim.rows.len(), MAX_TOKENS * reduction.kept());
    }

    #[test]
    fn a_fit_serves_until_the_help_center_has_outgrown_it() {
        let reduction = fitted();
        let n = |language: Language, n: u64| {
            let mut by_language = [0; 9];
            by_language[Language::En.index()] = 40;
            by_language[language.index()] = n;
            by_language
        };
        assert!(reduction.serves(n(Language::En, 1)));
        assert!(reduction.serves(n(Language::En, 160)));
        assert!(!reduction.serves(n(Language::En, 161)));
        assert!(!reduction.serves(n(Language::Nl, 1)));
        assert!(!Reduction::default().serves([0; 9]));
    }

    #[test]
    fn the_bytes_are_what_was_written() {
        use tantivy::directory::OwnedBytes;
        let reduction = fitted();
        let bytes = reduction.encode();
        assert_eq!(Reduction::open(&bytes).expect("the same bytes"), reduction);
        for cut in [0, 7, 30, bytes.len() - 1] {
            assert!(Reduction::open(&bytes[..cut]).is_err());
        }

        let passages: Vec<Vec<i8>> = [&[0, 1][..], &[], &[2]]
            .iter()
            .map(|words| {
                let (text, tokens) = text(words, 1.0);
                reduction.passage(&text, &tokens, Language::En)
            })
            .collect();
        let bytes = Tokens::encode(reduction.kept(), passages.iter().map(Vec::as_slice));
        let open = |bytes: &[u8]| Tokens::open(OwnedBytes::new(bytes.to_vec()));
        let tokens = open(&bytes).expect("the same bytes");
        assert_eq!((tokens.len(), tokens.width()), (3, reduction.kept()));
        for (i, rows) in passages.iter().enumerate() {
            assert_eq!(tokens.rows(i), rows);
        }
        // Cut anywhere, or with rows that do not fit the counts.
        for cut in [0, 7, 20, bytes.len() - 1, bytes.len() - reduction.kept()] {
            assert!(open(&bytes[..cut]).is_err());
        }
        assert!(open(&[&bytes[..], &[0]].concat()).is_err());
    }
}
