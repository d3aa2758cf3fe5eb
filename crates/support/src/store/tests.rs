use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use sqlx::{Row as _, sqlite::SqliteConnectOptions};

use super::*;

/// Makes of each function on a place two tests: over a file, and over PostgreSQL.
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod on_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&crate::store::tests::Place::file()).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs PostgreSQL: bash tests/postgres/run"]
            async fn $name() {
                super::$name(&crate::store::tests::Place::postgres()).await;
            })*
        }
    };
}

mod disk;
mod handoffs;
mod nodes;
mod postgres;
mod unanswered;

/// Where a store lies that can be opened again.
enum Place {
    File(tempfile::TempDir),
    Postgres(database::DatabaseConfig),
}

impl Place {
    fn file() -> Self {
        Self::File(tempfile::tempdir().expect("a folder"))
    }

    fn postgres() -> Self {
        Self::Postgres(database::scratch::config())
    }

    async fn open(&self) -> Store {
        match self {
            Self::File(dir) => Store::open(dir.path()).await.expect("a store"),
            Self::Postgres(config) => {
                let database = Database::connect(config).await.expect("a server");
                Store::connect(&database).await.expect("a store")
            }
        }
    }

    /// Opens it, with what keeps its folder.
    async fn open_kept(self) -> (Self, Store) {
        let store = self.open().await;
        (self, store)
    }

    /// What another process needs to know to open it.
    fn name(&self) -> String {
        match self {
            Self::File(dir) => dir.path().display().to_string(),
            Self::Postgres(config) => format!("schema:{}", config.schema),
        }
    }

    async fn open_named(name: &str) -> Store {
        match name.strip_prefix("schema:") {
            None => Store::open(Path::new(name)).await.expect("a store"),
            Some(schema) => {
                let mut config = database::scratch::config();
                schema.clone_into(&mut config.schema);
                Self::Postgres(config).open().await
            }
        }
    }
}

both! {
    receipts_come_back_as_they_were_stored_and_go_by_age,
    many_writers_lose_nothing,
    what_was_reported_as_stored_survives_a_kill,
}

/// Names the place of the store to the child that is killed.
const CHILD: &str = "LOKET_TEST_STORE_CHILD";

fn receipt(answer: &str, made_at_ms: i64) -> StoredReceipt {
    StoredReceipt {
        answer: answer.to_owned(),
        made_at_ms,
        body: format!("{{\"id\":\"{answer}\"}}"),
    }
}

async fn schema_of(store: &Embedded) -> i64 {
    sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&store.read)
        .await
        .expect("a version")
}

async fn receipts_come_back_as_they_were_stored_and_go_by_age(place: &Place) {
    let store = place.open().await;
    let kept = [receipt("ans_1", 1_000), receipt("ans_2", 2_000)];
    store.put_receipts(&kept).await.expect("stored");
    assert_eq!(
        store.receipt("ans_1").await.expect("read"),
        Some(kept[0].clone())
    );
    assert_eq!(store.receipt("ans_3").await.expect("read"), None);
    // All or none: the second one is known already.
    let twice = [receipt("ans_3", 3_000), receipt("ans_2", 3_000)];
    assert!(store.put_receipts(&twice).await.is_err());
    assert_eq!(store.n_receipts().await.expect("counted"), 2);
    assert_eq!(store.delete_receipts(2_000).await.expect("deleted"), 1);
    assert_eq!(store.receipt("ans_1").await.expect("read"), None);
    store.close().await;

    let again = place.open().await;
    assert_eq!(
        again.receipt("ans_2").await.expect("read"),
        Some(kept[1].clone())
    );
}

#[tokio::test]
async fn a_new_file_has_the_newest_schema() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(dir.path()).await.expect("a store");
    assert_eq!(schema_of(&store).await, 6);
}

#[tokio::test]
async fn every_commit_is_synced_and_keys_are_checked() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(dir.path()).await.expect("a store");
    let of = |pragma: &'static str| {
        let write = store.write.clone();
        async move {
            sqlx::query(pragma)
                .fetch_one(&write)
                .await
                .and_then(|row| row.try_get_unchecked::<String, _>(0))
                .expect(pragma)
        }
    };
    assert_eq!(
        of("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous").await,
        "2"
    );
    assert_eq!(
        of("SELECT journal_mode FROM pragma_journal_mode").await,
        "wal"
    );
    assert_eq!(
        of("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys").await,
        "1"
    );
}

async fn many_writers_lose_nothing(place: &Place) {
    // Two stores in one place stand for two processes.
    let stores = [place.open().await, place.open().await];
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = stores[writer % 2].clone();
            tokio::spawn(async move {
                for n in 0..10 {
                    let receipt = receipt(&format!("ans_{writer}_{n}"), 1);
                    store.put_receipts(&[receipt]).await.expect("stored");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    assert_eq!(stores[0].n_receipts().await.expect("counted"), 80);
}

/// The child of the next test: tells each receipt once it is stored, until it is killed.
#[tokio::test]
async fn child_that_stores_until_it_is_killed() {
    let Ok(name) = std::env::var(CHILD) else {
        return;
    };
    let store = Place::open_named(&name).await;
    for n in 0.. {
        let answer = format!("ans_{n}");
        store
            .put_receipts(&[receipt(&answer, n)])
            .await
            .expect("stored");
        let mut out = std::io::stdout();
        let told = writeln!(out, "stored {answer}").and_then(|()| out.flush());
        told.expect("the parent reads");
    }
}

async fn what_was_reported_as_stored_survives_a_kill(place: &Place) {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args([
            "--exact",
            "store::tests::child_that_stores_until_it_is_killed",
            "--nocapture",
        ])
        .env(CHILD, place.name())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let mut told = Vec::new();
    for line in out.lines() {
        let line = line.expect("text");
        if let Some((_, answer)) = line.split_once("stored ") {
            told.push(answer.to_owned());
        }
        if told.len() == 25 {
            // SIGKILL on unix.
            child.kill().expect("killed");
            break;
        }
    }
    child.wait().expect("ended");
    assert_eq!(told.len(), 25);
    let store = place.open().await;
    for answer in told {
        assert!(
            store.receipt(&answer).await.expect("read").is_some(),
            "{answer}"
        );
    }
}

/// What opening a store over `damage` comes to, and that the file is left as it was.
async fn open_after(damage: impl AsyncFnOnce(&Path)) -> StoreError {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(dir.path()).await.expect("a store");
    let path = store.path().to_owned();
    store
        .put_receipts(&[receipt("ans_1", 1)])
        .await
        .expect("stored");
    store.close().await;
    damage(&path).await;
    let before = fs_err::read(&path).expect("the file");
    let error = Embedded::open(dir.path()).await.expect_err("refused");
    assert_eq!(fs_err::read(&path).expect("the file"), before, "changed");
    assert!(
        error.to_string().contains(&path.display().to_string()),
        "{error}"
    );
    error
}

async fn execute(path: &Path, sql: &'static str) {
    use sqlx::ConnectOptions as _;
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = options.connect().await.expect("a connection");
    sqlx::raw_sql(sql)
        .execute(&mut connection)
        .await
        .expect(sql);
    sqlx::Connection::close(connection).await.expect("closed");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_refused_and_left_as_it_is() {
    let newer = open_after(async |path| execute(path, "PRAGMA user_version = 99").await).await;
    assert!(
        matches!(
            newer,
            StoreError::Newer {
                found: 99,
                known: 6,
                ..
            }
        ),
        "{newer:?}"
    );
    let foreign = open_after(async |path| execute(path, "PRAGMA application_id = 7").await).await;
    assert!(matches!(foreign, StoreError::Foreign { .. }), "{foreign:?}");
    let damaged =
        open_after(async |path| fs_err::write(path, "x".repeat(8_192)).expect("written")).await;
    assert!(matches!(damaged, StoreError::Damaged { .. }), "{damaged:?}");
}

#[tokio::test]
async fn a_store_that_cannot_be_made_says_where() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    fs_err::write(&data, "a file").expect("written");
    let error = Store::open(&data).await.expect_err("refused");
    assert!(matches!(error, StoreError::Directory { .. }), "{error:?}");
}
