//! A copy of the sample help center in memory and in a temporary folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

/// The articles and questions, ready to be changed.
#[derive(Debug)]
pub(crate) struct Copy {
    dir: TempDir,
    /// Text by path, articles only.
    pub(crate) articles: BTreeMap<String, String>,
    /// The question file.
    pub(crate) questions: String,
    /// Articles that have, or bear witness to, a defect: nothing else is planted there.
    pub(crate) taken: BTreeSet<String>,
    random: ChaCha8Rng,
}

impl Copy {
    /// A copy whose choices `seed` decides. Every article is given its id as a key, as the rule about missing ids asks.
    pub(crate) fn new(seed: u64) -> Self {
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../knowledge_base");
        let mut articles = BTreeMap::new();
        for language in folders(&source) {
            for path in files(&source.join(&language)) {
                let text =
                    fs_err::read_to_string(source.join(&language).join(&path)).expect("an article");
                let id = path.trim_end_matches(".md");
                let text = text.replacen("---\n", &format!("---\nid: {id}\n"), 1);
                articles.insert(format!("{language}/{path}"), text);
            }
        }
        let questions = fs_err::read_to_string(source.join("questions.jsonl")).expect("questions");
        Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
            articles,
            questions,
            taken: BTreeSet::new(),
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn n_articles(&self) -> usize {
        self.articles.len()
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.random.random_range(0..n)
    }

    /// An article that is not taken and fits, by chance; it is taken then.
    pub(crate) fn take(&mut self, fits: impl Fn(&str, &str) -> bool) -> Option<String> {
        let fitting: Vec<String> = (self.articles.iter())
            .filter(|(path, text)| !self.taken.contains(*path) && fits(path, text))
            .map(|(path, _)| path.clone())
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let path = fitting[self.below(fitting.len())].clone();
        self.taken.insert(path.clone());
        Some(path)
    }

    /// Puts `text` at the end of an article; the line where it starts.
    pub(crate) fn append(&mut self, path: &str, text: &str) -> u64 {
        let article = self.articles.get_mut(path).expect("a known article");
        let line = article.matches('\n').count() as u64 + 1;
        article.push_str(text);
        line
    }

    /// Puts the line `key` at the end of the front matter; its number.
    pub(crate) fn add_key(&mut self, path: &str, key: &str) -> u64 {
        let article = self.articles.get_mut(path).expect("a known article");
        let end = article[4..].find("\n---\n").expect("front matter") + 5;
        article.insert_str(end, &format!("{key}\n"));
        article[..end].matches('\n').count() as u64 + 1
    }

    /// Takes the line that starts with `key` out of the front matter.
    pub(crate) fn remove_key(&mut self, path: &str, key: &str) {
        let article = self.articles.get_mut(path).expect("a known article");
        if let Some(start) = article.find(&format!("\n{key}:")) {
            let end = start + 1 + article[start + 1..].find('\n').expect("a line end");
            article.replace_range(start..end, "");
        }
    }

    /// Writes all files.
    pub(crate) fn write(&self) {
        for (path, text) in &self.articles {
            let path = self.dir().join(path);
            fs_err::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs_err::write(path, text).expect("an article");
        }
        fs_err::write(self.dir().join("questions.jsonl"), &self.questions).expect("questions");
    }
}

/// The line of the byte `at` of `text`, from 1.
pub(crate) fn line_of(text: &str, at: usize) -> u64 {
    text[..at].matches('\n').count() as u64 + 1
}

fn folders(dir: &Path) -> Vec<String> {
    names(dir, Path::is_dir)
}

fn files(dir: &Path) -> Vec<String> {
    names(dir, |path| {
        path.extension().is_some_and(|extension| extension == "md")
    })
}

fn names(dir: &Path, is_wanted: impl Fn(&Path) -> bool) -> Vec<String> {
    let entries = fs_err::read_dir(dir)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path());
    let name = |path: PathBuf| {
        path.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    let mut names: Vec<String> = entries.filter(|path| is_wanted(path)).map(name).collect();
    names.sort();
    names
}
