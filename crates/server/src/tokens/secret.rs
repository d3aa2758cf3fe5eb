//! The secret tokens are signed with: from the settings, or made at first use.

use std::{
    io,
    path::{Path, PathBuf},
};

use support::Secret;

use crate::keys::{random_hex, write_private};

/// Fewest bytes of a secret: HMAC-SHA-256 is no stronger than its key (RFC 7518, section 3.2).
const MIN_BYTES: usize = 32;

/// Why there is no secret to sign with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The one of the settings can be guessed.
    #[error(
        "`server.token_secret` is shorter than {MIN_BYTES} bytes; make one with `openssl rand -base64 32`"
    )]
    Short,
    /// The file is not what was written.
    #[error(
        "the secret of tokens in `{}` is damaged; delete the file to make another, which ends all tokens",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("keeping the secret of tokens")]
    File(#[source] io::Error),
    /// The system has no random numbers.
    #[error("getting random numbers")]
    Random(#[source] getrandom::Error),
}

/// The secret of the settings, or the one below `data_dir`, which is made when there is none.
pub(crate) fn secret(configured: &Secret, data_dir: &Path) -> Result<Secret, SecretError> {
    if !configured.reveal().is_empty() {
        if configured.reveal().len() < MIN_BYTES {
            return Err(SecretError::Short);
        }
        return Ok(configured.clone());
    }
    let path = data_dir.join("state").join("token_secret");
    match fs_err::read_to_string(&path) {
        Ok(text) => {
            let text = text.trim();
            let is_whole =
                text.len() == 2 * MIN_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_whole {
                Ok(Secret::from(text.to_owned()))
            } else {
                Err(SecretError::Damaged { path })
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = random_hex::<MIN_BYTES>().map_err(SecretError::Random)?;
            write_private(&path, format!("{made}\n").as_bytes()).map_err(SecretError::File)?;
            Ok(Secret::from(made))
        }
        Err(error) => Err(SecretError::File(error)),
    }
}
