use super::*;

fn identity() -> Identity {
    Identity {
        set: "set-1".to_owned(),
        generation: "g-1".to_owned(),
        encoder: "e".to_owned(),
        writer: None,
        config: "c".to_owned(),
        more: String::new(),
        mode: "extractive".to_owned(),
        seed: 7,
    }
}

fn open(path: &Path, identity: &Identity, restart: bool) -> Result<Vec<String>, JournalError> {
    Journal::open(path, identity, Timestamp::UNIX_EPOCH, restart).map(|(_, finished)| finished)
}

/// A journal with two finished questions.
fn written(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("out.partial");
    let (mut journal, finished) =
        Journal::open::<String>(&path, &identity(), Timestamp::UNIX_EPOCH, false).expect("new");
    assert!(finished.is_empty());
    for id in ["a", "b"] {
        journal.add(&id).expect("kept");
    }
    path
}

#[test]
fn what_was_finished_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(&folder);
    assert_eq!(open(&path, &identity(), false).expect("ours"), ["a", "b"]);
    let later = Timestamp::from_second(1_000).expect("an instant");
    let (journal, _) = Journal::open::<String>(&path, &identity(), later, false).expect("ours");
    assert_eq!(journal.started(), Timestamp::UNIX_EPOCH);
    journal.remove().expect("removed");
    assert!(!path.exists());
}

#[test]
fn a_line_that_was_being_written_is_dropped_wherever_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(&folder);
    let whole = fs_err::read(&path).expect("a journal");
    let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').collect();
    for cut in 0..whole.len() {
        fs_err::write(&path, &whole[..cut]).expect("cut");
        // Too short to be known for a journal: left alone, unless it is empty.
        if cut > 0 && cut < OPENING.len() {
            let refused = open(&path, &identity(), false).expect_err("anything");
            assert!(matches!(refused, JournalError::NotAJournal { .. }));
            continue;
        }
        let n_lines = ends.iter().filter(|end| **end < cut).count();
        let finished = open(&path, &identity(), false).expect("ours");
        assert_eq!(finished.len(), n_lines.saturating_sub(1), "cut at {cut}");
        // What follows stands on a line of its own.
        let (mut journal, _) =
            Journal::open::<String>(&path, &identity(), Timestamp::UNIX_EPOCH, false)
                .expect("ours");
        journal.add(&"next").expect("kept");
        drop(journal);
        let finished = open(&path, &identity(), false).expect("ours");
        assert_eq!(finished.last().map(String::as_str), Some("next"));
    }
}

#[test]
fn the_journal_of_another_run_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(&folder);
    let mut other = identity();
    other.set = "set-2".to_owned();
    let refused = open(&path, &other, false).expect_err("other questions");
    let message = refused.to_string();
    assert!(message.contains("out.partial"), "{message}");
    assert!(
        message.contains("the questions: `set-1` there, `set-2` here"),
        "{message}"
    );
    assert!(message.contains("--restart"), "{message}");
    assert!(open(&path, &other, true).expect("anew").is_empty());
    assert!(open(&path, &other, false).expect("now its own").is_empty());
}

#[test]
fn what_is_no_journal_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("questions.jsonl");
    for text in ["{\"id\":\"a\"}\n{\"id\"", "x", "{\"run\":{}}\n"] {
        fs_err::write(&path, text).expect("a file");
        for restart in [false, true] {
            let refused = open(&path, &identity(), restart).expect_err("somebody's");
            assert!(matches!(refused, JournalError::NotAJournal { .. }));
        }
        assert_eq!(fs_err::read_to_string(&path).expect("there"), text);
    }
}

#[test]
fn a_damaged_line_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(&folder);
    let text = fs_err::read_to_string(&path).expect("a journal");
    fs_err::write(&path, text.replace("\"a\"", "{a}")).expect("damaged");
    let refused = open(&path, &identity(), false).expect_err("damaged");
    assert!(
        matches!(refused, JournalError::Line { line: 2, .. }),
        "{refused}"
    );
    assert!(open(&path, &identity(), true).expect("anew").is_empty());
}

#[test]
fn two_runs_do_not_write_one_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(&folder);
    let first = Journal::open::<String>(&path, &identity(), Timestamp::UNIX_EPOCH, false);
    let second = open(&path, &identity(), false).expect_err("in use");
    assert!(matches!(second, JournalError::Busy { .. }), "{second}");
    drop(first);
    assert_eq!(open(&path, &identity(), false).expect("free").len(), 2);
}
