//! When a hand-off that could not be delivered is tried again.

use std::time::Duration;

/// Time from each failed try to the next one, as <https://www.standardwebhooks.com> has it: ten tries over about 76
/// hours. After the last one a person must act.
pub const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// The pause after the try number `attempts`, from 1; `None` after the last one.
pub fn pause_after(attempts: u32) -> Option<Duration> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    PAUSES.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_over_about_76_hours() {
        let pauses: Vec<Duration> = (1..).map_while(pause_after).collect();
        assert_eq!(pauses.len() + 1, 10);
        let hours = pauses.iter().sum::<Duration>().as_secs_f64() / 3600.0;
        assert!((75.0..77.0).contains(&hours), "{hours}");
        assert!(pauses.is_sorted());
        assert_eq!(pause_after(0), None);
        assert_eq!(pause_after(10), None);
    }
}
