//! YAML front matter: found by the Markdown parser, read with limits, checked key by key.

use std::collections::BTreeMap;

use corpus::{ArticleId, ByteRange, Language, Sensitivity, Validity};
use jiff::civil::Date;
use pulldown_cmark::{Event, MetadataBlockKind, Options, Parser, Tag, TagEnd};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::plain::clean;

/// Longest front matter that is read.
pub(crate) const MAX_FRONT_MATTER_BYTES: usize = 64 * 1024;

const NO_YAML: &str = "put one `key: value` on a line, and texts with `:`, `#` or quotes in quotes";

/// What the front matter of a file says; everything is optional.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FrontMatter {
    pub(crate) id: Option<ArticleId>,
    pub(crate) language: Option<Language>,
    pub(crate) title: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) translation_of: Option<ArticleId>,
    pub(crate) audience: Vec<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) validity: Validity,
    pub(crate) topics: Vec<String>,
    pub(crate) sensitivity: Sensitivity,
    pub(crate) updated: Option<Date>,
    pub(crate) attributes: BTreeMap<String, Value>,
}

/// Why front matter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadFrontMatter {
    /// Line in the file, from 1.
    pub(crate) line: u32,
    pub(crate) reason: String,
    pub(crate) remedy: &'static str,
}

/// Finds the front matter of `file` and where the body starts, in bytes.
///
/// # Errors
/// [`BadFrontMatter`] when it is too long, not closed, no YAML, or says something that cannot be.
pub(crate) fn read(file: &str) -> Result<(Option<FrontMatter>, usize), BadFrontMatter> {
    let bom = if file.starts_with('\u{feff}') { 3 } else { 0 };
    let text = &file[bom..];
    if !text.starts_with("---") {
        return Ok((None, bom));
    }
    let Some((yaml, body)) = locate(text) else {
        return if looks_unclosed(text) {
            let reason = format!(
                "the front matter is not closed with `---` within {} KB",
                MAX_FRONT_MATTER_BYTES / 1024
            );
            Err(BadFrontMatter {
                line: 1,
                reason,
                remedy: "write a line `---` below its last key",
            })
        } else {
            Ok((None, bom))
        };
    };
    let first_line = 1 + line_breaks(&text[..yaml.start]);
    let front_matter = interpret(yaml.slice(text).unwrap_or_default(), first_line)?;
    Ok((Some(front_matter), bom + body))
}

/// The YAML and the end of the metadata block that opens `text`, if one does.
fn locate(text: &str) -> Option<(ByteRange, usize)> {
    let mut limit = text.len().min(MAX_FRONT_MATTER_BYTES);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let head = &text[..limit];
    let mut yaml: Option<ByteRange> = None;
    let events = Parser::new_ext(head, Options::ENABLE_YAML_STYLE_METADATA_BLOCKS);
    for (position, (event, range)) in events.into_offset_iter().enumerate() {
        match event {
            Event::Start(Tag::MetadataBlock(MetadataBlockKind::YamlStyle)) if position == 0 => {
                yaml = Some(ByteRange::new(range.start, range.start));
            }
            Event::Text(_) => {
                let range = ByteRange::new(range.start, range.end);
                yaml = yaml.map(|yaml| {
                    if yaml.is_empty() {
                        range
                    } else {
                        yaml.cover(range)
                    }
                });
            }
            Event::End(TagEnd::MetadataBlock(_)) => {
                let end = range.end;
                // The closing line's own end is no part of the body.
                let rest = &text[end..];
                let line_end = rest.len() - rest.trim_start_matches(['-', '.', ' ', '\t']).len();
                let after = &rest[line_end..];
                let skip = if after.starts_with("\r\n") {
                    2
                } else {
                    usize::from(after.starts_with(['\n', '\r']))
                };
                return yaml.map(|yaml| (yaml, end + line_end + skip));
            }
            _ if position == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Whether a file that opens with `---` was meant to have front matter: its next line is `key: …`.
fn looks_unclosed(text: &str) -> bool {
    let mut lines = text.lines();
    lines.next().is_some_and(|first| first.trim_end() == "---")
        && lines.next().is_some_and(|line| {
            line.split_once(':').is_some_and(|(key, value)| {
                !key.is_empty()
                    && key
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
                    && (value.is_empty() || value.starts_with(' '))
            })
        })
}

fn interpret(yaml: &str, first_line: u32) -> Result<FrontMatter, BadFrontMatter> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 20_000,
            max_nodes: 10_000,
            max_aliases: 100,
            max_anchors: 100,
            max_depth: 32,
            max_documents: 1,
            max_merge_keys: 100,
            max_recorded_anchor_events: 20_000,
            max_recorded_anchor_bytes: 256 * 1024,
            max_total_scalar_bytes: 256 * 1024,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 8,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    let entries: Option<BTreeMap<String, Spanned<Value>>> =
        serde_saphyr::from_str_with_options(yaml, options).map_err(|error| {
            let line = error
                .location()
                .and_then(|location| u32::try_from(location.line()).ok())
                .filter(|line| *line > 0)
                .map_or(first_line, |line| first_line + line - 1);
            let reason = clean(
                error
                    .without_snippet()
                    .to_string()
                    .lines()
                    .next()
                    .unwrap_or_default(),
            );
            BadFrontMatter {
                line,
                reason: format!("the front matter is no valid YAML: {reason}"),
                remedy: NO_YAML,
            }
        })?;
    let mut front_matter = FrontMatter::default();
    for (key, Spanned { value, defined, .. }) in entries.unwrap_or_default() {
        let line = u32::try_from(defined.line()).unwrap_or(0).max(1) + first_line - 1;
        if value.is_null() {
            continue;
        }
        front_matter
            .set(&key, value)
            .map_err(|reason| BadFrontMatter {
                line,
                reason: format!("`{key}`: {reason}"),
                remedy: "correct the value, or leave the key out",
            })?;
    }
    Ok(front_matter)
}

impl FrontMatter {
    fn set(&mut self, key: &str, value: Value) -> Result<(), String> {
        match key {
            "id" => self.id = Some(article_id(&value)?),
            "language" => self.language = Some(language(&value)?),
            "title" => self.title = Some(text(&value)?).filter(|title| !title.is_empty()),
            "url" => self.url = Some(text(&value)?).filter(|url| !url.is_empty()),
            "translation_of" => self.translation_of = Some(article_id(&value)?),
            "audience" => self.audience = lower(list(&value)?),
            "regions" => self.regions = regions(&value)?,
            "valid_from" => self.validity.from = Some(date(&value)?),
            "valid_until" => self.validity.until = Some(date(&value)?),
            "topics" => self.topics = lower(list(&value)?),
            "sensitivity" => self.sensitivity = sensitivity(&value)?,
            "updated" => self.updated = Some(date(&value)?),
            // Whoever writes `yes` means the article to be left out, and would find it served.
            "draft" if !value.is_boolean() => {
                return Err("`true` or `false` is expected".to_owned());
            }
            _ => {
                self.attributes.insert(key.to_owned(), value);
            }
        }
        Ok(())
    }
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(clean(text)),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err("a text is expected".to_owned()),
    }
}

fn list(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        other => Ok(vec![
            text(other).map_err(|_| "a list of texts is expected")?,
        ]),
    }
}

fn lower(items: Vec<String>) -> Vec<String> {
    items
        .into_iter()
        .filter(|item| !item.is_empty())
        .map(|item| item.to_lowercase())
        .collect()
}

fn regions(value: &Value) -> Result<Vec<String>, String> {
    list(value)?
        .into_iter()
        .map(|region| {
            if region.len() == 2 && region.bytes().all(|b| b.is_ascii_alphabetic()) {
                Ok(region.to_ascii_uppercase())
            } else {
                Err(format!("`{region}` is no two-letter region code"))
            }
        })
        .collect()
}

fn article_id(value: &Value) -> Result<ArticleId, String> {
    ArticleId::new(text(value)?).map_err(|error| error.to_string())
}

fn language(value: &Value) -> Result<Language, String> {
    text(value)?
        .parse()
        .map_err(|error: corpus::UnknownLanguage| error.to_string())
}

fn sensitivity(value: &Value) -> Result<Sensitivity, String> {
    match text(value)?.to_lowercase().as_str() {
        "normal" => Ok(Sensitivity::Normal),
        "sensitive" => Ok(Sensitivity::Sensitive),
        other => Err(format!("`{other}` is neither `normal` nor `sensitive`")),
    }
}

/// A day, also when it is written with a time.
fn date(value: &Value) -> Result<Date, String> {
    let text = text(value)?;
    text.parse()
        .map_err(|_| format!("`{text}` is no date like 2026-05-04"))
}

fn line_breaks(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|b| *b == b'\n').count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use corpus::Language;
    use jiff::civil::date;

    use super::*;

    #[track_caller]
    fn good(file: &str) -> (FrontMatter, &str) {
        let (front_matter, body) = read(file).expect("good front matter");
        (front_matter.expect("front matter"), &file[body..])
    }

    #[track_caller]
    fn bad(file: &str, line: u32, reason: &str) {
        let error = read(file).expect_err("bad front matter");
        assert_eq!(error.line, line, "{error:?}");
        assert!(error.reason.contains(reason), "{error:?}");
    }

    #[test]
    fn every_key_of_the_contract_is_read() {
        let (read, body) = good(
            "---\nid: seller-payout\nlanguage: nl\ntitle: Wanneer word ik uitbetaald?\n\
             url: https://x.example/a\ntranslation_of: payout\naudience: [Seller]\nregions: [nl, NO]\n\
             valid_from: 2026-01-01\nvalid_until: 2027-01-01T00:00:00\ntopics: payments\n\
             sensitivity: sensitive\nupdated: 2026-05-04\nowner: {team: [a, b]}\n---\n\nBody",
        );
        assert_eq!(body.trim(), "Body");
        assert_eq!(
            read.id.as_ref().map(ArticleId::as_str),
            Some("seller-payout")
        );
        assert_eq!(read.language, Some(Language::Nl));
        assert_eq!(read.title.as_deref(), Some("Wanneer word ik uitbetaald?"));
        assert_eq!(read.url.as_deref(), Some("https://x.example/a"));
        assert_eq!(
            read.translation_of.map(String::from).as_deref(),
            Some("payout")
        );
        assert_eq!(read.audience, ["seller"]);
        assert_eq!(read.regions, ["NL", "NO"]);
        assert_eq!(read.validity.from, Some(date(2026, 1, 1)));
        assert_eq!(read.validity.until, Some(date(2027, 1, 1)));
        assert_eq!(read.topics, ["payments"]);
        assert_eq!(read.sensitivity, Sensitivity::Sensitive);
        assert_eq!(read.updated, Some(date(2026, 5, 4)));
        assert_eq!(
            read.attributes["owner"],
            serde_json::json!({"team": ["a", "b"]})
        );
    }

    #[test]
    fn a_number_may_be_an_id_and_a_key_may_be_empty() {
        let (read, _) = good("---\nid: 360016759779\nurl:\ntitle: \"A\"\n---\nx");
        assert_eq!(read.id.map(String::from).as_deref(), Some("360016759779"));
        assert_eq!(read.url, None);
    }

    #[test]
    fn a_file_without_front_matter_is_all_body() {
        for file in [
            "# A\n",
            "",
            "---\n\n# A\n\n---\n",
            "----\na: b\n",
            "\u{feff}# A",
        ] {
            let (front_matter, body) = read(file).expect(file);
            assert_eq!(front_matter, None, "{file}");
            assert_eq!(body, if file.starts_with('\u{feff}') { 3 } else { 0 });
        }
    }

    #[test]
    fn bom_line_ends_and_dots_are_understood() {
        assert_eq!(good("\u{feff}---\r\ntitle: A\r\n---\r\nBody").1, "Body");
        assert_eq!(good("---\ntitle: A\n...\nBody").1, "Body");
        assert_eq!(good("---\ntitle: A\n---").1, "");
    }

    #[test]
    fn errors_name_their_line() {
        bad(
            "---\nid: a\ndraft: yes\n---\nx",
            3,
            "`draft`: `true` or `false`",
        );
        bad("---\ntitle: A\nid: a b\n---\n", 3, "white space");
        bad("---\ntitle: A\nlanguage: sv\n---\n", 3, "not one of");
        bad("---\nvalid_from: soon\n---\n", 2, "no date");
        bad("---\nregions: [Europe]\n---\n", 2, "region code");
        bad("---\ntitle: [a, {b: c}]\n---\n", 2, "text is expected");
        bad("---\ntitle: A\ntitle: B\n---\n", 3, "YAML");
        bad("---\ntitle: \"A\nx: y\n---\n", 3, "YAML");
        bad("---\ntitle: A\n\n# Never closed\n", 1, "not closed");
        bad("---\n- a\n- b\n---\n", 2, "YAML");
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = String::from("---\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..9 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(",");
            bomb = format!("{bomb}a{level}: &a{level} [{aliases}]\n");
        }
        bomb.push_str("---\n");
        let deep = format!("---\na: {}\n---\n", "[".repeat(100_000));
        let nested = format!("---\na: {}{}\n---\n", "[".repeat(5_000), "]".repeat(5_000));
        let long = format!("---\na: {}\n---\n", "x".repeat(1_000_000));
        let nul = "---\ntitle: a\0b\n---\n".to_owned();
        for file in [bomb, deep, nested, long] {
            assert!(read(&file).is_err(), "{}", &file[..60]);
        }
        // NUL is either refused or gone.
        if let Ok((Some(front_matter), _)) = read(&nul) {
            assert_eq!(front_matter.title.as_deref(), Some("ab"));
        }
    }
}
