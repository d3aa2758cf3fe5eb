//! The index as editors use it: what a build tells, going back, and that what was deleted is gone.

use std::path::{Path, PathBuf};

use acceptance::Sandbox;
use serde_json::{Value, json};

const QUESTION: &str = "How many days do I have to return an order?";

/// A word no other text has, as the analyzers leave it.
const CANARY: &str = "Quixnarvik";

fn index(sandbox: &Sandbox, flags: &[&str]) -> Value {
    let args = [&["index", "--json"], flags].concat();
    sandbox.run(&args).expect(0).json()
}

#[test]
fn a_build_tells_what_became_of_every_file() {
    let sandbox = Sandbox::new();
    index(&sandbox, &[]);
    sandbox.write_article(
        "en/contact.md",
        "# Contact support\n\nSee [our forum](https://forum.example.org/).\n",
    );
    sandbox.write_article(
        "en/new.md",
        "# New\n\nNew. <span hidden>Pay first.</span>\n",
    );
    sandbox.write_article(
        "en/bad.md",
        "---\nvalid_from: yesterday\n---\n# Bad\n\nText.\n",
    );
    let kb = sandbox.kb();
    fs_err::remove_file(kb.join("en/counterfeit.md")).expect("removed");
    fs_err::create_dir(kb.join("en/orders")).expect("a folder");
    fs_err::rename(
        kb.join("en/return-an-order.md"),
        kb.join("en/orders/return-an-order.md"),
    )
    .expect("moved");

    let ran = sandbox.run(&["index"]).expect(0);
    for line in [
        "added en/new.md",
        "changed en/contact.md",
        "removed en/counterfeit.md",
        "moved en/return-an-order.md to en/orders/return-an-order.md",
        "1 added, 1 changed, 1 removed, 1 moved, 1 rejected, 2 warnings",
        "5 articles (en 4, nl 1), 6 passages",
    ] {
        assert!(
            ran.out.lines().any(|own| own == line),
            "{line}\n{}",
            ran.out
        );
    }
    let line_of = |start: &str, part: &str| {
        let found = ran
            .out
            .lines()
            .find(|line| line.starts_with(start) && line.contains(part));
        found
            .unwrap_or_else(|| panic!("no {start}: {}", ran.out))
            .to_owned()
    };
    let rejected = line_of("rejected ", "bad.md:2: ");
    assert!(
        rejected.contains("valid_from") && rejected.contains("; "),
        "{rejected}"
    );
    line_of("warning ", "contact.md:3: ");
    line_of("warning ", "new.md:3: ");
    assert!(ran.out.contains("`loket index --rollback`"), "{}", ran.out);

    // The second time there is nothing to warn of but the file that is rejected still.
    let again = index(&sandbox, &[]);
    assert_eq!(again["is_new"], false);
    assert_eq!(again["warnings"], json!([]));
    assert_eq!(again["rejected"][0]["path"], "en/bad.md");
    assert_eq!(again["rejected"][0]["line"], 2);
    assert!(
        again["rejected"][0]["remedy"]
            .as_str()
            .expect("a remedy")
            .len()
            > 10
    );
    sandbox.run(&["index", "--strict"]).expect(1);
    fs_err::remove_file(kb.join("en/bad.md")).expect("removed");
    sandbox.run(&["index", "--strict"]).expect(0);
    // A warning is a reason, too.
    sandbox.write_article(
        "en/new.md",
        "# New\n\nNew. <span hidden>Pay at once.</span>\n",
    );
    let strict = sandbox
        .run(&["index", "--strict", "--json"])
        .expect(1)
        .json();
    assert_eq!(strict["warnings"][0]["place"]["path"], "en/new.md");
    assert_eq!(strict["changed"], json!(["en/new.md"]));
}

#[test]
fn a_draft_is_left_out_until_it_is_finished() {
    let sandbox = Sandbox::new();
    index(&sandbox, &[]);
    // An outline as `loket gaps --write` leaves it, the new wording of an article under its id, and an article taken back.
    let draft = |keys: &str, body: &str| format!("---\ndraft: true\n{keys}---\n{body}");
    sandbox.write_article(
        "en/outline.md",
        &draft("language: en\n", "# Outline\n\n<!-- What holds? -->\n"),
    );
    let reworded = draft("id: contact\n", &format!("# Contact\n\n{CANARY} is new.\n"));
    sandbox.write_article("en/contact-new.md", &reworded);
    sandbox.write_article("en/counterfeit.md", &draft("", "# Counterfeits\n\nNone.\n"));
    let told = sandbox.run(&["index"]).expect(0).out;
    let kb = sandbox.kb();
    let place = |path: &str| kb.join(path).display().to_string();
    let line = format!(
        "3 drafts left out until `draft: true` is removed: {}, {}, {}",
        place("en/contact-new.md"),
        place("en/counterfeit.md"),
        place("en/outline.md")
    );
    assert!(told.lines().any(|own| own == line), "{line}\n{told}");
    assert!(
        told.contains("0 added, 0 changed, 1 removed, 0 rejected\n"),
        "{told}"
    );
    // No reason for `--strict` to fail.
    let again = index(&sandbox, &["--strict"]);
    assert_eq!(
        (&again["drafts"], &again["rejected"]),
        (
            &json!(["en/contact-new.md", "en/counterfeit.md", "en/outline.md"]),
            &json!([])
        )
    );
    let hits = |query: &str| {
        let found = sandbox.run(&["search", query, "--json"]).expect(0).json();
        let hits = found["hits"].as_array().expect("hits").iter();
        hits.map(|hit| hit["article"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    assert!(hits("Counterfeits").iter().all(|id| id != "counterfeit"));
    assert_eq!(holding(&sandbox.path("data")), Vec::<PathBuf>::new());
    // The article that is reworded serves as it was.
    assert_eq!(hits("Support answers e-mail at all hours")[0], "contact");

    // `check` reads them as articles, and says what they are.
    let checked = sandbox.run(&["check", "--json"]).expect(0).json();
    let findings = checked["findings"].as_array().expect("findings");
    let noted = findings.iter().filter(|finding| {
        finding["severity"] == "note"
            && finding["message"] == "the article is a draft, so no customer sees it"
    });
    let noted: Vec<&Value> = noted.map(|finding| &finding["place"]["path"]).collect();
    assert_eq!(
        noted,
        ["en/contact-new.md", "en/counterfeit.md", "en/outline.md"]
    );

    // Finished, they are articles like the others; a word that is neither is told with its line.
    sandbox.write_article(
        "en/counterfeit.md",
        "---\ndraft: false\n---\n# Counterfeits\n\nNone.\n",
    );
    sandbox.write_article(
        "en/outline.md",
        "---\ndraft: yes\n---\n# Outline\n\nText.\n",
    );
    let built = index(&sandbox, &[]);
    assert_eq!(built["added"], json!(["en/counterfeit.md"]));
    assert_eq!(built["drafts"], json!(["en/contact-new.md"]));
    let rejected = &built["rejected"][0];
    assert_eq!(
        (&rejected["path"], &rejected["line"], &rejected["reason"]),
        (
            &json!("en/outline.md"),
            &json!(2),
            &json!("`draft`: `true` or `false` is expected")
        )
    );
    assert!(hits("Counterfeits").iter().any(|id| id == "counterfeit"));
}

#[test]
fn a_rollback_serves_the_generation_before_and_says_what_comes_next() {
    let sandbox = Sandbox::new();
    let old = index(&sandbox, &[])["generation"].clone();
    sandbox
        .run(&["index", "--rollback"])
        .expect_failure(&["no generation from before", "loket index"]);
    sandbox.write_article(
        "en/return-an-order.md",
        "---\ntopics: [refunds]\n---\n# Return an order\n\nYou have 21 days to return an order.\n",
    );
    let report = index(&sandbox, &[]);
    assert_eq!(report["before"], old);
    let new = report["generation"].clone();
    assert!(
        sandbox.ask(QUESTION, 0)["text"]
            .as_str()
            .expect("a text")
            .contains("21 days")
    );

    let ran = sandbox.run(&["index", "--rollback"]).expect(0);
    assert!(ran.out.contains("change them back"), "{}", ran.out);
    let reply = sandbox.ask(QUESTION, 0);
    assert!(
        reply["text"].as_str().expect("a text").contains("14 days"),
        "{reply}"
    );
    assert_eq!(reply["generation"], old);
    sandbox
        .run(&["index", "--rollback"])
        .expect_failure(&["no generation from before"]);

    let list = sandbox.run(&["index", "--list", "--json"]).expect(0).json();
    let state = |row: &Value| {
        (
            row["generation"].clone(),
            row["serves"].clone(),
            row["before"].clone(),
        )
    };
    let rows: Vec<_> = list["generations"]
        .as_array()
        .expect("rows")
        .iter()
        .map(state)
        .collect();
    let rows_expected = [
        (new.clone(), json!(false), json!(false)),
        (old.clone(), json!(true), json!(false)),
    ];
    assert_eq!(rows, rows_expected);
    let text = sandbox.run(&["index", "--list"]).expect(0).out;
    assert!(
        text.contains("serves") && text.contains("left by a rollback"),
        "{text}"
    );

    // The articles are as they were, so the next build brings the change again, and says so.
    let again = sandbox.run(&["index"]).expect(0).out;
    assert!(again.contains(new.as_str().expect("an id")), "{again}");
    assert!(again.contains("indexed as they are now"), "{again}");
    assert!(
        sandbox.ask(QUESTION, 0)["text"]
            .as_str()
            .expect("a text")
            .contains("21 days")
    );
    let list = sandbox.run(&["index", "--list", "--json"]).expect(0).json();
    assert_eq!(list["generations"][1]["generation"], old);
    assert_eq!(list["generations"][1]["before"], true);
}

#[test]
fn there_is_nothing_to_list_or_to_go_back_to_without_an_index() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["index", "--list"]).expect(0);
    assert!(ran.out.contains("there is no index"), "{}", ran.out);
    sandbox
        .run(&["index", "--rollback"])
        .expect_failure(&["there is no index", "loket index"]);
}

/// The files below `dir` that hold the canary, as it is written or as terms have it.
fn holding(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(holding(&path));
            continue;
        }
        let bytes = fs_err::read(&path).expect("a file").to_ascii_lowercase();
        let canary = CANARY.to_ascii_lowercase();
        if bytes
            .windows(canary.len())
            .any(|own| own == canary.as_bytes())
        {
            found.push(path);
        }
    }
    found
}

/// A sandbox that has indexed an article with the canary in title, heading and text, and searched for it.
fn with_canary() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write_article(
        "en/secret.md",
        &format!(
            "# {CANARY} plan\n\nThe {CANARY} plan costs money.\n\n## More {CANARY}\n\nMore of it.\n"
        ),
    );
    index(&sandbox, &[]);
    let hits = sandbox.run(&["search", CANARY, "--json"]).expect(0).json();
    assert_eq!(hits["hits"][0]["article"], "secret");
    assert!(
        !holding(&sandbox.path("data")).is_empty(),
        "the canary is not seen where it is"
    );
    fs_err::remove_file(sandbox.kb().join("en/secret.md")).expect("removed");
    sandbox
}

#[test]
fn what_was_deleted_is_gone_from_the_disk_with_the_second_build() {
    let sandbox = with_canary();
    let report = index(&sandbox, &[]);
    assert_eq!(report["removed"], json!(["en/secret.md"]));
    let hits = sandbox.run(&["search", CANARY, "--json"]).expect(0).json();
    assert!(!hits.to_string().contains("secret"), "{hits}");
    // The generation before is kept whole, to go back to.
    let kept = holding(&sandbox.path("data"));
    let before = sandbox
        .path("data/index/generations")
        .join(report["before"].as_str().expect("an id"));
    assert!(
        !kept.is_empty() && kept.iter().all(|path| path.starts_with(&before)),
        "{kept:?}"
    );

    sandbox.write_article("en/other.md", "# Other\n\nAnother edit.\n");
    index(&sandbox, &[]);
    assert_eq!(holding(&sandbox.path("data")), Vec::<PathBuf>::new());
}

#[test]
fn a_purge_leaves_nothing_of_what_was_deleted() {
    let sandbox = with_canary();
    // What `loket diff` keeps of earlier versions.
    let diff = sandbox.path("data/diff/index");
    fs_err::create_dir_all(&diff).expect("a folder");
    fs_err::write(diff.join("sources"), CANARY).expect("a file");
    let report = index(&sandbox, &["--purge"]);
    assert_eq!(report["purged"].as_array().expect("ids").len(), 1);
    assert_eq!(holding(&sandbox.path("data")), Vec::<PathBuf>::new());
    sandbox
        .run(&["index", "--rollback"])
        .expect_failure(&["no generation from before"]);
    let ran = sandbox.run(&["index", "--purge"]).expect(0);
    assert!(
        ran.out.contains("0 earlier generations removed for good"),
        "{}",
        ran.out
    );
}
