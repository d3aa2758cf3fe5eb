//! What customers say of answers and articles.

use super::{Store, StoreError, writing::Purpose};

/// What is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// An answer, by its id.
    Answer(String),
    /// An article, by its id.
    Article(String),
}

/// One judgment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// When, in milliseconds since 1970.
    pub made_at_ms: i64,
    /// Of what.
    pub of: Judged,
    /// Whether it helped.
    pub helpful: bool,
    /// What the customer adds.
    pub comment: Option<String>,
}

impl Store {
    /// Stores a judgment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_feedback(&self, feedback: &Feedback) -> Result<(), StoreError> {
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

    /// Whether an answer helped, by the last judgment of it; `None` without one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn was_helpful(&self, answer: &str) -> Result<Option<bool>, StoreError> {
        sqlx::query_scalar("SELECT helpful FROM feedback WHERE answer = ? ORDER BY id DESC LIMIT 1")
            .bind(answer)
            .fetch_optional(&self.read)
            .await
            .map_err(|error| self.failed(error))
    }

    /// How many judgments there are: those that say it helped, and the others.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn n_feedback(&self) -> Result<[u64; 2], StoreError> {
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

    /// Deletes judgments made before `before_ms` and says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_feedback(&self, before_ms: i64) -> Result<u64, StoreError> {
        let mut turn = self.turn(Purpose::Delivery).await?;
        let deleted = sqlx::query("DELETE FROM feedback WHERE made_at_ms < ?")
            .bind(before_ms)
            .execute(&mut *turn.connection)
            .await;
        Ok(turn.end(deleted)?.rows_affected())
    }
}
