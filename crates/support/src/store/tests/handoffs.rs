use corpus::Language;
use jiff::Timestamp;

use super::*;
use crate::{ContactDetails, Method, Packet};

pub(super) fn packet(n: i64) -> Packet {
    Packet {
        id: format!("esc_{n:03}"),
        created_at: Timestamp::from_millisecond(n * 1_000).expect("a time"),
        question: "Where is my parcel?".into(),
        subject_line: "Where is my parcel?".into(),
        language: Language::En,
        agent_language: Language::En,
        method: Method::Email,
        queue: "general".into(),
        topics: vec!["shipping".into()],
        audience: None,
        reason: Some("requested".into()),
        sensitive: false,
        customer: None,
        contact: ContactDetails {
            email: Some("a@example.org".into()),
            phone: None,
        },
        subject: None,
        conversation: Vec::new(),
        tried: Vec::new(),
        missing: Vec::new(),
        note: None,
        answer_id: None,
        receipt_id: None,
        consent: None,
        facts: Vec::new(),
        summary: None,
    }
}

async fn state_of(store: &Store, id: &str) -> DeliveryState {
    let stored = store.handoff(id).await.expect("read");
    stored.expect("a hand-off").state()
}

/// Leases the only delivery that is due.
async fn lease(store: &Store, destination: &str, now_ms: i64) -> Leased {
    let mut leased = store
        .lease(destination, now_ms, 60_000, 10)
        .await
        .expect("leased");
    assert_eq!(leased.len(), 1);
    leased.remove(0)
}

both! {
    a_request_sent_twice_makes_one_handoff,
    a_delivery_is_leased_to_one_at_a_time_until_it_is_settled,
    the_dead_stay_until_someone_acts,
    a_clock_set_back_holds_no_delivery_up_longer_than_it_was_to_wait,
    feedback_is_counted_and_goes_by_age,
}

async fn a_request_sent_twice_makes_one_handoff(place: &Place) {
    let store = place.open().await;
    let key = IdempotencyKey::new("escalations", "k-1", b"one body");
    let accept = async |packet: &Packet, key: &IdempotencyKey| {
        store
            .accept(packet, &["desk"], Some(key))
            .await
            .expect("accepted")
    };
    assert_eq!(accept(&packet(1), &key).await, Accepted::New);
    let Accepted::Before(before) = accept(&packet(2), &key).await else {
        panic!("made twice");
    };
    assert_eq!(before.packet, packet(1));
    let other = IdempotencyKey::new("escalations", "k-1", b"another body");
    assert_eq!(accept(&packet(3), &other).await, Accepted::KeyReused);
    let elsewhere = IdempotencyKey::new("another client", "k-1", b"another body");
    assert_eq!(accept(&packet(4), &elsewhere).await, Accepted::New);
    let ids: Vec<String> = store
        .handoffs(None, 10)
        .await
        .expect("listed")
        .into_iter()
        .map(|stored| stored.packet.id)
        .collect();
    assert_eq!(ids, ["esc_004", "esc_001"]);
}

async fn a_delivery_is_leased_to_one_at_a_time_until_it_is_settled(place: &Place) {
    let store = place.open().await;
    store
        .accept(&packet(1), &["desk", "mail"], None)
        .await
        .expect("accepted");
    let first = lease(&store, "desk", 2_000).await;
    assert_eq!((first.packet.clone(), first.attempts), (packet(1), 0));
    // Leased: nobody else gets it, and the other destination is not held up.
    assert_eq!(
        store.lease("desk", 2_000, 60_000, 10).await.expect("read"),
        []
    );
    let mail = lease(&store, "mail", 2_000).await;
    let again = Settled::Again {
        due_at_ms: 9_000,
        why: "503".into(),
    };
    store
        .settle("esc_001", "mail", &mail, &again, 2_500)
        .await
        .expect("settled");
    assert_eq!(store.next_due("mail").await.expect("read"), Some(9_000));
    assert_eq!(
        store.lease("mail", 8_999, 60_000, 10).await.expect("read"),
        []
    );
    // Whoever held it died: it is somebody else's, and the first one's late word changes nothing but a delivery.
    let second = lease(&store, "desk", 62_000).await;
    store
        .settle(
            "esc_001",
            "desk",
            &first,
            &Settled::Dead { why: "late".into() },
            62_100,
        )
        .await
        .expect("settled");
    assert_eq!(state_of(&store, "esc_001").await, DeliveryState::Queued);
    let delivered = Settled::Delivered {
        remote_id: Some("77".into()),
    };
    store
        .settle("esc_001", "desk", &second, &delivered, 62_200)
        .await
        .expect("settled");
    assert_eq!(
        store
            .lease("desk", i64::MAX / 2, 60_000, 10)
            .await
            .expect("read"),
        []
    );
    let mail = lease(&store, "mail", 9_000).await;
    assert_eq!(mail.attempts, 1);
    store
        .settle("esc_001", "mail", &mail, &delivered, 9_100)
        .await
        .expect("settled");
    let stored = store
        .handoff("esc_001")
        .await
        .expect("read")
        .expect("there");
    assert_eq!(stored.state(), DeliveryState::Delivered);
    let tries: Vec<u32> = stored.deliveries.iter().map(|own| own.attempts).collect();
    assert_eq!(tries, [1, 2]);
    assert_eq!(stored.deliveries[0].remote_id.as_deref(), Some("77"));
}

async fn the_dead_stay_until_someone_acts(place: &Place) {
    let store = place.open().await;
    store
        .accept(&packet(1), &["desk"], None)
        .await
        .expect("accepted");
    store.accept(&packet(2), &[], None).await.expect("accepted");
    let leased = lease(&store, "desk", 5_000).await;
    store
        .settle(
            "esc_001",
            "desk",
            &leased,
            &Settled::Dead { why: "410".into() },
            5_100,
        )
        .await
        .expect("settled");
    assert_eq!(state_of(&store, "esc_001").await, DeliveryState::Dead);
    // One without a destination waits.
    assert_eq!(state_of(&store, "esc_002").await, DeliveryState::Queued);
    let ids = async |state| -> Vec<String> {
        let listed = store.handoffs(Some(state), 10).await.expect("listed");
        listed.into_iter().map(|stored| stored.packet.id).collect()
    };
    assert_eq!(ids(DeliveryState::Dead).await, ["esc_001"]);
    assert_eq!(ids(DeliveryState::Queued).await, ["esc_002"]);
    assert_eq!(ids(DeliveryState::Delivered).await, Vec::<String>::new());
    // Nothing undelivered is deleted, however old.
    assert_eq!(
        store
            .delete_handoffs(i64::MAX, 10_000)
            .await
            .expect("deleted"),
        0
    );
    assert_eq!(
        store
            .retry("esc_001", &["desk", "mail"], false, 6_000)
            .await
            .expect("due"),
        2
    );
    assert_eq!(
        store
            .retry("esc_002", &["desk"], false, 6_000)
            .await
            .expect("due"),
        1
    );
    let leased = store
        .lease("desk", 6_000, 60_000, 10)
        .await
        .expect("leased");
    assert_eq!(leased.len(), 2);
    let delivered = Settled::Delivered { remote_id: None };
    for lease in &leased {
        let id = &lease.packet.id;
        store
            .settle(id, "desk", lease, &delivered, 6_100)
            .await
            .expect("settled");
    }
    assert_eq!(ids(DeliveryState::Delivered).await, ["esc_002"]);
    assert_eq!(
        store
            .delete_handoffs(i64::MAX, 10_000)
            .await
            .expect("deleted"),
        1
    );
    assert_eq!(ids(DeliveryState::Queued).await, ["esc_001"]);
    // Again everywhere, under the same id.
    assert_eq!(
        store.retry("esc_001", &[], true, 7_000).await.expect("due"),
        2
    );
    assert_eq!(lease(&store, "desk", 7_000).await.packet, packet(1));
}

async fn a_clock_set_back_holds_no_delivery_up_longer_than_it_was_to_wait(place: &Place) {
    const DAY: i64 = 86_400_000;
    let store = place.open().await;
    // Made a day from now, by the clock of now: one is due at once, one waits five minutes.
    for n in [DAY / 1_000, DAY / 1_000 + 1] {
        store
            .accept(&packet(n), &["desk"], None)
            .await
            .expect("accepted");
    }
    let then = DAY + 2_000;
    let leased = store.lease("desk", then, 60_000, 1).await.expect("leased");
    let again = Settled::Again {
        due_at_ms: then + 300_000,
        why: "503".into(),
    };
    let id = &leased[0].packet.id;
    store
        .settle(id, "desk", &leased[0], &again, then)
        .await
        .expect("settled");
    // The other one is leased when the clock is set back.
    let other = lease(&store, "desk", then).await;
    let now = 1_000;
    assert_eq!(store.keep_intervals(now).await.expect("moved"), 2);
    assert_eq!(lease(&store, "desk", now).await.packet, other.packet);
    assert_eq!(
        store
            .lease("desk", now + 299_999, 600_000, 10)
            .await
            .expect("read")
            .len(),
        1
    );
    let due = store.lease("desk", now + 300_000, 60_000, 10).await;
    assert!(due.expect("leased").iter().any(|own| own.packet.id == *id));
    assert_eq!(store.keep_intervals(now).await.expect("moved"), 0);
}

async fn feedback_is_counted_and_goes_by_age(place: &Place) {
    let store = place.open().await;
    for (made_at_ms, helpful) in [(1, true), (2, false), (3, true)] {
        let feedback = Feedback {
            made_at_ms,
            of: Judged::Article("seller-payout".into()),
            helpful,
            comment: None,
        };
        store.put_feedback(&feedback).await.expect("stored");
    }
    assert_eq!(store.n_feedback().await.expect("counted"), [2, 1]);
    assert_eq!(store.delete_feedback(3).await.expect("deleted"), 2);
    assert_eq!(store.n_feedback().await.expect("counted"), [1, 0]);
}
