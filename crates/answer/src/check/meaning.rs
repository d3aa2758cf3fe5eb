//! Meaning: whether a sentence says what its evidence says, as a calibrated probability.
//!
//! The rules find what is wrong with a sentence in its figures, names and small words; whether the rest of it says the
//! same is left to this. Two logistic models, one for evidence in the sentence's language and one for evidence in
//! another, over a few measures of likeness.

use inference::TokenVectors;
use serde::{Deserialize, Serialize};

/// What is measured of a sentence beside the pieces it cites.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Features {
    /// Cosine with the best piece, -1 to 1.
    pub cosine: f32,
    /// The same in standard deviations above passages at large.
    pub nearness: f32,
    /// Share of its terms the evidence holds, weighted by rarity, 0 to 1; 0 across languages.
    pub coverage: f32,
    /// Rarity of the rarest term the evidence lacks, 0 (none) to 1 (in no article); 0 across languages.
    pub rarest_unknown: f32,
    /// Mean over its tokens of the highest cosine with a token of the evidence, -1 to 1.
    pub interaction: f32,
    /// The same of the token that fits worst.
    pub worst_token: f32,
    /// Logarithm of its length over that of what it cites, in tokens.
    pub length: f32,
    /// 1 when the evidence is in another language, else 0.
    pub cross_lingual: f32,
}

impl Features {
    /// The measures a model weighs, in the order of its weights.
    pub fn values(&self) -> [f32; N_FEATURES] {
        [
            self.cosine,
            self.nearness,
            self.coverage,
            self.rarest_unknown,
            self.interaction,
            self.worst_token,
            self.length.max(0.0),
            (-self.length).max(0.0),
        ]
    }
}

/// Number of weights of a model, its intercept left out.
pub const N_FEATURES: usize = 8;

/// A logistic model of [`Features::values`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Model {
    /// Log odds at 0.
    pub intercept: f32,
    /// What each measure adds to the log odds.
    pub weights: [f32; N_FEATURES],
}

impl Model {
    /// Probability that the sentence is borne out, 0 to 1.
    pub fn probability(&self, features: &Features) -> f32 {
        let weighed = features.values().into_iter().zip(self.weights).map(|(value, weight)| value * weight);
        let odds: f32 = self.intercept + weighed.sum::<f32>();
        1.0 / (1.0 + (-odds).exp())
    }
}

/// For evidence in the sentence's language.
pub const SAME_LANGUAGE: Model = Model {
    intercept: -6.0,
    weights: [0.0, 0.0, 8.0, -2.0, 2.0, 1.0, -0.5, 0.0],
};

/// For evidence in another language.
pub const CROSS_LINGUAL: Model = Model {
    intercept: -34.0,
    weights: [40.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
};

/// Probability that what was measured belongs to a sentence that is borne out, 0 to 1.
pub fn support(features: &Features) -> f32 {
    let model = if features.cross_lingual > 0.5 { CROSS_LINGUAL } else { SAME_LANGUAGE };
    model.probability(features)
}

/// How well each token of `text` is matched by a token of the evidence, mean and worst; -1 to 1. Tokens of one letter
/// and signs are left out. Vectors are taken relative to the mean of their side, since those of one language lie close
/// together whatever they mean. 0 where there are no tokens.
pub fn interaction(text: &str, sentence: &TokenVectors, evidence: &[TokenVectors]) -> (f32, f32) {
    let own = centred(&[sentence]);
    let theirs = centred(&evidence.iter().collect::<Vec<_>>());
    if theirs.is_empty() {
        return (0.0, 0.0);
    }
    let (mut sum, mut n, mut worst) = (0.0, 0.0, 1.0_f32);
    for (range, vector) in sentence.ranges.iter().zip(&own) {
        let token = text.get(range.clone()).unwrap_or_default();
        let letters = token.chars().filter(|c| c.is_alphanumeric()).count();
        let is_han = token.chars().any(corpus::language::detect::is_han);
        if letters < 2 && !is_han {
            continue;
        }
        let best = theirs.iter().map(|other| dot(vector, other)).fold(-1.0, f32::max);
        sum += best;
        n += 1.0;
        worst = worst.min(best);
    }
    if n > 0.0 { (sum / n, worst) } else { (0.0, 0.0) }
}

/// The vectors of some tokens, less their mean, of unit length.
fn centred(texts: &[&TokenVectors]) -> Vec<Vec<f32>> {
    let rows: Vec<&[f32]> = texts
        .iter()
        .flat_map(|tokens| (0..tokens.ranges.len()).map(|row| tokens.vectors.row(row)))
        .collect();
    let Some(first) = rows.first() else { return Vec::new() };
    let mut mean = vec![0.0; first.len()];
    for row in &rows {
        for (sum, value) in mean.iter_mut().zip(*row) {
            *sum += value / rows.len() as f32;
        }
    }
    rows.iter()
        .map(|row| {
            let less: Vec<f32> = row.iter().zip(&mean).map(|(value, mean)| value - mean).collect();
            let length = dot(&less, &less).sqrt().max(1e-6);
            less.into_iter().map(|value| value / length).collect()
        })
        .collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use inference::Embeddings;

    use super::*;

    fn tokens(rows: &[[f32; 2]], ranges: &[std::ops::Range<usize>]) -> TokenVectors {
        TokenVectors {
            ranges: ranges.to_vec(),
            vectors: Embeddings {
                dimensions: 2,
                values: rows.concat(),
            },
        }
    }

    #[test]
    fn the_worst_token_is_the_one_nothing_matches() {
        let text = "ab cd .";
        let sentence = tokens(&[[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], &[0..2, 3..5, 6..7]);
        let same = interaction(text, &sentence, std::slice::from_ref(&sentence));
        assert!((same.0 - 1.0).abs() < 1e-5 && (same.1 - 1.0).abs() < 1e-5, "{same:?}");
        let other = tokens(&[[1.0, 0.0], [-1.0, -0.1]], &[0..2, 3..5]);
        let less = interaction(text, &sentence, &[other]);
        assert!(less.1 < 0.8 && less.1 < less.0, "{less:?}");
        assert_eq!(interaction(text, &sentence, &[]), (0.0, 0.0));
    }

    #[test]
    fn what_is_covered_and_near_is_likelier() {
        let check = |better: Features, worse: Features| {
            assert!(support(&better) > support(&worse), "{better:?} {worse:?}");
        };
        let plain = Features { coverage: 0.5, cosine: 0.9, ..Features::default() };
        check(Features { coverage: 1.0, ..plain }, plain);
        let far = Features { cross_lingual: 1.0, interaction: 0.3, ..plain };
        check(Features { cosine: 0.95, interaction: 0.6, ..far }, far);
    }
}
