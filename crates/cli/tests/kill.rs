//! The real binary, killed while it works: an index that served before serves on and the next build succeeds; an
//! evaluation goes on where it was and asks nothing twice.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "shared/settings.rs"]
mod settings;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

const N_ARTICLES: usize = 150;

struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        settings::write(sandbox.dir.path(), "");
        sandbox
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Gives every article a text of this edition.
    fn write_articles(&self, edition: usize) {
        let kb = self.path("kb/en");
        fs_err::create_dir_all(&kb).unwrap();
        for n in 0..N_ARTICLES {
            let text = format!(
                "# Article {n}\n\nWhat article {n} says in edition {edition} about parcels.\n"
            );
            fs_err::write(kb.join(format!("article-{n}.md")), text).unwrap();
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loket"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    #[track_caller]
    fn run(&self, args: &[&str]) -> serde_json::Value {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(args).output().unwrap();
        assert!(
            status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&stderr)
        );
        serde_json::from_slice(&stdout).unwrap()
    }

    /// Starts a build and kills it as soon as `moment` has come, or lets it end when it never does.
    fn kill_when(&self, moment: &dyn Fn(&Path) -> bool) {
        let index = self.path("data/index");
        let mut build = self
            .command(&["index"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !moment(&index) && build.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        // Fails when it has ended already.
        let _ = build.kill();
        build.wait().unwrap();
    }
}

/// A file inside an unfinished generation.
fn unfinished(index: &Path, file: &str) -> bool {
    let entries = fs_err::read_dir(index.join("generations"))
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with(".unfinished-")
        })
        .any(|entry| entry.path().join(file).exists())
}

#[test]
fn a_killed_build_costs_nothing_but_its_work() {
    let sandbox = Sandbox::new();
    sandbox.write_articles(0);
    sandbox.run(&["index", "--json"]);
    let moments: [&dyn Fn(&Path) -> bool; 5] = [
        &|_| true,
        &|index| unfinished(index, ""),
        &|index| unfinished(index, "shards"),
        &|index| unfinished(index, "space.bin"),
        &|index| unfinished(index, "manifest.json"),
    ];
    for (edition, moment) in (1..).zip(moments) {
        let before = sandbox.run(&["search", "parcels", "--json"])["generation"].clone();
        sandbox.write_articles(edition);
        sandbox.kill_when(moment);

        let during = sandbox.run(&["search", "parcels", "--json"]);
        assert!(
            !during["hits"].as_array().unwrap().is_empty(),
            "moment {edition}"
        );
        let current = fs_err::read_to_string(sandbox.path("data/index/CURRENT")).unwrap();
        assert_eq!(during["generation"], current.trim(), "moment {edition}");

        let after = sandbox.run(&["index", "--json"]);
        assert_eq!(after["articles"], N_ARTICLES, "moment {edition}");
        assert_ne!(after["generation"], before, "moment {edition}");
        let hit = &sandbox.run(&["search", "parcels", "--json"])["hits"][0];
        let text = hit["text"].as_str().unwrap();
        assert!(text.contains(&format!("edition {edition}")), "{text}");
        assert!(
            !unfinished(&sandbox.path("data/index"), ""),
            "moment {edition}"
        );
    }
}

/// Ids of the questions a run asked, by its log.
fn asked(log: &[u8]) -> Vec<String> {
    let log = String::from_utf8_lossy(log);
    let lines = log.lines().filter(|line| line.contains("asked id="));
    lines
        .filter_map(|line| Some(line.split("id=\"").nth(1)?.split('"').next()?.to_owned()))
        .collect()
}

/// A report without what differs from run to run.
fn without_times(path: &Path) -> serde_json::Value {
    let text = fs_err::read_to_string(path).unwrap();
    let mut report: serde_json::Value = serde_json::from_str(&text).unwrap();
    report["run"]["started"] = serde_json::Value::Null;
    report["latency"] = serde_json::Value::Null;
    for row in report["rows"].as_array_mut().unwrap() {
        row["total_ms"] = serde_json::Value::Null;
    }
    for question in report["questions"].as_array_mut().unwrap() {
        question["ms"] = serde_json::Value::Null;
    }
    report
}

#[test]
fn a_killed_evaluation_asks_nothing_twice() {
    const N: usize = 400;
    let sandbox = Sandbox::new();
    sandbox.write_articles(0);
    sandbox.run(&["index", "--json"]);
    let lines: Vec<String> = (0..N)
        .map(|n| {
            serde_json::json!({
                "id": format!("q{n}"),
                "question": format!("What does article {n} say about parcels?"),
                "language": "en",
                "relevant": [format!("article-{}", n % N_ARTICLES)],
                "expect": "answered",
            })
            .to_string()
        })
        .collect();
    fs_err::write(sandbox.path("questions.jsonl"), lines.join("\n")).unwrap();
    let command = |out: &str| {
        let args = [
            "eval",
            "run",
            "--questions",
            "questions.jsonl",
            "--jobs",
            "2",
            "-vv",
        ];
        let mut command = sandbox.command(&args);
        command.args(["--json", out]);
        command
    };
    let whole = command("whole.json").output().unwrap();
    assert_eq!(asked(&whole.stderr).len(), N);

    let journal = sandbox.path("out.json.partial");
    let n_kept = || {
        let text = fs_err::read(&journal).unwrap_or_default();
        text.split(|byte| *byte == b'\n').count().saturating_sub(2)
    };
    for least in [20, 60] {
        let mut run = command("out.json")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while n_kept() < least && run.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        run.kill().unwrap();
        run.wait().unwrap();
        assert!(!sandbox.path("out.json").exists(), "killed before its end");
    }
    // As if it had been killed in the middle of a line.
    let n_kept = n_kept();
    let mut torn = fs_err::read(&journal).unwrap();
    torn.extend_from_slice(b"{\"id\":\"q");
    fs_err::write(&journal, torn).unwrap();

    // Other questions are another run.
    fs_err::write(sandbox.path("other.jsonl"), &lines[0]).unwrap();
    let other = sandbox
        .command(&[
            "eval",
            "run",
            "--questions",
            "other.jsonl",
            "--json",
            "out.json",
        ])
        .output()
        .unwrap();
    let refused = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(2), "{refused}");
    assert!(
        refused.contains("out.json.partial") && refused.contains("--restart"),
        "{refused}"
    );

    let rest = command("out.json").output().unwrap();
    let told = String::from_utf8_lossy(&rest.stderr);
    let line = format!(
        "{n_kept} of {N} questions are finished, {} are left",
        N - n_kept
    );
    assert!(told.contains(&line), "{line}: {told}");
    assert_eq!(asked(&rest.stderr).len(), N - n_kept);
    assert!(!journal.exists());
    let resumed = without_times(&sandbox.path("out.json"));
    let uninterrupted = without_times(&sandbox.path("whole.json"));
    assert_eq!(resumed["questions"].as_array().unwrap().len(), N);
    assert_eq!(resumed, uninterrupted);
}
