//! How well clusters agree with what people say belongs together: B-cubed (Bagga and Baldwin, 1998; Amigó et al., 2009).
//!
//! For every item, precision is the share of its cluster that has its label, and recall the share of its label that is in
//! its cluster; both are the means over items. Unlike counts of pairs this does not let one large cluster decide.

use std::{collections::HashMap, hash::Hash};

use serde::Serialize;

/// B-cubed of a clustering.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Agreement {
    /// Of the items beside one in its cluster, how many belong there, 0 to 1.
    pub precision: f64,
    /// Of the items that belong with one, how many are in its cluster, 0 to 1.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Clusters.
    pub clusters: usize,
    /// Labels.
    pub labels: usize,
}

/// Holds `clusters`, of places in `labels`, against the labels. All zero when there is nothing.
pub fn b_cubed<L: Eq + Hash>(clusters: &[Vec<usize>], labels: &[L]) -> Agreement {
    let mut of_label: HashMap<&L, usize> = HashMap::new();
    for label in labels {
        *of_label.entry(label).or_default() += 1;
    }
    let (mut precision, mut recall, mut n) = (0.0, 0.0, 0.0);
    for members in clusters {
        let mut here: HashMap<&L, usize> = HashMap::new();
        for member in members {
            *here.entry(&labels[*member]).or_default() += 1;
        }
        for (label, count) in here {
            // As many items have this share.
            let both = count as f64;
            precision += both * both / members.len() as f64;
            recall += both * both / of_label[label] as f64;
            n += both;
        }
    }
    if n == 0.0 {
        return Agreement::default();
    }
    let (precision, recall) = (precision / n, recall / n);
    Agreement {
        precision,
        recall,
        f1: 2.0 * precision * recall / (precision + recall),
        clusters: clusters.len(),
        labels: of_label.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(clusters: &[Vec<usize>], precision: f64, recall: f64) {
        let found = b_cubed(clusters, &["a", "a", "b", "b"]);
        assert!((found.precision - precision).abs() < 1e-9, "{found:?}");
        assert!((found.recall - recall).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn known_values() {
        check(&[vec![0, 1], vec![2, 3]], 1.0, 1.0);
        check(&[vec![0, 1, 2, 3]], 0.5, 1.0);
        check(&[vec![0], vec![1], vec![2], vec![3]], 1.0, 0.5);
        // a: 2/3, 2/3; b: 1/3 with recall 1/2, and alone: 1 with recall 1/2.
        check(&[vec![0, 1, 2], vec![3]], 2.0 / 3.0, 0.75);
        assert_eq!(b_cubed::<u8>(&[], &[]), Agreement::default());
    }
}
