use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const AMSTERDAM: &str = "Europe/Amsterdam";

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// Hours from `"monday 09:00-12:30 13:30-18:00; tuesday …"`.
fn week(text: &str) -> WeeklyHours {
    let mut hours = WeeklyHours::default();
    for day in text.split(';').map(str::trim).filter(|day| !day.is_empty()) {
        let mut words = day.split_whitespace();
        let spans = match words.next().unwrap() {
            "monday" => &mut hours.monday,
            "tuesday" => &mut hours.tuesday,
            "wednesday" => &mut hours.wednesday,
            "thursday" => &mut hours.thursday,
            "friday" => &mut hours.friday,
            "saturday" => &mut hours.saturday,
            "sunday" => &mut hours.sunday,
            other => panic!("no day `{other}`"),
        };
        spans.extend(words.map(|span| span.parse::<Span>().unwrap()));
    }
    hours
}

#[track_caller]
fn check_in(
    zone_name: &str,
    hours: &str,
    holidays: &[&str],
    at: &str,
    door: Door,
    opens_at: Option<&str>,
) {
    let hours = week(hours);
    let holidays: Vec<Holiday> = holidays.iter().map(|h| h.parse().unwrap()).collect();
    let time_zone = zone(zone_name);
    let timetable = Timetable {
        method: Method::Chat,
        time_zone: &time_zone,
        hours: Some(&hours),
        holidays: &holidays,
        closures: &[],
    };
    let at: Timestamp = at.parse().unwrap();
    assert_eq!(timetable.door_at(at), door, "at {at}");
    if door != Door::Open {
        let opens = timetable.next_opening(at).map(|z| z.timestamp());
        assert_eq!(opens, opens_at.map(|t| t.parse().unwrap()), "after {at}");
    }
}

#[track_caller]
fn check(hours: &str, holidays: &[&str], at: &str, door: Door, opens_at: Option<&str>) {
    check_in(AMSTERDAM, hours, holidays, at, door, opens_at);
}

const CHAT: &str = "monday 09:00-18:00; tuesday 09:00-18:00; wednesday 09:00-18:00; \
                    thursday 09:00-18:00; friday 09:00-18:00";

#[test]
fn ends_are_half_open() {
    check(
        CHAT,
        &[],
        "2026-11-23T08:59:59.999+01:00",
        Door::OutsideHours,
        Some("2026-11-23T09:00+01:00"),
    );
    check(CHAT, &[], "2026-11-23T09:00:00+01:00", Door::Open, None);
    check(CHAT, &[], "2026-11-23T17:59:59.999+01:00", Door::Open, None);
    check(
        CHAT,
        &[],
        "2026-11-23T18:00:00+01:00",
        Door::OutsideHours,
        Some("2026-11-24T09:00+01:00"),
    );
}

#[test]
fn a_weekend_lasts_until_monday() {
    check(
        CHAT,
        &[],
        "2026-11-22T10:00:00+01:00",
        Door::OutsideHours,
        Some("2026-11-23T09:00+01:00"),
    );
    check(
        CHAT,
        &[],
        "2026-11-20T18:00:00+01:00",
        Door::OutsideHours,
        Some("2026-11-23T09:00+01:00"),
    );
}

#[test]
fn split_shifts_close_at_noon() {
    let hours = "monday 13:30-18:00 09:00-12:30";
    check(
        hours,
        &[],
        "2026-11-23T12:30:00+01:00",
        Door::OutsideHours,
        Some("2026-11-23T13:30+01:00"),
    );
    check(hours, &[], "2026-11-23T13:30:00+01:00", Door::Open, None);
    check(
        hours,
        &[],
        "2026-11-23T18:00:00+01:00",
        Door::OutsideHours,
        Some("2026-11-30T09:00+01:00"),
    );
}

#[test]
fn hours_follow_the_wall_clock_over_a_change() {
    // Clocks go forward on Sunday 29 March 2026 and back on Sunday 25 October 2026.
    check(
        CHAT,
        &[],
        "2026-03-28T12:00:00+01:00",
        Door::OutsideHours,
        Some("2026-03-30T09:00+02:00"),
    );
    check(
        CHAT,
        &[],
        "2026-10-24T12:00:00+02:00",
        Door::OutsideHours,
        Some("2026-10-26T09:00+01:00"),
    );
}

#[test]
fn a_skipped_hour_is_never_open() {
    // 02:00 to 03:00 does not exist.
    check(
        "sunday 02:00-03:00",
        &[],
        "2026-03-29T00:30:00Z",
        Door::OutsideHours,
        Some("2026-04-05T02:00+02:00"),
    );
    // The span starts in the skipped hour and opens when the clock has jumped.
    check(
        "sunday 02:30-04:00",
        &[],
        "2026-03-29T00:30:00Z",
        Door::OutsideHours,
        Some("2026-03-29T01:00:00Z"),
    );
    check(
        "sunday 02:30-04:00",
        &[],
        "2026-03-29T01:00:00Z",
        Door::Open,
        None,
    );
    check(
        "sunday 02:30-04:00",
        &[],
        "2026-03-29T02:00:00Z",
        Door::OutsideHours,
        Some("2026-04-05T02:30+02:00"),
    );
}

#[test]
fn an_hour_shown_twice_is_open_twice() {
    let hours = "sunday 02:15-02:45";
    check(
        hours,
        &[],
        "2026-10-25T00:14:00Z",
        Door::OutsideHours,
        Some("2026-10-25T00:15:00Z"),
    );
    check(hours, &[], "2026-10-25T00:30:00Z", Door::Open, None);
    check(
        hours,
        &[],
        "2026-10-25T00:45:00Z",
        Door::OutsideHours,
        Some("2026-10-25T01:15:00Z"),
    );
    check(hours, &[], "2026-10-25T01:30:00Z", Door::Open, None);
    check(
        hours,
        &[],
        "2026-10-25T01:45:00Z",
        Door::OutsideHours,
        Some("2026-11-01T02:15+01:00"),
    );
    // Open until 03:00: the clock falls back inside the span, which stays open.
    check(
        "sunday 02:00-03:00",
        &[],
        "2026-10-25T00:59:59Z",
        Door::Open,
        None,
    );
    check(
        "sunday 02:00-03:00",
        &[],
        "2026-10-25T01:00:00Z",
        Door::Open,
        None,
    );
}

#[test]
fn a_day_may_start_in_a_skipped_hour() {
    // In Santiago the clock went from 00:00 to 01:00 on Sunday 7 September 2025.
    check_in(
        "America/Santiago",
        "sunday 00:00-02:00",
        &[],
        "2025-09-07T03:59:00Z",
        Door::OutsideHours,
        Some("2025-09-07T04:00:00Z"),
    );
    // And a fall back at midnight shows the last hour of Saturday twice (5 April 2025).
    check_in(
        "America/Santiago",
        "saturday 23:00-23:30",
        &[],
        "2025-04-06T02:30:00Z",
        Door::OutsideHours,
        Some("2025-04-06T03:00:00Z"),
    );
}

#[test]
fn spans_run_past_midnight() {
    let hours = "friday 22:00-06:00";
    check(hours, &[], "2026-11-20T22:00:00+01:00", Door::Open, None);
    check(hours, &[], "2026-11-21T00:00:00+01:00", Door::Open, None);
    check(hours, &[], "2026-11-21T05:59:00+01:00", Door::Open, None);
    check(
        hours,
        &[],
        "2026-11-21T06:00:00+01:00",
        Door::OutsideHours,
        Some("2026-11-27T22:00+01:00"),
    );
    check(
        "sunday 18:00-02:00",
        &[],
        "2026-11-23T01:00:00+01:00",
        Door::Open,
        None,
    );
    check(
        "sunday 18:00-00:00",
        &[],
        "2026-11-23T00:00:00+01:00",
        Door::OutsideHours,
        Some("2026-11-29T18:00+01:00"),
    );
}

#[test]
fn holidays_close_the_day_and_the_night_that_starts_on_it() {
    check(
        CHAT,
        &["2026-12-25"],
        "2026-12-25T10:00:00+01:00",
        Door::Holiday,
        Some("2026-12-28T09:00+01:00"),
    );
    check(
        CHAT,
        &["2026-12-25"],
        "2026-12-25T20:00:00+01:00",
        Door::OutsideHours,
        Some("2026-12-28T09:00+01:00"),
    );
    check(
        CHAT,
        &["12-25", "12-28"],
        "2026-12-24T18:00:00+01:00",
        Door::OutsideHours,
        Some("2026-12-29T09:00+01:00"),
    );
    let nights = "thursday 22:00-06:00; friday 22:00-06:00";
    // Thursday's night ends at midnight, Friday's does not start, not even on Saturday morning.
    check(
        nights,
        &["12-25"],
        "2026-12-24T23:59:00+01:00",
        Door::Open,
        None,
    );
    check(
        nights,
        &["12-25"],
        "2026-12-25T00:00:00+01:00",
        Door::Holiday,
        Some("2026-12-31T22:00+01:00"),
    );
    check(
        nights,
        &["12-25"],
        "2026-12-26T01:00:00+01:00",
        Door::Holiday,
        Some("2026-12-31T22:00+01:00"),
    );
    check(
        "monday 00:00-24:00; tuesday 00:00-24:00",
        &["2026-11-23"],
        "2026-11-23T12:00:00+01:00",
        Door::Holiday,
        Some("2026-11-24T00:00+01:00"),
    );
}

#[test]
fn what_never_opens_has_no_opening() {
    let every_monday: Vec<String> = (0..60)
        .map(|week| {
            date(2026, 11, 23)
                .checked_add(jiff::Span::new().weeks(week))
                .unwrap()
                .to_string()
        })
        .collect();
    let holidays: Vec<&str> = every_monday.iter().map(String::as_str).collect();
    check(
        "monday 09:00-18:00",
        &holidays,
        "2026-11-23T10:00:00+01:00",
        Door::Holiday,
        None,
    );
    check(
        "monday 09:00-18:00",
        &[],
        "9999-12-30T21:00:00Z",
        Door::OutsideHours,
        None,
    );
}

#[test]
fn closures_end_at_their_minute_and_spare_other_channels() {
    let hours = week(CHAT);
    let time_zone = zone(AMSTERDAM);
    let closures = [Closure {
        from: date(2026, 11, 24).at(14, 0, 0, 0),
        until: date(2026, 11, 24).at(15, 20, 0, 0),
        channels: vec![Method::Chat],
    }];
    let timetable = |method| Timetable {
        method,
        time_zone: &time_zone,
        hours: Some(&hours),
        holidays: &[],
        closures: &closures,
    };
    let at: Timestamp = "2026-11-24T14:00:00+01:00".parse().unwrap();
    assert_eq!(timetable(Method::Chat).door_at(at), Door::Holiday);
    assert_eq!(
        timetable(Method::Chat)
            .next_opening(at)
            .unwrap()
            .to_string(),
        "2026-11-24T15:20:00+01:00[Europe/Amsterdam]"
    );
    assert_eq!(timetable(Method::Phone).door_at(at), Door::Open);
}

#[test]
fn a_channel_without_hours_still_keeps_holidays() {
    let time_zone = zone(AMSTERDAM);
    let holidays = ["2026-12-25".parse().unwrap()];
    let timetable = Timetable {
        method: Method::Chat,
        time_zone: &time_zone,
        hours: None,
        holidays: &holidays,
        closures: &[],
    };
    let at: Timestamp = "2026-12-25T03:00:00Z".parse().unwrap();
    assert_eq!(timetable.door_at(at), Door::Holiday);
    assert_eq!(
        timetable.next_opening(at).unwrap().timestamp(),
        "2026-12-25T23:00:00Z".parse().unwrap()
    );
}

#[test]
fn spans_and_holidays_read_back_as_written() {
    for text in ["09:00-18:00", "22:00-06:00", "00:00-24:00"] {
        assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
    }
    for text in ["2026-12-25", "12-25", "02-29"] {
        assert_eq!(text.parse::<Holiday>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "9-18",
        "09:00",
        "09:00-09:00",
        "24:00-06:00",
        "09:60-10:00",
        "25:00-26:00",
        "09:00–18:00",
        "+9:00-18:00",
    ] {
        let error = text.parse::<Span>().expect_err(text).to_string();
        assert!(error.contains("09:00-18:00"), "{error}");
    }
    for text in [
        "",
        "Christmas",
        "13-01",
        "02-30",
        "2026-02-29",
        "25-12-2026",
    ] {
        assert!(text.parse::<Holiday>().is_err(), "{text}");
    }
}

/// Whether the clock on the wall shows an open time, worked out in seconds and weekday numbers.
fn plain_is_open(hours: &WeeklyHours, holidays: &[Date], zone: &TimeZone, at: Timestamp) -> bool {
    let local = zone.to_datetime(at);
    let second = i32::from(local.hour()) * 3600 + i32::from(local.minute()) * 60;
    [0, 1].into_iter().any(|days_ago| {
        let day = local
            .date()
            .checked_sub(jiff::Span::new().days(days_ago))
            .unwrap();
        if holidays.contains(&day) || holidays.contains(&local.date()) {
            return false;
        }
        let position = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap();
        hours.days()[position].1.iter().any(|span| {
            let text = span.to_string();
            let read = |range: std::ops::Range<usize>| -> i32 {
                let (hour, minute) = text[range].split_once(':').unwrap();
                hour.parse::<i32>().unwrap() * 3600 + minute.parse::<i32>().unwrap() * 60
            };
            let (start, mut end) = (read(0..5), read(6..11));
            if end < start {
                end += 86_400;
            }
            let now = second + days_ago * 86_400;
            start <= now && now < end
        })
    })
}

prop_compose! {
    fn any_span()(start in 0_u16..96, length in 1_u16..=95) -> Span {
        // Quarter hours.
        let end = (start + length) * 15 % MINUTES_A_DAY;
        Span { start: start * 15, end: if end == 0 { MINUTES_A_DAY } else { end } }
    }
}

prop_compose! {
    fn any_week()(days in proptest::collection::vec(proptest::collection::vec(any_span(), 0..3), 7)) -> WeeklyHours {
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = days.try_into().unwrap();
        WeeklyHours { monday, tuesday, wednesday, thursday, friday, saturday, sunday }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Walks the quarter hours from an instant near a clock change until the plain reading says open.
    #[test]
    fn the_next_opening_is_the_first_open_moment(
        hours in any_week(),
        zone_name in prop::sample::select(vec![AMSTERDAM, "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
        start in prop::sample::select(vec!["2026-03-27T00:00:00Z", "2026-04-03T00:00:00Z", "2026-10-23T00:00:00Z", "2026-03-06T00:00:00Z", "2026-10-30T00:00:00Z", "2026-12-30T00:00:00Z"]),
        quarters in 0_i64..400,
        holiday in 0_i64..12,
    ) {
        let time_zone = zone(zone_name);
        let at = start.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(quarters * 15);
        let holiday = time_zone.to_datetime(at).date().checked_add(jiff::Span::new().days(holiday)).unwrap();
        let holidays = [Holiday::Once(holiday)];
        let timetable = Timetable { method: Method::Chat, time_zone: &time_zone, hours: Some(&hours), holidays: &holidays, closures: &[] };
        let open = |at| plain_is_open(&hours, &[holiday], &time_zone, at);

        prop_assert_eq!(timetable.door_at(at) == Door::Open, open(at));
        if !open(at) {
            let expected = (1..22 * 96)
                .map(|step| at + jiff::SignedDuration::from_mins(step * 15))
                .find(|&later| open(later));
            let found = timetable.next_opening(at).map(|zoned| zoned.timestamp());
            prop_assert_eq!(found, expected);
        }
    }
}
