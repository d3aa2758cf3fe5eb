//! Scope: whether two articles can hold for one customer at one time.

use corpus::{Article, Validity};

/// Whether a customer can be shown both: their audiences, regions and days have something in common. Two articles that
/// cannot be met together are versions of one another, whatever they say.
pub(crate) fn can_meet(left: &Article, right: &Article) -> bool {
    have_common(&left.audience, &right.audience) && hold_together(left, right)
}

/// Whether both hold in one region on one day, whoever reads them. Two audiences may be told of one thing.
pub(crate) fn hold_together(left: &Article, right: &Article) -> bool {
    have_common(&left.regions, &right.regions) && overlap(left.validity, right.validity)
}

/// Nothing listed means all.
fn have_common(left: &[String], right: &[String]) -> bool {
    left.is_empty()
        || right.is_empty()
        || left
            .iter()
            .any(|own| right.iter().any(|other| own.eq_ignore_ascii_case(other)))
}

fn overlap(left: Validity, right: Validity) -> bool {
    let begins_before_end = |a: Validity, b: Validity| match (a.from, b.until) {
        (Some(from), Some(until)) => from < until,
        _ => true,
    };
    begins_before_end(left, right) && begins_before_end(right, left)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn what_is_listed_for_neither_is_for_all() {
        let of =
            |values: &[&str]| -> Vec<String> { values.iter().map(|v| (*v).to_owned()).collect() };
        for (left, right, expected) in [
            (&[][..], &["NL"][..], true),
            (&["BE", "NL"], &["nl"], true),
            (&["BE"], &["NL"], false),
        ] {
            assert_eq!(
                have_common(&of(left), &of(right)),
                expected,
                "{left:?} {right:?}"
            );
            assert_eq!(
                have_common(&of(right), &of(left)),
                expected,
                "{right:?} {left:?}"
            );
        }
    }

    #[test]
    fn the_day_one_ends_is_the_others_first() {
        let days = |from, until| Validity { from, until };
        let turn = date(2027, 1, 1);
        let old = days(None, Some(turn));
        for (new, expected) in [
            (days(Some(turn), None), false),
            (days(Some(date(2026, 12, 31)), None), true),
            (days(None, None), true),
            (days(Some(date(2025, 1, 1)), Some(date(2025, 2, 1))), true),
        ] {
            assert_eq!(overlap(old, new), expected, "{new:?}");
            assert_eq!(overlap(new, old), expected, "{new:?}");
        }
    }
}
