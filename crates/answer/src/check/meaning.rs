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
    /// The same of the token that fits worst among those of names the evidence does not hold; 1 without such names.
    pub unknown_name: f32,
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
            self.unknown_name,
            self.length.max(0.0),
            (-self.length).max(0.0),
        ]
    }
}

/// Number of weights of a model, its intercept left out.
pub const N_FEATURES: usize = 9;

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
        let weighed = features
            .values()
            .into_iter()
            .zip(self.weights)
            .map(|(value, weight)| value * weight);
        let odds: f32 = self.intercept + weighed.sum::<f32>();
        1.0 / (1.0 + (-odds).exp())
    }
}

/// For evidence in the sentence's language. Fitted by `loket eval check --fold fit --articles 60 --questions 9
/// --per-kind 25 --fit 0.03`, seed 1, on all nine languages.
pub const SAME_LANGUAGE: Model = Model {
    intercept: -10.218_494,
    weights: [
        7.541_343, -0.527_2, 7.738_159, -1.781_512, -1.255_09, 3.401_746, 0.0, -0.532_629,
        -0.613_829,
    ],
};

/// For evidence in another language; fitted by the same command. The intercept is 1.2 below what it gives: what a
/// translation loses there is a sentence sent to a person, what it lets through is an untrue one.
pub const CROSS_LINGUAL: Model = Model {
    intercept: -13.1,
    weights: [
        10.081_267, 0.169_493, 0.0, 0.0, 1.501_218, 4.696_548, 2.609_941, -0.108_49, -0.826_043,
    ],
};

/// Probability that what was measured belongs to a sentence that is borne out, 0 to 1.
pub fn support(features: &Features) -> f32 {
    let model = if features.cross_lingual > 0.5 {
        CROSS_LINGUAL
    } else {
        SAME_LANGUAGE
    };
    model.probability(features)
}

/// How well the tokens of a sentence are matched by those of its evidence, each -1 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interaction {
    /// The mean over its tokens; 0 without tokens.
    pub mean: f32,
    /// The worst of its tokens; 0 without tokens.
    pub worst: f32,
    /// The worst of the tokens of given names; 1 without such tokens.
    pub names: f32,
}

/// How well each token of `text` is matched by a token of the evidence; `names` are lower case. Tokens of one letter
/// and signs are left out. Vectors are taken relative to the mean of their side, since those of one language lie close
/// together whatever they mean. 0 where there are no tokens.
pub fn interaction(
    text: &str,
    sentence: &TokenVectors,
    evidence: &[TokenVectors],
    names: &[String],
) -> Interaction {
    let own = centred(&[sentence]);
    let theirs = centred(&evidence.iter().collect::<Vec<_>>());
    let mut found = Interaction {
        mean: 0.0,
        worst: 0.0,
        names: 1.0,
    };
    if theirs.is_empty() {
        return found;
    }
    let (mut sum, mut n, mut worst) = (0.0, 0.0, 1.0_f32);
    for (range, vector) in sentence.ranges.iter().zip(&own) {
        let token = text.get(range.clone()).unwrap_or_default();
        let letters = token.chars().filter(|c| c.is_alphanumeric()).count();
        let is_han = token.chars().any(corpus::language::detect::is_han);
        if letters < 2 && !is_han {
            continue;
        }
        let best = theirs
            .iter()
            .map(|other| dot(vector, other))
            .fold(-1.0, f32::max);
        sum += best;
        n += 1.0;
        worst = worst.min(best);
        let token = token.trim().to_lowercase();
        if names.iter().any(|name| name.contains(&token)) {
            found.names = found.names.min(best);
        }
    }
    if n > 0.0 {
        found.mean = sum / n;
        found.worst = worst;
    }
    found
}

/// The vectors of some tokens, less their mean, of unit length.
fn centred(texts: &[&TokenVectors]) -> Vec<Vec<f32>> {
    let rows: Vec<&[f32]> = texts
        .iter()
        .flat_map(|tokens| (0..tokens.ranges.len()).map(|row| tokens.vectors.row(row)))
        .collect();
    let Some(first) = rows.first() else {
        return Vec::new();
    };
    let mut mean = vec![0.0; first.len()];
    for row in &rows {
        for (sum, value) in mean.iter_mut().zip(*row) {
            *sum += value / rows.len() as f32;
        }
    }
    rows.iter()
        .map(|row| {
            let less: Vec<f32> = row
                .iter()
                .zip(&mean)
                .map(|(value, mean)| value - mean)
                .collect();
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
        let same = interaction(text, &sentence, std::slice::from_ref(&sentence), &[]);
        assert!(
            (same.mean - 1.0).abs() < 1e-5 && (same.worst - 1.0).abs() < 1e-5,
            "{same:?}"
        );
        let other = tokens(&[[1.0, 0.0], [-1.0, -0.1]], &[0..2, 3..5]);
        let less = interaction(text, &sentence, &[other], &["cd".to_owned()]);
        assert!(less.worst < 0.8 && less.worst < less.mean, "{less:?}");
        assert!((less.names - less.worst).abs() < 1e-5, "{less:?}");
        assert!(interaction(text, &sentence, &[], &[]).mean.abs() < f32::EPSILON);
    }

    #[test]
    fn what_is_covered_and_near_is_likelier() {
        let check = |better: Features, worse: Features| {
            assert!(support(&better) > support(&worse), "{better:?} {worse:?}");
        };
        let plain = Features {
            coverage: 0.5,
            cosine: 0.9,
            unknown_name: 1.0,
            ..Features::default()
        };
        check(
            Features {
                coverage: 1.0,
                ..plain
            },
            plain,
        );
        let far = Features {
            cross_lingual: 1.0,
            interaction: 0.3,
            ..plain
        };
        check(
            Features {
                cosine: 0.95,
                interaction: 0.6,
                ..far
            },
            far,
        );
        check(
            far,
            Features {
                unknown_name: 0.2,
                ..far
            },
        );
    }
}
