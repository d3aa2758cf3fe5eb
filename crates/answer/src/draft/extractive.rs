//! Extractive drafts: the statements that answer best, word for word.

use corpus::StatementKind;

use crate::evidence::{Evidence, Piece, SHORT_LIST};

/// A statement further than this below the best one, in log-odds, does not answer.
const MAX_GAP: f32 = 1.6;

/// An answer below this many tokens of the encoder also says what stands beside its statements. Some 75 words: it is read in
/// half a minute, and most paragraphs of help articles are shorter.
const SHORT_ANSWER: usize = 100;

/// Chooses the pieces of an extractive answer, in evidence order: at most `limit` statements, and what these are understood
/// with. A run of steps that holds the best statement counts as one and stays whole.
///
/// All pieces come from the article of the best one, since two articles quoted side by side may speak of different
/// cases; but what contradicts one of them is said too, behind the rest.
pub fn choose(evidence: &Evidence, limit: usize) -> Vec<&Piece> {
    let pieces = &evidence.pieces;
    let is_better = |a: usize, b: usize| {
        let scores = pieces[a].score.total_cmp(&pieces[b].score);
        scores.then(pieces[b].range.start.cmp(&pieces[a].range.start))
    };
    let is_claim = |i: &usize| pieces[*i].is_claim();
    let says_more = (0..pieces.len()).any(|i| is_claim(&i) && !pieces[i].leads_elsewhere());
    let claims = || {
        (0..pieces.len())
            .filter(is_claim)
            .filter(|i| !says_more || !pieces[*i].leads_elsewhere())
    };
    let Some(best) = claims().max_by(|a, b| is_better(*a, *b)) else {
        return Vec::new();
    };
    let mut ranked: Vec<usize> = claims()
        .filter(|i| {
            pieces[*i].article == pieces[best].article
                && pieces[*i].score >= pieces[best].score - MAX_GAP
        })
        .collect();
    ranked.sort_by(|a, b| is_better(*b, *a));
    let mut kept: Vec<usize> = Vec::new();
    let mut n_units = 0;
    for index in ranked {
        if kept.contains(&index) {
            continue;
        }
        if n_units == limit {
            break;
        }
        n_units += 1;
        kept.push(index);
        kept.extend(with_its_run(evidence, index, best));
    }
    let leant_on: Vec<usize> = kept
        .iter()
        .filter(|i| pieces[**i].leans)
        .flat_map(|i| evidence.right_before(*i))
        .collect();
    kept.extend(leant_on);
    kept.sort_unstable();
    kept.dedup();
    let beside: Vec<usize> = claims().filter(|i| !kept.contains(i)).collect();
    add_beside(evidence, &mut kept, &beside);
    leave_out_lone_lead_ins(pieces, &mut kept);
    let against: Vec<usize> = kept.iter().flat_map(|i| evidence.against(*i)).collect();
    kept.extend(against);
    kept.sort_by_key(|i| {
        let piece = &pieces[*i];
        let is_other = piece.article != pieces[best].article;
        (is_other, piece.article, piece.range.start)
    });
    kept.dedup();
    kept.into_iter().map(|i| &pieces[i]).collect()
}

/// What the piece `index` is said with of the list, table or steps it belongs to: "on one of these days:" with one of two
/// days under it is wrong, and a row alone does not tell that it is the wrong one.
fn with_its_run(evidence: &Evidence, index: usize, best: usize) -> Vec<usize> {
    let pieces = &evidence.pieces;
    let piece = &pieces[index];
    if piece.kind == StatementKind::Sentence {
        return Vec::new();
    }
    let mut run = (0..pieces.len()).filter(|i| pieces[*i].run == piece.run);
    let n_in_run = run.clone().count();
    if n_in_run <= SHORT_LIST || is_sequence(piece.kind) && piece.run == pieces[best].run {
        run.collect()
    } else {
        // A lone item keeps the sentence that says what it is an item of.
        run.find(|i| pieces[*i].kind == StatementKind::LeadIn)
            .into_iter()
            .collect()
    }
}

/// Adds the sentences that stand right before and behind those `kept`, of the ones that `may` be said, while the answer is
/// short. A customer's words are often nearest to the sentence beside the one that answers.
fn add_beside(evidence: &Evidence, kept: &mut Vec<usize>, may: &[usize]) {
    let pieces = &evidence.pieces;
    let mut n_tokens: usize = kept.iter().map(|i| pieces[*i].n_tokens).sum();
    for index in kept.clone() {
        let behind = index + 1;
        let before = index.checked_sub(1);
        let beside = [
            (pieces
                .get(behind)
                .is_some_and(|next| next.follows(&pieces[index])))
            .then_some(behind),
            before.filter(|before| pieces[index].follows(&pieces[*before])),
        ];
        for i in beside.into_iter().flatten() {
            let is_sentence = pieces[i].kind == StatementKind::Sentence;
            let fits = n_tokens + pieces[i].n_tokens <= SHORT_ANSWER;
            if is_sentence && fits && may.contains(&i) && !kept.contains(&i) {
                n_tokens += pieces[i].n_tokens;
                kept.push(i);
            }
        }
    }
}

/// The sentence right behind the piece `index`, where both together are short and it says something.
pub fn right_behind(evidence: &Evidence, index: usize) -> Option<usize> {
    let piece = &evidence.pieces[index];
    let behind = index + 1;
    let next = evidence.pieces.get(behind)?;
    let belongs = next.kind == StatementKind::Sentence
        && next.follows(piece)
        && next.is_claim()
        && !next.leads_elsewhere()
        && piece.n_tokens + next.n_tokens <= SHORT_ANSWER;
    belongs.then_some(behind)
}

/// "We report you if:" says nothing without what comes behind it.
fn leave_out_lone_lead_ins(pieces: &[Piece], kept: &mut Vec<usize>) {
    let is_lone = |i: usize| {
        let piece = &pieces[i];
        let mut others = kept.iter().filter(|j| **j != i);
        piece.kind == StatementKind::LeadIn && !others.any(|j| pieces[*j].run == piece.run)
    };
    let says: Vec<usize> = kept.iter().copied().filter(|i| !is_lone(*i)).collect();
    if !says.is_empty() {
        *kept = says;
    }
}

/// Steps make sense only together.
const fn is_sequence(kind: StatementKind) -> bool {
    matches!(kind, StatementKind::Step | StatementKind::LeadIn)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use corpus::ByteRange;

    use super::*;
    use crate::evidence::StatementSignals;

    fn piece(start: usize, kind: StatementKind, run: usize, score: f32) -> Piece {
        Piece {
            article: indexer::ArticleOrdinal::default(),
            passage: indexer::PassageOrdinal::default(),
            kind,
            leans: false,
            text: format!("statement {start}"),
            range: ByteRange::new(start, start + 5),
            run,
            n_tokens: 4,
            signals: StatementSignals {
                own: 1.0,
                ..StatementSignals::default()
            },
            score,
            vector: Arc::default(),
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
    fn a_short_list_is_said_whole_with_its_lead_in() {
        use StatementKind::{LeadIn, ListItem};
        let list = |n_items: usize, first: StatementKind| {
            let items = (1..=n_items).map(|i| piece(i * 10, ListItem, 1, 1.0));
            let mut pieces = vec![piece(0, first, 1, 3.0)];
            pieces.extend(items);
            pieces[2].score = 6.0;
            let evidence = Evidence {
                pieces,
                ..Evidence::default()
            };
            choose(&evidence, 4).len()
        };
        assert_eq!(list(2, LeadIn), 3);
        assert_eq!(list(5, LeadIn), 6);
        assert_eq!(list(6, LeadIn), 2, "the item and what it is one of");
        assert_eq!(list(5, ListItem), 6, "a short list that nothing leads in");
        assert_eq!(list(6, ListItem), 1, "a long one");
    }

    #[test]
    fn a_row_of_a_short_table_brings_the_others() {
        let row = |start: usize, score: f32| piece(start, StatementKind::TableRow, 1, score);
        let evidence = Evidence {
            pieces: vec![row(0, 1.0), row(10, 1.0), row(20, 5.0)],
            ..Evidence::default()
        };
        assert_eq!(choose(&evidence, 4).len(), 3);
    }

    #[test]
    fn a_lead_in_is_not_said_without_what_it_leads_to() {
        use StatementKind::{LeadIn, Sentence};
        let mut evidence = Evidence {
            pieces: vec![piece(0, LeadIn, 1, 4.5), piece(30, Sentence, 2, 5.0)],
            ..Evidence::default()
        };
        let starts = |evidence: &Evidence| -> Vec<usize> {
            let chosen = choose(evidence, 4);
            chosen.iter().map(|piece| piece.range.start).collect()
        };
        assert_eq!(starts(&evidence), [30]);
        evidence.pieces.pop();
        assert_eq!(starts(&evidence), [0], "when it is all there is");
    }

    #[test]
    fn an_opening_brings_the_sentence_right_behind_it() {
        use StatementKind::{Sentence, Step};
        #[track_caller]
        fn check(change: impl FnOnce(&mut Piece), expected: Option<usize>) {
            let mut behind = piece(6, Sentence, 2, 1.0);
            change(&mut behind);
            let evidence = Evidence {
                pieces: vec![piece(0, Sentence, 1, 5.0), behind],
                ..Evidence::default()
            };
            assert_eq!(right_behind(&evidence, 0), expected);
            assert_eq!(right_behind(&evidence, 1), None, "the last");
        }
        check(|_| (), Some(1));
        check(|behind| behind.n_tokens = SHORT_ANSWER, None);
        check(|behind| behind.text = "Need help?".to_owned(), None);
        check(|behind| behind.kind = Step, None);
        check(|behind| behind.signals.own = 0.2, None);
        check(|behind| behind.range = ByteRange::new(20, 25), None);
    }

    #[test]
    fn a_short_answer_says_what_stands_beside_it() {
        let evidence = |n_tokens: usize| Evidence {
            pieces: [(0, 1.0), (6, 5.0), (12, 1.0), (18, 1.0)]
                .map(|(start, score)| Piece {
                    n_tokens,
                    ..piece(start, StatementKind::Sentence, start, score)
                })
                .to_vec(),
            ..Evidence::default()
        };
        let starts = |evidence: &Evidence| -> Vec<usize> {
            let chosen = choose(evidence, 4);
            chosen.iter().map(|piece| piece.range.start).collect()
        };
        assert_eq!(starts(&evidence(33)), [0, 6, 12]);
        assert_eq!(starts(&evidence(34)), [6, 12]);
        assert_eq!(starts(&evidence(51)), [6]);
        let mut asks = evidence(10);
        asks.pieces[2].text = "Need help?".to_owned();
        assert_eq!(starts(&asks), [0, 6]);
        let mut apart = evidence(10);
        apart.pieces[2].range = ByteRange::new(40, 45);
        assert_eq!(starts(&apart), [0, 6], "another paragraph");
    }

    #[test]
    fn what_contradicts_the_answer_is_said_too() {
        let other = piece(30, StatementKind::Sentence, 3, 2.0);
        let mut evidence = Evidence {
            pieces: vec![
                piece(0, StatementKind::Sentence, 1, 5.0),
                piece(10, StatementKind::Sentence, 2, 1.0),
                other,
            ],
            disputes: vec![(0, 2)],
            ..Evidence::default()
        };
        let starts = |evidence: &Evidence| -> Vec<usize> {
            let chosen = choose(evidence, 4);
            chosen.iter().map(|piece| piece.range.start).collect()
        };
        assert_eq!(starts(&evidence), [0, 30]);
        evidence.disputes.clear();
        assert_eq!(starts(&evidence), [0]);
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
    fn what_points_back_brings_what_it_points_to() {
        use StatementKind::Sentence;
        let mut evidence = Evidence {
            pieces: [(0, 1.0), (6, 5.0), (20, 1.0)]
                .map(|(start, score)| Piece {
                    // Too long for anything to be said beside it.
                    n_tokens: SHORT_ANSWER,
                    ..piece(start, Sentence, start, score)
                })
                .to_vec(),
            ..Evidence::default()
        };
        let starts = |evidence: &Evidence| -> Vec<usize> {
            let chosen = choose(evidence, 4);
            chosen.iter().map(|piece| piece.range.start).collect()
        };
        assert_eq!(starts(&evidence), [6]);
        evidence.pieces[1].leans = true;
        assert_eq!(starts(&evidence), [0, 6]);
        evidence.pieces[1].range = ByteRange::new(12, 17);
        assert_eq!(starts(&evidence), [12], "another paragraph");
    }

    #[test]
    fn what_points_back_to_a_list_brings_it_with_its_lead_in() {
        use StatementKind::{LeadIn, ListItem, Sentence};
        let mut evidence = Evidence {
            pieces: vec![
                piece(0, LeadIn, 1, 1.0),
                piece(6, ListItem, 1, 1.0),
                piece(12, ListItem, 1, 1.0),
                piece(18, Sentence, 2, 6.0),
            ],
            ..Evidence::default()
        };
        evidence.pieces[3].leans = true;
        assert_eq!(choose(&evidence, 4).len(), 4);
        assert_eq!(evidence.right_before(3), [0, 1, 2]);
        assert_eq!(evidence.right_before(2), [0, 1, 2], "an item");
        assert_eq!(evidence.right_before(1), [0]);
        assert_eq!(evidence.right_before(0), Vec::<usize>::new());
        evidence.pieces[3].leans = false;
        assert_eq!(choose(&evidence, 4).len(), 1);
    }

    #[test]
    fn what_leads_elsewhere_answers_only_where_nothing_else_does() {
        use StatementKind::Sentence;
        let mut evidence = Evidence {
            pieces: vec![piece(0, Sentence, 1, 5.0), piece(20, Sentence, 2, 4.0)],
            ..Evidence::default()
        };
        evidence.pieces[0].signals.own = 0.2;
        let starts = |evidence: &Evidence| -> Vec<usize> {
            let chosen = choose(evidence, 4);
            chosen.iter().map(|piece| piece.range.start).collect()
        };
        assert_eq!(starts(&evidence), [20]);
        evidence.pieces.pop();
        assert_eq!(starts(&evidence), [0]);
    }

    #[test]
    fn no_evidence_gives_no_draft() {
        assert!(choose(&Evidence::default(), 4).is_empty());
    }
}
