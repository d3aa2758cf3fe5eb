//! Endpoints that are late, and the second request that is sent because of it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use super::endpoint::{Endpoint, STREAM, end, json_reply, piece, reply, stream_of};
use super::{code_of, config, request, write};
use crate::remote::{
    ApiKey, BreakerState, EncoderConfig, RemoteStatus, RemoteWriter, WriterConfig,
};
use crate::writer::{CancelFlag, Finish, WriteRequest, Writer};

/// Long enough for whatever has to happen, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(30);

/// A second request comes after the first to the endpoint, too, when it is sent so much later.
const LATE_MS: u64 = 200;

/// A writer that sends a second request after `hedge_after_ms` and waits as long as a test may take.
fn writer(endpoint: &Endpoint, hedge_after_ms: u64, change: fn(&mut WriterConfig)) -> RemoteWriter {
    let mut config = config(&endpoint.url);
    config.first_token_timeout_ms = 60_000;
    config.token_timeout_ms = 60_000;
    config.hedge_after_ms = hedge_after_ms;
    change(&mut config);
    config.validate().expect("settings that fit");
    RemoteWriter::new(&config, ApiKey::default())
}

fn status(writer: &dyn Writer) -> RemoteStatus {
    writer.remote().expect("remote")
}

/// Hedges that were sent and won, and what all requests came to.
#[track_caller]
fn check_counts(status: &RemoteStatus, hedges: (u64, u64), requests: &[(&'static str, u64)]) {
    assert_eq!((status.hedges, status.hedges_won), hedges, "{status:?}");
    let some = status.requests.iter().filter(|(_, n)| *n > 0).copied();
    assert_eq!(some.collect::<Vec<_>>(), requests);
}

/// Waits until the other side closes the connection.
fn hold(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0]);
}

/// An endpoint whose script gives for each request, from 0, how many must have come before it is answered, and with what;
/// or nothing: that one is held until its connection is closed, which is told.
struct Late {
    endpoint: Endpoint,
    closed: Receiver<usize>,
}

impl Late {
    fn new(script: impl Fn(usize) -> Option<(usize, Vec<u8>)> + Send + Sync + 'static) -> Self {
        let (tell, closed) = mpsc::channel();
        let come = Arc::new((Mutex::new(0), Condvar::new()));
        let endpoint = Endpoint::new(move |number, _, stream| {
            let (n_come, changed) = &*come;
            *n_come.lock().unwrap() += 1;
            changed.notify_all();
            if let Some((after, bytes)) = script(number) {
                let guard = n_come.lock().unwrap();
                drop(changed.wait_while(guard, |come| *come < after).unwrap());
                let _ = stream.write_all(&bytes);
            } else {
                hold(stream);
                let _ = tell.send(number);
            }
        });
        Self { endpoint, closed }
    }

    #[track_caller]
    fn check_closed(&self, number: usize) {
        let closed = self.closed.recv_timeout(PATIENCE);
        assert_eq!(closed, Ok(number), "the connection is closed");
    }

    fn n_requests(&self) -> usize {
        self.endpoint.requests().len()
    }
}

#[test]
fn none_is_sent_unless_the_settings_say_so() {
    assert_eq!(WriterConfig::default().hedge_after_ms, 0);
    assert_eq!(EncoderConfig::default().hedge_after_ms, 0);
    let late = Late::new(|_| None);
    let writer = writer(&late.endpoint, 0, |config| {
        config.first_token_timeout_ms = 300;
    });
    assert_eq!(code_of(write(&writer, &request()).0), "timeout");
    late.check_closed(0);
    assert_eq!(late.n_requests(), 1);
    check_counts(&status(&writer), (0, 0), &[("timeout", 1)]);
}

/// A first request that sends `first` and no token is overtaken by the second.
#[track_caller]
fn check_overtaken(first: &'static str) {
    let (tell, closed) = mpsc::channel();
    let endpoint = Endpoint::new(move |number, _, stream| {
        if number == 0 {
            let _ = stream.write_all(first.as_bytes());
            hold(stream);
            let _ = tell.send(());
        } else {
            let _ = stream.write_all(&stream_of(&["14 ", "days."], "stop"));
        }
    });
    let writer = writer(&endpoint, LATE_MS, |_| ());
    let (written, sent) = write(&writer, &request());
    let written = written.expect("written");
    assert_eq!(
        (written.text.as_str(), written.finish),
        ("14 days.", Finish::EndOfText)
    );
    assert_eq!(sent.concat(), "14 days.");
    closed
        .recv_timeout(PATIENCE)
        .expect("the first connection is closed");
    let seen = endpoint.requests();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].body, seen[1].body);
    check_counts(&status(&writer), (1, 1), &[("ok", 1)]);
}

#[test]
fn a_late_request_is_overtaken_and_its_connection_closed() {
    check_overtaken("");
    check_overtaken("HTTP/1.1 200 OK\r\nX: y\r\n");
    check_overtaken(STREAM);
    // A role and an empty text are no token.
    check_overtaken(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
    );
}

#[test]
fn a_request_in_time_is_the_only_one() {
    let endpoint = Endpoint::of(stream_of(&["14 days."], "stop"));
    let writer = writer(&endpoint, 30_000, |_| ());
    for _ in 0..5 {
        assert_eq!(
            write(&writer, &request()).0.expect("written").text,
            "14 days."
        );
    }
    assert_eq!(endpoint.requests().len(), 5);
    check_counts(&status(&writer), (0, 0), &[("ok", 5)]);
}

#[test]
fn the_first_may_still_win() {
    let late = Late::new(|number| (number == 0).then(|| (2, stream_of(&["14 ", "days."], "stop"))));
    let writer = writer(&late.endpoint, LATE_MS, |_| ());
    let (written, sent) = write(&writer, &request());
    assert_eq!(written.expect("written").text, "14 days.");
    assert_eq!(sent.concat(), "14 days.");
    late.check_closed(1);
    check_counts(&status(&writer), (1, 0), &[("ok", 1)]);
}

#[test]
fn a_text_is_never_of_two_streams() {
    const N_PIECES: usize = 40;
    for _ in 0..25 {
        // Both begin when both are there, and write at the same pace.
        let both = Arc::new(std::sync::Barrier::new(2));
        let endpoint = Endpoint::new(move |number, _, stream| {
            let letter = ["a", "b"][number];
            both.wait();
            let _ = stream.write_all(STREAM.as_bytes());
            for _ in 0..N_PIECES {
                if stream.write_all(piece(letter).as_bytes()).is_err() {
                    return;
                }
                std::thread::yield_now();
            }
            let _ = stream.write_all(end("stop").as_bytes());
        });
        let writer = writer(&endpoint, 10, |_| ());
        let (written, sent) = write(&writer, &request());
        let text = written.expect("written").text;
        let status = status(&writer);
        // Which of them came first to the endpoint is not known.
        assert!(
            ["a", "b"]
                .map(|letter| letter.repeat(N_PIECES))
                .contains(&text),
            "{text}"
        );
        assert_eq!(sent.concat(), text);
        check_counts(&status, (1, status.hedges_won), &[("ok", 1)]);
    }
}

#[test]
fn hedges_are_paid_for_like_repetitions() {
    let late = Late::new(|_| None);
    let writer = writer(&late.endpoint, 20, |_| ());
    for _ in 0..4 {
        let due = WriteRequest {
            deadline: Some(Instant::now() + Duration::from_millis(400)),
            ..request()
        };
        let written = write(&writer, &due).0.expect("what there is");
        assert_eq!(written.finish, Finish::Deadline);
    }
    // Three to begin with, and a tenth of all.
    check_counts(&status(&writer), (3, 0), &[("deadline", 4)]);
    assert_eq!(late.n_requests(), 7);
}

/// Both requests of a call fail, and are one failure.
#[track_caller]
fn check_both_fail(first: &'static str, second: &'static str, code: &'static str) {
    let late = Late::new(move |number| Some((2, reply([first, second][number], "", ""))));
    let writer = writer(&late.endpoint, LATE_MS, |config| {
        config.breaker_failures = 2;
    });
    assert_eq!(code_of(write(&writer, &request()).0), code);
    assert_eq!(late.n_requests(), 2, "no third one");
    let status = status(&writer);
    check_counts(&status, (1, 0), &[(code, 1)]);
    assert_eq!((status.breaker, status.retries), (BreakerState::Closed, 0));
}

#[test]
fn two_failures_of_a_call_are_one_and_the_first_request_says_which() {
    check_both_fail("500 Oops", "500 Oops", "failed");
    check_both_fail("500 Oops", "404 Not Found", "failed");
    check_both_fail("404 Not Found", "500 Oops", "not_found");
}

#[test]
fn one_failure_of_two_is_none() {
    let good = || stream_of(&["14 days."], "stop");
    let bad = || reply("500 Oops", "", "");
    for first_fails in [true, false] {
        let late = Late::new(move |number| {
            Some((
                2,
                if (number == 0) == first_fails {
                    bad()
                } else {
                    good()
                },
            ))
        });
        let writer = writer(&late.endpoint, LATE_MS, |_| ());
        assert_eq!(
            write(&writer, &request()).0.expect("written").text,
            "14 days."
        );
        let hedges = (1, u64::from(first_fails));
        check_counts(&status(&writer), hedges, &[("ok", 1)]);
        assert_eq!(late.n_requests(), 2);
    }
}

#[test]
fn a_pause_that_the_second_is_told_is_kept() {
    let (tell, told) = mpsc::channel::<()>();
    let told = Mutex::new(told);
    let endpoint = Endpoint::new(move |number, _, stream| {
        if number == 0 {
            let _ = told.lock().unwrap().recv_timeout(PATIENCE);
            let _ = stream.write_all(&stream_of(&["14 days."], "stop"));
        } else {
            let _ = stream.write_all(&reply("429 Slow down", "Retry-After: 30\r\n", ""));
        }
    });
    let writer = writer(&endpoint, LATE_MS, |_| ());
    let written = std::thread::scope(|scope| {
        scope.spawn(|| {
            let end = Instant::now() + PATIENCE;
            while status(&writer).breaker == BreakerState::Closed && Instant::now() < end {
                std::thread::yield_now();
            }
            let _ = tell.send(());
        });
        write(&writer, &request()).0
    });
    assert_eq!(written.expect("written").text, "14 days.");
    assert_eq!(code_of(write(&writer, &request()).0), "breaker_open");
    assert_eq!(endpoint.requests().len(), 2);
}

#[test]
fn a_repetition_is_not_hedged() {
    let late = Late::new(|number| (number == 0).then(|| (0, reply("500 Oops", "", ""))));
    let writer = writer(&late.endpoint, 500, |_| ());
    let due = WriteRequest {
        deadline: Some(Instant::now() + Duration::from_millis(1_500)),
        ..request()
    };
    let written = write(&writer, &due).0.expect("what there is");
    assert_eq!(written.finish, Finish::Deadline);
    late.check_closed(1);
    assert_eq!((late.n_requests(), status(&writer).retries), (2, 1));
    check_counts(&status(&writer), (0, 0), &[("deadline", 1), ("failed", 1)]);
}

#[test]
fn an_endpoint_that_is_tried_gets_one_request() {
    let late = Late::new(|number| (number == 0).then(|| (0, reply("404 Not Found", "", ""))));
    let writer = writer(&late.endpoint, LATE_MS, |config| {
        config.breaker_failures = 1;
        config.breaker_open_ms = 1;
    });
    assert_eq!(code_of(write(&writer, &request()).0), "not_found");
    let end = Instant::now() + PATIENCE;
    while status(&writer).breaker != BreakerState::HalfOpen && Instant::now() < end {
        std::thread::yield_now();
    }
    let due = WriteRequest {
        deadline: Some(Instant::now() + Duration::from_millis(800)),
        ..request()
    };
    let written = write(&writer, &due).0.expect("what there is");
    assert_eq!(written.finish, Finish::Deadline);
    late.check_closed(1);
    assert_eq!((late.n_requests(), status(&writer).hedges), (2, 0));
}

#[test]
fn none_is_sent_that_could_not_finish() {
    let late = Late::new(|_| None);
    let writer = writer(&late.endpoint, 300, |_| ());
    let due = WriteRequest {
        deadline: Some(Instant::now() + Duration::from_millis(500)),
        ..request()
    };
    let written = write(&writer, &due).0.expect("what there is");
    assert_eq!(written.finish, Finish::Deadline);
    late.check_closed(0);
    assert_eq!((late.n_requests(), status(&writer).hedges), (1, 0));
}

#[test]
fn cancelling_closes_both() {
    let late = Late::new(|_| None);
    let writer = writer(&late.endpoint, 20, |_| ());
    let cancel = CancelFlag::new();
    let written = std::thread::scope(|scope| {
        let endpoint = &late.endpoint;
        let cancel = &cancel;
        scope.spawn(move || {
            let end = Instant::now() + PATIENCE;
            while endpoint.requests().len() < 2 && Instant::now() < end {
                std::thread::yield_now();
            }
            cancel.cancel();
        });
        writer.generate(&request(), cancel, &mut |_| ControlFlow::Continue(()))
    });
    assert_eq!(written.expect("written").finish, Finish::Cancelled);
    let mut closed = [(); 2].map(|()| late.closed.recv_timeout(PATIENCE).expect("closed"));
    closed.sort_unstable();
    assert_eq!(closed, [0, 1]);
    check_counts(&status(&writer), (1, 0), &[("cancelled", 1)]);
}

#[test]
fn what_the_writer_reads_is_hedged_too() {
    let top = json!([{ "token": "Yes", "logprob": -0.25 }, { "token": "No", "logprob": -1.5 }]);
    let body = json_reply(&json!({ "choices": [{ "message": { "content": "Yes" },
        "logprobs": { "content": [{ "token": "Yes", "logprob": -0.25, "top_logprobs": top }] } }] }));
    let late = Late::new(move |number| (number > 0).then(|| (0, body.clone())));
    let writer = writer(&late.endpoint, LATE_MS, |_| ());
    let options = ["Yes", "No"];
    let chosen = writer.choose(&request().messages, &options, &CancelFlag::new(), None);
    assert_eq!(chosen.expect("told"), [-0.25, -1.5]);
    late.check_closed(0);
    check_counts(&status(&writer), (1, 1), &[("ok", 1)]);
}
