//! Several processes on one store.

use super::{handoffs::packet, *};

both! {
    many_that_deliver_side_by_side_take_each_delivery_once,
    the_same_request_to_two_at_once_makes_one_handoff,
    a_handoff_may_be_accepted_again_under_its_own_id,
}

async fn many_that_deliver_side_by_side_take_each_delivery_once(place: &Place) {
    const MANY: usize = 60;
    let store = place.open().await;
    for n in 0..60 {
        store
            .accept(&packet(n), &["desk"], None)
            .await
            .expect("accepted");
    }
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let store = place.open().await;
        nodes.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let leased = store.lease("desk", 100_000, 60_000, 4).await;
                let leased = leased.expect("leased");
                if leased.is_empty() {
                    return taken;
                }
                for lease in leased {
                    let delivered = Settled::Delivered { remote_id: None };
                    let id = lease.packet.id.clone();
                    store
                        .settle(&id, "desk", &lease, &delivered, 100_100)
                        .await
                        .expect("settled");
                    taken.push(id);
                }
            }
        }));
    }
    let mut taken = Vec::new();
    for node in nodes {
        taken.extend(node.await.expect("no panic"));
    }
    taken.sort();
    let n_taken = taken.len();
    taken.dedup();
    assert_eq!((n_taken, taken.len()), (MANY, MANY));
    let counts = store.count_handoffs().await.expect("counted");
    assert_eq!((counts.queued, counts.delivered), (0, 60));
}

async fn the_same_request_to_two_at_once_makes_one_handoff(place: &Place) {
    let stores = [place.open().await, place.open().await];
    for round in 0..10 {
        let key = IdempotencyKey::new("escalations", format!("k-{round}"), b"one body");
        let [one, two] = [packet(2 * round), packet(2 * round + 1)];
        let (first, second) = tokio::join!(
            stores[0].accept(&one, &["desk"], Some(&key)),
            stores[1].accept(&two, &["desk"], Some(&key)),
        );
        let both = [first.expect("accepted"), second.expect("accepted")];
        let n_new = both.iter().filter(|one| **one == Accepted::New).count();
        assert_eq!(n_new, 1, "{both:?}");
        assert!(both.iter().any(|one| matches!(one, Accepted::Before(_))));
    }
    assert_eq!(
        stores[0].handoffs(None, 100).await.expect("listed").len(),
        10
    );
}

async fn a_handoff_may_be_accepted_again_under_its_own_id(place: &Place) {
    let store = place.open().await;
    let key = IdempotencyKey::new("escalations", "k-1", b"one body");
    let one = packet(1);
    let accept = || store.accept(&one, &["desk"], Some(&key));
    assert_eq!(accept().await.expect("accepted"), Accepted::New);
    // What a process does that lost its connection in a commit; a file has no connection to lose.
    let again = accept().await.expect("accepted");
    assert!(again == Accepted::New || matches!(again, Accepted::Before(_)));
    assert_eq!(store.handoffs(None, 10).await.expect("listed").len(), 1);
    let leased = store.lease("desk", 2_000, 60_000, 10).await;
    assert_eq!(leased.expect("leased").len(), 1);
}
