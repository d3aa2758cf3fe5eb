use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

const ORDER: &str = r#"{"kind":"order","id":"o-77","label":"Omega Seamaster 1967","facts":{"payout":{"amount":"1250.00 EUR","expected_on":"2026-11-25"}}}"#;

fn with_secret() -> ServerConfig {
    ServerConfig {
        token_secret: SECRET.to_owned().into(),
        ..ServerConfig::default()
    }
}

fn made_for() -> String {
    format!(
        r#"{{"customer":{{"id":"c-19","signed_in":true}},"subjects":[{ORDER},{{"kind":"object","id":"x-1"}}]}}"#
    )
}

/// A reply without what differs between two of the same question.
fn told(reply: &Reply) -> Value {
    let mut body = reply.json();
    for field in ["id", "timings_ms"] {
        body.as_object_mut().unwrap().remove(field);
    }
    body
}

#[tokio::test]
async fn a_token_stands_for_exactly_what_is_in_it() {
    let guarded = guarded().await;
    let token = guarded.token(&made_for()).await;
    let question = |more: &str| {
        format!(
            r#"{{"question":"When do I get my payout?","language":"en","audience":"seller","at":"2026-11-22T10:00:00+01:00","mode":"extractive"{more}}}"#
        )
    };
    let ask =
        async |bearer: &str, more: &str| guarded.post("/v1/answers", bearer, &question(more)).await;
    let believed = ask(
        &guarded.backend,
        &format!(r#","customer":{{"id":"c-19","signed_in":true}},"subject":{ORDER}"#),
    )
    .await;
    assert!(believed.text.contains("2026-11-25"), "{}", believed.text);
    for named in [r#"{"id":"o-77"}"#, r#"{"kind":"order","id":"o-77"}"#] {
        let reply = ask(&token, &format!(r#","subject":{named}"#)).await;
        assert_eq!(told(&reply), told(&believed));
    }
    // Nothing named, nothing told.
    let plain = told(&ask(&guarded.backend, "").await);
    assert_eq!(told(&ask(&token, "").await), plain);
    assert_eq!(told(&ask(&guarded.widget, "").await), plain);

    for (bearer, more, field) in [
        (&token, r#","customer":{"id":"c-20"}"#, "customer"),
        (&token, r#","customer":{"id":"c-19"}"#, "customer"),
        (&token, r#","subject":{"id":"o-78"}"#, "subject.id"),
        (
            &token,
            r#","subject":{"kind":"object","id":"o-77"}"#,
            "subject.id",
        ),
        (&token, r#","subject":{"kind":"order"}"#, "subject.id"),
        (&token, r#","subject":{"id":["o-77"]}"#, "subject.id"),
        (&token, r#","subject":"o-77""#, "subject"),
        (
            &token,
            r#","subject":{"id":"o-77","facts":{}}"#,
            "subject.facts",
        ),
        (
            &token,
            r#","subject":{"id":"o-77","label":"mine"}"#,
            "subject.label",
        ),
        (&guarded.widget, r#","customer":{"id":"c-19"}"#, "customer"),
        (&guarded.widget, r#","customer":{}"#, "customer"),
        (&guarded.widget, r#","subject":{"id":"o-77"}"#, "subject"),
    ] {
        for path in ["/v1/answers", "/v1/escalations"] {
            let mut body: Value = serde_json::from_str(&question(more)).unwrap();
            if path == "/v1/escalations" {
                body.as_object_mut().unwrap().remove("at");
                body.as_object_mut().unwrap().remove("mode");
            }
            let reply = guarded.post(path, bearer, &body.to_string()).await;
            check(&reply, 403, "context_not_allowed");
            assert_eq!(reply.json()["field"], field, "{more}");
            assert!(!reply.text.contains("1250"), "{}", reply.text);
        }
    }
    // A field that is there twice: neither of the two.
    let twice = ask(&token, r#","subject":{"id":"o-77"},"subject":{"id":"x-1"}"#).await;
    check(&twice, 422, "duplicate_field");
    let twice = ask(&guarded.backend, r#","customer":{"id":"c-19","id":"c-20"}"#).await;
    check(&twice, 422, "duplicate_field");
}

fn sign(header: &Value, claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

/// E4: everything that can be wrong with a token, by its name.
#[tokio::test]
async fn forged_tokens_are_refused_by_name() {
    let guarded = guarded_with(with_secret()).await;
    let token = guarded.token(&made_for()).await;
    let claims = token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let with = |key: &str, value: Value| {
        let mut claims = claims.clone();
        claims[key] = value;
        claims
    };
    let hs256 = json!({"alg":"HS256","typ":"JWT"});
    let now = Timestamp::now().as_second();
    let unsigned = sign(&json!({"alg":"none"}), &claims, SECRET);
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    let other = sign(
        &hs256,
        &with("customer", json!({"id":"c-20","signed_in":true})),
        SECRET,
    );
    let parts: Vec<&str> = token.split('.').collect();
    let swapped = format!(
        "{}.{}.{}",
        parts[0],
        other.split('.').nth(1).unwrap(),
        parts[2]
    );
    for (token, name) in [
        (unsigned, "token_algorithm"),
        (
            sign(&json!({"alg":"HS384"}), &claims, SECRET),
            "token_algorithm",
        ),
        (
            sign(&json!({"alg":"RS256"}), &claims, SECRET),
            "token_algorithm",
        ),
        (
            sign(&hs256, &with("exp", json!(now - 1)), SECRET),
            "token_expired",
        ),
        (
            sign(&hs256, &with("aud", json!("another")), SECRET),
            "token_audience",
        ),
        (
            sign(&hs256, &with("aud", json!(["another"])), SECRET),
            "token_invalid",
        ),
        (
            sign(&hs256, &with("exp", json!(now + 100_000)), SECRET),
            "token_invalid",
        ),
        (
            sign(&hs256, &with("key", json!("0000000000000000")), SECRET),
            "token_invalid",
        ),
        (
            sign(&hs256, &claims, "another secret of more than 32 bytes"),
            "token_invalid",
        ),
        (swapped, "token_invalid"),
        (format!("{token}A"), "token_invalid"),
        ("a.b.c".to_owned(), "token_invalid"),
        ("nonsense".to_owned(), "token_invalid"),
    ] {
        for path in ["/v1/answers", "/v1/escalations", "/v1/search"] {
            check(&guarded.post(path, &token, "{}").await, 401, name);
        }
        check(&guarded.get("/v1/session", &token).await, 401, name);
    }
    assert_eq!(
        guarded.get("/v1/session", &token).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_token_ends_with_the_key_it_was_made_with() {
    let guarded = guarded().await;
    let (id, key) = guarded.key(Scope::Backend, None);
    let reply = guarded.post("/v1/tokens", &key, "{}").await;
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    let search = r#"{"query":"money"}"#;
    assert_eq!(
        guarded.post("/v1/search", &token, search).await.status,
        StatusCode::OK
    );
    guarded.file.revoke(&id, Timestamp::now()).unwrap();
    check(
        &guarded.post("/v1/search", &token, search).await,
        401,
        "token_invalid",
    );
}

#[tokio::test]
async fn a_bound_token_is_good_in_its_pages_only() {
    let guarded = guarded().await;
    let token = guarded.token(r#"{"origin":"https://Shop.example"}"#).await;
    let search = async |headers: &[(&str, &str)]| {
        let body = r#"{"query":"money"}"#;
        call(
            &guarded.state,
            Method::POST,
            "/v1/search",
            Some(&token),
            body,
            headers,
        )
        .await
    };
    let good = search(&[("origin", "https://shop.example")]).await;
    assert_eq!(good.status, StatusCode::OK);
    let own = [("host", "shop.example"), ("sec-fetch-site", "same-origin")];
    assert_eq!(search(&own).await.status, StatusCode::OK);
    check(&search(&[]).await, 401, "token_audience");
    check(
        &search(&[("origin", "https://evil.example")]).await,
        401,
        "token_audience",
    );
    check(&search(&[("origin", "null")]).await, 401, "token_audience");
}

#[tokio::test]
async fn tokens_are_made_for_what_fits() {
    let guarded = guarded().await;
    let reply = guarded
        .post("/v1/tokens", &guarded.backend, &made_for())
        .await;
    let told = reply.json();
    assert_eq!(told["expires_in"], 3_600);
    let ends: Timestamp = told["expires_at"].as_str().unwrap().parse().unwrap();
    let left = ends.as_second() - Timestamp::now().as_second();
    assert!((3_590..=3_600).contains(&left), "{left}");
    let token = told["token"].as_str().unwrap();
    let session = guarded.get("/v1/session", token).await.json();
    assert_eq!(session["token"], token);
    assert_eq!(session["customer"]["id"], "c-19");
    assert_eq!(
        session["subjects"],
        json!([{"kind":"order","id":"o-77","label":"Omega Seamaster 1967"},
               {"kind":"object","id":"x-1","label":null}])
    );
    // Another token cannot be made with it.
    check(
        &guarded.post("/v1/tokens", token, "{}").await,
        403,
        "insufficient_scope",
    );

    let long = format!(
        r#"{{"subject":{{"kind":"order","id":"o","label":"{}","facts":{{"a":"{}"}}}}}}"#,
        "a".repeat(190),
        "b".repeat(190)
    );
    assert_eq!(
        guarded
            .post("/v1/tokens", &guarded.backend, &long)
            .await
            .status,
        StatusCode::CREATED
    );
    let many: Vec<Value> = (0..100)
        .map(|n| json!({"kind":"order","id":format!("o-{n}"),"label":"a".repeat(80)}))
        .collect();
    let many = json!({ "subjects": many }).to_string();
    for (body, status, name, field) in [
        (r#"{"expires_in":0}"#, 400, "invalid_field", "expires_in"),
        (
            r#"{"expires_in":86401}"#,
            400,
            "invalid_field",
            "expires_in",
        ),
        (
            r#"{"origin":"shop.example"}"#,
            400,
            "invalid_field",
            "origin",
        ),
        (
            r#"{"subject":{"kind":"a","id":"1"},"subjects":[]}"#,
            400,
            "invalid_field",
            "subject",
        ),
        (
            r#"{"subject":{"kind":"order"}}"#,
            422,
            "invalid_subject",
            "subject.id",
        ),
        (
            r#"{"subject":{"id":"o-1"}}"#,
            422,
            "invalid_subject",
            "subject.kind",
        ),
        (
            r#"{"subjects":[{"kind":"a","id":"1"},{"kind":"a"}]}"#,
            422,
            "invalid_subject",
            "subjects[1].id",
        ),
        (
            r#"{"subjects":[{"kind":"a","id":"1"},{"kind":"b","id":"1"}]}"#,
            422,
            "invalid_subject",
            "subjects[1].id",
        ),
        (r#"{"scope":"admin"}"#, 400, "invalid_field", "scope"),
        (&many, 413, "too_large", "subjects"),
    ] {
        let reply = guarded.post("/v1/tokens", &guarded.backend, body).await;
        check(&reply, status, name);
        assert_eq!(reply.json()["field"], field, "{body}");
    }
    // Without keys there is nobody to make one for.
    let reply = post(&unloaded(), "/v1/tokens", "{}").await;
    check(&reply, 401, "key_missing");
}
