use std::path::PathBuf;

use corpus::ArticleId;
use inference::{TextKind, tiny};
use jiff::civil::date;

use super::*;
use crate::{Aim, OpenError, PassageOrdinal, Visibility, split};

mod equivalence;
mod generations;
mod vanished;

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self {
            dir: tempfile::tempdir().expect("a directory"),
        };
        for (path, text) in files {
            place.put(path, text);
        }
        place
    }

    fn kb(&self) -> PathBuf {
        self.dir.path().join("kb")
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.kb().join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs_err::write(path, text).expect("written");
    }

    fn store(&self) -> IndexStore {
        IndexStore::new(&self.dir.path().join("data"))
    }

    fn build(&self) -> Result<BuildReport, BuildError> {
        self.build_with(&BuildOptions::default())
    }

    fn build_with(&self, options: &BuildOptions) -> Result<BuildReport, BuildError> {
        build(
            &self.kb(),
            &self.store(),
            &tiny::encoder(1),
            options,
            &mut |_| (),
        )
    }
}

const PAY: &str = "# Paying\n\nPay within 3 days.\n\n## Cards\n\nCards cost 2 %.\n";
const SHIP: &str = "# Shipping\n\nShip within 5 days.\n";

fn place() -> Place {
    Place::new(&[
        ("en/pay.md", PAY),
        ("en/ship.md", SHIP),
        ("nl/pay.md", "# Betalen\n\nBetaal in 3 dagen.\n"),
    ])
}

#[test]
fn a_build_reads_back_what_was_written() {
    let place = place();
    let report = place.build().expect("built");
    assert_eq!((report.n_articles, report.n_passages), (3, 4));
    assert_eq!(
        report.changes.added,
        ["en/pay.md", "en/ship.md", "nl/pay.md"]
    );
    assert_eq!(report.languages, [(Language::En, 2), (Language::Nl, 1)]);
    assert_eq!(report.n_encoded, 4);
    let opened = place.store().open().expect("opened");
    assert!(opened.fallback.is_none());
    let snapshot = opened.snapshot;
    assert_eq!(snapshot.generation(), report.generation);
    let id = ArticleId::new("pay").expect("an id");
    let ordinal = snapshot.find(&id, Language::En).expect("found");
    assert_eq!(snapshot.source(ordinal).expect("read"), PAY);
    assert_eq!(snapshot.versions(&id).len(), 2);
    let encoder = tiny::encoder(1);
    for passage in snapshot.passages_of(ordinal) {
        let read = snapshot.passage(passage).expect("read");
        assert!(read.range.slice(PAY).is_some());
        let text = split::embedded_text(snapshot.article(ordinal), &read);
        let vector = encoder
            .encode(&[&text], TextKind::Passage)
            .expect("encoded")
            .values;
        let near = snapshot.nearness(passage, &Aim::plain(vector));
        assert!((near.expect("read") - 1.0).abs() < 1e-3);
    }
}

#[test]
fn nothing_changed_means_no_new_generation() {
    let place = place();
    let first = place.build().expect("built");
    let second = place.build().expect("built");
    assert!(first.is_new && !second.is_new);
    assert_eq!(first.generation, second.generation);
}

#[test]
fn unchanged_passages_keep_their_vectors() {
    let place = place();
    place.build().expect("built");
    let first = place.store().open().expect("opened").snapshot;
    place.put("en/pay.md", &PAY.replace("2 %", "3 %"));
    place.put("en/new.md", "# New\n\nText.\n");
    fs_err::remove_file(place.kb().join("en/ship.md")).expect("removed");
    let report = place.build().expect("built");
    assert_eq!(report.changes.added, ["en/new.md"]);
    assert_eq!(report.changes.changed, ["en/pay.md"]);
    assert_eq!(report.changes.removed, ["en/ship.md"]);
    assert_eq!(report.n_encoded, 2);
    // And they are the vectors a full build gives.
    let vectors = |snapshot: &Snapshot| -> Vec<Vec<f32>> {
        (0..)
            .map(PassageOrdinal)
            .take(snapshot.n_passages())
            .map(|passage| snapshot.vector(passage).expect("read"))
            .collect()
    };
    let kept = place.store().open().expect("opened").snapshot;
    let full = place
        .build_with(&BuildOptions {
            full: true,
            ..BuildOptions::default()
        })
        .expect("built");
    assert_eq!(full.n_encoded, full.n_passages);
    let fresh = place.store().open().expect("opened").snapshot;
    // The rows of tokens go with them; the new article's language was known to the reduction.
    assert_eq!(kept.reduction(), first.reduction());
    let rows_of = |snapshot: &Snapshot, path: &str| -> Vec<i8> {
        let (ordinal, _) = snapshot
            .articles()
            .find(|(_, article)| article.path == path)
            .expect("an article");
        let passages = snapshot.passages_of(ordinal);
        passages
            .flat_map(|passage| token_rows(snapshot, passage))
            .collect()
    };
    assert_eq!(rows_of(&kept, "nl/pay.md"), rows_of(&first, "nl/pay.md"));
    // What is new is reduced as the rest was.
    let (new, article) = kept
        .articles()
        .find(|(_, article)| article.path == "en/new.md")
        .expect("the new article");
    let text = split::embedded_text(
        article,
        &kept
            .passage(kept.passages_of(new).next().expect("a passage"))
            .expect("read"),
    );
    let detailed = tiny::encoder(1)
        .encode_with_tokens(&[&text], TextKind::Passage)
        .expect("encoded");
    let tokens = &detailed.tokens.expect("tokens")[0];
    assert_eq!(
        rows_of(&kept, "en/new.md"),
        first.reduction().passage(&text, tokens, Language::En)
    );
    for (a, b) in vectors(&kept).iter().zip(vectors(&fresh)) {
        let dot: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
        assert!(dot > 0.999, "{dot}");
    }
}

#[test]
fn bad_files_are_rejected_and_the_others_indexed() {
    let place = place();
    place.put("en/empty.md", "");
    place.put("en/again.md", "---\nid: pay\n---\nText.\n");
    let report = place.build().expect("built");
    assert_eq!(report.n_articles, 3);
    let rejected: Vec<(&str, &str)> = report
        .rejected
        .iter()
        .map(|r| (r.path.as_str(), r.reason.as_str()))
        .collect();
    assert_eq!(rejected[0], ("en/empty.md", "the file has no text"));
    assert!(rejected[1].1.contains("`en/again.md`"), "{rejected:?}");
}

#[test]
fn a_folder_without_articles_keeps_the_old_index() {
    let place = place();
    let first = place.build().expect("built");
    fs_err::remove_dir_all(place.kb()).expect("removed");
    assert!(matches!(
        place.build(),
        Err(BuildError::KnowledgeBase { .. })
    ));
    fs_err::create_dir_all(place.kb()).expect("made");
    assert!(matches!(place.build(), Err(BuildError::NoArticles { .. })));
    assert_eq!(place.store().current_id(), Some(first.generation));
}

#[test]
fn two_builders_exclude_each_other() {
    let place = place();
    let store = place.store();
    let lock = store.lock().expect("locked");
    assert!(matches!(place.build(), Err(BuildError::Busy { .. })));
    drop(lock);
    place.build().expect("built");
}

#[test]
fn a_build_that_died_leaves_nothing_to_clean_by_hand() {
    let place = place();
    let first = place.build().expect("built");
    let store = place.store();
    let debris = store.unfinished_dir("20990101T000000Z-00000000");
    fs_err::create_dir_all(&debris).expect("made");
    fs_err::write(debris.join("sources.txt"), "half").expect("written");
    assert_eq!(
        store.open().expect("opened").snapshot.generation(),
        first.generation
    );
    place.put("en/more.md", "# More\n\nText.\n");
    place.build().expect("built");
    assert!(!debris.exists());
}

#[test]
fn only_two_generations_are_kept() {
    let place = place();
    for n in 0..4 {
        place.put("en/pay.md", &format!("{PAY}\nVersion {n}.\n"));
        place.build().expect("built");
    }
    let generations =
        fs_err::read_dir(place.store().dir().join(format::GENERATIONS)).expect("read");
    assert_eq!(generations.count(), 2);
}

/// Every file of a generation with one bit flipped, and with its last byte gone.
#[test]
fn damage_anywhere_is_noticed_and_the_old_generation_serves() {
    let place = place();
    let first = place.build().expect("built").generation;
    place.put("en/pay.md", &PAY.replace("2 %", "4 %"));
    let second = place.build().expect("built").generation;
    let store = place.store();
    let dir = store.generation_dir(&second);
    let files: Vec<PathBuf> = walkdir::WalkDir::new(&dir)
        .into_iter()
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for file in &files {
        let intact = fs_err::read(file).expect("read");
        let mut flipped = intact.clone();
        let at = flipped.len() / 2;
        if let Some(byte) = flipped.get_mut(at) {
            *byte ^= 0x10;
        }
        let shorter = intact[..intact.len().saturating_sub(1)].to_vec();
        for damaged in [flipped, shorter] {
            if damaged == intact {
                continue;
            }
            fs_err::write(file, &damaged).expect("written");
            let opened = store.open().expect("opened");
            assert_eq!(opened.snapshot.generation(), first, "{}", file.display());
            assert_eq!(
                opened.fallback.expect("noticed").wanted,
                Some(second.clone())
            );
        }
        fs_err::write(file, &intact).expect("written");
    }
    assert_eq!(store.open().expect("opened").snapshot.generation(), second);
}

#[test]
fn a_lost_pointer_and_a_lost_index_are_told_apart() {
    let place = place();
    assert!(matches!(
        place.store().open(),
        Err(OpenError::Missing { .. })
    ));
    let first = place.build().expect("built").generation;
    let store = place.store();
    fs_err::write(store.dir().join(format::CURRENT), "../../etc").expect("written");
    let opened = store.open().expect("opened");
    assert_eq!(opened.snapshot.generation(), first);
    assert!(opened.fallback.expect("noticed").wanted.is_none());
    fs_err::remove_file(store.generation_dir(&first).join(format::SPACE)).expect("removed");
    assert!(matches!(store.open(), Err(OpenError::Damaged { .. })));
    // A build repairs it.
    place.build().expect("built");
    assert!(place.store().open().expect("opened").fallback.is_none());
}

#[test]
fn visibility_is_decided_before_ranking() {
    let place = Place::new(&[
        ("en/all.md", "# Fees\n\nFees are low.\n"),
        (
            "en/seller.md",
            "---\naudience: [seller]\nregions: [NL]\n---\n# Fees\n\nSellers pay fees.\n",
        ),
        (
            "en/old.md",
            "---\nvalid_until: 2026-01-01\n---\n# Fees\n\nOld fees.\n",
        ),
    ]);
    place.build().expect("built");
    let snapshot = place.store().open().expect("opened").snapshot;
    let visible = |audience, region, day, languages: Option<&[Language]>| -> Vec<String> {
        let selection = snapshot.select(&Visibility {
            audience,
            region,
            day,
            languages,
        });
        let hits = snapshot
            .lexical(
                &snapshot.ask("fees", Language::En, crate::Readings::Lenient),
                Language::En,
                &selection,
                10,
            )
            .expect("searched");
        let vector = snapshot.vector(PassageOrdinal(0)).expect("read");
        assert_eq!(
            snapshot
                .dense(&Aim::plain(vector), &selection, 10)
                .expect("searched")
                .len(),
            hits.len()
        );
        let mut ids: Vec<String> = hits
            .iter()
            .map(|hit| {
                snapshot
                    .article(snapshot.article_of(hit.passage))
                    .id
                    .to_string()
            })
            .collect();
        ids.sort_unstable();
        ids
    };
    let today = date(2026, 11, 22);
    assert_eq!(visible(None, None, today, None), ["all", "seller"]);
    assert_eq!(visible(Some("buyer"), None, today, None), ["all"]);
    assert_eq!(
        visible(Some("Seller"), Some("nl"), today, None),
        ["all", "seller"]
    );
    assert_eq!(visible(Some("seller"), Some("DE"), today, None), ["all"]);
    assert_eq!(
        visible(None, None, date(2025, 12, 31), None),
        ["all", "old", "seller"]
    );
    assert_eq!(
        visible(None, None, today, Some(&[Language::Nl])),
        Vec::<String>::new()
    );
}

fn token_rows(snapshot: &Snapshot, passage: PassageOrdinal) -> Vec<i8> {
    let embedded = snapshot.embedded().expect("on this machine");
    embedded.rows(snapshot.frame(), passage).to_vec()
}
