//! What customers say, in the file.

use super::{Embedded, writing::Purpose};
use crate::store::{Feedback, Judged, StoreError};

impl Embedded {
    pub(in crate::store) async fn put_feedback(
        &self,
        feedback: &Feedback,
    ) -> Result<(), StoreError> {
        let (answer, article) = match &feedback.of {
            Judged::Answer(id) => (Some(id), None),
            Judged::Article(id) => (None, Some(id)),
        };
        let mut turn = self.turn(Purpose::Record).await?;
        let put = sqlx::query(
            "INSERT INTO feedback (made_at_ms, answer, article, helpful, comment) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(feedback.made_at_ms)
        .bind(answer)
        .bind(article)
        .bind(feedback.helpful)
        .bind(&feedback.comment)
        .execute(&mut *turn.connection)
        .await;
        turn.end(put).map(drop)
    }

    pub(in crate::store) async fn was_helpful(
        &self,
        answer: &str,
    ) -> Result<Option<bool>, StoreError> {
        sqlx::query_scalar("SELECT helpful FROM feedback WHERE answer = ? ORDER BY id DESC LIMIT 1")
            .bind(answer)
            .fetch_optional(&self.read)
            .await
            .map_err(|error| self.failed(error))
    }

    pub(in crate::store) async fn n_feedback(&self) -> Result<[u64; 2], StoreError> {
        let count = async |helpful: bool| {
            let n: i64 = sqlx::query_scalar("SELECT count(*) FROM feedback WHERE helpful = ?")
                .bind(helpful)
                .fetch_one(&self.read)
                .await?;
            Ok::<u64, sqlx::Error>(u64::try_from(n).unwrap_or_default())
        };
        let both = async { Ok([count(true).await?, count(false).await?]) };
        both.await.map_err(|error: sqlx::Error| self.failed(error))
    }

    pub(in crate::store) async fn delete_feedback(
        &self,
        before_ms: i64,
    ) -> Result<u64, StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let deleted = sqlx::query("DELETE FROM feedback WHERE made_at_ms < ?")
            .bind(before_ms)
            .execute(&mut *turn.connection)
            .await;
        Ok(turn.end(deleted)?.rows_affected())
    }
}
