//! What a file's path says: language, default id, default title.

use corpus::Language;

/// A path relative to the knowledge base, taken apart.
#[derive(Debug)]
pub(crate) struct FileName<'a> {
    folders: Vec<&'a str>,
    /// File name without extension and without language suffix.
    stem: &'a str,
    folder_language: Option<Language>,
    suffix_language: Option<Language>,
}

impl<'a> FileName<'a> {
    /// Takes `path` apart: `nl/fees/buyers.md`, `fees/buyers.nl.md`.
    pub(crate) fn of(path: &'a str) -> Self {
        let mut folders: Vec<&str> = path.split('/').collect();
        let file = folders.pop().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let (stem, suffix_language) = match stem.rsplit_once('.') {
            Some((rest, tag)) if !rest.is_empty() => match language_of(tag) {
                Some(language) => (rest, Some(language)),
                None => (stem, None),
            },
            _ => (stem, None),
        };
        let folder_language = folders.iter().find_map(|folder| language_of(folder));
        Self {
            folders,
            stem,
            folder_language,
            suffix_language,
        }
    }

    /// The language of the folder, else of the suffix.
    pub(crate) fn language(&self) -> Option<Language> {
        self.folder_language.or(self.suffix_language)
    }

    /// The path without extension and language part; white space and `#` become hyphens.
    pub(crate) fn default_id(&self) -> String {
        let mut language_seen = false;
        let mut parts: Vec<&str> = Vec::with_capacity(self.folders.len() + 1);
        for folder in &self.folders {
            // Only the first folder that names a language is the language part.
            if !language_seen && language_of(folder).is_some() {
                language_seen = true;
            } else {
                parts.push(folder);
            }
        }
        parts.push(self.stem);
        parts
            .join("/")
            .chars()
            .map(|c| {
                if c.is_whitespace() || c.is_control() || matches!(c, '#' | '\\') {
                    '-'
                } else {
                    c
                }
            })
            .collect()
    }

    /// The file name as a reader would write it.
    pub(crate) fn default_title(&self) -> String {
        super::plain::clean(&self.stem.replace(['-', '_'], " "))
    }

    /// Whether the file describes the folder it lies in rather than being an article.
    pub(crate) fn is_about_the_folder(&self) -> bool {
        matches!(
            self.stem.to_ascii_lowercase().as_str(),
            "readme" | "license" | "changelog"
        )
    }
}

/// `nl`, `pt-BR`, `zh_Hans`: a code, alone or with a region or script.
fn language_of(tag: &str) -> Option<Language> {
    let is_tag = match tag.split_once(['-', '_']) {
        None => tag.len() == 2,
        Some((code, rest)) => {
            code.len() == 2
                && (rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_alphabetic())
                    || ["hans", "hant"].contains(&rest.to_ascii_lowercase().as_str()))
        }
    };
    Language::from_tag(tag).filter(|_| is_tag)
}

/// A copy of an MDX file, of the same length, in which imports, exports, comments and lines that hold only
/// component tags are blank: what is left is Markdown.
pub(crate) fn blank_jsx(file: &str) -> String {
    let mut result = String::with_capacity(file.len());
    let mut fence: Option<&str> = None;
    let mut in_tag = false;
    for line in file.split_inclusive('\n') {
        let text = line.trim();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| text.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) if !in_tag => {
                fence = Some(mark);
                result.push_str(line);
                continue;
            }
            (Some(open), Some(mark)) if open == mark => {
                fence = None;
                result.push_str(line);
                continue;
            }
            (Some(_), _) => {
                result.push_str(line);
                continue;
            }
            _ => {}
        }
        let opens = text
            .strip_prefix('<')
            .map(|rest| rest.trim_start_matches('/'));
        let is_component =
            opens.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()));
        let is_module = (text.starts_with("import ") && text.contains(['\'', '"']))
            || text.starts_with("export ") && text.contains(['=', '{']);
        let is_comment = text.starts_with("{/*") && text.ends_with("*/}");
        let blank = if in_tag {
            in_tag = !text.ends_with('>');
            true
        } else if is_component && !text.contains('>') {
            in_tag = true;
            true
        } else {
            is_module
                || is_comment
                || is_component && text.ends_with('>') && text.matches('>').count() == 1
        };
        if blank {
            result.extend(line.bytes().map(|b| {
                if matches!(b, b'\n' | b'\r') {
                    char::from(b)
                } else {
                    ' '
                }
            }));
        } else {
            result.push_str(line);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, id: &str, language: Option<Language>) {
        let name = FileName::of(path);
        assert_eq!(
            (name.default_id().as_str(), name.language()),
            (id, language)
        );
    }

    #[test]
    fn paths_say_id_and_language() {
        check("seller-payout.md", "seller-payout", None);
        check("nl/fees/buyers.md", "fees/buyers", Some(Language::Nl));
        check("fees/nl/buyers.md", "fees/buyers", Some(Language::Nl));
        check("fees/buyers.nl.md", "fees/buyers", Some(Language::Nl));
        check("index.pt-BR.md", "index", Some(Language::Pt));
        check("zh-Hans/a.markdown", "a", Some(Language::Zh));
        check("nl/it/a.md", "it/a", Some(Language::Nl));
        check("About us/My account.md", "About-us/My-account", None);
        check("it-department/a.md", "it-department/a", None);
        check("v1.2/notes.2.md", "v1.2/notes.2", None);
        check("卖家/付款.zh.md", "卖家/付款", Some(Language::Zh));
    }

    #[test]
    fn a_file_name_can_be_a_title() {
        assert_eq!(
            FileName::of("a/How-to-pay_now.en.md").default_title(),
            "How to pay now"
        );
    }

    #[test]
    fn jsx_is_blanked_in_place() {
        let file = "import X from 'y'\n<Tabs>\n<Card\n  title=\"a\"\n>\nText <b>x</b>\n</Card>\n```\n<Tabs>\n```\n";
        let blanked = blank_jsx(file);
        assert_eq!(blanked.len(), file.len());
        assert_eq!(blanked.trim(), "Text <b>x</b>\n       \n```\n<Tabs>\n```");
    }
}
