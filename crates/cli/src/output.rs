//! Where text goes, and whether a person watches it being written.

use std::{
    fmt,
    io::{self, IsTerminal as _, Write},
};

use owo_colors::{OwoColorize as _, Style};

/// A stream for text. Colours and progress appear on a terminal only.
pub struct Output<'a> {
    to: Box<dyn Write + 'a>,
    is_terminal: bool,
    has_colours: bool,
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("is_terminal", &self.is_terminal)
            .finish_non_exhaustive()
    }
}

impl Output<'static> {
    /// The process's standard output.
    pub fn stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        Self::new(Box::new(io::stdout()), is_terminal)
    }

    /// The process's error output.
    pub fn stderr() -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self::new(Box::new(io::stderr()), is_terminal)
    }

    fn new(to: Box<dyn Write>, is_terminal: bool) -> Self {
        // As https://no-color.org has it: any value counts, an empty one does not.
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            to,
            is_terminal,
            has_colours: is_terminal && !refused,
        }
    }
}

/// Text kept in memory: no terminal.
impl<'a> From<&'a mut Vec<u8>> for Output<'a> {
    fn from(to: &'a mut Vec<u8>) -> Self {
        Self {
            to: Box::new(to),
            is_terminal: false,
            has_colours: false,
        }
    }
}

impl Output<'_> {
    /// Whether a person watches.
    pub const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Whether colours may be used.
    pub const fn has_colours(&self) -> bool {
        self.has_colours
    }

    /// `text` in `style` where colours may be used, plain elsewhere.
    pub fn paint(&self, text: &str, style: Style) -> String {
        if self.has_colours {
            text.style(style).to_string()
        } else {
            text.to_owned()
        }
    }

    /// Writes formatted text.
    ///
    /// # Errors
    /// When the stream is closed or full.
    pub fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        self.to.write_fmt(text)
    }

    /// Hands over what is buffered.
    ///
    /// # Errors
    /// When the stream is closed or full.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// Writes `value` as one indented JSON document.
    ///
    /// # Errors
    /// When the stream is closed or full.
    pub fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.to, value).map_err(io::Error::from)?;
        self.to.write_all(b"\n")?;
        self.to.flush()
    }
}

/// Removes what would let a text from a file steer the terminal it is shown on.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                '\u{FFFD}'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_memory_has_no_colours() {
        let mut text = Vec::new();
        let mut output = Output::from(&mut text);
        let red = output.paint("red", Style::new().red());
        write!(output, "{red}").expect("memory takes everything");
        drop(output);
        assert_eq!(text, b"red");
    }

    #[test]
    fn escape_sequences_are_made_harmless() {
        assert_eq!(printable("a\u{1b}[31mb\n"), "a\u{FFFD}[31mb\n");
        assert_eq!(printable("€ 2,50 一口"), "€ 2,50 一口");
    }
}
