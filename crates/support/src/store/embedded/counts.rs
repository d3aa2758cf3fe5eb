//! How many hand-offs there are in the file.

use sqlx::Row as _;

use super::Embedded;
use crate::store::{HandoffCounts, StoreError};

impl Embedded {
    pub(in crate::store) async fn count_handoffs(&self) -> Result<HandoffCounts, StoreError> {
        let count = async {
            let row = sqlx::query(
                "SELECT count(*) FILTER (WHERE n_dead = 0 AND (n = 0 OR n_queued > 0)), \
                 count(*) FILTER (WHERE n > 0 AND n_dead = 0 AND n_queued = 0), \
                 count(*) FILTER (WHERE n_dead > 0), \
                 min(made_at_ms) FILTER (WHERE n = 0 OR n_dead > 0 OR n_queued > 0) \
                 FROM (SELECT made_at_ms, count(state) AS n, \
                 count(*) FILTER (WHERE state = 'dead') AS n_dead, \
                 count(*) FILTER (WHERE state = 'queued') AS n_queued \
                 FROM handoffs LEFT JOIN deliveries ON handoff = id GROUP BY id)",
            )
            .fetch_one(&self.read)
            .await?;
            let whole = |n: i64| u64::try_from(n).unwrap_or_default();
            Ok(HandoffCounts {
                queued: whole(row.try_get(0)?),
                delivered: whole(row.try_get(1)?),
                dead: whole(row.try_get(2)?),
                oldest_undelivered_ms: row.try_get(3)?,
            })
        };
        count.await.map_err(|error: sqlx::Error| self.failed(error))
    }
}
