use std::{ffi::OsString, path::Path};

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)))
        .collect()
}

fn load_text(text: &str, pairs: &[(&str, &str)]) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("loket.toml");
    fs_err::write(&path, text).unwrap();
    load(Some(&path), variables(pairs)).map_err(|error| {
        let line = crate::failure::line(&anyhow::Error::from(error));
        line.replace(&path.display().to_string(), "loket.toml")
    })
}

#[track_caller]
fn check_refused(text: &str, pairs: &[(&str, &str)], message: &str) {
    let refused = load_text(text, pairs).expect_err("refused");
    assert!(refused.starts_with(message), "{refused}");
    assert!(!refused.contains('\n'), "{refused}");
}

#[test]
fn a_later_layer_wins() {
    let file =
        "[server]\nqueue_length = 3\n[index]\nkb = \"articles\"\n[answer]\nmin_support = 0.25\n";
    let config = load_text(
        file,
        &[
            ("LOKET_SERVER__QUEUE_LENGTH", "7"),
            ("LOKET_MODELS__OFFLINE", "1"),
        ],
    );
    let config = config.expect("fine");
    assert_eq!(config.server.queue_length.get(), 7);
    assert_eq!(config.index.kb, PathBuf::from("articles"));
    assert_eq!(config.index.data_dir, PathBuf::from(".loket"));
    assert!(config.models.offline);
    assert!((config.answer.min_support.get() - 0.25).abs() < f32::EPSILON);
}

#[test]
fn variables_take_the_type_of_their_setting() {
    let config = load_text(
        "",
        &[
            ("LOKET_INDEX__KB", "2026"),
            ("LOKET_MODELS__FOLDER", "true"),
            ("LOKET_ANSWER__MIN_SUPPORT", "0"),
            ("LOKET_SUPPORT__SENSITIVE_TOPICS", "[\"fraud\"]"),
            ("LOKET_MODELS_DIR", "not a setting"),
        ],
    )
    .expect("fine");
    assert_eq!(config.index.kb, PathBuf::from("2026"));
    assert_eq!(config.models.folder, Some(PathBuf::from("true")));
    assert!(config.answer.min_support.get().abs() < f32::EPSILON);
    assert_eq!(config.support.sensitive_topics, ["fraud"]);
}

#[test]
fn a_secret_may_lie_in_a_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("secret");
    fs_err::write(&path, "0123456789abcdef0123456789abcdef\n").expect("written");
    let path = path.to_str().expect("UTF-8");
    let config = load_text("", &[("LOKET_SERVER__TOKEN_SECRET_FILE", path)]).expect("fine");
    assert_eq!(
        config.server.token_secret.reveal(),
        "0123456789abcdef0123456789abcdef"
    );
    let printed = config.to_toml().expect("TOML").to_string();
    assert!(!printed.contains("0123456789abcdef"), "{printed}");
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
    check_refused(
        "",
        &[("LOKET_SERVER__TOKEN_SECRET_FILE", "/nonexistent/secret")],
        "variable `LOKET_SERVER__TOKEN_SECRET_FILE`: `/nonexistent/secret` cannot be read",
    );
    // Only secrets are read from files.
    check_refused(
        "",
        &[("LOKET_SERVER__BIND_FILE", path)],
        "variable `LOKET_SERVER__BIND_FILE`: unknown key `bind_file`",
    );
}

#[test]
fn postgres_is_checked_where_it_is_used_and_its_password_shown_to_nobody() {
    let url = "postgres://ada:s3cret@db.internal/help?sslmode=require";
    let config = load_text(
        "[index]\nengine = \"postgres\"\n",
        &[
            ("LOKET_POSTGRES__URL", url),
            ("LOKET_POSTGRES__MAX_CONNECTIONS", "4"),
            ("LOKET_POSTGRES__PASSWORD_FILE", "/run/secrets/postgres"),
        ],
    )
    .expect("fine");
    assert_eq!(config.index.engine, IndexEngine::Postgres);
    assert_eq!(config.postgres.max_connections, 4);
    // The path of the file, not what is in it.
    assert_eq!(
        config.postgres.password_file.as_deref(),
        Some(Path::new("/run/secrets/postgres"))
    );
    config.validate().expect("fits");
    let printed = config.to_toml().expect("TOML").to_string();
    assert!(!printed.contains("s3cret"), "{printed}");
    assert!(
        printed.contains("postgres://ada@db.internal/help"),
        "{printed}"
    );
    check_refused(
        "[index]\nengine = \"oracle\"\n",
        &[],
        "`loket.toml` line 2: unknown variant `oracle`, expected `embedded` or `postgres`",
    );
    let refused = |text: &str| {
        let config = load_text(text, &[]).expect("it can be read");
        let error = config.validate().expect_err("refused");
        crate::failure::line(&error.into())
    };
    assert!(
        refused("[index]\nengine = \"postgres\"\n")
            .starts_with("`postgres`: `postgres.url` is empty")
    );
    let wrong = "[postgres]\nurl = \"postgres://db/help\"\nschema = \"A b\"\n";
    assert!(refused(wrong).starts_with("`postgres`: `postgres.schema` `A b` is no name"));
    load_text("", &[])
        .expect("fine")
        .validate()
        .expect("not used");
}

#[test]
fn origins_and_proxies_are_checked() {
    let config = load_text(
        "[server]\nallowed_origins = [\"https://Shop.example:443\"]\ntrusted_proxies = [\"10.0.0.0/8\", \"127.0.0.1\"]\n",
        &[],
    )
    .expect("fine");
    assert_eq!(
        config.server.allowed_origins[0].as_str(),
        "https://shop.example"
    );
    assert_eq!(config.server.trusted_proxies[1].to_string(), "127.0.0.1/32");
    check_refused(
        "[server]\nallowed_origins = [\"*\"]\n",
        &[],
        "`loket.toml` line 2: `*` is no origin",
    );
    check_refused(
        "[server]\ntrusted_proxies = [\"proxy\"]\n",
        &[],
        "`loket.toml` line 2: `proxy` is no address or network",
    );
}

#[test]
fn unknown_keys_are_named_with_their_place_and_the_known_ones() {
    check_refused(
        "\n[server]\nbnd = \"x\"\n",
        &[],
        "`loket.toml` line 3: unknown key `bnd`, expected one of `bind`, `queue_length`",
    );
    check_refused(
        "[sever]\n",
        &[],
        "`loket.toml` line 1: unknown key `sever`, expected one of `models`",
    );
    check_refused(
        "",
        &[("LOKET_SERVER__BND", "x")],
        "variable `LOKET_SERVER__BND`: unknown key `bnd`, expected one of `bind`",
    );
}

#[test]
fn wrong_values_are_named_with_their_place() {
    check_refused("[server]\nqueue_length = 0\n", &[], "`loket.toml` line 2: ");
    check_refused("[server\n", &[], "`loket.toml` line 1: ");
    check_refused(
        "[answer]\nmin_support = 1.5\n",
        &[],
        "`loket.toml` line 2: 1.5 is not a number",
    );
    check_refused(
        "",
        &[("LOKET_SERVER__QUEUE_LENGTH", "many")],
        "variable `LOKET_SERVER__QUEUE_LENGTH`: `many` is not a whole number",
    );
    check_refused(
        "",
        &[("LOKET_LOG__FORMAT", "xml")],
        "variable `LOKET_LOG__FORMAT`: unknown variant `xml`",
    );
}

#[test]
fn a_file_that_is_named_must_exist() {
    let missing = Path::new("/nonexistent/loket.toml");
    assert!(matches!(
        load(Some(missing), Vec::new()),
        Err(ConfigError::Read { .. })
    ));
}

#[test]
fn what_is_printed_reads_back() {
    let config = Config::default();
    let printed = toml::to_string_pretty(&config.to_toml().expect("TOML")).expect("TOML");
    assert_eq!(toml::from_str::<Config>(&printed).expect("valid"), config);
    assert!(!printed.contains("00000"), "{printed}");
    config.validate().expect("the defaults are valid");
}

#[test]
fn contradictions_are_found() {
    #[track_caller]
    fn check(text: &str, message: &str) {
        let error = load_text(text, &[])
            .expect("readable")
            .validate()
            .expect_err("refused");
        let line = crate::failure::line(&anyhow::Error::from(error));
        assert!(line.starts_with(message), "{line}");
    }
    check(
        "[index]\npassage_tokens = 5000\n",
        "`index.passage_tokens`: 5000 is not",
    );
    check("[log]\nfilter = \"a=b=c\"\n", "`log.filter`: ");
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    let mut table: toml::Table =
        toml::from_str("[a]\napi_key = \"s\"\nkeyboard = \"k\"\n[[b]]\ntoken = \"s\"\n").unwrap();
    mask(&mut table);
    let text = table.to_string();
    assert!(!text.contains("\"s\"") && text.contains("\"k\""), "{text}");
}

#[test]
fn endpoints_are_checked_and_their_keys_are_masked() {
    let invalid = |text: &str| {
        let config = load_text(text, &[]).expect("read");
        let error = config.validate().expect_err("refused");
        crate::failure::line(&anyhow::Error::from(error))
    };
    let line = invalid("[writer]\nengine = \"openai\"\n");
    assert!(
        line.starts_with("`writer`: `url` is no plain address of http or https; "),
        "{line}"
    );
    let line = invalid("[encoder]\nengine = \"tei\"\nurl = \"http://127.0.0.1\"\n");
    assert!(line.starts_with("`encoder`: `model` is empty; "), "{line}");
    let line = invalid(
        "[writer]\nengine = \"openai\"\nurl = \"http://127.0.0.1\"\nmodel = \"m\"\nhedge_after_ms = 6000\n",
    );
    assert!(
        line.starts_with(
            "`writer`: `hedge_after_ms` is 6000, more than half of `first_token_timeout_ms`"
        ),
        "{line}"
    );
    let line = invalid("[server]\nanswer_threads = 1000\n");
    assert_eq!(
        line,
        "`server.answer_threads`: 1000 is not a number from 1 to 256"
    );
    check_refused(
        "[writer]\nfamily = \"ollama\"\n",
        &[],
        "`loket.toml` line 2: ",
    );
    let config = load_text(
        "[writer]\napi_key = \"sk-canary\"\n[writer.extra]\nchat_template_kwargs = { enable_thinking = false }\n",
        &[("LOKET_WRITER__FAMILY", "llama.cpp")],
    );
    let config = config.expect("fine");
    assert_eq!(config.writer.family, inference::remote::Family::LlamaCpp);
    let printed = config.to_toml().expect("TOML").to_string();
    assert!(printed.contains("enable_thinking = false"), "{printed}");
    assert!(!printed.contains("canary"), "{printed}");
    assert!(!format!("{config:?}").contains("canary"));
}
