use std::path::Path;

use super::*;

mod postgres;

#[track_caller]
fn check_url(url: &str, shown: &str) {
    let url = ServerUrl::new(url);
    assert_eq!(url.to_string(), shown);
    assert_eq!(format!("{url:?}"), shown);
    let config = DatabaseConfig {
        url,
        ..DatabaseConfig::default()
    };
    let table = toml::Table::try_from(&config).expect("a table");
    assert_eq!(table["url"].as_str(), Some(shown));
}

#[test]
fn passwords_in_addresses_are_shown_to_nobody() {
    check_url("", "");
    check_url("postgres://db:5432/help", "postgres://db:5432/help");
    check_url("postgres://ada@db/help", "postgres://ada@db/help");
    check_url("postgres://ada:s3cret@db/help", "postgres://ada@db/help");
    check_url("postgres://ada:s3@cret@db/help", "postgres://ada@db/help");
    check_url(
        "postgres://db/help?user=ada&password=s3cret",
        "postgres://db/help",
    );
    check_url("ada:s3cret@db", "***");
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut DatabaseConfig), key: &str) {
    let mut config = DatabaseConfig {
        url: ServerUrl::new("postgres://ada@db/help"),
        ..DatabaseConfig::default()
    };
    config.validate().expect("fits");
    change(&mut config);
    let error = config.validate().expect_err("refused").to_string();
    assert!(error.starts_with(&format!("`postgres.{key}` ")), "{error}");
}

#[test]
fn settings_that_do_not_fit_are_refused_by_name() {
    check_refused(|config| config.url = ServerUrl::default(), "url");
    check_refused(|config| config.url = ServerUrl::new("mysql://db"), "url");
    check_refused(|config| config.url = ServerUrl::new("db:5432"), "url");
    check_refused(
        |config| config.url = ServerUrl::new("postgres://db/help?sslmode=maybe"),
        "url",
    );
    check_refused(
        |config| config.read_urls = vec![ServerUrl::default()],
        "read_urls",
    );
    for name in ["", "Loket", "pg_loket", "1a", "a-b", "a\"b", "a b", "é"] {
        check_refused(|config| config.schema = name.to_owned(), "schema");
    }
    check_refused(|config| config.schema = "a".repeat(41), "schema");
    check_refused(|config| config.max_connections = 1, "max_connections");
    check_refused(|config| config.connect_timeout_ms = 0, "connect_timeout_ms");
    check_refused(
        |config| config.statement_timeout_ms = 600_001,
        "statement_timeout_ms",
    );
}

#[cfg(unix)]
#[test]
fn a_password_file_is_read_only_when_others_cannot() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("password");
    let read = |text: &str, mode: u32| {
        fs_err::write(&path, text).expect("written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs_err::set_permissions(&path, mode).expect("set");
        config_of(&path).password()
    };
    assert_eq!(
        read("s3cret\n", 0o600).expect("read"),
        Some("s3cret".into())
    );
    assert_eq!(
        read("s3 cret", 0o440).expect("read"),
        Some("s3 cret".into())
    );
    for (text, mode) in [
        ("s3cret", 0o644),
        ("s3cret", 0o660),
        ("", 0o600),
        ("a\nb", 0o600),
    ] {
        let error = read(text, mode).expect_err("refused").to_string();
        assert!(error.starts_with("`postgres.password_file` "), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
    let missing = config_of(&dir.path().join("none")).password();
    assert!(matches!(missing, Err(DatabaseError::Config { .. })));
}

fn config_of(path: &Path) -> DatabaseConfig {
    DatabaseConfig {
        password_file: Some(path.to_owned()),
        ..DatabaseConfig::default()
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_by_its_address() {
    // Nobody listens on the port of a socket that is bound and not listened to.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("an address").port();
    drop(socket);
    let config = DatabaseConfig {
        url: ServerUrl::new(format!("postgres://ada:s3cret@127.0.0.1:{port}/help")),
        connect_timeout_ms: 500,
        ..DatabaseConfig::default()
    };
    let error = Database::connect(&config).await.expect_err("nobody there");
    assert!(error.is_transient() && error.is_outage());
    let shown = error.to_string();
    assert!(
        shown.contains(&format!("postgres://ada@127.0.0.1:{port}/help")),
        "{shown}"
    );
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test(start_paused = true)]
async fn what_may_succeed_in_a_moment_is_run_again_until_the_time_is_over() {
    let lost = || DatabaseError::Lost {
        source: sqlx::Error::WorkerCrashed,
    };
    let second = std::time::Duration::from_secs(1);
    let mut n = 0;
    let done = retry(second, || {
        n += 1;
        let done = if n < 3 { Err(lost()) } else { Ok(n) };
        std::future::ready(done)
    });
    assert_eq!(done.await.expect("in the end"), 3);
    let mut n = 0;
    let failed: Result<(), _> = retry(second, || {
        n += 1;
        std::future::ready(Err(DatabaseError::TooOld { found: "9".into() }))
    })
    .await;
    assert!(failed.is_err());
    assert_eq!(n, 1);
}
