//! Hand-offs on PostgreSQL.
//!
//! Any number of processes take deliveries side by side: whoever looks locks the rows it takes and passes over those that
//! another one is taking (`FOR UPDATE SKIP LOCKED`). Due times and leases are told by the clocks of the processes, which must
//! agree to within [`SKEW_MS`].

use sqlx::{PgConnection, PgPool, Row as _, postgres::PgRow};

use super::{Postgres, storable, whole};
use crate::{
    Packet,
    store::{
        Accepted, Delivery, DeliveryState, HandoffCounts, IdempotencyKey, Leased, Settled,
        StoreError, StoredHandoff, handoffs::KEY_MS,
    },
};

/// How far the clocks of two processes may be apart. A lease that runs longer than one given now by more than that is
/// from before a clock was set back.
const SKEW_MS: i64 = 30_000;

/// What is accepted.
struct New<'a> {
    owner: Option<&'a str>,
    packet: &'a Packet,
    body: String,
    destinations: &'a [&'a str],
    key: Option<&'a IdempotencyKey>,
}

impl Postgres {
    pub(in crate::store) async fn accept_from(
        &self,
        owner: Option<&str>,
        packet: &Packet,
        destinations: &[&str],
        key: Option<&IdempotencyKey>,
    ) -> Result<Accepted, StoreError> {
        let body = serde_json::to_string(packet).map_err(|error| StoreError::Database {
            source: sqlx::Error::Encode(Box::new(error)).into(),
        })?;
        let new = &New {
            owner,
            packet,
            body,
            destinations,
            key,
        };
        self.repeat(|pool| accept(pool, new)).await
    }

    pub(in crate::store) async fn owner_of(&self, id: &str) -> Result<Option<String>, StoreError> {
        self.repeat(|pool| async move {
            let owner: Option<Option<String>> =
                sqlx::query_scalar("SELECT owner FROM handoffs WHERE id = $1")
                    .bind(storable(id))
                    .fetch_optional(&pool)
                    .await?;
            Ok(owner.flatten())
        })
        .await
    }

    pub(in crate::store) async fn handoff(
        &self,
        id: &str,
    ) -> Result<Option<StoredHandoff>, StoreError> {
        self.repeat(|pool| async move {
            let id = storable(id);
            Ok(read(&mut *pool.acquire().await?, &[&id]).await?.pop())
        })
        .await
    }

    pub(in crate::store) async fn handoffs(
        &self,
        state: Option<DeliveryState>,
        limit: u32,
    ) -> Result<Vec<StoredHandoff>, StoreError> {
        let query = match state {
            None => "SELECT id FROM handoffs ORDER BY made_at_ms DESC, id DESC LIMIT $1",
            Some(DeliveryState::Dead) => {
                "SELECT id FROM handoffs WHERE EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state = 'dead') \
                 ORDER BY made_at_ms DESC, id DESC LIMIT $1"
            }
            Some(DeliveryState::Queued) => {
                "SELECT id FROM handoffs WHERE \
                 NOT EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state = 'dead') AND \
                 (NOT EXISTS (SELECT 1 FROM deliveries WHERE handoff = id) OR \
                  EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state = 'queued')) \
                 ORDER BY made_at_ms DESC, id DESC LIMIT $1"
            }
            Some(DeliveryState::Delivered) => {
                "SELECT id FROM handoffs WHERE EXISTS (SELECT 1 FROM deliveries WHERE handoff = id) AND \
                 NOT EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state <> 'delivered') \
                 ORDER BY made_at_ms DESC, id DESC LIMIT $1"
            }
        };
        self.repeat(|pool| async move {
            let mut connection = pool.acquire().await?;
            let ids: Vec<String> = sqlx::query_scalar(query)
                .bind(i64::from(limit))
                .fetch_all(&mut *connection)
                .await?;
            read(&mut connection, &ids).await
        })
        .await
    }

    pub(in crate::store) async fn count_handoffs(&self) -> Result<HandoffCounts, StoreError> {
        self.repeat(|pool| async move {
            let row = sqlx::query(
                "SELECT count(*) FILTER (WHERE n_dead = 0 AND (n = 0 OR n_queued > 0)), \
                 count(*) FILTER (WHERE n > 0 AND n_dead = 0 AND n_queued = 0), \
                 count(*) FILTER (WHERE n_dead > 0), \
                 min(made_at_ms) FILTER (WHERE n = 0 OR n_dead > 0 OR n_queued > 0) \
                 FROM (SELECT made_at_ms, count(state) AS n, \
                 count(*) FILTER (WHERE state = 'dead') AS n_dead, \
                 count(*) FILTER (WHERE state = 'queued') AS n_queued \
                 FROM handoffs LEFT JOIN deliveries ON handoff = id GROUP BY id) AS of_each",
            )
            .fetch_one(&pool)
            .await?;
            Ok(HandoffCounts {
                queued: whole(row.try_get(0)?),
                delivered: whole(row.try_get(1)?),
                dead: whole(row.try_get(2)?),
                oldest_undelivered_ms: row.try_get(3)?,
            })
        })
        .await
    }

    pub(in crate::store) async fn lease(
        &self,
        destination: &str,
        now_ms: i64,
        lease_ms: i64,
        limit: u32,
    ) -> Result<Vec<Leased>, StoreError> {
        let lease = async {
            let rows = sqlx::query(
                "WITH due AS (SELECT handoff, destination FROM deliveries \
                  WHERE destination = $2 AND state = 'queued' AND due_at_ms <= $3 \
                  AND (leased_till_ms <= $3 OR leased_till_ms > $1 + $5) \
                  ORDER BY due_at_ms LIMIT $4 FOR UPDATE SKIP LOCKED), \
                 taken AS (UPDATE deliveries SET leased_till_ms = $1 FROM due \
                  WHERE deliveries.handoff = due.handoff AND deliveries.destination = due.destination \
                  RETURNING deliveries.handoff, attempts, leased_till_ms, due_at_ms) \
                 SELECT attempts, leased_till_ms, packet FROM taken JOIN handoffs ON id = handoff \
                 ORDER BY due_at_ms, id",
            )
            .bind(now_ms + lease_ms)
            .bind(destination)
            .bind(now_ms)
            .bind(i64::from(limit))
            .bind(SKEW_MS)
            .fetch_all(self.database.pool())
            .await?;
            rows.iter()
                .map(|row| {
                    Ok(Leased {
                        attempts: unsigned(row.try_get(0)?),
                        leased_till_ms: row.try_get(1)?,
                        packet: packet_of(row, 2)?,
                    })
                })
                .collect()
        };
        // What was leased over a connection that was lost is nobody's until the lease runs out.
        self.once(lease).await
    }

    pub(in crate::store) async fn keep_intervals(&self, now_ms: i64) -> Result<u64, StoreError> {
        self.repeat(|pool| async move {
            let moved = sqlx::query(
                "UPDATE deliveries SET due_at_ms = $1 + (due_at_ms - due_set_at_ms), due_set_at_ms = $1 \
                 WHERE state = 'queued' AND due_set_at_ms > $1 + $2",
            )
            .bind(now_ms)
            .bind(SKEW_MS)
            .execute(&pool)
            .await?;
            Ok(moved.rows_affected())
        })
        .await
    }

    pub(in crate::store) async fn next_due(
        &self,
        destination: &str,
    ) -> Result<Option<i64>, StoreError> {
        self.repeat(|pool| async move {
            sqlx::query_scalar(
                "SELECT min(greatest(due_at_ms, leased_till_ms)) FROM deliveries \
                 WHERE destination = $1 AND state = 'queued'",
            )
            .bind(destination)
            .fetch_one(&pool)
            .await
        })
        .await
    }

    pub(in crate::store) async fn settle(
        &self,
        id: &str,
        destination: &str,
        lease: &Leased,
        settled: &Settled,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        self.repeat(|pool| async move {
            let query = match settled {
                // The second time it has no lease any more, and is not counted again.
                Settled::Delivered { remote_id } => sqlx::query(
                    "UPDATE deliveries SET attempts = attempts + \
                     CASE WHEN state = 'delivered' AND leased_till_ms = 0 THEN 0 ELSE 1 END, \
                     state = 'delivered', remote_id = coalesce($1, remote_id), last_error = NULL, settled_at_ms = $2, \
                     leased_till_ms = 0 WHERE handoff = $3 AND destination = $4",
                )
                .bind(remote_id.as_deref().map(storable))
                .bind(now_ms)
                .bind(id)
                .bind(destination),
                Settled::Again { due_at_ms, why } => sqlx::query(
                    "UPDATE deliveries SET attempts = attempts + 1, last_error = $1, due_at_ms = $2, due_set_at_ms = $3, \
                     leased_till_ms = 0 WHERE handoff = $4 AND destination = $5 AND leased_till_ms = $6",
                )
                .bind(storable(why))
                .bind(due_at_ms)
                .bind(now_ms)
                .bind(id)
                .bind(destination)
                .bind(lease.leased_till_ms),
                Settled::Dead { why } => sqlx::query(
                    "UPDATE deliveries SET state = 'dead', attempts = attempts + 1, last_error = $1, settled_at_ms = $2, \
                     leased_till_ms = 0 WHERE handoff = $3 AND destination = $4 AND leased_till_ms = $5",
                )
                .bind(storable(why))
                .bind(now_ms)
                .bind(id)
                .bind(destination)
                .bind(lease.leased_till_ms),
            };
            query.execute(&pool).await.map(drop)
        })
        .await
    }

    pub(in crate::store) async fn retry(
        &self,
        id: &str,
        destinations: &[&str],
        again: bool,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        let retry = async {
            let mut transaction = self.database.pool().begin().await?;
            let changed = sqlx::query(
                "UPDATE deliveries SET state = 'queued', attempts = 0, due_at_ms = $1, due_set_at_ms = $1, \
                 leased_till_ms = 0, settled_at_ms = NULL WHERE handoff = $2 AND (state <> 'delivered' OR $3)",
            )
            .bind(now_ms)
            .bind(id)
            .bind(again)
            .execute(&mut *transaction)
            .await?;
            let added = enqueue(&mut transaction, id, destinations, now_ms).await?;
            transaction.commit().await?;
            Ok(changed.rows_affected() + added)
        };
        self.once(retry).await
    }

    pub(in crate::store) async fn delete_handoffs(
        &self,
        before_ms: i64,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        self.repeat(|pool| async move {
            sqlx::query("DELETE FROM idempotency_keys WHERE made_at_ms < $1")
                .bind(now_ms - KEY_MS)
                .execute(&pool)
                .await?;
            let deleted = sqlx::query(
                "DELETE FROM handoffs WHERE made_at_ms < $1 \
                 AND EXISTS (SELECT 1 FROM deliveries WHERE handoff = id) \
                 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state <> 'delivered')",
            )
            .bind(before_ms)
            .execute(&pool)
            .await?;
            Ok(deleted.rows_affected())
        })
        .await
    }
}

/// Accepts a hand-off. Run again after a lost connection it finds what the first run committed, by the id of the packet.
async fn accept(pool: PgPool, new: &New<'_>) -> Result<Accepted, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    let id = &new.packet.id;
    let now = new.packet.created_at.as_millisecond();
    if let Some(key) = new.key {
        // The same request sent to two processes at once: the second one waits here until the first is through.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("loket key {}\n{}", key.scope, key.key))
            .execute(&mut *transaction)
            .await?;
        let before = sqlx::query(
            "SELECT body_hash, handoff FROM idempotency_keys WHERE scope = $1 AND key = $2",
        )
        .bind(&key.scope)
        .bind(&key.key)
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some(row) = before {
            let hash: String = row.try_get(0)?;
            let handoff: String = row.try_get(1)?;
            if hash != key.body_hash {
                return Ok(Accepted::KeyReused);
            }
            if handoff == *id {
                return Ok(Accepted::New);
            }
            if let Some(before) = read(&mut transaction, &[&handoff]).await?.pop() {
                return Ok(Accepted::Before(Box::new(before)));
            }
        }
    }
    let added = sqlx::query(
        "INSERT INTO handoffs (id, made_at_ms, queue, packet, owner) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(now)
    .bind(&new.packet.queue)
    .bind(&new.body)
    .bind(new.owner.map(storable))
    .execute(&mut *transaction)
    .await?;
    if added.rows_affected() == 0 {
        let before: String = sqlx::query_scalar("SELECT packet FROM handoffs WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *transaction)
            .await?;
        if before == new.body {
            return Ok(Accepted::New);
        }
        return Err(sqlx::Error::InvalidArgument(
            "another hand-off has this id".to_owned(),
        ));
    }
    enqueue(&mut transaction, id, new.destinations, now).await?;
    if let Some(key) = new.key {
        sqlx::query(
            "INSERT INTO idempotency_keys (scope, key, body_hash, handoff, made_at_ms) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&key.scope)
        .bind(&key.key)
        .bind(&key.body_hash)
        .bind(id)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    Ok(Accepted::New)
}

/// Adds deliveries, but for those there are; says how many were added.
async fn enqueue(
    connection: &mut PgConnection,
    id: &str,
    destinations: &[&str],
    now_ms: i64,
) -> Result<u64, sqlx::Error> {
    if destinations.is_empty() {
        return Ok(0);
    }
    let added = sqlx::query(
        "INSERT INTO deliveries (handoff, destination, state, due_at_ms, due_set_at_ms) \
         SELECT $1, destination, 'queued', $3, $3 FROM unnest($2::text[]) AS destination ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(destinations)
    .bind(now_ms)
    .execute(connection)
    .await?;
    Ok(added.rows_affected())
}

/// The hand-offs of `ids` that there are, in their order.
async fn read<S: AsRef<str>>(
    connection: &mut PgConnection,
    ids: &[S],
) -> Result<Vec<StoredHandoff>, sqlx::Error> {
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    let rows = sqlx::query(
        "SELECT id, packet, destination, state, attempts, due_at_ms, remote_id, last_error \
         FROM unnest($1::text[]) WITH ORDINALITY AS wanted (wanted, position) \
         JOIN handoffs ON id = wanted LEFT JOIN deliveries ON handoff = id ORDER BY position, destination",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    let mut found: Vec<StoredHandoff> = Vec::new();
    for row in &rows {
        let id: &str = row.try_get(0)?;
        if found.last().is_none_or(|last| last.packet.id != id) {
            found.push(StoredHandoff {
                packet: packet_of(row, 1)?,
                deliveries: Vec::new(),
            });
        }
        let destination: Option<String> = row.try_get(2)?;
        if let (Some(destination), Some(last)) = (destination, found.last_mut()) {
            last.deliveries.push(Delivery {
                destination,
                state: DeliveryState::of(row.try_get(3)?),
                attempts: unsigned(row.try_get(4)?),
                due_at_ms: row.try_get(5)?,
                remote_id: row.try_get(6)?,
                last_error: row.try_get(7)?,
            });
        }
    }
    Ok(found)
}

fn unsigned(n: i32) -> u32 {
    u32::try_from(n).unwrap_or_default()
}

fn packet_of(row: &PgRow, column: usize) -> Result<Packet, sqlx::Error> {
    let text: &str = row.try_get(column)?;
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
