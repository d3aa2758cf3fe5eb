//! Fitted settings into a settings file that people wrote: values change, everything else stays as it is.

use std::{io::Write as _, path::Path};

use anyhow::Context as _;
use serde::Serialize;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::Config;

/// Puts `fitted` into the settings at `path`, which is made if it is not there. The file is replaced whole or not at all,
/// and only by one that holds valid settings.
pub(super) fn put(path: &Path, fitted: &impl Serialize) -> anyhow::Result<()> {
    let place = || format!("writing the settings to `{}`", path.display());
    let before = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(place),
    };
    let after = edited(&before, fitted).with_context(place)?;
    replace(path, &after).with_context(place)
}

/// The text of a settings file with the values of `fitted`.
fn edited(before: &str, fitted: &impl Serialize) -> anyhow::Result<String> {
    let mut document: DocumentMut = before.parse()?;
    let mut values = toml::Table::try_from(fitted)?;
    crate::config::shorten(&mut values);
    merge(document.as_table_mut(), &values)?;
    let after = document.to_string();
    // What cannot be read back is not written.
    toml::from_str::<Config>(&after).context("the settings would not be valid")?;
    Ok(after)
}

/// Sets every value of `values` in `table`, and keeps what else stands there, with spaces and comments.
fn merge(table: &mut dyn TableLike, values: &toml::Table) -> anyhow::Result<()> {
    for (key, value) in values {
        if let toml::Value::Table(inner) = value {
            let item = table.entry(key).or_insert_with(|| {
                let mut made = Table::new();
                // Its values stand in tables of their own, so it needs no line.
                made.set_implicit(inner.values().all(toml::Value::is_table));
                Item::Table(made)
            });
            let below = item.as_table_like_mut();
            let below = below.with_context(|| format!("`{key}` is no table; make it one"))?;
            merge(below, inner)?;
            // Spaces between values on one line belong to no value.
            if let Some(line) = item.as_inline_table_mut() {
                line.fmt();
            }
            continue;
        }
        let mut new: Value = value.to_string().parse()?;
        match table.get_mut(key).and_then(Item::as_value_mut) {
            Some(old) => {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            None => {
                table.insert(key, Item::Value(new));
            }
        }
    }
    Ok(())
}

/// Replaces the file at `path` by rename, with the permissions it had. A link stays one.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let target = match fs_err::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error.into()),
    };
    let folder = target.parent().filter(|folder| *folder != Path::new(""));
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    if let Ok(before) = fs_err::metadata(&target) {
        file.as_file().set_permissions(before.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str) {
        let fitted = json!({ "answer": {
            "min_confidence": 0.5,
            "calibration": { "intercept": -1.5, "weights": { "versions": 0.25 } },
        }});
        assert_eq!(edited(before, &fitted).unwrap(), after);
    }

    const WEIGHTS: &str = "nearness = 0.0\nversions = 1.0 # of its translations\nlead = 0.4\n";

    #[test]
    fn values_change_and_comments_stay() {
        check(
            &format!(
                "# Ours\n[answer]\n# How sure it must be.\nmin_confidence = 0.43 # was 0.4\nmax_sentences = 3\n\n\
                 [answer.calibration]\nintercept = -1.0\n[answer.calibration.weights]\n{WEIGHTS}\n[log]\nfilter = \"warn\"\n"
            ),
            "# Ours\n[answer]\n# How sure it must be.\nmin_confidence = 0.5 # was 0.4\nmax_sentences = 3\n\n\
             [answer.calibration]\nintercept = -1.5\n[answer.calibration.weights]\nnearness = 0.0\nversions = 0.25 # of its translations\nlead = 0.4\n\n[log]\nfilter = \"warn\"\n",
        );
    }

    #[test]
    fn tables_that_are_missing_are_made() {
        check(
            "",
            "[answer]\nmin_confidence = 0.5\n\n[answer.calibration]\nintercept = -1.5\n\n[answer.calibration.weights]\nversions = 0.25\n",
        );
    }

    #[test]
    fn tables_on_one_line_stay_on_it() {
        check(
            "answer = { min_confidence = 0.4, calibration = { intercept = 0.0, weights = { versions = 1.0 } } }\n",
            "answer = { min_confidence = 0.5, calibration = { intercept = -1.5, weights = { versions = 0.25 } } }\n",
        );
    }

    #[test]
    fn what_would_not_be_valid_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loket.toml");
        for text in ["[answer\n", "answer = 3\n", "[answer]\nunheard_of = 1\n"] {
            fs_err::write(&path, text).unwrap();
            put(&path, &json!({ "answer": { "min_confidence": 0.5 } })).unwrap_err();
            assert_eq!(fs_err::read_to_string(&path).unwrap(), text);
        }
        put(&path, &json!({ "answer": { "min_confidence": 7 } })).unwrap_err();
        fs_err::write(&path, "").unwrap();
        put(&path, &json!({ "answer": { "min_confidence": 7.0 } })).unwrap_err();
        put(&path, &json!({ "answer": { "min_confidence": 0.25 } })).unwrap();
        assert!(
            fs_err::read_to_string(&path)
                .unwrap()
                .contains("min_confidence = 0.25")
        );
        assert_eq!(
            fs_err::read_dir(folder.path()).unwrap().count(),
            1,
            "no leftovers"
        );
    }
}
