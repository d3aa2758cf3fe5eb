//! Against a real server: `bash tests/postgres/run cargo test … -- --ignored postgres`.

use std::{
    fmt::Write as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use corpus::Language;
use database::{DatabaseConfig, scratch};
use inference::{Encoder as _, TextKind, tiny};
use jiff::civil::date;

use super::*;
use crate::{
    Aim, BuildError, BuildOptions, BuildReport, IndexStore, LexicalAsk, PassageOrdinal, Readings,
    Snapshot, Visibility, build,
};

/// A machine: a folder of articles and a data folder.
pub(crate) struct Machine {
    dir: tempfile::TempDir,
}

const WORDS: [&str; 24] = [
    "refund",
    "parcel",
    "invoice",
    "seller",
    "buyer",
    "password",
    "address",
    "payment",
    "return",
    "label",
    "courier",
    "deadline",
    "account",
    "voucher",
    "tax",
    "warehouse",
    "signature",
    "photo",
    "complaint",
    "deposit",
    "card",
    "transfer",
    "receipt",
    "balance",
];

/// An article in which some of a few words stand, some more often than others.
fn article(n: usize) -> String {
    let word = |i: usize| WORDS[(n * 7 + i * i + i * n) % WORDS.len()];
    let audience = ["", "audience: [seller]\n", "audience: [buyer]\n"][n % 3];
    let region = ["", "region: [NL]\n"][n % 2];
    let until = ["", "valid_until: 2025-01-01\n"][usize::from(n % 5 == 4)];
    let mut text = format!(
        "---\nid: a{n}\n{audience}{region}{until}---\n# About the {} and the {}\n\n",
        word(1),
        word(2)
    );
    for section in 0..3 {
        let at = 3 + section * 9;
        let _ = write!(
            text,
            "The {} needs a {} before the {} is sent. Ask for the {}.\n\n## {} of a {}\n\n",
            word(at),
            word(at + 1),
            word(at + 2),
            word(at + 3),
            word(at + 4),
            word(at + 5),
        );
    }
    text.push_str("That is all.\n");
    text
}

impl Machine {
    pub(crate) fn new(n_articles: usize) -> Self {
        let machine = Self {
            dir: tempfile::tempdir().expect("a directory"),
        };
        for n in 0..n_articles {
            let language = ["en", "nl"][usize::from(n % 4 == 3)];
            machine.put(&format!("{language}/a{n}.md"), &article(n));
        }
        machine
    }

    fn kb(&self) -> PathBuf {
        self.dir.path().join("kb")
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.kb().join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs_err::write(path, text).expect("written");
    }

    pub(crate) fn store(&self, postgres: &Postgres) -> IndexStore {
        IndexStore::new(&self.dir.path().join("data")).in_database(postgres.clone())
    }

    pub(crate) fn build(&self, postgres: &Postgres) -> Result<BuildReport, BuildError> {
        let (store, options) = (self.store(postgres), BuildOptions::default());
        build(&self.kb(), &store, &tiny::encoder(1), &options, &mut |_| ())
    }

    /// The working copy, searched by the embedded engine.
    pub(crate) fn copy(&self) -> Snapshot {
        let store = IndexStore::new(&self.dir.path().join("data"));
        store.open().expect("opened").snapshot
    }
}

pub(crate) fn open(postgres: &Postgres) -> Snapshot {
    let id = postgres
        .read_current()
        .expect("read")
        .expect("a generation");
    postgres.open(&id).expect("opened").expect("there")
}

fn postgres_of(config: &DatabaseConfig) -> Postgres {
    Postgres::new(config, PostgresOptions::default()).expect("settings")
}

/// A new schema, and the extension that a database's owner makes.
pub(crate) fn postgres() -> Postgres {
    let config = scratch::config();
    let postgres = postgres_of(&config);
    execute(
        &postgres,
        "CREATE EXTENSION IF NOT EXISTS vector SCHEMA public",
    );
    postgres
}

pub(crate) fn execute(postgres: &Postgres, statement: &str) {
    let (database, statement) = (postgres.database().clone(), statement.to_owned());
    wait(async move {
        let mut connection = database.connect_once().await?;
        // Tests that start together make the extension together.
        let _ = sqlx::raw_sql(safe(statement))
            .execute(&mut connection)
            .await;
        Ok(())
    })
    .expect("a connection");
}

/// The name of a data server.
pub(crate) fn data_server(n: u32) -> String {
    wait(scratch::data_server(n)).expect("a data server")
}

pub(crate) fn count(postgres: &Postgres, query: String) -> i64 {
    let database = postgres.database().clone();
    wait(async move {
        let query = sqlx::query_scalar(safe(query)).fetch_one(database.pool());
        database.timed(query).await
    })
    .expect("counted")
}

const QUESTIONS: [&str; 6] = [
    "refund of a deposit",
    "where is the parcel and its label",
    "the tax on an invoice",
    "pasword",
    "warehouse courier signature photo complaint",
    "that is all",
];

pub(crate) fn visibility(
    audience: Option<&'static str>,
    region: Option<&'static str>,
    languages: Option<&'static [Language]>,
) -> Visibility<'static> {
    Visibility {
        audience,
        region,
        day: date(2026, 6, 1),
        languages,
    }
}

/// Checks that both snapshots find the same for every question.
#[track_caller]
pub(crate) fn check_same(here: &Snapshot, there: &Snapshot, visibility: &Visibility<'_>) {
    let (selection, other) = (here.select(visibility), there.select(visibility));
    let encoder = tiny::encoder(1);
    for question in QUESTIONS {
        let detailed = encoder
            .encode_with_tokens(&[question], TextKind::Query)
            .expect("encoded");
        let tokens = detailed.tokens.as_ref().and_then(|tokens| tokens.first());
        let aim = here.aim(question, detailed.texts.row(0), tokens, Language::En);
        assert_eq!(
            aim,
            there.aim(question, detailed.texts.row(0), tokens, Language::En)
        );
        let near = here.dense(&aim, &selection, 20).expect("searched");
        assert_eq!(
            near,
            there.dense(&aim, &other, 20).expect("searched"),
            "{question}"
        );
        let plain = Aim::plain(detailed.texts.row(0).to_vec());
        assert_eq!(
            here.dense(&plain, &selection, 20).expect("searched"),
            there.dense(&plain, &other, 20).expect("searched"),
        );
        for language in [Language::En, Language::Nl] {
            assert_eq!(
                here.background(&aim, language),
                there.background(&aim, language)
            );
            assert_eq!(
                here.interaction_background(&aim, language),
                there.interaction_background(&aim, language)
            );
            let asked = here.ask(question, language, Readings::Lenient);
            assert_eq!(asked, there.ask(question, language, Readings::Lenient));
            let ask = LexicalAsk {
                language,
                asked: &asked,
                limit: 20,
            };
            let hits = &here
                .lexical_by_language(&[ask], &selection)
                .expect("searched")[0];
            let found = &there.lexical_by_language(&[ask], &other).expect("searched")[0];
            assert_eq!(hits.len(), found.len());
            // Sums of the same numbers in another order.
            for (hit, found) in hits.iter().zip(found) {
                assert!(
                    (hit.score - found.score).abs() < 1e-4,
                    "{question} {hit:?} {found:?}"
                );
            }
            let of = |hits: &[crate::Hit]| {
                let mut passages: Vec<PassageOrdinal> =
                    hits.iter().map(|hit| hit.passage).collect();
                passages.sort_unstable();
                passages
            };
            let passages = of(hits);
            assert_eq!(
                here.matches(&asked, language, &passages).expect("counted"),
                there.matches(&asked, language, &passages).expect("counted"),
            );
        }
    }
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn what_is_published_is_what_was_built() {
    let (machine, postgres) = (Machine::new(60), postgres());
    assert!(postgres.read_current().expect("read").is_none());
    let report = machine.build(&postgres).expect("built");
    let (here, there) = (machine.copy(), open(&postgres));
    assert_eq!(there.generation(), report.generation);
    assert_eq!(there.content_key(), here.content_key());
    assert_eq!(there.n_passages(), here.n_passages());
    let encoder = tiny::encoder(1);
    let aim = here.aim(
        "refund",
        encoder
            .encode(&["refund"], TextKind::Query)
            .expect("encoded")
            .row(0),
        None,
        Language::En,
    );
    for (ordinal, article) in here.articles() {
        assert_eq!(there.article(ordinal), article);
        assert_eq!(
            there.source(ordinal).expect("read"),
            here.source(ordinal).expect("read")
        );
        for passage in here.passages_of(ordinal) {
            assert_eq!(
                there.passage(passage).expect("read"),
                here.passage(passage).expect("read")
            );
            assert_eq!(there.section_of(passage), here.section_of(passage));
            assert_eq!(
                there.vector(passage).expect("read"),
                here.vector(passage).expect("read")
            );
            let nearness = |snapshot: &Snapshot| snapshot.nearness(passage, &aim).expect("read");
            assert_eq!(nearness(&there).to_bits(), nearness(&here).to_bits());
            assert_eq!(
                there
                    .statement_rows(passage, &encoder)
                    .expect("read")
                    .expect("cut"),
                here.statement_rows(passage, &encoder)
                    .expect("read")
                    .expect("cut")
            );
        }
    }
    assert!(there.uses_word("Refund", Language::En) && !there.uses_word("refunded", Language::En));
    check_same(&here, &there, &visibility(None, None, None));
    // Nothing changed: nothing is built.
    assert!(!machine.build(&postgres).expect("built").is_new);
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn who_may_not_see_an_article_does_not_find_it() {
    let (machine, postgres) = (Machine::new(60), postgres());
    machine.build(&postgres).expect("built");
    let (here, there) = (machine.copy(), open(&postgres));
    for audience in [None, Some("seller"), Some("buyer"), Some("nobody")] {
        for region in [None, Some("NL"), Some("DE")] {
            for languages in [None, Some(&[Language::Nl][..]), Some(&[][..])] {
                check_same(&here, &there, &visibility(audience, region, languages));
            }
        }
    }
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn neighbours_are_found_through_the_index_with_filters() {
    let machine = Machine::new(120);
    let options = PostgresOptions {
        hnsw_from: 1,
        ..PostgresOptions::default()
    };
    let config = postgres().database().config().clone();
    let postgres = Postgres::new(&config, options).expect("settings");
    machine.build(&postgres).expect("built");
    let (here, there) = (machine.copy(), open(&postgres));
    check_same(&here, &there, &visibility(None, None, None));
    check_same(
        &here,
        &there,
        &visibility(Some("seller"), Some("NL"), Some(&[Language::Nl])),
    );
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn lists_hold_what_the_rows_of_common_terms_leave_out() {
    let (machine, postgres) = (Machine::new(60), postgres());
    machine.build(&postgres).expect("built");
    let schema = postgres.schema().to_owned();
    let n_lists = count(
        &postgres,
        format!("SELECT count(DISTINCT number) FROM {schema}.g1_lists"),
    );
    let n_rare = count(
        &postgres,
        format!("SELECT count(DISTINCT term) FROM {schema}.g1_lexical, unnest(terms) AS term"),
    );
    assert!(n_lists > 10 && n_rare > 1, "{n_lists} {n_rare}");
    let (here, there) = (machine.copy(), open(&postgres));
    check_same(&here, &there, &visibility(None, None, None));
    // A list that is not whole is found out, also in a cache that is new.
    execute(
        &postgres,
        &format!("UPDATE {schema}.g1_lists SET bytes = substring(bytes FROM 1 FOR 4)"),
    );
    let there = open(&postgres_of(postgres.database().config()));
    let asked = there.ask("refund of a parcel", Language::En, Readings::Lenient);
    let ask = LexicalAsk {
        language: Language::En,
        asked: &asked,
        limit: 500,
    };
    let selection = there.select(&visibility(None, None, None));
    assert!(matches!(
        there.lexical_by_language(&[ask], &selection),
        Err(SearchError::Damaged(_))
    ));
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn a_generation_from_before_there_were_lists_is_searched() {
    let (machine, postgres) = (Machine::new(60), postgres());
    machine.build(&postgres).expect("built");
    // Such a one has no lists, and all terms in its rows.
    let schema = postgres.schema().to_owned();
    for statement in [
        format!("UPDATE {schema}.index_generations SET format = 1"),
        format!("DROP TABLE {schema}.g1_lists"),
        format!(
            "UPDATE {schema}.g1_lexical SET terms = ARRAY(SELECT DISTINCT (found[1]::integer - 1) / 3 \
             FROM regexp_matches(weights::text, '(\\d+):', 'g') AS found)"
        ),
    ] {
        execute(&postgres, &statement);
    }
    check_same(
        &machine.copy(),
        &open(&postgres),
        &visibility(None, None, None),
    );
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn another_machine_goes_on_from_what_is_served() {
    let (one, other, postgres) = (Machine::new(20), Machine::new(20), postgres());
    let first = one.build(&postgres).expect("built");
    assert_eq!(first.n_encoded, first.n_passages);
    // It has no working copy, and encodes what changed only.
    other.put("en/a0.md", "# Refunds\n\nA refund takes 9 days.\n");
    let second = other.build(&postgres).expect("built");
    assert_eq!(second.changes.changed, ["en/a0.md"]);
    assert_eq!(second.n_encoded, 1);
    check_same(
        &other.copy(),
        &open(&postgres),
        &visibility(None, None, None),
    );
    // The first goes on from there, too: back to its own articles.
    let third = one.build(&postgres).expect("built");
    assert_eq!(third.changes.changed, ["en/a0.md"]);
    assert!(third.n_encoded < 10, "{}", third.n_encoded);
    assert_eq!(open(&postgres).generation(), third.generation);
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn what_was_deleted_is_gone_after_a_purge() {
    let (machine, postgres) = (Machine::new(8), postgres());
    machine.put("en/secret.md", "# Canary\n\nThe word is xylophonic.\n");
    machine.build(&postgres).expect("built");
    let schema = postgres.schema().to_owned();
    let held = |postgres: &Postgres| {
        count(
            postgres,
            format!(
                "SELECT (SELECT count(*) FROM {schema}.index_bodies WHERE source LIKE '%xylophonic%') \
                 + (SELECT count(*) FROM {schema}.index_heads WHERE position('xylophon' IN encode(bytes, 'escape')) > 0)"
            ),
        )
    };
    assert_eq!(held(&postgres), 2);
    fs_err::remove_file(machine.kb().join("en/secret.md")).expect("removed");
    machine.build(&postgres).expect("built");
    // It can be gone back to.
    assert_eq!(held(&postgres), 2);
    let store = machine.store(&postgres);
    let removed = store.purge().expect("purged");
    assert_eq!(removed.len(), 1);
    assert_eq!(held(&postgres), 0);
    assert_eq!(store.kept().expect("listed").len(), 1);
    let n_generations = format!(
        "SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}' AND tablename LIKE 'g%dense'"
    );
    assert_eq!(count(&postgres, n_generations), 1);
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn the_generation_before_can_be_gone_back_to() {
    let (machine, postgres) = (Machine::new(8), postgres());
    let first = machine.build(&postgres).expect("built");
    machine.put("en/new.md", "# New\n\nSomething new.\n");
    let second = machine.build(&postgres).expect("built");
    let store = machine.store(&postgres);
    let node = postgres_of(postgres.database().config());
    assert_eq!(
        node.current().expect("read"),
        Some(second.generation.clone())
    );
    let rolled = store.roll_back().expect("rolled back");
    assert_eq!(
        (&rolled.from, &rolled.to),
        (&second.generation, &first.generation)
    );
    assert_eq!(store.current_id(), Some(first.generation.clone()));
    // A node that listens hears of it.
    let started = Instant::now();
    while node.current().expect("read").as_ref() != Some(&first.generation) {
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "nothing was told"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(store.roll_back().is_err());
    let kept = store.kept().expect("listed");
    let serving: Vec<_> = kept
        .iter()
        .map(|kept| (kept.id.clone(), kept.serves))
        .collect();
    assert_eq!(
        serving,
        [(second.generation, false), (first.generation.clone(), true)]
    );
    // The next build brings in what was left, and goes on from what serves.
    let third = machine.build(&postgres).expect("built");
    assert_eq!(third.changes.added, ["en/new.md"]);
    assert_eq!(store.kept().expect("listed").len(), 2);
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn what_a_node_reads_stays_until_it_goes_on() {
    let (machine, postgres) = (Machine::new(8), postgres());
    machine.build(&postgres).expect("built");
    let node = open(&postgres_of(postgres.database().config()));
    for n in 0..3 {
        machine.put("en/new.md", &format!("# New\n\nNumber {n} of them.\n"));
        machine.build(&postgres).expect("built");
    }
    let ids = |postgres: &Postgres| -> Vec<String> {
        postgres
            .kept()
            .expect("listed")
            .into_iter()
            .map(|kept| kept.id)
            .collect()
    };
    assert_eq!(ids(&postgres).len(), 3, "two and the one that is read");
    assert!(ids(&postgres).contains(&node.generation().to_owned()));
    let passages = node.passages_of(crate::ArticleOrdinal(0));
    assert!(
        passages
            .into_iter()
            .all(|passage| node.passage(passage).is_ok())
    );
    drop(node);
    let started = Instant::now();
    let mut n = 10;
    while ids(&postgres).len() != 2 {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "it was never removed"
        );
        n += 1;
        machine.put("en/new.md", &format!("# New\n\nNumber {n} of them.\n"));
        machine.build(&postgres).expect("built");
    }
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn one_machine_builds_at_a_time() {
    let (one, other, postgres) = (Machine::new(4), Machine::new(4), postgres());
    let lock = one.store(&postgres).lock().expect("locked");
    let other_side = postgres_of(postgres.database().config());
    assert!(matches!(
        other.build(&other_side),
        Err(BuildError::Busy { .. })
    ));
    drop(lock);
    other.build(&other_side).expect("built");
}

#[test]
#[ignore = "needs a PostgreSQL server"]
fn searches_outlive_their_connections() {
    let (machine, postgres) = (Machine::new(30), postgres());
    machine.build(&postgres).expect("built");
    let (here, there) = (machine.copy(), open(&postgres));
    check_same(&here, &there, &visibility(None, None, None));
    for _ in 0..3 {
        // Those of this test: they searched its generation last, or read its articles.
        let schema = postgres.schema();
        let ended = count(
            &postgres_of(postgres.database().config()),
            format!(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                 WHERE pid <> pg_backend_pid() AND query LIKE '%{schema}.g%'"
            ),
        );
        assert!(ended > 0, "no connection was there to be lost");
        check_same(&here, &there, &visibility(Some("seller"), None, None));
    }
    // A server that is away is an error, and no panic.
    let mut config = postgres.database().config().clone();
    config.url = database::ServerUrl::new("postgres://postgres@127.0.0.1:1/postgres");
    config.connect_timeout_ms = 200;
    let away = postgres_of(&config);
    assert!(away.read_current().is_err());
    let store = machine.store(&away);
    assert!(store.current_id().is_none());
    assert!(matches!(store.open(), Err(crate::OpenError::Database(_))));
}
