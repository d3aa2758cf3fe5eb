//! How an answer begins: with an article's own words where these are sure to answer, else once the writer has read.
//!
//! A small machine reads about a hundred tokens a second, so whoever waits for the writer waits for seconds. Where
//! confidence is high without it, the statement that answers best is sent at once and the writer goes on from there; steps,
//! lists and tables, which a small writer puts out of order, are sent as they stand.

use corpus::StatementKind;

use super::{Engine, Found};
use crate::{
    evidence::Piece,
    question::{Mode, Question},
};

/// A statement with more letters than this is no opening; most sentences have under 150.
const MOST_LETTERS: usize = 280;

/// How an answer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// The writer words it from its first sentence on, after reading whether it should.
    Writer,
    /// The piece of that index, word for word; the writer goes on from it.
    Statement(usize),
    /// Exact statements, with nothing left to word.
    Quotes,
}

impl Engine {
    /// How the answer to `question` begins, as far as is known now.
    pub(super) fn opening(&self, question: &Question, found: &Found) -> Opening {
        // Without the writer's word it takes more to begin.
        let is_sure = question.mode == Mode::Auto
            && found.meanings.is_empty()
            && (found.features.read > 0.0 || found.confidence > self.config.sure_confidence.get());
        let best = found.evidence.pieces.iter().enumerate();
        let best = best
            .filter(|(_, piece)| piece.is_claim() && !piece.leads_elsewhere())
            .max_by(|(i, a), (j, b)| a.score.total_cmp(&b.score).then(j.cmp(i)));
        let Some((index, piece)) = best.filter(|_| is_sure) else {
            return Opening::Writer;
        };
        if self.snapshot.article(piece.article).language != found.query.language {
            return Opening::Writer;
        }
        if piece.kind == StatementKind::Sentence && stands_alone(piece) {
            Opening::Statement(index)
        } else {
            Opening::Quotes
        }
    }
}

fn stands_alone(piece: &Piece) -> bool {
    !piece.leans && piece.text.chars().filter(|c| c.is_alphabetic()).count() <= MOST_LETTERS
}
