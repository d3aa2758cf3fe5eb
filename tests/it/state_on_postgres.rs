//! The state store moves from the data folder to PostgreSQL, and commands find it there.

use std::time::{SystemTime, UNIX_EPOCH};

use acceptance::Sandbox;

const QUESTION: &str = "How many days do I have to return an order?";

/// Has the settings name a server; `engine` says where index and state lie.
fn settings(sandbox: &Sandbox, engine: &str, url: &str, schema: &str) {
    sandbox.write_settings(&format!(
        "[postgres]\nurl = {url:?}\nschema = {schema:?}\nconnect_timeout_ms = 500\n"
    ));
    let path = sandbox.path("loket.toml");
    let text = fs_err::read_to_string(&path).expect("settings");
    let text = text.replace("[index]\n", &format!("[index]\nengine = {engine:?}\n"));
    fs_err::write(&path, text).expect("settings");
}

#[test]
fn a_server_that_is_away_is_told_in_one_line_without_its_password() {
    let sandbox = Sandbox::new();
    let url = "postgres://ada:s3cret@127.0.0.1:1/help";
    settings(&sandbox, "postgres", url, "loket");
    let ran = sandbox.run(&["handoff", "list"]);
    assert!(!ran.err.contains("s3cret"), "{}", ran.err);
    ran.expect_failure(&[
        "listing hand-offs: PostgreSQL at `postgres://ada@127.0.0.1:1/help` cannot be reached",
        "check `postgres.url`",
    ]);
    let shown = sandbox.run(&["config", "print"]).expect(0);
    assert!(!shown.out.contains("s3cret"), "{}", shown.out);
}

mod postgres {
    use super::*;

    #[test]
    #[ignore = "needs PostgreSQL: bash tests/postgres/run"]
    fn a_store_is_copied_once_and_found_there() {
        let url = std::env::var("LOKET_TEST_POSTGRES").expect(
            "LOKET_TEST_POSTGRES is not set: run this through `bash tests/postgres/run cargo test …`",
        );
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let schema = format!("it{}", now.expect("a time").as_nanos());
        let sandbox = Sandbox::new();
        settings(&sandbox, "embedded", &url, &schema);
        let none = sandbox.run(&["store", "copy"]);
        none.expect_failure(&["there is no state store in", "--data-dir"]);
        let reply = sandbox.ask(QUESTION, 0);
        let id = reply["id"].as_str().expect("an id");
        let copied = sandbox.run(&["store", "copy", "--json"]).expect(0).json();
        assert_eq!(copied["receipts"], 1);
        assert_eq!(copied["handoffs"], 0);
        let again = sandbox.run(&["store", "copy"]);
        again.expect_failure(&["`receipts` on PostgreSQL is not empty", "postgres.schema"]);
        settings(&sandbox, "postgres", &url, &schema);
        // The file is not looked at any more.
        fs_err::remove_dir_all(sandbox.path("data/state")).expect("removed");
        sandbox.run(&["index"]).expect(0);
        let replayed = sandbox.run(&["answer", "replay", id, "--json"]).json();
        assert_eq!(replayed["receipt"]["id"], id);
        assert!(!sandbox.path("data/state/loket.db").exists());
        let listed = sandbox.run(&["handoff", "list", "--json"]).expect(0);
        assert_eq!(listed.json()["handoffs"], serde_json::json!([]));
    }
}
