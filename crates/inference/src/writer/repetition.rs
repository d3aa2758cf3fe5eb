//! Notices a text that goes round in circles.

/// Tokens of a run that is looked for: longer than any phrase a short answer says again on purpose.
const RUN: usize = 12;
/// So many runs alike are a loop.
const TIMES: usize = 3;

/// Whether `text` ends in a run of tokens that stands in it three times, without overlap.
pub(super) fn is_loop(text: &[u32]) -> bool {
    let Some(start) = text.len().checked_sub(RUN) else {
        return false;
    };
    let run = &text[start..];
    let mut n_times = 1;
    let mut end = start;
    while end >= RUN {
        if text[end - RUN..end] != *run {
            end -= 1;
            continue;
        }
        n_times += 1;
        if n_times == TIMES {
            return true;
        }
        end -= RUN;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_loop;

    /// After how many tokens of `text` a loop is noticed.
    #[track_caller]
    fn check(text: &[u32], expected: Option<usize>) {
        let noticed = (1..=text.len()).find(|length| is_loop(&text[..*length]));
        assert_eq!(noticed, expected);
    }

    #[test]
    fn the_third_time_is_a_loop() {
        let sentence: Vec<u32> = (0..20).collect();
        check(&[], None);
        check(&sentence, None);
        check(&sentence.repeat(2), None);
        check(&sentence.repeat(9), Some(52));
        check(&[7; 35], None);
        check(&[7; 99], Some(36));
        check(&[1, 2, 3, 4, 5].repeat(20), Some(42));
        // Something in between does not hide it, but shorter runs are no loop.
        check(
            &[&sentence[..], &[90], &sentence, &[91, 92], &sentence].concat(),
            Some(55),
        );
        let short = &sentence[..11];
        check(
            &[short, &[90], short, &[91], short, &[92], short].concat(),
            None,
        );
        check(&(0..500).collect::<Vec<u32>>(), None);
    }
}
