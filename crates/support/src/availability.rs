//! Live availability: what a team's own systems tell of the moment, beside its opening hours.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Method;

/// What is known of one channel of a team, until it expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Whether someone is there. Hours still apply: nobody opens a closed channel by this.
    pub available: bool,
    /// Minutes a customer waits for someone.
    pub wait_minutes: Option<u32>,
    /// From this instant on it says nothing any more.
    pub until: Timestamp,
}

/// What is known of the channels of all teams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Availability(HashMap<(String, Method), Live>);

impl Availability {
    /// Takes in what is told of a channel, in place of what was known of it, and forgets what expired before `now`.
    pub fn set(&mut self, team: &str, method: Method, live: Live, now: Timestamp) {
        self.0.retain(|_, live| live.until > now);
        self.0.insert((team.to_owned(), method), live);
    }

    /// What is known of a channel at `now`.
    pub fn of(&self, team: &str, method: Method, now: Timestamp) -> Option<Live> {
        let live = self.0.get(&(team.to_owned(), method))?;
        (live.until > now).then_some(*live)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_expires() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let mut availability = Availability::default();
        let live = |until| Live {
            available: false,
            wait_minutes: Some(3),
            until: at(until),
        };
        availability.set("desk", Method::Chat, live(100), at(0));
        assert_eq!(
            availability.of("desk", Method::Chat, at(99)),
            Some(live(100))
        );
        assert_eq!(availability.of("desk", Method::Chat, at(100)), None);
        assert_eq!(availability.of("desk", Method::Phone, at(0)), None);
        assert_eq!(availability.of("other", Method::Chat, at(0)), None);
        availability.set("desk", Method::Phone, live(300), at(200));
        assert_eq!(availability.0.len(), 1);
    }
}
