//! A database that is connected to: one server that is written to, and standbys that are read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{DatabaseConfig, DatabaseError, ServerUrl};

/// Oldest server that is supported, as `server_version_num` counts.
const OLDEST: i32 = 160_000;

/// How long a connection may stay open in a transaction in which nothing happens: a process that hangs must not keep what it
/// locked.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(30);

/// How long a connection is used: after a change of servers behind one name, all are on the new one within this.
const LIFETIME: Duration = Duration::from_mins(30);

/// A database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    config: DatabaseConfig,
    options: PgConnectOptions,
    primary: PgPool,
    standbys: Vec<PgPool>,
    turn: AtomicUsize,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Options hold the password.
        f.debug_struct("Database")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Database {
    /// Connects, and checks that the server is one that can be worked with. Standbys are connected to when they are first read.
    ///
    /// # Errors
    /// [`DatabaseError`], with what to do about it.
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, DatabaseError> {
        let database = Self::new(config)?;
        let mut first = database.connect_once().await?;
        let version: String = sqlx::query_scalar("SELECT current_setting('server_version_num')")
            .fetch_one(&mut first)
            .await?;
        if version.parse::<i32>().unwrap_or_default() < OLDEST {
            let found = sqlx::query_scalar("SELECT current_setting('server_version')")
                .fetch_one(&mut first)
                .await?;
            return Err(DatabaseError::TooOld { found });
        }
        first.close().await?;
        Ok(database)
    }

    /// The database of checked settings, not connected to yet: for a server that may be away at the moment.
    ///
    /// # Errors
    /// [`DatabaseError::Config`].
    pub fn new(config: &DatabaseConfig) -> Result<Self, DatabaseError> {
        config.validate()?;
        let password = config.password()?;
        let options = options(&config.url, "url", config, password.as_deref())?;
        let primary = pool(config)
            .after_connect(|connection, _| Box::pin(prepare(connection)))
            .connect_lazy_with(options.clone());
        let standbys = config
            .read_urls
            .iter()
            .map(|url| {
                let options = self::options(url, "read_urls", config, password.as_deref())?
                    .options([("default_transaction_read_only", "on")]);
                Ok(pool(config).connect_lazy_with(options))
            })
            .collect::<Result<_, DatabaseError>>()?;
        Ok(Self(Arc::new(Inner {
            config: config.clone(),
            options,
            primary,
            standbys,
            turn: AtomicUsize::new(0),
        })))
    }

    /// Connections to the server that is written to.
    pub fn pool(&self) -> &PgPool {
        &self.0.primary
    }

    /// Connections for reading what may be a moment old: to the standbys in turn, or to the server that is written to where
    /// there are none.
    pub fn reader(&self) -> &PgPool {
        self.readers().next().unwrap_or(&self.0.primary)
    }

    /// Every server that can be read, the one whose turn it is first and the one that is written to last.
    pub fn readers(&self) -> impl Iterator<Item = &PgPool> {
        let standbys = &self.0.standbys;
        let first = self.0.turn.fetch_add(1, Ordering::Relaxed) % standbys.len().max(1);
        standbys[first..]
            .iter()
            .chain(&standbys[..first])
            .chain([&self.0.primary])
    }

    /// Reads from one of [`Database::readers`], from the next one when that one is away, within the time a statement may take.
    ///
    /// # Errors
    /// [`DatabaseError`] of the last server that was asked.
    pub async fn read<T, F>(&self, query: impl Fn(PgPool) -> F) -> Result<T, DatabaseError>
    where
        F: Future<Output = Result<T, sqlx::Error>>,
    {
        let mut last = None;
        for pool in self.readers() {
            match self.timed(query(pool.clone())).await {
                Err(error) if error.is_transient() => last = Some(error),
                done => return done,
            }
        }
        Err(last.unwrap_or_else(|| sqlx::Error::PoolClosed.into()))
    }

    /// Waits for `work` no longer than for a connection and a statement: a server that vanished from the network says nothing.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn timed<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, DatabaseError> {
        let config = self.config();
        let longest = config.connect_timeout() + config.statement_timeout();
        match tokio::time::timeout(longest, work).await {
            Ok(done) => done.map_err(DatabaseError::from),
            Err(_) => Err(DatabaseError::Timeout {
                source: sqlx::Error::PoolTimedOut,
            }),
        }
    }

    /// A connection of its own, for what holds one: a lock, a listener. It is not of the pool.
    ///
    /// # Errors
    /// [`DatabaseError`], told apart better than by the pool, which waits for a server that is away.
    pub async fn connect_once(&self) -> Result<PgConnection, DatabaseError> {
        let server = || self.0.config.url.to_string();
        let connecting = self.0.options.connect();
        match tokio::time::timeout(self.0.config.connect_timeout(), connecting).await {
            Ok(Ok(mut connection)) => {
                prepare(&mut connection).await?;
                Ok(connection)
            }
            Ok(Err(source)) => Err(DatabaseError::connecting(server(), source)),
            Err(_) => Err(DatabaseError::Unreachable {
                server: server(),
                source: sqlx::Error::PoolTimedOut,
            }),
        }
    }

    /// Checks that the database has an extension.
    ///
    /// # Errors
    /// [`DatabaseError::MissingExtension`], or that it cannot be asked.
    pub async fn require_extension(&self, name: &str) -> Result<(), DatabaseError> {
        let query =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = $1)")
                .bind(name)
                .fetch_one(self.pool());
        if self.timed(query).await? {
            Ok(())
        } else {
            Err(DatabaseError::MissingExtension {
                name: name.to_owned(),
            })
        }
    }

    /// Schema everything of this deployment lies in. It can stand in a statement as it is.
    pub fn schema(&self) -> &str {
        &self.0.config.schema
    }

    /// Its settings.
    pub fn config(&self) -> &DatabaseConfig {
        &self.0.config
    }

    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.0.options
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(&self) {
        for pool in [&self.0.primary].into_iter().chain(&self.0.standbys) {
            pool.close().await;
        }
    }
}

fn pool(config: &DatabaseConfig) -> PgPoolOptions {
    // Until then the server may be at work on a statement nobody waits for any more.
    let longest = config.statement_timeout() + Duration::from_secs(1);
    PgPoolOptions::new()
        // A connection goes back when it answers. One to a server that vanished from the network never does, and would keep
        // its place in the pool.
        .after_release(move |connection, _| {
            Box::pin(async move {
                match tokio::time::timeout(longest, connection.ping()).await {
                    Ok(answered) => answered.map(|()| true),
                    Err(_) => Err(sqlx::Error::PoolTimedOut),
                }
            })
        })
        .max_connections(config.max_connections)
        .acquire_timeout(config.connect_timeout())
        .max_lifetime(LIFETIME)
}

fn options(
    url: &ServerUrl,
    key: &'static str,
    config: &DatabaseConfig,
    password: Option<&str>,
) -> Result<PgConnectOptions, DatabaseError> {
    let mut options = url
        .options()
        .map_err(|problem| DatabaseError::config(key, problem))?;
    if let Some(password) = password {
        options = options.password(password);
    }
    let ms = |time: Duration| time.as_millis().to_string();
    Ok(options.application_name("loket").options([
        // Extensions lie in `public`.
        ("search_path", format!("{},public", config.schema)),
        ("statement_timeout", ms(config.statement_timeout())),
        (
            "idle_in_transaction_session_timeout",
            ms(IDLE_IN_TRANSACTION),
        ),
        ("client_min_messages", "warning".to_owned()),
        // Translating a statement to machine code takes longer than any of ours runs.
        ("jit", "off".to_owned()),
        // The server finds out within a quarter of a minute that this process, or its machine, is gone.
        ("tcp_keepalives_idle", "5".to_owned()),
        ("tcp_keepalives_interval", "3".to_owned()),
        ("tcp_keepalives_count", "3".to_owned()),
    ]))
}

/// Refuses a server that cannot be written, and asks for commits that are on the disk when they are told.
async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let row = sqlx::query(
        // `remote_apply` asks for more, and stays.
        "SELECT pg_is_in_recovery(), CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') \
         THEN set_config('synchronous_commit', 'on', false) END",
    )
    .persistent(false)
    .fetch_one(connection)
    .await?;
    if row.try_get(0)? {
        // As a pool understands it: not this one, try again.
        return Err(sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::ConnectionRefused,
            "the server is a standby: nothing can be written there",
        )));
    }
    Ok(())
}
