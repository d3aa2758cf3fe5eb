//! Retry budget: repeated requests, and second ones sent because the first is late, are a small share of all, so that a
//! struggling endpoint is not drowned in them.

/// Tokens are counted in tenths: a request earns one, a repetition costs ten.
const COST: u32 = 10;
/// Most that is saved up: three repetitions in a row.
const MOST: u32 = 3 * COST;

/// At most one repetition for ten requests, and three to begin with.
#[derive(Debug)]
pub(super) struct Budget {
    tenths: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { tenths: MOST }
    }
}

impl Budget {
    /// Counts a request.
    pub(super) fn earn(&mut self) {
        self.tenths = (self.tenths + 1).min(MOST);
    }

    /// Whether a request may be made again; takes what that costs.
    pub(super) fn spend(&mut self) -> bool {
        let Some(left) = self.tenths.checked_sub(COST) else {
            return false;
        };
        self.tenths = left;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_stay_a_tenth() {
        let mut budget = Budget::default();
        let n_repeated = (0..1_000)
            .filter(|_| {
                budget.earn();
                budget.spend()
            })
            .count();
        assert!((100..=103).contains(&n_repeated), "{n_repeated}");
    }
}
