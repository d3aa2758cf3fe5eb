//! Statements: the SQL that searches one generation, prepared once a connection.

use std::{fmt::Write as _, sync::Arc};

/// The queries of a generation, whose tables' names begin alike.
#[derive(Debug, Clone)]
pub(super) struct Statements {
    tables: String,
    /// The data servers it is spread over; none when it lies on the server itself.
    pub(super) servers: Vec<Arc<str>>,
}

impl Statements {
    pub(super) fn new(tables: String, servers: &[String]) -> Self {
        let servers = servers.iter().map(|name| name.as_str().into()).collect();
        Self { tables, servers }
    }

    /// `$1` weights, `$2` numbers of terms, `$3` how many; `$4` classes of articles, when not all are selected.
    pub(super) fn lexical(&self, is_filtered: bool) -> Arc<str> {
        let tables = &self.tables;
        let filter = filter(is_filtered);
        let statement = format!(
            "SELECT ordinal, -(weights <#> $1) AS score FROM {tables}lexical \
             WHERE terms && $2{filter} ORDER BY weights <#> $1, ordinal LIMIT $3"
        );
        statement.into()
    }

    /// `$1` a direction, `$2` how many; `$3` classes of articles, when not all are selected.
    pub(super) fn dense(&self, is_filtered: bool) -> Arc<str> {
        let tables = &self.tables;
        let filter = if is_filtered {
            " WHERE class = ANY($3)"
        } else {
            ""
        };
        let statement = format!(
            "SELECT ordinal, -(direction <#> $1) AS score FROM {tables}dense{filter} \
             ORDER BY direction <#> $1 LIMIT $2"
        );
        statement.into()
    }

    /// `$1` numbers of lists.
    pub(super) fn lists(&self) -> Arc<str> {
        let tables = &self.tables;
        let statement = format!(
            "SELECT number, bytes FROM {tables}lists WHERE number = ANY($1) ORDER BY number, part"
        );
        statement.into()
    }

    /// What a data server is asked for the `n` passages that hold any of `terms` and score best by `weights`, of which there are
    /// `n_weights` places.
    pub(super) fn lexical_on(
        &self,
        server: &str,
        (weights, n_weights): (&[(u32, f32)], u32),
        terms: &[i32],
        n: i64,
        classes: Option<&[i32]>,
    ) -> Arc<str> {
        let tables = &self.tables;
        // PostgreSQL counts places from 1 where it reads them.
        let weights = weights
            .iter()
            .map(|(place, weight)| format!("{}:{weight}", place + 1));
        let weights = weights.collect::<Vec<_>>().join(",");
        let terms = numbers(terms);
        let filter = classes.map_or(String::new(), |own| {
            format!(" AND class = ANY('{{{}}}'::integer[])", numbers(own))
        });
        let statement = format!(
            "SELECT ordinal, -away FROM (SELECT ordinal, weights OPERATOR(public.<#>) \
             '{{{weights}}}/{n_weights}'::public.sparsevec AS away FROM {tables}lexical_{server} \
             WHERE terms && '{{{terms}}}'::integer[]{filter} ORDER BY away, ordinal LIMIT {n}) AS found"
        );
        statement.into()
    }

    /// What a data server is asked for the `n` passages nearest to `direction`.
    pub(super) fn dense_on(
        &self,
        server: &str,
        direction: &[f32],
        n: i64,
        classes: Option<&[i32]>,
    ) -> Arc<str> {
        let tables = &self.tables;
        let direction = numbers(direction);
        let filter = classes.map_or(String::new(), |own| {
            format!(" WHERE class = ANY('{{{}}}'::integer[])", numbers(own))
        });
        let statement = format!(
            "SELECT ordinal, -away FROM (SELECT ordinal, direction OPERATOR(public.<#>) \
             '[{direction}]'::public.halfvec AS away FROM {tables}dense_{server}{filter} \
             ORDER BY away LIMIT {n}) AS found"
        );
        statement.into()
    }
}

fn numbers(values: &[impl ToString]) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    texts.join(",")
}

/// Connects a session to the data server `$1`, under its name, unless it is.
pub(super) const CONNECT: &str = "SELECT dblink_connect($1, $1) \
    WHERE NOT $1 = ANY (coalesce(dblink_get_connections(), '{}'))";

/// Asks the data server `$1`, which the session is connected to, by the statement `$2`.
pub(super) const ASK: &str = "SELECT ordinal, score FROM dblink($1, $2) \
    AS found (ordinal integer, score double precision)";

const fn filter(is_filtered: bool) -> &'static str {
    if is_filtered {
        " AND class = ANY($4)"
    } else {
        ""
    }
}

/// What is searched of a passage, as columns.
fn columns(dimensions: usize) -> [(&'static str, String); 2] {
    [
        (
            "dense",
            format!(
                "ordinal integer NOT NULL, class integer NOT NULL, direction public.halfvec({dimensions}) NOT NULL"
            ),
        ),
        (
            "lexical",
            "ordinal integer NOT NULL, class integer NOT NULL, terms integer[] NOT NULL, \
             weights public.sparsevec NOT NULL"
                .to_owned(),
        ),
    ]
}

/// A statement, and the foreign server it is for.
pub(super) type Remote = (String, String);

/// Makes the tables of a generation. With `servers`, passages lie on those, some on each; then what makes their tables comes
/// first.
pub(super) fn create(
    schema: &str,
    tables: &str,
    dimensions: usize,
    servers: &[String],
) -> (Vec<Remote>, String) {
    let mut remote = Vec::new();
    let mut local =
        format!(
            "CREATE TABLE {tables}articles (article integer NOT NULL, key bytea NOT NULL);
             CREATE TABLE {tables}lists (number integer, part integer, bytes bytea NOT NULL, PRIMARY KEY (number, part));
             ALTER TABLE {tables}lists ALTER COLUMN bytes SET STORAGE EXTERNAL;"
        );
    for server in servers {
        remote.push((
            server.clone(),
            format!("CREATE SCHEMA IF NOT EXISTS {schema}"),
        ));
    }
    for (name, columns) in columns(dimensions) {
        let spread = if servers.is_empty() {
            ""
        } else {
            " PARTITION BY HASH (ordinal)"
        };
        let _ = write!(local, "CREATE TABLE {tables}{name} ({columns}){spread};");
        for (n, server) in servers.iter().enumerate() {
            let part = format!("{tables}{name}_{server}");
            let bare = part.strip_prefix(&format!("{schema}.")).unwrap_or(&part);
            remote.push((server.clone(), format!("CREATE TABLE {part} ({columns})")));
            let _ = write!(
                local,
                "CREATE FOREIGN TABLE {part} PARTITION OF {tables}{name} \
                 FOR VALUES WITH (MODULUS {}, REMAINDER {n}) SERVER {server} \
                 OPTIONS (schema_name '{schema}', table_name '{bare}');",
                servers.len()
            );
        }
    }
    if servers.is_empty() {
        let _ = write!(
            local,
            "ALTER TABLE {tables}dense ALTER COLUMN direction SET STORAGE PLAIN;"
        );
    }
    (remote, local)
}

/// Makes the indexes of a generation's tables and tells the planner what is in them. `by_neighbours` also an index of
/// directions.
pub(super) fn index(
    tables: &str,
    by_neighbours: bool,
    servers: &[String],
) -> (Vec<Remote>, String) {
    let on_part = |ending: &str| {
        let neighbours = if by_neighbours {
            format!(
                "CREATE INDEX ON {tables}dense{ending} USING hnsw (direction public.halfvec_ip_ops) \
                 WITH (m = 16, ef_construction = 100);"
            )
        } else {
            String::new()
        };
        format!(
            "CREATE INDEX ON {tables}lexical{ending} USING gin (terms) WITH (fastupdate = off);
             CREATE INDEX ON {tables}dense{ending} (class); {neighbours}
             ANALYZE {tables}dense{ending}; ANALYZE {tables}lexical{ending};"
        )
    };
    let articles = format!(
        "CREATE INDEX ON {tables}articles (key); ANALYZE {tables}articles; ANALYZE {tables}lists;"
    );
    if servers.is_empty() {
        return (Vec::new(), articles + &on_part(""));
    }
    let remote = servers
        .iter()
        .map(|server| (server.clone(), on_part(&format!("_{server}"))));
    let local = format!("{articles} ANALYZE {tables}dense; ANALYZE {tables}lexical;");
    (remote.collect(), local)
}

/// Removes the tables of a generation.
pub(super) fn remove(tables: &str, servers: &[String]) -> (Vec<Remote>, String) {
    let remote = servers.iter().map(|server| {
        let parts =
            format!("DROP TABLE IF EXISTS {tables}dense_{server}, {tables}lexical_{server}");
        (server.clone(), parts)
    });
    let local = format!(
        "DROP TABLE IF EXISTS {tables}articles, {tables}lists, {tables}dense, {tables}lexical"
    );
    (remote.collect(), local)
}

/// Bytes of the tables of a generation, as an expression.
pub(super) fn size(tables: &str) -> String {
    format!(
        "pg_total_relation_size('{tables}articles') + pg_total_relation_size('{tables}dense') \
         + pg_total_relation_size('{tables}lexical') + pg_total_relation_size('{tables}lists')"
    )
}
