//! What one suffers no other feels: floods, wrong settings, broken indexes, damaged keys.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::{Value, json};

use crate::rig::{QUESTION, Reply, Rig, Service, damage};

/// Whether a reply leads to a person.
#[track_caller]
fn check_person(reply: &Value) {
    assert_eq!(reply["outcome"], "escalated", "{reply}");
    let options = reply["contact"]["options"].as_array().unwrap();
    assert!(
        options
            .iter()
            .any(|option| option["method"] == "email" && option["available"] == true),
        "{reply}"
    );
}

fn refusals(service: &Service, tenant: &str) -> u64 {
    let text = service
        .get(None, &format!("/t/{tenant}/metrics"), None)
        .body;
    let start = "loket_refusals_total{queue=\"answer\"} ";
    let found = text.lines().find_map(|line| line.strip_prefix(start));
    found.map_or(0, |n| n.parse().unwrap())
}

#[test]
fn a_flood_at_one_costs_the_other_no_answer() {
    let rig = Rig::two("", None);
    rig.tenant("alder", "[server]\nqueue_length = 2\n");
    let service = rig.serve_ready(&[]);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    service.ask("alder", QUESTION, true);
                }
            });
        }
        service.wait("alder's queue is full", || refusals(&service, "alder") > 0);
        for _ in 0..20 {
            let reply = service.ask("birch", QUESTION, true).json();
            assert_eq!(reply["outcome"], "answered", "{reply}");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(refusals(&service, "birch"), 0);
}

/// A reply for a help center that is not served: a failure on our side that names the ways to a person, and nothing of why.
#[track_caller]
fn check_not_served(reply: &Reply) {
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.header("retry-after"), "60");
    let problem = reply.json();
    assert_eq!(problem["type"], "urn:loket:problem:not_ready", "{problem}");
    assert_eq!(problem["status"], 503);
    assert!(problem["request_id"].is_string(), "{problem}");
    let options = problem["contact"]["options"].as_array().unwrap();
    let email = |option: &Value| option["method"] == "email" && option["available"] == true;
    assert!(options.iter().any(email), "{problem}");
    for inside in ["queue_lenght", "loket.toml", "alder", "birch"] {
        assert!(!reply.body.contains(inside), "{inside}: {problem}");
    }
}

/// The error output of a command that failed.
#[track_caller]
fn failure(rig: &Rig, args: &[&str]) -> String {
    let output = rig.run(args);
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
    err
}

const WRONG: &str = "[tenant]\nhosts = [\"cedar.example\"]\n[server]\nqueue_lenght = 2\n\
    [[support.teams]]\nname = \"cedar-desk\"\ntime_zone = \"UTC\"\nlanguages = [\"en\"]\n\
    [[support.queues]]\nname = \"cedar-letters\"\nteam = \"cedar-desk\"\n";

#[test]
fn wrong_settings_of_one_keep_no_other_from_being_served() {
    let rig = Rig::two("", None);
    rig.tenant("cedar", WRONG);
    rig.article("cedar", "a.md", "# Parcels\n\nA parcel takes three days.\n");
    let service = rig.serve_ready(&[]);
    for tenant in ["alder", "birch"] {
        let answered = service.ask(tenant, QUESTION, false).json();
        assert_eq!(answered["outcome"], "answered", "{answered}");
    }
    let asked = json!({"question": QUESTION, "language": "en"});
    let cedar = Some("cedar.example");
    check_not_served(&service.post(cedar, "/v1/answers", &asked));
    check_not_served(&service.post(None, "/t/cedar/v1/answers", &asked));
    check_not_served(&service.hand_over("cedar", "k", "help", None));
    for path in ["/", "/v1/session", "/readyz", "/metrics", "/nothing"] {
        check_not_served(&service.get(cedar, path, None));
    }
    // The way of its own support table, which is right.
    let told = service.get(cedar, "/", None).json();
    assert_eq!(told["contact"]["options"][0]["queue"], "cedar-letters");
    let checks = service.get(cedar, "/readyz", None).json()["checks"].clone();
    assert_eq!(
        (&checks[0]["name"], &checks[0]["state"]),
        (&json!("settings"), &json!("failed"))
    );
    // As clients of another protocol read it.
    let chat = json!({"model": "loket", "messages": [{"role": "user", "content": QUESTION}]});
    let reply = service.post(cedar, "/v1/chat/completions", &chat);
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.json()["error"]["message"].is_string(), "{reply:?}");
    // What restarts a process that is dead restarts it for none.
    assert_eq!(service.get(cedar, "/livez", None).status, 200);
    assert_eq!(service.get(None, "/t/cedar", None).status, 308);
    // Its host is no way to another.
    assert_eq!(service.get(cedar, "/t/alder/v1/version", None).status, 404);

    let ready = service.get(None, "/readyz", None).json();
    assert_eq!(
        (&ready["n_ready"], &ready["n_tenants"]),
        (&json!(2), &json!(3))
    );
    let of_cedar = &ready["tenants"][2];
    assert_eq!(of_cedar["name"], "cedar", "{ready}");
    assert_eq!(of_cedar["checks"], checks, "{ready}");
    let metrics = service.get(None, "/metrics", None).body;
    assert!(metrics.contains("\nloket_tenants_failed 1\n"), "{metrics}");
    assert!(
        metrics.contains("loket_problems_total{tenant=\"cedar\",type=\"not_ready\"}"),
        "{metrics}"
    );
    assert!(
        !metrics.contains("loket_queue_length{tenant=\"cedar\""),
        "{metrics}"
    );
    let log = service.log();
    let line = log.lines().find(|line| line.contains("ERROR")).unwrap();
    for part in [
        "tenants/cedar/loket.toml",
        "line 4",
        "queue_lenght",
        "queue_length",
        "loket config check",
    ] {
        assert!(line.contains(part), "no {part}: {line}");
    }
    drop(service);

    for args in [
        &["tenants"][..],
        &["tenants", "--json"],
        &["config", "check"],
        &["search", "--tenant", "cedar", "parcel"],
        &["serve", "--tenant", "cedar"],
    ] {
        let err = failure(&rig, args);
        assert!(
            err.contains("cedar/loket.toml` line 4: unknown key `queue_lenght`"),
            "{err}"
        );
    }
    let listed = rig.run(&["tenants", "--json"]).stdout;
    let listed: Value = serde_json::from_slice(&listed).unwrap();
    assert_eq!(listed["tenants"].as_array().unwrap().len(), 2, "{listed}");
    assert_eq!(listed["failed"][0]["name"], "cedar", "{listed}");
    rig.json(&["index", "--tenant", "alder", "--json"]);

    // Mended, it is served.
    rig.tenant("cedar", &WRONG.replace("lenght", "length"));
    rig.json(&["config", "check", "--json"]);
    let service = rig.serve_ready(&[]);
    assert_eq!(service.get(cedar, "/v1/version", None).status, 200);
    let metrics = service.get(None, "/metrics", None).body;
    assert!(metrics.contains("\nloket_tenants_failed 0\n"), "{metrics}");
}

#[test]
fn nothing_is_served_where_all_settings_or_those_of_all_are_wrong() {
    let rig = Rig::two("", None);
    for name in ["alder", "birch"] {
        rig.tenant(name, "[server\n");
    }
    let err = failure(&rig, &["serve", "--bind", "127.0.0.1:0"]);
    assert!(err.contains("tenants/alder/loket.toml` line 1"), "{err}");
    rig.tenant("alder", "");
    rig.settings("[server]\nbnd = 1\n");
    let err = failure(&rig, &["serve", "--bind", "127.0.0.1:0"]);
    assert!(err.contains("unknown key `bnd`"), "{err}");
}

#[test]
fn a_broken_index_and_damaged_keys_of_one_leave_the_others_serving() {
    let rig = Rig::two("", None);
    rig.tenant("cedar", "");
    rig.article("cedar", "a.md", "# Parcels\n\nA parcel takes three days.\n");
    for name in ["alder", "birch"] {
        rig.json(&["index", "--tenant", name, "--json"]);
    }
    // Alder's index is damaged, and there is nothing to build another from.
    damage(&rig.path("data/tenants/alder/index"));
    fs_err::remove_dir_all(rig.path("tenants/alder/knowledge_base")).unwrap();
    rig.key(Some("cedar"), "admin");
    fs_err::write(rig.path("data/tenants/cedar/state/keys.json"), "{").unwrap();

    let service = rig.serve_ready(&[]);
    let ready = service.get(None, "/readyz", None).json();
    assert_eq!(ready["n_ready"], 2, "{ready}");
    let alder = &ready["tenants"][0];
    assert_eq!(alder["name"], "alder");
    assert_eq!(alder["is_ready"], false, "{ready}");
    assert_eq!(service.get(None, "/t/alder/readyz", None).status, 503);
    assert_eq!(service.get(None, "/t/birch/readyz", None).status, 200);
    check_person(&service.ask("alder", QUESTION, false).json());
    assert_eq!(service.hand_over("alder", "k", "help", None).status, 202);
    let answered = service.ask("birch", QUESTION, false).json();
    assert_eq!(answered["outcome"], "answered", "{answered}");
    // Nobody is let in where keys cannot be trusted.
    let body = serde_json::json!({"query": "parcel"});
    let reply = service.post(None, "/t/cedar/v1/search", &body);
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(
        service
            .log()
            .contains("help center `cedar`: nobody is let in")
    );

    // Mended while it runs.
    rig.article(
        "alder",
        "returns.md",
        "# Return an order\n\nYou have 14 days to return an order.\n",
    );
    rig.json(&["index", "--tenant", "alder", "--json"]);
    service.wait("alder answers again", || {
        service.ask("alder", QUESTION, false).json()["outcome"] == "answered"
    });
}

#[test]
fn a_customer_of_a_help_center_that_is_not_loaded_yet_gets_a_person() {
    let rig = Rig::two("", None);
    // No encoder, so nobody is ever loaded.
    fs_err::remove_dir_all(rig.path("source")).unwrap();
    let service = rig.serve(&[]);
    for tenant in ["alder", "birch"] {
        check_person(&service.ask(tenant, QUESTION, false).json());
        assert_eq!(service.hand_over(tenant, "k", "help", None).status, 202);
    }
    let ready = service.get(None, "/readyz", None);
    assert_eq!(ready.status, 503, "{ready:?}");
    assert!(!ready.body.contains("alder"), "{ready:?}");
    assert_eq!(service.get(None, "/livez", None).status, 200);
}
