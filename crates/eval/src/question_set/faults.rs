//! What is wrong with a question file, in the words its writer can act on.

use std::fmt;

/// Why a question file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionSetError {
    /// Lines are wrong.
    #[error("{0}")]
    Faults(Faults),
    /// There is no question in it.
    #[error("the file holds no question; write one JSON object a line, with `id` and `question`")]
    Empty,
}

/// All that is wrong with a file, in the order of its lines; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The first of them.
    pub faults: Vec<QuestionFault>,
    /// How many more there are.
    pub n_more: usize,
}

impl Faults {
    /// Most faults that are kept: who has more repairs some and asks again.
    pub const MOST: usize = 20;

    /// Keeps the first of `faults`; `None` when there are none.
    pub(super) fn of(mut faults: Vec<QuestionFault>) -> Option<Self> {
        if faults.is_empty() {
            return None;
        }
        faults.sort_by_key(|fault| fault.line);
        let n_more = faults.len().saturating_sub(Self::MOST);
        faults.truncate(Self::MOST);
        Some(Self { faults, n_more })
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.faults.iter().enumerate() {
            let joint = if place == 0 { "" } else { "\n" };
            write!(f, "{joint}{fault}")?;
        }
        if self.n_more > 0 {
            write!(f, "\nand {} more", self.n_more)?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionFault {
    /// Line of the file, from 1.
    pub line: usize,
    /// What was found there.
    pub found: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for QuestionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}; {}", self.line, self.found, self.remedy)
    }
}

/// What `word` was probably meant to be: the name most like it, if one is like it at all.
pub(crate) fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    similar::get_close_matches(word, names, 1, 0.6)
        .first()
        .copied()
}
