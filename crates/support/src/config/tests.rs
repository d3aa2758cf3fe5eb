use super::*;

#[test]
fn the_default_is_valid_and_survives_a_round_trip() {
    let config = SupportConfig::default();
    config.validate().unwrap();
    let text = toml::to_string(&config).unwrap();
    assert_eq!(toml::from_str::<SupportConfig>(&text).unwrap(), config);
    assert_eq!(toml::from_str::<SupportConfig>("").unwrap(), config);
}

/// What is said of a configuration whose one team and queue are completed by `extra`.
fn refusal(team: &str, rest: &str) -> String {
    let text = format!(
        "{}\n[[teams]]\nname = 'a'\ntime_zone = 'Europe/Amsterdam'\n{team}\n{rest}",
        "before_you_contact = []"
    );
    match toml::from_str::<SupportConfig>(&text) {
        Ok(config) => config.validate().unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn refused(team: &str, rest: &str, words: &[&str]) {
    let message = refusal(team, rest);
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

const QUEUE: &str = "[[queues]]\nname = 'q'\nteam = 'a'";

#[test]
fn what_does_not_fit_is_named_with_its_remedy() {
    refused(
        "languages = []",
        QUEUE,
        &[
            "`support.teams[0].languages`",
            "empty",
            "list the languages",
        ],
    );
    refused(
        "languages = ['en']\n[teams.channels.email.hours]\nmonday = ['09:00-10:00']",
        QUEUE,
        &["teams[0].channels.email.hours", "remove it"],
    );
    refused(
        "languages = ['en']\n[teams.channels.chat.hours]",
        QUEUE,
        &["teams[0].channels.chat.hours", "never open"],
    );
    refused(
        "languages = ['en']\n[teams.channels.phone.hours]\nmonday = ['09:00-12:00', '11:30-13:00']",
        QUEUE,
        &["channels.phone.hours.monday", "11:30-13:00", "overlaps"],
    );
    refused(
        "languages = ['en']\n[teams.channels.chat.hours]\nsunday = ['20:00-06:00']\nmonday = ['05:00-13:00']",
        QUEUE,
        &["channels.chat.hours.monday", "05:00-13:00"],
    );
    refused(
        "languages = ['en']\nclosures = [{ from = '2026-01-02T10:00', until = '2026-01-02T09:00' }]",
        QUEUE,
        &["closures[0].until", "2026-01-02T09:00", "before it begins"],
    );
    refused(
        "languages = ['en']\nclosures = [{ from = '2026-01-02T10:00', until = '2026-01-02T11:00', channels = ['email'] }]",
        QUEUE,
        &["closures[0].channels", "always open"],
    );
    refused(
        "languages = ['en']",
        "[[queues]]\nname = 'q'\nteam = 'b'",
        &["`support.queues[0].team`", "`b`", "support.teams"],
    );
    refused(
        "languages = ['en']",
        &format!("{QUEUE}\n[[queues]]\nname = 'z'\nteam = 'a'"),
        &["queues[0].name", "move it to the end"],
    );
    refused(
        "languages = ['en']",
        &format!("{QUEUE}\nsensitive = true"),
        &["`support.queues`", "no condition"],
    );
    refused(
        "languages = ['en']",
        &format!("{QUEUE}\ntopics = ['x']\n{QUEUE}"),
        &["queues[1].name", "`q`"],
    );
    refused(
        "languages = ['en']",
        "[[teams]]\nname = 'a'\ntime_zone = 'UTC'\nlanguages = ['en']",
        &["teams[1].name", "`a`"],
    );
}

#[test]
fn values_are_refused_when_read() {
    refused("languages = ['sv']", QUEUE, &["`sv`", "languages"]);
    refused(
        "languages = ['en']\n[teams.channels.fax]",
        QUEUE,
        &["fax", "email"],
    );
    refused(
        "languages = ['en']\n[teams.channels.chat.hours]\nmonday = ['9-18']",
        QUEUE,
        &["`9-18`", "09:00-18:00"],
    );
    refused(
        "languages = ['en']\n[teams.channels.chat.hours]\nmaandag = ['09:00-18:00']",
        QUEUE,
        &["maandag", "monday"],
    );
    refused(
        "languages = ['en']\nholidays = ['Christmas']",
        QUEUE,
        &["`Christmas`", "2026-12-25"],
    );
    refused(
        "languages = ['en']\nhollidays = []",
        QUEUE,
        &["hollidays", "holidays"],
    );
    let message = toml::from_str::<SupportConfig>(
        "[[teams]]\nname = 'a'\nlanguages = ['en']\ntime_zone = 'Europe/Amsterdm'",
    )
    .unwrap_err()
    .to_string();
    assert!(
        message.contains("`Europe/Amsterdm`") && message.contains("IANA"),
        "{message}"
    );
}

#[test]
fn advice_needs_english() {
    let config: SupportConfig =
        toml::from_str("before_you_contact = [{ text = { nl = 'Probeer het nog eens.' } }]")
            .unwrap();
    let message = config.validate().unwrap_err().to_string();
    assert!(
        message.contains("before_you_contact[0].text") && message.contains("add `en`"),
        "{message}"
    );
}
