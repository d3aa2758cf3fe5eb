//! What the system lets this process have.

/// Raises the number of files this process may open to what the system allows it: connections are files, and the usual
/// first bound of 1,024 is below the connections that are served. A system that refuses is served within its bound.
#[cfg(unix)]
pub(crate) fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// Enough for every connection and the files beside them.
    const WANTED: u64 = 65_536;

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if current.is_some_and(|current| current < wanted) {
        let raised = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(wanted),
                maximum,
            },
        );
        if let Err(error) = raised {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the number of open files stays as it is"
            );
        }
    }
}

#[cfg(not(unix))]
pub(crate) fn raise_open_files() {}
