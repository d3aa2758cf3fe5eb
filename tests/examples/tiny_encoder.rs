//! Writes the tiny encoder of the tests, and the catalogue entry that names it, into the folder that is given: for
//! drills that drive the real binary from outside.

use std::{io, path::PathBuf};

use acceptance::sandbox::{ENCODER, encoder_entry};

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("name a folder"))?;
    fs_err::create_dir_all(&folder)?;
    let file = inference::tiny::encoder_file(&folder, 7)?;
    let entry = encoder_entry(ENCODER, &file);
    fs_err::write(folder.join("catalogue.toml"), entry)
}
