//! The log: what the program says about itself, on the error output.

use std::io;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{LogConfig, LogFormat};

/// The crates of this program, whose messages `-v` and `-vv` ask for.
const OWN: [&str; 8] = [
    "answer",
    "cli",
    "corpus",
    "eval",
    "indexer",
    "inference",
    "server",
    "support",
];

/// Starts logging; a process that already logs goes on as it does.
pub(crate) fn start(config: &LogConfig, verbose: u8) {
    let filter = EnvFilter::new(directives(config, verbose));
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false);
    // Fails when a test or an earlier command of this process has started it already.
    let _ = match config.format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
}

fn directives(config: &LogConfig, verbose: u8) -> String {
    let level = match verbose {
        0 => return config.filter.clone(),
        1 => "info",
        _ => "debug",
    };
    let own = OWN.map(|name| format!("{name}={level}"));
    format!("{},{}", config.filter, own.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbosity_is_for_our_own_crates() {
        let config = LogConfig::default();
        assert_eq!(directives(&config, 0), "warn");
        assert!(directives(&config, 1).starts_with("warn,answer=info,cli=info,"));
        assert!(directives(&config, 9).contains("server=debug"));
        for verbose in 0..3 {
            assert!(directives(&config, verbose).parse::<EnvFilter>().is_ok());
        }
    }
}
