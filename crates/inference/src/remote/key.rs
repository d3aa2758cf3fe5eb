//! The key of an endpoint: from the settings or a file, never shown.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Longest key that is taken, in bytes.
const MOST_BYTES: usize = 8 * 1024;

/// A secret that is sent as `Authorization: Bearer`. Empty for none.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiKey(String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "ApiKey(empty)"
        } else {
            "ApiKey(…)"
        })
    }
}

impl From<&str> for ApiKey {
    fn from(key: &str) -> Self {
        Self(key.to_owned())
    }
}

/// Why there is no key to send.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read.
    #[error("reading `api_key_file`")]
    Read(#[source] std::io::Error),
    /// Everyone on this machine may read it.
    #[error("`{}` may be read or changed by every account of this machine; run `chmod 600` on it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// It is no key.
    #[error("the key is not one line of visible ASCII characters, so it cannot be sent")]
    Shape,
}

impl ApiKey {
    /// The key of the settings, else the one in `file`, else none.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn of(settings: &Self, file: Option<&Path>) -> Result<Self, KeyError> {
        let key = match file {
            Some(path) if settings.0.is_empty() => Self(read(path)?),
            _ => settings.clone(),
        };
        let is_visible = key.0.bytes().all(|byte| byte.is_ascii_graphic());
        let is_missing = key.0.is_empty() && file.is_some();
        if is_visible && key.0.len() <= MOST_BYTES && !is_missing {
            Ok(key)
        } else {
            Err(KeyError::Shape)
        }
    }

    /// The value of the header; `None` without a key.
    pub(super) fn header(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| format!("Bearer {}", self.0))
    }
}

fn read(path: &Path) -> Result<String, KeyError> {
    let file = fs_err::File::open(path).map_err(KeyError::Read)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file
            .metadata()
            .map_err(KeyError::Read)?
            .permissions()
            .mode();
        // The group may: that is how container platforms hand secrets to a service's account.
        if mode & 0o007 != 0 || mode & 0o020 != 0 {
            return Err(KeyError::Open {
                path: path.to_owned(),
            });
        }
    }
    let mut text = String::new();
    let most = u64::try_from(MOST_BYTES + 2).unwrap_or(u64::MAX);
    std::io::Read::read_to_string(&mut std::io::Read::take(file, most), &mut text)
        .map_err(KeyError::Read)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown_and_a_file_of_everyone_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs_err::write(&path, "sk-canary\n").unwrap();
        let own = |mode| {
            use std::os::unix::fs::PermissionsExt as _;
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            ApiKey::of(&ApiKey::default(), Some(&path))
        };
        for mode in [0o644, 0o604, 0o602, 0o620, 0o666] {
            assert!(matches!(own(mode), Err(KeyError::Open { .. })), "{mode:o}");
        }
        let key = own(0o640).unwrap();
        assert_eq!(key.header().as_deref(), Some("Bearer sk-canary"));
        assert!(!format!("{key:?}").contains("canary"));
        // The settings win over the file.
        let set = ApiKey::of(&ApiKey::from("other"), Some(&path)).unwrap();
        assert_eq!(set.header().as_deref(), Some("Bearer other"));
    }

    #[track_caller]
    fn check(key: &str, is_taken: bool) {
        assert_eq!(ApiKey::of(&ApiKey::from(key), None).is_ok(), is_taken);
    }

    #[test]
    fn a_key_that_would_break_a_header_is_refused() {
        check("", true);
        check("sk-1", true);
        check("two words", false);
        check("line\nX-Other: 1", false);
        check("schlüssel", false);
        check(&"x".repeat(MOST_BYTES + 1), false);
    }
}
