//! Keeping receipts while the service runs.
//!
//! An answer has been made and its sentences sent when its receipt comes here, so storing costs no reader time but
//! that of the last event. All receipts that wait go into one transaction, so that a disk that syncs slowly does
//! not limit how many answers are given. A receipt that cannot be stored costs no answer: it is counted and logged.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use answer::Receipt;
use jiff::{SignedDuration, Timestamp};
use support::{Store, StoredReceipt};
use tokio::{
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};
use tracing::Instrument as _;

/// Receipts that may wait for the disk.
const QUEUE: usize = 256;

/// Most receipts of one transaction.
const BATCH: usize = 64;

/// How long a reply waits for its receipt. The receipt is stored all the same when the disk takes longer.
const PATIENCE: Duration = Duration::from_millis(100);

/// Time between deletions of old receipts.
const CLEANING: Duration = Duration::from_hours(1);

type Waiting = (StoredReceipt, oneshot::Sender<()>);

/// The way to the task that stores.
#[derive(Debug)]
pub(crate) struct Receipts {
    to_store: mpsc::Sender<Waiting>,
    lost: Arc<AtomicU64>,
}

impl Receipts {
    /// Starts the task. It ends, with everything stored that was handed in, when this value is dropped.
    pub(crate) fn start(store: Store, days: u32) -> Self {
        let (to_store, waiting) = mpsc::channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        tokio::spawn(work(store, days, waiting, Arc::clone(&lost)).in_current_span());
        Self { to_store, lost }
    }

    pub(crate) fn n_lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Hands a receipt in and waits until it is on the disk, or for as long as a reply may wait.
    pub(crate) async fn keep(&self, receipt: &Receipt) {
        let (is_stored, stored) = oneshot::channel();
        let handed_in = match as_stored(receipt) {
            Ok(receipt) => self.to_store.try_send((receipt, is_stored)).is_ok(),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a receipt has no form in JSON"
                );
                false
            }
        };
        if !handed_in {
            self.lost.fetch_add(1, Ordering::Relaxed);
            tracing::error!(
                answer = receipt.id,
                "a receipt is lost: too many wait for the disk"
            );
            return;
        }
        // Neither a failure, which is logged where it happens, nor a slow disk keeps the reply.
        let _ = tokio::time::timeout(PATIENCE, stored).await;
    }
}

fn as_stored(receipt: &Receipt) -> Result<StoredReceipt, serde_json::Error> {
    Ok(StoredReceipt {
        answer: receipt.id.clone(),
        made_at_ms: receipt.made_at.as_millisecond(),
        body: serde_json::to_string(receipt)?,
    })
}

async fn work(store: Store, days: u32, mut waiting: mpsc::Receiver<Waiting>, lost: Arc<AtomicU64>) {
    let mut cleaning = tokio::time::interval(CLEANING);
    cleaning.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            first = waiting.recv() => {
                let Some(first) = first else { break };
                let mut batch = vec![first];
                while batch.len() < BATCH
                    && let Ok(next) = waiting.try_recv()
                {
                    batch.push(next);
                }
                put(&store, batch, &lost).await;
            }
            _ = cleaning.tick() => clean(&store, days).await,
        }
    }
    store.close().await;
}

async fn put(store: &Store, batch: Vec<Waiting>, lost: &AtomicU64) {
    let n = batch.len();
    let (receipts, askers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    match store.put_receipts(&receipts).await {
        Ok(()) => {
            for asker in askers {
                // An asker who was out of patience has left.
                let _ = asker.send(());
            }
        }
        Err(error) => {
            lost.fetch_add(n as u64, Ordering::Relaxed);
            tracing::error!(
                error = &error as &dyn std::error::Error,
                n,
                "receipts are lost"
            );
        }
    }
}

async fn clean(store: &Store, days: u32) {
    let age = SignedDuration::from_hours(24 * i64::from(days));
    let Ok(before) = Timestamp::now().checked_sub(age) else {
        return;
    };
    match store.delete_receipts(before.as_millisecond()).await {
        Ok(0) => {}
        Ok(n) => tracing::info!(n, "deleted old receipts"),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "old receipts could not be deleted"
            );
        }
    }
}
