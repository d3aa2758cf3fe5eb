//! Asking a person, line by line: on a terminal, or from a pipe.

use std::io::BufRead;

use anyhow::Context as _;

use crate::Output;

/// Longest line that is taken, in bytes.
const MAX_LINE: u64 = 64 * 1024;

/// The person and the place they read questions at. Results go elsewhere, so that they can be piped on.
pub(super) struct Dialog<'d, 'a> {
    input: Box<dyn BufRead + 'd>,
    pub(super) out: &'d mut Output<'a>,
}

impl std::fmt::Debug for Dialog<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialog").finish_non_exhaustive()
    }
}

impl<'d, 'a> Dialog<'d, 'a> {
    /// Reads the process's standard input and writes to `out`.
    pub(super) fn new(out: &'d mut Output<'a>) -> Self {
        Self::over(std::io::stdin().lock(), out)
    }

    pub(super) fn over(input: impl BufRead + 'd, out: &'d mut Output<'a>) -> Self {
        Self {
            input: Box::new(input),
            out,
        }
    }

    /// Shows `prompt` and gives the line typed behind it, without space around it; `None` when nobody types any more.
    ///
    /// # Errors
    /// When the input cannot be read, or a line is longer than 64 KiB.
    pub(super) fn ask(&mut self, prompt: &str) -> anyhow::Result<Option<String>> {
        write!(self.out, "{prompt} ")?;
        self.out.flush()?;
        let mut line = Vec::new();
        let mut limited = std::io::Read::take(&mut self.input, MAX_LINE);
        let n = limited
            .read_until(b'\n', &mut line)
            .context("reading the answer")?;
        anyhow::ensure!(
            (n as u64) < MAX_LINE,
            "the line typed is longer than {MAX_LINE} bytes; type a shorter one"
        );
        if n == 0 {
            writeln!(self.out)?;
            return Ok(None);
        }
        let line = String::from_utf8(line).context("reading the answer: it is not UTF-8")?;
        Ok(Some(line.trim().to_owned()))
    }

    /// Shows a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn say(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(self.out, "{line}")?;
        self.out.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_one_by_one_until_there_are_none() {
        let mut shown = Vec::new();
        {
            let mut out = Output::from(&mut shown);
            let mut dialog = Dialog::over("  one \r\n\nlast".as_bytes(), &mut out);
            let mut next = || dialog.ask(">").expect("a line");
            assert_eq!(next().as_deref(), Some("one"));
            assert_eq!(next().as_deref(), Some(""));
            assert_eq!(next().as_deref(), Some("last"));
            assert_eq!(next(), None);
        }
        assert_eq!(shown, b"> > > > \n");
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let long = "x".repeat(70_000);
        let mut shown = Vec::new();
        let mut out = Output::from(&mut shown);
        let mut dialog = Dialog::over(long.as_bytes(), &mut out);
        assert!(dialog.ask(">").is_err());
    }
}
