//! The state store behind commands: the one runtime it needs, and the receipt of an answer.

use std::time::Duration;

use ::answer::{Answer, Receipt};
use anyhow::Context as _;
use jiff::Timestamp;
use support::StoredReceipt;

use super::{Context, state::Place};

/// A runtime for a few reads and writes of the state store.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the state store")
}

/// Stores the receipt of `answer`. A failure is logged: an answer that was given needs no receipt.
pub(super) fn keep(answer: &Answer, context: &Context<'_, '_>) {
    if context.config.support.store.receipts_days == 0 {
        return;
    }
    if let Err(error) = put(answer, context) {
        let error = crate::failure::line(&error);
        tracing::warn!(error, "the receipt of the answer was not stored");
    }
}

fn put(answer: &Answer, context: &Context<'_, '_>) -> anyhow::Result<()> {
    let receipt = Receipt::new(answer, Timestamp::now());
    let stored = StoredReceipt {
        answer: receipt.id.clone(),
        made_at_ms: receipt.made_at.as_millisecond(),
        body: serde_json::to_string(&receipt)?,
    };
    let runtime = runtime()?;
    runtime.block_on(async {
        let store = Place::of(&context.config).open().await?;
        store.put_receipts(&[stored]).await?;
        store.close().await;
        anyhow::Ok(())
    })?;
    // What is stored is stored; nothing else runs there.
    runtime.shutdown_timeout(Duration::ZERO);
    Ok(())
}
