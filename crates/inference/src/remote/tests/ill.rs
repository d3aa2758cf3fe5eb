//! Endpoints that do not behave: each ends in a typed error, in time, without a panic and without a word of what was sent.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::endpoint::{Endpoint, STREAM, json_reply, piece, reply, stream_of};
use super::{code_of, config, request, write, writer};
use crate::remote::{ApiKey, BreakerState, RemoteWriter};
use crate::writer::{WriteError, Writer};

/// What an endpoint that sends `bytes` to everyone comes to.
#[track_caller]
fn check(bytes: impl Into<Vec<u8>>, code: &str) {
    let endpoint = Endpoint::of(bytes.into());
    let (written, _) = write(&writer(&endpoint.url), &request());
    let shown = format!("{written:?}");
    assert_eq!(code_of(written), code);
    assert!(
        !shown.contains("canary") && !shown.contains("How long?"),
        "{shown}"
    );
}

#[track_caller]
fn check_status(status: &str, code: &str) {
    // Servers repeat what they were sent.
    check(reply(status, "", "canary: How long?"), code);
}

#[test]
fn a_status_says_what_to_do() {
    check_status("400 Bad Request", "refused");
    check_status("401 Unauthorized", "key");
    check_status("403 Forbidden", "key");
    check_status("404 Not Found", "not_found");
    check_status("422 Unprocessable", "refused");
    check_status("429 Too Many Requests", "busy");
    check_status("500 Oops", "failed");
    check_status("502 Bad Gateway", "failed");
    check_status("503 Later", "busy");
    // Fine, but nothing to read.
    check_status("204 No Content", "failed");
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Endpoint::of(stream_of(&["stolen"], "stop"));
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let location = format!("Location: {}/chat/completions\r\n", elsewhere.url);
        check(reply(status, &location, ""), "redirected");
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn what_is_not_this_interface_is_malformed() {
    check("nonsense\r\n\r\n", "malformed");
    check(
        reply("200 OK", "Content-Type: text/html\r\n", "<html>"),
        "malformed",
    );
    check(json_reply(&json!({ "choices": [] })), "malformed");
    check(json_reply(&json!([1, 2, 3])), "malformed");
    check(json_reply(&json!({ "choices": "none" })), "malformed");
    check(format!("{STREAM}data: {{\"choices\": 1}}\n\n"), "malformed");
    check(format!("{STREAM}data: not JSON\n\n"), "malformed");
    check(format!("{STREAM}<html>\n\n"), "malformed");
    check(
        [STREAM.as_bytes(), b"data: \xFF\xFE\n\n"].concat(),
        "malformed",
    );
    // Brackets a parser would follow into the ground.
    check(
        format!("{STREAM}data: {}\n\n", "[".repeat(100_000)),
        "malformed",
    );
    check(
        format!("{STREAM}data: {{\"error\": {{\"message\": \"canary\"}}}}\n\n"),
        "failed",
    );
}

#[test]
fn a_stream_that_breaks_off_is_told_from_one_that_ends() {
    check(format!("{STREAM}{}", piece("You have")), "broken");
    check(STREAM, "broken");
    check(format!("{STREAM}data: {{\"choi"), "broken");
    // Shorter than it says.
    check(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 999\r\n\r\ndata:",
        "broken",
    );
}

#[test]
fn what_is_too_long_is_cut_off() {
    check(
        format!("{STREAM}data: {}", "x".repeat(1 << 20)),
        "too_large",
    );
    check(
        format!("{STREAM}{}", "data: x\n".repeat(1 << 18)),
        "too_large",
    );
    let huge = json!({ "choices": [{ "message": { "content": "x".repeat(2 << 20) } }] });
    check(json_reply(&huge), "too_large");
    check(
        format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20)),
        "too_large",
    );
}

/// An endpoint that does the same for ever until its reader leaves; nothing when there is nothing to do.
fn for_ever(first: &'static str, again: &'static str, pause_ms: u64) -> Endpoint {
    Endpoint::new(move |_, _, stream: &mut TcpStream| {
        let _ = stream.write_all(first.as_bytes());
        if again.is_empty() {
            let _ = stream.read(&mut [0]);
        }
        while !again.is_empty() && stream.write_all(again.as_bytes()).is_ok() {
            std::thread::sleep(Duration::from_millis(pause_ms));
        }
    })
}

#[track_caller]
fn check_patience(first: &'static str, again: &'static str, pause_ms: u64) {
    let endpoint = for_ever(first, again, pause_ms);
    let started = Instant::now();
    let (written, _) = write(&writer(&endpoint.url), &request());
    assert_eq!(code_of(written), "timeout");
    // 400 ms to the first token, 300 ms after each; the rest is for a machine that does other things too.
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn silence_and_dripping_have_an_end() {
    // Never a byte; half a head; a head and nothing.
    check_patience("", "", 0);
    check_patience(STREAM, "", 0);
    check_patience("HTTP/1.1 200 OK\r\n", "X: y\r\n", 50);
    check_patience(STREAM, ": wait\n\n", 20);
    check_patience(STREAM, "d", 20);
    // Events without a token are no progress.
    check_patience(STREAM, "data: {\"choices\":[]}\n\n", 5);
    check_patience(
        STREAM,
        "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n",
        5,
    );
}

#[test]
fn an_endpoint_that_is_not_there_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(code_of(write(&writer(&url), &request()).0), "unreachable");
    let writer = writer("http://nobody.invalid/v1");
    assert_eq!(code_of(write(&writer, &request()).0), "unreachable");
}

#[test]
fn what_passes_is_tried_again_once_unless_it_had_begun() {
    let endpoint = Endpoint::new(|number, _, stream| {
        let bytes = match number {
            0 => reply("503 Later", "Retry-After: 0\r\n", ""),
            _ => stream_of(&["14 days."], "stop"),
        };
        let _ = stream.write_all(&bytes);
    });
    let writer_of = writer(&endpoint.url);
    let (written, _) = write(&writer_of, &request());
    assert_eq!(written.expect("written").text, "14 days.");
    assert_eq!(endpoint.requests().len(), 2);
    assert_eq!(writer_of.remote().expect("remote").retries, 1);

    let broken = Endpoint::of(format!("{STREAM}{}", piece("You have ")).into_bytes());
    let (written, sent) = write(&writer(&broken.url), &request());
    assert_eq!(code_of(written), "broken");
    assert_eq!(sent, ["You have "]);
    assert_eq!(broken.requests().len(), 1);

    // Refused is refused.
    let refused = Endpoint::of(reply("400 No", "", ""));
    write(&writer(&refused.url), &request())
        .0
        .expect_err("refused");
    assert_eq!(refused.requests().len(), 1);
}

#[test]
fn repetitions_are_a_tenth_at_most() {
    let endpoint = Endpoint::of(reply("500 Oops", "", ""));
    let mut config = config(&endpoint.url);
    config.breaker_failures = 1_000;
    let writer = RemoteWriter::new(&config, ApiKey::default());
    for _ in 0..40 {
        write(&writer, &request()).0.expect_err("failed");
    }
    let n = endpoint.requests().len();
    assert!((41..=48).contains(&n), "{n}");
}

#[test]
fn an_endpoint_that_keeps_failing_is_left_alone_and_then_tried_again() {
    let is_well = Arc::new(AtomicUsize::new(0));
    let well = Arc::clone(&is_well);
    let endpoint = Endpoint::new(move |_, _, stream| {
        let bytes = match well.load(Ordering::Relaxed) {
            0 => reply("404 Not Found", "", ""),
            _ => stream_of(&["ok"], "stop"),
        };
        let _ = stream.write_all(&bytes);
    });
    let mut config = config(&endpoint.url);
    config.breaker_failures = 3;
    config.breaker_open_ms = 200;
    let writer = RemoteWriter::new(&config, ApiKey::default());
    for _ in 0..3 {
        assert_eq!(code_of(write(&writer, &request()).0), "not_found");
    }
    let n = endpoint.requests().len();
    assert_eq!(code_of(write(&writer, &request()).0), "breaker_open");
    assert_eq!(endpoint.requests().len(), n);
    let status = writer.remote().expect("remote");
    assert_eq!(status.breaker, BreakerState::Open);
    assert!(status.requests.contains(&("not_found", 3)), "{status:?}");
    is_well.store(1, Ordering::Relaxed);
    // As a caller would: again and again.
    let end = Instant::now() + Duration::from_secs(20);
    let written = loop {
        match write(&writer, &request()).0 {
            Err(WriteError::Remote(_)) if Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(20));
            }
            written => break written,
        }
    };
    assert_eq!(written.expect("it came back").text, "ok");
    assert_eq!(
        writer.remote().expect("remote").breaker,
        BreakerState::Closed
    );
}

#[test]
fn a_long_pause_that_is_asked_for_is_kept() {
    let endpoint = Endpoint::of(reply("429 Slow down", "Retry-After: 30\r\n", ""));
    let writer = writer(&endpoint.url);
    assert_eq!(code_of(write(&writer, &request()).0), "busy");
    assert_eq!(code_of(write(&writer, &request()).0), "breaker_open");
    assert_eq!(endpoint.requests().len(), 1);
}
