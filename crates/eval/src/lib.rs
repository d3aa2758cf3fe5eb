//! Offline evaluation: question sets with judgments to figures one can gate on.
//!
//! [`import`] → [`question_set`] → [`run`] or [`retrieval`] → [`metrics`], [`risk`], [`reliability`] → [`floors`] and
//! [`report`]; [`compare`](mod@compare) holds two runs against each other; [`calibrate`], [`fusion`] and [`evidence`] fit
//! the models of `answer`. Synchronous; the caller reads and writes the files, but for the [`journal`] of a run.

pub mod calibrate;
pub mod compare;
pub mod diff;
pub mod evidence;
pub mod floors;
pub mod fusion;
pub mod gaps;
pub mod import;
pub mod journal;
mod linear;
mod logit;
pub mod metrics;
mod parallel;
pub mod perturb;
pub mod propose;
pub mod question_set;
pub mod reliability;
pub mod report;
pub mod retrieval;
pub mod risk;
pub mod run;

pub use calibrate::{CalibrationReport, Example, Quality, fit};
pub use compare::{
    ChangedQuestion, CompareError, CompareOptions, ComparedFigure, Comparison, compare,
};
pub use import::{ImportError, Imported, ImportedArticle};
pub use journal::{Identity, Journal, JournalError};
pub use metrics::{Interval, mean_interval, reciprocal_rank, success_at};
pub use question_set::{Expectation, JudgedQuestion, QuestionSet, QuestionSetError, read};
pub use reliability::Reliability;
pub use retrieval::{Method, MethodRow, RankedQuestion, RetrievalReport};
pub use risk::{RiskPoint, RiskReport};
pub use run::{
    LanguageRow, OutcomeKind, QuestionResult, Route, RunFacts, RunOptions, RunReport, run,
};
