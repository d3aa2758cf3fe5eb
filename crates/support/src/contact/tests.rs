use proptest::prelude::*;

use super::*;

mod matrix;
use crate::{Channel, Holiday};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Method, available, recommended, reason, opening of each option, as one line.
fn line(option: &ContactOption) -> String {
    let opens = option.opens_at.as_ref().map_or_else(String::new, |zoned| {
        format!(" {}", zoned.strftime("%Y-%m-%dT%H:%M%:z"))
    });
    let recommended = if option.recommended {
        " recommended"
    } else {
        ""
    };
    format!(
        "{} {} {}{recommended}{opens}",
        option.method.code(),
        option.language,
        option.reason.code()
    )
}

#[track_caller]
fn check(language: Language, instant: &str, expected: &[&str]) {
    let contact = plan(
        &ContactRequest::new(language, at(instant)),
        &SupportConfig::default(),
    );
    let lines: Vec<String> = contact.options.iter().map(line).collect();
    assert_eq!(lines, expected, "{language} at {instant}");
}

#[test]
fn the_marketplace_answers_by_its_table() {
    // Monday.
    check(
        Language::Nl,
        "2026-11-23T11:00:00+01:00",
        &[
            "chat nl within_hours recommended",
            "phone nl within_hours",
            "email nl always_open",
        ],
    );
    check(
        Language::Nl,
        "2026-11-23T09:30:00+01:00",
        &[
            "chat nl within_hours recommended",
            "email nl always_open",
            "phone nl outside_hours 2026-11-23T10:00+01:00",
        ],
    );
    check(
        Language::Zh,
        "2026-11-23T11:00:00+01:00",
        &[
            "chat zh within_hours recommended",
            "email zh always_open",
            "phone zh language_not_offered",
        ],
    );
    check(
        Language::En,
        "2026-11-23T18:00:00+01:00",
        &[
            "email en always_open recommended",
            "chat en outside_hours 2026-11-24T09:00+01:00",
            "phone en outside_hours 2026-11-24T10:00+01:00",
        ],
    );
    // Sunday.
    check(
        Language::Pl,
        "2026-11-22T10:00:00+01:00",
        &[
            "email pl always_open recommended",
            "chat pl outside_hours 2026-11-23T09:00+01:00",
            "phone pl language_not_offered",
        ],
    );
    // Summer time.
    check(
        Language::De,
        "2026-07-06T08:59:00+02:00",
        &[
            "email de always_open recommended",
            "chat de outside_hours 2026-07-06T09:00+02:00",
            "phone de outside_hours 2026-07-06T10:00+02:00",
        ],
    );
}

#[test]
fn phone_speaks_six_languages_and_chat_nine() {
    for language in Language::ALL {
        let contact = plan(
            &ContactRequest::new(language, at("2026-11-23T12:00:00+01:00")),
            &SupportConfig::default(),
        );
        let available = |method| {
            contact
                .options
                .iter()
                .any(|o| o.method == method && o.available)
        };
        assert!(
            available(Method::Email) && available(Method::Chat),
            "{language}"
        );
        let spoken = !matches!(language, Language::Zh | Language::Pl | Language::Pt);
        assert_eq!(available(Method::Phone), spoken, "{language}");
    }
}

#[test]
fn times_are_given_in_the_customers_zone_when_it_is_known() {
    let mut request = ContactRequest::new(Language::En, at("2026-11-22T10:00:00+01:00"));
    request.time_zone = Some(TimeZone::get("America/New_York").unwrap());
    let contact = plan(&request, &SupportConfig::default());
    assert_eq!(
        line(&contact.options[1]),
        "chat en outside_hours 2026-11-23T03:00-05:00"
    );
}

#[track_caller]
fn advised(audience: Option<&str>, topics: &[&str], language: Language, expected: Option<&str>) {
    let mut request = ContactRequest::new(language, at("2026-11-22T10:00:00+01:00"));
    request.audience = audience.map(str::to_owned);
    request.topics = topics.iter().map(|&t| t.to_owned()).collect();
    let contact = plan(&request, &SupportConfig::default());
    let start = contact.before_you_contact.first().map(|a| a.text.as_str());
    match (start, expected) {
        (Some(text), Some(expected)) => {
            assert!(text.starts_with(expected), "{text}");
            assert_eq!(contact.before_you_contact.len(), 1);
            let article = contact.before_you_contact[0].article.as_ref().unwrap();
            assert_eq!(article.as_str(), "message-the-other-party");
        }
        (found, expected) => assert_eq!(found, expected),
    }
}

#[test]
fn the_other_party_is_messaged_first() {
    advised(
        Some("seller"),
        &["payments"],
        Language::Nl,
        Some("Stuur eerst de koper een bericht"),
    );
    advised(
        Some("Buyer"),
        &["SHIPPING"],
        Language::En,
        Some("Message the seller first"),
    );
    advised(
        None,
        &["orders"],
        Language::Zh,
        Some("请先给交易对方发消息"),
    );
    advised(Some("buyer"), &["payments"], Language::En, None);
    advised(Some("seller"), &["account"], Language::En, None);
    advised(None, &[], Language::En, None);
    // A sensitive topic among the others is enough to keep quiet.
    advised(Some("buyer"), &["orders", "Fraud"], Language::En, None);
}

#[test]
fn sensitive_matters_get_no_advice_and_their_own_queue() {
    let mut request = ContactRequest::new(Language::En, at("2026-11-22T10:00:00+01:00"));
    request.audience = Some("buyer".into());
    request.topics = vec!["orders".into()];
    let ordinary = plan(&request, &SupportConfig::default());
    assert!(ordinary.options.iter().all(|o| o.queue == "general"));
    request.sensitive = true;
    let sensitive = plan(&request, &SupportConfig::default());
    assert!(sensitive.before_you_contact.is_empty());
    assert!(
        sensitive
            .options
            .iter()
            .all(|o| o.queue == "trust-and-safety")
    );
}

#[test]
fn every_default_advice_speaks_nine_languages() {
    for rule in SupportConfig::default().before_you_contact {
        assert_eq!(rule.text.len(), 9);
        assert!(rule.article.is_some());
    }
}

#[test]
fn the_first_queue_that_takes_a_request_decides_the_team() {
    let config: SupportConfig = toml::from_str(
        r#"
        sensitive_topics = ["fraud"]
        before_you_contact = []
        [[teams]]
        name = "main"
        time_zone = "Europe/Amsterdam"
        languages = ["en", "nl"]
        [[teams]]
        name = "warsaw"
        time_zone = "Europe/Warsaw"
        languages = ["pl"]
        prefer = ["email"]
        [teams.channels.chat]
        [[queues]]
        name = "polish-sellers"
        team = "warsaw"
        languages = ["pl"]
        audiences = ["seller"]
        [[queues]]
        name = "money"
        team = "main"
        topics = ["payments", "payouts"]
        sensitive = false
        [[queues]]
        name = "rest"
        team = "main"
        "#,
    )
    .unwrap();
    config.validate().unwrap();
    let planned = |language, audience: &str, topics: &[&str]| {
        let mut request = ContactRequest::new(language, at("2026-11-22T10:00:00Z"));
        request.audience = Some(audience.to_owned());
        request.topics = topics.iter().map(|&t| t.to_owned()).collect();
        let contact = plan(&request, &config);
        let lines: Vec<String> = contact.options.iter().map(line).collect();
        (contact.options[0].queue.clone(), lines.join(", "))
    };
    let both = "email pl always_open recommended, chat pl always_open";
    assert_eq!(
        planned(Language::Pl, "Seller", &["payments"]),
        ("polish-sellers".into(), both.into())
    );
    // English stands in for a language the team does not speak.
    assert_eq!(
        planned(Language::Pl, "buyer", &["Payouts"]),
        ("money".into(), "email en always_open recommended".into())
    );
    assert_eq!(
        planned(Language::Nl, "buyer", &["payouts", "fraud"]),
        ("rest".into(), "email nl always_open recommended".into())
    );
}

#[test]
fn a_configuration_without_teams_still_offers_email() {
    let config = SupportConfig {
        store: crate::StoreConfig::default(),
        sensitive_topics: vec![],
        teams: vec![],
        queues: vec![],
        before_you_contact: vec![],
        destinations: std::collections::BTreeMap::new(),
    };
    let contact = plan(
        &ContactRequest::new(Language::It, at("2026-11-22T10:00:00Z")),
        &config,
    );
    assert_eq!(
        contact.options.iter().map(line).collect::<Vec<_>>(),
        ["email it always_open recommended"]
    );
    assert_eq!(contact.options[0].queue, "general");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn there_is_always_email_and_one_recommendation(
        second in -62_000_000_000_i64..253_000_000_000,
        language in prop::sample::select(Language::ALL.to_vec()),
        audience in prop::option::of(prop::sample::select(vec!["buyer", "seller", "x"])),
        topics in prop::collection::vec(prop::sample::select(vec!["orders", "fraud", "fees"]), 0..3),
        sensitive: bool,
        chat_around_the_clock: bool,
        holiday in prop::option::of((1_i8..=12, 1_i8..=28)),
        customer_zone in prop::option::of(prop::sample::select(vec!["Asia/Shanghai", "America/Sao_Paulo"])),
    ) {
        let mut config = SupportConfig::default();
        if chat_around_the_clock {
            config.teams[0].channels.chat = Some(Channel::default());
        }
        config.teams[0].holidays = holiday.map(|(month, day)| Holiday::Yearly { month, day }).into_iter().collect();
        config.validate().unwrap();
        let request = ContactRequest {
            language,
            audience: audience.map(str::to_owned),
            topics: topics.into_iter().map(str::to_owned).collect(),
            sensitive,
            at: Timestamp::from_second(second).unwrap(),
            time_zone: customer_zone.map(|name| TimeZone::get(name).unwrap()),
            availability: Arc::default(),
        };
        let contact = plan(&request, &config);

        let email = contact.options.iter().find(|o| o.method == Method::Email).unwrap();
        prop_assert!(email.available);
        prop_assert_eq!(contact.options.iter().filter(|o| o.recommended).count(), 1);
        prop_assert!(contact.options[0].recommended && contact.options[0].available);
        prop_assert_eq!(contact.options.len(), 3);
        for option in &contact.options {
            prop_assert_eq!(option.available, matches!(option.reason, Reason::AlwaysOpen | Reason::WithinHours));
            let closed = matches!(option.reason, Reason::OutsideHours | Reason::Holiday);
            prop_assert_eq!(option.opens_at.is_some(), closed);
            if let Some(opens) = &option.opens_at {
                prop_assert!(opens.timestamp() > request.at);
                let zone = customer_zone.unwrap_or("Europe/Amsterdam");
                prop_assert_eq!(opens.time_zone().iana_name(), Some(zone));
                // The same request at that moment finds it open, and a moment before finds it closed.
                let available_at = |at| {
                    let contact = plan(&ContactRequest { at, ..request.clone() }, &config);
                    contact.options.iter().any(|o| o.method == option.method && o.available)
                };
                prop_assert!(available_at(opens.timestamp()));
                prop_assert!(!available_at(opens.timestamp() - jiff::SignedDuration::from_nanos(1)));
            }
        }
        if request.is_sensitive(&config) {
            prop_assert!(contact.before_you_contact.is_empty());
        }
    }
}

#[test]
fn nobody_there_closes_an_open_channel_and_opens_no_closed_one() {
    let noon = at("2026-11-25T12:00:00+01:00");
    let chat = |now: Timestamp, available| {
        let mut availability = Availability::default();
        let live = crate::Live {
            available,
            wait_minutes: Some(4),
            until: now + jiff::SignedDuration::from_mins(2),
        };
        availability.set("marketplace", Method::Chat, live, now);
        let request = ContactRequest {
            availability: Arc::new(availability),
            ..ContactRequest::new(Language::Nl, now)
        };
        let contact = plan(&request, &SupportConfig::default());
        let found = contact
            .options
            .into_iter()
            .find(|o| o.method == Method::Chat);
        let option = found.expect("a chat");
        (option.available, option.reason, option.wait_minutes)
    };
    assert_eq!(chat(noon, true), (true, Reason::WithinHours, Some(4)));
    assert_eq!(chat(noon, false), (false, Reason::NobodyAvailable, None));
    let night = at("2026-11-25T23:00:00+01:00");
    assert_eq!(chat(night, true), (false, Reason::OutsideHours, None));
}
