//! Measure: the space the passages of a build are compared in, and what is known of its questions.

use std::{borrow::Cow, sync::Arc};

use corpus::Language;
use inference::{Encoder, TextKind};

use super::{entries::Entry, previous::Previous, questions};
use crate::{
    error::BuildError,
    late,
    shard::Shard,
    space::{Means, Space},
};

/// Titles whose mean stands for all questions of a language.
const TITLES: usize = 64;

/// As many titles as the usual questions count for in a language's mean: a handful of titles says little of the
/// next question.
const USUAL_COUNTS_FOR: f32 = 8.0;

/// Fits the space to the passages. What is known of the questions of a language comes from its titles, read as
/// questions, and from the usual ones; it is taken over from the previous generation while the titles are the same.
///
/// # Errors
/// [`BuildError::Encode`].
pub(super) fn fit_space(
    entries: &[Entry],
    shards: &[Arc<Shard>],
    previous: &Previous,
    encoder: &dyn Encoder,
) -> Result<Space, BuildError> {
    let mut n_by_language = [0; 9];
    for entry in entries {
        n_by_language[entry.article().language.index()] += entry.n_passages();
    }
    let mut means: [Means; 9] = Default::default();
    let samples = Language::ALL.map(|language| question_sample(entries, language));
    // A language without articles depends on the one with the most.
    let largest = Language::ALL
        .into_iter()
        .max_by_key(|language| n_by_language[language.index()])
        .unwrap_or(Language::En);
    let mut elsewhere = None;
    for language in Language::ALL {
        let own = &samples[language.index()];
        let read = if own.is_empty() {
            &samples[largest.index()]
        } else {
            own
        };
        let mut hasher = blake3::Hasher::new();
        for text in read {
            hasher.update(text.as_bytes()).update(b"\0");
        }
        let sample = *hasher.finalize().as_bytes();
        let found = match previous.means(language, sample) {
            Some(known) => [known.question.clone(), known.question_token.clone()],
            None if own.is_empty() => {
                let (there, usual_there) = match &elsewhere {
                    Some(known) => known,
                    None => elsewhere.insert((
                        mean_question(encoder, read, largest)?,
                        mean_of(encoder, &questions::usual(largest))?,
                    )),
                };
                // As the usual questions move from one language to the other.
                let usual_here = mean_of(encoder, &questions::usual(language))?;
                combined([(there, 1.0), (usual_there, -1.0), (&usual_here, 1.0)])
            }
            None => mean_question(encoder, own, language)?,
        };
        let [question, question_token] = found;
        means[language.index()] = Means {
            sample,
            question,
            question_token,
            passage: Vec::new(),
        };
    }
    let vectors: Vec<_> = shards.iter().map(|shard| &shard.vectors).collect();
    let languages = entries
        .iter()
        .flat_map(|entry| std::iter::repeat_n(entry.article().language, entry.n_passages()));
    let languages: Vec<Language> = languages.collect();
    Ok(Space::fit(
        encoder.dimensions(),
        &languages,
        &vectors,
        means,
    ))
}

/// Titles of a language or, for articles that have none with a letter in it, their first sentences. Which
/// articles are chosen depends on their ids alone, so that an edit changes few of them.
fn question_sample(entries: &[Entry], language: Language) -> Vec<Cow<'_, str>> {
    let mut chosen: Vec<(blake3::Hash, &Entry)> = entries
        .iter()
        .filter(|entry| entry.article().language == language)
        .map(|entry| (blake3::hash(entry.article().id.as_str().as_bytes()), entry))
        .collect();
    chosen.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    let texts = chosen.into_iter().filter_map(|(_, entry)| {
        let title = entry.article().title.as_str();
        if title.contains(char::is_alphabetic) {
            return Some(Cow::Borrowed(title));
        }
        let passages = entry.passages();
        let first = passages.iter().flat_map(|p| &p.statements).next()?;
        Some(Cow::Owned(first.text.clone()))
    });
    texts.take(TITLES).collect()
}

/// A mean text and a mean token; the second is empty when the encoder has no vectors of tokens.
type QuestionMeans = [Vec<f32>; 2];

/// The means of questions in a language with the titles `titles`.
fn mean_question(
    encoder: &dyn Encoder,
    titles: &[Cow<'_, str>],
    language: Language,
) -> Result<QuestionMeans, BuildError> {
    let texts: Vec<&str> = titles.iter().map(AsRef::as_ref).collect();
    let own = mean_of(encoder, &texts)?;
    let usual = mean_of(encoder, &questions::usual(language))?;
    let n = titles.len() as f32;
    let share = n / (n + USUAL_COUNTS_FOR);
    Ok(combined([(&own, share), (&usual, 1.0 - share)]))
}

fn combined<const N: usize>(parts: [(&QuestionMeans, f32); N]) -> QuestionMeans {
    [0, 1].map(|i| {
        let mut sum = vec![0.0; parts[0].0[i].len()];
        for (means, share) in parts {
            for (sum, value) in sum.iter_mut().zip(&means[i]) {
                *sum += share * value;
            }
        }
        sum
    })
}

fn mean_of(encoder: &dyn Encoder, texts: &[&str]) -> Result<QuestionMeans, BuildError> {
    let detailed = encoder.encode_with_tokens(texts, TextKind::Query)?;
    let tokens = detailed.tokens.iter().flatten();
    Ok([
        late::mean(std::iter::once(&detailed.texts)),
        late::mean(tokens.map(|tokens| &tokens.vectors)),
    ])
}
