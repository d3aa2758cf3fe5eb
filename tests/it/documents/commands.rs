//! Command lines in documents, held against the arguments `loket` takes.

use clap::{Command, CommandFactory as _, Parser as _};
use cli::args::Args;

/// Parses a line of a code block as the shell would hand it over.
pub(super) fn parse(line: &str) -> Result<(), String> {
    let parsed = Args::try_parse_from(words(line));
    parsed.map(drop).map_err(|error| {
        error
            .to_string()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    })
}

/// Checks a code span: its subcommands and flags exist. Placeholders (`FILE`, `…`) may stand for anything, and
/// alternatives are separated by `|`.
pub(super) fn is_known(span: &str) -> Result<(), String> {
    let root = Args::command();
    let mut commands = vec![&root];
    let mut flags = Vec::new();
    for word in span.split_whitespace().skip(1) {
        if word.starts_with("--") {
            flags.push(word.split('=').next().unwrap_or(word));
        } else if commands.iter().all(|command| command.has_subcommands()) && !is_placeholder(word)
        {
            let find = |name: &str| {
                let mut found = commands
                    .iter()
                    .filter_map(|command| command.find_subcommand(name));
                found
                    .next()
                    .ok_or_else(|| format!("there is no command `{name}`"))
            };
            commands = word
                .split('|')
                .map(find)
                .collect::<Result<Vec<&Command>, String>>()?;
        }
    }
    for flag in flags {
        let is_flag = |command: &Command| {
            let mut known = command.get_arguments().filter_map(clap::Arg::get_long);
            known.any(|known| flag.strip_prefix("--") == Some(known))
        };
        if !is_flag(&root) && !commands.iter().all(|command| is_flag(command)) {
            return Err(format!("there is no flag `{flag}`"));
        }
    }
    Ok(())
}

fn is_placeholder(word: &str) -> bool {
    word == "…" || word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// The words of `line` up to a remark, a pipe or a redirection; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#' | '|' | '>' | '&') if word.is_none() => break,
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
