//! Rows for `COPY … FROM STDIN (FORMAT binary)`, and their way into a table.

use database::DatabaseError;
use pgvector::HalfVector;
use sqlx::PgConnection;

/// What a stream of rows starts with: a signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What it ends with.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Bytes that are sent at once.
const CHUNK: usize = 1 << 20;

/// Type of a four-byte integer.
const INT4: i32 = 23;

/// Rows on their way.
#[derive(Debug)]
pub(super) struct Rows {
    bytes: Vec<u8>,
}

impl Rows {
    pub(super) fn new() -> Self {
        Self {
            bytes: HEADER.to_vec(),
        }
    }

    /// Starts a row of `n` columns.
    pub(super) fn row(&mut self, n: i16) {
        self.bytes.extend(n.to_be_bytes());
    }

    pub(super) fn int(&mut self, value: u32) {
        self.length(4);
        self.bytes.extend(value.to_be_bytes());
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.length(value.len());
        self.bytes.extend_from_slice(value);
    }

    pub(super) fn ints(&mut self, values: &[u32]) {
        self.length(20 + 8 * values.len());
        for header in [1, 0, INT4] {
            self.bytes.extend(header.to_be_bytes());
        }
        self.length(values.len());
        self.length(1);
        for value in values {
            self.int(*value);
        }
    }

    /// A `halfvec`.
    pub(super) fn half(&mut self, values: &[f32]) {
        self.length(4 + 2 * values.len());
        let n = u16::try_from(values.len()).unwrap_or(u16::MAX);
        self.bytes.extend(n.to_be_bytes());
        self.bytes.extend([0; 2]);
        for value in HalfVector::from_f32_slice(values).as_slice() {
            self.bytes.extend(value.to_be_bytes());
        }
    }

    /// A `sparsevec` of `dimensions`, its places ascending.
    pub(super) fn sparse(&mut self, dimensions: u32, values: &[(u32, f32)]) {
        self.length(12 + 8 * values.len());
        self.bytes.extend(dimensions.to_be_bytes());
        self.length(values.len());
        self.bytes.extend([0; 4]);
        for (place, _) in values {
            self.bytes.extend(place.to_be_bytes());
        }
        for (_, value) in values {
            self.bytes.extend(value.to_be_bytes());
        }
    }

    /// Lengths and counts are four bytes; a value has less than 2 GB.
    fn length(&mut self, length: usize) {
        let length = i32::try_from(length).unwrap_or(i32::MAX);
        self.bytes.extend(length.to_be_bytes());
    }

    /// Sends all rows into `table`, for example `name (column, …)`.
    pub(super) async fn send(
        mut self,
        connection: &mut PgConnection,
        table: &str,
    ) -> Result<(), DatabaseError> {
        self.bytes.extend(TRAILER);
        let statement = format!("COPY {table} FROM STDIN (FORMAT binary)");
        let mut copy = connection.copy_in_raw(&statement).await?;
        for chunk in self.bytes.chunks(CHUNK) {
            copy.send(chunk).await?;
        }
        copy.finish().await?;
        Ok(())
    }
}
