//! Whose a request is, and what is told to who asks for nobody's.

use crate::rig::{Reply, Rig};

#[track_caller]
fn check_nobody(reply: &Reply) {
    assert_eq!(reply.status, 404, "{reply:?}");
    assert_eq!(reply.json()["type"], "urn:loket:problem:no_help_center");
    assert!(!reply.header("x-request-id").is_empty(), "{reply:?}");
    for name in ["alder", "birch"] {
        assert!(!reply.body.contains(name), "{reply:?}");
    }
}

#[test]
fn a_request_is_of_the_help_center_its_host_and_path_agree_on() {
    let rig = Rig::two("", None);
    let service = rig.serve_ready(&[]);
    let get = |host: Option<&str>, path: &str| service.get(host, path, None);
    // Of the deployment: whether the process lives, without a word of an index.
    for host in [None, Some("nobody.example")] {
        assert_eq!(get(host, "/livez").json()["status"], "alive");
        let ready = get(host, "/readyz").json();
        assert_eq!(ready["n_ready"], 2, "{ready}");
    }
    assert!(get(Some("alder.example"), "/readyz").json()["generation"].is_string());
    // Consistent.
    for (host, path) in [
        (Some("alder.example"), "/v1/version"),
        (Some("Alder.Example.:9"), "/v1/version"),
        (Some("alder.example"), "/t/alder/v1/version"),
        (None, "/t/alder/v1/version"),
        (Some("nobody.example"), "/t/alder/v1/version"),
    ] {
        assert_eq!(get(host, path).status, 200, "{host:?} {path}");
    }
    // Not, or of nobody.
    for (host, path) in [
        (Some("alder.example"), "/t/birch/v1/version"),
        (Some("alder.example"), "/t/nothing/v1/version"),
        (Some("alder.example"), "/t/birch"),
        (Some("alder.example.evil"), "/v1/version"),
        (Some("alder.example, birch.example"), "/v1/version"),
        (Some("x@alder.example"), "/v1/version"),
        (Some(""), "/v1/version"),
        (None, "/v1/version"),
        (None, "/"),
        (None, "/app.js"),
        (None, "/t"),
        (None, "/t/"),
        (None, "/t/Alder/v1/version"),
        (None, "/t/%61lder/v1/version"),
        (None, "/t/alder%2Fv1/version"),
        (None, "//t/alder/v1/version"),
    ] {
        let reply = get(host, path);
        assert_eq!(reply.status, 404, "{host:?} {path}: {reply:?}");
        assert!(
            reply.json()["type"] == "urn:loket:problem:no_help_center",
            "{host:?} {path}: {reply:?}"
        );
    }
    check_nobody(&get(Some("nobody.example"), "/v1/version"));
    check_nobody(&get(Some("alder.example"), "/t/birch/v1/version"));
    // A way out of one path leads to no other.
    let reply = get(None, "/t/alder/../birch/v1/version");
    assert_eq!(reply.status, 404, "{reply:?}");
    // What somebody says of another host is not believed, nor are two hosts.
    for headers in [
        [("X-Forwarded-Host", "alder.example")],
        [("Forwarded", "host=alder.example")],
        [("X-Original-Host", "alder.example")],
    ] {
        check_nobody(&service.send("GET", None, "/v1/version", &headers, None));
    }
    let twice = [("Host", "alder.example")];
    let reply = service.send("GET", Some("birch.example"), "/v1/version", &twice, None);
    assert!(reply.status == 404 || reply.status == 400, "{reply:?}");
    // A target that names its host counts for more than the header.
    let reply = service.send(
        "GET",
        Some("alder.example"),
        "http://birch.example/t/alder/v1/version",
        &[],
        None,
    );
    check_nobody(&reply);
}

#[test]
fn pages_work_below_a_path() {
    let rig = Rig::two("", None);
    let service = rig.serve_ready(&[]);
    let get = |path: &str| service.get(None, path, None);
    let moved = get("/t/alder?language=nl");
    assert_eq!(moved.status, 308, "{moved:?}");
    assert_eq!(moved.header("location"), "/t/alder/?language=nl");
    let page = get("/t/alder/");
    assert_eq!(page.status, 200, "{page:?}");
    // Everything it loads lies beside it.
    let mut n = 0;
    for (_, rest) in page
        .body
        .match_indices("=\"./")
        .map(|(at, _)| page.body.split_at(at + 4))
    {
        let file = rest.split('"').next().unwrap();
        assert_eq!(get(&format!("/t/alder/{file}")).status, 200, "{file}");
        n += 1;
    }
    assert!(n > 15, "{}", page.body);
    for path in [
        "/t/alder/widget.js",
        "/t/alder/docs",
        "/t/alder/docs/reference.js",
    ] {
        assert_eq!(get(path).status, 200, "{path}");
    }
    let described = get("/t/alder/openapi.json").json();
    assert_eq!(described["servers"][0]["url"], "/t/alder");
    let described = service
        .get(Some("alder.example"), "/openapi.json", None)
        .json();
    assert_eq!(described["servers"][0]["url"], "/");
}
