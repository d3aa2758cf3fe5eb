//! The best hits seen so far.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use super::Hit;

/// Keeps the `limit` best hits: higher scores first, ties by ordinal, not-a-number last.
#[derive(Debug)]
pub(crate) struct Best {
    limit: usize,
    heap: BinaryHeap<Reverse<Ranked>>,
}

#[derive(Debug, Clone, Copy)]
struct Ranked(Hit);

impl Ranked {
    fn key(self) -> (f32, Reverse<u32>) {
        let score = if self.0.score.is_nan() {
            f32::NEG_INFINITY
        } else {
            self.0.score
        };
        (score, Reverse(self.0.passage.0))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let ((a, a_tie), (b, b_tie)) = (self.key(), other.key());
        a.total_cmp(&b).then(a_tie.cmp(&b_tie))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

impl Best {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            heap: BinaryHeap::new(),
        }
    }

    pub(crate) fn push(&mut self, hit: Hit) {
        if self.heap.len() < self.limit {
            self.heap.push(Reverse(Ranked(hit)));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && Ranked(hit) > worst.0
        {
            *worst = Reverse(Ranked(hit));
        }
    }

    /// The score below which a hit cannot enter any more.
    pub(crate) fn threshold(&self) -> f32 {
        match self.heap.peek() {
            Some(worst) if self.heap.len() >= self.limit => worst.0.0.score,
            _ => f32::MIN,
        }
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        for Reverse(Ranked(hit)) in other.heap {
            self.push(hit);
        }
        self
    }

    /// Best first.
    pub(crate) fn into_hits(self) -> Vec<Hit> {
        self.heap
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(Ranked(hit))| hit)
            .collect()
    }
}
