//! Guessing the next tokens from the text so far.
//!
//! A grounded answer copies from its evidence. Where the last few tokens occurred before, the tokens that
//! followed there are guessed to follow again (prompt lookup decoding, Saxena 2023); the model then scores all
//! of them in one pass, which costs little more than one token because the weights are read once.

/// Longest run of tokens looked up.
const LONGEST: usize = 4;
/// Tokens guessed from a single token that occurred before, which is often wrong but hardly costs anything.
const FROM_ONE: usize = 2;
/// Fewest and most tokens guessed at once. With the one certain token, the most fill the eight rows the
/// kernels multiply at a time.
const FEWEST: usize = 2;
const MOST: usize = 7;

/// Guesses tokens; guesses more while its guesses hold.
#[derive(Debug)]
pub(super) struct Drafter {
    n_next: usize,
    /// Tokens at the end of the text that the last guess went by.
    n_matched: usize,
}

impl Drafter {
    pub(super) fn new() -> Self {
        Self {
            n_next: FEWEST,
            n_matched: 0,
        }
    }

    /// Tokens guessed to follow `text`, at most `limit`; none when its end never occurred before.
    pub(super) fn guess<'a>(&mut self, text: &'a [u32], limit: usize) -> &'a [u32] {
        for length in (1..=LONGEST).rev() {
            let Some(split) = text.len().checked_sub(length) else {
                continue;
            };
            let end = &text[split..];
            // The latest place, without the end itself: what was copied last is likeliest to go on.
            let mut earlier = text[..text.len() - 1].windows(length);
            if let Some(start) = earlier.rposition(|window| window == end) {
                let follows = &text[start + length..];
                let n_next = if length == 1 { FROM_ONE } else { self.n_next };
                let limit = limit.min(n_next);
                self.n_matched = length;
                return &follows[..follows.len().min(limit)];
            }
        }
        &[]
    }

    /// Learns that of `n_guessed` tokens the first `n_accepted` were right.
    pub(super) fn learn(&mut self, n_guessed: usize, n_accepted: usize) {
        // A single token says nothing of the next longer run.
        if n_guessed == 0 || self.n_matched == 1 {
            return;
        }
        self.n_next = if n_accepted == n_guessed {
            (2 * self.n_next).min(MOST)
        } else {
            n_accepted.clamp(FEWEST, MOST)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Drafter;

    /// What is guessed after `text` by a drafter of whose guesses the given (guessed, right) came out.
    #[track_caller]
    fn check(text: &[u32], limit: usize, outcomes: &[(usize, usize)], expected: &[u32]) {
        let mut drafter = Drafter::new();
        for (n_guessed, n_accepted) in outcomes {
            drafter.guess(&[1, 2, 3, 1, 2], 9);
            drafter.learn(*n_guessed, *n_accepted);
        }
        assert_eq!(drafter.guess(text, limit), expected, "{text:?}");
    }

    #[test]
    fn what_followed_the_longest_run_is_guessed() {
        check(&[], 9, &[], &[]);
        check(&[1], 9, &[], &[]);
        check(&[1, 2, 3], 9, &[], &[]);
        check(&[1, 2, 3, 4, 5, 1, 2], 9, &[], &[3, 4]);
        check(&[1, 2, 3, 4, 5, 1, 2], 1, &[], &[3]);
        check(&[1, 2, 3, 4, 5, 1, 2], 0, &[], &[]);
        // The latest place, but a longer run before that.
        check(&[1, 2, 3, 8, 1, 2, 4, 9, 1, 2], 9, &[], &[4, 9]);
        check(&[7, 1, 2, 3, 8, 1, 2, 4, 9, 7, 1, 2], 9, &[], &[3, 8]);
        // A single token is worth two guesses.
        check(&[1, 2, 3, 4, 5, 1], 9, &[(2, 2), (4, 4)], &[2, 3]);
        check(&[6, 6, 6], 9, &[], &[6]);
    }

    #[test]
    fn right_guesses_make_longer_ones() {
        let text = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];
        check(&text, 9, &[(2, 2)], &[3, 4, 5, 6]);
        check(&text, 9, &[(2, 2), (4, 4)], &[3, 4, 5, 6, 7, 8, 9]);
        check(&text, 9, &[(2, 2), (4, 4), (7, 7)], &[3, 4, 5, 6, 7, 8, 9]);
        check(&text, 9, &[(2, 2), (4, 4), (7, 3)], &[3, 4, 5]);
        check(&text, 9, &[(2, 2), (4, 4), (7, 0)], &[3, 4]);
        check(&text, 9, &[(2, 2), (0, 0)], &[3, 4, 5, 6]);
    }
}
