//! The command line: flags and settings in, text or JSON out, an exit code.
//!
//! arguments → [`args`] → [`config`] → [`commands`] → output. Nothing is decided here about articles, answers
//! or models; commands load what the other crates need, call them, and print what comes back.
//!
//! Exit codes: 0 done or answered, 1 a gate was missed or the question went to a person, 2 failure. A failure
//! is one line on the error output: what was being done, the causes, and the remedy.

pub mod args;
pub mod commands;
pub mod config;
pub mod output;

mod failure;
mod limits;
mod logs;
mod models;
mod progress;

use std::{
    ffi::OsString,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use clap::Parser as _;

pub use config::Config;
pub use output::Output;

use args::Args;
use commands::{Context, End};

/// Runs the command in `args` (the program's name first) and gives its exit code.
///
/// Results go to `out`; progress, warnings and failures go to `err`. Blocks until the command is done; for
/// `serve`, until it is asked to stop.
pub fn run<'a>(
    args: impl IntoIterator<Item = OsString>,
    out: impl Into<Output<'a>>,
    err: impl Into<Output<'a>>,
) -> ExitCode {
    let (mut out, mut err) = (out.into(), err.into());
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(refused) => return explain(&refused, &mut out, &mut err),
    };
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut context = Context::new(&args.shared, &args.command, &mut out, &mut err)?;
        commands::run(args.command, &mut context)
    }));
    match ended {
        Ok(Ok(End::Done)) => ExitCode::SUCCESS,
        Ok(Ok(End::Missed)) => ExitCode::from(1),
        // Whoever read the output has seen enough.
        Ok(Err(failure)) if failure::is_broken_pipe(&failure) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            report(&mut err, &failure::line(&failure));
            ExitCode::from(2)
        }
        Err(_) => {
            report(
                &mut err,
                "something went wrong that should not be possible; please report it",
            );
            ExitCode::from(2)
        }
    }
}

/// Keeps panic messages from users: they get one line from [`run`], and the log names the place.
pub fn hide_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        // The message is left out: it may hold a piece of an article or a question.
        tracing::error!(place, "panicked");
    }));
}

fn report(err: &mut Output<'_>, line: &str) {
    let name = err.paint("loket:", owo_colors::Style::new().red().bold());
    // Nobody is left to tell when the error output is gone.
    let _ = writeln!(err, "{name} {line}");
}

/// Prints help and version where results go, and refused arguments where failures go.
fn explain<'a>(refused: &clap::Error, out: &mut Output<'a>, err: &mut Output<'a>) -> ExitCode {
    let to = if refused.use_stderr() { err } else { out };
    let text = refused.render();
    let text = if to.has_colours() {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    let _ = write!(to, "{text}").and_then(|()| to.flush());
    ExitCode::from(if refused.use_stderr() { 2 } else { 0 })
}
