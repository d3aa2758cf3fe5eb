//! The Microsoft 365 support articles in eight languages (`help_centers/m365_8lang` under `LOKET_DATA`) as a folder.

use std::{error::Error, path::Path};

use serde::Deserialize;

use crate::data_folder;

/// Its languages.
pub const LANGUAGES: [&str; 8] = ["de", "es", "fr", "it", "nl", "pl", "pt", "zh"];

#[derive(Deserialize)]
struct Record {
    slug: String,
    title: Option<String>,
    markdown: String,
}

/// Writes every article as a file of its own into `kb`, unless that was done before; gives the titles of each of
/// [`LANGUAGES`].
///
/// # Errors
/// A sentence that names the folder when the collection is not there; the system's own.
pub fn write_articles(kb: &Path) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let source = data_folder().join("help_centers/m365_8lang");
    if !source.is_dir() {
        let source = source.display();
        return Err(
            format!("`{source}` is not there: set LOKET_DATA; nothing was measured").into(),
        );
    }
    let mut by_language: Vec<Vec<String>> = Vec::new();
    for language in LANGUAGES {
        let folder = kb.join(language);
        fs_err::create_dir_all(&folder)?;
        let mut titles = Vec::new();
        let text = fs_err::read_to_string(source.join(format!("{language}.jsonl")))?;
        for line in text.lines() {
            let record: Record = serde_json::from_str(line)?;
            let Some(title) = record.title else { continue };
            let id: String = record.slug.split_whitespace().collect::<Vec<_>>().join("-");
            let path = folder.join(format!("{id}.md"));
            if !path.is_file() {
                let id = serde_json::to_string(&id)?;
                let front = format!("---\nid: {id}\nlanguage: {language}\n---\n");
                fs_err::write(path, front + &record.markdown)?;
            }
            titles.push(title);
        }
        by_language.push(titles);
    }
    Ok(by_language)
}
