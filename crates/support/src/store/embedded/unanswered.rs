//! Unanswered questions in the file.
//!
//! What is deleted is overwritten in the file (`secure_delete`) and taken out of the journal.

use sqlx::{Connection as _, Row as _, sqlite::SqliteRow};

use super::{Embedded, writing, writing::Purpose};
use crate::store::{StoreError, Unanswered};

impl Embedded {
    pub(in crate::store) async fn put_unanswered(
        &self,
        questions: &[Unanswered],
    ) -> Result<(), StoreError> {
        let mut turn = self.turn(Purpose::Record).await?;
        let put = async {
            let mut transaction = turn.connection.begin().await?;
            for one in questions {
                sqlx::query(
                    "INSERT INTO unanswered (day, why, question, topic, language, audience, region, confidence, \
                     nearest, generation, n) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
                     ON CONFLICT (day, why, topic, language) WHERE question IS NULL DO UPDATE SET n = n + excluded.n",
                )
                .bind(one.day)
                .bind(&one.why)
                .bind(&one.question)
                .bind(one.topic.as_deref().unwrap_or_default())
                .bind(&one.language)
                .bind(&one.audience)
                .bind(&one.region)
                .bind(f64::from(one.confidence))
                .bind(one.nearest.join("\n"))
                .bind(&one.generation)
                .bind(one.n)
                .execute(&mut *transaction)
                .await?;
            }
            transaction.commit().await
        };
        let put: Result<(), sqlx::Error> = put.await;
        turn.end(put)
    }

    pub(in crate::store) async fn unanswered(
        &self,
        from_day: i32,
    ) -> Result<Vec<Unanswered>, StoreError> {
        let read = async {
            let rows = sqlx::query(
                "SELECT day, why, question, topic, language, audience, region, confidence, nearest, generation, n \
                 FROM unanswered WHERE day >= ? ORDER BY day, id",
            )
            .bind(from_day)
            .fetch_all(&self.read)
            .await?;
            rows.iter().map(unanswered_of).collect()
        };
        let read: Result<_, sqlx::Error> = read.await;
        read.map_err(|error| self.failed(error))
    }

    pub(in crate::store) async fn delete_unanswered(
        &self,
        before_day: i32,
    ) -> Result<u64, StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let delete = async {
            let deleted = sqlx::query("DELETE FROM unanswered WHERE day < ?")
                .bind(before_day)
                .execute(&mut *turn.connection)
                .await?
                .rows_affected();
            if deleted > 0 {
                // Else the journal holds them until it is written over. A reader at work puts that off, nothing more.
                writing::empty_journal(&mut turn.connection).await?;
            }
            Ok(deleted)
        };
        let deleted: Result<u64, sqlx::Error> = delete.await;
        turn.end(deleted)
    }
}

fn unanswered_of(row: &SqliteRow) -> Result<Unanswered, sqlx::Error> {
    let topic: String = row.try_get(3)?;
    let nearest: String = row.try_get(8)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it was written from 32 bits"
    )]
    let confidence = row.try_get::<f64, _>(7)? as f32;
    Ok(Unanswered {
        day: row.try_get(0)?,
        why: row.try_get(1)?,
        question: row.try_get(2)?,
        topic: Some(topic).filter(|topic| !topic.is_empty()),
        language: row.try_get(4)?,
        audience: row.try_get(5)?,
        region: row.try_get(6)?,
        confidence,
        nearest: nearest.lines().map(str::to_owned).collect(),
        generation: row.try_get(9)?,
        n: row.try_get(10)?,
    })
}
