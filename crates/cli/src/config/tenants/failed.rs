//! A help center whose settings are wrong: what can still be said of it, so that its customers are told and find a person.
//!
//! Nothing of it is served. What is made out here decides only for which hosts that is said, and which ways to a person.

use std::path::PathBuf;

use server::{Tenant as Named, TenantName, config::HostName};

use super::{
    ConfigError, FILE, Layers,
    own::{inherited, lay_over},
};
use crate::config::{Config, layers};

/// Lines that may be no TOML before nothing of the rest is believed.
const MOST_WRONG_LINES: usize = 16;

/// What a failed help center may still say, section and key.
const TAKEN: [(&str, Option<&str>); 2] = [("support", None), ("server", Some("allowed_origins"))];

/// A help center whose settings are wrong.
#[derive(Debug)]
pub struct Failed {
    /// Its name, and its hosts as far as they can be made out. None where the name of its folder is none.
    pub named: Option<Named>,
    /// Its settings file.
    pub file: PathBuf,
    /// Its support tables and allowed origins where those are right by themselves, and else what it inherits.
    pub config: Config,
    /// What is wrong.
    pub error: ConfigError,
}

impl Failed {
    /// Its name.
    pub fn name(&self) -> Option<&TenantName> {
        self.named.as_ref().map(|named| &named.name)
    }
}

impl Layers<'_> {
    /// What can be said of the help center in spite of `error`.
    pub(super) fn failed(&self, error: ConfigError) -> Failed {
        let file = self.folder.join(FILE);
        let name = self.folder.file_name().unwrap_or_default();
        let name: Option<TenantName> = name.to_string_lossy().parse().ok();
        // Of a link that leads elsewhere nothing is read.
        let stays = [self.folder, &*file].map(|path| super::stays(path, self.root));
        let text = stays
            .iter()
            .all(Result::is_ok)
            .then(|| fs_err::read_to_string(&file).ok());
        let own = readable(&text.flatten().unwrap_or_default());
        let named = name.map(|name| Named {
            name,
            hosts: hosts(&own),
        });
        Failed {
            named,
            file,
            config: self.as_far_as_right(&own),
            error,
        }
    }

    /// What is inherited, with those parts of `own` above it that are right by themselves.
    fn as_far_as_right(&self, own: &toml::Table) -> Config {
        let mut table = inherited(self.deployment);
        let mut config = valid(&table).unwrap_or_else(|| {
            table = toml::Table::new();
            Config::default()
        });
        for (section, key) in TAKEN {
            let Some(said) = own.get(section) else {
                continue;
            };
            let said = match (key, said.as_table()) {
                (None, _) => said.clone(),
                (Some(key), Some(of)) if of.contains_key(key) => {
                    let of = of.clone().into_iter().filter(|(of, _)| of == key);
                    toml::Value::Table(of.collect())
                }
                (Some(_), _) => continue,
            };
            let mut with = table.clone();
            let said = toml::Table::from_iter([(section.to_owned(), said)]);
            lay_over(&mut with, said, &[]);
            if let Some(read) = valid(&with) {
                (table, config) = (with, read);
            }
        }
        config
    }
}

fn valid(table: &toml::Table) -> Option<Config> {
    let config = layers::read(table).ok()?;
    config.validate().is_ok().then_some(config)
}

/// The hosts that are said, but for those that are none.
fn hosts(own: &toml::Table) -> Vec<HostName> {
    let said = own.get("tenant").and_then(|tenant| tenant.get("hosts"));
    let said = said.and_then(toml::Value::as_array);
    said.into_iter()
        .flatten()
        .filter_map(|host| host.as_str()?.parse().ok())
        .collect()
}

/// What `text` says without the lines that are no TOML; nothing where those are too many.
fn readable(text: &str) -> toml::Table {
    let mut lines: Vec<&str> = text.lines().collect();
    for _ in 0..=MOST_WRONG_LINES {
        let rest = lines.join("\n");
        let error = match toml::from_str(&rest) {
            Ok(table) => return table,
            Err(error) => error,
        };
        let at = error.span().map_or(0, |span| span.start);
        match lines.get_mut(layers::line_at(&rest, at) - 1) {
            Some(line) => *line = "",
            None => break,
        }
    }
    toml::Table::new()
}
