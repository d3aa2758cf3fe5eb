//! Leaves out what a model says to itself before it answers.
//!
//! Models that reason open with `<think>`, unless their server keeps that apart. It is no answer, and its sentences are not
//! to be checked as if they were.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// A text without the thoughts it begins with.
#[derive(Debug, Default)]
pub(super) struct Thoughts {
    /// What may still turn out to be thought.
    held: String,
    state: State,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Begins,
    Thinks,
    /// Only white space of what follows a thought is left out.
    Thought,
    Answers,
}

impl Thoughts {
    /// What of the text up to and with `piece` is answer and was not given before.
    pub(super) fn push(&mut self, piece: &str) -> String {
        if self.state == State::Answers {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        if self.state == State::Begins {
            let text = self.held.trim_start();
            if let Some(rest) = text.strip_prefix(OPEN) {
                self.held = rest.to_owned();
                self.state = State::Thinks;
            } else if !OPEN.starts_with(text) {
                self.state = State::Answers;
                return std::mem::take(&mut self.held);
            }
        }
        if self.state == State::Thinks {
            let Some((_, rest)) = self.held.split_once(CLOSE) else {
                // All that is needed is the beginning of the closing mark.
                let keep = self.held.len().saturating_sub(CLOSE.len());
                let keep = self.held.ceil_char_boundary(keep);
                self.held.drain(..keep);
                return String::new();
            };
            self.held = rest.to_owned();
            self.state = State::Thought;
        }
        if self.state == State::Thought && !self.held.trim_start().is_empty() {
            self.state = State::Answers;
            return std::mem::take(&mut self.held).trim_start().to_owned();
        }
        String::new()
    }

    /// What is left when the text has ended.
    pub(super) fn finish(self) -> String {
        match self.state {
            State::Begins => self.held,
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        for size in [1, 3, text.len().max(1)] {
            let mut thoughts = Thoughts::default();
            let characters: Vec<char> = text.chars().collect();
            let mut answer: String = characters
                .chunks(size)
                .map(|piece| thoughts.push(&piece.iter().collect::<String>()))
                .collect();
            answer += &thoughts.finish();
            assert_eq!(answer, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn thoughts_are_left_out_and_nothing_else_is() {
        check("You have 14 days.", "You have 14 days.");
        check(
            "<think>14 or 15? Ünsure.</think>\n\nYou have 14 days.",
            "You have 14 days.",
        );
        check("\n<think></think>Yes", "Yes");
        check("<think>never ends", "");
        check("<th", "<th");
        check(" <thin> paper", " <thin> paper");
        check("a <think>b</think>", "a <think>b</think>");
        check("", "");
    }
}
