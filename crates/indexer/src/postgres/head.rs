//! Head: what every node holds of a generation in memory, as one run of bytes in rows of `index_heads`.

use std::collections::HashMap;

use corpus::Language;
use tantivy::directory::OwnedBytes;

use super::{
    bodies::{self, vector_bytes, vector_parts},
    cache::BodyKey,
    terms::Terms,
};
use crate::{
    error::Damage,
    format::{ArticleRecord, FORMAT, Manifest},
    late::{Reduction, Tokens},
    shard,
    snapshot::{ArticleOrdinal, Frame, PassageOrdinal, Tables, words_of},
    space::Space,
};

const MANIFEST: &str = "manifest";
const SPACE: &str = "space";
const REDUCTION: &str = "reduction";
const ARTICLES: &str = "articles";
const SHARDS: &str = "shards";
const SECTIONS: &str = "sections";
const TERMS: &str = "terms";
const WORDS: &str = "words";
const SAMPLE_VECTORS: &str = "sample vectors";
const SAMPLE_TOKENS: &str = "sample tokens";

/// Bytes of a row.
pub(super) const PART: usize = 4 << 20;

/// What a generation is, in memory.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) articles: Vec<ArticleRecord>,
    /// Articles of each shard.
    pub(super) shards: Vec<usize>,
    /// Section of each passage.
    pub(super) sections: Vec<u32>,
    pub(super) terms: Terms,
    /// Hashes of all words of each language, sorted.
    pub(super) words: [Vec<u64>; 9],
    pub(super) samples: Samples,
}

/// Vectors and token rows of the passages that stand for all.
#[derive(Debug)]
pub(super) struct Samples {
    vectors: Vec<u8>,
    dimensions: usize,
    places: HashMap<PassageOrdinal, usize>,
    tokens: Tokens,
    token_places: HashMap<PassageOrdinal, usize>,
}

impl Samples {
    pub(super) fn vector(&self, passage: PassageOrdinal) -> Option<(&[i8], &[i8], f32)> {
        let length = vector_bytes(self.dimensions);
        let start = self.places.get(&passage)? * length;
        let own = self.vectors.get(start..start + length)?;
        Some(vector_parts(own, self.dimensions))
    }

    pub(super) fn rows(&self, passage: PassageOrdinal) -> &[i8] {
        let place = self.token_places.get(&passage);
        place.map_or(&[], |place| self.tokens.rows(*place))
    }
}

/// What a head is made of, beside the frame.
pub(super) struct Parts<'a> {
    pub(super) articles: &'a [ArticleRecord],
    pub(super) shards: &'a [usize],
    pub(super) sections: &'a [u32],
    pub(super) terms: &'a Terms,
    pub(super) words: &'a [Vec<u64>; 9],
    pub(super) sample_vectors: Vec<u8>,
    pub(super) sample_tokens: Vec<u8>,
}

/// The bytes of a head.
pub(super) fn pack(frame: &Frame, parts: Parts<'_>) -> Vec<u8> {
    let json = |value: serde_json::Result<Vec<u8>>| value.expect("records have string keys");
    let mut articles = Vec::new();
    for record in parts.articles {
        articles.extend(json(serde_json::to_vec(record)));
        articles.push(b'\n');
    }
    let words = parts.words.iter().flat_map(|own| {
        let n = (own.len() as u64).to_le_bytes();
        let hashes = own.iter().flat_map(|hash| hash.to_le_bytes());
        n.into_iter().chain(hashes)
    });
    let sections = parts.sections.iter().flat_map(|n| n.to_le_bytes());
    shard::pack(&[
        (
            MANIFEST.to_owned(),
            json(serde_json::to_vec(&frame.manifest)),
        ),
        (SPACE.to_owned(), frame.space.encode()),
        (REDUCTION.to_owned(), frame.reduction.encode()),
        (ARTICLES.to_owned(), articles),
        (SHARDS.to_owned(), json(serde_json::to_vec(parts.shards))),
        (SECTIONS.to_owned(), sections.collect()),
        (TERMS.to_owned(), parts.terms.encode()),
        (WORDS.to_owned(), words.collect()),
        (SAMPLE_VECTORS.to_owned(), parts.sample_vectors),
        (SAMPLE_TOKENS.to_owned(), parts.sample_tokens),
    ])
}

/// Reads the bytes of a head.
///
/// # Errors
/// [`Damage`] when they are not those of one, or of another version of this program.
pub(super) fn read(bytes: Vec<u8>) -> Result<(Frame, Head), Damage> {
    const WRONG: Damage = Damage::Content("the head of a generation is not one");
    let mut parts = shard::unpack(&OwnedBytes::new(bytes)).ok_or(WRONG)?;
    let mut take = |name: &str| parts.remove(name).ok_or(WRONG);
    let manifest: Manifest = serde_json::from_slice(&take(MANIFEST)?).map_err(Damage::Manifest)?;
    if manifest.format != FORMAT {
        return Err(Damage::Format {
            found: manifest.format,
            supported: FORMAT,
        });
    }
    let space = Space::open(&take(SPACE)?)?;
    let reduction = Reduction::open(&take(REDUCTION)?)?;
    let articles: Vec<ArticleRecord> = take(ARTICLES)?
        .as_slice()
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).map_err(Damage::Record))
        .collect::<Result<_, _>>()?;
    let shards: Vec<usize> = serde_json::from_slice(&take(SHARDS)?).map_err(Damage::Record)?;
    let tables = Tables::of(articles.iter());
    let n_passages = tables.article_of.len();
    let sections = take(SECTIONS)?;
    let (sections, _) = sections.as_chunks::<4>();
    let sections: Vec<u32> = sections
        .iter()
        .map(|four| u32::from_le_bytes(*four))
        .collect();
    let counts = [
        manifest.n_passages,
        sections.len(),
        space.inverse_lengths().len(),
    ];
    if counts.iter().any(|n| *n != n_passages)
        || manifest.n_articles != articles.len()
        || shards.iter().sum::<usize>() != articles.len()
    {
        return Err(WRONG);
    }
    let terms = Terms::open(&take(TERMS)?).ok_or(WRONG)?;
    let words = read_words(&take(WORDS)?).ok_or(WRONG)?;
    let vectors = take(SAMPLE_VECTORS)?.to_vec();
    let tokens = Tokens::open(take(SAMPLE_TOKENS)?)?;
    let frame = Frame::new(manifest, tables, space, reduction);
    let places = |passages: Vec<PassageOrdinal>| passages.into_iter().zip(0..).collect();
    let samples = Samples {
        dimensions: frame.manifest.dimensions,
        places: places(sample(&frame)),
        token_places: places(token_sample(&frame)),
        vectors,
        tokens,
    };
    if samples.vectors.len() != samples.places.len() * vector_bytes(samples.dimensions)
        || samples.tokens.len() != samples.token_places.len()
    {
        return Err(WRONG);
    }
    Ok((
        frame,
        Head {
            articles,
            shards,
            sections,
            terms,
            words,
            samples,
        },
    ))
}

/// The passages of which every node has the vectors.
pub(super) fn sample(frame: &Frame) -> Vec<PassageOrdinal> {
    frame.samples.iter().flatten().copied().collect()
}

/// The passages of which every node has the token rows.
pub(super) fn token_sample(frame: &Frame) -> Vec<PassageOrdinal> {
    let languages = Language::ALL.into_iter();
    languages
        .flat_map(|language| frame.token_sample(language))
        .collect()
}

/// The words of some texts as hashes, sorted.
pub(super) fn word_hashes<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<u64> {
    let mut hashes: Vec<u64> = texts
        .flat_map(words_of)
        .map(|word| bodies::term_hash(&word))
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

fn read_words(bytes: &[u8]) -> Option<[Vec<u64>; 9]> {
    let mut rest = bytes;
    let mut words: [Vec<u64>; 9] = Default::default();
    for own in &mut words {
        let n = crate::bytes::read_length(&mut rest)?;
        let (hashes, _) = rest.split_off(..n.checked_mul(8)?)?.as_chunks::<8>();
        *own = hashes
            .iter()
            .map(|eight| u64::from_le_bytes(*eight))
            .collect();
    }
    rest.is_empty().then_some(words)
}

/// Articles alike in who sees them, when, and in which language, by number; and of each class one article. A selection has
/// all articles of a class or none.
pub(super) fn classes(articles: &[ArticleRecord]) -> (Vec<u32>, Vec<ArticleOrdinal>) {
    let mut numbers = HashMap::new();
    let mut representatives = Vec::new();
    let classes = (0..).zip(articles).map(|(ordinal, record)| {
        let article = &record.article;
        let key = (
            article.language,
            article.validity.from,
            article.validity.until,
            &article.audience,
            &article.regions,
        );
        *numbers.entry(key).or_insert_with(|| {
            representatives.push(ArticleOrdinal(ordinal));
            u32::try_from(representatives.len() - 1).unwrap_or(u32::MAX)
        })
    });
    let classes: Vec<u32> = classes.collect();
    (classes, representatives)
}

/// Keys of all articles.
pub(super) fn keys(frame: &Frame, articles: &[ArticleRecord]) -> Vec<BodyKey> {
    let reduction = frame.reduction.encode();
    let key = |record| bodies::key(&frame.manifest, &reduction, record);
    articles.iter().map(key).collect()
}
