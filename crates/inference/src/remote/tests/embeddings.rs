//! Encoders behind endpoints.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::endpoint::{Endpoint, Request, json_reply, reply};
use crate::encoder::{EncodeError, Encoder, TextKind};
use crate::remote::{ApiKey, EncoderConfig, EncoderEngine, RemoteEncoder};

/// A vector that depends on the text and on `model`, and is not of unit length.
fn vector(text: &str, model: usize) -> Vec<f32> {
    let of_text = text.bytes().map(u32::from).sum::<u32>() as f32;
    (0..4)
        .map(|i| 3.0 * ((of_text + model as f32 * 5.0) * (i + 1) as f32).sin())
        .collect()
}

fn inputs(request: &Request) -> Vec<String> {
    let body = request.json();
    let texts = if request.path == "/embed" {
        &body["inputs"]
    } else {
        &body["input"]
    };
    let texts = texts.as_array().cloned().unwrap_or_default();
    texts
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// The reply of a sound server, its vectors in reverse.
fn sound(request: &Request, model: usize) -> Vec<u8> {
    let texts = inputs(request);
    if request.path == "/embed" {
        let rows: Vec<Vec<f32>> = texts.iter().map(|text| vector(text, model)).collect();
        return json_reply(&json!(rows));
    }
    let rows = texts.iter().enumerate().rev();
    let data: Vec<Value> = rows
        .map(|(index, text)| json!({ "index": index, "embedding": vector(text, model) }))
        .collect();
    json_reply(&json!({ "data": data }))
}

/// An endpoint that is sound for the probes and does `then` with what comes after them.
fn endpoint(then: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Endpoint {
    Endpoint::new(move |_, request, stream| {
        let bytes = if request.path.ends_with("/models") {
            reply("404 Not Found", "", "")
        } else if inputs(request).len() == 6 {
            sound(request, 0)
        } else {
            then(request)
        };
        let _ = stream.write_all(&bytes);
    })
}

fn config(endpoint: &Endpoint) -> EncoderConfig {
    EncoderConfig {
        engine: EncoderEngine::Openai,
        url: endpoint.url.clone(),
        model: "m".to_owned(),
        batch: 3,
        timeout_ms: 2_000,
        query_prefix: "q: ".to_owned(),
        max_tokens: 64,
        breaker_open_ms: 100,
        breaker_failures: 2,
        ..EncoderConfig::default()
    }
}

fn connect(config: &EncoderConfig, dir: &Path) -> Result<RemoteEncoder, EncodeError> {
    RemoteEncoder::connect(config, ApiKey::default(), &dir.join("encoder.json"))
}

#[test]
fn vectors_come_in_order_in_batches_and_of_unit_length() {
    let endpoint = endpoint(|request| sound(request, 0));
    let dir = tempfile::tempdir().unwrap();
    let encoder = connect(&config(&endpoint), dir.path()).expect("connected");
    assert_eq!(encoder.dimensions(), 4);
    let texts = ["a", "bb", "ccc", "dddd", ""];
    let got = encoder.encode(&texts, TextKind::Query).expect("encoded");
    assert_eq!(got.len(), 5);
    for (index, text) in texts.iter().enumerate() {
        let text = format!("q: {text}");
        let expected = vector(&text, 0);
        let length = expected.iter().map(|x| x * x).sum::<f32>().sqrt();
        for (got, expected) in got.row(index).iter().zip(&expected) {
            assert!((got - expected / length).abs() < 1e-5, "{text}");
        }
    }
    // One to recognise the server, one of the probes, then three texts and two.
    let sizes: Vec<usize> = endpoint
        .requests()
        .iter()
        .map(|r| inputs(r).len())
        .collect();
    assert_eq!(sizes, [0, 6, 3, 2]);
    assert!(
        encoder
            .encode(&[], TextKind::Query)
            .expect("nothing")
            .is_empty()
    );
}

#[test]
fn long_texts_are_cut_to_what_the_model_reads() {
    let endpoint = endpoint(|request| sound(request, 0));
    let dir = tempfile::tempdir().unwrap();
    let encoder = connect(&config(&endpoint), dir.path()).expect("connected");
    let long = "été ".repeat(1_000);
    encoder
        .encode(&[&long], TextKind::Passage)
        .expect("encoded");
    let sent = inputs(endpoint.requests().last().unwrap()).remove(0);
    // 62 words: the model adds two tokens of its own.
    assert_eq!(sent.split_whitespace().count(), 62);
    assert!(long.starts_with(&sent));
}

#[test]
fn a_server_of_text_embeddings_inference_is_asked_in_its_own_way() {
    let endpoint = endpoint(|request| sound(request, 0));
    let dir = tempfile::tempdir().unwrap();
    let config = EncoderConfig {
        engine: EncoderEngine::Tei,
        url: endpoint.url.trim_end_matches("/v1").to_owned(),
        ..config(&endpoint)
    };
    let encoder = connect(&config, dir.path()).expect("connected");
    let got = encoder.encode(&["a"], TextKind::Passage).expect("encoded");
    assert_eq!(got.len(), 1);
    assert_eq!(endpoint.requests().last().unwrap().path, "/embed");
}

#[track_caller]
fn check(bytes: Vec<u8>, is_expected: impl Fn(&EncodeError) -> bool) {
    let endpoint = endpoint(move |_| bytes.clone());
    let dir = tempfile::tempdir().unwrap();
    let encoder = connect(&config(&endpoint), dir.path()).expect("connected");
    let error = encoder
        .encode(&["a", "b"], TextKind::Passage)
        .expect_err("refused");
    assert!(is_expected(&error), "{error:?}");
}

#[track_caller]
fn check_remote(bytes: Vec<u8>, code: &str) {
    check(
        bytes,
        |error| matches!(error, EncodeError::Remote(error) if error.code() == code),
    );
}

fn list(rows: &[&[f32]]) -> Vec<u8> {
    let rows = rows.iter().enumerate();
    let data: Vec<Value> = rows
        .map(|(index, row)| json!({ "index": index, "embedding": row }))
        .collect();
    json_reply(&json!({ "data": data }))
}

#[test]
fn vectors_that_cannot_be_are_refused() {
    let good: &[f32] = &[1.0, 2.0, 3.0, 4.0];
    check_remote(list(&[good]), "malformed");
    check_remote(list(&[good, good, good]), "malformed");
    check_remote(list(&[good, &[1.0, 2.0]]), "malformed");
    check_remote(list(&[good, &[]]), "malformed");
    check_remote(
        json_reply(&json!({ "data": [
        { "index": 0, "embedding": good }, { "index": 0, "embedding": good } ] })),
        "malformed",
    );
    check_remote(json_reply(&json!({ "data": "none" })), "malformed");
    check_remote(
        json_reply(&json!({ "data": [
        { "index": 0, "embedding": ["x"] }, { "index": 1, "embedding": good } ] })),
        "malformed",
    );
    check_remote(reply("500 Oops", "", ""), "failed");
    let huge = "{\"data\":[{\"index\":0,\"embedding\":[1,2,3,1e300]},{\"index\":1,\"embedding\":[1,2,3,4]}]}";
    check(
        reply("200 OK", "Content-Type: application/json\r\n", huge),
        |error| matches!(error, EncodeError::NotFinite | EncodeError::Remote(_)),
    );
    check(list(&[good, &[0.0; 4]]), |error| {
        matches!(error, EncodeError::NotFinite)
    });
}

#[test]
fn another_model_behind_the_name_gets_another_id() {
    let model = Arc::new(AtomicUsize::new(0));
    let of = Arc::clone(&model);
    let endpoint = Endpoint::new(move |_, request, stream| {
        let model = of.load(Ordering::Relaxed);
        let bytes = if model == 9 || request.path.ends_with("/models") {
            reply("404 Not Found", "", "")
        } else {
            sound(request, model)
        };
        let _ = stream.write_all(&bytes);
    });
    let dir = tempfile::tempdir().unwrap();
    let config = config(&endpoint);
    let first = connect(&config, dir.path()).expect("connected");
    assert!(first.id().starts_with("m@remote-"), "{}", first.id());
    assert_eq!(
        connect(&config, dir.path()).expect("connected").id(),
        first.id()
    );

    // It goes away, and comes back as another: known at its first reply.
    model.store(9, Ordering::Relaxed);
    for _ in 0..2 {
        first.encode(&["a"], TextKind::Passage).expect_err("gone");
    }
    model.store(1, Ordering::Relaxed);
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let error = first
            .encode(&["a"], TextKind::Passage)
            .expect_err("never the same");
        if matches!(&error, EncodeError::Remote(error) if error.to_string().contains("another model"))
        {
            break;
        }
        assert!(Instant::now() < end, "{error:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_ne!(
        connect(&config, dir.path()).expect("connected").id(),
        first.id()
    );
}

/// A server of `engine` lets its first request for a text wait until the connection is closed, and answers the next.
#[track_caller]
fn check_hedged(engine: EncoderEngine, hedge_after_ms: u64) {
    let n = AtomicUsize::new(0);
    let (tell, closed) = mpsc::channel();
    let endpoint = Endpoint::new(move |_, request, stream| {
        let texts = inputs(request);
        let bytes = if request.path.ends_with("/models") {
            reply("404 Not Found", "", "")
        } else if texts.len() == 1 && n.fetch_add(1, Ordering::Relaxed) == 0 {
            let _ = stream.read(&mut [0]);
            let _ = tell.send(());
            return;
        } else {
            sound(request, 0)
        };
        let _ = stream.write_all(&bytes);
    });
    let dir = tempfile::tempdir().unwrap();
    let url = match engine {
        EncoderEngine::Tei => endpoint.url.trim_end_matches("/v1").to_owned(),
        _ => endpoint.url.clone(),
    };
    let config = EncoderConfig {
        engine,
        url,
        timeout_ms: 4 * hedge_after_ms.max(500),
        hedge_after_ms,
        ..config(&endpoint)
    };
    config.validate().expect("settings that fit");
    let encoder = connect(&config, dir.path()).expect("connected");
    let encoded = encoder.encode(&["a"], TextKind::Passage);
    closed
        .recv_timeout(Duration::from_secs(30))
        .expect("the first connection is closed");
    let of_text = endpoint.requests();
    let of_text = of_text.iter().filter(|r| inputs(r).len() == 1).count();
    let status = encoder.remote().expect("remote");
    if hedge_after_ms == 0 {
        let error = encoded.expect_err("late");
        assert!(
            matches!(&error, EncodeError::Remote(error) if error.code() == "timeout"),
            "{error:?}"
        );
        assert_eq!((of_text, status.hedges), (1, 0));
    } else {
        let expected = vector("a", 0);
        let length = expected.iter().map(|x| x * x).sum::<f32>().sqrt();
        let encoded = encoded.expect("of the second");
        assert!((encoded.row(0)[1] - expected[1] / length).abs() < 1e-5);
        assert_eq!(of_text, 2);
        assert_eq!((status.hedges, status.hedges_won), (1, 1));
        assert!(
            status
                .requests
                .iter()
                .all(|(end, n)| *end == "ok" || *n == 0)
        );
    }
}

#[test]
fn a_late_request_for_vectors_is_overtaken_where_the_settings_say_so() {
    check_hedged(EncoderEngine::Openai, 0);
    check_hedged(EncoderEngine::Openai, 1_000);
    check_hedged(EncoderEngine::Tei, 1_000);
}

#[test]
fn vectors_that_cannot_be_do_not_win() {
    // The second answers first, with one number too few.
    let n = AtomicUsize::new(0);
    let seen = Arc::new((Mutex::new(false), Condvar::new()));
    let endpoint = endpoint(move |request| {
        let (is_told, changed) = &*seen;
        if n.fetch_add(1, Ordering::Relaxed) == 0 {
            let told = is_told.lock().unwrap();
            drop(changed.wait_while(told, |told| !*told).unwrap());
            return sound(request, 0);
        }
        *is_told.lock().unwrap() = true;
        changed.notify_all();
        list(&[&[1.0, 2.0, 3.0]])
    });
    let dir = tempfile::tempdir().unwrap();
    let config = EncoderConfig {
        timeout_ms: 30_000,
        hedge_after_ms: 1_000,
        ..config(&endpoint)
    };
    let encoder = connect(&config, dir.path()).expect("connected");
    encoder
        .encode(&["a"], TextKind::Passage)
        .expect("of the first");
    let status = encoder.remote().expect("remote");
    assert_eq!((status.hedges, status.hedges_won), (1, 0));
}
