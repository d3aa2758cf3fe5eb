//! What only one process may do at a time: build an index, for one.
//!
//! The lock is an advisory one of the server, held by a connection of its own. A process that dies loses its connection and
//! with it the lock; one that is cut off finds out because it asks its connection every second.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

use crate::{Database, DatabaseError};

/// Time between questions to the connection that holds the lock.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// How long its answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// A lock on a name that is held. It is given back by [`Lease::release`]; when this is dropped, soon after.
#[derive(Debug)]
pub struct Lease {
    lost: watch::Receiver<bool>,
    release: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Lease {
    /// Takes the lock on `name` in the schema of `database`; `None` when another process has it.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn take(database: &Database, name: &str) -> Result<Option<Self>, DatabaseError> {
        let mut connection = database.connect_once().await?;
        let take = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
            .bind(key(database, name))
            .fetch_one(&mut connection);
        if !database.timed(take).await? {
            connection.close().await.ok();
            return Ok(None);
        }
        let (is_lost, lost) = watch::channel(false);
        let (release, released) = oneshot::channel();
        let task = tokio::spawn(hold(connection, released, is_lost));
        Ok(Some(Self {
            lost,
            release: Some(release),
            task,
        }))
    }

    /// Whether the lock is held as far as is known: it may have been lost within the last seconds.
    pub fn is_held(&self) -> bool {
        !*self.lost.borrow()
    }

    /// Returns when the lock was lost. To be waited for beside the work it guards.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        // A sender that is gone is a task that is gone, and with it the connection.
        let _ = lost.wait_for(|lost| *lost).await;
    }

    /// Gives the lock back and waits until the server has it.
    pub async fn release(mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.send(());
        }
        let _ = (&mut self.task).await;
    }
}

/// What the lock is on: of another schema it is another one.
pub(crate) fn key(database: &Database, name: &str) -> String {
    format!("loket:{}:{name}", database.schema())
}

async fn hold(
    mut connection: PgConnection,
    mut released: oneshot::Receiver<()>,
    is_lost: watch::Sender<bool>,
) {
    loop {
        tokio::select! {
            // Also when the lease was dropped.
            _ = &mut released => {
                // The lock ends with the session.
                let _ = tokio::time::timeout(PATIENCE, connection.close()).await;
                is_lost.send_replace(true);
                return;
            }
            () = tokio::time::sleep(ASK_EVERY) => {}
        }
        let asked = tokio::time::timeout(PATIENCE, connection.ping()).await;
        if !matches!(asked, Ok(Ok(()))) {
            tracing::warn!("a lock of the database was lost with its connection");
            is_lost.send_replace(true);
            return;
        }
    }
}
