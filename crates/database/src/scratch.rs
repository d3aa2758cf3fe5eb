//! A schema of one's own on the server that tests run on, so that they run side by side.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use sqlx::Connection as _;

use crate::{Database, DatabaseConfig, DatabaseError, ServerUrl};

/// Names the server of tests; `tests/postgres/run` sets it. More servers are in `LOKET_TEST_POSTGRES_2` and so on.
pub const VARIABLE: &str = "LOKET_TEST_POSTGRES";

/// Settings for a new schema on the `n`-th server of tests, from 1.
///
/// # Panics
/// Without a server: a test that needs one must not pass.
pub fn config_on(n: u32) -> DatabaseConfig {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let variable = match n {
        0 | 1 => VARIABLE.to_owned(),
        n => format!("{VARIABLE}_{n}"),
    };
    let url = std::env::var(&variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run this through `bash tests/postgres/run cargo test …`")
    });
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    DatabaseConfig {
        url: ServerUrl::new(url),
        schema: format!("t{}_{}_{count}", now.as_millis(), std::process::id()),
        max_connections: 4,
        ..DatabaseConfig::default()
    }
}

/// Settings for a new schema on the server of tests.
///
/// # Panics
/// As [`config_on`].
pub fn config() -> DatabaseConfig {
    config_on(1)
}

/// A database with a new schema that is empty.
///
/// # Errors
/// [`DatabaseError`].
///
/// # Panics
/// As [`config_on`].
pub async fn database() -> Result<Database, DatabaseError> {
    let database = Database::connect(&config()).await?;
    let schema = database.schema();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "CREATE SCHEMA IF NOT EXISTS {schema}"
    )))
    .execute(database.pool())
    .await?;
    Ok(database)
}

/// Makes the server `n` of tests, from 2, a data server of the first one, as an operator does; gives its name.
///
/// # Errors
/// [`DatabaseError`].
///
/// # Panics
/// As [`config_on`].
pub async fn data_server(n: u32) -> Result<String, DatabaseError> {
    let config = config_on(n);
    let server = config
        .url
        .options()
        .map_err(|problem| DatabaseError::config("url", problem))?;
    let (name, port) = (format!("data{n}"), server.get_port());
    let mut first = Database::new(&self::config())?.connect_once().await?;
    let statements = format!(
        "CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE EXTENSION IF NOT EXISTS dblink; \
         CREATE SERVER IF NOT EXISTS {name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', \
         port '{port}', dbname 'postgres', extensions 'vector', fetch_size '1000', batch_size '1000', \
         options '-c hnsw.ef_search=300 -c hnsw.iterative_scan=relaxed_order -c jit=off'); \
         CREATE USER MAPPING IF NOT EXISTS FOR postgres SERVER {name} OPTIONS (user 'postgres')"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(&mut first)
        .await?;
    first.close().await?;
    Ok(name)
}
