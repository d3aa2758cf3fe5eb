//! Server-sent events: bytes to the data of each event, bounded.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>, as far as completions use it: only `data` is read.

use std::collections::VecDeque;
use std::io::Read;

use super::RemoteError;
use super::gate::Failure;
use super::wire::{Watch, read};

/// Longest line. An event holds a token and, when asked for, a few others with their probabilities.
const LONGEST_LINE: usize = 256 * 1024;
/// Longest stream; an answer of a thousand tokens takes a few hundred kilobytes.
const LONGEST_STREAM: usize = 16 * 1024 * 1024;

/// The events of a body.
pub(super) struct Events<R> {
    body: R,
    /// Bytes of the line that has not ended.
    line: Vec<u8>,
    /// Data of the event that has not ended.
    data: Option<String>,
    ready: VecDeque<String>,
    n_bytes: usize,
    /// The last byte was a carriage return, so that a line feed after it ends no other line.
    after_return: bool,
}

impl<R: Read> Events<R> {
    pub(super) fn new(body: R) -> Self {
        Self {
            body,
            line: Vec::new(),
            data: None,
            ready: VecDeque::new(),
            n_bytes: 0,
            after_return: false,
        }
    }

    /// The data of the next event; `None` at the end of the stream.
    pub(super) fn next(&mut self, watch: &Watch) -> Result<Option<String>, Failure> {
        let mut block = [0; 4 * 1024];
        loop {
            if let Some(data) = self.ready.pop_front() {
                return Ok(Some(data));
            }
            let n = read(&mut self.body, &mut block, watch)?;
            if n == 0 {
                // An event that no empty line ended is not whole.
                return Ok(None);
            }
            self.n_bytes += n;
            if self.n_bytes > LONGEST_STREAM {
                return Err(RemoteError::TooLarge {
                    what: "a stream",
                    limit_bytes: LONGEST_STREAM,
                }
                .into());
            }
            self.take(&block[..n])?;
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), RemoteError> {
        for byte in bytes {
            let after_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => self.end_line()?,
                byte => self.line.push(*byte),
            }
            if self.line.len() > LONGEST_LINE {
                return Err(RemoteError::TooLarge {
                    what: "a line",
                    limit_bytes: LONGEST_LINE,
                });
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), RemoteError> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            self.ready.extend(self.data.take());
            return Ok(());
        }
        let line = String::from_utf8(line)
            .map_err(|_| RemoteError::Malformed("a stream that is not UTF-8"))?;
        let Some(value) = line.strip_prefix("data:") else {
            // Comments and other fields. A line of JSON here is a server that sends no events at all.
            return if line.starts_with(['{', '[', '<']) {
                Err(RemoteError::Malformed(
                    "a stream of something else than events",
                ))
            } else {
                Ok(())
            };
        };
        let value = value.strip_prefix(' ').unwrap_or(value);
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
                if data.len() > LONGEST_LINE {
                    return Err(RemoteError::TooLarge {
                        what: "an event",
                        limit_bytes: LONGEST_LINE,
                    });
                }
            }
            None => self.data = Some(value.to_owned()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::writer::CancelFlag;

    /// A body that gives one byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(1);
            to[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn events(body: impl Read) -> Result<Vec<String>, Failure> {
        let ahead = Duration::from_mins(1);
        let watch = Watch::begin(&CancelFlag::new(), Instant::now() + ahead, ahead);
        let mut events = Events::new(body);
        let mut all = Vec::new();
        while let Some(data) = events.next(&watch)? {
            all.push(data);
        }
        Ok(all)
    }

    #[track_caller]
    fn check(body: &str, expected: &[&str]) {
        assert_eq!(events(body.as_bytes()).unwrap(), expected);
        assert_eq!(events(Drip(body.as_bytes())).unwrap(), expected);
    }

    #[track_caller]
    fn check_refused(body: &[u8], code: &str) {
        match events(body) {
            Err(Failure::Remote { error, .. }) => assert_eq!(error.code(), code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn data_is_read_and_everything_else_is_not() {
        check("data: a\n\ndata:b\n\n", &["a", "b"]);
        check("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]);
        check("data: a\r\rdata: b\r\r", &["a", "b"]);
        check(
            ": still here\n\nevent: x\nid: 1\ndata: a\ndata: b\n\n",
            &["a\nb"],
        );
        check("\n\n\n", &[]);
        // Broken off in an event.
        check("data: a\n\ndata: b\n", &["a"]);
        check("data: é😀\n\n", &["é😀"]);
    }

    #[test]
    fn what_is_no_stream_of_events_is_refused() {
        check_refused(b"{\"choices\":[]}\n\n", "malformed");
        check_refused(b"<html>\n", "malformed");
        check_refused(b"data: \xFF\n\n", "malformed");
        check_refused(&vec![b'x'; LONGEST_LINE + 2], "too_large");
        check_refused(&b"data: x\n".repeat(LONGEST_LINE), "too_large");
        check_refused(&b": x\n".repeat(LONGEST_STREAM / 4 + 1), "too_large");
    }
}
