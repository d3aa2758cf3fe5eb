//! An HTTP receiver that follows a script: one connection and one request for every reply.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// What the receiver does after it has read a request.
pub(super) enum Reply {
    /// Answers in full.
    Status(u16, &'static [(&'static str, &'static str)], String),
    /// Says nothing until the caller has gone.
    Hang,
    /// Sends this text, then a byte of it every 50 ms until the caller has gone.
    Drip(&'static str),
    /// Closes the connection.
    Close,
    /// Answers 200 and this start of a body, and more bytes than anybody wants.
    Huge(&'static str),
}

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        let headers = &[("content-type", "application/json")];
        Self::Status(status, headers, body.to_string())
    }

    pub(super) fn status(status: u16) -> Self {
        Self::Status(status, &[], String::new())
    }
}

/// A request as it was read from the wire.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) line: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The only value of `name`.
    #[track_caller]
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} is there twice");
        value
    }

    pub(super) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(super) struct Receiver {
    port: u16,
    thread: JoinHandle<Vec<Request>>,
}

impl Receiver {
    pub(super) fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = thread::spawn(move || {
            let mut requests = Vec::new();
            for reply in replies {
                let (stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let Some(request) = read(&mut reader) else {
                    // Closed before a request: how a test ends a receiver that nobody called.
                    break;
                };
                requests.push(request);
                answer(stream, reply);
            }
            requests
        });
        Self { port, thread }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The requests that came.
    pub(super) fn requests(self) -> Vec<Request> {
        // Wakes a receiver that still waits for a caller; one that is done no longer listens.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        self.thread.join().unwrap()
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap() == 0 {
        return None;
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let header = header.strip_suffix("\r\n").expect("a line ends with CRLF");
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').expect("a header has a colon");
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let line = line.trim_end().to_owned();
    Some(Request {
        line,
        headers,
        body,
    })
}

fn answer(mut stream: TcpStream, reply: Reply) {
    match reply {
        Reply::Status(status, headers, body) => {
            let mut head = format!(
                "HTTP/1.1 {status} Scripted\r\nconnection: close\r\ncontent-length: {}\r\n",
                body.len()
            );
            for (name, value) in headers {
                head.extend([name, ": ", value, "\r\n"]);
            }
            // The caller may have gone with the status alone.
            let _ = stream.write_all(format!("{head}\r\n{body}").as_bytes());
        }
        Reply::Hang => while !is_gone(&mut stream) {},
        Reply::Drip(text) => {
            for byte in text.bytes() {
                if stream.write_all(&[byte]).is_err() || is_gone(&mut stream) {
                    break;
                }
            }
        }
        Reply::Close => {}
        Reply::Huge(start) => {
            let head =
                format!("HTTP/1.1 200 Scripted\r\ncontent-length: 99999999999\r\n\r\n{start}");
            let mut sent = stream.write_all(head.as_bytes());
            let mut n_bytes = 0;
            while sent.is_ok() {
                sent = stream.write_all(&[b' '; 4096]);
                n_bytes += 4096;
                assert!(n_bytes < 64 << 20, "the caller reads without end");
            }
        }
    }
}

/// Waits 50 ms for the caller to go.
fn is_gone(stream: &mut TcpStream) -> bool {
    let wait = Some(Duration::from_millis(50));
    stream.set_read_timeout(wait).unwrap();
    match stream.read(&mut [0]) {
        Ok(n_bytes) => n_bytes == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}
