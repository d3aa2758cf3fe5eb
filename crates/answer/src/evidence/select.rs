//! Selection: the statements that answer best within a budget, lists and tables whole where they fit.

use indexer::ArticleOrdinal;

use super::{Evidence, Piece};

/// Runs longer than this share of the budget, in percent, are not taken whole.
const MAX_RUN_PERCENT: usize = 60;

/// Tokens a statement takes beside its own: a line end, and its share of the title and heading above it.
const TOKENS_AROUND: usize = 2;

/// The evidence from `pieces`, articles in the order of `order`. Of the pairs `disputes` both sides are taken or none.
pub(super) fn select(
    pieces: Vec<Piece>,
    disputes: &[(usize, usize)],
    order: &[ArticleOrdinal],
    budget_tokens: usize,
) -> Evidence {
    let cost_of = |group: &[usize]| -> usize {
        let costs = group.iter().map(|i| pieces[*i].n_tokens + TOKENS_AROUND);
        costs.sum()
    };
    let mut by_score: Vec<usize> = (0..pieces.len()).collect();
    by_score.sort_by(|a, b| {
        let scores = pieces[*b].score.total_cmp(&pieces[*a].score);
        scores.then(a.cmp(b))
    });
    let mut taken = vec![false; pieces.len()];
    let mut left = budget_tokens;
    for index in by_score {
        if taken[index] {
            continue;
        }
        let run: Vec<usize> = (0..pieces.len())
            .filter(|i| pieces[*i].run == pieces[index].run && !taken[*i])
            .collect();
        let whole = cost_of(&run) <= left.min(budget_tokens * MAX_RUN_PERCENT / 100);
        let mut group = if whole { run } else { vec![index] };
        // What points back is understood together with what it points to.
        for i in group.clone() {
            if i > 0 && pieces[i].leans && pieces[i].follows(&pieces[i - 1]) && !taken[i - 1] {
                group.push(i - 1);
            }
        }
        group.sort_unstable();
        group.dedup();
        for &(a, b) in disputes {
            for (own, other) in [(a, b), (b, a)] {
                if group.contains(&own) && !group.contains(&other) && !taken[other] {
                    group.push(other);
                }
            }
        }
        let cost = cost_of(&group);
        if cost > left {
            continue;
        }
        left -= cost;
        for i in group {
            taken[i] = true;
        }
    }
    let mut kept: Vec<usize> = (0..pieces.len()).filter(|i| taken[*i]).collect();
    kept.sort_by_key(|i| {
        let article = pieces[*i].article;
        let place = order.iter().position(|listed| *listed == article);
        (place.unwrap_or(usize::MAX), pieces[*i].range.start)
    });
    let place = |index: usize| kept.iter().position(|i| *i == index);
    let disputes = disputes
        .iter()
        .filter_map(|&(a, b)| Some((place(a)?, place(b)?)))
        .collect();
    let mut pieces: Vec<Option<Piece>> = pieces.into_iter().map(Some).collect();
    Evidence {
        pieces: kept.iter().filter_map(|i| pieces[*i].take()).collect(),
        disputes,
        ..Evidence::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use corpus::{ByteRange, StatementKind};

    use super::*;
    use crate::evidence::StatementSignals;

    /// A sentence of 48 tokens, 50 with what stands around it.
    fn piece(start: usize, score: f32) -> Piece {
        Piece {
            article: ArticleOrdinal::default(),
            passage: indexer::PassageOrdinal::default(),
            kind: StatementKind::Sentence,
            leans: false,
            text: format!("statement {start}"),
            range: ByteRange::new(start, start + 5),
            run: start,
            n_tokens: 48,
            signals: StatementSignals::default(),
            score,
            vector: Arc::default(),
        }
    }

    #[track_caller]
    fn check(tokens: usize, disputes: &[(usize, usize)], expected: &[usize]) {
        let evidence = Evidence {
            pieces: vec![
                piece(0, 1.0),
                piece(10, 4.0),
                piece(20, 3.0),
                piece(30, 2.0),
            ],
            disputes: disputes.to_vec(),
            ..Evidence::default()
        };
        let kept = evidence.within(tokens);
        let starts: Vec<usize> = kept.pieces.iter().map(|p| p.range.start).collect();
        assert_eq!(starts, expected, "{tokens} tokens, {disputes:?}");
    }

    #[test]
    fn less_of_the_evidence_is_what_answers_best_in_the_order_of_the_article() {
        check(200, &[], &[0, 10, 20, 30]);
        check(150, &[], &[10, 20, 30]);
        check(149, &[], &[10, 20]);
        // Both sides of a contradiction are kept or none.
        check(100, &[(0, 1)], &[0, 10]);
        check(50, &[(0, 1)], &[20]);
    }
}
