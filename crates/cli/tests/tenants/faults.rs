//! What one suffers no other feels: floods, broken indexes, damaged keys.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::Value;

use crate::rig::{QUESTION, Rig, Service, damage};

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
