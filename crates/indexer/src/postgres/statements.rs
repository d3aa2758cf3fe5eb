//! Statements: the SQL that searches one generation, prepared once a connection.

use std::sync::Arc;

/// The queries of a generation, whose tables' names begin alike.
#[derive(Debug, Clone)]
pub(super) struct Statements {
    tables: Arc<str>,
}

impl Statements {
    pub(super) fn new(tables: &str) -> Self {
        Self {
            tables: tables.into(),
        }
    }

    /// `$1` weights, `$2` numbers of terms, `$3` how many; `$4` classes of articles, when not all are selected.
    pub(super) fn lexical(&self, is_filtered: bool) -> String {
        let tables = &self.tables;
        let filter = filter(is_filtered);
        format!(
            "SELECT ordinal, -(weights <#> $1) AS score FROM {tables}lexical \
             WHERE terms && $2{filter} ORDER BY weights <#> $1, ordinal LIMIT $3"
        )
    }

    /// `$1` a direction, `$2` how many; `$3` classes of articles, when not all are selected.
    pub(super) fn dense(&self, is_filtered: bool) -> String {
        let tables = &self.tables;
        let filter = if is_filtered {
            " WHERE class = ANY($3)"
        } else {
            ""
        };
        format!("SELECT ordinal FROM {tables}dense{filter} ORDER BY direction <#> $1 LIMIT $2")
    }
}

const fn filter(is_filtered: bool) -> &'static str {
    if is_filtered {
        " AND class = ANY($4)"
    } else {
        ""
    }
}

/// Makes the tables of a generation.
pub(super) fn create(tables: &str, dimensions: usize) -> String {
    format!(
        "CREATE TABLE {tables}articles (article integer NOT NULL, key bytea NOT NULL);
         CREATE TABLE {tables}dense (
             ordinal integer NOT NULL, class integer NOT NULL, direction public.halfvec({dimensions}) NOT NULL);
         CREATE TABLE {tables}lexical (
             ordinal integer NOT NULL, class integer NOT NULL, terms integer[] NOT NULL, weights public.sparsevec NOT NULL);
         ALTER TABLE {tables}dense ALTER COLUMN direction SET STORAGE PLAIN;"
    )
}

/// Makes the indexes of a generation's tables and tells the planner what is in them. `by_neighbours` also an index of
/// directions.
pub(super) fn index(tables: &str, by_neighbours: bool) -> String {
    let neighbours = if by_neighbours {
        format!(
            "CREATE INDEX ON {tables}dense USING hnsw (direction public.halfvec_ip_ops) WITH (m = 16, ef_construction = 100);"
        )
    } else {
        String::new()
    };
    format!(
        "CREATE INDEX ON {tables}articles (key);
         CREATE INDEX ON {tables}lexical USING gin (terms) WITH (fastupdate = off);
         CREATE INDEX ON {tables}dense (class);
         {neighbours}
         ANALYZE {tables}articles; ANALYZE {tables}dense; ANALYZE {tables}lexical;"
    )
}

/// Removes the tables of a generation.
pub(super) fn remove(tables: &str) -> String {
    format!("DROP TABLE IF EXISTS {tables}articles, {tables}dense, {tables}lexical")
}

/// Bytes of the tables of a generation, as an expression.
pub(super) fn size(tables: &str) -> String {
    format!(
        "pg_total_relation_size('{tables}articles') + pg_total_relation_size('{tables}dense') \
         + pg_total_relation_size('{tables}lexical')"
    )
}
