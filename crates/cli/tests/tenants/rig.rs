//! Help centers on a disk, the binary that serves them, and receivers of their hand-offs.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::settings;

/// Base64 of 24 bytes, for the signature of webhooks.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// With the tiny encoder, whose similarities mean nothing, confidence rests on words alone.
pub(crate) const CONFIDENT: &str = "[answer.fusion]\narticle = { coverage = 100.0 }\n\
    [answer.calibration]\nintercept = 6.5\nweights = { unknown = -10.0 }\n";

/// What every customer asks.
pub(crate) const QUESTION: &str = "How many days do I have to return an order?";

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder with settings and help centers.
pub(crate) struct Rig {
    dir: tempfile::TempDir,
}

impl Rig {
    /// No help centers yet; `more` goes into the deployment's settings.
    pub(crate) fn new(more: &str) -> Self {
        let rig = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        rig.settings(more);
        rig
    }

    pub(crate) fn settings(&self, more: &str) {
        let more = format!("{CONFIDENT}[tenants]\ndir = \"tenants\"\n{more}");
        settings::write(self.dir.path(), &more);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Two help centers, each with its own words, and with a destination where a port is given.
    pub(crate) fn two(more: &str, ports: Option<[u16; 2]>) -> Self {
        let rig = Self::new(more);
        for (index, (name, canary)) in [("alder", "zirconalder"), ("birch", "narwhalbirch")]
            .into_iter()
            .enumerate()
        {
            let hosts = format!("[tenant]\nhosts = [\"{name}.example\"]\n");
            let desk = ports.map(|ports| {
                format!(
                    "[support.destinations.{name}desk.via]\ntype = \"webhook\"\nurl = \"http://127.0.0.1:{}/hook\"\n\
                     secret = {SECRET:?}\nallow = [\"127.0.0.1\"]\n",
                    ports[index]
                )
            });
            rig.tenant(name, &format!("{hosts}{}", desk.unwrap_or_default()));
            let article = format!(
                "# Return an order\n\nYou have 14 days to return an order to the {canary} depot.\n"
            );
            rig.article(name, "returns.md", &article);
            let only = format!("# Opening of the {canary} depot\n\nThe depot opens at nine.\n");
            rig.article(name, &format!("only-{name}.md"), &only);
        }
        rig
    }

    /// Writes the settings of a help center.
    pub(crate) fn tenant(&self, name: &str, settings: &str) {
        self.write(&format!("tenants/{name}/loket.toml"), settings);
    }

    pub(crate) fn article(&self, tenant: &str, name: &str, text: &str) {
        self.write(&format!("tenants/{tenant}/knowledge_base/en/{name}"), text);
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loket"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs it and gives the JSON it prints.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {err}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A key of a help center, or of the deployment.
    #[track_caller]
    pub(crate) fn key(&self, tenant: Option<&str>, scope: &str) -> String {
        let mut args = vec!["keys", "create", "--scope", scope, "--json"];
        if let Some(tenant) = tenant {
            args.extend(["--tenant", tenant]);
        }
        self.json(&args)["key"].as_str().unwrap().to_owned()
    }

    /// Serves all help centers until what is returned is dropped.
    pub(crate) fn serve(&self, variables: &[(&str, &str)]) -> Service {
        let mut child = self
            .command(&["serve", "--bind", "127.0.0.1:0", "--json"])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log: Arc<Mutex<String>> = Arc::default();
        let (lines, kept) = (BufReader::new(child.stderr.take().unwrap()), log.clone());
        thread::spawn(move || {
            for line in lines.lines() {
                let Ok(line) = line else { break };
                let mut log = kept.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !text.ends_with("}\n") {
            let n = out.read_line(&mut text).unwrap();
            assert!(n > 0, "it ended: {}", log.lock().unwrap());
        }
        let told: Value = serde_json::from_str(&text).unwrap();
        let url = told["url"].as_str().unwrap();
        let address = url.strip_prefix("http://").unwrap().to_owned();
        Service {
            child,
            address,
            log,
        }
    }

    /// The same, once every help center was loaded or could not be.
    #[track_caller]
    pub(crate) fn serve_ready(&self, variables: &[(&str, &str)]) -> Service {
        let service = self.serve(variables);
        service.wait("every help center is loaded", || {
            service.get(None, "/readyz", None).status == 200
        });
        service
    }
}

/// A running service.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: String,
    log: Arc<Mutex<String>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    /// What it wrote to its error output so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until something holds.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, holds: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < end, "not so: {what}\n{}", self.log());
            thread::sleep(Duration::from_millis(30));
        }
    }

    /// One request. `host` is the header as it is sent, this service's address when absent.
    pub(crate) fn send(
        &self,
        method: &str,
        host: Option<&str>,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let body = body.map(Value::to_string).unwrap_or_default();
        let host = host.unwrap_or(&self.address);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        write!(stream, "{head}").unwrap();
        for (name, value) in headers {
            write!(stream, "{name}: {value}\r\n").unwrap();
        }
        write!(stream, "\r\n{body}").unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Reply {
            status: head[9..12].parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn get(&self, host: Option<&str>, path: &str, key: Option<&str>) -> Reply {
        let key = key.map(|key| format!("Bearer {key}"));
        let headers: Vec<_> = key.iter().map(|key| ("Authorization", &**key)).collect();
        self.send("GET", host, path, &headers, None)
    }

    pub(crate) fn post(&self, host: Option<&str>, path: &str, body: &Value) -> Reply {
        self.send("POST", host, path, &[], Some(body))
    }

    /// Asks `question` of a help center, as a customer whose answer is not remembered when `is_known`.
    #[track_caller]
    pub(crate) fn ask(&self, tenant: &str, question: &str, is_known: bool) -> Reply {
        let mut body = json!({"question": question, "language": "en", "mode": "extractive"});
        if is_known {
            body["customer"] = json!({"id": "c-1"});
        }
        let reply = self.post(None, &format!("/t/{tenant}/v1/answers"), &body);
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply
    }

    /// Hands a customer over.
    pub(crate) fn hand_over(
        &self,
        tenant: &str,
        key: &str,
        text: &str,
        answer: Option<&str>,
    ) -> Reply {
        let mut body = json!({"question": text, "language": "en", "method": "email",
            "contact": {"email": "someone@example.org"}});
        if let Some(answer) = answer {
            body["answer_id"] = answer.into();
        }
        let path = format!("/t/{tenant}/v1/escalations");
        self.send(
            "POST",
            None,
            &path,
            &[("Idempotency-Key", key)],
            Some(&body),
        )
    }
}

/// A reply, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The value of a header; empty without one.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(of, _)| of.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }
}

/// A receiver of webhooks, and the bodies it got.
#[derive(Clone, Default)]
pub(crate) struct Receiver(Arc<Mutex<Vec<String>>>);

impl Receiver {
    /// Listens on a port of its own, for as long as the test runs.
    pub(crate) fn start() -> (Self, u16) {
        let receiver = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = receiver.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                own.receive(stream.unwrap());
            }
        });
        (receiver, port)
    }

    fn receive(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(": ")
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_ok() {
            self.0
                .lock()
                .unwrap()
                .push(String::from_utf8(body).unwrap());
            let _ = reader
                .get_mut()
                .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        }
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Cuts every file below `dir` in half.
pub(crate) fn damage(dir: &Path) {
    for entry in fs_err::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            damage(&path);
        } else {
            let bytes = fs_err::read(&path).unwrap();
            fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
    }
}
