//! Validity: articles whose time is over, has not come, cannot come, or ends soon.

use jiff::{ToSpan as _, civil::Date};

use crate::{ArticleFile, Collection, Finding, LintConfig, Rule, Severity, front_matter};

pub(crate) fn findings(collection: &Collection, config: &LintConfig, today: Date) -> Vec<Finding> {
    let of = |file| finding(file, config.validity_notice_days, today);
    collection.articles().iter().filter_map(of).collect()
}

fn finding(file: &ArticleFile, notice_days: u16, today: Date) -> Option<Finding> {
    let validity = file.article.validity;
    let about = |key: &str, message: String, remedy: &str| {
        Finding::new(
            Rule::Validity,
            front_matter::place(file, key),
            message,
            remedy,
        )
    };
    if let (Some(from), Some(until)) = (validity.from, validity.until)
        && until <= from
    {
        let message = format!(
            "the article is never shown: it holds from {from}, and until {until}, that day not included"
        );
        return Some(about(
            "valid_until",
            message,
            "let `valid_until` be later than `valid_from`",
        ));
    }
    if let Some(until) = validity.until.filter(|until| *until <= today) {
        let message = format!("the article is not shown any more: it held until {until}");
        return Some(about(
            "valid_until",
            message,
            "bring it up to date, or remove it",
        ));
    }
    if let Some(from) = validity.from.filter(|from| *from > today) {
        let message = format!("the article is not shown yet: it holds from {from}");
        let finding = about("valid_from", message, "nothing, if that is meant");
        return Some(finding.weighing(Severity::Note));
    }
    let until = validity.until?;
    let notice = today.saturating_add(i64::from(notice_days).days());
    (until < notice).then(|| {
        let message = format!("the article is shown until {until}, which is soon");
        let finding = about("valid_until", message, "have what holds from then on ready");
        finding.weighing(Severity::Note)
    })
}

#[cfg(test)]
mod tests {
    use crate::tests::{TODAY, collection, shown};

    use super::*;

    #[track_caller]
    fn check(keys: &str, expected: Option<(Severity, &str)>) {
        let text = format!("---\n{keys}\n---\nText.\n");
        let config = LintConfig::default();
        let findings = findings(&collection(&[("en/a.md", &text)]), &config, TODAY);
        let found = findings
            .first()
            .map(|finding| finding.severity)
            .zip(shown(&findings).pop());
        assert_eq!(
            found,
            expected.map(|(severity, line)| (severity, line.to_owned()))
        );
    }

    #[test]
    fn an_article_has_its_time() {
        use Severity::{Note, Warning};
        check("title: A", None);
        check("valid_from: 2026-01-01\nvalid_until: 2027-11-27", None);
        check("valid_until: 2026-12-27", None);
        check(
            "valid_until: 2026-12-26",
            Some((
                Note,
                "en/a.md:2:1 validity the article is shown until 2026-12-26, which is soon",
            )),
        );
        check(
            "valid_until: 2026-11-27",
            Some((
                Warning,
                "en/a.md:2:1 validity the article is not shown any more: it held until 2026-11-27",
            )),
        );
        check(
            "title: A\nvalid_from: 2026-11-28",
            Some((
                Note,
                "en/a.md:3:1 validity the article is not shown yet: it holds from 2026-11-28",
            )),
        );
        check(
            "valid_from: 2027-01-01\nvalid_until: 2026-01-01",
            Some((
                Warning,
                "en/a.md:3:1 validity the article is never shown: it holds from 2027-01-01, and until 2026-01-01, \
                 that day not included",
            )),
        );
    }
}
