//! Writes the tiny encoder and the tiny writer of the tests, and the catalogue that names them, into the folder that is
//! given: for drills that drive the real binary from outside.

use std::{io, path::PathBuf};

use acceptance::sandbox::{ENCODER, WRITER, encoder_entry, writer_entry};

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("name a folder"))?;
    fs_err::create_dir_all(&folder)?;
    let file = inference::tiny::encoder_file(&folder, 7)?;
    let writer = inference::tiny::roomy_writer_file(&folder, "qwen2", 7, 4_096)?;
    let entries = [encoder_entry(ENCODER, &file), writer_entry(WRITER, &writer)];
    fs_err::write(folder.join("catalogue.toml"), entries.concat())
}
