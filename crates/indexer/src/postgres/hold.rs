//! Hold: that a node reads a generation, told to whoever would remove it.

use std::time::Duration;

use database::{Database, DatabaseError};
use sqlx::{Connection as _, PgConnection};
use tokio::sync::oneshot;

use super::runtime;

/// Time between questions to the connection that holds the lock, and between tries to get it back.
const EVERY: Duration = Duration::from_secs(5);

/// A shared lock on a generation, for as long as this lives. It is got again after a lost connection; in between the
/// generation may be removed only when two newer ones were built.
#[derive(Debug)]
pub(super) struct Hold {
    /// Dropping it ends the task.
    _release: oneshot::Sender<()>,
}

impl Hold {
    pub(super) async fn take(database: &Database, generation: &str) -> Result<Self, DatabaseError> {
        let first = lock(database, generation).await?;
        let (release, released) = oneshot::channel();
        let (database, generation) = (database.clone(), generation.to_owned());
        runtime().spawn(keep(database, generation, first, released));
        Ok(Self { _release: release })
    }
}

async fn lock(database: &Database, generation: &str) -> Result<PgConnection, DatabaseError> {
    let mut connection = database.connect_once().await?;
    let lock = sqlx::query("SELECT pg_advisory_lock_shared(hashtextextended($1, 0))")
        .bind(key(database, generation))
        .execute(&mut connection);
    database.timed(lock).await?;
    Ok(connection)
}

async fn keep(
    database: Database,
    generation: String,
    first: PgConnection,
    mut released: oneshot::Receiver<()>,
) {
    let mut connection = Some(first);
    loop {
        tokio::select! {
            _ = &mut released => break,
            () = tokio::time::sleep(EVERY) => {}
        }
        connection = match connection {
            Some(mut held) => match tokio::time::timeout(EVERY, held.ping()).await {
                Ok(Ok(())) => Some(held),
                _ => None,
            },
            None => lock(&database, &generation).await.ok(),
        };
    }
    if let Some(held) = connection {
        // The lock ends with the session.
        let _ = tokio::time::timeout(EVERY, held.close()).await;
    }
}

/// Whether no node holds a generation, as far as the server knows.
pub(super) async fn is_free(
    connection: &mut PgConnection,
    database: &Database,
    generation: &str,
) -> Result<bool, DatabaseError> {
    let key = key(database, generation);
    let free: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
        .bind(&key)
        .fetch_one(&mut *connection)
        .await?;
    if free {
        sqlx::query("SELECT pg_advisory_unlock(hashtextextended($1, 0))")
            .bind(&key)
            .execute(connection)
            .await?;
    }
    Ok(free)
}

fn key(database: &Database, generation: &str) -> String {
    format!("loket:{}:generation:{generation}", database.schema())
}
