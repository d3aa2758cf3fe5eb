use super::*;

#[track_caller]
fn check(pattern: &str, text: &str, expected: bool) {
    let pattern = Pattern::parse(pattern).expect(pattern);
    assert_eq!(
        pattern.is_in(&Text::new(text)),
        expected,
        "{pattern:?} in {text}"
    );
}

#[test]
fn words_match_as_their_forms_say() {
    check("scam*", "They SCAMMED me", true);
    check("scam*", "a new webcam", false);
    check("*betrug*", "Anlagebetrüger? Nein, Anlagebetrug!", true);
    check("*konto", "mein Kundenkonto ist weg", true);
    check("*konto", "kontoauszug", false);
    check("fake", "is it a fake?", true);
    check("fake", "fakery", false);
    check("knock/knocked off", "knocked off", true);
    check("talk to/with a/the? person", "talk to person", true);
    check("talk to/with a/the? person", "talk with the person", true);
    check("talk to/with a/the? person", "talk about a person", false);
    check("^ human please? $", "Human!", true);
    check("^ human please? $", "human please", true);
    check("^ human please? $", "human error", false);
}

#[test]
fn accents_may_be_missing_but_not_in_a_short_word_alone() {
    check("człowiek*", "czlowiekiem", true);
    check("être humain", "un etre humain", true);
    check("sąd", "sąd", true);
    check("sąd", "I am sad", false);
    check("do sądu", "ide do sadu", true);
}

#[test]
fn a_gap_stays_in_its_sentence() {
    check("account .. blocked", "my account has been blocked", true);
    check("account .. blocked", "my account. Is it blocked?", false);
    check(
        "account .. blocked",
        "account one two three four five blocked",
        false,
    );
    check(
        "account ... blocked",
        "account one two three four five blocked",
        true,
    );
    check("is .. it", "it costs 2.50, is 2.50 it?", true);
}

#[test]
fn typing_errors_are_forgiven_where_the_table_says_so() {
    for text in ["human", "humna", "humann", "huamn", "humn", "humen"] {
        check("~human", text, true);
    }
    for text in [
        "woman",
        "humus",
        "humane person".split(' ').next().unwrap_or_default(),
        "hum",
    ] {
        check("~human", text, text == "humane");
    }
    check("~rep", "red", false);
}

#[test]
fn ages_are_those_of_children() {
    check("my #age year old", "my 14-year-old son", true);
    check("my #age year old", "my 40 year old clock", false);
    check("#age", "der 14jährige", true);
    check("#age", "14th", false);
    check("我#age岁", "我16岁了", true);
    check("我#age岁", "我36岁了", false);
}

#[test]
fn chinese_is_matched_by_characters() {
    check("转人工", "请帮我转人工", true);
    check("找/要..经理", "我要找你们的经理", true);
    check("找/要..经理", "我要退款。经理在吗", false);
    check("^人工$", "人工！", true);
    check("^人工$", "人工费多少", false);
}

#[test]
fn an_exception_takes_its_words_out() {
    let table = Table::parse("[fake]\nen! = fake leather\nen = fake | fakes\n[other]\nen = bag")
        .expect("a table");
    let found = |text: &str| {
        table
            .found(&Text::new(text))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found("is this fake leather or fake leather"),
        Vec::<String>::new()
    );
    assert_eq!(found("fake leather on a fake bag"), ["fake", "other"]);
}

#[test]
fn a_line_that_is_no_pattern_is_named() {
    for (text, line) in [
        ("en = a", 1),
        ("[a]\nen a", 2),
        ("[a]\nen = a | .. ", 2),
        ("[a]\nen = a?", 2),
    ] {
        let error = Table::parse(text).expect_err(text);
        assert!(error.starts_with(&format!("line {line}:")), "{error}");
    }
}
