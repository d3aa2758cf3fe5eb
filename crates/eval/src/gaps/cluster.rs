//! Agglomerative clustering by average link.
//!
//! The likeness of two clusters is the mean dot product over all pairs between them, which is the dot product of their
//! sums over their sizes: no table of pairs is needed, and memory grows with the number of vectors. Nearest neighbours are
//! followed until two are each other's (the nearest-neighbour chain; Benzécri, 1982, and Murtagh, 1983), which for average
//! link joins the same pairs as looking for the nearest pair over and over, in `O(n²)` products.

use rayon::prelude::*;

/// Clusters beside which the search for the nearest goes to several threads.
const MANY: usize = 512;

#[derive(Debug)]
struct Cluster {
    sum: Vec<f32>,
    members: Vec<usize>,
}

/// Joins `vectors`, all of one length, until no two clusters are as alike as `likeness`. Gives the members of each by
/// their place, the most central first, and the clusters by their first member's place. Deterministic: of equals the
/// first is taken.
pub fn average_link(vectors: &[Vec<f32>], likeness: f32) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Option<Cluster>> = (0..)
        .zip(vectors)
        .map(|(place, vector)| {
            Some(Cluster {
                sum: vector.clone(),
                members: vec![place],
            })
        })
        .collect();
    let mut done: Vec<Cluster> = Vec::new();
    let mut chain: Vec<usize> = Vec::new();
    let mut first = 0;
    loop {
        if chain.is_empty() {
            while first < clusters.len() && clusters[first].is_none() {
                first += 1;
            }
            if first == clusters.len() {
                break;
            }
            chain.push(first);
        }
        let last = chain[chain.len() - 1];
        let before = chain.len().checked_sub(2).map(|place| chain[place]);
        match nearest(&clusters, last, before).filter(|(_, like)| *like >= likeness) {
            // Whatever others are joined to later, nothing comes nearer than what is nearest now.
            None => {
                done.extend(clusters[last].take());
                chain.pop();
            }
            Some((other, _)) if Some(other) == before => {
                chain.truncate(chain.len() - 2);
                let pair = (clusters[last].take(), clusters[other].take());
                if let (Some(one), Some(next)) = pair {
                    clusters[last.min(other)] = Some(join(one, next));
                }
            }
            Some((other, _)) => chain.push(other),
        }
    }
    let mut members: Vec<Vec<usize>> = done
        .into_iter()
        .map(|c| by_centrality(c, vectors))
        .collect();
    members.sort_by_key(|members| members.iter().min().copied());
    members
}

/// The cluster nearest to `own` and its likeness; of equals `before`, so that a chain ends, then the first.
fn nearest(
    clusters: &[Option<Cluster>],
    own: usize,
    before: Option<usize>,
) -> Option<(usize, f32)> {
    let cluster = clusters[own].as_ref()?;
    let like = |place: usize| {
        let other = clusters[place].as_ref().filter(|_| place != own)?;
        let pairs = (cluster.members.len() * other.members.len()) as f32;
        Some((place, dot(&cluster.sum, &other.sum) / pairs))
    };
    let better = |one: &(usize, f32), other: &(usize, f32)| {
        let rank = |place: usize| (Some(place) == before, std::cmp::Reverse(place));
        one.1
            .total_cmp(&other.1)
            .then_with(|| rank(one.0).cmp(&rank(other.0)))
    };
    if clusters.len() < MANY {
        (0..clusters.len()).filter_map(like).max_by(better)
    } else {
        let places = (0..clusters.len()).into_par_iter().with_min_len(MANY / 4);
        places.filter_map(like).max_by(better)
    }
}

fn join(mut one: Cluster, other: Cluster) -> Cluster {
    for (sum, value) in one.sum.iter_mut().zip(other.sum) {
        *sum += value;
    }
    one.members.extend(other.members);
    one
}

/// The members, those nearest to the cluster's sum first.
fn by_centrality(cluster: Cluster, vectors: &[Vec<f32>]) -> Vec<usize> {
    let mut members = cluster.members;
    let nearness = |member: usize| dot(&vectors[member], &cluster.sum);
    members.sort_by(|one, other| {
        nearness(*other)
            .total_cmp(&nearness(*one))
            .then_with(|| one.cmp(other))
    });
    members
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(values: &[f32]) -> Vec<f32> {
        let length = dot(values, values).sqrt().max(1e-6);
        values.iter().map(|value| value / length).collect()
    }

    /// The nearest pair, over and over.
    fn plainly(vectors: &[Vec<f32>], likeness: f32) -> Vec<Vec<usize>> {
        let mut clusters: Vec<Vec<usize>> = (0..vectors.len()).map(|place| vec![place]).collect();
        let mean = |one: &[usize], other: &[usize]| {
            let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (*a, *b)));
            let sum: f32 = pairs.map(|(a, b)| dot(&vectors[a], &vectors[b])).sum();
            sum / (one.len() * other.len()) as f32
        };
        loop {
            let pairs =
                (0..clusters.len()).flat_map(|a| (a + 1..clusters.len()).map(move |b| (a, b)));
            let best = pairs
                .map(|(a, b)| (a, b, mean(&clusters[a], &clusters[b])))
                .max_by(|one, other| one.2.total_cmp(&other.2));
            match best.filter(|(_, _, like)| *like >= likeness) {
                None => break,
                Some((a, b, _)) => {
                    let joined = clusters.remove(b);
                    clusters[a].extend(joined);
                }
            }
        }
        clusters
    }

    fn sorted(mut clusters: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        for members in &mut clusters {
            members.sort_unstable();
        }
        clusters.sort();
        clusters
    }

    proptest! {
        #[test]
        fn the_chain_joins_what_the_nearest_pair_joins(
            values in prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 4), 0..14),
            likeness in -0.5_f32..0.9,
        ) {
            let vectors: Vec<Vec<f32>> = values.iter().map(|values| unit(values)).collect();
            prop_assert_eq!(
                sorted(average_link(&vectors, likeness)),
                sorted(plainly(&vectors, likeness))
            );
        }
    }

    #[test]
    fn the_most_central_is_first() {
        let vectors = [
            unit(&[1.0, 0.6]),
            unit(&[1.0, 0.0]),
            unit(&[1.0, 0.2]),
            unit(&[0.0, -1.0]),
        ];
        assert_eq!(average_link(&vectors, 0.5), [vec![2, 1, 0], vec![3]]);
        assert!(average_link(&[], 0.5).is_empty());
    }

    #[test]
    fn equals_and_vectors_without_length_end() {
        let same = vec![unit(&[1.0, 1.0]); 5];
        assert_eq!(average_link(&same, 0.9).len(), 1);
        assert_eq!(average_link(&vec![vec![0.0; 3]; 4], 0.1).len(), 4);
    }
}
