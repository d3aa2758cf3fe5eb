//! Generations that share shards: what is written, what is linked, what damage costs, and going back.

use super::*;
use crate::{RollbackError, store::kept::Kept};

/// As many articles as fill several shards.
const N: usize = 700;

fn article(n: usize, edition: usize) -> String {
    format!("# Article {n}\n\nWhat article {n} says in edition {edition}.\n")
}

/// A place with a generation of several shards.
fn large() -> Place {
    let place = Place::new(&[]);
    for n in 0..N {
        place.put(&format!("en/article-{n:04}.md"), &article(n, 1));
    }
    place.build().expect("built");
    place
}

/// The files of the shards of a generation, by name.
fn shards(place: &Place, id: &str) -> Vec<PathBuf> {
    let dir = place.store().generation_dir(id).join(format::SHARDS);
    let entries = fs_err::read_dir(dir).expect("a folder");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

#[test]
fn one_edit_writes_one_shard() {
    let place = large();
    let first = place.store().current_id().expect("a generation");
    place.put("en/article-0350.md", &article(350, 2));
    let report = place.build().expect("built");
    assert_eq!(report.n_encoded, 1);
    let (old, new) = (shards(&place, &first), shards(&place, &report.generation));
    assert!(old.len() > 3, "{old:?}");
    assert_eq!(old.len(), new.len());
    let names: Vec<String> = old.iter().map(|path| name(path)).collect();
    let n_written = new
        .iter()
        .filter(|path| !names.contains(&name(path)))
        .count();
    assert_eq!(n_written, 1);
}

#[test]
fn a_builder_goes_on_from_what_it_has_and_from_what_others_built() {
    let place = large();
    let encoder = tiny::encoder(1);
    let mut builder = Builder::new(place.kb(), place.store(), BuildOptions::default());
    let build = |builder: &mut Builder| builder.build(&encoder, &mut |_| ()).expect("built");
    let same = build(&mut builder);
    assert!(!same.report.is_new);
    place.put("en/article-0001.md", &article(1, 2));
    let second = build(&mut builder);
    assert_eq!(second.report.changes.changed, ["en/article-0001.md"]);
    assert_eq!(
        second.before.expect("one before").generation(),
        same.snapshot.generation()
    );
    // Another process builds in between.
    place.put("en/article-0002.md", &article(2, 2));
    let other = place.build().expect("built").generation;
    place.put("en/article-0003.md", &article(3, 2));
    let third = build(&mut builder);
    assert_eq!(third.before.expect("one before").generation(), other);
    assert_eq!(third.report.changes.changed, ["en/article-0003.md"]);
    let opened = place.store().open().expect("opened").snapshot;
    assert_eq!(opened.generation(), third.snapshot.generation());
    let (ordinal, _) = opened.articles().nth(3).expect("an article");
    assert_eq!(opened.source(ordinal).expect("read"), article(3, 2));
    assert_eq!(third.snapshot.source(ordinal).expect("read"), article(3, 2));
}

#[test]
fn damage_to_a_shard_costs_that_shard() {
    let place = large();
    place.put("en/article-0001.md", &article(1, 2));
    let id = place.build().expect("built").generation;
    let shared = shards(&place, &id);
    let path = &shared[shared.len() / 2];
    let n_lost = place
        .store()
        .open()
        .expect("intact")
        .snapshot
        .shards()
        .find(|(file, ..)| name(file) == name(path))
        .map(|(_, _, shard)| shard.n_passages())
        .expect("a shard of the generation");
    // In place, so that both generations have it.
    let mut bytes = fs_err::read(path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs_err::write(path, bytes).expect("written");
    assert!(matches!(
        place.store().open(),
        Err(OpenError::Damaged { .. })
    ));
    let report = place.build().expect("built");
    assert_eq!(report.n_encoded, n_lost);
    assert_eq!(report.n_articles, N);
    assert!(place.store().open().expect("opened").fallback.is_none());
}

#[test]
fn moved_files_are_told_from_new_ones() {
    let place = place();
    place.build().expect("built");
    let move_to = |from: &str, to: &str| {
        let text = fs_err::read_to_string(place.kb().join(from)).expect("read");
        fs_err::remove_file(place.kb().join(from)).expect("removed");
        place.put(to, &text);
    };
    // By its bytes.
    move_to("en/ship.md", "en/delivery/shipping.md");
    // By its id, with another text.
    fs_err::remove_file(place.kb().join("nl/pay.md")).expect("removed");
    place.put(
        "nl/money/pay.md",
        "---\nid: pay\n---\n# Betalen\n\nBetaal in 4 dagen.\n",
    );
    place.put("en/new.md", "# New\n\nText.\n");
    let changes = place.build().expect("built").changes;
    assert_eq!(changes.added, ["en/new.md"]);
    assert_eq!(changes.removed, Vec::<String>::new());
    let moved: Vec<(&str, &str)> = changes
        .moved
        .iter()
        .map(|moved| (moved.from.as_str(), moved.to.as_str()))
        .collect();
    assert_eq!(
        moved,
        [
            ("en/ship.md", "en/delivery/shipping.md"),
            ("nl/pay.md", "nl/money/pay.md")
        ]
    );
}

fn ids(kept: &[Kept]) -> Vec<&str> {
    kept.iter().map(|kept| kept.id.as_str()).collect()
}

#[test]
fn a_rollback_goes_one_generation_back_and_no_further() {
    let place = place();
    let store = place.store();
    assert!(matches!(
        store.roll_back(),
        Err(RollbackError::Open(OpenError::Missing { .. }))
    ));
    let first = place.build().expect("built").generation;
    assert!(matches!(
        store.roll_back(),
        Err(RollbackError::NoneBefore { .. })
    ));
    place.put("en/ship.md", "# Shipping\n\nShip within 6 days.\n");
    let second = place.build().expect("built").generation;
    let kept = store.kept().expect("listed");
    assert_eq!(ids(&kept), [&second, &first]);
    assert_eq!((kept[0].serves, kept[1].is_before), (true, true));

    let rolled = store.roll_back().expect("rolled back");
    assert_eq!((&rolled.from, &rolled.to), (&second, &first));
    assert_eq!(store.open().expect("opened").snapshot.generation(), first);
    assert!(matches!(
        store.roll_back(),
        Err(RollbackError::NoneBefore { .. })
    ));
    // The next build replaces the generation that was left, and goes back to the one that served.
    place.put("en/ship.md", "# Shipping\n\nShip within 7 days.\n");
    let third = place.build().expect("built");
    assert_eq!(third.changes.changed, ["en/ship.md"]);
    assert_eq!(
        ids(&store.kept().expect("listed")),
        [&third.generation, &first]
    );
    assert_eq!(store.roll_back().expect("rolled back").to, first);
}

#[test]
fn a_damaged_generation_is_not_gone_back_to() {
    let place = place();
    let first = place.build().expect("built").generation;
    place.put("en/ship.md", "# Shipping\n\nShip within 6 days.\n");
    let second = place.build().expect("built").generation;
    let store = place.store();
    fs_err::remove_file(store.generation_dir(&first).join(format::SPACE)).expect("removed");
    assert!(matches!(
        store.roll_back(),
        Err(RollbackError::Damaged { generation, .. }) if generation == first
    ));
    assert_eq!(store.current_id(), Some(second));
}

#[test]
fn a_purge_leaves_what_serves() {
    let place = place();
    place.build().expect("built");
    place.put("en/ship.md", "# Shipping\n\nShip within 6 days.\n");
    let second = place.build().expect("built").generation;
    let store = place.store();
    assert_eq!(store.purge().expect("purged").len(), 1);
    assert_eq!(ids(&store.kept().expect("listed")), [&second]);
    assert!(store.purge().expect("purged").is_empty());
    assert_eq!(store.open().expect("opened").snapshot.generation(), second);
}

#[test]
fn builds_within_one_second_are_told_apart_by_age() {
    let place = place();
    let mut built = Vec::new();
    for n in 0..5 {
        place.put(
            "en/ship.md",
            &format!("# Shipping\n\nShip within {n} days.\n"),
        );
        built.push(place.build().expect("built").generation);
    }
    assert!(built.is_sorted(), "{built:?}");
    let kept = place.store().kept().expect("listed");
    assert_eq!(ids(&kept), [&built[4], &built[3]]);
}
