//! Two real processes: one provides models, the other answers with them, as it answers with its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "shared/settings.rs"]
mod settings;

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use inference::{
    Encoder, TextKind,
    encoder::{E5Spec, load_packed},
    remote::{
        ApiKey, EncoderConfig, EncoderEngine, Family, RemoteEncoder, RemoteWriter, WriterConfig,
        WriterEngine,
    },
    writer::{CancelFlag, LocalWriter, Message, Role, WriteRequest, Writer},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Answers of one question; the tiny writer knows nothing, so what it writes is dropped and what it reads still counts.
const ANSWER: &str = "[answer]\nsure_confidence = 1.0\n[answer.fusion]\narticle = { coverage = 100.0 }\n\
     [answer.calibration]\nintercept = 6.5\nweights = { unknown = -10.0, read = -2.0, reading = 0.05 }\n";

const ARTICLES: [(&str, &str); 2] = [
    (
        "en/return.md",
        "# Return an order\n\nYou have 14 days to return an order. The days count from the delivery.\n\n## Costs\n\n\
         The buyer pays €7.95 for the return label.\n",
    ),
    (
        "en/parcels.md",
        "# Parcels\n\nA parcel takes three days to arrive.\n",
    ),
];

const QUESTIONS: [&str; 4] = [
    "How many days do I have to return an order?",
    "Who pays for the return label?",
    "How long does a parcel take to arrive?",
    "Do you sell elephants on Mars?",
];

struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    /// Articles, the tiny models, and settings that end in `more`.
    fn new(more: &str) -> Self {
        let sandbox = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        settings::write(sandbox.dir.path(), more);
        let source = sandbox.path("source");
        let file = inference::tiny::roomy_writer_file(&source, "qwen2", 7, 4_096).unwrap();
        let bytes = fs_err::read(&file).unwrap();
        let mut sha256 = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(sha256, "{byte:02x}").unwrap();
        }
        let name = file.file_name().unwrap().to_str().unwrap();
        let catalogue = fs_err::read_to_string(sandbox.path("catalogue.toml")).unwrap();
        let prefixes =
            "dimensions = 64\nquery_prefix = \"query: \"\npassage_prefix = \"passage: \"\n";
        let mut catalogue = catalogue.replace("dimensions = 64\n", prefixes);
        write!(
            catalogue,
            "[[model]]\nid = \"words\"\nrole = \"writer\"\nformat = \"gguf\"\nlicence = \"MIT\"\n\
             languages = [\"en\"]\nmax_tokens = 512\n[[model.files]]\nname = {name:?}\nbytes = {}\n\
             sha256 = {sha256:?}\nsources = [{{ from = \"hub\", repo = \"a/b\", path = {name:?} }}]\n",
            bytes.len()
        )
        .unwrap();
        fs_err::write(sandbox.path("catalogue.toml"), catalogue).unwrap();
        for (path, text) in ARTICLES {
            let path = sandbox.path("kb").join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
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
            .env("LOKET_MODELS__WRITER", "words")
            .stdin(Stdio::null());
        command
    }

    /// Asks, with further settings in `variables`.
    fn ask(&self, question: &str, variables: &[(&str, &str)]) -> Value {
        let mut command = self.command(&["ask", question, "--json"]);
        command.envs(variables.iter().copied());
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{error}"))
    }

    /// Starts a command that prints where it listens, and gives that.
    fn start(&self, args: &[&str], variables: &[(&str, &str)]) -> Running {
        let mut command = self.command(args);
        command.envs(variables.iter().copied());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut text = String::new();
        let told: Value = loop {
            text += &lines.next().expect("it says where it listens").unwrap();
            if let Ok(value) = serde_json::from_str(&text) {
                break value;
            }
        };
        Running {
            child,
            url: told["url"].as_str().unwrap().to_owned(),
        }
    }
}

/// A process that is ended with the test.
struct Running {
    child: Child,
    url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Sends a request and gives status and body.
    fn call(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let address = self
            .url
            .trim_start_matches("http://")
            .trim_end_matches("/v1");
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let status = reply.split(' ').nth(1).unwrap().parse().unwrap();
        let body = reply.split_once("\r\n\r\n").unwrap().1;
        (status, body.to_owned())
    }

    fn wait_until(&self, path: &str, mut is_so: impl FnMut(u16, &str) -> bool) {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let (status, body) = self.call("GET", path, "", "");
            if is_so(status, &body) {
                return;
            }
            assert!(Instant::now() < end, "{path}: {status} {body}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn writer_config(url: &str) -> WriterConfig {
    WriterConfig {
        engine: WriterEngine::Openai,
        url: url.to_owned(),
        model: "words".to_owned(),
        family: Family::Auto,
        first_token_timeout_ms: 60_000,
        token_timeout_ms: 60_000,
        ..WriterConfig::default()
    }
}

fn text_of(writer: &dyn Writer, request: &WriteRequest) -> (String, bool) {
    let written = writer.generate(request, &CancelFlag::new(), &mut |_| {
        ControlFlow::Continue(())
    });
    let written = written.unwrap();
    (written.text, written.finish.is_complete())
}

#[test]
fn a_provider_gives_the_texts_chances_and_vectors_of_its_models() {
    let sandbox = Sandbox::new("");
    let provider = sandbox.start(&["serve-models", "--bind", "127.0.0.1:0", "--json"], &[]);
    let (status, body) = provider.call("GET", "/healthz", "", "");
    assert_eq!((status, body.as_str()), (200, "{\"status\":\"ok\"}"));

    let source = sandbox.path("source");
    let file = inference::tiny::roomy_writer_file(&source, "qwen2", 7, 4_096).unwrap();
    let local = LocalWriter::load(&file, "words".to_owned()).unwrap();
    let remote = RemoteWriter::new(&writer_config(&provider.url), ApiKey::default());
    for (number, question) in QUESTIONS.iter().enumerate() {
        let request = WriteRequest {
            begin: ["", "You have"][number % 2].to_owned(),
            ..WriteRequest::new(
                vec![
                    Message::new(Role::System, "Answer <|im_end|> from the articles."),
                    Message::new(Role::User, *question),
                ],
                60,
            )
        };
        let expected = text_of(&local, &request);
        assert!(!expected.0.is_empty());
        assert_eq!(text_of(&remote, &request), expected, "{question}");
        let choose = |writer: &dyn Writer| {
            let options = ["Yes", "No", "the other"];
            writer
                .choose(&request.messages, &options, &CancelFlag::new(), None)
                .unwrap()
        };
        assert_eq!(choose(&remote), choose(&local), "{question}");
    }

    let config = EncoderConfig {
        engine: EncoderEngine::Openai,
        url: provider.url.clone(),
        model: "tiny".to_owned(),
        ..EncoderConfig::default()
    };
    let reference = sandbox.path("reference.json");
    let remote = RemoteEncoder::connect(&config, ApiKey::default(), &reference).unwrap();
    let file = inference::tiny::encoder_file(&source, 7).unwrap();
    let spec = E5Spec {
        query_prefix: "query: ".to_owned(),
        passage_prefix: "passage: ".to_owned(),
        max_tokens: 512,
    };
    let local = load_packed(&file, "tiny".to_owned(), &spec).unwrap();
    for kind in [TextKind::Query, TextKind::Passage] {
        let texts = ["How long?", "A parcel takes three days.", "邮包"];
        let (got, own) = (
            remote.encode(&texts, kind).unwrap(),
            local.encode(&texts, kind).unwrap(),
        );
        assert_eq!(got.dimensions, own.dimensions);
        for (got, own) in got.values.iter().zip(&own.values) {
            assert!((got - own).abs() < 1e-6, "{got} {own}");
        }
    }
}

#[test]
fn a_provider_refuses_what_it_cannot_do_in_the_shape_of_the_interface() {
    let sandbox = Sandbox::new("[server]\nqueue_length = 4\n");
    let provider = sandbox.start(&["serve-models", "--bind", "127.0.0.1:0", "--json"], &[]);
    let message = json!([{ "role": "user", "content": "hi" }]);
    let check = |path: &str, body: &Value, expected: u16| {
        let (status, text) = provider.call("POST", path, "", &body.to_string());
        assert_eq!(status, expected, "{body}: {text}");
        if expected != 200 {
            let text: Value = serde_json::from_str(&text).unwrap();
            assert!(text["error"]["message"].is_string(), "{text}");
        }
    };
    let chat = "/v1/chat/completions";
    check(chat, &json!({ "messages": message, "max_tokens": 2 }), 200);
    check(
        chat,
        &json!({ "messages": message, "model": "words", "max_tokens": 2 }),
        200,
    );
    check(chat, &json!({ "messages": message, "model": "other" }), 404);
    check(chat, &json!({ "messages": [] }), 400);
    check(chat, &json!({ "messages": message, "n": 2 }), 400);
    check(chat, &json!({ "messages": message, "logprobs": true }), 400);
    check(
        chat,
        &json!({ "messages": message, "continue_final_message": true }),
        400,
    );
    check(
        chat,
        &json!({ "messages": [{ "role": "tool", "content": "hi" }] }),
        400,
    );
    check(
        chat,
        &json!({ "messages": [{ "role": "user", "content": "x ".repeat(8_000) }] }),
        400,
    );
    check("/v1/embeddings", &json!({ "input": [] }), 400);
    check(
        "/v1/embeddings",
        &json!({ "input": "a", "model": "other" }),
        404,
    );
    check("/v1/nothing", &json!({}), 404);
    let (_, plain) = provider.call("POST", "/v1/embeddings", "", r#"{"input":"a"}"#);
    let (_, packed) = provider.call(
        "POST",
        "/v1/embeddings",
        "",
        r#"{"input":"a","encoding_format":"base64"}"#,
    );
    let vector =
        |text: &str| serde_json::from_str::<Value>(text).unwrap()["data"][0]["embedding"].clone();
    assert_eq!(vector(&plain).as_array().unwrap().len(), 64);
    // 64 numbers of 4 bytes.
    assert_eq!(vector(&packed).as_str().unwrap().len(), 344);
}

#[test]
fn only_a_key_of_a_backend_opens_a_provider() {
    let sandbox = Sandbox::new("");
    let key = |scope: &str| -> String {
        let output = sandbox
            .command(&["keys", "create", "--scope", scope, "--json"])
            .output()
            .unwrap();
        let made: Value = serde_json::from_slice(&output.stdout).unwrap();
        made["key"].as_str().unwrap().to_owned()
    };
    let (backend, widget) = (key("backend"), key("widget"));
    let provider = sandbox.start(&["serve-models", "--bind", "127.0.0.1:0", "--json"], &[]);
    let status = |key: &str| {
        let header = if key.is_empty() {
            String::new()
        } else {
            format!("Authorization: Bearer {key}\r\n")
        };
        provider.call("GET", "/v1/models", &header, "").0
    };
    assert_eq!(status(""), 401);
    assert_eq!(status(&widget), 403);
    assert_eq!(status(&backend), 200);
    assert_eq!(provider.call("GET", "/healthz", "", "").0, 200);
    // The other side takes it from a file.
    let file = sandbox.path("key");
    fs_err::write(&file, &backend).unwrap();
    private(&file);
    let key = ApiKey::of(&ApiKey::default(), Some(&file)).unwrap();
    let remote = RemoteWriter::new(&writer_config(&provider.url), key);
    let request = WriteRequest::new(vec![Message::new(Role::User, "hi")], 3);
    text_of(&remote, &request);
    let locked_out = RemoteWriter::new(&writer_config(&provider.url), ApiKey::from("other"));
    let error = locked_out
        .warm_up(&request.messages, &CancelFlag::new())
        .unwrap_err();
    assert!(
        format!("{error:?}").contains("Key { status: 401 }"),
        "{error:?}"
    );
}

#[cfg(unix)]
fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn private(_: &Path) {}

/// A reply without what is never the same.
fn settled(mut reply: Value) -> Value {
    for key in ["id", "timings_ms", "models"] {
        reply.as_object_mut().unwrap().remove(key);
    }
    reply
}

#[test]
fn answers_with_a_writer_elsewhere_are_those_of_the_same_writer_here() {
    let sandbox = Sandbox::new(ANSWER);
    let provider = sandbox.start(&["serve-models", "--bind", "127.0.0.1:0", "--json"], &[]);
    let url = provider.url.clone();
    let elsewhere = [
        ("LOKET_WRITER__ENGINE", "openai"),
        ("LOKET_WRITER__URL", url.as_str()),
        ("LOKET_WRITER__MODEL", "words"),
        ("LOKET_WRITER__FIRST_TOKEN_TIMEOUT_MS", "60000"),
        ("LOKET_WRITER__TOKEN_TIMEOUT_MS", "60000"),
    ];
    let mut confidences = Vec::new();
    for question in QUESTIONS {
        let own = sandbox.ask(question, &[]);
        confidences.push(own["confidence"].as_f64().unwrap());
        assert_eq!(
            settled(sandbox.ask(question, &elsewhere)),
            settled(own),
            "{question}"
        );
    }
    // The odds it reads are part of them, so they tell whether those are the same.
    assert!(confidences[0] < 0.997, "{confidences:?}");
    // Gone, the articles' own words are the answer.
    let mut own_words = sandbox.command(&["ask", QUESTIONS[0], "--json", "--mode", "extractive"]);
    let own_words: Value = serde_json::from_slice(&own_words.output().unwrap().stdout).unwrap();
    drop(provider);
    let without = sandbox.ask(QUESTIONS[0], &elsewhere);
    assert_eq!(without["outcome"], "answered");
    assert_eq!(without["sentences"], own_words["sentences"]);
}

#[test]
fn a_service_tells_when_its_writer_is_gone_and_goes_on() {
    let sandbox = Sandbox::new(ANSWER);
    let provider = sandbox.start(&["serve-models", "--bind", "127.0.0.1:0", "--json"], &[]);
    let url = provider.url.clone();
    let mut variables = vec![
        ("LOKET_SERVER__BIND", "127.0.0.1:0"),
        ("LOKET_ANSWER__MEMORY__ENABLED", "false"),
        ("LOKET_WRITER__ENGINE", "openai"),
        ("LOKET_WRITER__URL", url.as_str()),
        ("LOKET_WRITER__MODEL", "words"),
        ("LOKET_WRITER__FALLBACK", "local"),
        ("LOKET_WRITER__BREAKER_FAILURES", "2"),
        ("LOKET_WRITER__BREAKER_OPEN_MS", "600000"),
        ("LOKET_WRITER__FIRST_TOKEN_TIMEOUT_MS", "60000"),
        ("LOKET_WRITER__TOKEN_TIMEOUT_MS", "60000"),
    ];
    variables.sort_unstable();
    let service = sandbox.start(&["serve", "--json"], &variables);
    service.wait_until("/readyz", |status, _| status == 200);
    let ask = || -> Value {
        let body = json!({ "question": QUESTIONS[0] }).to_string();
        let (status, reply) = service.call("POST", "/v1/answers", "", &body);
        assert_eq!(status, 200, "{reply}");
        serde_json::from_str(&reply).unwrap()
    };
    assert_eq!(ask()["outcome"], "answered");
    let (_, metrics) = service.call("GET", "/metrics", "", "");
    let has = |metrics: &str, line: &str| metrics.lines().any(|own| own == line);
    let closed = "loket_remote_breaker{role=\"writer\",state=\"closed\"} 1";
    assert!(has(&metrics, closed), "{metrics}");
    for line in [
        "loket_remote_fallbacks_total{role=\"writer\",to=\"local\"} 0",
        "loket_remote_hedges_total{role=\"writer\"} 0",
        "loket_remote_hedges_won_total{role=\"writer\"} 0",
    ] {
        assert!(has(&metrics, line), "{line}: {metrics}");
    }

    drop(provider);
    for _ in 0..3 {
        assert_eq!(ask()["outcome"], "answered");
    }
    let (_, metrics) = service.call("GET", "/metrics", "", "");
    assert!(
        has(
            &metrics,
            "loket_remote_breaker{role=\"writer\",state=\"open\"} 1"
        ),
        "{metrics}"
    );
    assert!(
        has(
            &metrics,
            "loket_remote_fallbacks_total{role=\"writer\",to=\"local\"} 3"
        ),
        "{metrics}"
    );
    service.wait_until("/readyz", |status, body| {
        status == 200 && body.contains("the writer's endpoint keeps failing")
    });
}

#[test]
fn an_index_of_an_encoder_elsewhere_answers_and_without_it_a_person_does() {
    let sandbox = Sandbox::new(ANSWER);
    let provider = sandbox.start(&["serve-models", "--bind", "127.0.0.1:0", "--json"], &[]);
    let url = provider.url.clone();
    let elsewhere = [
        ("LOKET_ENCODER__ENGINE", "openai"),
        ("LOKET_ENCODER__URL", url.as_str()),
        ("LOKET_ENCODER__MODEL", "tiny"),
        ("LOKET_INDEX__DATA_DIR", "elsewhere"),
        ("LOKET_SERVER__BIND", "127.0.0.1:0"),
        ("LOKET_MODELS__WRITER", "none"),
    ];
    let reply = sandbox.ask(QUESTIONS[0], &elsewhere);
    assert_eq!(reply["outcome"], "answered");
    let id = reply["models"]["embedder"].as_str().unwrap();
    assert!(id.starts_with("tiny@remote-"), "{id}");
    // The same model is known again.
    assert_eq!(
        sandbox.ask(QUESTIONS[1], &elsewhere)["models"]["embedder"],
        *id
    );

    let service = sandbox.start(&["serve", "--json"], &elsewhere);
    service.wait_until("/readyz", |status, _| status == 200);
    drop(provider);
    let body = json!({ "question": QUESTIONS[2] }).to_string();
    let (status, reply) = service.call("POST", "/v1/answers", "", &body);
    let reply: Value = serde_json::from_str(&reply).unwrap();
    assert_eq!(
        (status, &reply["outcome"], &reply["reason"]),
        (200, &json!("escalated"), &json!("error"))
    );
    let options = reply["contact"]["options"].as_array().unwrap();
    assert!(
        options
            .iter()
            .any(|option| option["method"] == "email" && option["available"] == true)
    );
}
