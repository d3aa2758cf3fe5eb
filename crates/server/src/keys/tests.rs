use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

struct Dir {
    _dir: tempfile::TempDir,
    file: KeyFile,
}

fn empty() -> Dir {
    let dir = tempfile::tempdir().unwrap();
    let file = KeyFile::new(dir.path());
    Dir { _dir: dir, file }
}

#[test]
fn a_key_is_shown_once_and_kept_as_a_digest() {
    let dir = empty();
    assert_eq!(dir.file.read().unwrap(), None);
    let (record, key) = dir
        .file
        .create(Scope::Backend, "shop", None, at(1))
        .unwrap();
    let (id, secret) = split(key.reveal()).unwrap();
    assert_eq!(id, record.id);
    assert_eq!(secret.len(), 64);
    let kept = dir.file.read().unwrap().unwrap();
    assert_eq!(kept, std::slice::from_ref(&record));
    assert!(kept[0].is_opened_by(secret));
    assert!(!kept[0].is_opened_by(&secret.replace('0', "1").replace('a', "b")));
    assert!(!kept[0].is_opened_by(&secret[..63]));
    assert!(!kept[0].is_opened_by(""));
    let text = fs_err::read_to_string(dir.file.path()).unwrap();
    assert!(!text.contains(secret));
    assert_eq!(format!("{key:?}"), "NewKey(…)");
}

#[test]
fn two_keys_have_nothing_in_common() {
    let dir = empty();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let (_, key) = dir.file.create(Scope::Widget, "", None, at(1)).unwrap();
        let (id, secret) = split(key.reveal()).unwrap();
        assert!(seen.insert(id.to_owned()));
        assert!(seen.insert(secret.to_owned()));
    }
    assert_eq!(dir.file.read().unwrap().unwrap().len(), 20);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = empty();
    dir.file.create(Scope::Admin, "", None, at(1)).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.file.path()), 0o600);
    assert_eq!(mode(dir.file.path().parent().unwrap()), 0o700);
}

#[test]
fn a_key_ends_by_its_time_or_by_hand() {
    let dir = empty();
    let (record, _) = dir
        .file
        .create(Scope::Widget, "", Some(at(100)), at(1))
        .unwrap();
    assert_eq!(record.state(at(99)), KeyState::Active);
    assert_eq!(record.state(at(100)), KeyState::Expired);
    assert_eq!(dir.file.revoke(&record.id, at(50)).unwrap(), Revoked::Now);
    assert_eq!(
        dir.file.revoke(&record.id, at(60)).unwrap(),
        Revoked::Before
    );
    let kept = dir.file.read().unwrap().unwrap();
    assert_eq!(kept[0].revoked_at, Some(at(50)));
    assert_eq!(kept[0].state(at(51)), KeyState::Revoked);
    let error = dir.file.revoke("0000", at(60)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no key `0000`; `loket keys list` shows those there are"
    );
}

#[test]
fn keys_made_at_the_same_time_are_all_kept() {
    let dir = empty();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    dir.file.create(Scope::Widget, "", None, at(1)).unwrap();
                }
            });
        }
    });
    assert_eq!(dir.file.read().unwrap().unwrap().len(), 20);
}

/// What makes of the file's text a file that must not be trusted.
type Damage = (&'static str, fn(&str) -> String);

const DAMAGES: [Damage; 8] = [
    ("nothing left", |_| String::new()),
    ("cut in half", |text| text[..text.len() / 2].to_owned()),
    ("another scope", |text| text.replace("widget", "admin")),
    ("revocation taken back", |text| {
        text.replace("\"revoked_at\": \"", "\"revoked_at\": null, \"was\": \"")
    }),
    ("a revocation emptied", |text| {
        text.replace("\"1970-01-01T00:00:09Z\"", "null")
    }),
    ("a key taken out", |text| {
        let start = text.find("    {").unwrap();
        let end = text.find("    },").unwrap() + "    },\n".len();
        format!("{}{}", &text[..start], &text[end..])
    }),
    ("no keys", |_| r#"{"format":1,"keys":[]}"#.to_owned()),
    ("no format", |text| text.replace("format", "fromat")),
];

#[test]
fn a_damaged_file_lets_nobody_in_and_is_named() {
    for (name, damage) in DAMAGES {
        let dir = empty();
        let (record, _) = dir.file.create(Scope::Widget, "", None, at(1)).unwrap();
        dir.file.create(Scope::Admin, "", None, at(1)).unwrap();
        dir.file.revoke(&record.id, at(9)).unwrap();
        let ring = KeyRing::open(dir.file.clone()).unwrap().always_looking();
        assert!(matches!(ring.now(), Found::Keys(_)), "{name}");

        let whole = fs_err::read_to_string(dir.file.path()).unwrap();
        let damaged = damage(&whole);
        assert_ne!(damaged, whole, "{name}");
        fs_err::write(dir.file.path(), &damaged).unwrap();
        assert!(matches!(ring.now(), Found::Damaged), "{name}");
        let error = KeyRing::open(dir.file.clone()).unwrap_err().to_string();
        assert!(error.contains("keys.json` is damaged"), "{name}: {error}");
        // Nor is it overwritten.
        let refused = dir.file.create(Scope::Admin, "", None, at(1));
        assert!(refused.is_err(), "{name}");
        assert_eq!(fs_err::read_to_string(dir.file.path()).unwrap(), damaged);

        write_private(dir.file.path(), whole.as_bytes()).unwrap();
        assert!(matches!(ring.now(), Found::Keys(_)), "{name}");
    }
}

#[test]
fn a_file_of_a_newer_program_is_left_alone() {
    let dir = empty();
    dir.file.create(Scope::Admin, "", None, at(1)).unwrap();
    let text = fs_err::read_to_string(dir.file.path()).unwrap();
    let newer = text.replace("\"format\": 1", "\"format\": 2, \"more\": true");
    fs_err::write(dir.file.path(), newer).unwrap();
    let error = dir.file.read().unwrap_err();
    assert!(matches!(error, KeyFileError::Newer { found: 2, .. }));
}

#[test]
fn a_running_service_sees_keys_come_and_go() {
    let dir = empty();
    let ring = KeyRing::open(dir.file.clone()).unwrap().always_looking();
    assert!(matches!(ring.now(), Found::Nothing));
    let (record, _) = dir.file.create(Scope::Admin, "", None, at(1)).unwrap();
    let Found::Keys(keys) = ring.now() else {
        panic!("no keys");
    };
    assert_eq!(*keys, *std::slice::from_ref(&record));
    dir.file.revoke(&record.id, at(2)).unwrap();
    let Found::Keys(keys) = ring.now() else {
        panic!("no keys");
    };
    assert_eq!(keys[0].revoked_at, Some(at(2)));
    // Without its file the service would be open to all.
    fs_err::remove_file(dir.file.path()).unwrap();
    assert!(matches!(ring.now(), Found::Damaged));
    assert!(matches!(ring.now(), Found::Damaged));
}
