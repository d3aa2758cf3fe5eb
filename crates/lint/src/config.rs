//! Settings of the check: section `[check]` of `loket.toml`.

use std::{collections::BTreeMap, num::NonZeroUsize};

use corpus::Language;
use serde::{Deserialize, Serialize};

use crate::{Finding, ReadingConfig, Rule, Severity};

/// What is checked, and how much it weighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LintConfig {
    /// How much the findings of a rule weigh, for rules that should weigh otherwise than by default.
    pub severity: BTreeMap<Rule, Weight>,
    /// Language articles are written in first; other languages are held against it. Default: the language with
    /// most articles, English first among equals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_language: Option<Language>,
    /// Most words of a section, code not counted. Default 700.
    pub section_words: NonZeroUsize,
    /// Days before the end of an article's validity from which on it is told. Default 30; 0 for never.
    pub validity_notice_days: u16,
    /// From where on a text counts as hard to read.
    pub reading: ReadingConfig,
}

impl Default for LintConfig {
    fn default() -> Self {
        Self {
            severity: BTreeMap::new(),
            source_language: None,
            section_words: const { NonZeroUsize::new(700).expect("700 is not zero") },
            validity_notice_days: 30,
            reading: ReadingConfig::default(),
        }
    }
}

/// How much the findings of a rule weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// They gate a merge.
    Error,
    /// They are told, and count against `--max-warnings`.
    Warning,
    /// They are told.
    Note,
    /// They are not told.
    Off,
}

impl LintConfig {
    /// `finding` as it weighs here; `None` when its rule is off. What a rule told more softly than it usually
    /// does is never made heavier than that.
    pub(crate) fn weigh(&self, mut finding: Finding) -> Option<Finding> {
        let wanted = match self.severity.get(&finding.rule) {
            None => return Some(finding),
            Some(Weight::Off) => return None,
            Some(Weight::Error) => Severity::Error,
            Some(Weight::Warning) => Severity::Warning,
            Some(Weight::Note) => Severity::Note,
        };
        finding.severity = if finding.severity < finding.rule.severity() {
            finding.severity.min(wanted)
        } else {
            wanted
        };
        Some(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    #[track_caller]
    fn check(severity: Severity, wanted: Option<Weight>, expected: Option<Severity>) {
        let finding = Finding::new(
            Rule::Validity,
            Place::file("a.md"),
            String::from("it ends"),
            String::from("extend it"),
        );
        let config = LintConfig {
            severity: wanted
                .map(|weight| (Rule::Validity, weight))
                .into_iter()
                .collect(),
            ..LintConfig::default()
        };
        let weighed = config.weigh(finding.weighing(severity));
        assert_eq!(weighed.map(|finding| finding.severity), expected);
    }

    #[test]
    fn a_weight_moves_what_weighs_as_usual_and_only_lightens_the_rest() {
        check(Severity::Warning, None, Some(Severity::Warning));
        check(
            Severity::Warning,
            Some(Weight::Error),
            Some(Severity::Error),
        );
        check(Severity::Warning, Some(Weight::Note), Some(Severity::Note));
        check(Severity::Warning, Some(Weight::Off), None);
        check(Severity::Note, Some(Weight::Error), Some(Severity::Note));
        check(Severity::Note, Some(Weight::Off), None);
    }
}
