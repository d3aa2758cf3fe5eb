//! What the benches share: where the weights are, a large help center, quantiles, memory.

pub mod m365;
pub mod synthetic;

use std::{error::Error, path::PathBuf, sync::Arc, time::Duration};

use inference::{
    Catalogue, Encoder, ModelEntry, Role,
    encoder::{E5Spec, load_packed},
};

/// Folder of the test collections: `LOKET_DATA`, or `../shared/data` beside the repository.
pub fn data_folder() -> PathBuf {
    std::env::var_os("LOKET_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    )
}

/// The encoder `loket models pull` fetches.
///
/// # Errors
/// A sentence that names the file when it is not there; the loader's own when it is damaged.
pub fn default_encoder() -> Result<Arc<dyn Encoder>, Box<dyn Error>> {
    default_encoder_as(None)
}

/// The same under another name: that of the encoder an index was built by, which `loket` gives its revision.
///
/// # Errors
/// As [`default_encoder`].
pub fn default_encoder_as(name: Option<&str>) -> Result<Arc<dyn Encoder>, Box<dyn Error>> {
    let catalogue = Catalogue::shipped();
    let entry = catalogue
        .default_for(Role::Encoder)
        .ok_or("no default encoder")?;
    let spec = E5Spec {
        query_prefix: entry.query_prefix.clone(),
        passage_prefix: entry.passage_prefix.clone(),
        max_tokens: entry.max_tokens,
    };
    let encoder = load_packed(
        &model_file(entry)?,
        name.unwrap_or(&entry.id).to_owned(),
        &spec,
    )?;
    Ok(Arc::new(encoder))
}

/// The first file of a model, in `LOKET_MODELS_DIR` or `~/.cache/loket/models`.
///
/// # Errors
/// A sentence that names the file and the remedy when it is not there.
pub fn model_file(entry: &ModelEntry) -> Result<PathBuf, String> {
    let dir = std::env::var_os("LOKET_MODELS_DIR").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/loket/models"),
        PathBuf::from,
    );
    let name = entry
        .files
        .first()
        .map(|file| file.name.as_str())
        .unwrap_or_default();
    let path = dir.join(&entry.id).join(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!(
            "`{}` is not there; fetch it with `loket models pull`",
            path.display()
        ))
    }
}

/// The value below which `share` (0 to 1) of the sorted `times` lie; zero of none.
pub fn quantile(times: &[Duration], share: f64) -> Duration {
    let last = times.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index of the slice"
    )]
    let index = (last as f64 * share).round() as usize;
    times.get(index).copied().unwrap_or_default()
}

/// Resident memory of this process in megabytes (Linux); 0 where it cannot be read.
pub fn resident_megabytes() -> u64 {
    status_megabytes("VmRSS:")
}

/// The most resident memory this process ever had, in megabytes (Linux); 0 where it cannot be read.
pub fn peak_megabytes() -> u64 {
    status_megabytes("VmHWM:")
}

fn status_megabytes(field: &str) -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes / 1024)
}
