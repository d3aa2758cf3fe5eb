//! A database that goes away, and what only a database does.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use database::ServerUrl;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::{handoffs::packet, *};
use crate::{Availability, Live, Method};

/// How a way to the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Traffic {
    Flows,
    /// Every connection ends at once.
    Cut,
    /// Connections stay, and nothing comes through them ever again.
    Silent,
}

/// A way to the server that can be cut.
struct Way {
    address: SocketAddr,
    traffic: watch::Sender<Traffic>,
}

impl Way {
    async fn new(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (traffic, watched) = watch::channel(Traffic::Flows);
        let to = Arc::new(to);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut traffic = watched.clone();
                let to = Arc::clone(&to);
                tokio::spawn(async move {
                    let now = *traffic.borrow();
                    if now == Traffic::Flows {
                        let mut server = TcpStream::connect(&*to).await.expect("the server");
                        tokio::select! {
                            _ = copy_bidirectional(&mut client, &mut server) => {}
                            _ = traffic.wait_for(|traffic| *traffic != Traffic::Flows) => {}
                        }
                    }
                    if *traffic.borrow() == Traffic::Silent {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { address, traffic }
    }

    fn set(&self, traffic: Traffic) {
        self.traffic.send_replace(traffic);
    }
}

/// A store behind a way that can be cut, and one that is not.
async fn behind() -> (Way, Store, Store) {
    let near = database::scratch::config();
    let url = std::env::var(database::scratch::VARIABLE).expect("a server");
    let host = url
        .split(['@', '/'])
        .find(|part| part.contains(':') && !part.ends_with(':'));
    let host = host.expect("a host and a port");
    let way = Way::new(host.to_owned()).await;
    let far = database::DatabaseConfig {
        url: ServerUrl::new(url.replace(host, &way.address.to_string())),
        connect_timeout_ms: 500,
        statement_timeout_ms: 500,
        ..near.clone()
    };
    let direct = Place::Postgres(near).open().await;
    let store = Place::Postgres(far).open().await;
    (way, store, direct)
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn connections_that_are_cut_are_replaced_unnoticed() {
    let (way, store, _) = behind().await;
    for n in 0..5 {
        way.set(Traffic::Cut);
        way.set(Traffic::Flows);
        let accepted = store.accept(&packet(n), &["desk"], None).await;
        assert_eq!(accepted.expect("accepted"), Accepted::New);
    }
    assert_eq!(store.health(), StoreHealth::Sound);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn while_the_server_is_away_all_is_refused_at_once_and_then_taken_again() {
    let (way, store, direct) = behind().await;
    way.set(Traffic::Cut);
    let refused = store.accept(&packet(1), &["desk"], None).await;
    assert!(
        matches!(refused, Err(StoreError::Away { source: Some(_) })),
        "{refused:?}"
    );
    assert_eq!(store.health(), StoreHealth::Suspect);
    // Nobody waits for what is known to be away.
    let another = packet(2);
    let refused = store.accept(&another, &["desk"], None);
    let refused = tokio::time::timeout(Duration::from_millis(50), refused).await;
    assert!(matches!(
        refused,
        Ok(Err(StoreError::Away { source: None }))
    ));
    assert!(store.mend().await.is_err());
    assert_eq!(store.health(), StoreHealth::Suspect);
    way.set(Traffic::Flows);
    store.mend().await.expect("there again");
    assert_eq!(store.health(), StoreHealth::Sound);
    let accepted = store.accept(&packet(3), &["desk"], None).await;
    assert_eq!(accepted.expect("accepted"), Accepted::New);
    let ids = direct.handoffs(None, 10).await.expect("listed");
    assert_eq!(ids.len(), 1);
    assert_eq!(ids[0].packet, packet(3));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn connections_that_fall_silent_do_not_keep_their_places() {
    let (way, store, _) = behind().await;
    // All places of the pool are taken when it happens.
    let packets: Vec<Packet> = (0..8).map(packet).collect();
    let accept = |n: usize| store.accept(&packets[n], &["desk"], None);
    let (a, b, c, d) = tokio::join!(accept(0), accept(1), accept(2), accept(3));
    for accepted in [a, b, c, d] {
        assert_eq!(accepted.expect("accepted"), Accepted::New);
    }
    way.set(Traffic::Silent);
    let (a, b, c, d) = tokio::join!(accept(4), accept(5), accept(6), accept(7));
    for refused in [a, b, c, d] {
        assert!(
            matches!(refused, Err(StoreError::Away { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(store.health(), StoreHealth::Suspect);
    way.set(Traffic::Flows);
    let mended = async {
        while store.mend().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let mended = tokio::time::timeout(Duration::from_secs(10), mended).await;
    mended.expect("there again");
    let accepted = accept(7).await;
    assert_eq!(accepted.expect("accepted"), Accepted::New);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn a_newer_schema_is_refused_and_left_alone() {
    let config = database::scratch::config();
    let database = Database::connect(&config).await.expect("a server");
    Store::connect(&database).await.expect("a store");
    sqlx::query("UPDATE migrations SET version = 99")
        .execute(database.pool())
        .await
        .expect("changed");
    let refused = Store::connect(&database).await.expect_err("newer");
    assert!(
        matches!(
            refused,
            StoreError::Database {
                source: database::DatabaseError::Newer { found: 99, .. }
            }
        ),
        "{refused:?}"
    );
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn a_file_is_copied_whole_and_only_into_nothing() {
    let (from, to) = (
        Place::file().open_kept().await,
        Place::postgres().open().await,
    );
    let (_dir, from) = from;
    let key = IdempotencyKey::new("escalations", "k-1", b"one body");
    let mut odd = packet(1);
    odd.note = Some("a\0b \u{1F4E6} \"".into());
    from.accept_from(Some("ada"), &odd, &["desk", "mail"], Some(&key))
        .await
        .expect("accepted");
    for n in 2..700 {
        from.accept(&packet(n), &["desk"], None)
            .await
            .expect("accepted");
    }
    let leased = from.lease("desk", 5_000, 60_000, 1).await.expect("leased");
    assert_eq!(leased.len(), 1);
    let receipts = [receipt("ans_1", 1), receipt("ans_2", 2)];
    from.put_receipts(&receipts).await.expect("stored");
    for helpful in [true, false] {
        let feedback = Feedback {
            made_at_ms: 1,
            of: Judged::Answer("ans_1".into()),
            helpful,
            comment: Some("a\0b".into()),
        };
        from.put_feedback(&feedback).await.expect("stored");
    }
    let asked = [
        unanswered::question("Kan ik ruilen?", 100),
        unanswered::counted("fraud", 100),
    ];
    from.put_unanswered(&asked).await.expect("stored");
    let copied = from.copy_to(&to).await.expect("copied");
    let counts: Vec<u64> = copied.iter().map(|(_, n)| *n).collect();
    assert_eq!(counts, [2, 699, 700, 1, 2, 2]);
    assert_eq!(
        to.handoffs(None, 2_000).await.expect("listed"),
        from.handoffs(None, 2_000).await.expect("listed")
    );
    assert_eq!(
        to.owner_of("esc_001").await.expect("read").as_deref(),
        Some("ada")
    );
    assert_eq!(to.unanswered(0).await.expect("read"), asked);
    assert_eq!(
        to.receipt("ans_2").await.expect("read"),
        Some(receipts[1].clone())
    );
    // The last judgment is still the last one, and a key is still known.
    assert_eq!(to.was_helpful("ans_1").await.expect("read"), Some(false));
    let again = to.accept(&packet(5_000), &["desk"], Some(&key)).await;
    assert!(matches!(again, Ok(Accepted::Before(_))), "{again:?}");
    // What was leased is anybody's.
    let due = to.lease("desk", 2_000_000, 60_000, 2_000).await;
    assert_eq!(due.expect("leased").len(), 699);
    assert!(matches!(
        from.copy_to(&to).await,
        Err(CopyError::NotEmpty { table: "receipts" })
    ));
    assert!(matches!(to.copy_to(&from).await, Err(CopyError::Direction)));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn texts_with_a_character_zero_are_stored() {
    let store = Place::postgres().open().await;
    let mut odd = packet(1);
    odd.note = Some("a\0b".into());
    let accepted = store.accept(&odd, &["desk"], None).await;
    assert_eq!(accepted.expect("accepted"), Accepted::New);
    let read = store
        .handoff("esc_001")
        .await
        .expect("read")
        .expect("there");
    assert_eq!(read.packet, odd);
    let feedback = Feedback {
        made_at_ms: 1,
        of: Judged::Answer("ans_1".into()),
        helpful: false,
        comment: Some("a\0b".into()),
    };
    store.put_feedback(&feedback).await.expect("stored");
    assert_eq!(store.was_helpful("ans_1").await.expect("read"), Some(false));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn what_a_team_tells_one_process_all_know() {
    let place = Place::postgres();
    let (one, two) = (place.open().await, place.open().await);
    let (known, mut told) = watch::channel(Availability::default());
    let watching = two.shared().expect("shared").clone();
    tokio::spawn(async move {
        watching
            .watch_availability(|availability| drop(known.send_replace(availability)))
            .await;
    });
    let now = jiff::Timestamp::now();
    let live = Live {
        available: false,
        wait_minutes: Some(7),
        until: jiff::Timestamp::from_millisecond(now.as_millisecond() + 60_000).expect("a time"),
    };
    // Told before the other one listens, or after: both must come.
    one.shared()
        .expect("shared")
        .tell("desk", Method::Chat, live)
        .await
        .expect("told");
    let known = told.wait_for(|known| known.of("desk", Method::Chat, now) == Some(live));
    let known = tokio::time::timeout(Duration::from_secs(5), known).await;
    known.expect("in time").expect("told");
    let later = Live {
        available: true,
        ..live
    };
    one.shared()
        .expect("shared")
        .tell("desk", Method::Chat, later)
        .await
        .expect("told");
    let known = told.wait_for(|known| known.of("desk", Method::Chat, now) == Some(later));
    let known = tokio::time::timeout(Duration::from_secs(5), known).await;
    known.expect("in time").expect("told");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn requests_are_counted_over_all_processes() {
    let place = Place::postgres();
    let stores = [place.open().await, place.open().await];
    let charge = |share, class, per_minute| Charge {
        share,
        class,
        per_minute,
    };
    let take = async |n: usize, charges: &[Charge]| {
        stores[n % 2]
            .shared()
            .expect("shared")
            .charge(charges)
            .await
    };
    for n in 0..6 {
        assert_eq!(take(n, &[charge(u64::MAX, 1, 6)]).await, None, "{n}");
    }
    let wait = take(0, &[charge(u64::MAX, 1, 6)]).await.expect("refused");
    assert!((8..=10).contains(&wait), "{wait}");
    assert!(take(1, &[charge(u64::MAX, 1, 6)]).await.is_some());
    // Others, and another class, are not concerned; of several the longest wait counts.
    assert_eq!(
        take(1, &[charge(2, 1, 6), charge(u64::MAX, 0, 6)]).await,
        None
    );
    let both = take(0, &[charge(u64::MAX, 1, 6), charge(3, 1, 600)]).await;
    assert!(both.is_some());
    stores[0]
        .shared()
        .expect("shared")
        .clean(jiff::Timestamp::now())
        .await
        .expect("cleaned");
    assert!(take(1, &[charge(u64::MAX, 1, 6)]).await.is_some());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn a_count_that_cannot_be_had_turns_nobody_away() {
    let (way, store, _) = behind().await;
    let shared = store.shared().expect("shared");
    let one = [Charge {
        share: 1,
        class: 0,
        per_minute: 1,
    }];
    assert_eq!(shared.charge(&one).await, None);
    assert!(shared.charge(&one).await.is_some());
    way.set(Traffic::Cut);
    assert_eq!(shared.charge(&one).await, None);
}
