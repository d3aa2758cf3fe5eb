//! What customers say, on PostgreSQL.

use super::{Postgres, storable, whole};
use crate::store::{Feedback, Judged, StoreError};

impl Postgres {
    pub(in crate::store) async fn put_feedback(
        &self,
        feedback: &Feedback,
    ) -> Result<(), StoreError> {
        let (answer, article) = match &feedback.of {
            Judged::Answer(id) => (Some(storable(id)), None),
            Judged::Article(id) => (None, Some(storable(id))),
        };
        let put = sqlx::query(
            "INSERT INTO feedback (made_at_ms, answer, article, helpful, comment) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(feedback.made_at_ms)
        .bind(answer)
        .bind(article)
        .bind(feedback.helpful)
        .bind(feedback.comment.as_deref().map(storable))
        .execute(self.database.pool());
        // Twice it would count twice.
        self.once(put).await.map(drop)
    }

    pub(in crate::store) async fn was_helpful(
        &self,
        answer: &str,
    ) -> Result<Option<bool>, StoreError> {
        self.repeat(|pool| async move {
            sqlx::query_scalar(
                "SELECT helpful FROM feedback WHERE answer = $1 ORDER BY id DESC LIMIT 1",
            )
            .bind(storable(answer))
            .fetch_optional(&pool)
            .await
        })
        .await
    }

    pub(in crate::store) async fn n_feedback(&self) -> Result<[u64; 2], StoreError> {
        self.repeat(|pool| async move {
            let (helpful, others): (i64, i64) = sqlx::query_as(
                "SELECT count(*) FILTER (WHERE helpful), count(*) FILTER (WHERE NOT helpful) FROM feedback",
            )
            .fetch_one(&pool)
            .await?;
            Ok([whole(helpful), whole(others)])
        })
        .await
    }

    pub(in crate::store) async fn delete_feedback(
        &self,
        before_ms: i64,
    ) -> Result<u64, StoreError> {
        self.repeat(|pool| async move {
            let deleted = sqlx::query("DELETE FROM feedback WHERE made_at_ms < $1")
                .bind(before_ms)
                .execute(&pool)
                .await?;
            Ok(deleted.rows_affected())
        })
        .await
    }
}
