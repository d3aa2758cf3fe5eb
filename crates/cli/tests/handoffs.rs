//! The real binary, killed while it hands customers over: what it accepted arrives, under one id.
//!
//! `LOKET_TEST_KILLS` sets how often it is killed; 20 times when absent.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "the figures of a long run are of use")]

#[path = "shared/settings.rs"]
mod settings;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// Base64 of 24 bytes, for the signature.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A receiver of webhooks: how often each id came, and the body it came with first.
#[derive(Clone, Default)]
struct Receiver {
    seen: Arc<Mutex<BTreeMap<String, (usize, String)>>>,
}

impl Receiver {
    /// Listens on a port of its own, for as long as the test runs.
    fn start() -> (Self, u16) {
        let receiver = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = receiver.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let own = own.clone();
                thread::spawn(move || own.receive(stream.unwrap()));
            }
        });
        (receiver, port)
    }

    fn receive(&self, mut stream: TcpStream) {
        // A sender that was killed leaves half a request, which is no delivery.
        let Some((head, body)) = request(&mut stream) else {
            return;
        };
        let id = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("webhook-id"))
            .map(|(_, id)| id.to_owned())
            .unwrap();
        {
            let mut seen = self.seen.lock().unwrap();
            let (n, first) = seen.entry(id).or_insert_with(|| (0, body.clone()));
            *n += 1;
            assert_eq!(*first, body, "a retry differs");
        }
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    }

    fn ids(&self) -> BTreeSet<String> {
        self.seen.lock().unwrap().keys().cloned().collect()
    }
}

/// The head and the body of a request; `None` when it ends early.
fn request(stream: &mut TcpStream) -> Option<(String, String)> {
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
        head.push_str(line.trim_end());
        head.push('\n');
    }
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?
        .1
        .parse()
        .ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    fn new(port: u16) -> Self {
        let sandbox = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let more = format!(
            "[server]\nbind = \"127.0.0.1:0\"\n\
             [support.destinations.desk.via]\ntype = \"webhook\"\nurl = \"http://127.0.0.1:{port}/hook\"\n\
             secret = {SECRET:?}\nallow = [\"127.0.0.1\"]\n"
        );
        settings::write(sandbox.dir.path(), &more);
        fs_err::create_dir_all(sandbox.path("kb/en")).unwrap();
        let article = "# Parcels\n\nA parcel takes three days.\n";
        fs_err::write(sandbox.path("kb/en/parcels.md"), article).unwrap();
        sandbox
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loket"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// A running service and its address.
    fn serve(&self) -> (Child, String) {
        let mut child = self
            .command(&["serve", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !text.ends_with("}\n") {
            out.read_line(&mut text).unwrap();
        }
        let told: serde_json::Value = serde_json::from_str(&text).unwrap();
        let url = told["url"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().to_owned();
        (child, address)
    }
}

/// Hands a customer over, again while the service says that it cannot take anybody yet; the id when it was accepted, `None`
/// when the service is gone.
fn hand_over(address: &str, n: usize) -> Option<String> {
    loop {
        let (head, body) = ask_for_a_person(address, n)?;
        if head.starts_with("HTTP/1.1 202") {
            let told: serde_json::Value = serde_json::from_str(&body).ok()?;
            return Some(told["id"].as_str()?.to_owned());
        }
        assert!(head.starts_with("HTTP/1.1 503"), "{head}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Head and body of the reply, when there is a whole one.
fn ask_for_a_person(address: &str, n: usize) -> Option<(String, String)> {
    let body = format!(
        r#"{{"question":"Where is parcel {n}?","language":"en","method":"email","contact":{{"email":"c{n}@example.org"}}}}"#
    );
    let mut stream = TcpStream::connect(address).ok()?;
    write!(
        stream,
        "POST /v1/escalations HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Idempotency-Key: k-{n}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).ok()?;
    let (head, body) = reply.split_once("\r\n\r\n")?;
    Some((head.to_owned(), body.to_owned()))
}

#[test]
fn what_was_accepted_arrives_however_often_the_service_is_killed() {
    let kills: usize = std::env::var("LOKET_TEST_KILLS").map_or(20, |n| n.parse().unwrap());
    let (receiver, port) = Receiver::start();
    let sandbox = Sandbox::new(port);
    let accepted: Mutex<BTreeSet<String>> = Mutex::default();
    for cycle in 0..kills {
        let (mut child, address) = sandbox.serve();
        let n_before = accepted.lock().unwrap().len();
        thread::scope(|scope| {
            for writer in 0..4 {
                let (address, accepted) = (&address, &accepted);
                scope.spawn(move || {
                    for n in 0..8 {
                        let number = (cycle * 4 + writer) * 8 + n;
                        let Some(id) = hand_over(address, number) else {
                            break;
                        };
                        accepted.lock().unwrap().insert(id);
                    }
                });
            }
            // At another moment each time: before the first, amid them, after the last. Where the machine is busy all
            // would be before the first, so that most wait for one.
            let started = Instant::now();
            while cycle % 4 != 0
                && accepted.lock().unwrap().len() == n_before
                && started.elapsed() < Duration::from_secs(10)
            {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(7 * (cycle as u64 * 5 % 23)));
            // SIGKILL on unix.
            child.kill().unwrap();
        });
        child.wait().unwrap();
    }
    let accepted = accepted.into_inner().unwrap();
    assert!(accepted.len() > kills, "{} accepted", accepted.len());
    let (mut child, _) = sandbox.serve();
    let deadline = Instant::now() + Duration::from_mins(1);
    while !accepted.is_subset(&receiver.ids()) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(50));
    }
    let lost: Vec<&String> = accepted
        .iter()
        .filter(|id| !receiver.ids().contains(*id))
        .collect();
    assert!(lost.is_empty(), "lost {lost:?} of {}", accepted.len());
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = sandbox
        .command(&["handoff", "list", "--dead", "--json"])
        .output()
        .unwrap();
    assert_eq!(listed.status.code(), Some(0), "some are dead");
    let seen = receiver.seen.lock().unwrap();
    let twice = seen.values().filter(|(n, _)| *n > 1).count();
    eprintln!(
        "{kills} kills: {} accepted, {} arrived, {twice} more than once",
        accepted.len(),
        seen.len()
    );
}
