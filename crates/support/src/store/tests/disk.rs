//! What a failing or a full disk asks of the file.

use super::{
    super::embedded::{RESERVE, writing},
    handoffs::packet,
    *,
};

async fn open() -> (tempfile::TempDir, Embedded) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(dir.path()).await.expect("a store");
    (dir, store)
}

async fn accept(store: &Embedded, packet: &Packet) -> Result<Accepted, StoreError> {
    store.accept_from(None, packet, &["desk"], None).await
}

#[tokio::test]
async fn space_is_kept_for_handoffs_and_given_up_once() {
    let (dir, store) = open().await;
    let reserve = dir.path().join(RESERVE);
    assert_eq!(
        reserve.metadata().expect("a file").len(),
        writing::RESERVE_BYTES
    );
    assert!(store.give_reserve());
    assert!(!store.give_reserve());
    store.close().await;
    let again = Embedded::open(dir.path()).await.expect("the same store");
    assert!(again.give_reserve());
}

#[tokio::test]
async fn on_a_full_disk_handoffs_go_before_records() {
    let (_dir, store) = open().await;
    assert_eq!(store.health(), StoreHealth::Sound);
    assert!(store.give_reserve());
    assert_eq!(store.health(), StoreHealth::Full);
    let record = [receipt("ans_1", 1)];
    assert!(matches!(
        store.put_receipts(&record).await,
        Err(StoreError::Full { .. })
    ));
    let accepted = accept(&store, &packet(1)).await;
    assert_eq!(accepted.expect("accepted"), Accepted::New);
    // The disk of the tests has room, so space is kept again.
    assert!(store.refill());
    assert_eq!(store.health(), StoreHealth::Sound);
    store.put_receipts(&record).await.expect("stored");
}

#[tokio::test]
async fn a_handoff_that_finds_no_room_takes_what_was_kept_and_is_no_burden_to_the_next() {
    let (dir, store) = open().await;
    let limit = async |pages: &'static str| {
        sqlx::query(pages)
            .fetch_all(&store.write)
            .await
            .expect("a limit");
    };
    // The file may not grow, which is what a full disk comes to; a new connection has no such limit.
    limit("PRAGMA max_page_count = 1").await;
    let mut long = packet(1);
    long.note = Some("x".repeat(100_000));
    let accepted = accept(&store, &long).await;
    assert_eq!(accepted.expect("accepted"), Accepted::New);
    assert!(!dir.path().join(RESERVE).exists());
    limit("PRAGMA max_page_count = 1").await;
    long.id = "esc_002".into();
    let accepted = accept(&store, &long).await;
    assert_eq!(accepted.expect("accepted"), Accepted::New);
    let accepted = accept(&store, &packet(3)).await;
    assert_eq!(accepted.expect("accepted"), Accepted::New);
}

#[tokio::test]
async fn after_a_failure_of_the_disk_nothing_is_taken_until_the_file_was_read_through() {
    let (_dir, store) = open().await;
    accept(&store, &packet(1)).await.expect("accepted");
    store.suspect();
    assert_eq!(store.health(), StoreHealth::Suspect);
    assert!(matches!(
        accept(&store, &packet(2)).await,
        Err(StoreError::Suspect { .. })
    ));
    assert!(matches!(
        store.lease("desk", 2_000, 60_000, 10).await,
        Err(StoreError::Suspect { .. })
    ));
    store.mend().await.expect("whole");
    assert_eq!(store.health(), StoreHealth::Sound);
    let accepted = accept(&store, &packet(2)).await;
    assert_eq!(accepted.expect("accepted"), Accepted::New);
    let leased = store.lease("desk", 2_000, 60_000, 10).await;
    assert_eq!(leased.expect("leased").len(), 2);
}

#[tokio::test]
async fn a_damaged_file_is_not_mended() {
    let (_dir, store) = open().await;
    for n in 0..40 {
        let accepted = accept(&store, &packet(n)).await;
        accepted.expect("accepted");
    }
    let path = store.path().to_owned();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(&store.write)
        .await
        .expect("moved");
    let mut bytes = fs_err::read(&path).expect("the file");
    for byte in bytes.iter_mut().skip(8_192) {
        *byte = 0xAA;
    }
    fs_err::write(&path, bytes).expect("written");
    store.suspect();
    assert!(store.mend().await.is_err());
    assert_eq!(store.health(), StoreHealth::Suspect);
}
