//! The real binary, killed while it builds an index: what served before serves on, and the next build succeeds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

use sha2::{Digest as _, Sha256};

const N_ARTICLES: usize = 150;

struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let source = sandbox.path("source");
        fs_err::create_dir_all(&source).unwrap();
        let file = inference::tiny::encoder_file(&source, 7).unwrap();
        let bytes = fs_err::read(&file).unwrap();
        let mut sha256 = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(sha256, "{byte:02x}").unwrap();
        }
        let name = file.file_name().unwrap().to_str().unwrap();
        let catalogue = format!(
            "[[model]]\nid = \"tiny\"\nrole = \"encoder\"\nformat = \"e5-q4\"\nlicence = \"MIT\"\n\
             languages = [\"en\"]\nmax_tokens = 512\ndimensions = 64\n[[model.files]]\nname = {name:?}\n\
             bytes = {}\nsha256 = {sha256:?}\nsources = [{{ from = \"hub\", repo = \"a/b\", path = {name:?} }}]\n",
            bytes.len()
        );
        fs_err::write(sandbox.path("catalogue.toml"), catalogue).unwrap();
        fs_err::write(
            sandbox.path("loket.toml"),
            "[models]\ndir = \"models\"\nencoder = \"tiny\"\nwriter = \"none\"\ncatalogue = \"catalogue.toml\"\n\
             folder = \"source\"\noffline = true\n[index]\nkb = \"kb\"\ndata_dir = \"data\"\n",
        )
        .unwrap();
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
        &|index| unfinished(index, "passages.jsonl"),
        &|index| unfinished(index, "lexical"),
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
