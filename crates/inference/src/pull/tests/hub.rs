//! The model hub as source.

use super::server::{Server, answer, whole_or_rest};
use super::*;

#[test]
fn a_file_is_fetched_verified_and_named() {
    let server = Server::of_file(content());
    let mut fixture = Fixture::with_hub(&server);
    fixture.options.hub.token = Some("hf_secret".to_owned());
    let mut seen = Vec::new();
    let files = fixture
        .store()
        .pull(&model(&[HUB]), &mut |progress| match progress {
            PullProgress::Received { done, bytes } => seen.push((done, bytes)),
            PullProgress::Verifying => assert!(!fixture.target().exists(), "hashed before named"),
            _ => {}
        })
        .unwrap();
    assert_eq!(files.sha256, sha256_hex(&content()));
    assert_eq!(seen.last(), Some(&(700_000, 700_000)));
    assert!(seen.is_sorted());
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, "/owner/name/resolve/main/m.gguf");
    assert_eq!(
        requests[0].header("authorization"),
        Some("Bearer hf_secret")
    );
    assert_eq!(requests[0].header("range"), None);
    fixture.check_pulled(&model(&[HUB]));
}

#[test]
fn redirects_are_followed_without_the_token() {
    let files = Server::of_file(content());
    let address = format!("Location: {}/store/1\r\n", files.endpoint);
    let server = Server::new(Box::new(move |_, _| answer("302 Found", &address, b"", 0)));
    let mut fixture = Fixture::with_hub(&server);
    fixture.options.hub.token = Some("hf_secret".to_owned());
    fixture.check_pulled(&model(&[HUB]));
    assert_eq!(files.requests()[0].path, "/store/1");
    assert_eq!(files.requests()[0].header("authorization"), None);
}

#[test]
fn a_part_file_is_continued() {
    let server = Server::of_file(content());
    let fixture = Fixture::with_hub(&server);
    write_in_place(&fixture, b"");
    fs_err::remove_file(fixture.target()).unwrap();
    fs_err::write(fixture.part(), &content()[..300_000]).unwrap();
    fixture.check_pulled(&model(&[HUB]));
    let starts: Vec<_> = server
        .requests()
        .iter()
        .map(server::Request::start)
        .collect();
    assert_eq!(starts, [Some(300_000)]);
}

#[test]
fn a_part_file_that_was_wrong_costs_one_more_fetch() {
    let server = Server::of_file(content());
    for wrong in [vec![0; 300_000], vec![0; 700_000], vec![0; 900_000]] {
        let fixture = Fixture::with_hub(&server);
        fs_err::create_dir_all(fixture.part().parent().unwrap()).unwrap();
        fs_err::write(fixture.part(), wrong).unwrap();
        fixture.check_pulled(&model(&[HUB]));
    }
}

#[test]
fn a_broken_connection_is_taken_up_again() {
    let server = Server::new(Box::new(|number, request| match number {
        0 => answer("200 OK", "", &content(), 250_000),
        _ => whole_or_rest(&content(), request),
    }));
    let fixture = Fixture::with_hub(&server);
    fixture.check_pulled(&model(&[HUB]));
    let starts: Vec<_> = server
        .requests()
        .iter()
        .map(server::Request::start)
        .collect();
    assert_eq!(starts, [None, Some(250_000)]);
}

#[test]
fn a_body_that_always_ends_early_is_given_up_and_kept_for_later() {
    let server = Server::new(Box::new(|_, _| answer("200 OK", "", &content(), 250_000)));
    let fixture = Fixture::with_hub(&server);
    fixture.check_fails(
        &model(&[HUB]),
        &["connection broke after 250000 of 700000 bytes"],
    );
    assert_eq!(server.requests().len(), 2);
    assert_eq!(fixture.part().metadata().unwrap().len(), 250_000);
}

#[test]
fn a_server_that_ignores_ranges_starts_over() {
    let server = Server::new(Box::new(|_, _| {
        answer("200 OK", "", &content(), usize::MAX)
    }));
    let fixture = Fixture::with_hub(&server);
    fs_err::create_dir_all(fixture.part().parent().unwrap()).unwrap();
    fs_err::write(fixture.part(), &content()[..300_000]).unwrap();
    fixture.check_pulled(&model(&[HUB]));
}

#[test]
fn a_wrong_hash_leaves_nothing() {
    let mut other = content();
    other[699_999] ^= 1;
    let server = Server::of_file(other.clone());
    let fixture = Fixture::with_hub(&server);
    fixture.check_fails(&model(&[HUB]), &["wrong hash", &sha256_hex(&other)]);
    assert!(!fixture.part().exists());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_file_of_another_size_is_not_even_fetched() {
    let server = Server::of_file(vec![1; 500_000]);
    let fixture = Fixture::with_hub(&server);
    fixture.check_fails(
        &model(&[HUB]),
        &["wrong size: 500000 bytes instead of 700000"],
    );
    assert!(!fixture.part().exists());
    // Without a length the excess shows only while it arrives.
    let endless = Server::new(Box::new(|_, _| {
        [
            b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec(),
            vec![1; 900_000],
        ]
        .concat()
    }));
    let fixture = Fixture::with_hub(&endless);
    fixture.check_fails(&model(&[HUB]), &["wrong size"]);
    assert!(!fixture.part().exists());
}

#[test]
fn statuses_are_told_apart() {
    for (status, expected) in [
        ("404 Not Found", "no such file there"),
        ("401 Unauthorized", "HTTP status 401"),
        ("503 Service Unavailable", "HTTP status 503"),
    ] {
        let server = Server::new(Box::new(move |_, _| answer(status, "", b"gone", 4)));
        let fixture = Fixture::with_hub(&server);
        let error = fixture.check_fails(&model(&[HUB]), &[expected]);
        assert_eq!(
            error.remedy().contains("HF_TOKEN"),
            status.starts_with("401")
        );
        assert!(!fixture.part().exists());
    }
}

#[test]
fn the_next_source_is_asked_after_a_failure() {
    let server = Server::new(Box::new(|_, request| {
        if request.path.contains("gone") {
            answer("404 Not Found", "", b"", 0)
        } else {
            whole_or_rest(&content(), request)
        }
    }));
    let fixture = Fixture::with_hub(&server);
    let gone = r#"{ from = "hub", repo = "owner/gone", path = "m.gguf" }"#;
    let mut failed = Vec::new();
    fixture
        .store()
        .pull(&model(&[gone, HUB]), &mut |progress| {
            if let PullProgress::SourceFailed { attempt } = progress {
                failed.push(attempt.to_string());
            }
        })
        .unwrap();
    assert_eq!(failed, ["model hub owner/gone: no such file there"]);
    fixture.check_pulled(&model(&[gone, HUB]));
}

#[test]
fn no_network_and_a_hub_switched_off_are_told_apart() {
    let mut fixture = Fixture::new();
    let error = fixture.check_fails(
        &model(&[HUB]),
        &["model hub owner/name: could not be reached"],
    );
    assert!(error.remedy().contains("network"), "{}", error.remedy());
    fixture.options.hub.offline = true;
    fixture.check_fails(&model(&[HUB]), &["HF_HUB_OFFLINE"]);
}

#[test]
fn a_damaged_file_in_place_is_replaced() {
    let server = Server::of_file(content());
    let fixture = Fixture::with_hub(&server);
    write_in_place(&fixture, &content()[..1000]);
    fixture.check_pulled(&model(&[HUB]));
}

/// A file system with less room than the file needs, where the test may mount one.
#[cfg(target_os = "linux")]
#[test]
fn a_small_disk_is_named_and_left_clean() {
    let server = Server::of_file(content());
    let fixture = Fixture::with_hub(&server);
    let models = fixture.dir.path().join("models");
    fs_err::create_dir_all(&models).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
        .arg(&models)
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        #[expect(
            clippy::print_stderr,
            reason = "whoever reads the log must see what was not tested"
        )]
        {
            eprintln!("not tested: this user may not mount a small file system");
        }
        return;
    }
    let outcome = std::panic::catch_unwind(|| {
        fixture.check_fails(&model(&[HUB]), &["disk is too full", "kB free"]);
        assert_eq!(
            server.requests().len(),
            0,
            "told before anything is fetched"
        );
        assert!(!fixture.part().exists());
    });
    let _ = std::process::Command::new("umount").arg(&models).status();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}
