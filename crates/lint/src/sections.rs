//! Sections that are too long to be found and quoted well.

use corpus::StatementKind;
use rayon::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use crate::{ArticleFile, Collection, Finding, LintConfig, Place, Rule};

/// Chinese characters that say what one word says elsewhere.
const CHARACTERS_A_WORD: usize = 2;

pub(crate) fn findings(collection: &Collection, config: &LintConfig) -> Vec<Finding> {
    let limit = config.section_words.get();
    let of = |file| long_sections(file, limit);
    collection.articles().par_iter().flat_map_iter(of).collect()
}

fn long_sections(file: &ArticleFile, limit: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sections = file.statements.chunk_by(|a, b| a.section == b.section);
    for section in sections {
        let Some(first) = section.first() else {
            continue;
        };
        let said = section.iter().map(|s| &s.statement).filter(|statement| {
            !matches!(statement.kind, StatementKind::Heading | StatementKind::Code)
        });
        let n_bytes: usize = said.clone().map(|statement| statement.text.len()).sum();
        // A word takes at least a letter and a space.
        if n_bytes <= 2 * limit {
            continue;
        }
        let mut n_words: usize = said
            .map(|statement| statement.text.unicode_words().count())
            .sum();
        if !file.article.language.separates_words() {
            n_words /= CHARACTERS_A_WORD;
        }
        if n_words > limit {
            let name = file
                .article
                .sections
                .get(first.section)
                .and_then(|section| section.heading_path.last())
                .map_or_else(
                    || "the text without a heading of its own".to_owned(),
                    |heading| format!("the section `{heading}`"),
                );
            findings.push(Finding::new(
                Rule::LongSection,
                Place::range(file.path(), &file.text, first.statement.range),
                format!("{name} has {n_words} words, and more than {limit} are hard to find and to quote"),
                "divide it with headings that say what is below them",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use crate::tests::{collection, shown};

    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        let config = LintConfig {
            section_words: NonZeroUsize::new(5).expect("not zero"),
            ..LintConfig::default()
        };
        let text = format!("---\ntitle: T\n---\n{text}");
        assert_eq!(
            shown(&findings(&collection(&[(path, &text)]), &config)),
            expected
        );
    }

    #[test]
    fn words_are_counted_by_section() {
        check(
            "en/a.md",
            "## A\n\nOne two three.\n\nFour five.\n\n## B\n\nOne two.\n",
            &[],
        );
        check(
            "en/a.md",
            "## A\n\nOne two.\n\n## B\n\nOne two three.\n\n- four\n- five six\n",
            &[
                "en/a.md:8:4 long-section the section `B` has 6 words, and more than 5 are hard to find and to quote",
            ],
        );
        check(
            "en/a.md",
            "One two three four five six.\n",
            &[
                "en/a.md:4:1 long-section the text without a heading of its own has 6 words, and more than 5 are hard \
               to find and to quote",
            ],
        );
    }

    #[test]
    fn code_is_not_read_and_chinese_has_no_spaces() {
        check(
            "en/a.md",
            "## A\n\nOne two.\n\n```\none two three four five six\n```\n",
            &[],
        );
        check("zh/a.md", "## 付款\n\n我们明天付款给您。\n", &[]);
        check(
            "zh/a.md",
            "## 付款\n\n我们明天上午付款给您和其他卖家。\n",
            &[
                "zh/a.md:4:4 long-section the section `付款` has 7 words, and more than 5 are hard to find and to quote",
            ],
        );
    }
}
