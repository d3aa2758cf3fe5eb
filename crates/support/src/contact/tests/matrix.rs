//! The shipped table against a plain reading of it: every language, audience and topic, every half hour of two weeks, one
//! of them with a change of the clocks.

use jiff::civil::{Weekday, date};

use super::*;

/// What the marketplace promises, said without any of the planner's code.
fn promised(
    language: Language,
    audience: Option<&str>,
    topic: &str,
    weekday: Weekday,
    minute: i32,
) -> String {
    let is_working_day = !matches!(weekday, Weekday::Saturday | Weekday::Sunday);
    let chat = is_working_day && (9 * 60..18 * 60).contains(&minute);
    let phone = is_working_day && (10 * 60..17 * 60).contains(&minute);
    let is_called = !matches!(language, Language::Zh | Language::Pt | Language::Pl);
    let mut open: Vec<&str> = Vec::new();
    if chat {
        open.push("chat");
    }
    if phone && is_called {
        open.push("phone");
    }
    open.push("email");
    let queue = if topic == "fraud" {
        "trust-and-safety"
    } else {
        "general"
    };
    let is_of_a_sale = topic == "orders" || topic == "payouts" && audience == Some("seller");
    let advice = i32::from(is_of_a_sale);
    format!("{open:?} first {} queue {queue} advice {advice}", open[0])
}

#[test]
fn the_shipped_table_is_kept_at_every_half_hour() {
    let config = SupportConfig::default();
    let zone = TimeZone::get("Europe/Amsterdam").expect("bundled");
    let mut n = 0;
    for start in [date(2026, 11, 23), date(2027, 3, 22)] {
        let midnight = start.to_zoned(zone.clone()).expect("a day").timestamp();
        for half_hour in 0..7 * 48 {
            let now = midnight + jiff::SignedDuration::from_mins(30 * half_hour);
            let wall = now.to_zoned(zone.clone());
            let minute = i32::from(wall.hour()) * 60 + i32::from(wall.minute());
            for language in Language::ALL {
                for audience in [None, Some("buyer"), Some("seller")] {
                    for topic in ["orders", "payouts", "account", "fraud"] {
                        let request = ContactRequest {
                            audience: audience.map(str::to_owned),
                            topics: vec![topic.to_owned()],
                            ..ContactRequest::new(language, now)
                        };
                        let contact = plan(&request, &config);
                        let open: Vec<&str> = contact
                            .options
                            .iter()
                            .filter(|option| option.available)
                            .map(|option| option.method.code())
                            .collect();
                        let first: Vec<&str> = contact
                            .options
                            .iter()
                            .filter(|option| option.recommended)
                            .map(|option| option.method.code())
                            .collect();
                        let planned = format!(
                            "{open:?} first {} queue {} advice {}",
                            first.join("+"),
                            contact.options[0].queue,
                            contact.before_you_contact.len()
                        );
                        let expected = promised(language, audience, topic, wall.weekday(), minute);
                        assert_eq!(planned, expected, "{wall} {language} {audience:?} {topic}");
                        n += 1;
                    }
                }
            }
        }
    }
    assert!(n >= 70_000, "{n}");
}
