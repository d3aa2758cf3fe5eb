//! Restore: the working copy of a generation, made again of what is kept of its articles elsewhere.

use corpus::Passage;

use super::{
    entries::Entry,
    previous::Known,
    shards::{self, EncodedPassages},
    write_generation,
};
use crate::{
    error::BuildError,
    format::{self, ArticleRecord},
    late::Tokens,
    shard::passage_hash,
    snapshot::Frame,
    split::embedded_text,
    store::{BuildLock, IndexStore, write_error},
    vectors::StoredVector,
};

/// An article with all that was made of it.
pub(crate) struct RestoredArticle {
    pub(crate) record: ArticleRecord,
    pub(crate) source: String,
    pub(crate) passages: Vec<Passage>,
    pub(crate) vectors: Vec<StoredVector>,
    /// Token rows of its passages.
    pub(crate) tokens: Tokens,
}

/// Writes the generation that `frame` is of into `store` and points to it. `shards` gives the articles of each shard, in
/// order.
///
/// # Errors
/// [`BuildError`].
pub(crate) fn restore(
    store: &IndexStore,
    lock: &BuildLock,
    frame: &Frame,
    shards: &mut dyn Iterator<Item = Result<Vec<RestoredArticle>, BuildError>>,
) -> Result<(), BuildError> {
    let mut manifest = frame.manifest.clone();
    let id = manifest.generation.clone();
    let dir = store.unfinished_dir(&id);
    fs_err::create_dir_all(&dir).map_err(|source| write_error(&dir, source))?;
    shards::make_dir(&dir)?;
    let mut written: Vec<Known> = Vec::with_capacity(manifest.shards.len());
    for (name, articles) in manifest.shards.iter().zip(shards) {
        let articles = articles?;
        let mut hashes = Vec::new();
        let mut vectors = Vec::new();
        for own in &articles {
            vectors.extend(own.vectors.iter().cloned());
            let texts = own.passages.iter();
            let texts = texts.map(|passage| embedded_text(&own.record.article, passage));
            hashes.extend(texts.map(|text| passage_hash(&text)));
        }
        let mut all_tokens = Vec::with_capacity(articles.len());
        let entries: Vec<Entry> = articles
            .into_iter()
            .map(|own| {
                all_tokens.push(own.tokens);
                Entry::read(
                    own.record.hash,
                    own.source,
                    own.record.article,
                    own.passages,
                )
            })
            .collect();
        let rows = all_tokens
            .iter()
            .flat_map(|tokens| (0..tokens.len()).map(|passage| tokens.rows(passage)));
        let encoded = EncodedPassages {
            dimensions: manifest.dimensions,
            width: frame.reduction.kept(),
            hashes: &hashes,
            vectors,
            rows: rows.collect(),
        };
        written.push(shards::write(&dir, name, &entries, &encoded)?);
    }
    shards::sync(&dir)?;
    manifest.files.clear();
    let small = [
        (format::SPACE, frame.space.encode()),
        (format::REDUCTION, frame.reduction.encode()),
    ];
    write_generation(&dir, manifest, &written, &small)?;
    store.publish(lock, &dir, &id)
}
