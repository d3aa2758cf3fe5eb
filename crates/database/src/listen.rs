//! What other processes tell through the server, and the honest word that something may have been missed.

use std::time::Duration;

use sqlx::{
    PgExecutor, PgPool,
    postgres::{PgListener, PgPoolOptions},
};

use crate::{Database, DatabaseError, retry::jittered};

/// After so long without a word the connection is asked whether it lives.
const QUIET: Duration = Duration::from_secs(15);

/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Longest pause between tries to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Something a listener has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Another process told something.
    Told {
        /// The channel, as it was listened to.
        channel: String,
        /// What was told.
        payload: String,
    },
    /// The connection was lost and is there again: whatever was told in between is not known. Whoever keeps a copy reads it
    /// anew.
    Missed,
}

/// Listens to channels of a schema.
pub struct Listener {
    pool: PgPool,
    prefix: String,
    channels: Vec<String>,
    inner: Option<PgListener>,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener")
            .field("channels", &self.channels)
            .field("is_connected", &self.inner.is_some())
            .finish_non_exhaustive()
    }
}

impl Listener {
    /// Listens to `channels`. The first thing heard is [`Heard::Missed`] when the server is away now; it is reconnected to
    /// for as long as [`Listener::next`] is called.
    pub async fn new(database: &Database, channels: &[&str]) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(database.config().connect_timeout())
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(database.options().clone());
        let mut listener = Self {
            pool,
            prefix: prefix(database),
            channels: channels.iter().map(|&channel| channel.to_owned()).collect(),
            inner: None,
        };
        listener.inner = listener.connect().await.ok();
        listener
    }

    /// Waits for the next word. Dropping the wait loses nothing.
    pub async fn next(&mut self) -> Heard {
        loop {
            let Some(inner) = &mut self.inner else {
                self.inner = Some(self.connected().await);
                return Heard::Missed;
            };
            match tokio::time::timeout(QUIET, inner.try_recv()).await {
                Ok(Ok(Some(told))) => {
                    let channel = told.channel().strip_prefix(&*self.prefix);
                    return Heard::Told {
                        channel: channel.unwrap_or_else(|| told.channel()).to_owned(),
                        payload: told.payload().to_owned(),
                    };
                }
                // The connection was lost.
                Ok(Ok(None) | Err(_)) => self.inner = None,
                Err(_) => {
                    let asked = sqlx::query("SELECT 1").execute(&mut *inner);
                    let asked = tokio::time::timeout(PATIENCE, asked).await;
                    if !matches!(asked, Ok(Ok(_))) {
                        self.inner = None;
                    }
                }
            }
        }
    }

    async fn connected(&self) -> PgListener {
        let mut pause = Duration::from_millis(100);
        loop {
            match self.connect().await {
                Ok(listener) => return listener,
                Err(error) => {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "not listening to the database yet"
                    );
                    tokio::time::sleep(jittered(pause)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn connect(&self) -> Result<PgListener, sqlx::Error> {
        let connect = async {
            let mut listener = PgListener::connect_with(&self.pool).await?;
            listener.eager_reconnect(false);
            let names: Vec<String> = self
                .channels
                .iter()
                .map(|channel| format!("{}{channel}", self.prefix))
                .collect();
            listener
                .listen_all(names.iter().map(String::as_str))
                .await?;
            Ok(listener)
        };
        tokio::time::timeout(PATIENCE * 2, connect)
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }
}

/// Tells `payload` to whoever listens to `channel` in the schema of `database`; within a transaction, when that is committed.
///
/// # Errors
/// [`DatabaseError`].
pub async fn notify(
    executor: impl PgExecutor<'_>,
    database: &Database,
    channel: &str,
    payload: &str,
) -> Result<(), DatabaseError> {
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(format!("{}{channel}", prefix(database)))
        .bind(payload)
        .execute(executor)
        .await?;
    Ok(())
}

/// Channels are of the whole database, so they carry the name of the schema.
fn prefix(database: &Database) -> String {
    format!("{}_", database.schema())
}
