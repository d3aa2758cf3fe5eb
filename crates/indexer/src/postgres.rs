//! PostgreSQL: generations in a database, for any number of machines that search them.
//!
//! A build makes a generation in its working copy on disk, as ever, and [`publish`] copies it: what an article is made of
//! (file, passages, vectors, token rows, counts of terms) into `index_bodies`, once for all generations it is in; what is
//! searched (weights of terms, lists of common ones, directions) into tables of the generation; what every node holds in memory into
//! `index_heads`. The row of `index_current` is then swapped in one transaction, and nodes are told. [`engine`] searches a
//! generation, [`restore`] makes a working copy of one, and [`keep`] goes back and removes.
//!
//! The crate is synchronous: what waits for the database does so on threads of its own ([`wait`]).

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    time::Duration,
};

use ::database::{
    Component, Database, DatabaseConfig, DatabaseError, Heard, Lease, Listener, retry,
};
use sqlx::{AssertSqlSafe, PgPool, error::DatabaseError as DatabaseRefusal};
use tokio::runtime::Runtime;

use crate::error::SearchError;

mod bodies;
mod cache;
mod copy;
mod engine;
mod fetch;
mod head;
mod hold;
pub(crate) mod keep;
mod lists;
mod near;
mod publish;
mod restore;
mod statements;
mod terms;
#[cfg(test)]
pub(crate) mod tests;
mod words;

/// Names the tables among those of other crates.
const COMPONENT: Component = "index";

/// What is told when another generation serves.
const CHANNEL: &str = "generation";

/// The right to build.
const LEASE: &str = "index";

/// How long a read is tried again while a server comes back.
const PATIENCE: Duration = Duration::from_secs(3);

/// Time between looks for another generation while nothing is told.
const LOOK: Duration = Duration::from_secs(10);

/// A change of the layout of a generation's tables or of what is packed in its head. Those of format 1 have no lists; they
/// are searched as if no term were common.
const FORMAT: i32 = 2;

const MIGRATIONS: &[&str] = &[
    include_str!("postgres/1_index.sql"),
    include_str!("postgres/2_plain_terms.sql"),
];

/// How generations are kept and searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// From as many passages on, directions are searched through an HNSW index instead of exactly. Default 50,000.
    pub hnsw_from: usize,
    /// Candidates HNSW looks at; more find more of the true neighbours and take longer. Default 200.
    pub ef_search: u32,
    /// Memory for parts of articles that were read, in megabytes. Default 256.
    pub cache_mb: usize,
    /// Foreign servers of the database, by name, over which a generation is spread; none by default.
    pub data_servers: Vec<String>,
}

impl PostgresOptions {
    /// What is wrong with them, if anything.
    pub fn fault(&self) -> Option<String> {
        let is_name = |name: &str| {
            let mut bytes = name.bytes();
            name.len() <= 24
                && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
                && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let name = self.data_servers.iter().find(|name| !is_name(name))?;
        Some(format!(
            "`{name}` is no name of a foreign server here; use up to 24 small letters, digits and `_`, a letter first"
        ))
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            hnsw_from: 50_000,
            ef_search: 200,
            cache_mb: 256,
            data_servers: Vec::new(),
        }
    }
}

/// A database that generations are kept in. Clones share its connections and what is cached.
#[derive(Clone)]
pub struct Postgres(Arc<Inner>);

struct Inner {
    database: Database,
    options: PostgresOptions,
    cache: cache::Caches,
    /// What is known of the current generation by listening; `None` before anybody asked.
    heard: OnceLock<Arc<Mutex<Known>>>,
}

/// The id of the generation that serves, as it was read last.
#[derive(Debug, Default)]
struct Known {
    current: Option<String>,
    /// Whether it was ever read.
    is_read: bool,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("database", &self.0.database)
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}

impl Postgres {
    /// The database of these settings, not connected to yet.
    ///
    /// # Errors
    /// [`DatabaseError::Config`].
    pub fn new(config: &DatabaseConfig, options: PostgresOptions) -> Result<Self, DatabaseError> {
        if let Some(fault) = options.fault() {
            return Err(sqlx::Error::Configuration(fault.into()).into());
        }
        let _context = runtime().enter();
        Ok(Self(Arc::new(Inner {
            database: Database::new(config)?,
            cache: cache::Caches::new(options.cache_mb.max(32) << 20),
            options,
            heard: OnceLock::new(),
        })))
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn schema(&self) -> &str {
        self.0.database.schema()
    }

    pub(crate) fn options(&self) -> &PostgresOptions {
        &self.0.options
    }

    /// Id of the generation that serves; `None` when nothing was ever built. The first call begins to listen, and from
    /// then on the answer is at hand: what is told is heard at once, and every ten seconds the database is asked.
    ///
    /// # Errors
    /// [`DatabaseError`] when it was never read and cannot be now.
    pub(crate) fn current(&self) -> Result<Option<String>, DatabaseError> {
        let known = self.0.heard.get_or_init(|| {
            let known = Arc::new(Mutex::new(Known::default()));
            runtime().spawn(listen(self.database().clone(), Arc::downgrade(&known)));
            known
        });
        let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Known {
            current,
            is_read: true,
        } = &*lock()
        {
            return Ok(current.clone());
        }
        let current = self.read_current()?;
        *lock() = Known {
            current: current.clone(),
            is_read: true,
        };
        Ok(current)
    }

    /// Another generation serves from now on, as this process made it.
    fn heard_here(&self, id: &str) {
        if let Some(known) = self.0.heard.get() {
            *known.lock().unwrap_or_else(PoisonError::into_inner) = Known {
                current: Some(id.to_owned()),
                is_read: true,
            };
        }
    }

    /// The same, read now.
    pub(crate) fn read_current(&self) -> Result<Option<String>, DatabaseError> {
        let database = self.database().clone();
        wait(async move { read_current(&database).await })
    }

    /// Takes the right to build, and makes the tables when they are not there; `None` when another process builds.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub(crate) fn lease(&self) -> Result<Option<Lease>, DatabaseError> {
        let database = self.database().clone();
        wait(async move {
            database.require_extension("vector").await?;
            ::database::migrate(&database, COMPONENT, MIGRATIONS).await?;
            Lease::take(&database, LEASE).await
        })
    }

    /// Runs a query that reads, on a standby where there are any, and again while servers change.
    fn read<T, Q, F>(&self, query: Q) -> Result<T, SearchError>
    where
        T: Send + 'static,
        Q: Fn(PgPool) -> F + Send + Sync + 'static,
        F: Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    {
        Ok(self.begin(query).end()?)
    }

    /// Begins such a query.
    fn begin<T, Q, F>(&self, query: Q) -> Pending<T>
    where
        T: Send + 'static,
        Q: Fn(PgPool) -> F + Send + Sync + 'static,
        F: Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    {
        let database = self.database().clone();
        let read = async move {
            let attempt = || async {
                match database.read(&query).await {
                    // A standby that has not heard of the generation yet.
                    Err(DatabaseError::Other { source }) if is_unknown(&source) => {
                        let again = query(database.pool().clone());
                        database.timed(again).await
                    }
                    done => done,
                }
            };
            retry(PATIENCE, attempt).await
        };
        begin(read)
    }
}

/// Whether a table, a schema or a column is not there.
fn is_unknown(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseRefusal::code);
    matches!(code.as_deref(), Some("42P01" | "3F000"))
}

async fn read_current(database: &Database) -> Result<Option<String>, DatabaseError> {
    let query =
        sqlx::query_scalar("SELECT generation FROM index_current").fetch_optional(database.pool());
    match database.timed(query).await {
        // Nothing was ever built here.
        Err(DatabaseError::Other { source }) if is_unknown(&source) => Ok(None),
        read => read,
    }
}

/// Keeps what is known of the current generation true for as long as somebody holds it.
async fn listen(database: Database, known: std::sync::Weak<Mutex<Known>>) {
    let mut listener = Listener::new(&database, &[CHANNEL]).await;
    while known.strong_count() > 0 {
        let heard = tokio::time::timeout(LOOK, listener.next()).await;
        let current = match heard {
            Ok(Heard::Told { payload, .. }) => Ok(Some(payload)),
            Ok(Heard::Missed) | Err(_) => read_current(&database).await,
        };
        // While the database is away, what was known is served.
        if let (Ok(current), Some(known)) = (current, known.upgrade()) {
            *known.lock().unwrap_or_else(PoisonError::into_inner) = Known {
                current,
                is_read: true,
            };
        }
    }
}

/// The threads that wait for databases. They are the process's own and never end, so that a snapshot can be dropped
/// anywhere.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("loket-index")
            .enable_all()
            .build()
            .expect("a process that cannot start two threads can do nothing")
    })
}

/// Work that runs on threads of its own.
#[derive(Debug)]
struct Pending<T>(mpsc::Receiver<Result<T, DatabaseError>>);

impl<T> Pending<T> {
    /// Waits for its end.
    fn end(self) -> Result<T, DatabaseError> {
        self.0
            .recv()
            .unwrap_or_else(|_| Err(sqlx::Error::WorkerCrashed.into()))
    }
}

fn begin<T: Send + 'static>(
    work: impl Future<Output = Result<T, DatabaseError>> + Send + 'static,
) -> Pending<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime().spawn(async move {
        // Nobody is left to be told when the caller has panicked.
        let _ = sender.send(work.await);
    });
    Pending(receiver)
}

/// Waits for `work`, which runs on threads of its own: also where the caller's thread is one that serves connections.
fn wait<T: Send + 'static>(
    work: impl Future<Output = Result<T, DatabaseError>> + Send + 'static,
) -> Result<T, DatabaseError> {
    begin(work).end()
}

/// Gives the right to build back.
pub(crate) fn release(lease: Lease) {
    let released = wait(async move {
        lease.release().await;
        Ok(())
    });
    // It ends with its connection at the latest.
    released.ok();
}

/// A statement made of names of our own: a schema, which is checked, and generations, which have numbers.
fn safe(statement: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(statement)
}
