//! Token bytes to streamed text: whole characters, cut at stop strings.

use std::ops::ControlFlow;

/// Receives pieces of the text.
pub(crate) type OnText<'a> = &'a mut dyn FnMut(&str) -> ControlFlow<()>;

/// The text as it is written.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    stop: Vec<&'a str>,
    /// The beginning of a character that is not complete yet.
    bytes: Vec<u8>,
    text: String,
    n_sent_bytes: usize,
}

impl<'a> Output<'a> {
    /// An empty text that ends before the first of `stop`.
    pub(crate) fn new(stop: &'a [String]) -> Self {
        let stop = stop.iter().map(String::as_str);
        Self {
            stop: stop.filter(|stop| !stop.is_empty()).collect(),
            bytes: Vec::new(),
            text: String::new(),
            n_sent_bytes: 0,
        }
    }

    /// Appends the bytes of a token. True when a stop string is complete; it and what follows is cut off.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        self.bytes.extend_from_slice(bytes);
        let mut n_used = 0;
        for chunk in self.bytes.utf8_chunks() {
            self.text.push_str(chunk.valid());
            n_used += chunk.valid().len();
            let invalid = chunk.invalid();
            if invalid.is_empty() {
                continue;
            }
            let is_last = n_used + invalid.len() == self.bytes.len();
            let is_incomplete =
                std::str::from_utf8(invalid).is_err_and(|e| e.error_len().is_none());
            if is_last && is_incomplete {
                break;
            }
            self.text.push(char::REPLACEMENT_CHARACTER);
            n_used += invalid.len();
        }
        self.bytes.drain(..n_used);

        let unsent = &self.text[self.n_sent_bytes..];
        let met = self.stop.iter().filter_map(|stop| unsent.find(stop)).min();
        if let Some(position) = met {
            self.text.truncate(self.n_sent_bytes + position);
            self.bytes.clear();
        }
        met.is_some()
    }

    /// Passes on what cannot become part of a stop string.
    pub(crate) fn send(&mut self, on_text: OnText<'_>) -> ControlFlow<()> {
        let unsent = &self.text[self.n_sent_bytes..];
        let n_held = self
            .stop
            .iter()
            .map(|stop| n_begun(unsent, stop))
            .max()
            .unwrap_or(0);
        self.send_until(self.text.len() - n_held, on_text)
    }

    /// Passes on the rest and gives the whole text as it was passed on. A character that never became
    /// complete is dropped.
    pub(crate) fn finish(mut self, on_text: OnText<'_>) -> (String, ControlFlow<()>) {
        let flow = self.send_until(self.text.len(), on_text);
        (self.text, flow)
    }

    /// The text as far as it was passed on.
    pub(crate) fn sent(mut self) -> String {
        self.text.truncate(self.n_sent_bytes);
        self.text
    }

    fn send_until(&mut self, end: usize, on_text: OnText<'_>) -> ControlFlow<()> {
        if end <= self.n_sent_bytes {
            return ControlFlow::Continue(());
        }
        let start = std::mem::replace(&mut self.n_sent_bytes, end);
        on_text(&self.text[start..end])
    }
}

/// Bytes at the end of `text` that begin `stop`, short of all of it.
fn n_begun(text: &str, stop: &str) -> usize {
    let lengths = stop.char_indices().map(|(length, _)| length);
    lengths
        .rev()
        .find(|length| text.ends_with(&stop[..*length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::Output;

    /// Pushes `pieces` until a stop string is met and compares what was passed on, and whether one was met.
    #[track_caller]
    fn check(stop: &[&str], pieces: &[&[u8]], expected: &[&str], is_met: bool) {
        let stop: Vec<String> = stop.iter().map(ToString::to_string).collect();
        let mut output = Output::new(&stop);
        let mut sent = Vec::new();
        let mut on_text = |text: &str| {
            sent.push(text.to_owned());
            ControlFlow::Continue(())
        };
        let mut met = false;
        for piece in pieces {
            met = output.push(piece);
            let _ = output.send(&mut on_text);
            if met {
                break;
            }
        }
        let (text, _) = output.finish(&mut on_text);
        assert_eq!(sent, expected);
        assert_eq!(text, expected.concat());
        assert_eq!(met, is_met);
    }

    #[test]
    fn characters_arrive_whole() {
        check(&[], &[b"a", b"b"], &["a", "b"], false);
        check(&[], &["é".as_bytes()], &["é"], false);
        check(&[], &[b"x\xC3", b"\xA9y"], &["x", "éy"], false);
        check(&[], &[b"\xF0\x9F", b"\x98", b"\x80"], &["😀"], false);
        check(&[], &[b"x\xC3", b"y"], &["x", "\u{FFFD}y"], false);
        check(&[], &[b"\xFF"], &["\u{FFFD}"], false);
        check(&[], &[b"end\xE4\xB8"], &["end"], false);
    }

    #[test]
    fn stop_strings_are_cut_and_their_beginnings_held_back() {
        check(&["END"], &[b"a END b"], &["a "], true);
        check(&["END"], &[b"a E", b"ND"], &["a "], true);
        check(&["END"], &[b"a E", b"Nd"], &["a ", "ENd"], false);
        check(&["END"], &[b"a EN"], &["a ", "EN"], false);
        check(&["aab"], &[b"aa", b"ab"], &["a"], true);
        check(&["x", "yz"], &[b"ayzx"], &["a"], true);
        check(&[""], &[b"a"], &["a"], false);
        check(&["é!"], &[b"\xC3", b"\xA9", b"!"], &[], true);
    }
}
