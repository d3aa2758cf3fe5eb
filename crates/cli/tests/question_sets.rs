//! The real binary, with a person who types at the other end of a pipe: sets of questions that grow.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "shared/settings.rs"]
mod settings;

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

const ARTICLES: [(&str, &str); 3] = [
    (
        "en/returns.md",
        "# Return an order\n\nYou have 14 days to return an order.\n\n## Costs\n\nThe buyer pays the return label of €7.95.\n",
    ),
    (
        "en/payout.md",
        "# When is my payout sent?\n\nWe send your payout 3 days after the delivery.\n",
    ),
    (
        "nl/returns.md",
        "# Een bestelling retourneren\n\nJe hebt 14 dagen om een bestelling te retourneren.\n\n## Kosten\n\nDe koper betaalt het retourlabel van € 7,95.\n",
    ),
];

struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        // Ranked by words alone: a random encoder's likeness means nothing.
        settings::write(
            sandbox.dir.path(),
            "[answer.fusion]\narticle = { coverage = 100.0 }\n",
        );
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

    /// Runs `loket`, typing `typed`; gives what it said to the person, and its result.
    #[track_caller]
    fn type_in(&self, args: &[&str], typed: &str) -> (String, Value) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_loket"))
            .args(args)
            .arg("--json")
            .current_dir(self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(typed.as_bytes())
            .unwrap();
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert!(status.success(), "{args:?}: {said}");
        (said, serde_json::from_slice(&stdout).unwrap())
    }

    fn set(&self, name: &str) -> Vec<Value> {
        let text = fs_err::read_to_string(self.path(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[test]
fn a_set_is_built_by_typing_and_goes_on_where_it_ended() {
    let sandbox = Sandbox::new();
    let ask = [
        "eval",
        "ask",
        "--questions",
        "set.jsonl",
        "--language",
        "en",
    ];
    let typed = "who pays the return label of an order\n1#\n\n€7.95\n\
                 where is the moon\n0\n\n\
                 left out\ns\n\
                 what is my payout\n9\n1\nmaybe\nc\nq\n";
    let (said, told) = sandbox.type_in(&ask, typed);
    assert_eq!(
        told["added"],
        serde_json::json!(["en-01", "en-02", "en-03"]),
        "{said}"
    );
    assert!(
        said.contains("1. Return an order › Costs (returns, en)"),
        "{said}"
    );
    assert!(said.contains("there is no 9 among"), "{said}");
    let set = sandbox.set("set.jsonl");
    assert_eq!(set[0]["relevant"], serde_json::json!(["returns#costs"]));
    assert_eq!(set[0]["answers"], serde_json::json!(["€7.95"]));
    assert_eq!(
        (&set[0]["expect"], &set[0]["language"]),
        (&"answered".into(), &"en".into())
    );
    assert_eq!(
        (&set[1]["expect"], &set[1]["relevant"]),
        (&"escalated".into(), &Value::Null)
    );
    assert_eq!(set[2]["expect"], "clarify");

    // The next day: what is there is known, and the end of the pipe is an end.
    let (said, told) = sandbox.type_in(
        &ask,
        "WHERE is the moon?\nwhen do I get it\n2\n\nin a week\nhalf a question\n",
    );
    assert!(said.contains("3 questions in set.jsonl"), "{said}");
    assert!(said.contains("en-02 asks this already"), "{said}");
    assert!(
        said.contains("none of the articles marked says it in these words"),
        "{said}"
    );
    assert_eq!(told["added"], serde_json::json!(["en-04"]), "{said}");
    assert_eq!(sandbox.set("set.jsonl").len(), 4);
}

#[test]
fn proposals_are_accepted_reworded_or_rejected_and_marked() {
    let sandbox = Sandbox::new();
    let draft = [
        "eval",
        "draft",
        "--articles",
        "returns",
        "--per-article",
        "2",
        "--out",
        "mine.jsonl",
    ];
    let typed = "hm\na\ne\nWho pays for sending back?\na\nr\nq\n";
    let (said, told) = sandbox.type_in(&draft, typed);
    assert_eq!(told["added"].as_array().map(Vec::len), Some(2), "{said}");
    assert_eq!(told["rejected"], 1, "{said}");
    assert!(said.contains("type a, e, r or q"), "{said}");
    let set = sandbox.set("mine.jsonl");
    assert_eq!(set[1]["question"], "Who pays for sending back?");
    for question in &set {
        assert_eq!(question["synthetic"], true);
        assert_eq!(question["relevant"], serde_json::json!(["returns"]));
        assert_eq!(question["language"], "en");
    }
    // Both of the English version are there, so only the Dutch one is asked about.
    let (said, _) = sandbox.type_in(&draft, "q\n");
    assert!(
        said.contains("Een bestelling retourneren") && !said.contains("Return an order"),
        "{said}"
    );

    let all = ["eval", "draft", "--accept-all", "--language", "nl"];
    let (_, told) = sandbox.type_in(&all, "");
    let n = told["added"].as_array().unwrap().len();
    assert_eq!(
        sandbox.set("kb/questions.proposed.jsonl").len(),
        n,
        "{told}"
    );
    assert!(n > 0, "{told}");
    let (_, again) = sandbox.type_in(&all, "");
    assert_eq!(again["added"], serde_json::json!([]), "{again}");
    let refused = Command::new(env!("CARGO_BIN_EXE_loket"))
        .args(["eval", "draft", "--accept-all", "--out", "set.jsonl"])
        .current_dir(sandbox.dir.path())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        String::from_utf8(refused.stderr)
            .unwrap()
            .contains(".proposed.jsonl")
    );
}
