//! A model hub on a local socket that answers each request as a test says.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server does with one request, given its number from 0.
type Answer = dyn Fn(usize, &Request) -> Vec<u8> + Send + Sync;

#[derive(Debug, Clone)]
pub(super) struct Request {
    pub path: String,
    pub headers: Vec<(String, String)>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Where the `Range` header asks to start.
    pub(super) fn start(&self) -> Option<usize> {
        let range = self.header("range")?;
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    }
}

/// Serves until the test ends; the thread dies with the test process.
pub(super) struct Server {
    pub endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// A server whose answers are raw HTTP/1.1; each connection is closed after one answer.
    pub(super) fn new(answer: Box<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else {
                    continue;
                };
                let number = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(request.clone());
                    seen.len() - 1
                };
                let _ = (&stream).write_all(&answer(number, &request));
            }
        });
        Self { endpoint, requests }
    }

    /// A server that has one file and honours ranges.
    pub(super) fn of_file(content: Vec<u8>) -> Self {
        Self::new(Box::new(move |_, request| whole_or_rest(&content, request)))
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let headers = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        })
        .collect();
    Some(Request { path, headers })
}

/// An answer with status line, headers and body, of which only the first `sent` bytes are sent.
pub(super) fn answer(status: &str, headers: &str, body: &[u8], sent: usize) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), &body[..sent.min(body.len())]].concat()
}

/// 206 with the rest of `content` when the request has a range, 200 with all of it otherwise.
pub(super) fn whole_or_rest(content: &[u8], request: &Request) -> Vec<u8> {
    match request.start() {
        Some(start) => {
            let last = content.len() - 1;
            let range = format!("Content-Range: bytes {start}-{last}/{}\r\n", content.len());
            answer("206 Partial Content", &range, &content[start..], usize::MAX)
        }
        None => answer("200 OK", "", content, usize::MAX),
    }
}
