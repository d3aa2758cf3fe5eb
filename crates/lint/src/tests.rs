//! What the tests of the rules share, and the check as a whole.

use jiff::civil::{Date, date};

use crate::{Collection, Finding, LintConfig, Rule, Severity, Weight, check};

/// The day the tests are held on.
pub(crate) const TODAY: Date = date(2026, 11, 27);

/// A collection of `files`: path and text.
pub(crate) fn collection(files: &[(&str, &str)]) -> Collection {
    collection_beside(files, &[])
}

/// A collection of `files` in a folder with `others`, which are no articles.
pub(crate) fn collection_beside(files: &[(&str, &str)], others: &[&str]) -> Collection {
    let mut files = files.to_vec();
    files.sort_unstable();
    let mut articles = Vec::new();
    let mut rejected = Vec::new();
    for (path, text) in files {
        match indexer::read_article(path, text.as_bytes().to_vec()) {
            Ok(article) => articles.extend(article),
            Err(unusable) => rejected.push(unusable),
        }
    }
    let others = others.iter().map(|path| (*path).to_owned()).collect();
    Collection::new(articles, others, rejected)
}

/// `path:line:column rule message` of each finding.
pub(crate) fn shown(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        let place = &finding.place;
        format!(
            "{}:{}:{} {} {}",
            place.path, place.line, place.column, finding.rule, finding.message
        )
    };
    findings.iter().map(line).collect()
}

/// Checks weights and texts of findings in `en/a.md`; the lines expected begin at the line number.
#[track_caller]
pub(crate) fn assert_told(findings: &[Finding], expected: &[(Severity, &str)]) {
    let found: Vec<(Severity, String)> = findings
        .iter()
        .map(|finding| finding.severity)
        .zip(shown(findings))
        .collect();
    let expected: Vec<(Severity, String)> = expected
        .iter()
        .map(|(severity, line)| (*severity, format!("en/a.md:{line}")))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn findings_are_in_order_and_told_once_a_line() {
    let files = [
        ("en/b.md", "# B\n\n[a](x.md) and [b](x.md)\n\n![](y.png)\n"),
        ("en/a.md", "# A\n\n![](y.png) then [b](x.md)\n"),
        ("en/c.md", ""),
    ];
    let config = LintConfig::default();
    assert_eq!(
        shown(&check(&collection(&files), None, &config, TODAY)),
        [
            "en/a.md:3:1 image-without-text the image `y.png` has no text that stands in for it",
            "en/a.md:3:17 broken-link there is no article `x.md`",
            "en/b.md:3:1 broken-link there is no article `x.md`",
            "en/b.md:5:1 image-without-text the image `y.png` has no text that stands in for it",
            "en/c.md:1:1 unusable-file the file has no text",
        ]
    );
    let off = LintConfig {
        severity: [
            (Rule::BrokenLink, Weight::Off),
            (Rule::ImageWithoutText, Weight::Off),
        ]
        .into(),
        ..config
    };
    assert_eq!(
        shown(&check(&collection(&files), None, &off, TODAY)),
        ["en/c.md:1:1 unusable-file the file has no text"]
    );
}
