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

/// Refuses help centers that would be one another's: asked under one host, or with articles or data in one folder.
pub(super) fn apart(tenants: &[Tenant]) -> Result<(), ConfigError> {
    let mut hosts: BTreeMap<&HostName, &Tenant> = BTreeMap::new();
    let mut folders: Vec<(PathBuf, &Tenant)> = Vec::new();
    for tenant in tenants {
        for host in &tenant.named.hosts {
            if let Some(other) = hosts.insert(host, tenant) {
                return Err(refused(
                    &tenant.file,
                    format!(
                        "the host `{host}` is named in `{}`, too; a host leads to one help center",
                        other.file.display()
                    ),
                ));
            }
        }
        for folder in [&tenant.config.index.kb, &tenant.config.index.data_dir] {
            // What is not there yet cannot be a link.
            let real = fs_err::canonicalize(folder).unwrap_or_else(|_| folder.clone());
            let of_another = folders.iter().find(|(known, of)| {
                of.file != tenant.file && (known.starts_with(&real) || real.starts_with(known))
            });
            if let Some((_, other)) = of_another {
                return Err(refused(
                    &tenant.file,
                    format!(
                        "`{}` is a folder of the help center of `{}`, too; give each its own",
                        folder.display(),
                        other.file.display()
                    ),
                ));
            }
            folders.push((real, tenant));
        }
    }
    Ok(())
}
