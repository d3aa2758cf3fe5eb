//! The folder of the articles, watched: when it is worth building.
//!
//! The system tells of changes where it can; where it cannot, the folder is looked through now and then. What changed is
//! not taken from there: a build finds that out by itself, so that nothing is lost when the system tells too little.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

/// Quiet after the last change before a build: an editor that writes, renames and sets times is done by then.
const QUIET: Duration = Duration::from_millis(60);

/// Longest time a build waits for quiet, such as while git writes thousands of files.
const PATIENCE: Duration = Duration::from_secs(2);

/// Time between two looks whether the folder is still the one that is watched.
const LOOK: Duration = Duration::from_millis(500);

/// Time between two looks through the whole folder where the system does not tell of changes.
const POLL: Duration = Duration::from_secs(1);

/// What a watch wakes up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// Something changed in the folder, or it came or went.
    Change,
    /// Something may have gone untold; never given by [`Folder::wait`].
    Lost,
    /// Nothing did for a while.
    Look,
    /// The process was asked to stop.
    Stop,
}

/// A folder that is watched.
pub(super) struct Folder {
    kb: PathBuf,
    sender: Sender<Woken>,
    /// Ends the watch when it is dropped. None while there is no folder.
    watcher: Option<Box<dyn Watcher + Send>>,
    /// Which folder it is, as the system tells them apart; a folder that was put in its place is another one.
    identity: Option<Identity>,
    polls_because: Option<String>,
}

impl Folder {
    /// Watches `kb` and wakes through `sender`.
    pub(super) fn watch(kb: PathBuf, sender: Sender<Woken>) -> Self {
        let mut folder = Self {
            kb,
            sender,
            watcher: None,
            identity: None,
            polls_because: None,
        };
        folder.begin();
        folder
    }

    /// Why the folder is looked through instead of the system telling; none when the system tells.
    pub(super) fn polls_because(&self) -> Option<&str> {
        self.polls_because.as_deref()
    }

    fn begin(&mut self) {
        // The old watch first: it may hold what the system has few of.
        self.watcher = None;
        self.identity = identity(&self.kb);
        if self.identity.is_none() {
            return;
        }
        // Events name whole paths. One that came or went since is told apart at the next look.
        let kb = fs_err::canonicalize(&self.kb).unwrap_or_else(|_| self.kb.clone());
        let watched = kb.clone();
        let sender = self.sender.clone();
        let told = move |event: notify::Result<Event>| {
            let woken = match event {
                Ok(event) if !is_relevant(&kb, &event) => return,
                Ok(_) => Woken::Change,
                // Such as a folder that came and cannot be watched.
                Err(_) => Woken::Lost,
            };
            // Nobody is left to be woken when the watch has ended.
            let _ = sender.send(woken);
        };
        let told_by_system = RecommendedWatcher::new(told.clone(), Config::default())
            .and_then(|watcher| begun(watcher, &watched));
        match told_by_system {
            Ok(watcher) => {
                self.polls_because = None;
                self.watcher = Some(watcher);
            }
            Err(error) => {
                self.polls_because = Some(reason(&error));
                let config = Config::default().with_poll_interval(POLL);
                let polling =
                    PollWatcher::new(told, config).and_then(|watcher| begun(watcher, &watched));
                // Without any watch the next look begins one again.
                self.identity = self.identity.filter(|_| polling.is_ok());
                self.watcher = polling.ok();
            }
        }
    }

    /// Waits until something has changed and it is quiet again, until it is time for a look (after `at_most`, if that is
    /// sooner), or until the end.
    pub(super) fn wait(&mut self, woken: &Receiver<Woken>, at_most: Option<Duration>) -> Woken {
        let look = at_most.map_or(LOOK, |at_most| at_most.min(LOOK));
        let first = match woken.recv_timeout(look) {
            Ok(woken) => woken,
            // The sender is kept here, so the channel has not ended.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Woken::Look,
        };
        if first == Woken::Stop {
            return first;
        }
        if first == Woken::Lost || identity(&self.kb) != self.identity {
            self.begin();
            return Woken::Change;
        }
        if first == Woken::Look {
            return first;
        }
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience {
            match woken.recv_timeout(QUIET) {
                Ok(Woken::Stop) => return Woken::Stop,
                Ok(Woken::Lost) => self.begin(),
                Ok(Woken::Change | Woken::Look) => {}
                Err(_) => break,
            }
        }
        Woken::Change
    }
}

fn begun<W: Watcher + Send + 'static>(
    mut watcher: W,
    kb: &Path,
) -> notify::Result<Box<dyn Watcher + Send>> {
    watcher.watch(kb, RecursiveMode::Recursive)?;
    Ok(Box::new(watcher))
}

/// Why the system does not tell of changes, and what would help.
fn reason(error: &notify::Error) -> String {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => "the system watches no more folders for this user; on Linux raise \
             `fs.inotify.max_user_watches`"
            .to_owned(),
        notify::ErrorKind::Io(cause) if cause.raw_os_error() == Some(TOO_MANY) => {
            "too many programs watch folders for this user; on Linux raise `fs.inotify.max_user_instances`".to_owned()
        }
        _ => error.to_string(),
    }
}

/// `EMFILE`, as Linux has it.
const TOO_MANY: i32 = 24;

#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(folder: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs_err::metadata(folder)
        .ok()
        .filter(std::fs::Metadata::is_dir)?;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(folder: &Path) -> Option<Identity> {
    fs_err::metadata(folder)
        .ok()
        .filter(|found| found.is_dir())
        .map(|_| ())
}

/// Whether an event may change what is indexed: not one of reading, of hidden files, of other files than Markdown. What
/// `kb` itself lies in may be hidden, so `kb` must be what the paths of events begin with.
fn is_relevant(kb: &Path, event: &Event) -> bool {
    if matches!(event.kind, EventKind::Access(_)) {
        return false;
    }
    event.need_rescan() || event.paths.iter().any(|path| may_matter(kb, path))
}

fn may_matter(kb: &Path, path: &Path) -> bool {
    let inside = path.strip_prefix(kb).unwrap_or(path);
    let is_hidden = inside
        .components()
        .any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
    if is_hidden {
        return false;
    }
    // A folder that came or went took its articles along; what is gone cannot be asked what it was.
    indexer::is_article_name(path) || !fs_err::metadata(path).is_ok_and(|found| found.is_file())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use notify::event::{AccessKind, CreateKind, ModifyKind, RemoveKind};

    use super::*;

    #[track_caller]
    fn check(kind: EventKind, path: &str, expected: bool) {
        let dir = tempfile::tempdir().expect("a folder");
        let kb = dir.path();
        fs_err::create_dir(kb.join("en")).expect("a folder");
        for file in ["en/a.md", "en/picture.png", ".hidden.md"] {
            fs_err::write(kb.join(file), "text").expect("a file");
        }
        let event = Event::new(kind).add_path(kb.join(path));
        assert_eq!(is_relevant(kb, &event), expected, "{kind:?} {path}");
    }

    #[test]
    fn what_cannot_change_the_index_wakes_nobody() {
        let changed = EventKind::Modify(ModifyKind::Any);
        check(changed, "en/a.md", true);
        check(changed, "en/picture.png", false);
        check(changed, ".hidden.md", false);
        check(changed, ".git/index", false);
        check(EventKind::Access(AccessKind::Any), "en/a.md", false);
        check(EventKind::Create(CreateKind::Any), "en", true);
        check(EventKind::Remove(RemoveKind::Any), "en/gone", true);
        check(EventKind::Remove(RemoveKind::Any), "en/gone.md", true);
    }

    #[test]
    fn a_folder_that_is_put_in_the_place_of_another_is_watched() {
        let dir = tempfile::tempdir().expect("a folder");
        let kb = dir.path().join("kb");
        fs_err::create_dir(&kb).expect("a folder");
        let (sender, woken) = mpsc::channel();
        let mut folder = Folder::watch(kb.clone(), sender.clone());
        // Waits as long as it takes, but not for ever.
        let mut wait = |expected: Woken| {
            let found = (0..40)
                .map(|_| folder.wait(&woken, None))
                .find(|w| *w != Woken::Look);
            assert_eq!(found, Some(expected));
        };
        fs_err::write(kb.join("a.md"), "text").expect("a file");
        wait(Woken::Change);
        fs_err::rename(&kb, dir.path().join("away")).expect("moved");
        wait(Woken::Change);
        fs_err::create_dir(&kb).expect("another folder");
        wait(Woken::Change);
        fs_err::write(kb.join("b.md"), "text").expect("a file");
        wait(Woken::Change);
        sender.send(Woken::Stop).expect("sent");
        wait(Woken::Stop);
    }
}
