//! A mail server that follows a script: one session, and for chosen commands a chosen reply.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What a session heard.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Commands in order, without line ends.
    pub(super) commands: Vec<String>,
    /// Lines between DATA and the dot, as on the wire, dots still stuffed.
    pub(super) lines: Vec<String>,
}

pub(super) struct MailServer {
    port: u16,
    thread: JoinHandle<Session>,
}

impl MailServer {
    /// Answers the first command that starts with a key with its value; others as a server that takes everything.
    /// The key `DRIP` makes it send its greeting a byte every 50 ms instead, `HANG` makes it say nothing.
    pub(super) fn start(script: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            serve(stream, script)
        });
        Self { port, thread }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn session(self) -> Session {
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        self.thread.join().unwrap()
    }
}

fn serve(mut stream: TcpStream, script: &[(&str, &str)]) -> Session {
    let mut session = Session::default();
    if script.iter().any(|(key, _)| *key == "DRIP") {
        drip(&mut stream);
        return session;
    }
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    if script.iter().any(|(key, _)| *key == "HANG") {
        // Until the caller has gone.
        let _ = reader.read(&mut [0]);
        return session;
    }
    let mut say = |line: &str| stream.write_all(format!("{line}\r\n").as_bytes());
    say("220 mail.test ESMTP").unwrap();
    let mut is_data = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            return session;
        }
        let text = String::from_utf8(line.clone()).expect("mail is UTF-8");
        let text = text.strip_suffix("\r\n").expect("a line ends with CRLF");
        assert!(!text.contains(['\r', '\n']), "a bare line end: {text:?}");
        let reply = if is_data {
            if text != "." {
                session.lines.push(text.to_owned());
                continue;
            }
            is_data = false;
            scripted(script, ".").unwrap_or("250 2.0.0 queued")
        } else {
            session.commands.push(text.to_owned());
            let usual = match text.split(' ').next().unwrap() {
                "EHLO" => "250-mail.test\r\n250-AUTH PLAIN\r\n250 8BITMIME",
                "AUTH" => "235 2.7.0 welcome",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            let reply = scripted(script, text).unwrap_or(usual);
            is_data = reply.starts_with("354");
            reply
        };
        if say(reply).is_err() {
            return session;
        }
    }
}

fn scripted<'a>(script: &[(&str, &'a str)], command: &str) -> Option<&'a str> {
    script
        .iter()
        .find(|(key, _)| command.starts_with(key))
        .map(|(_, reply)| *reply)
}

fn drip(stream: &mut TcpStream) {
    let wait = Some(Duration::from_millis(50));
    stream.set_read_timeout(wait).unwrap();
    for byte in "220 ".bytes().chain(std::iter::repeat_n(b'a', 100)) {
        // Zero bytes: the caller has gone. An error is the wait that passed.
        if stream.write_all(&[byte]).is_err() || matches!(stream.read(&mut [0]), Ok(0)) {
            break;
        }
    }
}
