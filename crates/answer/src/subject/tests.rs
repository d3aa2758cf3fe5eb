use serde_json::json;

use super::*;

#[track_caller]
fn check(json: &Json, expected: &str) {
    let error = Subject::read(json).expect_err("does not fit");
    assert_eq!(error.to_string(), expected);
    assert!(
        expected.contains(&format!("`{}`", error.path())),
        "{expected}"
    );
}

#[track_caller]
fn check_value(json: &Json, expected: &Value) {
    let subject =
        Subject::read(&json!({"kind": "order", "facts": {"a": json}})).expect("a subject");
    assert_eq!(subject.facts.len(), 1, "{json}");
    assert!(subject.facts[0].value == *expected, "{json}");
}

fn decimal(text: &str) -> Decimal {
    Decimal::read(text).expect("a decimal")
}

fn amount(value: &str, currency: &str) -> Value {
    Value::Amount(Amount {
        value: decimal(value),
        currency: currency.to_owned(),
    })
}

#[test]
fn values_have_types() {
    check_value(&json!("1250.00 EUR"), &amount("1250.00", "EUR"));
    check_value(&json!("EUR 1250,00"), &amount("1250.00", "EUR"));
    check_value(
        &json!({"amount": "12.5", "currency": "PLN"}),
        &amount("12.5", "PLN"),
    );
    check_value(
        &json!({"amount": 1250, "currency": "EUR"}),
        &amount("1250", "EUR"),
    );
    check_value(&json!("1.250 EUR"), &Value::Text("1.250 EUR".to_owned()));
    check_value(
        &json!("2026-11-25"),
        &Value::Date("2026-11-25".parse().unwrap()),
    );
    check_value(&json!(12.50), &Value::Number(decimal("12.5")));
    check_value(&json!(12.0), &Value::Number(decimal("12")));
    check_value(&json!(-3), &Value::Number(decimal("-3")));
    check_value(&json!(1e30), &Value::Text(json!(1e30).to_string()));
    check_value(&json!(true), &Value::Boolean(true));
    check_value(&json!("in_transit"), &Value::Code("in_transit".to_owned()));
    check_value(&json!("DELIVERED"), &Value::Code("DELIVERED".to_owned()));
    check_value(&json!("PostNL"), &Value::Text("PostNL".to_owned()));
    check_value(&json!("3SABC1234"), &Value::Text("3SABC1234".to_owned()));
    check_value(&json!("a\u{202E}b\n<i>"), &Value::Text("ab <i>".to_owned()));
}

#[test]
fn an_amount_may_stand_in_two_fields() {
    let facts =
        json!({"payout": {"amount": 1250.5, "currency": "EUR", "expected_on": "2026-11-25"}});
    let subject = Subject::read(&json!({"kind": "order", "facts": facts})).expect("a subject");
    assert_eq!(subject.facts[0].path, "subject.facts.payout.amount");
    assert!(subject.facts[0].value == amount("1250.5", "EUR"));
    assert_eq!(subject.facts[0].sent, json!(1250.5));
}

#[test]
fn what_does_not_fit_is_named() {
    let with = |facts: Json| json!({"kind": "order", "facts": facts});
    check(&json!([]), "`subject` must be an object, not an array");
    check(&json!("order"), "`subject` must be an object, not a string");
    check(&json!({}), "`subject.kind` is missing");
    check(
        &json!({"kind": 5}),
        "`subject.kind` must be a string, not a number",
    );
    check(
        &json!({"kind": "a", "id": ["x"]}),
        "`subject.id` must be a string, not an array",
    );
    check(
        &json!({"kind": "a", "facts": []}),
        "`subject.facts` must be an object, not an array",
    );
    check(
        &json!({"kind": "a", "admin": true}),
        "`subject.admin` is no field of a subject; it has `kind`, `id`, `label` and `facts`",
    );
    let identifier =
        "is no identifier: write a letter, then at most 40 letters, digits, `_` or `-` in all";
    check(
        &json!({"kind": "an order"}),
        &format!("`subject.kind` {identifier}"),
    );
    check(
        &json!({"kind": ""}),
        &format!("`subject.kind` {identifier}"),
    );
    check(
        &json!({"kind": "k".repeat(41)}),
        &format!("`subject.kind` {identifier}"),
    );
    check(
        &with(json!({"a b": 1})),
        &format!("`subject.facts.a b` {identifier}"),
    );
    check(
        &with(json!({"p": {"<script>": 1}})),
        &format!("`subject.facts.p.<script>` {identifier}"),
    );
    check(
        &with(json!({"a": "x".repeat(201)})),
        "`subject.facts.a` is longer than 200 characters",
    );
    check(
        &json!({"kind": "a", "label": "x".repeat(201)}),
        "`subject.label` is longer than 200 characters",
    );
    check(
        &with(json!({"a": {"b": {"c": {"d": {"e": 1}}}}})),
        "`subject.facts.a.b.c.d.e` lies deeper than 4 levels",
    );
    let many: Map<String, Json> = (0..65).map(|n| (format!("k{n}"), json!(n))).collect();
    check(
        &with(Json::Object(many)),
        "`subject.facts` holds more than 64 facts",
    );
    let large: Map<String, Json> = (0..64)
        .map(|n| (format!("k{n}"), json!("é".repeat(200))))
        .collect();
    check(
        &with(Json::Object(large)),
        "`subject` takes more than 16384 bytes",
    );
    check(
        &with(json!({"due": "2026-02-30"})),
        "`subject.facts.due` is no date or time of the calendar; write one such as `2026-11-25`",
    );
    check(
        &with(json!({"due": "2026-02-03T25:00"})),
        "`subject.facts.due` is no date or time of the calendar; write one such as `2026-11-25`",
    );
    check(
        &with(json!({"payout": {"amount": "a lot", "currency": "EUR"}})),
        "`subject.facts.payout` is no amount; write one such as `1250.00 EUR`",
    );
}

#[test]
fn limits_are_what_just_fits() {
    let four = json!({"a": {"b": {"c": {"d": 1}}}});
    let many: Map<String, Json> = (0..64)
        .map(|n| (format!("k{n}"), json!("x".repeat(200))))
        .collect();
    for facts in [four, Json::Object(many)] {
        let subject = json!({"kind": "k".repeat(40), "label": "é".repeat(200), "facts": facts});
        assert!(Subject::read(&subject).is_ok());
    }
}

#[test]
fn nothing_is_shown_in_a_log() {
    let subject =
        json!({"kind": "order", "id": "canary", "label": "canary", "facts": {"a": "canary"}});
    let subject = Subject::read(&subject).expect("a subject");
    assert_eq!(format!("{subject:?}"), "Subject { n_facts: 1, .. }");
    assert_eq!(format!("{:?}", subject.facts), "[Fact { .. }]");
}
