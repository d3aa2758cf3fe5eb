//! Numbers as bytes, for the files of a generation. Everything is little-endian.

/// Appends a length as eight bytes.
pub(crate) fn push_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend((length as u64).to_le_bytes());
}

/// Appends numbers, four bytes each.
pub(crate) fn push_numbers(bytes: &mut Vec<u8>, values: &[f32]) {
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// Takes what [`push_length`] wrote off the front; `None` when there is too little.
pub(crate) fn read_length(rest: &mut &[u8]) -> Option<usize> {
    let bytes = rest.split_off(..8)?.try_into().ok()?;
    usize::try_from(u64::from_le_bytes(bytes)).ok()
}

/// Takes `n` numbers off the front; `None` when there are fewer.
pub(crate) fn read_numbers(rest: &mut &[u8], n: usize) -> Option<Vec<f32>> {
    let bytes = rest.split_off(..n.checked_mul(4)?)?;
    let (fours, _) = bytes.as_chunks::<4>();
    Some(fours.iter().map(|four| f32::from_le_bytes(*four)).collect())
}
