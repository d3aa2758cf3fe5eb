//! The binary `loket`; everything it does is in the library, where tests can call it.

use std::process::ExitCode;

use cli::Output;

fn main() -> ExitCode {
    cli::hide_panics();
    cli::run(std::env::args_os(), Output::stdout(), Output::stderr())
}
