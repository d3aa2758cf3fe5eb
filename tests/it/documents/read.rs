//! A document taken apart: what it has in code, where it leads, what its headings are called.

use std::{collections::BTreeSet, path::Path};

use acceptance::repository;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A Markdown file of the repository.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// From the root of the repository.
    pub(super) path: String,
    /// Code within lines.
    pub(super) spans: Vec<String>,
    /// Blocks of code, each with the name of its language; empty for an indented one.
    blocks: Vec<(String, String)>,
    /// Targets within the repository.
    pub(super) links: Vec<String>,
    /// Anchors of the headings, as GitHub makes them.
    pub(super) anchors: BTreeSet<String>,
}

/// The documents users read: those at the root and those in `docs` and `docs/deploy`.
pub(super) fn documents() -> Vec<Document> {
    let root = repository();
    let mut paths = Vec::new();
    for folder in ["", "docs", "docs/deploy"] {
        for entry in fs_err::read_dir(root.join(folder)).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            // What changed is told in the words of its time.
            let is_history = path.ends_with("CHANGELOG.md");
            if path.extension().is_some_and(|end| end == "md") && !is_history {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.iter().map(|path| Document::read(path)).collect()
}

/// Whether a code span names a document of the repository.
pub(super) fn is_document_name(span: &str) -> bool {
    let of_folder = ["docs/", "tests/", ".ci/"]
        .iter()
        .any(|folder| span.starts_with(folder));
    let stem = span.strip_suffix(".md");
    let of_root = stem
        .is_some_and(|stem| !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_uppercase()));
    let is_one_path = !span.contains([' ', '*', '{', '<', '…']);
    (of_folder || of_root) && is_one_path
}

/// The section a piece of settings begins with.
pub(super) fn section_of(text: &str) -> Option<&str> {
    let name = text.lines().next()?.split('#').next()?.trim();
    let name = name.strip_prefix('[')?.strip_suffix(']')?;
    let is_name =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte);
    name.bytes().all(is_name).then_some(name)
}

impl Document {
    pub(super) fn read(path: &Path) -> Self {
        let text = fs_err::read_to_string(path).expect("a document");
        let shown = path.strip_prefix(repository()).unwrap_or(path);
        let mut document = Self {
            path: shown.display().to_string(),
            ..Self::default()
        };
        let (mut heading, mut block) = (None::<String>, None::<(String, String)>);
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(name) => name.to_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    block = Some((language, String::new()));
                }
                Event::End(TagEnd::CodeBlock) => document.blocks.extend(block.take()),
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = heading.take().map(|text| anchor_of(&text));
                    document.anchors.extend(anchor);
                }
                Event::Start(Tag::Link { dest_url, .. }) if is_within(&dest_url) => {
                    document.links.push(dest_url.to_string());
                }
                Event::Text(text) => {
                    if let Some((_, block)) = &mut block {
                        block.push_str(&text);
                    } else if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::Code(code) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&code);
                    }
                    document.spans.push(code.to_string());
                }
                _ => {}
            }
        }
        document
    }

    /// The lines of code blocks that call `loket`, those that go on on the next line as one.
    pub(super) fn command_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (language, block) in &self.blocks {
            let block = block.replace("\\\n", " ");
            for line in block.lines().map(str::trim) {
                let line = match language.as_str() {
                    "" | "sh" => Some(line),
                    // A session: what was typed, and what was printed.
                    "console" => line.strip_prefix("$ "),
                    "yaml" => line.strip_prefix("- run: "),
                    _ => None,
                };
                let Some(line) = line else { continue };
                let from_source = line
                    .strip_prefix("cargo run --release -- ")
                    .map(|rest| format!("loket {rest}"));
                lines.extend(
                    from_source.or_else(|| line.starts_with("loket ").then(|| line.to_owned())),
                );
            }
        }
        lines
    }

    /// The pieces of settings in code blocks, each from its `[section]` to the next empty line that a section follows.
    pub(super) fn settings(&self) -> Vec<String> {
        let mut pieces: Vec<String> = Vec::new();
        for (language, block) in &self.blocks {
            if !matches!(language.as_str(), "" | "toml") {
                continue;
            }
            for piece in block.split("\n\n") {
                if section_of(piece).is_some() {
                    pieces.push(format!("{}\n", piece.trim_end()));
                }
            }
        }
        pieces
    }

    /// The examples of question files.
    pub(super) fn question_files(&self) -> Vec<String> {
        let blocks = self
            .blocks
            .iter()
            .filter(|(language, _)| language == "json");
        let files = blocks.filter(|(_, block)| block.starts_with("{\"id\""));
        files.map(|(_, block)| block.clone()).collect()
    }
}

fn is_within(target: &str) -> bool {
    !target.contains("://") && !target.starts_with("mailto:")
}

/// GitHub's way: lower case, punctuation dropped, spaces to hyphens.
fn anchor_of(heading: &str) -> String {
    let letters = heading.chars().flat_map(char::to_lowercase);
    let kept = letters.filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
