//! Unanswered questions, on PostgreSQL.

use sqlx::{Row as _, postgres::PgRow};

use super::{Postgres, storable};
use crate::store::{StoreError, Unanswered};

impl Postgres {
    pub(in crate::store) async fn put_unanswered(
        &self,
        questions: &[Unanswered],
    ) -> Result<(), StoreError> {
        let put = async {
            let mut transaction = self.database.pool().begin().await?;
            for one in questions {
                sqlx::query(
                    "INSERT INTO unanswered (day, why, question, topic, language, audience, region, confidence, nearest, \
                     generation, n) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                     ON CONFLICT (day, why, topic, language) WHERE question IS NULL \
                     DO UPDATE SET n = unanswered.n + excluded.n",
                )
                .bind(one.day)
                .bind(&one.why)
                .bind(one.question.as_deref().map(storable))
                .bind(one.topic.as_deref().unwrap_or_default())
                .bind(&one.language)
                .bind(one.audience.as_deref().map(storable))
                .bind(one.region.as_deref().map(storable))
                .bind(one.confidence)
                .bind(one.nearest.join("\n"))
                .bind(&one.generation)
                .bind(i64::from(one.n))
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await
        };
        // Twice it would count twice.
        self.once(put).await
    }

    pub(in crate::store) async fn unanswered(
        &self,
        from_day: i32,
    ) -> Result<Vec<Unanswered>, StoreError> {
        self.repeat(|pool| async move {
            let rows = sqlx::query(
                "SELECT day, why, question, topic, language, audience, region, confidence, nearest, generation, n \
                 FROM unanswered WHERE day >= $1 ORDER BY day, id",
            )
            .bind(from_day)
            .fetch_all(&pool)
            .await?;
            rows.iter().map(unanswered_of).collect()
        })
        .await
    }

    pub(in crate::store) async fn delete_unanswered(
        &self,
        before_day: i32,
    ) -> Result<u64, StoreError> {
        self.repeat(|pool| async move {
            let deleted = sqlx::query("DELETE FROM unanswered WHERE day < $1")
                .bind(before_day)
                .execute(&pool)
                .await?;
            Ok(deleted.rows_affected())
        })
        .await
    }
}

fn unanswered_of(row: &PgRow) -> Result<Unanswered, sqlx::Error> {
    let topic: String = row.try_get(3)?;
    let nearest: String = row.try_get(8)?;
    Ok(Unanswered {
        day: row.try_get(0)?,
        why: row.try_get(1)?,
        question: row.try_get(2)?,
        topic: Some(topic).filter(|topic| !topic.is_empty()),
        language: row.try_get(4)?,
        audience: row.try_get(5)?,
        region: row.try_get(6)?,
        confidence: row.try_get(7)?,
        nearest: nearest.lines().map(str::to_owned).collect(),
        generation: row.try_get(9)?,
        n: u32::try_from(row.try_get::<i64, _>(10)?).unwrap_or(u32::MAX),
    })
}
