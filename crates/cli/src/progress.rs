//! Progress: bars while something long runs, on a terminal only.

use std::{fmt, time::Duration};

use indexer::BuildProgress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use inference::PullProgress;

use crate::output::Output;

/// Bytes of a model on their way.
#[derive(Debug)]
pub(crate) struct Pull {
    bar: ProgressBar,
    model: String,
    watched: bool,
}

impl Pull {
    pub(crate) fn new(model: &str, err: &Output<'_>) -> Self {
        let bar = hidden("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
        Self {
            bar,
            model: model.to_owned(),
            watched: err.is_terminal(),
        }
    }

    pub(crate) fn show(&mut self, step: PullProgress<'_>) {
        match step {
            PullProgress::File { name, bytes } => {
                tracing::info!(model = self.model, file = name, bytes, "pulling");
                if self.watched {
                    self.bar.set_draw_target(ProgressDrawTarget::stderr());
                    self.bar.enable_steady_tick(Duration::from_millis(200));
                }
                self.bar.reset();
                self.bar.set_length(bytes);
                self.bar.set_message(self.model.clone());
            }
            PullProgress::Source { source } => {
                tracing::info!(model = self.model, source, "asking");
                self.bar
                    .set_message(format!("{} from {source}", self.model));
            }
            PullProgress::Piece { number, of } => {
                self.bar
                    .set_message(format!("{} piece {number} of {of}", self.model));
            }
            PullProgress::Received { done, .. } => self.bar.set_position(done),
            PullProgress::Verifying => {
                self.bar.set_message(format!("{} verifying", self.model));
            }
            PullProgress::SourceFailed { attempt } => {
                tracing::warn!(model = self.model, reason = %attempt, "source could not deliver");
            }
            PullProgress::Done { path } => {
                tracing::info!(model = self.model, path = %path.display(), "pulled");
                self.bar.finish_and_clear();
            }
            _ => {}
        }
    }
}

impl Drop for Pull {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Work that is counted: passages encoded, questions asked.
#[derive(Debug)]
pub(crate) struct Count {
    bar: ProgressBar,
    watched: bool,
}

impl Count {
    pub(crate) fn new(what: &'static str, err: &Output<'_>) -> Self {
        let bar = hidden("{msg} {bar:30} {pos}/{len} {rate} {eta} left");
        bar.set_message(what);
        Self {
            bar,
            watched: err.is_terminal(),
        }
    }

    pub(crate) fn show(&self, done: usize, total: usize) {
        if self.watched {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    /// Begins with some done before: they count for nothing in the rate and the time left.
    pub(crate) fn start_at(&self, done: usize, total: usize) {
        self.show(done, total);
        self.bar.reset_eta();
    }

    /// Clears the line, for what is printed next.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    pub(crate) fn build(&self, step: BuildProgress) {
        match step {
            BuildProgress::Encoded { done, total } => self.show(done, total),
            BuildProgress::Writing => self.bar.finish_and_clear(),
            BuildProgress::Files(n_files) => tracing::info!(n_files, "reading articles"),
        }
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn hidden(template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key(
        "rate",
        |state: &ProgressState, text: &mut dyn fmt::Write| {
            // What cannot be written is not shown.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        },
    );
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style)
}
