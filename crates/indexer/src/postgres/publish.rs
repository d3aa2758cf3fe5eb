//! Publish: a generation from its working copy into the database, and the pointer to it.

use std::collections::HashSet;

use corpus::Language;
use database::{DatabaseError, Lease};
use sqlx::{Connection as _, PgConnection};

use super::{
    CHANNEL, FORMAT, Postgres,
    bodies::{self, TermCount, push_terms, push_vector},
    cache::BodyKey,
    copy::Rows,
    head, keep, lists, runtime, safe,
    statements::{self, Remote},
    terms::{Counted, Terms},
};
use crate::{
    error::BuildError,
    format::ArticleRecord,
    late::Tokens,
    lexical::{SegmentTerms, dictionary::Dictionary as _},
    shard::Shard,
    snapshot::{ArticleOrdinal, Embedded, Frame, PassageOrdinal, Retrieval as _, Snapshot},
    space::Roots,
};

impl Postgres {
    /// Copies the generation `snapshot`, which lies on this machine, and makes it the one that serves in the place of
    /// `before`. What was there before is served until all of it is there.
    ///
    /// # Errors
    /// [`BuildError::Database`], [`BuildError::Lexical`], [`BuildError::Overtaken`].
    pub(crate) fn publish(
        &self,
        lease: &Lease,
        snapshot: &Snapshot,
        before: Option<&str>,
    ) -> Result<(), BuildError> {
        let Some(embedded) = snapshot.embedded() else {
            return Ok(());
        };
        runtime().block_on(async {
            let mut connection = self.patient_connection(snapshot.n_passages()).await?;
            keep::clear_unfinished(self, &mut connection).await?;
            let id = snapshot.generation();
            let is_there: bool =
                sqlx::query_scalar("SELECT EXISTS (SELECT FROM index_generations WHERE id = $1)")
                    .bind(id)
                    .fetch_one(&mut connection)
                    .await
                    .map_err(DatabaseError::from)?;
            if !is_there {
                self.copy(&mut connection, snapshot, embedded).await?;
            }
            self.serve(lease, &mut connection, id, before).await?;
            connection.close().await.ok();
            Ok(())
        })
    }

    /// A connection on which statements may take as long as they need.
    pub(super) async fn patient_connection(
        &self,
        n_passages: usize,
    ) -> Result<PgConnection, DatabaseError> {
        let mut connection = self.database().connect_once().await?;
        // An index of neighbours is built many times faster where it fits into memory: 2 KB a passage.
        let memory_mb = (n_passages >> 9).clamp(64, 2_048);
        sqlx::raw_sql(safe(format!(
            "SET statement_timeout = 0; SET maintenance_work_mem = '{memory_mb}MB'"
        )))
        .execute(&mut connection)
        .await?;
        Ok(connection)
    }

    async fn copy(
        &self,
        connection: &mut PgConnection,
        snapshot: &Snapshot,
        embedded: &Embedded,
    ) -> Result<(), BuildError> {
        let frame = snapshot.frame();
        let manifest = &frame.manifest;
        let articles: Vec<ArticleRecord> = (0..manifest.n_articles)
            .map(|n| embedded.record(ArticleOrdinal(as_u32(n))).clone())
            .collect();
        let terms = count(embedded, frame)?;
        let packed = pack_head(frame, embedded, &articles, &terms);
        let number: i32 = sqlx::query_scalar(
            "INSERT INTO index_generations \
             (id, format, built_at, before, n_articles, n_passages, head_hash, data_servers) \
             VALUES ($1, $2, to_timestamp($3), $4, $5, $6, $7, $8) RETURNING number",
        )
        .bind(&manifest.generation)
        .bind(FORMAT)
        .bind(manifest.built_at.as_millisecond() as f64 / 1_000.0)
        .bind(&manifest.before)
        .bind(as_i64(manifest.n_articles))
        .bind(as_i64(manifest.n_passages))
        .bind(blake3::hash(&packed).as_bytes().as_slice())
        .bind(&self.options().data_servers)
        .fetch_one(&mut *connection)
        .await
        .map_err(DatabaseError::from)?;
        let tables = self.tables(number);
        let servers = &self.options().data_servers;
        let create = statements::create(self.schema(), &tables, manifest.dimensions, servers);
        execute_everywhere(connection, create).await?;

        let copying = Copying {
            frame,
            terms: &terms,
            keys: head::keys(frame, &articles),
            classes: head::classes(&articles).0,
            articles: &articles,
            roots: frame.space.roots(),
        };
        let mut first = 0;
        let of_lists = format!("{tables}lists (number, part, bytes)");
        let mut collected = lists::Collected::default();
        for (n, shard) in snapshot.shards().map(|(_, _, shard)| shard).enumerate() {
            let segment = embedded.lexical_index().read_segment(n);
            let segment = segment.map_err(BuildError::Lexical)?;
            let own = first..first + shard.articles.len();
            first = own.end;
            let keys: Vec<&[u8]> = copying.keys[own.clone()]
                .iter()
                .map(<[u8; 32]>::as_slice)
                .collect();
            let known: Vec<Vec<u8>> =
                sqlx::query_scalar("SELECT key FROM index_bodies WHERE key = ANY($1)")
                    .bind(keys)
                    .fetch_all(&mut *connection)
                    .await
                    .map_err(DatabaseError::from)?;
            let known: HashSet<Vec<u8>> = known.into_iter().collect();
            if let Some(passage) = frame.tables.first_passages.get(own.start) {
                collected.add(&segment, *passage, &terms);
            }
            if collected.is_full() {
                collected.take().send(connection, &of_lists).await?;
            }
            let rows = copying.rows(own.start, shard, segment, &known);
            let columns = [
                "index_bodies (key, source, passages, vectors, tokens, terms)".to_owned(),
                format!("{tables}articles (article, key)"),
                format!("{tables}dense (ordinal, class, direction)"),
                format!("{tables}lexical (ordinal, class, terms, weights)"),
            ];
            for (rows, table) in rows.into_iter().zip(columns) {
                rows.send(connection, &table).await?;
            }
        }
        collected.take().send(connection, &of_lists).await?;
        let by_neighbours = manifest.n_passages >= self.options().hnsw_from;
        execute_everywhere(
            connection,
            statements::index(&tables, by_neighbours, servers),
        )
        .await?;
        execute(connection, "ANALYZE index_bodies".to_owned()).await?;
        for (part, bytes) in (0_i32..).zip(packed.chunks(head::PART)) {
            sqlx::query("INSERT INTO index_heads (generation, part, bytes) VALUES ($1, $2, $3)")
                .bind(&manifest.generation)
                .bind(part)
                .bind(bytes)
                .execute(&mut *connection)
                .await
                .map_err(DatabaseError::from)?;
        }
        Ok(())
    }

    /// Makes a generation that is all there the one that serves.
    async fn serve(
        &self,
        lease: &Lease,
        connection: &mut PgConnection,
        id: &str,
        before: Option<&str>,
    ) -> Result<(), BuildError> {
        let lost = || DatabaseError::from(sqlx::Error::WorkerCrashed);
        if !lease.is_held() {
            return Err(lost().into());
        }
        let mut transaction = connection.begin().await.map_err(DatabaseError::from)?;
        let number: i32 = sqlx::query_scalar(
            "UPDATE index_generations SET complete = true WHERE id = $1 RETURNING number",
        )
        .bind(id)
        .fetch_one(&mut *transaction)
        .await
        .map_err(DatabaseError::from)?;
        let size = statements::size(&self.tables(number));
        sqlx::query(safe(format!(
            "UPDATE index_generations SET n_bytes = {size} \
             + (SELECT coalesce(sum(length(bytes)), 0)::bigint FROM index_heads WHERE generation = $1) \
             WHERE id = $1"
        )))
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(DatabaseError::from)?;
        let current = keep::swap(&mut transaction, id).await?;
        // Whoever lost the right to build without knowing must not undo what another has built.
        if let Some(generation) = current.filter(|current| before != Some(current) && current != id)
        {
            return Err(BuildError::Overtaken { generation });
        }
        database::notify(&mut *transaction, self.database(), CHANNEL, id).await?;
        transaction.commit().await.map_err(DatabaseError::from)?;
        self.heard_here(id);
        Ok(())
    }
}

async fn execute(connection: &mut PgConnection, statements: String) -> Result<(), DatabaseError> {
    sqlx::raw_sql(safe(statements)).execute(connection).await?;
    Ok(())
}

/// Runs statements on foreign servers, and then one here.
pub(super) async fn execute_everywhere(
    connection: &mut PgConnection,
    (remote, local): (Vec<Remote>, String),
) -> Result<(), DatabaseError> {
    for (server, statement) in remote {
        sqlx::query("SELECT dblink_exec($1, $2)")
            .bind(server)
            .bind(statement)
            .execute(&mut *connection)
            .await?;
    }
    execute(connection, local).await
}

fn as_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn as_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The dictionary of a generation.
fn count(embedded: &Embedded, frame: &Frame) -> Result<Terms, BuildError> {
    let lexical = embedded.lexical_index();
    let mut counted = Counted::default();
    for segment in 0..lexical.segment_lengths().count() {
        let segment = lexical.read_segment(segment);
        counted.add(&segment.map_err(BuildError::Lexical)?);
    }
    let total_lengths = Language::ALL.map(|language| lexical.total_lengths(language));
    Ok(counted.into_terms(total_lengths, frame.tables.n_by_language))
}

fn pack_head(
    frame: &Frame,
    embedded: &Embedded,
    articles: &[ArticleRecord],
    terms: &Terms,
) -> Vec<u8> {
    let n_passages = as_u32(frame.manifest.n_passages);
    let sections: Vec<u32> = (0..n_passages)
        .map(|n| u32::try_from(embedded.section_of(frame, PassageOrdinal(n))).unwrap_or(u32::MAX))
        .collect();
    let words = Language::ALL.map(|language| {
        let own = articles
            .iter()
            .zip(0..)
            .filter(|(own, _)| own.article.language == language);
        let sources = own.filter_map(|(_, n)| embedded.source(ArticleOrdinal(n)).ok());
        let sources: Vec<_> = sources.collect();
        head::word_hashes(sources.iter().map(AsRef::as_ref))
    });
    let mut sample_vectors = Vec::new();
    for passage in head::sample(frame) {
        push_vector(&mut sample_vectors, &embedded.stored(frame, passage));
    }
    let token_sample = head::token_sample(frame);
    let rows = token_sample
        .iter()
        .map(|passage| embedded.rows(frame, *passage));
    let sample_tokens = Tokens::encode(frame.reduction.kept(), rows);
    let shards: Vec<usize> = embedded
        .shards()
        .map(|shard| shard.articles.len())
        .collect();
    head::pack(
        frame,
        head::Parts {
            articles,
            shards: &shards,
            sections: &sections,
            terms,
            words: &words,
            sample_vectors,
            sample_tokens,
        },
    )
}

/// What the rows of a generation are made with.
struct Copying<'a> {
    frame: &'a Frame,
    terms: &'a Terms,
    keys: Vec<BodyKey>,
    classes: Vec<u32>,
    articles: &'a [ArticleRecord],
    roots: Roots,
}

/// A term of a passage: its number, and how often it stands in each place.
#[derive(Debug, Clone, Copy)]
struct Counts {
    number: u32,
    hash: u64,
    n: [u32; 3],
    /// Whether it has lists.
    is_common: bool,
}

impl Copying<'_> {
    /// The rows of a shard, whose first article has the ordinal `first`: bodies that are not `known`, articles, directions,
    /// terms.
    fn rows(
        &self,
        first: usize,
        shard: &Shard,
        segment: SegmentTerms,
        known: &HashSet<Vec<u8>>,
    ) -> [Rows; 4] {
        let [mut bodies, mut articles, mut dense, mut lexical] = [(); 4].map(|()| Rows::new());
        let lengths = segment.lengths.clone();
        let mut counts = self.counts(segment);
        let mut index = 0;
        for (ordinal, record) in (first..).zip(&self.articles[first..first + shard.articles.len()])
        {
            let key = &self.keys[ordinal];
            articles.row(2);
            articles.int(as_u32(ordinal));
            articles.bytes(key);
            let language = record.article.language;
            let own = index..index + record.n_passages as usize;
            let mut terms = Vec::new();
            for (place, index) in (0..).zip(own.clone()) {
                let passage = self.frame.tables.first_passages[ordinal] + place;
                let lengths = lengths[index][language.index()];
                let counts = &mut counts[index];
                self.push_dense(&mut dense, passage, ordinal, &shard.vectors.values(index));
                self.push_lexical(&mut lexical, passage, ordinal, lengths, counts);
                let mut found: Vec<TermCount> = counts.iter().map(term_count).collect();
                push_terms(&mut terms, lengths, &mut found);
            }
            if !known.contains(key.as_slice()) {
                push_body(
                    &mut bodies,
                    key,
                    shard,
                    (ordinal - first, own.clone()),
                    &terms,
                );
            }
            index = own.end;
        }
        [bodies, articles, dense, lexical]
    }

    /// The terms of each passage of a shard, by number.
    fn counts(&self, segment: SegmentTerms) -> Vec<Vec<Counts>> {
        let mut counts: Vec<Vec<Counts>> = vec![Vec::new(); segment.lengths.len()];
        for term in segment.terms {
            let Some((number, n_with)) = self.terms.find(&term.text, term.language) else {
                continue;
            };
            let hash = bodies::term_hash(&term.text);
            for (doc, n) in term.places {
                let own = &mut counts[doc as usize];
                // Terms come place by place, so a term may be there from another place.
                let at = own.iter().position(|known| known.number == number);
                let at = at.unwrap_or_else(|| {
                    own.push(Counts {
                        number,
                        hash,
                        n: [0; 3],
                        is_common: lists::is_common(n_with),
                    });
                    own.len() - 1
                });
                own[at].n[term.place] = n;
            }
        }
        for own in &mut counts {
            own.sort_unstable_by_key(|term| term.number);
        }
        counts
    }

    fn push_dense(&self, rows: &mut Rows, passage: u32, article: usize, vector: &[f32]) {
        let space = &self.frame.space;
        let language = self.articles[article].article.language;
        let inverse_length = space.inverse_lengths()[passage as usize];
        rows.row(3);
        rows.int(passage);
        rows.int(self.classes[article]);
        rows.half(&space.direction(&self.roots, vector, language, inverse_length));
    }

    fn push_lexical(
        &self,
        rows: &mut Rows,
        passage: u32,
        article: usize,
        lengths: [u8; 3],
        counts: &[Counts],
    ) {
        let language = self.articles[article].article.language;
        // Common terms are looked up in their lists.
        let rare = counts.iter().filter(|term| !term.is_common);
        let numbers: Vec<u32> = rare.map(|term| term.number).collect();
        let weights = counts.iter().flat_map(|term| {
            (0..)
                .zip(term.n)
                .filter(|(_, n)| *n > 0)
                .map(move |(place, n)| {
                    let weight = self.terms.saturated(language, place, lengths[place], n);
                    (3 * term.number + as_u32(place), weight)
                })
        });
        let weights: Vec<(u32, f32)> = weights.collect();
        rows.row(4);
        rows.int(passage);
        rows.int(self.classes[article]);
        rows.ints(&numbers);
        rows.sparse(self.terms.n_weights(), &weights);
    }
}

fn term_count(term: &Counts) -> TermCount {
    TermCount {
        hash: term.hash,
        counts: term.n.map(|n| u16::try_from(n).unwrap_or(u16::MAX)),
    }
}

/// The row of an article's body: its number in the shard, and its passages there.
fn push_body(
    rows: &mut Rows,
    key: &BodyKey,
    shard: &Shard,
    (article, passages): (usize, std::ops::Range<usize>),
    terms: &[u8],
) {
    let mut lines = Vec::new();
    let mut vectors = Vec::new();
    for index in passages.clone() {
        lines.extend_from_slice(shard.line(index));
        lines.push(b'\n');
        push_vector(&mut vectors, &shard.vectors.stored(index));
    }
    let token_rows: Vec<&[i8]> = passages.map(|index| shard.tokens.rows(index)).collect();
    let tokens = Tokens::encode(shard.tokens.width(), token_rows.iter().copied());
    rows.row(6);
    rows.bytes(key);
    rows.bytes(shard.source(&shard.articles[article]).as_bytes());
    rows.bytes(&lines);
    rows.bytes(&vectors);
    rows.bytes(&tokens);
    rows.bytes(terms);
}
