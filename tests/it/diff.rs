//! What an edit does to answers, told before it is merged: `loket diff` in a repository of its own.

use std::{path::Path, process::Command};

use acceptance::{Ran, Sandbox};
use serde_json::Value;

/// The sandbox's articles in a git repository, with judged questions beside them and one commit.
struct Repository(Sandbox);

const QUESTIONS: &str = r#"{"id":"label","question":"Who pays for the return label?","language":"en","relevant":["return-an-order"],"answers":["€7.95"],"expect":"answered"}
{"id":"retour","question":"Hoeveel dagen heb ik om een bestelling te retourneren?","language":"nl","relevant":["return-an-order"],"expect":"answered"}
{"id":"payout","question":"When do you send the payout?","language":"en","relevant":["seller-payout"],"expect":"answered"}
{"id":"chat","question":"On which days is chat open?","language":"en","relevant":["contact"],"expect":"answered"}
"#;

impl Repository {
    fn new() -> Self {
        let repository = Self(Sandbox::new());
        fs_err::write(repository.0.kb().join("questions.jsonl"), QUESTIONS).expect("questions");
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit("Articles");
        repository
    }

    /// Runs git in the folder of the articles, whoever the user is and whatever they set.
    #[track_caller]
    fn git(&self, args: &[&str]) {
        let ran = Command::new("git")
            .arg("-C")
            .arg(self.0.kb())
            .args([
                "-c",
                "user.name=Editor",
                "-c",
                "user.email=editor@example.org",
            ])
            .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
            .args(args)
            .env("GIT_CONFIG_GLOBAL", self.0.path("no-such-file"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git runs");
        assert!(
            ran.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let path = self.0.kb().join(path);
        let text = fs_err::read_to_string(&path).expect("an article");
        assert!(text.contains(from), "{text}");
        fs_err::write(&path, text.replace(from, to)).expect("an edited article");
    }

    fn diff(&self, more: &[&str]) -> Ran {
        self.0.run(&[&["diff"], more].concat())
    }

    #[track_caller]
    fn report(&self, code: u8, more: &[&str]) -> Value {
        let ran = self.diff(&[more, &["--json"]].concat());
        ran.expect(code).json()
    }
}

#[track_caller]
fn change<'a>(report: &'a Value, id: &str) -> &'a Value {
    let changes = report["changes"].as_array().expect("changes");
    let found = changes.iter().find(|change| change["id"] == id);
    found.unwrap_or_else(|| panic!("no {id} in {report:#}"))
}

fn kinds(change: &Value) -> Vec<&str> {
    let kinds = change["kinds"].as_array().expect("kinds");
    kinds.iter().filter_map(Value::as_str).collect()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn an_edited_amount_names_the_question_and_the_words() {
    let repository = Repository::new();
    repository.edit("en/return-an-order.md", "€7.95", "€9.95");
    let report = repository.report(1, &[]);
    assert_eq!(report["base"]["name"], "HEAD");
    assert_eq!(report["head"]["name"], "working tree");
    let edits = report["edits"].as_array().expect("edits");
    assert_eq!(edits.len(), 1);
    assert_eq!(
        (&edits[0]["kind"], &edits[0]["path"]),
        (&"changed".into(), &"en/return-an-order.md".into())
    );
    let bears_on = edits[0]["questions"].as_array().expect("questions");
    assert!(bears_on.contains(&"label".into()), "{bears_on:?}");

    let label = change(&report, "label");
    assert_eq!(label["kind"], "broken", "{label:#}");
    assert_eq!(kinds(label), ["broken", "text_changed"]);
    assert_eq!(label["gold_lost"], serde_json::json!(["€7.95"]));
    assert_eq!(label["sources_lost"], serde_json::json!([]));
    let rows = label["sentences"].as_array().expect("sentences");
    let marked = |side: &str| -> Vec<&str> {
        let runs = rows
            .iter()
            .flat_map(|row| row[side].as_array().expect("runs"));
        runs.filter(|run| run["marked"] == true)
            .filter_map(|run| run["text"].as_str())
            .collect()
    };
    assert_eq!(
        (marked("before"), marked("after")),
        (vec!["7.95"], vec!["9.95"])
    );
    assert_eq!(report["failed"], serde_json::json!(["label"]));

    // The same in the terminal, and nothing fails when nothing is to.
    let ran = repository.diff(&["--fail-on", "none"]).expect(0);
    assert!(
        ran.out
            .contains("broken label Who pays for the return label?"),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("The buyer pays €[-7.95-]{+9.95+} for the return label."),
        "{}",
        ran.out
    );
    repository.diff(&["--fail-on", "lost-source"]).expect(0);
    repository.diff(&["--fail-on", "text-changed"]).expect(1);
    repository
        .0
        .write_settings("[diff]\nfail_on = [\"lost_source\"]\n");
    repository.diff(&[]).expect(0);
}

#[test]
fn a_deleted_article_breaks_its_questions_and_is_lost_as_a_source() {
    let repository = Repository::new();
    fs_err::remove_file(repository.0.kb().join("en/seller-payout.md")).expect("removed");
    repository.commit("Remove the payouts");
    // Nothing differs from HEAD, so HEAD~1 it is.
    let report = repository.report(1, &[]);
    assert_eq!(report["base"]["name"], "HEAD~1");
    assert_eq!(report["edits"][0]["kind"], "removed");
    let payout = change(&report, "payout");
    assert_eq!(payout["kind"], "broken");
    assert!(kinds(payout).contains(&"lost_source"), "{payout:#}");
    assert_eq!(payout["sources_lost"][0]["article"], "seller-payout");
    assert_eq!(report["no_longer_answered"], serde_json::json!(["payout"]));
    let stale =
        serde_json::json!([{"question": "payout", "article": "seller-payout", "now": null}]);
    assert_eq!(report["stale_judgments"], stale);
    // Seen from the other end it is repaired.
    let back = repository.report(0, &["--base", "HEAD", "--head", "HEAD~1"]);
    assert_eq!(change(&back, "payout")["kind"], "fixed");
}

#[test]
fn a_moved_article_with_an_id_changes_no_answer() {
    let repository = Repository::new();
    repository.0.write_article(
        "en/pickup.md",
        "---\nid: pickup\n---\n# Pick up a parcel\n\nPick up a parcel within 6 days at the counter.\n",
    );
    let asked = r#"{"id":"pickup","question":"Within how many days must I pick up a parcel?","language":"en","relevant":["pickup"],"expect":"answered"}"#;
    fs_err::write(
        repository.0.kb().join("questions.jsonl"),
        format!("{QUESTIONS}{asked}\n"),
    )
    .expect("questions");
    repository.commit("Parcels");
    fs_err::create_dir(repository.0.kb().join("en/parcels")).expect("a folder");
    repository.git(&["mv", "en/pickup.md", "en/parcels/pick up, naïvely.md"]);
    let report = repository.report(
        0,
        &["--fail-on", "broken,lost-source,gained-source,text-changed"],
    );
    assert_eq!(report["edits"][0]["kind"], "moved");
    assert_eq!(report["edits"][0]["path_before"], "en/pickup.md");
    assert_eq!(report["edits"][0]["path"], "en/parcels/pick up, naïvely.md");
    assert_eq!(report["changes"], serde_json::json!([]));
    assert_eq!(report["counts"], serde_json::json!({"unchanged": 5}));
}

#[test]
fn a_second_run_knows_the_answers_and_says_the_same() {
    let repository = Repository::new();
    repository.edit("en/return-an-order.md", "14 days", "21 days");
    let without_time = |mut report: Value| {
        for key in ["elapsed_ms", "answers_made", "touched"] {
            report.as_object_mut().expect("a report").remove(key);
        }
        report
    };
    let first = repository.report(0, &["--fail-on", "none"]);
    assert!(first["answers_made"].as_u64() > Some(0), "{first:#}");
    let second = repository.report(0, &["--fail-on", "none"]);
    assert_eq!(second["answers_made"], 0);
    assert_eq!(second["touched"], first["touched"]);
    assert_eq!(without_time(second), without_time(first.clone()));
    // Asking everything finds nothing that was not found by asking what the edit can touch.
    let all = repository.report(0, &["--fail-on", "none", "--all"]);
    assert_eq!(all["touched"], 4);
    let name = |report: &Value| -> Vec<(Value, Value)> {
        let changes = report["changes"].as_array().expect("changes").iter();
        changes
            .map(|change| (change["id"].clone(), change["kinds"].clone()))
            .collect()
    };
    assert_eq!(name(&all), name(&first));
}

#[test]
fn two_folders_are_compared_without_git() {
    let sandbox = Sandbox::new();
    let questions = sandbox.path("questions.jsonl");
    fs_err::write(&questions, QUESTIONS).expect("questions");
    let other = Sandbox::new();
    other.write_article(
        "en/contact.md",
        "# Contact support\n\nSupport answers e-mail at all hours. Chat is closed.\n",
    );
    let (base, questions) = (text(&other.kb()), text(&questions));
    let ran = sandbox.run(&[
        "diff",
        "--base-kb",
        &base,
        "--questions",
        &questions,
        "--json",
        "--fail-on",
        "none",
    ]);
    let report = ran.expect(0).json();
    assert_eq!(report["edits"][0]["path"], "en/contact.md");
    let chat = change(&report, "chat");
    assert!(kinds(chat).contains(&"text_changed"), "{chat:#}");
    // There is no repository to find a revision in.
    sandbox
        .run(&["diff", "--questions", &questions])
        .expect_failure(&["is in no git repository", "--base-kb DIR"]);
}

#[test]
fn what_cannot_be_compared_is_named_with_what_to_do() {
    let repository = Repository::new();
    repository
        .diff(&["--base", "no-such-branch"])
        .expect_failure(&["no revision `no-such-branch`", "git fetch"]);
    repository
        .diff(&["--base=--output=x"])
        .expect_failure(&["no revision `--output=x`"]);
    repository
        .diff(&["--base", "main...", "--questions", "nowhere.jsonl"])
        .expect_failure(&["nowhere.jsonl", "--questions FILE"]);
    // There is one commit, and nothing before it.
    repository
        .diff(&[])
        .expect_failure(&["no revision `HEAD~1`"]);
    // A folder nobody committed.
    repository
        .0
        .write_article("new/en/fees.md", "# Fees\n\nThe fee is 8 %.\n");
    let (new, questions) = (
        text(&repository.0.kb().join("new")),
        text(&repository.0.kb().join("questions.jsonl")),
    );
    repository
        .diff(&["--kb", &new, "--questions", &questions])
        .expect_failure(&["`new` is not in `HEAD`", "commit the folder first"]);
    let refused = repository.diff(&["--fail-on", "broken,worse"]).expect(2);
    assert!(
        refused.err.contains("`worse` is no kind of change"),
        "{}",
        refused.err
    );
}

#[test]
fn a_branch_is_compared_with_where_it_left_the_other() {
    let repository = Repository::new();
    repository.git(&["switch", "--quiet", "--create", "edit"]);
    repository.edit(
        "en/contact.md",
        "Chat is open on working days.",
        "Chat is open on all days.",
    );
    repository.commit("Open the chat");
    repository.git(&["switch", "--quiet", "main"]);
    repository.edit("nl/return-an-order.md", "14 dagen", "30 dagen");
    repository.commit("More days");
    repository.git(&["switch", "--quiet", "edit"]);
    // What happened on `main` meanwhile is not this branch's doing.
    for base in [&["--base", "main..."][..], &["--base", "main...edit"]] {
        let report = repository.report(0, &[base, &["--fail-on", "none"]].concat());
        let edits = report["edits"].as_array().expect("edits");
        assert_eq!(edits.len(), 1, "{edits:?}");
        assert_eq!(edits[0]["path"], "en/contact.md");
    }
    let report = repository.report(0, &["--base", "main", "--fail-on", "none"]);
    assert_eq!(report["edits"].as_array().map(Vec::len), Some(2));
}

#[cfg(unix)]
#[test]
fn links_and_odd_names_of_a_revision_lead_nowhere() {
    let repository = Repository::new();
    let secret = repository.0.path("secret.md");
    fs_err::write(&secret, "# Secret\n\nThe canary sings at noon.\n").expect("a file outside");
    std::os::unix::fs::symlink(&secret, repository.0.kb().join("en/link.md")).expect("a link");
    repository.0.write_article(
        "en/new\nline \"quoted\" ünïcode.md",
        "# Odd names\n\nOdd names are read as they are.\n",
    );
    repository.commit("Odd names");
    repository.edit("en/contact.md", "all hours", "most hours");
    repository.commit("Fewer hours");
    let report = repository.report(0, &["--fail-on", "none", "--head", "HEAD"]);
    assert_eq!(report["base"]["articles"], 6);
    let left_out = report["left_out"].as_array().expect("left out");
    assert_eq!(left_out.len(), 1, "{left_out:?}");
    assert_eq!(left_out[0]["path"], "en/link.md");
    assert!(
        left_out[0]["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("symbolic link"))
    );
    assert!(!report.to_string().contains("canary"));
    // Nothing of what was checked out stays beside the two indexes and the answers.
    let folder = fs_err::read_dir(repository.0.path("data/diff"))
        .expect("a folder")
        .flatten()
        .next()
        .expect("one");
    let mut left: Vec<_> = fs_err::read_dir(folder.path())
        .expect("readable")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["answers", "base", "head"]);
}

#[test]
fn a_page_tells_the_same_and_runs_nothing_of_an_article() {
    let repository = Repository::new();
    repository.edit(
        "en/return-an-order.md",
        "The buyer pays €7.95",
        "The <b>buyer</b> `<script>alert(1)</script>` pays €9.95",
    );
    let (page, json) = (
        repository.0.path("diff.html"),
        repository.0.path("diff.json"),
    );
    let ran = repository
        .diff(&["--html", &text(&page), "--json", &text(&json)])
        .expect(1);
    assert!(
        ran.out.contains("diff.html") && ran.out.contains("diff.json"),
        "{}",
        ran.out
    );
    let page = fs_err::read_to_string(&page).expect("a page");
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(page.contains("Who pays for the return label?"));
    let report: Value =
        serde_json::from_str(&fs_err::read_to_string(&json).expect("a report")).expect("JSON");
    assert_eq!(report["version"], 1);
    assert_eq!(change(&report, "label")["kind"], "broken");
}
