//! `loket keys`: made, listed and ended; and what they allow.

use acceptance::Sandbox;
use serde_json::Value;

fn create(sandbox: &Sandbox, scope: &str, more: &[&str]) -> Value {
    let args = ["keys", "create", "--scope", scope, "--json"];
    let args: Vec<&str> = args.iter().chain(more).copied().collect();
    sandbox.run(&args).expect(0).json()
}

fn listed(sandbox: &Sandbox) -> Value {
    sandbox.run(&["keys", "list", "--json"]).expect(0).json()["keys"].take()
}

#[test]
fn a_key_is_made_listed_and_ended() {
    let sandbox = Sandbox::new();
    assert_eq!(listed(&sandbox), serde_json::json!([]));
    let made = create(&sandbox, "backend", &["--name", "shop", "--expires", "90d"]);
    let (id, key) = (
        made["id"].as_str().expect("an id"),
        made["key"].as_str().expect("a key"),
    );
    assert!(key.starts_with(&format!("lk_{id}_")), "{key}");
    let of = |at: &Value| {
        at.as_str()
            .expect("a time")
            .parse::<jiff::Timestamp>()
            .expect("a time")
    };
    let lasts = of(&made["expires_at"]).duration_since(of(&made["created_at"]));
    assert_eq!(lasts.as_hours(), 90 * 24);

    let keys = listed(&sandbox);
    assert_eq!(keys[0]["id"], id);
    assert_eq!(keys[0]["scope"], "backend");
    assert_eq!(keys[0]["name"], "shop");
    assert_eq!(keys[0]["state"], "active");
    let shown = sandbox.run(&["keys", "list"]).expect(0).out;
    assert!(
        shown.contains(id) && !keys.to_string().contains(key),
        "{shown}"
    );

    let ended = sandbox
        .run(&["keys", "revoke", id, "--json"])
        .expect(0)
        .json();
    assert_eq!(ended["changed"], true);
    // The whole key works too, and is not printed again.
    let again = sandbox.run(&["keys", "revoke", key, "--json"]).expect(0);
    assert_eq!(again.json()["changed"], false);
    assert!(!again.out.contains(key), "{}", again.out);
    assert_eq!(listed(&sandbox)[0]["state"], "revoked");
}

#[test]
fn a_key_is_the_only_thing_on_the_output() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run(&["keys", "create", "--scope", "widget"])
        .expect(0);
    let key = ran.out.trim_end();
    assert!(
        key.starts_with("lk_") && !key.contains(char::is_whitespace),
        "{key}"
    );
    assert!(
        ran.err.contains("nobody is served without a key"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains(key), "{}", ran.err);
}

#[test]
fn what_is_wrong_is_named() {
    let sandbox = Sandbox::new();
    for (args, parts) in [
        (
            vec!["keys", "revoke", "0000"],
            vec!["there is no key `0000`", "loket keys list"],
        ),
        (
            vec![
                "keys",
                "create",
                "--scope",
                "admin",
                "--expires",
                "2020-01-01",
            ],
            vec!["`--expires` is not in the future"],
        ),
        (
            vec!["keys", "create", "--scope", "admin", "--name", "two\nlines"],
            vec!["`--name` takes at most 100 characters on one line"],
        ),
    ] {
        sandbox.run(&args).expect_failure(&parts);
    }
    create(&sandbox, "admin", &[]);
    let path = sandbox.path("data/state/keys.json");
    let text = fs_err::read_to_string(&path).expect("the key file");
    fs_err::write(&path, text.replace("admin", "widget")).expect("damaged");
    for args in [
        vec!["keys", "list"],
        vec!["keys", "create", "--scope", "admin"],
        vec!["config", "check"],
        vec!["serve", "--bind", "127.0.0.1:0"],
    ] {
        sandbox
            .run(&args)
            .expect_failure(&["keys.json` is damaged", "from a backup"]);
    }
}

#[test]
fn others_may_connect_once_there_is_a_key() {
    let sandbox = Sandbox::new();
    sandbox.write_settings("[server]\nbind = \"0.0.0.0:8080\"\n");
    sandbox
        .run(&["config", "check"])
        .expect_failure(&["refusing to listen on `0.0.0.0:8080`", "loket keys create"]);
    create(&sandbox, "widget", &[]);
    sandbox.run(&["config", "check"]).expect(0);
}
