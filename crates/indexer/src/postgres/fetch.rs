//! Fetch: parts of articles from the database, in one round trip for all that are wanted, and past the cache where they are
//! in it.

use std::{collections::HashMap, sync::Arc};

use database::DatabaseError;
use sqlx::{PgPool, Row as _, postgres::PgRow};

use super::{
    bodies::{Numbers, Texts, TokenRows},
    cache::{BodyKey, Cache, Sized},
    engine::Engine,
    lists::List,
    safe,
    terms::AskedList,
    wait,
};
use crate::{
    error::{Damage, SearchError},
    snapshot::{ArticleOrdinal, Bodies, Frame},
};

/// A kind of body: where it is cached, in which columns it is, and how they are read.
pub(super) struct Kind<'e, T> {
    cache: &'e Cache<T>,
    columns: &'static str,
    read: &'e (dyn Fn(&PgRow, usize) -> Result<T, SearchError> + Sync),
}

impl Engine {
    fn key(&self, article: ArticleOrdinal) -> &BodyKey {
        &self.keys[article.0 as usize]
    }

    /// Fetches what of `articles` is not cached, and hands it on as well.
    pub(super) fn load<T: Sized>(
        &self,
        articles: &[ArticleOrdinal],
        kind: &Kind<'_, T>,
        is_cached: bool,
    ) -> Result<Vec<(ArticleOrdinal, Arc<T>)>, SearchError> {
        let mut missing: Vec<ArticleOrdinal> = articles
            .iter()
            .copied()
            .filter(|article| kind.cache.get(self.key(*article)).is_none())
            .collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let statement: Arc<str> = format!(
            "SELECT key, {} FROM index_bodies WHERE key = ANY($1)",
            kind.columns
        )
        .into();
        let key_of = |article: &ArticleOrdinal| self.key(*article).to_vec();
        let keys: Arc<[Vec<u8>]> = missing.iter().map(key_of).collect();
        let query = move |pool: PgPool| {
            let (statement, keys) = (Arc::clone(&statement), Arc::clone(&keys));
            async move {
                sqlx::query(safe(statement.to_string()))
                    .bind(&*keys)
                    .fetch_all(&pool)
                    .await
            }
        };
        let mut rows = self.postgres.read(query.clone())?;
        if rows.len() < missing.len() {
            // A standby has not got all of it yet.
            let database = self.postgres.database().clone();
            rows = wait(async move { database.timed(query(database.pool().clone())).await })?;
        }
        let mut by_key: HashMap<&[u8], ArticleOrdinal> = HashMap::with_capacity(missing.len());
        by_key.extend(missing.iter().map(|own| (self.key(*own).as_slice(), *own)));
        let mut loaded = Vec::with_capacity(missing.len());
        for row in rows {
            let Some(article) = by_key.get(&*column(&row, 0)?).copied() else {
                continue;
            };
            let n = self.head.articles[article.0 as usize].n_passages as usize;
            let body = Arc::new((kind.read)(&row, n)?);
            if is_cached {
                kind.cache.put(*self.key(article), Arc::clone(&body));
            }
            loaded.push((article, body));
        }
        Ok(loaded)
    }

    /// One body, from the cache where it is.
    fn one<T: Sized>(
        &self,
        article: ArticleOrdinal,
        kind: &Kind<'_, T>,
    ) -> Result<Arc<T>, SearchError> {
        if let Some(body) = kind.cache.get(self.key(article)) {
            return Ok(body);
        }
        let loaded = self.load(&[article], kind, true)?;
        let body = loaded.into_iter().next().map(|(_, body)| body);
        // Another thread may have fetched it meanwhile.
        body.or_else(|| kind.cache.get(self.key(article)))
            .ok_or(SearchError::Damaged(Damage::Content(
                "the database has no body of an article",
            )))
    }

    pub(super) fn numbers_kind<'e>(
        &'e self,
        read: &'e (dyn Fn(&PgRow, usize) -> Result<Numbers, SearchError> + Sync),
    ) -> Kind<'e, Numbers> {
        Kind {
            cache: &self.postgres.0.cache.numbers,
            columns: "vectors, terms",
            read,
        }
    }

    pub(super) fn numbers(
        &self,
        frame: &Frame,
        article: ArticleOrdinal,
    ) -> Result<Arc<Numbers>, SearchError> {
        let read = read_numbers(frame.manifest.dimensions);
        self.one(article, &self.numbers_kind(&read))
    }

    pub(super) fn texts(&self, article: ArticleOrdinal) -> Result<Arc<Texts>, SearchError> {
        let kind = Kind {
            cache: &self.postgres.0.cache.texts,
            columns: "source, passages",
            read: &read_texts,
        };
        self.one(article, &kind)
    }

    pub(super) fn tokens(
        &self,
        frame: &Frame,
        article: ArticleOrdinal,
    ) -> Result<Arc<TokenRows>, SearchError> {
        let read = read_tokens(frame);
        let kind = Kind {
            cache: &self.postgres.0.cache.tokens,
            columns: "tokens",
            read: &read,
        };
        self.one(article, &kind)
    }

    /// Lists by number, from the cache where they are.
    pub(super) fn lists(
        &self,
        wanted: &[AskedList],
    ) -> Result<HashMap<u32, Arc<List>>, SearchError> {
        const SHORT: Damage = Damage::Content("the database has not all passages of a list");
        let cache = &self.postgres.0.cache.lists;
        let mut lists = HashMap::with_capacity(wanted.len());
        let mut missing: Vec<AskedList> = Vec::new();
        for own in wanted {
            if let Some(list) = cache.get(&self.list_key(own.number)) {
                lists.insert(own.number, list);
            } else {
                missing.push(*own);
            }
        }
        if missing.is_empty() {
            return Ok(lists);
        }
        let statement = self.statements.lists();
        let numbers: Arc<[i32]> = missing.iter().map(|own| own.number.cast_signed()).collect();
        let query = move |pool: PgPool| {
            let (statement, numbers) = (Arc::clone(&statement), Arc::clone(&numbers));
            async move {
                sqlx::query_as::<_, (i32, Vec<u8>)>(safe(statement.to_string()))
                    .bind(&*numbers)
                    .fetch_all(&pool)
                    .await
            }
        };
        let mut read = read_lists(&missing, self.postgres.read(query.clone())?)?;
        if read.is_none() {
            // A standby has not got all of it yet.
            let database = self.postgres.database().clone();
            let rows = wait(async move { database.timed(query(database.pool().clone())).await })?;
            read = read_lists(&missing, rows)?;
        }
        for (number, list) in read.ok_or(SearchError::Damaged(SHORT))? {
            let list = Arc::new(list);
            cache.put(self.list_key(number), Arc::clone(&list));
            lists.insert(number, list);
        }
        Ok(lists)
    }

    fn list_key(&self, number: u32) -> BodyKey {
        let mut key = [0; 32];
        let (name, own) = key.split_at_mut(self.lists.len());
        name.copy_from_slice(&self.lists);
        own.copy_from_slice(&number.to_le_bytes());
        key
    }

    pub(super) fn fetch_of(
        &self,
        frame: &Frame,
        articles: &[ArticleOrdinal],
        bodies: Bodies,
    ) -> Result<(), SearchError> {
        let caches = &self.postgres.0.cache;
        match bodies {
            Bodies::Numbers => {
                let read = read_numbers(frame.manifest.dimensions);
                self.load(articles, &self.numbers_kind(&read), true)?;
            }
            Bodies::Tokens => {
                let kind = Kind {
                    cache: &caches.tokens,
                    columns: "tokens",
                    read: &read_tokens(frame),
                };
                self.load(articles, &kind, true)?;
            }
            Bodies::Texts => {
                let kind = Kind {
                    cache: &caches.texts,
                    columns: "source, passages",
                    read: &read_texts,
                };
                self.load(articles, &kind, true)?;
            }
        }
        Ok(())
    }
}

/// The lists of rows of number and bytes, in order; `None` when one of them is not whole.
fn read_lists(
    wanted: &[AskedList],
    rows: Vec<(i32, Vec<u8>)>,
) -> Result<Option<Vec<(u32, List)>>, Damage> {
    let mut parts: HashMap<u32, Vec<Vec<u8>>> = HashMap::new();
    for (number, bytes) in rows {
        let own = parts.entry(number.cast_unsigned()).or_default();
        own.push(bytes);
    }
    let lists = wanted.iter().map(|own| {
        let parts = parts.get(&own.number).map_or(&[][..], Vec::as_slice);
        let list = List::read(parts, own.n)?;
        Ok(list.map(|list| (own.number, list)))
    });
    lists.collect()
}

pub(super) fn read_numbers(
    dimensions: usize,
) -> impl Fn(&PgRow, usize) -> Result<Numbers, SearchError> + Sync {
    move |row, n| {
        let (vectors, terms) = (column(row, 1)?, column(row, 2)?);
        Ok(Numbers::read(vectors, terms, dimensions, n)?)
    }
}

fn read_tokens(frame: &Frame) -> impl Fn(&PgRow, usize) -> Result<TokenRows, SearchError> + Sync {
    |row, n| Ok(TokenRows::read(column(row, 1)?, &frame.reduction, n)?)
}

fn read_texts(row: &PgRow, n: usize) -> Result<Texts, SearchError> {
    let text = |at: usize| row.try_get::<String, _>(at).map_err(DatabaseError::from);
    Ok(Texts::read(text(1)?, &text(2)?, n)?)
}

fn column(row: &PgRow, at: usize) -> Result<Vec<u8>, DatabaseError> {
    Ok(row.try_get(at)?)
}
