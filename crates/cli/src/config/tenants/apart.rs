//! Help centers kept apart: no folder that leads elsewhere, no host and no folder that is two's.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use server::config::HostName;

use super::{Tenant, refused, unreadable};
use crate::config::ConfigError;

/// Refuses a `path` that leads out of `root`, by links.
pub(super) fn stays(path: &Path, root: &Path) -> Result<(), ConfigError> {
    let real = fs_err::canonicalize(path).map_err(unreadable(path))?;
    if real.starts_with(root) {
        return Ok(());
    }
    Err(refused(
        path,
        format!(
            "it is a link that leads out of `{}`; put the files themselves there",
            root.display()
        ),
    ))
}

/// Those help centers, by their place, that would be one another's: asked under one host, or with articles or data in one
/// folder. Both are refused, since nobody can say whose it is.
pub(super) fn apart(tenants: &[Tenant]) -> Vec<(usize, ConfigError)> {
    let mut wrong: Vec<(usize, ConfigError)> = Vec::new();
    let mut refuse = |one: usize, other: usize, problem: &dyn Fn(&Tenant) -> String| {
        for (index, other) in [(one, other), (other, one)] {
            if wrong.iter().all(|(known, _)| *known != index) {
                let problem = problem(&tenants[other]);
                wrong.push((index, refused(&tenants[index].file, problem)));
            }
        }
    };
    let mut hosts: BTreeMap<&HostName, usize> = BTreeMap::new();
    let mut folders: Vec<(PathBuf, usize)> = Vec::new();
    for (index, tenant) in tenants.iter().enumerate() {
        for host in &tenant.named.hosts {
            if let Some(other) = hosts.insert(host, index) {
                refuse(index, other, &|other| {
                    format!(
                        "the host `{host}` is named in `{}`, too; a host leads to one help center",
                        other.file.display()
                    )
                });
            }
        }
        for folder in [&tenant.config.index.kb, &tenant.config.index.data_dir] {
            // What is not there yet cannot be a link.
            let real = fs_err::canonicalize(folder).unwrap_or_else(|_| folder.clone());
            let of_others = folders.iter().filter(|(known, of)| {
                *of != index && (known.starts_with(&real) || real.starts_with(known))
            });
            for (_, other) in of_others {
                refuse(index, *other, &|other| {
                    format!(
                        "`{}` is a folder of the help center of `{}`, too; give each its own",
                        folder.display(),
                        other.file.display()
                    )
                });
            }
            folders.push((real, index));
        }
    }
    wrong
}
