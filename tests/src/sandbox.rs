//! A sandbox: articles, tiny models in a folder to pull from, and settings that use nothing else.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// Id of the tiny encoder.
pub const ENCODER: &str = "tiny-encoder";
/// Id of the tiny writer.
pub const WRITER: &str = "tiny-writer";

/// What a run of `loket` came to.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: ExitCode,
    /// What it wrote to its output.
    pub out: String,
    /// What it wrote to its error output.
    pub err: String,
}

impl Ran {
    /// Checks the exit code.
    ///
    /// # Panics
    /// When it is another one.
    #[track_caller]
    #[expect(
        clippy::return_self_not_must_use,
        reason = "the exit code is often all there is to check"
    )]
    pub fn expect(self, code: u8) -> Self {
        assert_eq!(
            self.code,
            ExitCode::from(code),
            "\nout: {}\nerr: {}",
            self.out,
            self.err
        );
        self
    }

    /// Checks that it failed with one line that holds all of `parts`.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn expect_failure(self, parts: &[&str]) {
        let ran = self.expect(2);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        assert!(ran.err.starts_with("loket: "), "{}", ran.err);
        for part in parts {
            assert!(ran.err.contains(part), "no `{part}` in: {}", ran.err);
        }
    }

    /// The output as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// A folder of its own for one test.
#[derive(Debug)]
pub struct Sandbox {
    dir: TempDir,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// A sandbox with a few articles in two languages, and nothing pulled or indexed yet.
    ///
    /// # Panics
    /// When the files cannot be written.
    pub fn new() -> Self {
        let sandbox = Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
        };
        for (path, text) in ARTICLES {
            sandbox.write_article(path, text);
        }
        let source = sandbox.path("source");
        fs_err::create_dir(&source).expect("a folder for the model files");
        let encoder = inference::tiny::encoder_file(&source, 7).expect("a tiny encoder");
        let writer = inference::tiny::writer_file(&source, "qwen2", 7).expect("a tiny writer");
        let catalogue = [
            encoder_entry(ENCODER, &encoder),
            writer_entry(WRITER, &writer),
        ];
        fs_err::write(sandbox.path("catalogue.toml"), catalogue.concat()).expect("a catalogue");
        sandbox.write_settings("");
        sandbox
    }

    /// A path inside it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The folder of the articles.
    pub fn kb(&self) -> PathBuf {
        self.path("kb")
    }

    /// Where the weights of a model lie once it is pulled.
    ///
    /// # Panics
    /// When the model has not been pulled.
    pub fn weights(&self, id: &str) -> PathBuf {
        let path = self.run(&["models", "path", id]).expect(0).out;
        PathBuf::from(path.trim_end())
    }

    /// Writes an article.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write_article(&self, path: &str, text: &str) {
        let path = self.kb().join(path);
        fs_err::create_dir_all(path.parent().expect("an article lies in a folder"))
            .and_then(|()| fs_err::write(&path, text))
            .expect("an article");
    }

    /// Writes the settings, with `more` at the end.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn write_settings(&self, more: &str) {
        let path = |name: &str| self.path(name).display().to_string();
        // A random encoder's similarities mean nothing, so confidence rests on words alone.
        let settings = format!(
            "[models]\ndir = {:?}\nencoder = {ENCODER:?}\nwriter = {WRITER:?}\ncatalogue = {:?}\n\
             folder = {:?}\noffline = true\n\
             [index]\nkb = {:?}\ndata_dir = {:?}\n\
             [answer.fusion]\narticle = {{ coverage = 100.0 }}\n\
             [answer.calibration]\nintercept = 6.5\nweights = {{ unknown = -10.0 }}\n{more}",
            path("models"),
            path("catalogue.toml"),
            path("source"),
            path("kb"),
            path("data"),
        );
        fs_err::write(self.path("loket.toml"), settings).expect("settings");
    }

    /// Changes one setting that is a text.
    ///
    /// # Panics
    /// When there is no line for it.
    pub fn set(&self, key: &str, value: &str) {
        let path = self.path("loket.toml");
        let settings = fs_err::read_to_string(&path).expect("settings");
        let start = format!("{key} = ");
        assert!(
            settings.lines().any(|line| line.starts_with(&start)),
            "no {key}"
        );
        let line = |line: &str| {
            if line.starts_with(&start) {
                format!("{start}{value:?}\n")
            } else {
                format!("{line}\n")
            }
        };
        let settings: String = settings.lines().map(line).collect();
        fs_err::write(&path, settings).expect("settings");
    }

    /// Runs `loket` with these settings.
    pub fn run(&self, args: &[&str]) -> Ran {
        let settings = self.path("loket.toml").display().to_string();
        let args: Vec<&str> = args
            .iter()
            .copied()
            .chain(["--config", &settings])
            .collect();
        crate::loket(&args)
    }

    /// Asks a question and gives the reply; the exit code must be `code`.
    ///
    /// # Panics
    /// When it is another one.
    #[track_caller]
    pub fn ask(&self, question: &str, code: u8) -> Value {
        self.run(&["ask", question, "--mode", "extractive", "--json"])
            .expect(code)
            .json()
    }
}

/// What a catalogue says of a tiny encoder in `file`.
///
/// # Panics
/// When the file cannot be read.
pub fn encoder_entry(id: &str, file: &Path) -> String {
    entry(id, "encoder", "e5-q4", "dimensions = 64", file)
}

/// What a catalogue says of a tiny writer in `file`.
///
/// # Panics
/// When the file cannot be read.
pub fn writer_entry(id: &str, file: &Path) -> String {
    entry(id, "writer", "gguf", "", file)
}

fn entry(id: &str, role: &str, format: &str, more: &str, file: &Path) -> String {
    let bytes = fs_err::read(file).expect("a model file");
    let mut sha256 = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(sha256, "{byte:02x}").expect("memory takes everything");
    }
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a plain name");
    format!(
        "[[model]]\nid = {id:?}\nrole = {role:?}\nformat = {format:?}\nlicence = \"MIT\"\n\
         languages = [\"en\"]\nmax_tokens = 512\n{more}\n\
         [[model.files]]\nname = {name:?}\nbytes = {}\nsha256 = {sha256:?}\n\
         sources = [{{ from = \"hub\", repo = \"nobody/nothing\", path = {name:?} }}]\n",
        bytes.len()
    )
}

const ARTICLES: [(&str, &str); 5] = [
    (
        "en/return-an-order.md",
        "---\ntopics: [refunds]\n---\n# Return an order\n\nYou have 14 days to return an order. The days count \
         from the delivery.\n\n## Costs\n\nThe buyer pays €7.95 for the return label.\n",
    ),
    (
        "nl/return-an-order.md",
        "---\ntopics: [refunds]\n---\n# Een bestelling retourneren\n\nJe hebt 14 dagen om een bestelling te \
         retourneren. De dagen tellen vanaf de bezorging.\n",
    ),
    (
        "en/seller-payout.md",
        "---\naudience: [seller]\ntopics: [payouts]\n---\n# When is my payout sent?\n\nWe send your payout 3 \
         days after the buyer has received the object.\n",
    ),
    (
        "en/counterfeit.md",
        "---\nsensitivity: sensitive\ntopics: [counterfeit]\n---\n# Report a counterfeit watch\n\nReport a \
         counterfeit watch within 30 days. Add photos of the watch.\n",
    ),
    (
        "en/contact.md",
        "# Contact support\n\nSupport answers e-mail at all hours. Chat is open on working days.\n",
    ),
];
