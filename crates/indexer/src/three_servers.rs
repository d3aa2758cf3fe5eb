//! A generation spread over two data servers: `SERVERS=3 bash tests/postgres/run cargo test … -- --ignored three_servers`.

use corpus::Language;
use database::scratch;

use crate::{
    Postgres, PostgresOptions,
    postgres::tests::{Machine, check_same, count, execute, open, postgres, visibility},
};

/// Makes the server `n` of tests a data server of the first one, as its operator does; gives its name.
fn data_server(postgres: &Postgres, n: u32) -> String {
    let url = scratch::config_on(n).url.to_string();
    let port = url
        .rsplit(':')
        .next()
        .and_then(|rest| rest.split('/').next());
    let (name, port) = (format!("data{n}"), port.expect("a port"));
    for statement in [
        "CREATE EXTENSION IF NOT EXISTS postgres_fdw",
        "CREATE EXTENSION IF NOT EXISTS dblink",
        &*format!(
            "CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '{port}', \
             dbname 'postgres', extensions 'vector', use_remote_estimate 'true', async_capable 'true', \
             fetch_size '200', batch_size '1000', \
             options '-c hnsw.ef_search=200 -c hnsw.iterative_scan=relaxed_order')"
        ),
        &*format!("CREATE USER MAPPING FOR postgres SERVER {name} OPTIONS (user 'postgres')"),
    ] {
        execute(postgres, statement);
    }
    name
}

#[test]
#[ignore = "needs three PostgreSQL servers"]
fn two_data_servers_search_as_one() {
    let config = postgres().database().config().clone();
    let first = Postgres::new(&config, PostgresOptions::default()).expect("settings");
    let options = PostgresOptions {
        data_servers: vec![data_server(&first, 2), data_server(&first, 3)],
        ..PostgresOptions::default()
    };
    let postgres = Postgres::new(&config, options).expect("settings");
    let machine = Machine::new(60);
    machine.build(&postgres).expect("built");
    let (here, there) = (machine.copy(), open(&postgres));
    check_same(&here, &there, &visibility(None, None, None));
    check_same(
        &here,
        &there,
        &visibility(Some("seller"), Some("NL"), Some(&[Language::En])),
    );
    drop(there);
    // Passages lie on both.
    let schema = postgres.schema().to_owned();
    let on = |server: &str| {
        let rows = format!("SELECT count(*) FROM {schema}.g1_dense_{server}");
        usize::try_from(count(&postgres, rows)).expect("a number")
    };
    assert!(on("data2") > 20 && on("data3") > 20);
    assert_eq!(on("data2") + on("data3"), here.n_passages());
    // And go from both with their generation.
    machine.put("en/new.md", "# New\n\nSomething new.\n");
    machine.build(&postgres).expect("built");
    machine.store(&postgres).purge().expect("purged");
    for server in ["data2", "data3"] {
        let left = format!(
            "SELECT n FROM dblink('{server}', $$SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'$$) AS t (n bigint)"
        );
        assert_eq!(
            count(&postgres, left),
            2,
            "the tables of the second generation"
        );
    }
}
