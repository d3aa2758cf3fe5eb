//! Guessing the next tokens from the text so far.
//!
//! A grounded answer copies from its evidence. Where the last few tokens occurred before, the tokens that
//! followed there are guessed to follow again (prompt lookup decoding, Saxena 2023); the model then scores all
//! of them in one pass, which costs little more than one token because the weights are read once.

/// Longest and shortest run of tokens looked up.
const LONGEST: usize = 4;
const SHORTEST: usize = 2;
/// Fewest and most tokens guessed at once. With the one certain token, the most fill the eight rows the
/// kernels multiply at a time.
const FEWEST: usize = 2;
const MOST: usize = 7;

/// Guesses tokens; guesses more while its guesses hold.
#[derive(Debug)]
pub(super) struct Drafter {
    n_next: usize,
}

impl Drafter {
    pub(super) fn new() -> Self {
        Self { n_next: FEWEST }
    }

    /// Tokens guessed to follow `text`, at most `limit`; none when its end never occurred before.
    pub(super) fn guess<'a>(&self, text: &'a [u32], limit: usize) -> &'a [u32] {
        let limit = limit.min(self.n_next);
        for length in (SHORTEST..=LONGEST).rev() {
            let Some(split) = text.len().checked_sub(length) else {
                continue;
            };
            let end = &text[split..];
            // The latest place, without the end itself: what was copied last is likeliest to go on.
            let mut earlier = text[..text.len() - 1].windows(length);
            if let Some(start) = earlier.rposition(|window| window == end) {
                let follows = &text[start + length..];
                return &follows[..follows.len().min(limit)];
            }
        }
        &[]
    }

    /// Learns that of `n_guessed` tokens the first `n_accepted` were right.
    pub(super) fn learn(&mut self, n_guessed: usize, n_accepted: usize) {
        if n_guessed == 0 {
            return;
        }
        self.n_next = if n_accepted == n_guessed {
            (2 * self.n_next).min(MOST)
        } else {
            n_accepted.clamp(FEWEST, MOST)
        };
    }
}
