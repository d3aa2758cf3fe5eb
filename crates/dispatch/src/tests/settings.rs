use std::path::Path;

use support::SmtpSecurity;

use super::*;
use crate::check;

/// `check` of `via`: nothing, or a message that holds `expected`.
#[track_caller]
fn check_settings(via: Via, expected: Option<&str>) {
    let message = check(&destination(via))
        .err()
        .map(|error| error.to_string());
    match (message, expected) {
        (None, None) => {}
        (Some(message), Some(part)) => assert!(message.contains(part), "{message}"),
        (message, _) => panic!("{message:?}"),
    }
}

fn with_secret(text: &str) -> Via {
    Via::Webhook {
        url: "https://hooks.example.org/a?key=b".to_owned(),
        secret: secret(text),
        old_secret: None,
        allow: Vec::new(),
    }
}

#[test]
fn a_webhook_needs_a_secret_of_the_standard() {
    check_settings(with_secret(WEBHOOK_SECRET), None);
    check_settings(with_secret(""), Some("via.secret"));
    check_settings(with_secret(&WEBHOOK_SECRET[6..]), Some("via.secret"));
    check_settings(with_secret("whsec_c2hvcnQ="), Some("24 to 64"));
    check_settings(with_secret("whsec_not base64"), Some("via.secret"));
    let long = format!("whsec_{}", "AAAA".repeat(22));
    check_settings(with_secret(&long), Some("24 to 64"));
    let mut old = with_secret(WEBHOOK_SECRET);
    if let Via::Webhook { old_secret, .. } = &mut old {
        *old_secret = Some(secret("whsec_c2hvcnQ="));
    }
    check_settings(old, Some("24 to 64"));
}

#[test]
fn a_help_desk_needs_a_url_and_a_key() {
    let freshdesk = |url: &str, key: &str| Via::Freshdesk {
        url: url.to_owned(),
        key: secret(key),
        allow: Vec::new(),
    };
    check_settings(freshdesk("https://a.freshdesk.com", "sesame"), None);
    check_settings(freshdesk("https://a.freshdesk.com/", "sesame"), None);
    check_settings(
        freshdesk("http://a.freshdesk.com", "sesame"),
        Some("`via.url`"),
    );
    check_settings(
        freshdesk("https://a.freshdesk.com?a=b", "sesame"),
        Some("query"),
    );
    check_settings(freshdesk("https://a.freshdesk.com", ""), Some("`via.key`"));
    check_settings(
        freshdesk("https://a.freshdesk.com", "a\r\nb"),
        Some("`via.key`"),
    );
}

fn mail(host: &str, security: SmtpSecurity, from: &str, to: &str) -> Via {
    Via::Smtp {
        host: host.to_owned(),
        port: None,
        security,
        user: None,
        password: Secret::default(),
        from: from.to_owned(),
        to: to.to_owned(),
        ca_file: None,
    }
}

#[test]
fn mail_needs_addresses_and_leaves_the_machine_protected() {
    let (from, to) = ("Help <no-reply@example.org>", "team@example.org");
    check_settings(
        mail("mail.example.org", SmtpSecurity::Starttls, from, to),
        None,
    );
    check_settings(mail("localhost", SmtpSecurity::None, from, to), None);
    check_settings(mail("127.0.0.1", SmtpSecurity::None, from, to), None);
    check_settings(
        mail("10.0.0.1", SmtpSecurity::None, from, to),
        Some("`via.security`"),
    );
    check_settings(
        mail("localhost.example.org", SmtpSecurity::None, from, to),
        Some("starttls"),
    );
    check_settings(mail("", SmtpSecurity::Tls, from, to), Some("`via.host`"));
    check_settings(
        mail("localhost", SmtpSecurity::None, "nobody", to),
        Some("`via.from`"),
    );
    let two = "a@example.org\r\nBcc: b@example.org";
    check_settings(
        mail("localhost", SmtpSecurity::None, from, two),
        Some("`via.to`"),
    );
}

#[test]
fn a_user_has_a_password() {
    let login = |name: Option<&str>, word: &str| {
        let mut via = mail(
            "localhost",
            SmtpSecurity::None,
            "a@example.org",
            "b@example.org",
        );
        if let Via::Smtp { user, password, .. } = &mut via {
            *user = name.map(str::to_owned);
            *password = secret(word);
        }
        via
    };
    check_settings(login(Some("ann"), "sesame"), None);
    check_settings(login(Some("ann"), ""), Some("`via.password`"));
    check_settings(login(None, "sesame"), Some("`via.user`"));
}

#[test]
fn a_file_of_certificates_holds_one() {
    let folder = tempfile::tempdir().unwrap();
    let with = |path: &Path| {
        let mut via = mail(
            "localhost",
            SmtpSecurity::Tls,
            "a@example.org",
            "b@example.org",
        );
        if let Via::Smtp { ca_file, .. } = &mut via {
            *ca_file = Some(path.to_owned());
        }
        via
    };
    let path = folder.path().join("ca.pem");
    check_settings(with(&path), Some("`via.ca_file`"));
    fs_err::write(&path, "no certificate").unwrap();
    check_settings(with(&path), Some("ca.pem"));
    // The reader takes any DER; whether it is a certificate shows when a server is held against it.
    let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    fs_err::write(&path, pem).unwrap();
    check_settings(with(&path), None);
}
