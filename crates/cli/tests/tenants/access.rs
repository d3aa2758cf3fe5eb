//! Keys, tokens and limits of one help center are nothing at another.

use serde_json::json;

use crate::rig::{Reply, Rig, Service};

fn search(service: &Service, tenant: &str, credential: &str) -> Reply {
    let path = format!("/t/{tenant}/v1/search");
    let headers = [("Authorization", &*format!("Bearer {credential}"))];
    let body = json!({"query": "depot"});
    service.send("POST", None, &path, &headers, Some(&body))
}

#[test]
fn keys_and_tokens_open_their_own_help_center_and_no_other() {
    let rig = Rig::two("", None);
    let alder = rig.key(Some("alder"), "admin");
    let birch = rig.key(Some("birch"), "admin");
    let deployment = rig.key(None, "admin");
    // One secret for all, as nodes of a deployment share it: each makes its own of it.
    let secret = (
        "LOKET_SERVER__TOKEN_SECRET",
        "0123456789abcdef0123456789abcdef",
    );
    let service = rig.serve_ready(&[secret]);
    let status = |tenant: &str, credential: &str| search(&service, tenant, credential).status;
    assert_eq!(
        [status("alder", &alder), status("birch", &birch)],
        [200, 200]
    );
    for (tenant, key) in [
        ("alder", &birch),
        ("birch", &alder),
        ("alder", &deployment),
        ("birch", &deployment),
    ] {
        let reply = search(&service, tenant, key);
        assert_eq!(reply.status, 401, "{reply:?}");
        assert_eq!(reply.json()["type"], "urn:loket:problem:key_invalid");
    }
    let token = |tenant: &str, key: &str| {
        let headers = [("Authorization", &*format!("Bearer {key}"))];
        let body = json!({"customer": {"id": "c-9"}});
        let path = format!("/t/{tenant}/v1/tokens");
        let reply = service.send("POST", None, &path, &headers, Some(&body));
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["token"].as_str().unwrap().to_owned()
    };
    let of_alder = token("alder", &alder);
    assert_eq!(status("alder", &of_alder), 200);
    assert_eq!(status("birch", &of_alder), 401);
    // A stranger's session is of one help center, too.
    let session = service.get(None, "/t/birch/v1/session", None).json();
    let session = session["token"].as_str().unwrap();
    assert_eq!(
        [status("birch", session), status("alder", session)],
        [200, 401]
    );

    // The metrics of all are the deployment's, those of each its own.
    let metrics = |path: &str, key: Option<&str>| service.get(None, path, key).status;
    assert_eq!(metrics("/metrics", Some(&deployment)), 200);
    for key in [None, Some(&*alder), Some(&*of_alder)] {
        assert_eq!(metrics("/metrics", key), 401);
    }
    assert_eq!(metrics("/t/alder/metrics", Some(&alder)), 200);
    assert_eq!(metrics("/t/alder/metrics", Some(&deployment)), 401);
    // Names are for who has a key.
    let ready = |key: Option<&str>| service.get(None, "/readyz", key);
    assert!(ready(Some(&deployment)).body.contains("alder"));
    for key in [None, Some(&*alder)] {
        let told = ready(key);
        assert_eq!(told.status, 200, "{told:?}");
        assert!(!told.body.contains("alder"), "{told:?}");
        assert_eq!(told.json()["n_tenants"], 2);
    }
}

#[test]
fn who_asks_too_much_at_one_is_served_at_the_other() {
    let rig = Rig::two("[server.limits]\nbackend_per_minute = 5\n", None);
    rig.tenant("alder", "[server.limits]\nbackend_per_minute = 2\n");
    let alder = rig.key(Some("alder"), "backend");
    let birch = rig.key(Some("birch"), "backend");
    let service = rig.serve_ready(&[]);
    let statuses = |tenant: &str, key: &str| -> Vec<u16> {
        (0..6)
            .map(|_| search(&service, tenant, key).status)
            .collect()
    };
    assert_eq!(statuses("alder", &alder), [200, 200, 429, 429, 429, 429]);
    // What is said for all holds for who says nothing of it.
    assert_eq!(statuses("birch", &birch), [200, 200, 200, 200, 200, 429]);
}

#[test]
fn others_may_connect_only_when_every_help_center_has_keys() {
    let rig = Rig::two("[server]\nbind = \"0.0.0.0:0\"\n", None);
    rig.key(Some("alder"), "admin");
    let refused = |args: &[&str]| {
        let output = rig.run(args);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    for args in [&["config", "check"][..], &["serve"]] {
        let told = refused(args);
        assert!(
            told.contains("none for the deployment itself, `birch`;"),
            "{told}"
        );
        assert!(told.contains("loket keys create --tenant birch"), "{told}");
    }
    rig.key(None, "admin");
    let told = refused(&["serve"]);
    assert!(told.contains("none for `birch`;"), "{told}");
    rig.key(Some("birch"), "admin");
    assert!(rig.run(&["config", "check"]).status.success());
}
