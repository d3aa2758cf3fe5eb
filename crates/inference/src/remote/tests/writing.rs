//! Endpoints that behave.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::endpoint::{Endpoint, STREAM, json_reply, piece, stream_of};
use super::{code_of, config, request, write, writer};
use crate::remote::{ApiKey, Family, RemoteWriter};
use crate::writer::{CancelFlag, Finish, Sampling, WriteError, WriteRequest, Writer};

/// What a stream of `pieces` that ends for `reason` comes to.
#[track_caller]
fn check(pieces: &[&str], reason: &str, request: &WriteRequest, text: &str, finish: Finish) {
    let endpoint = Endpoint::of(stream_of(pieces, reason));
    let (written, sent) = write(&writer(&endpoint.url), request);
    let written = written.expect("written");
    assert_eq!((written.text.as_str(), written.finish), (text, finish));
    assert_eq!(sent.concat(), text);
    assert_eq!(written.by, None);
}

#[test]
fn a_stream_becomes_text() {
    let request = request();
    check(
        &["You have ", "14 days."],
        "stop",
        &request,
        "You have 14 days.",
        Finish::EndOfText,
    );
    check(&["You ha"], "length", &request, "You ha", Finish::Length);
    // A reason nobody knows has not ended where the model wanted to.
    check(
        &["You ha"],
        "content_filter",
        &request,
        "You ha",
        Finish::Length,
    );
    check(&[], "stop", &request, "", Finish::EndOfText);
    check(
        &["<think>hm", "</think>", "Yes."],
        "stop",
        &request,
        "Yes.",
        Finish::EndOfText,
    );
    let stopping = WriteRequest {
        stop: vec!["END".to_owned()],
        ..request.clone()
    };
    check(&["a E", "ND b"], "stop", &stopping, "a ", Finish::Stop);
    // A server that does not mind the bound.
    let short = WriteRequest {
        max_tokens: 2,
        ..request.clone()
    };
    check(&["a", "b", "c", "d"], "stop", &short, "abc", Finish::Length);
    let none = WriteRequest {
        max_tokens: 0,
        ..request
    };
    check(&["a"], "stop", &none, "", Finish::Length);
}

#[test]
fn a_reply_that_begins_with_what_it_was_begun_with_is_cut_there() {
    let begun = WriteRequest {
        begin: "You have".to_owned(),
        ..request()
    };
    for (pieces, text) in [
        (&["You", " have 14", " days."][..], " 14 days."),
        (&[" 14", " days."], " 14 days."),
        (&["You", " may"], "You may"),
        // Broken off in it, it was said after all.
        (&["You "], "You "),
        (&["You have"], ""),
    ] {
        check(pieces, "stop", &begun, text, Finish::EndOfText);
    }
}

#[test]
fn a_server_that_does_not_stream_is_read_whole() {
    let body = json!({ "choices": [{ "message": { "content": "14 days." }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 7, "completion_tokens": 3 } });
    let endpoint = Endpoint::of(json_reply(&body));
    let (written, sent) = write(&writer(&endpoint.url), &request());
    let written = written.expect("written");
    assert_eq!(
        (written.text.as_str(), written.finish),
        ("14 days.", Finish::EndOfText)
    );
    assert_eq!((written.n_prompt_tokens, written.n_tokens), (7, 3));
    assert_eq!(sent, ["14 days."]);
}

#[test]
fn a_request_says_what_is_asked_and_the_key_is_in_its_header_only() {
    let endpoint = Endpoint::of(stream_of(&["a"], "stop"));
    let writer = writer(&endpoint.url);
    let asked = WriteRequest {
        sampling: Sampling::TopP {
            temperature: 0.5,
            p: 0.9,
            seed: 3,
        },
        ..request()
    };
    write(&writer, &request()).0.expect("written");
    write(&writer, &asked).0.expect("written");
    let seen = endpoint.requests();
    assert_eq!(seen[0].path, "/v1/chat/completions");
    let head = seen[0].head.to_ascii_lowercase();
    assert!(head.contains("authorization: bearer sk-canary"), "{head}");
    let body = seen[0].json();
    assert_eq!(body["model"], "m");
    assert_eq!(body["stream"], true);
    assert_eq!(
        body["messages"][1],
        json!({ "role": "user", "content": "How long?" })
    );
    assert_eq!(body["temperature"], 0);
    assert_eq!(
        (&seen[1].json()["temperature"], &seen[1].json()["seed"]),
        (&json!(0.5), &json!(3))
    );
    assert!(!format!("{writer:?}").contains("canary"));
    assert_eq!(writer.id(), "m@remote");
}

#[test]
fn the_family_is_found_once_from_the_list_of_models() {
    let endpoint = Endpoint::new(|_, request, stream| {
        let reply = if request.path.ends_with("/models") {
            json_reply(&json!({ "data": [{ "id": "m", "owned_by": "vllm" }] }))
        } else {
            stream_of(&["a"], "stop")
        };
        let _ = stream.write_all(&reply);
    });
    let mut config = config(&endpoint.url);
    config.family = Family::Auto;
    let writer = RemoteWriter::new(&config, ApiKey::default());
    let begun = WriteRequest {
        begin: "You have".to_owned(),
        ..request()
    };
    write(&writer, &begun).0.expect("written");
    write(&writer, &begun).0.expect("written");
    let seen = endpoint.requests();
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[2].json()["continue_final_message"], true);
}

#[test]
fn chances_are_asked_for_and_a_server_without_them_is_not_asked_again() {
    let top = json!([{ "token": "Yes", "logprob": -0.25 }, { "token": "No", "logprob": -1.5 }]);
    let body = json!({ "choices": [{ "message": { "content": "Yes" },
        "logprobs": { "content": [{ "token": "Yes", "logprob": -0.25, "top_logprobs": top }] } }] });
    let endpoint = Endpoint::of(json_reply(&body));
    let choose = |writer: &RemoteWriter| {
        writer.choose(
            &request().messages,
            &["Yes", "No"],
            &CancelFlag::new(),
            None,
        )
    };
    assert_eq!(choose(&writer(&endpoint.url)).expect("told"), [-0.25, -1.5]);
    let asked = endpoint.requests()[0].json();
    assert_eq!(
        (&asked["max_tokens"], &asked["logprobs"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(asked.get("choose"), None);

    let silent = json!({ "choices": [{ "message": { "content": "Yes" }, "logprobs": null }] });
    let endpoint = Endpoint::of(json_reply(&silent));
    let writer = writer(&endpoint.url);
    assert_eq!(code_of(choose(&writer)), "no_logprobs");
    assert_eq!(code_of(choose(&writer)), "no_logprobs");
    assert_eq!(endpoint.requests().len(), 1);
}

/// An endpoint that goes on for ever, and tells when its reader has left.
fn endless() -> (Endpoint, mpsc::Receiver<()>) {
    let (tell, told) = mpsc::channel();
    let endpoint = Endpoint::new(move |_, _, stream| {
        let _ = stream.write_all(STREAM.as_bytes());
        while stream.write_all(piece("word ").as_bytes()).is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = tell.send(());
    });
    (endpoint, told)
}

#[test]
fn cancelling_ends_a_text_and_closes_its_connection() {
    let (endpoint, left) = endless();
    let writer = writer(&endpoint.url);
    let cancel = CancelFlag::new();
    let mut n = 0;
    let written = writer.generate(&request(), &cancel, &mut |_| {
        n += 1;
        if n == 3 {
            cancel.cancel();
        }
        ControlFlow::Continue(())
    });
    assert_eq!(written.expect("written").finish, Finish::Cancelled);
    assert!(n <= 4, "{n}");
    left.recv_timeout(Duration::from_secs(10))
        .expect("the connection is closed");
    // A reader that wants no more.
    let written = writer.generate(&request(), &CancelFlag::new(), &mut |_| {
        ControlFlow::Break(())
    });
    assert_eq!(written.expect("written").finish, Finish::Caller);
    left.recv_timeout(Duration::from_secs(10))
        .expect("the connection is closed");
}

#[test]
fn a_flag_raised_while_nothing_comes_is_seen_at_once() {
    let (tell, told) = mpsc::channel();
    let endpoint = Endpoint::new(move |_, _, stream| {
        let _ = tell.send(());
        // Until the other side closes.
        let _ = std::io::Read::read(stream, &mut [0]);
    });
    let mut config = config(&endpoint.url);
    config.first_token_timeout_ms = 60_000;
    let writer = RemoteWriter::new(&config, ApiKey::default());
    let cancel = CancelFlag::new();
    let raise = cancel.clone();
    let raising = std::thread::spawn(move || {
        told.recv().expect("asked");
        raise.cancel();
    });
    let started = Instant::now();
    let chosen = writer.choose(&request().messages, &["Yes"], &cancel, None);
    assert!(matches!(chosen, Err(WriteError::Cancelled)), "{chosen:?}");
    assert!(started.elapsed() < Duration::from_secs(20));
    raising.join().expect("raised");
}

#[test]
fn a_deadline_ends_a_text_with_what_there_is() {
    let (endpoint, _left) = endless();
    let due = WriteRequest {
        deadline: Some(Instant::now() + Duration::from_millis(150)),
        max_tokens: 10_000,
        ..request()
    };
    let (written, sent) = write(&writer(&endpoint.url), &due);
    let written = written.expect("written");
    assert_eq!(written.finish, Finish::Deadline);
    assert_eq!(written.text, sent.concat());
}
