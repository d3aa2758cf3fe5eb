//! Hand-offs in the file.

use sqlx::{Connection as _, Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{Embedded, writing::Purpose};
use crate::{
    Packet,
    store::{
        Accepted, Delivery, DeliveryState, IdempotencyKey, Leased, Settled, StoreError,
        StoredHandoff, handoffs::KEY_MS,
    },
};

impl Embedded {
    pub(in crate::store) async fn accept_from(
        &self,
        owner: Option<&str>,
        packet: &Packet,
        destinations: &[&str],
        key: Option<&IdempotencyKey>,
    ) -> Result<Accepted, StoreError> {
        match self.try_accept(owner, packet, destinations, key).await {
            Err(StoreError::Full { .. }) if self.make_room().await => {
                self.try_accept(owner, packet, destinations, key).await
            }
            done => done,
        }
    }

    async fn try_accept(
        &self,
        owner: Option<&str>,
        packet: &Packet,
        destinations: &[&str],
        key: Option<&IdempotencyKey>,
    ) -> Result<Accepted, StoreError> {
        let body = self.to_json(packet)?;
        let now = packet.created_at.as_millisecond();
        let mut turn = self.turn(Purpose::Handoff).await?;
        let accept = async {
            let mut transaction = turn.connection.begin_with("BEGIN IMMEDIATE").await?;
            if let Some(key) = key {
                let before = sqlx::query(
                    "SELECT body_hash, handoff FROM idempotency_keys WHERE scope = ? AND key = ?",
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
                    if let Some(before) = read(&mut transaction, &handoff).await? {
                        return Ok(Accepted::Before(Box::new(before)));
                    }
                }
            }
            sqlx::query(
                "INSERT INTO handoffs (id, made_at_ms, queue, packet, owner) VALUES (?, ?, ?, ?, ?)",
            )
            .bind(&packet.id)
            .bind(now)
            .bind(&packet.queue)
            .bind(&body)
            .bind(owner)
            .execute(&mut *transaction)
            .await?;
            for destination in destinations {
                enqueue(&mut transaction, &packet.id, destination, now).await?;
            }
            if let Some(key) = key {
                sqlx::query(
                    "INSERT OR REPLACE INTO idempotency_keys (scope, key, body_hash, handoff, made_at_ms) \
                     VALUES (?, ?, ?, ?, ?)",
                )
                .bind(&key.scope)
                .bind(&key.key)
                .bind(&key.body_hash)
                .bind(&packet.id)
                .bind(now)
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await?;
            Ok(Accepted::New)
        };
        let accepted = accept.await;
        turn.end(accepted)
    }

    pub(in crate::store) async fn owner_of(&self, id: &str) -> Result<Option<String>, StoreError> {
        let owner: Option<Option<String>> =
            sqlx::query_scalar("SELECT owner FROM handoffs WHERE id = ?")
                .bind(id)
                .fetch_optional(&self.read)
                .await
                .map_err(|error| self.failed(error))?;
        Ok(owner.flatten())
    }

    pub(in crate::store) async fn handoff(
        &self,
        id: &str,
    ) -> Result<Option<StoredHandoff>, StoreError> {
        let read = async {
            let mut connection = self.read.acquire().await?;
            read(&mut connection, id).await
        };
        read.await.map_err(|error| self.failed(error))
    }

    pub(in crate::store) async fn handoffs(
        &self,
        state: Option<DeliveryState>,
        limit: u32,
    ) -> Result<Vec<StoredHandoff>, StoreError> {
        let list = async {
            let mut connection = self.read.acquire().await?;
            let condition = match state {
                None => "1",
                Some(DeliveryState::Dead) => {
                    "EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state = 'dead')"
                }
                Some(DeliveryState::Queued) => {
                    "NOT EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state = 'dead') AND \
                     (NOT EXISTS (SELECT 1 FROM deliveries WHERE handoff = id) OR \
                      EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state = 'queued'))"
                }
                Some(DeliveryState::Delivered) => {
                    "EXISTS (SELECT 1 FROM deliveries WHERE handoff = id) AND \
                     NOT EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state <> 'delivered')"
                }
            };
            let query = format!(
                "SELECT id FROM handoffs WHERE {condition} ORDER BY made_at_ms DESC, id DESC LIMIT ?"
            );
            let ids: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
                .bind(limit)
                .fetch_all(&mut *connection)
                .await?;
            let mut handoffs = Vec::with_capacity(ids.len());
            for id in ids {
                handoffs.extend(read(&mut connection, &id).await?);
            }
            Ok(handoffs)
        };
        list.await.map_err(|error| self.failed(error))
    }

    pub(in crate::store) async fn lease(
        &self,
        destination: &str,
        now_ms: i64,
        lease_ms: i64,
        limit: u32,
    ) -> Result<Vec<Leased>, StoreError> {
        match self.try_lease(destination, now_ms, lease_ms, limit).await {
            Err(StoreError::Full { .. }) if self.make_room().await => {
                self.try_lease(destination, now_ms, lease_ms, limit).await
            }
            done => done,
        }
    }

    async fn try_lease(
        &self,
        destination: &str,
        now_ms: i64,
        lease_ms: i64,
        limit: u32,
    ) -> Result<Vec<Leased>, StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let lease = async {
            // A lease that runs longer than any given now is one from before the clock was set back.
            let rows = sqlx::query(
                "UPDATE deliveries SET leased_till_ms = ?1 WHERE (handoff, destination) IN \
                 (SELECT handoff, destination FROM deliveries WHERE destination = ?2 AND state = 'queued' \
                  AND due_at_ms <= ?3 AND (leased_till_ms <= ?3 OR leased_till_ms > ?1) \
                  ORDER BY due_at_ms LIMIT ?4) \
                 RETURNING attempts, leased_till_ms, \
                 (SELECT packet FROM handoffs WHERE id = handoff)",
            )
            .bind(now_ms + lease_ms)
            .bind(destination)
            .bind(now_ms)
            .bind(limit)
            .fetch_all(&mut *turn.connection)
            .await?;
            rows.iter()
                .map(leased)
                .collect::<Result<Vec<Leased>, sqlx::Error>>()
        };
        let leased = lease.await;
        turn.end(leased)
    }

    pub(in crate::store) async fn keep_intervals(&self, now_ms: i64) -> Result<u64, StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let moved = sqlx::query(
            "UPDATE deliveries SET due_at_ms = ?1 + (due_at_ms - due_set_at_ms), due_set_at_ms = ?1 \
             WHERE state = 'queued' AND due_set_at_ms > ?1",
        )
        .bind(now_ms)
        .execute(&mut *turn.connection)
        .await;
        Ok(turn.end(moved)?.rows_affected())
    }

    pub(in crate::store) async fn release_leases(&self) -> Result<(), StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let released =
            sqlx::query("UPDATE deliveries SET leased_till_ms = 0 WHERE leased_till_ms > 0")
                .execute(&mut *turn.connection)
                .await;
        turn.end(released).map(drop)
    }

    pub(in crate::store) async fn next_due(
        &self,
        destination: &str,
    ) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar(
            "SELECT min(max(due_at_ms, leased_till_ms)) FROM deliveries \
             WHERE destination = ? AND state = 'queued'",
        )
        .bind(destination)
        .fetch_one(&self.read)
        .await
        .map_err(|error| self.failed(error))
    }

    pub(in crate::store) async fn settle(
        &self,
        id: &str,
        destination: &str,
        lease: &Leased,
        settled: &Settled,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let settle = || self.try_settle(id, destination, lease, settled, now_ms);
        match settle().await {
            Err(StoreError::Full { .. }) if self.make_room().await => settle().await,
            done => done,
        }
    }

    async fn try_settle(
        &self,
        id: &str,
        destination: &str,
        lease: &Leased,
        settled: &Settled,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let query = match settled {
            Settled::Delivered { remote_id } => sqlx::query(
                "UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, remote_id = ?, \
                 last_error = NULL, settled_at_ms = ?, leased_till_ms = 0 \
                 WHERE handoff = ? AND destination = ? AND ? > 0",
            )
            .bind(remote_id)
            .bind(now_ms)
            .bind(id)
            .bind(destination)
            .bind(lease.leased_till_ms),
            Settled::Again { due_at_ms, why } => sqlx::query(
                "UPDATE deliveries SET attempts = attempts + 1, last_error = ?, due_at_ms = ?, due_set_at_ms = ?, \
                 leased_till_ms = 0 WHERE handoff = ? AND destination = ? AND leased_till_ms = ?",
            )
            .bind(why)
            .bind(due_at_ms)
            .bind(now_ms)
            .bind(id)
            .bind(destination)
            .bind(lease.leased_till_ms),
            Settled::Dead { why } => sqlx::query(
                "UPDATE deliveries SET state = 'dead', attempts = attempts + 1, last_error = ?, settled_at_ms = ?, \
                 leased_till_ms = 0 WHERE handoff = ? AND destination = ? AND leased_till_ms = ?",
            )
            .bind(why)
            .bind(now_ms)
            .bind(id)
            .bind(destination)
            .bind(lease.leased_till_ms),
        };
        let stored = query.execute(&mut *turn.connection).await;
        turn.end(stored).map(drop)
    }

    pub(in crate::store) async fn retry(
        &self,
        id: &str,
        destinations: &[&str],
        again: bool,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let retry = async {
            let mut transaction = turn.connection.begin_with("BEGIN IMMEDIATE").await?;
            let changed = sqlx::query(
                "UPDATE deliveries SET state = 'queued', attempts = 0, due_at_ms = ?1, due_set_at_ms = ?1, \
                 leased_till_ms = 0, settled_at_ms = NULL WHERE handoff = ?2 AND (state <> 'delivered' OR ?3)",
            )
            .bind(now_ms)
            .bind(id)
            .bind(again)
            .execute(&mut *transaction)
            .await?;
            let mut n = changed.rows_affected();
            for destination in destinations {
                n += enqueue(&mut transaction, id, destination, now_ms).await?;
            }
            transaction.commit().await?;
            Ok(n)
        };
        let retried: Result<u64, sqlx::Error> = retry.await;
        turn.end(retried)
    }

    pub(in crate::store) async fn delete_handoffs(
        &self,
        before_ms: i64,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let delete = async {
            sqlx::query("DELETE FROM idempotency_keys WHERE made_at_ms < ?")
                .bind(now_ms - KEY_MS)
                .execute(&mut *turn.connection)
                .await?;
            let deleted = sqlx::query(
                "DELETE FROM handoffs WHERE made_at_ms < ? \
                 AND EXISTS (SELECT 1 FROM deliveries WHERE handoff = id) \
                 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE handoff = id AND state <> 'delivered')",
            )
            .bind(before_ms)
            .execute(&mut *turn.connection)
            .await?;
            Ok(deleted.rows_affected())
        };
        let deleted: Result<u64, sqlx::Error> = delete.await;
        turn.end(deleted)
    }

    fn to_json(&self, packet: &Packet) -> Result<String, StoreError> {
        serde_json::to_string(packet)
            .map_err(|error| self.failed(sqlx::Error::Encode(Box::new(error))))
    }
}

/// Adds a delivery, unless there is one to this destination; says how many were added.
async fn enqueue(
    connection: &mut SqliteConnection,
    id: &str,
    destination: &str,
    now_ms: i64,
) -> Result<u64, sqlx::Error> {
    let added = sqlx::query(
        "INSERT OR IGNORE INTO deliveries (handoff, destination, state, due_at_ms, due_set_at_ms) \
         VALUES (?1, ?2, 'queued', ?3, ?3)",
    )
    .bind(id)
    .bind(destination)
    .bind(now_ms)
    .execute(connection)
    .await?;
    Ok(added.rows_affected())
}

async fn read(
    connection: &mut SqliteConnection,
    id: &str,
) -> Result<Option<StoredHandoff>, sqlx::Error> {
    let row = sqlx::query("SELECT packet FROM handoffs WHERE id = ?")
        .bind(id)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let deliveries = sqlx::query(
        "SELECT destination, state, attempts, due_at_ms, remote_id, last_error FROM deliveries \
         WHERE handoff = ? ORDER BY destination",
    )
    .bind(id)
    .fetch_all(connection)
    .await?;
    Ok(Some(StoredHandoff {
        packet: packet_of(&row, 0)?,
        deliveries: deliveries
            .iter()
            .map(|row| {
                Ok(Delivery {
                    destination: row.try_get(0)?,
                    state: DeliveryState::of(row.try_get(1)?),
                    attempts: row.try_get(2)?,
                    due_at_ms: row.try_get(3)?,
                    remote_id: row.try_get(4)?,
                    last_error: row.try_get(5)?,
                })
            })
            .collect::<Result<_, sqlx::Error>>()?,
    }))
}

fn leased(row: &SqliteRow) -> Result<Leased, sqlx::Error> {
    Ok(Leased {
        attempts: row.try_get(0)?,
        leased_till_ms: row.try_get(1)?,
        packet: packet_of(row, 2)?,
    })
}

fn packet_of(row: &SqliteRow, column: usize) -> Result<Packet, sqlx::Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
