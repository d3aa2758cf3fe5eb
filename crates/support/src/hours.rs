//! Opening hours: weekly spans, holidays and closures, read off the clock on a team's wall.
//!
//! A channel is open at an instant when the team's local clock then shows a time inside one of its spans. So
//! daylight saving needs no rule of its own: an hour the clock skips is never open, and an hour it shows twice
//! is open twice.

use std::{fmt, str::FromStr};

use jiff::{
    Timestamp, Zoned,
    civil::{Date, DateTime, Time, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use crate::contact::Method;

/// How far ahead the next opening is looked for, in days. Longer than a year, so that a yearly holiday table
/// cannot hide it.
const HORIZON_DAYS: usize = 400;

const MINUTES_A_DAY: u16 = 24 * 60;

/// A text that is no span, holiday or day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is {problem}; {remedy}")]
pub struct InvalidHours {
    /// The refused text.
    pub value: String,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What to write instead.
    pub remedy: &'static str,
}

/// One stretch of a day, written `09:00-18:00`: open from the first minute up to, not including, the last.
///
/// `22:00-06:00` runs past midnight and belongs to the day it starts on; `00:00-24:00` is the whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    /// Minute of the day it starts, 0 to 1439.
    start: u16,
    /// Minute of the day it ends, 1 to 1440; below `start` when it runs past midnight.
    end: u16,
}

impl Span {
    /// First minute, as a time of day.
    pub fn start(self) -> Time {
        time_of(self.start)
    }

    /// Whether it runs past midnight.
    pub const fn crosses_midnight(self) -> bool {
        self.end < self.start
    }

    /// Whether `minute` of the day it starts on lies inside.
    const fn holds_on_first_day(self, minute: u16) -> bool {
        if self.crosses_midnight() {
            self.start <= minute
        } else {
            self.start <= minute && minute < self.end
        }
    }

    /// Whether `minute` of the day after lies inside.
    const fn holds_on_next_day(self, minute: u16) -> bool {
        self.crosses_midnight() && minute < self.end
    }

    /// Last minute on the day it starts, exclusive.
    const fn end_on_first_day(self) -> u16 {
        if self.crosses_midnight() {
            MINUTES_A_DAY
        } else {
            self.end
        }
    }
}

impl FromStr for Span {
    type Err = InvalidHours;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |problem| InvalidHours {
            value: text.to_owned(),
            problem,
            remedy: "write a span as `09:00-18:00`, with `24:00` for the end of the day",
        };
        let (start, end) = text
            .split_once('-')
            .ok_or_else(|| invalid("no span of hours"))?;
        let (Some(start), Some(end)) = (minute_of(start.trim()), minute_of(end.trim())) else {
            return Err(invalid("no span of hours"));
        };
        if start == MINUTES_A_DAY {
            return Err(invalid("a span that starts when the day is over"));
        }
        if start == end {
            return Err(invalid("a span without a minute in it"));
        }
        if end == 0 {
            return Ok(Self {
                start,
                end: MINUTES_A_DAY,
            });
        }
        Ok(Self { start, end })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, end } = self;
        let (sh, sm, eh, em) = (start / 60, start % 60, end / 60, end % 60);
        write!(f, "{sh:02}:{sm:02}-{eh:02}:{em:02}")
    }
}

impl TryFrom<String> for Span {
    type Error = InvalidHours;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// Minutes since midnight of `HH:MM`; `24:00` is allowed.
fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| -> Option<u16> {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= MINUTES_A_DAY).then_some(total)
}

/// The time of day at `minute`, which must be below 1440.
fn time_of(minute: u16) -> Time {
    let (hour, minute) = (minute / 60, minute % 60);
    // Both fit: a minute of the day is at most 23:59.
    Time::new(
        i8::try_from(hour).unwrap_or(0),
        i8::try_from(minute).unwrap_or(0),
        0,
        0,
    )
    .unwrap_or(Time::MIN)
}

/// Spans for each day of the week; a day left out is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeeklyHours {
    /// Spans that start on Monday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub monday: Vec<Span>,
    /// Spans that start on Tuesday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tuesday: Vec<Span>,
    /// Spans that start on Wednesday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wednesday: Vec<Span>,
    /// Spans that start on Thursday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thursday: Vec<Span>,
    /// Spans that start on Friday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub friday: Vec<Span>,
    /// Spans that start on Saturday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub saturday: Vec<Span>,
    /// Spans that start on Sunday.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sunday: Vec<Span>,
}

impl WeeklyHours {
    /// The days with their names as configured, Monday first.
    pub(crate) fn days(&self) -> [(&'static str, &[Span]); 7] {
        [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ]
    }

    /// Spans that start on `weekday`.
    pub fn on(&self, weekday: Weekday) -> &[Span] {
        match weekday {
            Weekday::Monday => &self.monday,
            Weekday::Tuesday => &self.tuesday,
            Weekday::Wednesday => &self.wednesday,
            Weekday::Thursday => &self.thursday,
            Weekday::Friday => &self.friday,
            Weekday::Saturday => &self.saturday,
            Weekday::Sunday => &self.sunday,
        }
    }

    /// Whether no day has a span.
    pub fn is_empty(&self) -> bool {
        self.days().iter().all(|(_, spans)| spans.is_empty())
    }

    /// Two spans of one week that share a minute, with the day the later one starts on.
    pub(crate) fn overlap(&self) -> Option<(&'static str, Span)> {
        let days = self.days();
        for (position, (day, spans)) in days.iter().enumerate() {
            let mut sorted = spans.to_vec();
            sorted.sort_unstable();
            let (_, before) = days[(position + 6) % 7];
            let spilled = before
                .iter()
                .filter(|span| span.crosses_midnight())
                .map(|span| span.end)
                .max()
                .unwrap_or(0);
            let mut busy_until = spilled;
            for span in sorted {
                if span.start < busy_until {
                    return Some((day, span));
                }
                busy_until = span.end_on_first_day();
            }
        }
        None
    }
}

/// A day on which every channel with hours is closed: `2026-12-25`, or `12-25` for every year.
///
/// It closes the whole local day, and a span that starts on it does not take place, not even its part after
/// midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Holiday {
    /// One day.
    Once(Date),
    /// The same day every year.
    Yearly {
        /// Month, 1 to 12.
        month: i8,
        /// Day of the month.
        day: i8,
    },
}

impl Holiday {
    /// Whether it falls on `date`.
    pub fn falls_on(self, date: Date) -> bool {
        match self {
            Self::Once(day) => day == date,
            Self::Yearly { month, day } => date.month() == month && date.day() == day,
        }
    }
}

impl FromStr for Holiday {
    type Err = InvalidHours;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidHours {
            value: text.to_owned(),
            problem: "no day of the calendar",
            remedy: "write a holiday as `2026-12-25`, or `12-25` for every year",
        };
        if text.len() == 10 {
            return text.parse().map(Self::Once).map_err(|_| invalid());
        }
        // A leap year, so that 29 February is a day.
        let date: Date = (text.len() == 5)
            .then(|| format!("2024-{text}").parse().ok())
            .flatten()
            .ok_or_else(invalid)?;
        Ok(Self::Yearly {
            month: date.month(),
            day: date.day(),
        })
    }
}

impl fmt::Display for Holiday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(date) => date.fmt(f),
            Self::Yearly { month, day } => write!(f, "{month:02}-{day:02}"),
        }
    }
}

impl TryFrom<String> for Holiday {
    type Error = InvalidHours;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Holiday> for String {
    fn from(holiday: Holiday) -> Self {
        holiday.to_string()
    }
}

/// A closure outside the weekly pattern: a training day, a move, an outage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// First local moment that is closed, such as `2026-12-24T13:00`.
    pub from: DateTime,
    /// First local moment that is open again.
    pub until: DateTime,
    /// The channels it closes; empty means all but e-mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Method>,
}

impl Closure {
    /// Whether it closes `method` when the local clock shows `moment`.
    pub fn closes(&self, method: Method, moment: DateTime) -> bool {
        let concerns = self.channels.is_empty() || self.channels.contains(&method);
        concerns && self.from <= moment && moment < self.until
    }
}

/// Everything that decides when one channel of one team is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timetable<'a> {
    pub(crate) method: Method,
    pub(crate) time_zone: &'a TimeZone,
    /// `None` means day and night.
    pub(crate) hours: Option<&'a WeeklyHours>,
    pub(crate) holidays: &'a [Holiday],
    pub(crate) closures: &'a [Closure],
}

/// What a timetable says of one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Open,
    /// Closed as on every such day of the week.
    OutsideHours,
    /// The week says open, a holiday or closure says otherwise.
    Holiday,
}

impl Timetable<'_> {
    pub(crate) fn door_at(&self, at: Timestamp) -> Door {
        self.door_when_clock_shows(self.time_zone.to_datetime(at))
    }

    fn door_when_clock_shows(&self, local: DateTime) -> Door {
        let date = local.date();
        let minute = u16::try_from(local.hour()).unwrap_or(0) * 60
            + u16::try_from(local.minute()).unwrap_or(0);
        let yesterday = date.yesterday().ok();
        let is_holiday = |date: Date| self.holidays.iter().any(|h| h.falls_on(date));

        let (today_open, spilled_open) = match self.hours {
            None => (true, false),
            Some(hours) => (
                hours
                    .on(date.weekday())
                    .iter()
                    .any(|span| span.holds_on_first_day(minute)),
                yesterday.is_some_and(|yesterday| {
                    hours
                        .on(yesterday.weekday())
                        .iter()
                        .any(|span| span.holds_on_next_day(minute))
                }),
            ),
        };
        if !today_open && !spilled_open {
            return Door::OutsideHours;
        }
        let kept = today_open || (spilled_open && !yesterday.is_some_and(is_holiday));
        let closed = self.closures.iter().any(|c| c.closes(self.method, local));
        if kept && !is_holiday(date) && !closed {
            Door::Open
        } else {
            Door::Holiday
        }
    }

    /// The first instant after `at` at which a closed channel opens, in the team's time zone; `None` when it
    /// stays closed for more than a year.
    ///
    /// A channel can turn from closed to open only when a span starts, when a day starts (after a holiday), when
    /// a closure ends, or when the clock is set. So those instants, and no others, are tried day by day.
    pub(crate) fn next_opening(&self, at: Timestamp) -> Option<Zoned> {
        let mut date = self.time_zone.to_datetime(at).date();
        let mut transition = self.time_zone.following(at).next();
        let mut moments = Vec::new();
        for _ in 0..HORIZON_DAYS {
            let tomorrow = date.tomorrow().ok()?;
            moments.clear();
            self.instants_of(date.to_datetime(Time::MIN), &mut moments);
            if let Some(hours) = self.hours {
                for span in hours.on(date.weekday()) {
                    self.instants_of(date.to_datetime(span.start()), &mut moments);
                }
            }
            for closure in self.closures.iter().filter(|c| c.until.date() == date) {
                self.instants_of(closure.until, &mut moments);
            }
            let end_of_day = self.time_zone.to_timestamp(tomorrow.to_datetime(Time::MIN));
            while let (Some(next), Ok(end)) = (&transition, &end_of_day) {
                let instant = next.timestamp();
                if instant > *end {
                    break;
                }
                moments.push(instant);
                transition = self.time_zone.following(instant).next();
            }
            let first = moments
                .iter()
                .copied()
                .filter(|&instant| instant > at && self.door_at(instant) == Door::Open)
                .min();
            if let Some(first) = first {
                return Some(first.to_zoned(self.time_zone.clone()));
            }
            date = tomorrow;
        }
        None
    }

    /// Every instant at which the local clock shows `local`, or the one right after a skipped hour.
    fn instants_of(&self, local: DateTime, into: &mut Vec<Timestamp>) {
        let ambiguous = self.time_zone.to_ambiguous_timestamp(local);
        let earlier = ambiguous.earlier().ok();
        let later = ambiguous.later().ok();
        into.extend(earlier);
        into.extend(later.filter(|later| Some(*later) != earlier));
    }
}

#[cfg(test)]
mod tests;
