//! What every sandbox of the real binary is set up with: the tiny encoder of the tests and no network.

use std::{fmt::Write as _, path::Path};

use sha2::{Digest as _, Sha256};

/// Writes a tiny encoder, the catalogue that names it and `loket.toml` into `dir`; `more` are further tables of the settings.
pub(crate) fn write(dir: &Path, more: &str) {
    let source = dir.join("source");
    fs_err::create_dir_all(&source).unwrap();
    let file = inference::tiny::encoder_file(&source, 7).unwrap();
    let bytes = fs_err::read(&file).unwrap();
    let mut sha256 = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(sha256, "{byte:02x}").unwrap();
    }
    let name = file.file_name().unwrap().to_str().unwrap();
    let catalogue = format!(
        "[[model]]\nid = \"tiny\"\nrole = \"encoder\"\nformat = \"e5-q4\"\nlicence = \"MIT\"\n\
         languages = [\"en\"]\nmax_tokens = 512\ndimensions = 64\n[[model.files]]\nname = {name:?}\n\
         bytes = {}\nsha256 = {sha256:?}\nsources = [{{ from = \"hub\", repo = \"a/b\", path = {name:?} }}]\n",
        bytes.len()
    );
    fs_err::write(dir.join("catalogue.toml"), catalogue).unwrap();
    let settings = format!(
        "[models]\ndir = \"models\"\nencoder = \"tiny\"\nwriter = \"none\"\ncatalogue = \"catalogue.toml\"\n\
         folder = \"source\"\noffline = true\n[index]\nkb = \"kb\"\ndata_dir = \"data\"\n{more}"
    );
    fs_err::write(dir.join("loket.toml"), settings).unwrap();
}
