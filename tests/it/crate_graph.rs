//! Which crate may know which: the direction the data moves in, and no other.

use std::collections::{BTreeMap, BTreeSet};

use acceptance::repository;
use cargo_metadata::{DependencyKind, MetadataCommand};

/// Every crate with the crates of this workspace it may depend on.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("corpus", &[]),
    ("database", &[]),
    ("inference", &[]),
    ("indexer", &["corpus", "database", "inference"]),
    ("answer", &["corpus", "inference", "indexer"]),
    ("support", &["corpus", "database"]),
    ("dispatch", &["corpus", "support"]),
    ("eval", &["corpus", "indexer", "answer"]),
    ("lint", &["corpus", "indexer", "answer", "eval"]),
    (
        "server",
        &[
            "corpus",
            "inference",
            "indexer",
            "answer",
            "support",
            "dispatch",
        ],
    ),
    (
        "cli",
        &[
            "corpus",
            "database",
            "inference",
            "indexer",
            "answer",
            "support",
            "dispatch",
            "eval",
            "lint",
            "server",
        ],
    ),
];

/// Packages that test and measure the others; nothing may depend on them.
const OUTSIDE: [&str; 2] = ["acceptance", "benchmarks"];

#[test]
fn crates_depend_only_on_those_before_them() {
    let metadata = MetadataCommand::new()
        .manifest_path(repository().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo describes the workspace");
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let packages = metadata.workspace_packages();
    let names: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let known: BTreeSet<&str> = allowed.keys().copied().chain(OUTSIDE).collect();
    assert_eq!(
        names, known,
        "a crate was added or renamed: decide what it may depend on"
    );

    for package in packages
        .iter()
        .filter(|package| !OUTSIDE.contains(&package.name.as_str()))
    {
        let may = allowed[package.name.as_str()];
        for dependency in package
            .dependencies
            .iter()
            .filter(|d| d.kind != DependencyKind::Development)
        {
            let name = dependency.name.as_str();
            assert!(
                !names.contains(name) || may.contains(&name),
                "{} must not know {name}",
                package.name
            );
        }
    }
}

#[test]
fn the_order_has_no_cycle() {
    for (position, (name, may)) in ALLOWED.into_iter().enumerate() {
        for other in may {
            let before = ALLOWED[..position]
                .iter()
                .any(|(earlier, _)| earlier == other);
            assert!(
                before,
                "{name} may depend on {other}, which does not come before it"
            );
        }
    }
}
