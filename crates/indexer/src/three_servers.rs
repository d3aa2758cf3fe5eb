//! A generation spread over two data servers: `SERVERS=3 bash tests/postgres/run cargo test … -- --ignored three_servers`.

use corpus::Language;

use crate::{
    Postgres, PostgresOptions,
    postgres::tests::{Machine, check_same, count, data_server, open, postgres, visibility},
};

#[test]
#[ignore = "needs three PostgreSQL servers"]
fn two_data_servers_search_as_one() {
    let config = postgres().database().config().clone();
    let options = PostgresOptions {
        data_servers: vec![data_server(2), data_server(3)],
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
