//! Reads little-endian fields one after another, and says which one was not there.

use super::super::PackedError;

/// A position in a file held in memory. Every read either moves past the whole field or fails.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes from the start of the file.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize, field: &str) -> Result<&'a [u8], PackedError> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..count) else {
            return Err(PackedError::Truncated {
                field: field.to_owned(),
                offset: self.at,
                needed: count,
                available: rest.len(),
            });
        };
        self.at += count;
        Ok(taken)
    }

    /// The next `count` groups of `N` bytes.
    pub(super) fn take_arrays<const N: usize>(
        &mut self,
        count: usize,
        field: &str,
    ) -> Result<&'a [[u8; N]], PackedError> {
        let taken = self.take(count.saturating_mul(N), field)?;
        Ok(taken.as_chunks::<N>().0)
    }

    fn array<const N: usize>(&mut self, field: &str) -> Result<[u8; N], PackedError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, field)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self, field: &str) -> Result<u8, PackedError> {
        Ok(u8::from_le_bytes(self.array(field)?))
    }

    pub(super) fn u16(&mut self, field: &str) -> Result<u16, PackedError> {
        Ok(u16::from_le_bytes(self.array(field)?))
    }

    pub(super) fn u32(&mut self, field: &str) -> Result<u32, PackedError> {
        Ok(u32::from_le_bytes(self.array(field)?))
    }

    pub(super) fn f32(&mut self, field: &str) -> Result<f32, PackedError> {
        Ok(f32::from_le_bytes(self.array(field)?))
    }

    /// A signed 32-bit number that cannot be negative.
    pub(super) fn count(&mut self, field: &str) -> Result<usize, PackedError> {
        let offset = self.at;
        let value = i32::from_le_bytes(self.array(field)?);
        usize::try_from(value).map_err(|_| PackedError::Invalid {
            field: field.to_owned(),
            offset,
            reason: format!("is negative: {value}"),
        })
    }

    /// A 64-bit size or position.
    pub(super) fn size(&mut self, field: &str) -> Result<usize, PackedError> {
        let offset = self.at;
        let value = u64::from_le_bytes(self.array(field)?);
        usize::try_from(value).map_err(|_| PackedError::Invalid {
            field: field.to_owned(),
            offset,
            reason: format!("is larger than memory: {value}"),
        })
    }
}
