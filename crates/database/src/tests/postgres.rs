//! Against a real server.

use std::time::Duration;

use super::*;

async fn scratch() -> Database {
    scratch::database().await.expect("a server")
}

async fn text(database: &Database, query: &'static str) -> String {
    sqlx::query_scalar(query)
        .fetch_one(database.pool())
        .await
        .expect(query)
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn connections_are_set_up_as_the_settings_say() {
    let database = scratch().await;
    assert_eq!(
        text(&database, "SELECT current_schema()::text").await,
        database.schema()
    );
    assert_eq!(text(&database, "SHOW statement_timeout").await, "5s");
    assert_eq!(text(&database, "SHOW application_name").await, "loket");
    assert_eq!(text(&database, "SHOW synchronous_commit").await, "on");
    database.require_extension("vector").await.expect("there");
    assert!(matches!(
        database.require_extension("no_such_extension").await,
        Err(DatabaseError::MissingExtension { .. })
    ));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn errors_are_sorted_by_what_can_be_done() {
    let config = DatabaseConfig {
        statement_timeout_ms: 50,
        ..scratch::config()
    };
    let database = Database::connect(&config).await.expect("a server");
    let run = async |query: &'static str| {
        let run = sqlx::raw_sql(query).execute(database.pool());
        database.timed(run).await.map(drop)
    };
    let slow = run("SELECT pg_sleep(5)").await.expect_err("too slow");
    assert!(matches!(slow, DatabaseError::Timeout { .. }), "{slow:?}");
    let cut = run("SELECT pg_terminate_backend(pg_backend_pid())").await;
    let cut = cut.expect_err("cut off");
    assert!(matches!(cut, DatabaseError::Lost { .. }), "{cut:?}");
    let twice = run(
        "CREATE TEMP TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)",
    )
    .await
    .expect_err("there already");
    assert!(
        matches!(twice, DatabaseError::Constraint { .. }),
        "{twice:?}"
    );
    // The pool goes on.
    run("SELECT 1").await.expect("a new connection");
    let nobody = DatabaseConfig {
        url: ServerUrl::new(format!(
            "{}_no_such_database",
            std::env::var(scratch::VARIABLE).expect("a server")
        )),
        ..scratch::config()
    };
    let refused = Database::connect(&nobody)
        .await
        .expect_err("no such database");
    assert!(
        matches!(refused, DatabaseError::Refused { .. }),
        "{refused:?}"
    );
    assert!(!refused.is_transient());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn migrations_run_once_and_newer_tables_are_left_alone() {
    let database = Database::connect(&scratch::config())
        .await
        .expect("a server");
    let first = ["CREATE TABLE things (id int)"];
    let both = [first[0], "ALTER TABLE things ADD COLUMN name text"];
    // Two that start together.
    let (a, b) = tokio::join!(
        migrate(&database, "test", &first),
        migrate(&database, "test", &first)
    );
    a.and(b).expect("migrated");
    assert_eq!(version(&database, "test").await.expect("read"), 1);
    migrate(&database, "test", &both).await.expect("migrated");
    migrate(&database, "test", &both)
        .await
        .expect("nothing to do");
    assert_eq!(version(&database, "test").await.expect("read"), 2);
    assert_eq!(version(&database, "other").await.expect("read"), 0);
    assert!(matches!(
        migrate(&database, "test", &first).await,
        Err(DatabaseError::Newer {
            found: 2,
            known: 1,
            ..
        })
    ));
    // One that fails changes nothing.
    let broken = [both[0], both[1], "CREATE TABLE more (id int); SELECT 1 / 0"];
    assert!(migrate(&database, "test", &broken).await.is_err());
    assert_eq!(version(&database, "test").await.expect("read"), 2);
    assert!(
        sqlx::query("SELECT * FROM more")
            .execute(database.pool())
            .await
            .is_err()
    );
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn a_lease_has_one_holder_who_is_told_when_it_is_lost() {
    let database = scratch().await;
    let lease = Lease::take(&database, "build").await.expect("asked");
    let lease = lease.expect("free");
    assert!(lease.is_held());
    assert!(
        Lease::take(&database, "build")
            .await
            .expect("asked")
            .is_none()
    );
    let other = Lease::take(&database, "clean").await.expect("asked");
    other.expect("another name").release().await;
    // Of another schema it is another one.
    let elsewhere = scratch().await;
    let of_other = Lease::take(&elsewhere, "build").await.expect("asked");
    drop(of_other.expect("free"));
    lease.release().await;
    let lease = Lease::take(&database, "build").await.expect("asked");
    let lease = lease.expect("free again");
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND \
         ((classid::bigint << 32) | objid::bigint) = hashtextextended($1, 0)",
    )
    .bind(lease::key(&database, "build"))
    .execute(database.pool())
    .await
    .expect("cut off");
    tokio::time::timeout(Duration::from_secs(10), lease.lost())
        .await
        .expect("told");
    assert!(!lease.is_held());
    assert!(
        Lease::take(&database, "build")
            .await
            .expect("asked")
            .is_some()
    );
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn a_listener_hears_its_own_channels_and_says_when_it_missed_something() {
    let database = scratch().await;
    let elsewhere = scratch().await;
    let mut listener = Listener::new(&database, &["news"]).await;
    for (to, channel, payload) in [
        (&elsewhere, "news", "of another schema"),
        (&database, "other", "on another channel"),
        (&database, "news", "g1"),
    ] {
        notify(to.pool(), to, channel, payload).await.expect("told");
    }
    let told = |payload: &str| Heard::Told {
        channel: "news".into(),
        payload: payload.into(),
    };
    assert_eq!(listener.next().await, told("g1"));
    // Cut off, it is there again by itself.
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND query LIKE $1",
    )
    .bind(format!("%{}%", database.schema()))
    .execute(database.pool())
    .await
    .expect("cut off");
    assert_eq!(listener.next().await, Heard::Missed);
    notify(database.pool(), &database, "news", "g2")
        .await
        .expect("told");
    assert_eq!(listener.next().await, told("g2"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: bash tests/postgres/run"]
async fn a_standby_that_is_away_is_passed_over() {
    let mut config = scratch::config();
    config.connect_timeout_ms = 300;
    config.read_urls = vec![
        ServerUrl::new("postgres://ada@127.0.0.1:1/help"),
        config.url.clone(),
    ];
    let database = Database::connect(&config).await.expect("a server");
    for _ in 0..4 {
        let one: i32 = database
            .read(|pool| async move { sqlx::query_scalar("SELECT 1").fetch_one(&pool).await })
            .await
            .expect("read");
        assert_eq!(one, 1);
    }
    // What reads does not write.
    let standby = database.readers().nth(1).expect("a second server").clone();
    let wrote = sqlx::raw_sql("CREATE TABLE t (a int)")
        .execute(&standby)
        .await;
    assert!(wrote.is_err());
}
