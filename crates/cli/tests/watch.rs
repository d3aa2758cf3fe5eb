//! The real binary, watching a folder while editors, git and mistakes change it, and a service that takes it up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "shared/settings.rs"]
mod settings;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Nothing that is waited for takes this long, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(2);

/// Time between two questions to a service, which has to get at a processor as well.
const PAUSE: Duration = Duration::from_millis(10);

/// A folder to work in. The name of the temporary folder begins with a dot, as that of a folder an index must look
/// through may.
struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self {
            dir: tempfile::Builder::new().prefix(".loket").tempdir().unwrap(),
        };
        settings::write(sandbox.dir.path(), "[server]\nbind = \"127.0.0.1:0\"\n");
        for n in 0..3 {
            sandbox.write(&format!("en/article-{n}.md"), &article(n, 0));
        }
        sandbox
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn kb(&self, path: &str) -> PathBuf {
        self.path("kb").join(path)
    }

    /// Saves a file whole, so that no build finds half of it: beside it, and then by its name.
    fn write(&self, path: &str, text: &str) {
        let path = self.kb(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_file_name(".saving");
        fs_err::write(&beside, text).unwrap();
        fs_err::rename(beside, path).unwrap();
    }

    /// Writes over a text of the same length, in its place.
    fn write_over(&self, path: &str, text: &str) {
        let path = self.kb(path);
        assert_eq!(
            fs_err::metadata(&path).unwrap().len(),
            text.len() as u64,
            "{text}"
        );
        let mut file = fs_err::OpenOptions::new().write(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn start(&self, args: &[&str]) -> Running {
        let mut child = Command::new(env!("CARGO_BIN_EXE_loket"))
            .args(args)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Running { child, lines }
    }
}

/// A process of `loket`, killed when the test ends.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    #[track_caller]
    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    /// The next event.
    #[track_caller]
    fn event(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// The next event that `is_it`. What a slow machine did before is passed over.
    #[track_caller]
    fn event_that(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let event = self.event();
            if is_it(&event) {
                return event;
            }
            assert!(Instant::now() < until, "{event}");
        }
    }

    /// The next event of a build in which `kind` is `paths`.
    #[track_caller]
    fn indexed(&self, kind: &str, paths: &Value) -> Value {
        self.event_that(|event| event["event"] == "indexed" && event[kind] == *paths)
    }

    /// Ends it as Ctrl-C does; how it ended, and what it said until then.
    #[cfg(unix)]
    fn interrupt(mut self) -> (ExitStatus, Vec<String>) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
        assert!(sent.success());
        let mut said = Vec::new();
        let ended = loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => said.push(line),
                Err(ended) => break ended,
            }
        };
        // Its output has ended, and so has it.
        assert_eq!(ended, RecvTimeoutError::Disconnected, "{said:?}");
        (self.child.wait().unwrap(), said)
    }
}

fn article(n: usize, edition: usize) -> String {
    format!("# Article {n}\n\nWhat article {n} says in edition {edition}.\n")
}

fn watching(sandbox: &Sandbox) -> Running {
    let watch = sandbox.start(&["watch", "--json"]);
    let first = watch.event();
    assert_eq!(
        (&first["event"], &first["articles"]),
        (&json!("indexed"), &json!(3))
    );
    let begun = watch.event();
    assert_eq!(begun["event"], "watching", "{begun}");
    assert_eq!(begun["polls_because"], Value::Null);
    watch
}

#[test]
fn every_way_to_save_is_noticed() {
    let sandbox = Sandbox::new();
    let watch = watching(&sandbox);
    sandbox.write_over("en/article-0.md", &article(0, 1));
    let event = watch.indexed("changed", &json!(["en/article-0.md"]));
    assert_eq!(
        (&event["is_new"], &event["encoded_passages"]),
        (&json!(true), &json!(1))
    );

    // An editor that writes beside and renames, with a file of its own in between.
    fs_err::write(sandbox.kb("en/.article-1.md.swp"), "swap").unwrap();
    fs_err::write(sandbox.kb("en/article-1.md~"), article(1, 1)).unwrap();
    fs_err::rename(
        sandbox.kb("en/article-1.md~"),
        sandbox.kb("en/article-1.md"),
    )
    .unwrap();
    fs_err::remove_file(sandbox.kb("en/.article-1.md.swp")).unwrap();
    watch.indexed("changed", &json!(["en/article-1.md"]));

    // A folder with articles, as git makes it; then renamed, then gone.
    for n in 10..12 {
        sandbox.write(&format!("en/more/article-{n}.md"), &article(n, 0));
    }
    watch.event_that(|event| event["articles"] == 5);
    fs_err::rename(sandbox.kb("en/more"), sandbox.kb("en/other")).unwrap();
    let moved = |n: usize| json!({"from": format!("en/more/article-{n}.md"), "to": format!("en/other/article-{n}.md")});
    watch.indexed("moved", &json!([moved(10), moved(11)]));
    // What is written below a new name is noticed, too.
    sandbox.write_over("en/other/article-10.md", &article(10, 1));
    watch.indexed("changed", &json!(["en/other/article-10.md"]));
    fs_err::remove_dir_all(sandbox.kb("en/other")).unwrap();
    watch.event_that(|event| event["articles"] == 3);
}

/// How long an article is served on without its file, as `loket watch` has it.
const GRACE: Duration = Duration::from_secs(1);

/// Takes in builds until all of `paths` were changed by them; in none of them one of `n` articles is missing.
#[track_caller]
fn changed_whole(watch: &Running, n: usize, paths: &[&str]) {
    let mut missing: Vec<Value> = paths.iter().map(|path| json!(path)).collect();
    while !missing.is_empty() {
        let event = watch.event();
        assert_eq!(event["event"], "indexed", "{event}");
        assert_eq!(event["articles"], n, "{event}");
        for none in ["removed", "added", "rejected"] {
            assert_eq!(event[none], json!([]), "{event}");
        }
        let changed = event["changed"].as_array().unwrap();
        missing.retain(|path| !changed.contains(path));
    }
}

#[test]
fn a_file_that_is_replaced_in_two_steps_is_never_missing() {
    let sandbox = Sandbox::new();
    let watch = watching(&sandbox);
    for (edition, pause) in [(1, 300), (2, 400), (3, 500)] {
        let begun = Instant::now();
        fs_err::remove_file(sandbox.kb("en/article-0.md")).unwrap();
        // Another save meanwhile, so that there is a generation of that moment.
        sandbox.write("en/article-1.md", &article(1, edition));
        thread::sleep(Duration::from_millis(pause));
        sandbox.write("en/article-0.md", &article(0, edition));
        let took = begun.elapsed();
        assert!(took < GRACE, "too busy a machine to tell: {took:?}");
        changed_whole(&watch, 3, &["en/article-0.md", "en/article-1.md"]);
    }
    // For good.
    let begun = Instant::now();
    fs_err::remove_file(sandbox.kb("en/article-0.md")).unwrap();
    sandbox.write("en/article-1.md", &article(1, 9));
    changed_whole(&watch, 3, &["en/article-1.md"]);
    let event = watch.event();
    assert_eq!(event["removed"], json!(["en/article-0.md"]), "{event}");
    assert_eq!(event["articles"], 2);
    assert!(begun.elapsed() >= GRACE, "{:?}", begun.elapsed());
}

#[test]
fn what_git_has_yet_to_write_is_waited_for() {
    let sandbox = Sandbox::new();
    let watch = watching(&sandbox);
    // As git has it while it works.
    let lock = sandbox.path(".git/index.lock");
    fs_err::create_dir_all(lock.parent().unwrap()).unwrap();
    fs_err::write(&lock, "").unwrap();
    fs_err::remove_file(sandbox.kb("en/article-0.md")).unwrap();
    sandbox.write("en/article-1.md", &article(1, 1));
    changed_whole(&watch, 3, &["en/article-1.md"]);
    thread::sleep(GRACE + GRACE / 2);
    sandbox.write("en/article-1.md", &article(1, 2));
    changed_whole(&watch, 3, &["en/article-1.md"]);
    fs_err::remove_file(&lock).unwrap();
    let event = watch.event();
    assert_eq!(event["removed"], json!(["en/article-0.md"]), "{event}");
}

#[test]
fn a_checkout_by_git_leaves_no_article_out() {
    const N: usize = 80;
    let sandbox = Sandbox::new();
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let mut command = Command::new("git");
        command
            .args(identity)
            .args(args)
            .current_dir(sandbox.path("kb"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
    };
    git(&["init", "--quiet"]);
    for edition in 1..3 {
        for n in 0..N {
            sandbox.write(&format!("en/article-{n}.md"), &article(n, edition));
        }
        git(&["checkout", "--quiet", "-b", &format!("edition-{edition}")]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", "Edit"]);
    }
    let paths: Vec<String> = (0..N).map(|n| format!("en/article-{n}.md")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let watch = sandbox.start(&["watch", "--json"]);
    assert_eq!(watch.event()["articles"], N);
    assert_eq!(watch.event()["event"], "watching");
    for round in 0..6 {
        git(&["checkout", "--quiet", &format!("edition-{}", 1 + round % 2)]);
        changed_whole(&watch, N, &paths);
    }
}

#[test]
fn a_bad_file_is_told_and_a_missing_folder_is_waited_for() {
    let sandbox = Sandbox::new();
    let watch = watching(&sandbox);
    sandbox.write(
        "en/bad.md",
        "---\nvalid_from: yesterday\n---\n# Bad\n\nText.\n",
    );
    let event = watch.event();
    assert_eq!(event["event"], "indexed");
    assert_eq!(event["rejected"][0]["path"], "en/bad.md");
    assert_eq!(event["rejected"][0]["line"], 2);
    assert_eq!(event["articles"], 3);
    // The others are indexed, and the bad one is told with them.
    sandbox.write("en/article-2.md", &article(2, 1));
    let event = watch.indexed("changed", &json!(["en/article-2.md"]));
    assert_eq!(event["rejected"][0]["path"], "en/bad.md");
    fs_err::remove_file(sandbox.kb("en/bad.md")).unwrap();
    assert_eq!(watch.event()["rejected"], json!([]));

    // A draft changes nothing, and is told once.
    let draft = "---\ndraft: true\n---\n# Draft\n\nText.\n";
    sandbox.write("en/draft.md", draft);
    let event = watch.event();
    assert_eq!(
        (&event["drafts"], &event["is_new"]),
        (&json!(["en/draft.md"]), &json!(false))
    );
    fs_err::remove_file(sandbox.kb("en/draft.md")).unwrap();
    assert_eq!(watch.event()["drafts"], json!([]));

    fs_err::rename(sandbox.path("kb"), sandbox.path("away")).unwrap();
    let event = watch.event();
    assert_eq!(event["event"], "failed", "{event}");
    assert!(
        event["reason"]
            .as_str()
            .unwrap()
            .contains("cannot be read as a folder"),
        "{event}"
    );
    fs_err::rename(sandbox.path("away"), sandbox.path("kb")).unwrap();
    sandbox.write("en/article-2.md", &article(2, 2));
    watch.indexed("changed", &json!(["en/article-2.md"]));
}

#[test]
fn another_build_is_waited_for() {
    let sandbox = Sandbox::new();
    let watch = watching(&sandbox);
    let lock = fs_err::OpenOptions::new()
        .write(true)
        .open(sandbox.path("data/index/build.lock"))
        .unwrap();
    lock.file().lock().unwrap();
    sandbox.write("en/article-0.md", &article(0, 1));
    assert_eq!(watch.event()["event"], "waiting");
    lock.file().unlock().unwrap();
    watch.indexed("changed", &json!(["en/article-0.md"]));
}

#[cfg(unix)]
#[test]
fn it_ends_when_it_is_asked_to() {
    let sandbox = Sandbox::new();
    let (status, said) = watching(&sandbox).interrupt();
    assert_eq!(status.code(), Some(0));
    let last: Value = serde_json::from_str(&said[0]).unwrap();
    assert_eq!((&last["event"], said.len()), (&json!("stopped"), 1));

    // In words, for people.
    let watch = sandbox.start(&["watch"]);
    let told: Vec<String> = (0..4).map(|_| watch.line()).collect();
    let told = told.join("\n");
    assert!(told.contains("3 articles (en 3), 3 passages"), "{told}");
    assert!(told.contains("still serves"), "{told}");
    assert!(told.ends_with("watching kb; end with Ctrl-C"), "{told}");
    sandbox.write("en/article-0.md", &article(0, 1));
    let line = watch.line();
    assert!(
        line.contains("1 changed: en/article-0.md; ") && line.contains(" serves after "),
        "{line}"
    );
    let (status, said) = watch.interrupt();
    assert_eq!(status.code(), Some(0));
    assert!(said[0].contains("stopped"), "{said:?}");
}

/// The body of a reply of the service at `address`.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn a_service_takes_up_every_save_and_a_rollback() {
    let sandbox = Sandbox::new();
    let watch = watching(&sandbox);
    let serve = sandbox.start(&["serve", "--json"]);
    let mut told = String::new();
    let url = loop {
        told.push_str(&serve.line());
        if let Ok(told) = serde_json::from_str::<Value>(&told) {
            break told["url"].as_str().unwrap().to_owned();
        }
    };
    let address = url.strip_prefix("http://").unwrap();
    let served = |text: &str| {
        let until = Instant::now() + PATIENCE;
        while !get(address, "/v1/articles/article-0?language=en").contains(text) {
            assert!(Instant::now() < until, "`{text}` is not served");
            thread::sleep(PAUSE);
        }
    };
    served("edition 0");
    for edition in 1..4 {
        sandbox.write("en/article-0.md", &article(0, edition));
        watch.indexed("changed", &json!(["en/article-0.md"]));
        served(&format!("edition {edition}"));
    }
    let rolled = sandbox.start(&["index", "--rollback"]);
    assert!(rolled.line().contains("serves again"));
    served("edition 2");
}
