//! What was read of articles lately, as much as fits.
//!
//! Two halves: what is read goes into the young one; when that is full it becomes the old one, whose predecessor goes.
//! What is asked for again becomes young again. Keys name contents, so an entry outlives its generation.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    bodies::{Numbers, Texts, TokenRows},
    lists::List,
};

/// Names an article with all that was made of it, or a list of a generation.
pub(super) type BodyKey = [u8; 32];

/// One cache for each part of an article that is fetched, and one for lists of passages.
#[derive(Debug)]
pub(super) struct Caches {
    pub(super) numbers: Cache<Numbers>,
    pub(super) tokens: Cache<TokenRows>,
    pub(super) texts: Cache<Texts>,
    pub(super) lists: Cache<List>,
}

impl Caches {
    pub(super) fn new(n_bytes: usize) -> Self {
        Self {
            numbers: Cache::new(n_bytes / 4),
            tokens: Cache::new(n_bytes / 8 * 3),
            texts: Cache::new(n_bytes / 8),
            lists: Cache::new(n_bytes / 4),
        }
    }
}

/// Something that takes memory.
pub(super) trait Sized {
    /// How much, about.
    fn n_bytes(&self) -> usize;
}

#[derive(Debug)]
pub(super) struct Cache<T> {
    halves: Mutex<Halves<T>>,
    /// Most bytes of one half.
    limit: usize,
}

#[derive(Debug)]
struct Halves<T> {
    young: HashMap<BodyKey, Arc<T>>,
    old: HashMap<BodyKey, Arc<T>>,
    n_bytes: usize,
}

impl<T: Sized> Cache<T> {
    pub(super) fn new(n_bytes: usize) -> Self {
        Self {
            halves: Mutex::new(Halves {
                young: HashMap::new(),
                old: HashMap::new(),
                n_bytes: 0,
            }),
            limit: n_bytes / 2,
        }
    }

    pub(super) fn get(&self, key: &BodyKey) -> Option<Arc<T>> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = halves.young.get(key) {
            return Some(Arc::clone(found));
        }
        let found = halves.old.remove(key)?;
        self.insert(&mut halves, *key, Arc::clone(&found));
        Some(found)
    }

    pub(super) fn put(&self, key: BodyKey, value: Arc<T>) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        self.insert(&mut halves, key, value);
    }

    fn insert(&self, halves: &mut Halves<T>, key: BodyKey, value: Arc<T>) {
        let n_bytes = value.n_bytes();
        if halves.n_bytes + n_bytes > self.limit {
            halves.old = std::mem::take(&mut halves.young);
            halves.n_bytes = 0;
        }
        if halves.young.insert(key, value).is_none() {
            halves.n_bytes += n_bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Sized for u32 {
        fn n_bytes(&self) -> usize {
            10
        }
    }

    fn key(n: u8) -> BodyKey {
        [n; 32]
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        // Four to a half.
        let cache = Cache::new(80);
        for n in 0..4 {
            cache.put(key(n), Arc::new(u32::from(n)));
        }
        assert_eq!(cache.get(&key(0)).as_deref(), Some(&0));
        for n in 4..12 {
            cache.put(key(n), Arc::new(u32::from(n)));
            assert_eq!(cache.get(&key(0)).as_deref(), Some(&0), "{n}");
        }
        assert_eq!(cache.get(&key(1)), None);
        assert_eq!(cache.get(&key(11)).as_deref(), Some(&11));
        let halves = cache.halves.lock().unwrap();
        assert!(halves.young.len() + halves.old.len() <= 8);
    }
}
