use serde_json::json;

use super::*;

fn tokens(secret: &str, audience: &str) -> Tokens {
    Tokens::new(&Secret::from(secret.to_owned()), audience)
}

fn ours() -> Tokens {
    tokens("0123456789abcdef0123456789abcdef", "loket")
}

fn claims(of: &Tokens) -> Claims {
    Claims {
        customer: Some(Customer {
            id: Some("c-19".to_owned()),
            signed_in: Some(true),
        }),
        subjects: vec![json!({"kind":"order","id":"o-77"})],
        ..of.claims(Timestamp::now(), 60, "s-1".to_owned())
    }
}

/// A token with any header and any claims, signed as `with` signs.
fn forge(header: &Value, claims: &Value, with: &Tokens) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &with.sign, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

#[test]
fn what_was_signed_is_read() {
    let claims = claims(&ours());
    let token = ours().issue(&claims).unwrap();
    assert_eq!(ours().read(&token), Ok(claims));
    assert!(!format!("{:?}", ours()).contains("0123456789"));
}

#[test]
fn a_signature_is_the_standards() {
    // RFC 7515, appendix A.1.
    let secret = URL_SAFE_NO_PAD
        .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
        .unwrap();
    hs256::install();
    let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = jsonwebtoken::crypto::sign(
        message.as_bytes(),
        &EncodingKey::from_secret(&secret),
        Algorithm::HS256,
    );
    assert_eq!(
        signature.unwrap(),
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
}

#[test]
fn forgeries_are_told_apart() {
    let ours = ours();
    let good = serde_json::to_value(claims(&ours)).unwrap();
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        claims[key] = value;
        claims
    };
    let hs256 = json!({"alg":"HS256","typ":"JWT"});
    let now = Timestamp::now().as_second();
    let without_end = {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove("exp");
        claims
    };
    let unsigned = |alg: &str| {
        let token = forge(&json!({ "alg": alg }), &good, &ours);
        let message = token.rsplit_once('.').unwrap().0;
        format!("{message}.")
    };
    let token = forge(&hs256, &good, &ours);
    let parts: Vec<&str> = token.split('.').collect();
    let other = forge(&hs256, &with("customer", json!({"id":"c-20"})), &ours);
    let other_claims = other.split('.').nth(1).unwrap();
    let other_secret = tokens("ffffffffffffffffffffffffffffffff", "loket");
    for (token, expected) in [
        (unsigned("none"), TokenError::Algorithm),
        (unsigned("NONE"), TokenError::Algorithm),
        (unsigned("HS256"), TokenError::Invalid),
        (
            forge(&json!({"alg":"HS512"}), &good, &ours),
            TokenError::Algorithm,
        ),
        (
            forge(&json!({"alg":"RS256"}), &good, &ours),
            TokenError::Algorithm,
        ),
        (
            forge(&json!({"alg":7}), &good, &ours),
            TokenError::Algorithm,
        ),
        (forge(&json!({}), &good, &ours), TokenError::Invalid),
        (
            forge(&hs256, &with("exp", json!(now - 1)), &ours),
            TokenError::Expired,
        ),
        (
            forge(&hs256, &with("aud", json!("another")), &ours),
            TokenError::Audience,
        ),
        (
            forge(&hs256, &with("exp", json!(now + 90_000)), &ours),
            TokenError::Invalid,
        ),
        (forge(&hs256, &without_end, &ours), TokenError::Invalid),
        (
            forge(&hs256, &with("admin", json!(true)), &ours),
            TokenError::Invalid,
        ),
        (forge(&hs256, &good, &other_secret), TokenError::Invalid),
        (
            format!("{}.{other_claims}.{}", parts[0], parts[2]),
            TokenError::Invalid,
        ),
        (format!("{}.{}", parts[0], parts[1]), TokenError::Invalid),
        (format!("{token}.x"), TokenError::Invalid),
        (String::new(), TokenError::Invalid),
        ("..".to_owned(), TokenError::Invalid),
        ("a".repeat(1 << 20), TokenError::Invalid),
    ] {
        assert_eq!(ours.read(&token), Err(expected), "{token}");
    }
    assert!(ours.read(&token).is_ok());
    assert_eq!(
        tokens("0123456789abcdef0123456789abcdef", "another").read(&token),
        Err(TokenError::Audience)
    );
}

#[test]
fn the_secret_is_made_once_and_can_be_given() {
    let dir = tempfile::tempdir().unwrap();
    let none = Secret::default();
    let made = secret(&none, dir.path()).unwrap();
    assert_eq!(made.reveal().len(), 64);
    assert_eq!(secret(&none, dir.path()).unwrap(), made);
    let path = dir.path().join("state/token_secret");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    fs_err::write(&path, &made.reveal()[..10]).unwrap();
    let error = secret(&none, dir.path()).unwrap_err().to_string();
    assert!(error.contains("state/token_secret` is damaged"), "{error}");
    let given = Secret::from("an own secret of more than 32 bytes".to_owned());
    assert_eq!(secret(&given, dir.path()).unwrap(), given);
    let short = Secret::from("short".to_owned());
    assert!(matches!(
        secret(&short, dir.path()),
        Err(SecretError::Short)
    ));
}
