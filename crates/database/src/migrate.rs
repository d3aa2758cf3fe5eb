//! Tables, and how older ones are brought to what a program knows.

use sqlx::Connection as _;

use crate::{Database, DatabaseError, lease};

/// Whose tables are migrated: a name that never changes.
pub type Component = &'static str;

/// Brings the tables of `component` to the newest of `migrations`, in one transaction, and makes the schema when it is not
/// there. Processes that start together wait for each other. A migration is never changed once released: the next one is
/// added to the end.
///
/// # Errors
/// [`DatabaseError::Newer`] for tables of a newer program; they are left as they are. Nothing has changed after any error.
pub async fn migrate(
    database: &Database,
    component: Component,
    migrations: &[&'static str],
) -> Result<(), DatabaseError> {
    // Most of the time there is nothing to do, and for that no rights are needed.
    let known = i32::try_from(migrations.len()).unwrap_or(i32::MAX);
    match version(database, component).await? {
        found if found == known => return Ok(()),
        found if found > known => {
            return Err(DatabaseError::Newer {
                component,
                found,
                known,
            });
        }
        _ => {}
    }
    let mut connection = database.connect_once().await?;
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(lease::key(database, "migrations"))
        .execute(&mut *transaction)
        .await?;
    let schema = database.schema();
    let exists: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL")
        .bind(schema)
        .fetch_one(&mut *transaction)
        .await?;
    if !exists {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}")))
            .execute(&mut *transaction)
            .await?;
    }
    // An index over a large table takes its time, and whoever waits for the lock waits for that.
    sqlx::raw_sql(
        "SET LOCAL statement_timeout = 0; \
         CREATE TABLE IF NOT EXISTS migrations (component text PRIMARY KEY, version integer NOT NULL)",
    )
    .execute(&mut *transaction)
    .await?;
    let found: Option<i32> =
        sqlx::query_scalar("SELECT version FROM migrations WHERE component = $1")
            .bind(component)
            .fetch_optional(&mut *transaction)
            .await?;
    let found = found.unwrap_or_default();
    if found > known {
        return Err(DatabaseError::Newer {
            component,
            found,
            known,
        });
    }
    for migration in &migrations[usize::try_from(found).unwrap_or_default()..] {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
    }
    sqlx::query(
        "INSERT INTO migrations (component, version) VALUES ($1, $2) \
         ON CONFLICT (component) DO UPDATE SET version = excluded.version",
    )
    .bind(component)
    .bind(known)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}

/// How many migrations the tables of `component` have seen; 0 when there are none.
///
/// # Errors
/// [`DatabaseError`].
pub async fn version(database: &Database, component: Component) -> Result<i32, DatabaseError> {
    let mut connection = database.connect_once().await?;
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("{}.migrations", database.schema()))
        .fetch_one(&mut connection)
        .await?;
    let found: Option<i32> = if exists {
        sqlx::query_scalar("SELECT version FROM migrations WHERE component = $1")
            .bind(component)
            .fetch_optional(&mut connection)
            .await?
    } else {
        None
    };
    connection.close().await?;
    Ok(found.unwrap_or_default())
}
