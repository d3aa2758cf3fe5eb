//! Cut: which neighbouring articles share a shard, and what the shard is called.
//!
//! A file that comes or goes must not move the borders of all shards behind it, so an article's own path says whether a
//! shard begins with it. The name of a shard is a hash of all it is made of: equal names mean equal content.

use std::ops::Range;

use inference::Encoder;

use super::{BuildOptions, entries::Entry};
use crate::{format, late::Reduction, parse};

/// Articles of a shard on average, in a help center of ordinary size. Fewer mean less to write for one edit, more mean
/// fewer segments to search.
const ARTICLES: u64 = 128;

/// Shards a generation may have before they grow instead, since every search visits them all.
const MAX_SHARDS: u64 = 256;

/// As many average shards fit in the largest one.
const LARGEST: u64 = 4;

/// The runs of `entries`, which are in order of path, that become a shard each.
pub(super) fn runs(entries: &[Entry]) -> Vec<Range<usize>> {
    let paths = entries.iter().map(|entry| entry.article().path.as_str());
    cut(paths, entries.len() as u64)
}

fn cut<'a>(paths: impl Iterator<Item = &'a str>, n: u64) -> Vec<Range<usize>> {
    let average = (n / MAX_SHARDS).next_power_of_two().max(ARTICLES);
    let mut runs = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for path in paths {
        let length = (end - start) as u64;
        if length > 0 && (begins(path, average) || length >= LARGEST * average) {
            runs.push(start..end);
            start = end;
        }
        end += 1;
    }
    if end > start {
        runs.push(start..end);
    }
    runs
}

/// Holds for one path in `average`, which is a power of two: of a larger one only where of a smaller one, too.
fn begins(path: &str, average: u64) -> bool {
    let hash = blake3::hash(path.as_bytes());
    let number = hash
        .as_bytes()
        .first_chunk()
        .copied()
        .map(u64::from_le_bytes);
    number.is_some_and(|number| number.is_multiple_of(average))
}

/// What all shards of a build have in common.
#[derive(Debug)]
pub(super) struct Seal(blake3::Hash);

impl Seal {
    pub(super) fn new(
        encoder: &dyn Encoder,
        options: &BuildOptions,
        reduction: &Reduction,
    ) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(&format::FORMAT.to_le_bytes())
            .update(&parse::PARSE_VERSION.to_le_bytes())
            .update(&(options.passage_tokens as u64).to_le_bytes())
            .update(&(encoder.id().len() as u64).to_le_bytes())
            .update(encoder.id().as_bytes())
            .update(&reduction.encode());
        Self(hasher.finalize())
    }

    /// The name of the shard of `run`.
    pub(super) fn name(&self, run: &[Entry]) -> String {
        let mut hasher = blake3::Hasher::new_keyed(self.0.as_bytes());
        for entry in run {
            hasher
                .update(entry.article().path.as_bytes())
                .update(b"\0")
                .update(entry.hash.as_bytes());
        }
        hasher.finalize().to_hex().as_str()[..32].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("en/article-{i:05}.md")).collect()
    }

    fn shards(paths: &[String], n: u64) -> Vec<&[String]> {
        let runs = cut(paths.iter().map(String::as_str), n);
        runs.into_iter().map(|run| &paths[run]).collect()
    }

    #[test]
    fn shards_tile_the_articles() {
        for n in [0, 1, 2, 500, 20_000] {
            let paths = paths(n);
            let shards = shards(&paths, n as u64);
            assert_eq!(shards.concat(), paths);
            assert!(shards.iter().all(|shard| (1..=512).contains(&shard.len())));
            let most = n / 64 + 1;
            assert!(shards.len() <= most, "{} of {n}", shards.len());
        }
        let many = paths(100_000);
        assert!(shards(&many, 100_000).len() <= 400);
    }

    #[test]
    fn a_file_that_comes_changes_the_shard_it_comes_into() {
        let mut paths = paths(10_000);
        let before: Vec<Vec<String>> = shards(&paths, 10_000).iter().map(|s| s.to_vec()).collect();
        for at in [0, 17, 5_000, 10_000] {
            paths.insert(
                at,
                format!("{}x", paths.get(at.max(1) - 1).expect("a path")),
            );
            let after = shards(&paths, 10_001);
            let changed = after
                .iter()
                .filter(|shard| !before.iter().any(|old| old == *shard))
                .count();
            assert!((1..=4).contains(&changed), "{changed} at {at}");
            paths.remove(at);
        }
    }
}
