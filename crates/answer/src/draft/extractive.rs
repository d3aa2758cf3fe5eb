//! Extractive drafts: the statements that answer best, word for word.

use corpus::StatementKind;

use crate::evidence::{Evidence, Piece};

/// A statement further than this below the best one, in standard deviations, does not answer.
const MAX_GAP: f32 = 1.2;

/// Chooses the pieces of an extractive answer, in evidence order, of at most `limit` statements; a run of
/// steps, list items or rows that holds the best statement counts as one and stays whole.
///
/// All pieces come from the article of the best one: two articles quoted side by side may speak of different
/// cases.
pub fn choose(evidence: &Evidence, limit: usize) -> Vec<&Piece> {
    let best = evidence
        .pieces
        .iter()
        .filter(|piece| piece.is_claim())
        .max_by(|a, b| {
            evidence
                .worth(a)
                .total_cmp(&evidence.worth(b))
                .then(b.range.start.cmp(&a.range.start))
        });
    let Some(best) = best else {
        return Vec::new();
    };
    let mut ranked: Vec<&Piece> = evidence
        .pieces
        .iter()
        .filter(|piece| piece.is_claim())
        .filter(|piece| {
            piece.article == best.article && evidence.worth(piece) >= evidence.worth(best) - MAX_GAP
        })
        .collect();
    ranked.sort_by(|a, b| evidence.worth(b).total_cmp(&evidence.worth(a)));
    let mut kept: Vec<&Piece> = Vec::new();
    let mut n_units = 0;
    for piece in ranked {
        if kept.contains(&piece) {
            continue;
        }
        if n_units == limit {
            break;
        }
        n_units += 1;
        if is_sequence(piece.kind) && piece.run == best.run {
            kept.extend(
                evidence
                    .pieces
                    .iter()
                    .filter(|sibling| sibling.run == piece.run),
            );
        } else {
            kept.push(piece);
            // A lone item keeps the sentence that says what it is an item of.
            if is_item(piece.kind) {
                let lead = evidence
                    .pieces
                    .iter()
                    .find(|other| other.run == piece.run && other.kind == StatementKind::LeadIn);
                kept.extend(lead.filter(|lead| !kept.contains(lead)));
            }
        }
    }
    kept.sort_by_key(|piece| {
        (
            piece.article != best.article,
            piece.article,
            piece.range.start,
        )
    });
    kept.dedup();
    kept
}

const fn is_item(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::ListItem | StatementKind::Step | StatementKind::TableRow
    )
}

/// Steps make sense only together; rows of a table and items of a list may be picked one by one.
const fn is_sequence(kind: StatementKind) -> bool {
    matches!(kind, StatementKind::Step | StatementKind::LeadIn)
}

#[cfg(test)]
mod tests {
    use corpus::ByteRange;

    use super::*;

    fn piece(start: usize, kind: StatementKind, run: usize, score: f32) -> Piece {
        Piece {
            article: indexer::ArticleOrdinal::default(),
            passage: indexer::PassageOrdinal::default(),
            kind,
            text: format!("statement {start}"),
            range: ByteRange::new(start, start + 5),
            run,
            score,
            vector: Vec::new(),
        }
    }

    #[test]
    fn steps_stay_together_and_in_order() {
        use StatementKind::{LeadIn, Sentence, Step};
        let evidence = Evidence {
            pieces: vec![
                piece(0, Sentence, 1, 4.0),
                piece(10, LeadIn, 2, 4.8),
                piece(20, Step, 2, 6.0),
                piece(30, Step, 2, 2.0),
                piece(40, Sentence, 3, 5.8),
            ],
            ..Evidence::default()
        };
        let starts: Vec<usize> = choose(&evidence, 4)
            .iter()
            .map(|piece| piece.range.start)
            .collect();
        assert_eq!(starts, [10, 20, 30, 40]);
    }

    #[test]
    fn whoever_asks_how_gets_the_steps() {
        use StatementKind::{Sentence, Step};
        let mut evidence = Evidence {
            pieces: vec![
                piece(10, Step, 1, 4.6),
                piece(20, Step, 1, 2.0),
                piece(30, Sentence, 2, 6.0),
            ],
            ..Evidence::default()
        };
        let starts = |evidence: &Evidence| -> Vec<usize> {
            let chosen = choose(evidence, 1);
            chosen.iter().map(|piece| piece.range.start).collect()
        };
        assert_eq!(starts(&evidence), [30]);
        evidence.wants_steps = true;
        assert_eq!(starts(&evidence), [10, 20]);
    }

    #[test]
    fn a_question_answers_nothing() {
        let question = Piece {
            text: "Need help?".to_owned(),
            ..piece(0, StatementKind::Sentence, 1, 7.0)
        };
        let evidence = Evidence {
            pieces: vec![question.clone(), piece(10, StatementKind::Sentence, 2, 6.6)],
            ..Evidence::default()
        };
        let starts: Vec<usize> = choose(&evidence, 4)
            .iter()
            .map(|piece| piece.range.start)
            .collect();
        assert_eq!(starts, [10]);
        assert!(
            choose(
                &Evidence {
                    pieces: vec![question],
                    ..Evidence::default()
                },
                4
            )
            .is_empty()
        );
    }

    #[test]
    fn no_evidence_gives_no_draft() {
        assert!(choose(&Evidence::default(), 4).is_empty());
    }
}
