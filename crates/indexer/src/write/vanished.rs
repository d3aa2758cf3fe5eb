//! Vanished: articles whose file is gone and may be back in a moment.
//!
//! Git, and whatever else replaces a file by taking it away first, leaves a moment without it. A build in that moment would
//! leave the article out, and its questions would be answered from another. So an article is kept for a while without its
//! file, and only that waits: everything that is there goes into the generation at once.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

use super::{entries::Entry, files::Found, previous::Previous};
use crate::snapshot::Snapshot;

/// Since when files are gone, from build to build.
#[derive(Debug)]
pub(super) struct Vanished {
    /// When a build first found it gone, by path.
    since: BTreeMap<String, Instant>,
    /// The earliest of those whose article the last build kept.
    waited_for: Option<Instant>,
}

impl Vanished {
    pub(super) const fn new() -> Self {
        Self {
            since: BTreeMap::new(),
            waited_for: None,
        }
    }

    pub(super) const fn waited_for_since(&self) -> Option<Instant> {
        self.waited_for
    }

    /// A build begins, which keeps nothing until it says so.
    pub(super) const fn begin(&mut self) {
        self.waited_for = None;
    }

    /// The articles of `own`, the generation made last, whose file has been gone from `found` for less than `grace`; as they
    /// are in `previous`. Takes from `found` what it says of their files.
    pub(super) fn kept(
        &mut self,
        found: &mut Found,
        own: &Snapshot,
        previous: &Previous,
        grace: Duration,
    ) -> Vec<Entry> {
        let mut since = BTreeMap::new();
        let mut kept: HashMap<&str, &str> = HashMap::new();
        if !grace.is_zero() {
            let rejected: HashSet<&str> =
                found.rejected.iter().map(|of| of.path.as_str()).collect();
            for (ordinal, article) in own.articles() {
                let path = article.path.as_str();
                if is_there(found, path) || rejected.contains(path) {
                    continue;
                }
                let gone = self.since.get(path).copied().unwrap_or_else(Instant::now);
                since.insert(path.to_owned(), gone);
                if gone.elapsed() < grace {
                    kept.insert(path, own.source_hash(ordinal));
                }
            }
        }
        self.since = since;
        if kept.is_empty() {
            return Vec::new();
        }
        found
            .files
            .retain(|file| !kept.contains_key(file.path.as_str()));
        found.gone.retain(|gone| {
            let is_at_or_below = |path: &&str| path.strip_prefix(&gone.path).is_some_and(is_whole);
            !kept.keys().any(is_at_or_below)
        });
        let known = previous.articles();
        kept.iter()
            .filter_map(|(path, hash)| known.get(&(*path, *hash)))
            .map(|(shard, index)| Entry::of_shard(shard, *index))
            .collect()
    }

    /// Puts what is `kept` among the `entries`, but for what has moved: what another file has the id of, or what a file that
    /// `own` did not have consists of byte for byte.
    pub(super) fn join(&mut self, entries: &mut Vec<Entry>, kept: Vec<Entry>, own: &Snapshot) {
        if kept.is_empty() {
            return;
        }
        let known: HashSet<&str> = own
            .articles()
            .map(|(_, article)| article.path.as_str())
            .collect();
        let id = |entry: &Entry| (entry.article().id.clone(), entry.article().language);
        let ids: HashSet<_> = entries.iter().map(id).collect();
        let new = entries
            .iter()
            .filter(|entry| !known.contains(entry.article().path.as_str()));
        let hashes: HashSet<String> = new.map(|entry| entry.hash.clone()).collect();
        let has_moved = |entry: &Entry| ids.contains(&id(entry)) || hashes.contains(&entry.hash);
        for entry in kept.into_iter().filter(|entry| !has_moved(entry)) {
            let gone = self.since.get(&entry.article().path).copied();
            self.waited_for = self.waited_for.into_iter().chain(gone).min();
            entries.push(entry);
        }
        entries.sort_by(|a, b| a.article().path.cmp(&b.article().path));
    }
}

/// Whether the file at `path` is there with something in it: who creates a file has yet to write it.
fn is_there(found: &Found, path: &str) -> bool {
    let place = found
        .files
        .binary_search_by(|file| file.path.as_str().cmp(path));
    place.is_ok_and(|index| !found.files[index].bytes.is_empty())
}

/// Whether what follows a path begins a part of its own, so that the path was whole.
fn is_whole(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}
