//! An endpoint on a local socket that does with each request what a test says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// What the endpoint does with request `n`, from 0.
type Script = dyn Fn(usize, &Request, &mut TcpStream) + Send + Sync;

#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// Serves until the test process ends; each connection is closed after one reply.
pub(super) struct Endpoint {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Endpoint {
    pub(super) fn new(
        script: impl Fn(usize, &Request, &mut TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, script): (_, Arc<Script>) = (Arc::clone(&requests), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                std::thread::spawn(move || {
                    let mut stream = stream;
                    let Some(request) = read(&stream) else { return };
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request.clone());
                        seen.len() - 1
                    };
                    script(number, &request, &mut stream);
                });
            }
        });
        Self { url, requests }
    }

    /// One that sends the same bytes to everyone.
    pub(super) fn of(reply: Vec<u8>) -> Self {
        Self::new(move |_, _, stream| {
            let _ = stream.write_all(&reply);
        })
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    Some(Request { path, head, body })
}

/// A whole reply.
pub(super) fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A reply of JSON.
pub(super) fn json_reply(body: &Value) -> Vec<u8> {
    reply(
        "200 OK",
        "Content-Type: application/json\r\n",
        &body.to_string(),
    )
}

/// The head of a stream, whose end is the end of the connection.
pub(super) const STREAM: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";

/// An event with a piece of text.
pub(super) fn piece(text: &str) -> String {
    let event =
        json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
    format!("data: {event}\n\n")
}

/// The events that end a stream.
pub(super) fn end(reason: &str) -> String {
    let event = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] });
    format!("data: {event}\n\ndata: [DONE]\n\n")
}

/// A whole stream of `pieces`.
pub(super) fn stream_of(pieces: &[&str], reason: &str) -> Vec<u8> {
    let pieces: String = pieces.iter().map(|text| piece(text)).collect();
    format!("{STREAM}{pieces}{}", end(reason)).into_bytes()
}
