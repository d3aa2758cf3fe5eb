//! Offline evaluation: question sets with judgments to figures one can gate on.
//!
//! [`import`] → [`question_set`] → [`run`] or [`retrieval`] → [`metrics`] → report; [`compare`](mod@compare) holds two
//! against each other; [`calibrate`], [`fusion`] and
//! [`evidence`] fit the models of `answer`. Synchronous; the caller reads and writes the files.

pub mod calibrate;
pub mod compare;
pub mod evidence;
pub mod fusion;
pub mod gaps;
pub mod import;
mod linear;
mod logit;
pub mod metrics;
pub mod perturb;
pub mod propose;
pub mod question_set;
pub mod report;
pub mod retrieval;
pub mod risk;
pub mod run;

pub use calibrate::{CalibrationReport, Example, fit};
pub use compare::{CompareError, ComparedFigure, Comparison, compare};
pub use import::{ImportError, Imported, ImportedArticle};
pub use metrics::{Interval, mean_interval, reciprocal_rank, success_at};
pub use question_set::{Expectation, JudgedQuestion, QuestionSetError, read};
pub use retrieval::{Method, MethodRow, RankedQuestion, RetrievalReport};
pub use risk::{RiskPoint, RiskReport};
pub use run::{LanguageRow, OutcomeKind, QuestionResult, RunReport, run};
