//! The commands of those who write the articles.

use std::path::PathBuf;

use super::Format;

/// `loket index`.
#[derive(Debug, clap::Args)]
pub struct Index {
    /// Folder of the articles
    #[arg(long, value_name = "DIR")]
    pub kb: Option<PathBuf>,
    /// Reuse nothing of the previous index
    #[arg(long)]
    pub full: bool,
    /// End with exit code 1 when a file was rejected
    #[arg(long)]
    pub strict: bool,
    /// How results are printed.
    #[command(flatten)]
    pub format: Format,
}
