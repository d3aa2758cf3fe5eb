//! The two versions that are compared: which they are, and each as an index of its own.
//!
//! Both indexes lie below `<data dir>/diff`, apart from the one that serves. The head takes over what the serving
//! index has encoded already, the base what the head has, so that of two versions only what differs is encoded.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ::eval::diff::{LeftOut, SideName};
use anyhow::Context as _;
use indexer::{IndexStore, Rejected, Snapshot};
use inference::Encoder;

use super::git::{Repository, Skipped};
use crate::{args, commands::Context, progress};

/// Where one version of the articles comes from.
#[derive(Debug)]
enum Origin {
    Folder(PathBuf),
    Commit { commit: String, revision: String },
}

/// A version to be compared.
#[derive(Debug)]
struct Wanted {
    name: String,
    origin: Origin,
}

/// The versions to be compared.
#[derive(Debug)]
pub(super) struct Chosen {
    base: Wanted,
    head: Wanted,
    repository: Option<Repository>,
}

/// A version, ready to be asked.
#[derive(Debug)]
pub(super) struct Indexed {
    pub(super) name: SideName,
    pub(super) snapshot: Arc<Snapshot>,
}

/// Both versions, ready to be asked.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) base: Indexed,
    pub(super) head: Indexed,
    pub(super) left_out: Vec<LeftOut>,
    /// Where this knowledge base's versions are kept.
    pub(super) folder: PathBuf,
}

/// Finds out which versions `args` mean.
pub(super) fn choose(args: &args::Diff, kb: &Path) -> anyhow::Result<Chosen> {
    let working_tree = || Wanted {
        name: "working tree".to_owned(),
        origin: Origin::Folder(kb.to_owned()),
    };
    if let Some(folder) = &args.base_kb {
        let folder =
            fs_err::canonicalize(folder).context("finding the articles to compare with")?;
        return Ok(Chosen {
            base: Wanted {
                name: folder.display().to_string(),
                origin: Origin::Folder(folder),
            },
            head: Wanted {
                name: kb.display().to_string(),
                ..working_tree()
            },
            repository: None,
        });
    }
    let repository = Repository::of(kb)?;
    let commit = |revision: &str| -> anyhow::Result<Wanted> {
        Ok(Wanted {
            name: revision.to_owned(),
            origin: Origin::Commit {
                commit: repository.commit(revision)?,
                revision: revision.to_owned(),
            },
        })
    };
    let (base, range_head) = match args.base.as_deref().and_then(|base| base.split_once("...")) {
        Some((base, head)) => (Some(base), Some(head).filter(|head| !head.is_empty())),
        None => (args.base.as_deref(), None),
    };
    anyhow::ensure!(
        range_head.is_none() || args.head.is_none(),
        "`--base A...B` names the head already; leave out `--head` or `B`"
    );
    let head = match range_head.or(args.head.as_deref()) {
        Some(revision) => commit(revision)?,
        None => working_tree(),
    };
    let is_range = args
        .base
        .as_deref()
        .is_some_and(|base| base.contains("..."));
    let base = match base {
        Some(base) if is_range => {
            let other = match &head.origin {
                Origin::Commit { revision, .. } => revision.as_str(),
                Origin::Folder(_) => "HEAD",
            };
            let base = if base.is_empty() { "HEAD" } else { base };
            Wanted {
                name: format!("where it left {base}"),
                origin: Origin::Commit {
                    commit: repository.merge_base(base, other)?,
                    revision: base.to_owned(),
                },
            }
        }
        Some(base) => commit(base)?,
        None => match &head.origin {
            Origin::Commit { revision, .. } => commit(&format!("{revision}~1"))?,
            Origin::Folder(_) if repository.is_edited()? => commit("HEAD")?,
            Origin::Folder(_) => commit("HEAD~1")?,
        },
    };
    Ok(Chosen {
        base,
        head,
        repository: Some(repository),
    })
}

/// Brings the indexes of both versions of `kb` up to date.
pub(super) fn index(
    chosen: &Chosen,
    kb: &Path,
    encoder: &dyn Encoder,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<Sides> {
    let name = blake3::hash(kb.as_os_str().as_encoded_bytes()).to_hex();
    let folder = context.config.index.data_dir.join("diff").join(&name[..16]);
    fs_err::create_dir_all(&folder).context("making room for both versions")?;
    // What serves is a head start when it can be had, and not missed when not.
    let serving = context.store()?.open().ok().map(|opened| opened.snapshot);
    let mut left_out = Vec::new();
    let mut side = |side: &'static str, wanted: &Wanted, others: &[&Snapshot]| {
        build(
            side,
            wanted,
            chosen,
            &folder,
            encoder,
            others,
            &mut left_out,
            context,
        )
    };
    let head = side("head", &chosen.head, &serving.iter().collect::<Vec<_>>())?;
    let others: Vec<&Snapshot> = std::iter::once(&*head.snapshot).chain(&serving).collect();
    let base = side("base", &chosen.base, &others)?;
    let is_news = |file: &LeftOut| {
        file.side == "head"
            || !left_out.iter().any(|other| {
                other.side == "head" && (&other.path, &other.reason) == (&file.path, &file.reason)
            })
    };
    let left_out = left_out
        .iter()
        .filter(|file| is_news(file))
        .cloned()
        .collect();
    Ok(Sides {
        base,
        head,
        left_out,
        folder,
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "one step of `index`, with what it has at hand"
)]
fn build(
    side: &'static str,
    wanted: &Wanted,
    chosen: &Chosen,
    folder: &Path,
    encoder: &dyn Encoder,
    others: &[&Snapshot],
    left_out: &mut Vec<LeftOut>,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<Indexed> {
    // Removed when it is indexed: the index holds all that is needed of it.
    let checked_out;
    let (kb, commit) = match &wanted.origin {
        Origin::Folder(kb) => (kb.as_path(), None),
        Origin::Commit { commit, revision } => {
            checked_out = tempfile::tempdir_in(folder).context("making room for the articles")?;
            let repository = chosen
                .repository
                .as_ref()
                .context("no repository was opened")?;
            let skipped = repository.check_out(commit, revision, checked_out.path())?;
            left_out.extend(skipped.into_iter().map(|skipped: Skipped| LeftOut {
                side,
                path: skipped.path,
                line: None,
                reason: skipped.reason.to_owned(),
            }));
            (checked_out.path(), Some(commit.clone()))
        }
    };
    let store = IndexStore::new(&folder.join(side));
    let options = context.build_options(false);
    let bar = progress::Count::new("encoding passages", context.err);
    let report = indexer::build_beside(kb, &store, encoder, &options, others, &mut |step| {
        bar.build(step);
    })
    .with_context(|| format!("indexing {}", wanted.name))?;
    left_out.extend(report.rejected.iter().map(|rejected: &Rejected| LeftOut {
        side,
        path: rejected.path.clone(),
        line: rejected.line,
        reason: format!("{}; {}", rejected.reason, rejected.remedy),
    }));
    let snapshot = store.open().context("opening the index")?.snapshot;
    let snapshot = Arc::new(snapshot);
    Ok(Indexed {
        name: SideName {
            name: wanted.name.clone(),
            commit,
            articles: snapshot.n_articles(),
        },
        snapshot,
    })
}
