//! Offline evaluation: question sets with judgments to figures one can gate on.
//!
//! [`question_set`] → [`run`] → [`metrics`] → report; [`calibrate`] fits the confidence model. Synchronous; the
//! caller reads and writes the files.

pub mod calibrate;
pub mod metrics;
pub mod question_set;
pub mod run;

pub use calibrate::{CalibrationReport, Example, fit};
pub use metrics::{Interval, mean_interval, reciprocal_rank, success_at};
pub use question_set::{Expectation, JudgedQuestion, QuestionSetError, read};
pub use run::{LanguageRow, OutcomeKind, QuestionResult, RunReport, run};
