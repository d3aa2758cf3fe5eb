//! A file of judged questions that grows by one line at a time.
//!
//! What [`SetFile::append`] reports as added is on the disk as a whole line; a line that could not be written whole is
//! taken away again. Questions that stand there are never touched.

use std::{
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use ::eval::{JudgedQuestion, gaps::folded};
use anyhow::Context as _;
use corpus::Language;

/// The file, and what stands in it.
#[derive(Debug)]
pub(super) struct SetFile {
    path: PathBuf,
    questions: Vec<JudgedQuestion>,
}

impl SetFile {
    /// Reads the file at `path`; one that is not there, or empty, is an empty set.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let text = match fs_err::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).context("reading the questions"),
        };
        let questions = if text.trim().is_empty() {
            Vec::new()
        } else {
            ::eval::read(&text).with_context(|| format!("reading `{}`", path.display()))?
        };
        Ok(Self {
            path: path.to_owned(),
            questions,
        })
    }

    pub(super) fn questions(&self) -> &[JudgedQuestion] {
        &self.questions
    }

    /// The question that reads the same.
    pub(super) fn same(&self, text: &str) -> Option<&JudgedQuestion> {
        let text = folded(text);
        self.questions
            .iter()
            .find(|other| folded(&other.question) == text)
    }

    /// An id no question has: the language and the next number, as `nl-07`.
    pub(super) fn fresh_id(&self, language: Option<Language>) -> String {
        let prefix = language.map_or("q", Language::code);
        let number = |id: &str| {
            id.strip_prefix(prefix)?
                .strip_prefix('-')?
                .parse::<u32>()
                .ok()
        };
        let last = self
            .questions
            .iter()
            .filter_map(|question| number(&question.id))
            .max();
        format!("{prefix}-{:02}", last.unwrap_or_default().saturating_add(1))
    }

    /// Adds `question` and waits until it is on the disk.
    pub(super) fn append(&mut self, question: JudgedQuestion) -> anyhow::Result<()> {
        if let Some(folder) = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs_err::create_dir_all(folder).context("writing the question")?;
        }
        let mut file = fs_err::OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&self.path)
            .context("writing the question")?;
        let before = file.metadata().context("writing the question")?.len();
        let mut line = serde_json::to_vec(&question).context("writing the question")?;
        line.push(b'\n');
        if before > 0 && !ends_line(&mut file).context("reading the questions")? {
            line.insert(0, b'\n');
        }
        let written = file.write_all(&line).and_then(|()| file.sync_all());
        if written.is_err() {
            // Half a line would spoil the file; when this fails as well, the next reading names the line.
            let _ = file.set_len(before);
        }
        written.context("writing the question")?;
        self.questions.push(question);
        Ok(())
    }
}

fn ends_line(file: &mut fs_err::File) -> std::io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    std::io::Read::read_exact(file, &mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(id: &str, text: &str) -> JudgedQuestion {
        JudgedQuestion {
            id: id.to_owned(),
            question: text.to_owned(),
            ..JudgedQuestion::default()
        }
    }

    #[test]
    fn questions_are_added_behind_those_that_are_there() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("new/questions.jsonl");
        let mut set = SetFile::open(&path).expect("none yet");
        assert_eq!(set.fresh_id(Some(Language::Nl)), "nl-01");
        set.append(question("nl-41", "Kan ik ruilen?"))
            .expect("added");
        assert_eq!(set.fresh_id(Some(Language::Nl)), "nl-42");
        assert_eq!(set.fresh_id(None), "q-01");
        // Another program left the last line without its end.
        let text = fs_err::read_to_string(&path).expect("a file");
        fs_err::write(&path, text.trim_end()).expect("written");
        set.append(question("q-01", "Swap?")).expect("added");
        let again = SetFile::open(&path).expect("the same set");
        assert_eq!(again.questions(), set.questions());
        assert_eq!(again.questions().len(), 2);
        assert_eq!(again.same(" kan IK ruilen").map(|q| &*q.id), Some("nl-41"));
        assert!(again.same("kan ik niet ruilen").is_none());
    }

    #[test]
    fn a_set_with_a_wrong_line_is_not_added_to() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("questions.jsonl");
        fs_err::write(&path, "{\"id\":\"a\",\"question\":\"q\"}\n{\"id\":7}\n").expect("a set");
        let error = SetFile::open(&path).expect_err("a wrong line");
        let text = crate::failure::line(&error);
        assert!(
            text.contains("questions.jsonl") && text.contains('2'),
            "{text}"
        );
    }
}
