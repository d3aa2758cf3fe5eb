//! The same on PostgreSQL: each in a schema of its own.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::rig::{QUESTION, Rig};

#[test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
fn help_centers_on_one_database_share_nothing() {
    let url = std::env::var("LOKET_TEST_POSTGRES").expect(
        "LOKET_TEST_POSTGRES is not set: run this through `bash tests/postgres/run cargo test …`",
    );
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let schema = format!("many{}", now.as_millis());
    let rig = Rig::two(
        &format!("[postgres]\nurl = {url:?}\nschema = {schema:?}\n"),
        None,
    );
    let engine = ("LOKET_INDEX__ENGINE", "postgres");
    let service = rig.serve_ready(&[engine]);
    // Two nodes.
    let other = rig.serve_ready(&[engine]);
    for (tenant, own, foreign) in [
        ("alder", "zirconalder", "narwhalbirch"),
        ("birch", "narwhalbirch", "zirconalder"),
    ] {
        for node in [&service, &other] {
            for _ in 0..2 {
                let reply = node.ask(tenant, QUESTION, false);
                assert!(reply.body.contains(own), "{}", reply.body);
                assert!(!reply.body.contains(foreign), "{}", reply.body);
            }
        }
    }
    let first = service.hand_over("alder", "key-1", "help", None);
    let second = other.hand_over("birch", "key-1", "help", None);
    assert_eq!(
        [first.status, second.status],
        [202, 202],
        "{first:?} {second:?}"
    );
    let id = first.json()["id"].as_str().unwrap().to_owned();
    assert_ne!(second.json()["id"], id);
    // Seen on both nodes at its own, and at the other on none.
    for node in [&service, &other] {
        let status = |tenant: &str| {
            let path = format!("/t/{tenant}/v1/escalations/{id}");
            node.get(None, &path, None).status
        };
        assert_eq!([status("alder"), status("birch")], [200, 404]);
    }
    for name in ["alder", "birch"] {
        let printed = rig.json(&["config", "print", "--tenant", name, "--json"]);
        assert_eq!(printed["postgres"]["schema"], format!("{schema}_{name}"));
    }
}
