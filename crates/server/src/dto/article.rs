//! An article, for people who want to read for themselves.

use std::collections::BTreeMap;

use corpus::{ArticleId, Language, Sensitivity};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::schema::{ArticleName, LanguageCode, SensitivityCode};

/// One version of an article with its Markdown.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Article {
    /// Name shared by all versions.
    #[schemars(with = "ArticleName")]
    pub id: ArticleId,
    /// Language of this version.
    #[schemars(with = "LanguageCode")]
    pub language: Language,
    /// Languages there is a visible version in.
    #[schemars(with = "Vec<LanguageCode>")]
    pub languages: Vec<Language>,
    /// Its title.
    pub title: String,
    /// Its public address.
    pub url: Option<String>,
    /// The whole file as indexed, front matter included: `start` and `end` of a citation count its bytes.
    pub markdown: String,
    /// Audiences it is for; empty means everyone.
    pub audience: Vec<String>,
    /// Regions it holds for; empty means everywhere.
    pub regions: Vec<String>,
    /// First visible day.
    pub valid_from: Option<Date>,
    /// First day it is no longer visible.
    pub valid_until: Option<Date>,
    /// Subjects.
    pub topics: Vec<String>,
    /// `normal`, or `sensitive` when a person decides.
    #[schemars(with = "SensitivityCode")]
    pub sensitivity: Sensitivity,
    /// Day of the last change of substance.
    pub updated: Option<Date>,
    /// Front-matter keys without a meaning here.
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// Generation it was read from.
    pub generation: String,
}

impl Article {
    /// The twin of `article`, whose file is `source`.
    pub fn new(
        article: &corpus::Article,
        source: &str,
        languages: Vec<Language>,
        generation: &str,
    ) -> Self {
        Self {
            id: article.id.clone(),
            language: article.language,
            languages,
            title: article.title.clone(),
            url: article.url.clone(),
            markdown: source.to_owned(),
            audience: article.audience.clone(),
            regions: article.regions.clone(),
            valid_from: article.validity.from,
            valid_until: article.validity.until,
            topics: article.topics.clone(),
            sensitivity: article.sensitivity,
            updated: article.updated,
            attributes: article.attributes.clone(),
            generation: generation.to_owned(),
        }
    }
}
