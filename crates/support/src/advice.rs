//! Advice shown before a person is asked: often the other party of a sale can help sooner.

use std::collections::BTreeMap;

use corpus::{ArticleId, Language};
use serde::{Deserialize, Serialize};

use crate::contact::{Advice, ContactRequest, any_equal};

/// What to try first, for whom and about what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviceRule {
    /// Whom it is for; empty means everyone, and also someone of whom nothing is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// What it is about; empty means anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// The article that explains it. Of several matching rules that name one article, the first is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<ArticleId>,
    /// The advice, one sentence a language; English stands in for a language left out.
    pub text: BTreeMap<Language, String>,
}

impl AdviceRule {
    /// Whether it concerns the customer of `request`.
    pub(crate) fn concerns(&self, request: &ContactRequest) -> bool {
        let audience = self.audiences.is_empty()
            || request
                .audience
                .as_ref()
                .is_some_and(|a| self.audiences.iter().any(|b| a.eq_ignore_ascii_case(b)));
        audience && (self.topics.is_empty() || any_equal(&self.topics, &request.topics))
    }

    /// The advice in `language`; `None` when the rule holds no text that could stand in.
    pub(crate) fn in_language(&self, language: Language) -> Option<Advice> {
        let text = self
            .text
            .get(&language)
            .or_else(|| self.text.get(&Language::En))
            .or_else(|| self.text.values().next())?;
        Some(Advice {
            text: text.clone(),
            article: self.article.clone(),
        })
    }
}
