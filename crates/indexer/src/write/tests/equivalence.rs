//! An index that was brought up to date, edit by edit, is the one that is built at once.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{Hit, Readings};

/// What an editor does to one of the articles.
#[derive(Debug, Clone)]
enum Edit {
    Write(usize, Vec<usize>),
    Remove(usize),
    Move(usize, usize),
    Build,
}

/// Enough that articles fall in several shards.
const PATHS: usize = 1_500;
const WORDS: [&str; 12] = [
    "refund", "parcel", "payout", "seller", "card", "invoice", "return", "address", "courier",
    "fee", "account", "password",
];
const ASKED: [&str; 4] = [
    "refund fee",
    "payout card seller",
    "pasword",
    "courier parcel address",
];

fn path(n: usize) -> String {
    let language = ["en", "nl"][n % 2];
    format!("{language}/article-{n:04}.md")
}

fn text(n: usize, words: &[usize]) -> String {
    let words: Vec<&str> = words.iter().map(|word| WORDS[word % WORDS.len()]).collect();
    let (head, tail) = words.split_at(words.len().min(2));
    format!(
        "# About {} {n}\n\nThe {} is here.\n",
        head.join(" "),
        tail.join(" ")
    )
}

fn edit() -> impl Strategy<Value = Edit> {
    let word = || prop::collection::vec(0..WORDS.len(), 1..8);
    prop_oneof![
        4 => (0..PATHS, word()).prop_map(|(n, words)| Edit::Write(n, words)),
        2 => (0..PATHS).prop_map(Edit::Remove),
        2 => (0..PATHS, 0..PATHS).prop_map(|(from, to)| Edit::Move(from, to)),
        2 => Just(Edit::Build),
    ]
}

/// Everything a question's search reads of a snapshot, to the last bit.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    lexical: Vec<Hit>,
    dense: Vec<Hit>,
    matches: Vec<crate::PassageMatches>,
    interactions: Vec<f32>,
    terms: Vec<crate::AskedTerm>,
    background: Option<crate::Background>,
    familiarity: f32,
    mean_lengths: [f32; 3],
}

impl Found {
    /// Interactions hang on the sample that the reduction was fitted to, which is that of the first build.
    fn without_interactions(&self) -> Self {
        Self {
            interactions: Vec::new(),
            ..self.clone()
        }
    }
}

fn found(snapshot: &Snapshot, question: &str, language: Language) -> Found {
    let encoder = tiny::encoder(1);
    let encoded = encoder
        .encode_with_tokens(&[question], TextKind::Query)
        .expect("encoded");
    let tokens = encoded.tokens.expect("tokens").remove(0);
    let aim = snapshot.aim(question, encoded.texts.row(0), Some(&tokens), language);
    let selection = snapshot.select(&Visibility {
        audience: None,
        region: None,
        day: date(2026, 11, 22),
        languages: None,
    });
    let terms = snapshot.ask(question, language, Readings::Lenient);
    let lexical = snapshot
        .lexical(&terms, language, &selection, 50)
        .expect("searched");
    let mut passages: Vec<PassageOrdinal> = lexical.iter().map(|hit| hit.passage).collect();
    passages.sort();
    Found {
        matches: snapshot
            .matches(&terms, language, &passages)
            .expect("counted"),
        interactions: passages
            .iter()
            .map(|passage| snapshot.interaction(*passage, &aim).expect("read"))
            .collect(),
        dense: snapshot.dense(&aim, &selection, 50).expect("searched"),
        background: snapshot.background(&aim, language),
        familiarity: snapshot.familiarity(question, language),
        mean_lengths: snapshot.mean_lengths(language),
        lexical,
        terms,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn edits_in_any_order_give_the_index_of_their_outcome(
        edits in prop::collection::vec(edit(), 1..60)
    ) {
        let mut texts: BTreeMap<usize, String> =
            (0..PATHS).step_by(2).map(|n| (n, text(n, &[n, n / 12, n / 3]))).collect();
        texts.insert(1, text(1, &[1, 2, 3]));
        let place = Place::new(&[]);
        for (n, text) in &texts {
            place.put(&path(*n), text);
        }
        let encoder = tiny::encoder(1);
        let mut builder = Builder::new(place.kb(), place.store(), BuildOptions::default());
        // What all builds reduce tokens by, as it stays while the help center is of about the same size.
        let first = builder.build(&encoder, &mut |_| ()).expect("built").snapshot;
        for edit in edits {
            match edit {
                Edit::Write(n, words) => {
                    texts.insert(n, text(n, &words));
                    place.put(&path(n), &texts[&n]);
                }
                Edit::Remove(n) => if n != 1 && texts.remove(&n).is_some() {
                    fs_err::remove_file(place.kb().join(path(n))).expect("removed");
                },
                Edit::Move(from, to) => if from != 1 && to != from
                    && let Some(text) = texts.remove(&from)
                {
                    fs_err::rename(place.kb().join(path(from)), place.kb().join(path(to)))
                        .expect("moved");
                    texts.insert(to, text);
                },
                Edit::Build => {
                    builder.build(&encoder, &mut |_| ()).expect("built");
                }
            }
        }
        let updated = builder.build(&encoder, &mut |_| ()).expect("built").snapshot;
        let stored = place.store().open().expect("opened").snapshot;

        // The outcome, built at once in another folder: from nothing, and beside the first one, whose reduction it takes.
        let full = BuildOptions { full: true, ..BuildOptions::default() };
        let fresh = Place::new(&[]);
        for (n, text) in &texts {
            fresh.put(&path(*n), text);
        }
        fresh.build_with(&full).expect("built");
        let whole = fresh.store().open().expect("opened").snapshot;
        let kb = fresh.kb();
        let beside = IndexStore::new(&fresh.dir.path().join("beside"));
        build_beside(&kb, &beside, &encoder, &BuildOptions::default(), &[&first], &mut |_| ()).expect("built");
        let beside = beside.open().expect("opened").snapshot;
        let has_first_reduction = first.reduction() == updated.reduction();
        for (question, language) in ASKED.iter().flat_map(|q| [(q, Language::En), (q, Language::Nl)]) {
            let expected = found(&whole, question, language);
            let updated = found(&updated, question, language);
            prop_assert_eq!(&updated.without_interactions(), &expected.without_interactions());
            prop_assert_eq!(&found(&stored, question, language), &updated);
            if has_first_reduction {
                prop_assert_eq!(&found(&beside, question, language), &updated);
            }
        }
        let fresh = whole;
        let articles = |snapshot: &Snapshot| -> Vec<(String, String)> {
            snapshot.articles().map(|(n, article)| (article.path.clone(), snapshot.source(n).expect("read").into_owned())).collect()
        };
        prop_assert_eq!(articles(&stored), articles(&fresh));
        prop_assert_eq!(stored.n_articles(), texts.len());
    }
}
