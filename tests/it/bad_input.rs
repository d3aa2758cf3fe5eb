//! Files nobody should index: each is named with a reason, the others are used, and nothing outside is read.

use std::{
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use acceptance::Sandbox;
use serde_json::Value;

/// Stands in files that must not be read.
const CANARY: &str = "canaryoutside";

/// Good articles beside the bad ones.
const N_GOOD: usize = 100;

/// Paths that must be named, and a word of the reason.
const BAD: [(&str, &str); 9] = [
    ("en/empty.md", "no text"),
    ("en/folder", "links are not followed"),
    ("en/huge.md", "at most"),
    ("en/latin1.md", "UTF-8"),
    ("en/link.md", "links are not followed"),
    ("en/loop", "links are not followed"),
    ("en/pipe.md", "no regular file"),
    ("en/repeated.md", "exists in English already"),
    ("en/unclosed.md", "not closed"),
];

/// A knowledge base with all kinds of bad files; whether one of them cannot be read, which root always can.
fn with_bad_files() -> (Sandbox, bool) {
    let sandbox = Sandbox::new();
    for number in 0..N_GOOD {
        let text = format!(
            "---\nid: good-{number}\n---\n# Article {number}\n\nThe fee is €{number}.50 an order.\n"
        );
        sandbox.write_article(&format!("en/good/{number}.md"), &text);
    }
    sandbox.write_article(
        "en/repeated.md",
        "---\nid: contact\n---\n# Again\n\nText.\n",
    );
    sandbox.write_article("en/empty.md", "\n");
    sandbox.write_article("en/unclosed.md", "---\ntitle: Never closed\n\nText.\n");
    sandbox.write_article("en/locked.md", "# Locked\n\nText.\n");
    let outside = sandbox.path("outside");
    fs_err::create_dir_all(&outside).expect("a folder outside");
    fs_err::write(
        outside.join("secret.md"),
        format!("# {CANARY}\n\nThe {CANARY} text.\n"),
    )
    .expect("a secret");

    let path = |name: &str| sandbox.kb().join("en").join(name);
    fs_err::write(path("latin1.md"), b"# Caf\xe9\n\nText.\n").expect("a file");
    let huge = fs_err::File::create(path("huge.md")).expect("a file");
    huge.set_len(50 * 1024 * 1024).expect("50 MB");
    symlink(outside.join("secret.md"), path("link.md")).expect("a link");
    symlink(&outside, path("folder")).expect("a link");
    symlink(".", path("loop")).expect("a link");
    let made = Command::new("mkfifo")
        .arg(path("pipe.md"))
        .status()
        .expect("mkfifo runs");
    assert!(made.success());
    let locked = path("locked.md");
    fs_err::set_permissions(&locked, std::fs::Permissions::from_mode(0o0)).expect("locked");
    let is_locked = fs_err::read(&locked).is_err();
    (sandbox, is_locked)
}

/// Checks that `named` (path and reason) are the bad files and no others.
fn check_named(named: &[(String, String)], is_locked: bool) {
    let mut expected = BAD.to_vec();
    if is_locked {
        expected.push(("en/locked.md", "may not be read"));
    }
    expected.sort_unstable();
    let mut named = named.to_vec();
    named.sort_unstable();
    let paths: Vec<&str> = named.iter().map(|(path, _)| path.as_str()).collect();
    let expected_paths: Vec<&str> = expected.iter().map(|(path, _)| *path).collect();
    assert_eq!(paths, expected_paths, "{named:?}");
    for ((path, reason), (_, word)) in named.iter().zip(expected) {
        assert!(reason.contains(word), "{path}: {reason}");
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[test]
fn the_index_names_bad_files_and_takes_the_rest() {
    let (sandbox, is_locked) = with_bad_files();
    let report = sandbox.run(&["index", "--json"]).expect(0).json();
    let rejected = report["rejected"].as_array().expect("rejected");
    let named: Vec<_> = rejected
        .iter()
        .map(|file| (text(&file["path"]), text(&file["reason"])))
        .collect();
    check_named(&named, is_locked);
    let n_locked = usize::from(!is_locked);
    assert_eq!(report["articles"], 5 + N_GOOD + n_locked);
    assert!(
        !holds(&sandbox.path("data"), CANARY),
        "a file outside was indexed"
    );
    sandbox.run(&["index", "--strict"]).expect(1);
    // Nothing is lost or found again when nothing changed.
    let again = sandbox.run(&["index", "--json"]).expect(0).json();
    assert_eq!(again["is_new"], false);
    assert_eq!(again["rejected"], report["rejected"]);
}

#[test]
fn the_check_names_bad_files_and_reads_the_rest() {
    let (sandbox, is_locked) = with_bad_files();
    let report = sandbox.run(&["check", "--json"]).expect(1).json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let unusable = ["unusable-file", "front-matter", "duplicate-id"];
    let named: Vec<_> = findings
        .filter(|finding| unusable.contains(&finding["rule"].as_str().expect("a rule")))
        .map(|finding| (text(&finding["place"]["path"]), text(&finding["message"])))
        .collect();
    check_named(&named, is_locked);
    let ran = sandbox.run(&["check"]).expect(1);
    assert!(!ran.out.contains(CANARY), "{}", ran.out);
}

#[test]
fn a_file_that_goes_bad_takes_its_article_along_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.run(&["index"]).expect(0);
    sandbox.write_article(
        "en/contact.md",
        "---\nvalid_from: soon\n---\n# Contact\n\nText.\n",
    );
    let report = sandbox.run(&["index", "--json"]).expect(0).json();
    assert_eq!(report["articles"], 4);
    let rejected = &report["rejected"][0];
    assert_eq!(
        (&rejected["path"], &rejected["line"]),
        (&"en/contact.md".into(), &2.into())
    );
}

/// Whether a file below `dir` holds `needle`.
fn holds(dir: &Path, needle: &str) -> bool {
    fs_err::read_dir(dir)
        .expect("a folder")
        .flatten()
        .any(|entry| {
            let path = entry.path();
            if path.is_dir() {
                return holds(&path, needle);
            }
            let bytes = fs_err::read(&path).expect("a file");
            bytes
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
        })
}

/// Markdown made to keep a parser busy, up to a megabyte each.
fn bombs() -> Vec<(&'static str, String)> {
    let n = 50_000;
    let nested = (0..2_000).fold(String::new(), |text, depth| {
        text + &"  ".repeat(depth.min(300)) + "- a\n"
    });
    let cells = vec!["a"; 10_000].join("|");
    let table = format!("|{cells}|\n|{}|\n|{cells}|\n", vec!["-"; 10_000].join("|"));
    vec![
        ("brackets", "[".repeat(n)),
        ("links in links", "[ (](".repeat(n)),
        ("empty links", "[](".repeat(n)),
        ("quotes", format!("{}a", "> ".repeat(n))),
        ("stars", format!("{}a{}", "*".repeat(n), "*".repeat(n))),
        ("open stars", "*a ".repeat(n)),
        ("cdata", "a <![CDATA[".repeat(n)),
        ("reversed links", "](\n[".repeat(n)),
        ("footnotes", "[^a\n".repeat(n)),
        ("nested lists", nested),
        ("wide table", table),
        ("one line", "word ".repeat(4 * n)),
        ("open tags", "<b>".repeat(n)),
        (
            "tags that never match",
            format!("{}{}", "<b>".repeat(n), "</i>".repeat(n)),
        ),
        (
            "tags that never end",
            format!("<div\n{}", "<a \n".repeat(n)),
        ),
        ("open comments", "<!-- a ".repeat(n)),
        ("quoted tags", "<a title=\"".repeat(n)),
        (
            "backticks",
            (1..1_000).map(|length| "`".repeat(length) + "a").collect(),
        ),
        ("headings", "# a\n".repeat(n)),
        ("anchors", "[a](#b)\n\n# b\n\n".repeat(n / 2)),
        ("entities", "&amp;".repeat(n)),
        ("marks", format!("a{}", "\u{301}".repeat(n))),
        ("invisible", "\u{200B}".repeat(n)),
        ("tag characters", "\u{E0041}".repeat(n)),
    ]
}

#[test]
fn bombs_stay_within_their_bounds() {
    let sandbox = Sandbox::new();
    for (name, body) in bombs() {
        fs_err::remove_dir_all(sandbox.kb()).expect("an empty folder");
        sandbox.write_article("en/good.md", "# Good\n\nText.\n");
        sandbox.write_article("en/bomb.md", &format!("Some text.\n\n{body}\n"));
        let started = Instant::now();
        let report = sandbox.run(&["check", "--json"]).json();
        let took = started.elapsed();
        // Generous, because tests are built without optimisation and share the machine: what is not linear takes
        // minutes.
        assert!(took < Duration::from_secs(20), "{name} took {took:?}");
        let n_articles = report["articles"].as_u64().expect("a number");
        let n_rejected = report["rejected"].as_u64().expect("a number");
        assert_eq!(n_articles + n_rejected, 2, "{name}");
    }
}

#[test]
fn front_matter_that_explodes_is_refused_with_its_line() {
    let mut aliases = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..9 {
        let of_before = vec![format!("*a{}", level - 1); 10].join(",");
        aliases += &[
            "a",
            &level.to_string(),
            ": &a",
            &level.to_string(),
            " [",
            &of_before,
            "]\n",
        ]
        .concat();
    }
    let bombs = [
        ("aliases", aliases),
        ("brackets", format!("a: {}\n", "[".repeat(100_000))),
        ("the same key twice", "title: A\ntitle: B\n".to_owned()),
        (
            "one long text",
            format!("a: {}\n", "x".repeat(10_000_000 / 8)),
        ),
        ("a tag", "title: !!binary x\n".to_owned()),
    ];
    let sandbox = Sandbox::new();
    for (name, yaml) in bombs {
        sandbox.write_article("en/bomb.md", &format!("---\n{yaml}---\n# A\n\nText.\n"));
        let started = Instant::now();
        let report = sandbox
            .run(&["check", "--json", "--rule", "front-matter"])
            .json();
        let took = started.elapsed();
        assert!(took < Duration::from_secs(10), "{name} took {took:?}");
        let place = &report["findings"][0]["place"];
        assert_eq!(place["path"], "en/bomb.md", "{name}: {report}");
        assert!(
            place["line"]
                .as_u64()
                .is_some_and(|line| (1..=11).contains(&line)),
            "{name}: {report}"
        );
    }
}
