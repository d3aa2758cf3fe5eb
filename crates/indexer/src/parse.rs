//! Parsing: one file of the knowledge base to an article with its sections and statements.
//!
//! **file → article** → passages → generation. Guarantees: section and statement ranges count bytes of the
//! file as it was read, statements do not overlap, plain text holds nothing a reader cannot see. Deliberately
//! not here: which statements share a passage ([`crate::split`]) and whether an id is taken
//! ([`crate::write`]).

pub(crate) mod document;
pub(crate) mod front_matter;
pub(crate) mod html;
pub(crate) mod inline;
pub(crate) mod name;
pub(crate) mod plain;

use std::borrow::Cow;

use corpus::{Article, ArticleId, ByteRange, Language, language::detect};

use self::{document::Document, front_matter::FrontMatter, name::FileName};

/// Longest file that is read.
pub(crate) const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// Counts up whenever the same file would parse or split differently, so that nothing old is reused.
pub(crate) const PARSE_VERSION: u32 = 2;

/// Why a file cannot become an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unusable {
    /// Line in the file, from 1, when the reason has one.
    pub(crate) line: Option<u32>,
    pub(crate) reason: String,
    pub(crate) remedy: &'static str,
    /// Whether the front matter is to blame.
    pub(crate) is_front_matter: bool,
}

impl Unusable {
    pub(crate) fn new(reason: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            line: None,
            reason: reason.into(),
            remedy,
            is_front_matter: false,
        }
    }

    fn at(line: Option<u32>, reason: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            line,
            ..Self::new(reason, remedy)
        }
    }
}

const NO_TEXT: &str = "write the article, or remove the file";
const TOO_DEEP: &str = "use fewer levels of lists and quotes";

/// An article with the drafts its passages are made of.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) article: Article,
    pub(crate) document: Document,
}

/// Parses the file at `path` (relative to the knowledge base, `/` separators).
///
/// `Ok(None)` for a file that is no article: a README, LICENSE or CHANGELOG without front matter.
///
/// # Errors
/// [`Unusable`] with the line where it makes sense.
pub(crate) fn parse(path: &str, bytes: &[u8]) -> Result<Option<Parsed>, Unusable> {
    let file = std::str::from_utf8(bytes).map_err(|error| {
        Unusable::at(
            Some(line_after(&bytes[..error.valid_up_to()])),
            "the file is not UTF-8 text",
            "save it as UTF-8",
        )
    })?;
    let name = FileName::of(path);
    let (front_matter, body_start) = front_matter::read(file).map_err(|bad| Unusable {
        is_front_matter: true,
        ..Unusable::at(Some(bad.line), bad.reason, bad.remedy)
    })?;
    if front_matter.is_none() && name.is_about_the_folder() {
        return Ok(None);
    }
    let front_matter = front_matter.unwrap_or_default();
    let body = ByteRange::new(body_start, file.len());
    let body_text = body.slice(file).unwrap_or_default();
    if body_text.trim().is_empty() {
        return Err(Unusable::new("the file has no text", NO_TEXT));
    }
    check_bounds(file, body)?;
    let language = find_language(&front_matter, &name, body_text)?;
    let markdown = markdown(path, file);
    let document = document::parse(
        file,
        &markdown,
        body,
        front_matter.title.as_deref(),
        language,
    )
    .map_err(|too_deep| nested_too_deep(Some(line_of(file, too_deep.at))))?;
    let article = assemble(path, &name, front_matter, language, &document)?;
    // A draft may hold headings and notes only.
    if document.drafts.is_empty() && !article.is_draft() {
        return Err(Unusable::new("the file has no text", NO_TEXT));
    }
    Ok(Some(Parsed { article, document }))
}

/// The text of the file at `path` as the Markdown parser is to see it: of the same length, but with the
/// components of MDX blanked out.
pub fn markdown<'a>(path: &str, file: &'a str) -> Cow<'a, str> {
    if std::path::Path::new(path)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("mdx"))
    {
        Cow::Owned(name::blank_jsx(file))
    } else {
        Cow::Borrowed(file)
    }
}

fn assemble(
    path: &str,
    name: &FileName<'_>,
    front_matter: FrontMatter,
    language: Language,
    document: &Document,
) -> Result<Article, Unusable> {
    let id = match front_matter.id {
        Some(id) => id,
        None => ArticleId::new(name.default_id())
            .map_err(|error| Unusable::new(error.to_string(), "give it an `id`"))?,
    };
    let title = front_matter
        .title
        .or_else(|| document.first_heading.clone())
        .unwrap_or_else(|| name.default_title());
    Ok(Article {
        id,
        language,
        title,
        url: front_matter.url,
        translation_of: front_matter.translation_of,
        audience: front_matter.audience,
        regions: front_matter.regions,
        validity: front_matter.validity,
        topics: front_matter.topics,
        sensitivity: front_matter.sensitivity,
        updated: front_matter.updated,
        attributes: front_matter.attributes,
        path: path.to_owned(),
        sections: document.sections.clone(),
    })
}

fn find_language(
    front_matter: &FrontMatter,
    name: &FileName<'_>,
    body: &str,
) -> Result<Language, Unusable> {
    front_matter
        .language
        .or_else(|| name.language())
        .or_else(|| detect::detect(&sample(body)).map(|detection| detection.language))
        .ok_or_else(|| {
            Unusable::new(
                "the language cannot be told",
                "give it a `language`, or put it in a folder named after one, such as `nl`",
            )
        })
}

/// The first few thousand letters: enough to tell a language, and bounded.
fn sample(body: &str) -> String {
    body.chars()
        .filter(|c| c.is_alphabetic() || c.is_whitespace())
        .take(2_000)
        .collect()
}

/// Refuses text on which a Markdown parser may take unbounded time or stack.
fn check_bounds(file: &str, body: ByteRange) -> Result<(), Unusable> {
    let start_line = line_of(file, body.start);
    let text = body.slice(file).unwrap_or_default();
    for (i, line) in text.lines().enumerate() {
        let depth = openers(line);
        if depth > document::MAX_DEPTH && !is_rule(line) {
            return Err(nested_too_deep(
                u32::try_from(i).ok().map(|i| start_line + i),
            ));
        }
    }
    Ok(())
}

fn nested_too_deep(line: Option<u32>) -> Unusable {
    let reason = format!(
        "lists or quotes are nested deeper than {}",
        document::MAX_DEPTH
    );
    Unusable::at(line, reason, TOO_DEEP)
}

/// Quote marks and list markers at the start of a line.
fn openers(line: &str) -> usize {
    let mut bytes = line.bytes().peekable();
    let mut n_openers = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b'>' => n_openers += 1,
            b'-' | b'*' | b'+' if matches!(bytes.peek(), Some(b' ' | b'\t')) => n_openers += 1,
            b' ' | b'\t' => {}
            _ => break,
        }
    }
    n_openers
}

/// A thematic break, which may be of any length: `- - -`.
fn is_rule(line: &str) -> bool {
    let mut marks = line.bytes().filter(|b| !b.is_ascii_whitespace());
    let first = marks.next();
    matches!(first, Some(b'-' | b'*')) && marks.all(|b| Some(b) == first)
}

fn line_of(file: &str, at: usize) -> u32 {
    line_after(&file.as_bytes()[..at.min(file.len())])
}

/// Number of the line that follows `bytes`, from 1.
#[expect(
    clippy::naive_bytecount,
    reason = "it runs once for a file that is refused"
)]
fn line_after(bytes: &[u8]) -> u32 {
    let breaks = bytes.iter().filter(|b| **b == b'\n').count();
    u32::try_from(breaks + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
