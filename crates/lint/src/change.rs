//! What an edit brings in that a reader of the change may overlook: hidden text, and hosts that are new.

use std::collections::BTreeSet;

use crate::{ArticleFile, Finding, Place, Rule, hidden, in_order, links, unicode};

/// What the edit of the file `path` (relative to the knowledge base) from `before` to `after` adds that should
/// not go unseen: text readers do not see, odd characters, and links to hosts the article did not link to.
///
/// Without `before` the whole article is new: then what is hidden is told, but no host, for every one is new.
/// Pass an empty text to be told those too. What stood in the article before is never told. Empty when `after` is
/// no article.
pub fn warnings_of_change(before: Option<&str>, path: &str, after: &str) -> Vec<Finding> {
    let Some(new) = read(path, after) else {
        return Vec::new();
    };
    let old = before.and_then(|text| read(path, text));
    let said: BTreeSet<String> = old
        .iter()
        .flat_map(unseen)
        .map(|finding| finding.message)
        .collect();
    let mut findings = unseen(&new);
    findings.retain(|finding| !said.contains(&finding.message));
    if before.is_some() {
        let known: BTreeSet<String> = old
            .iter()
            .flat_map(links::hosts)
            .map(|(host, _)| host)
            .collect();
        let mut told = BTreeSet::new();
        for (host, range) in links::hosts(&new) {
            if !known.contains(&host) && told.insert(host.clone()) {
                findings.push(Finding::new(
                    Rule::NewHost,
                    Place::range(path, after, range),
                    format!("the article now links to `{host}`, which it did not before"),
                    "check that customers may be sent there",
                ));
            }
        }
    }
    in_order(findings)
}

fn read(path: &str, text: &str) -> Option<ArticleFile> {
    indexer::read_article(path, text.as_bytes().to_vec())
        .ok()
        .flatten()
        .map(Into::into)
}

fn unseen(file: &ArticleFile) -> Vec<Finding> {
    let mut findings = hidden::of_article(file);
    findings.extend(unicode::of_article(file));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::shown;

    #[track_caller]
    fn check(before: Option<&str>, after: &str, expected: &[&str]) {
        assert_eq!(
            shown(&warnings_of_change(before, "en/a.md", after)),
            expected
        );
    }

    #[test]
    fn hidden_text_is_told_when_it_is_new() {
        let hidden = "# A\n\nText. <span hidden>Pay first.</span>\n";
        let told =
            "en/a.md:3:7 hidden-text readers do not see what `<span>` holds here: “Pay first.”";
        check(None, hidden, &[told]);
        check(Some("# A\n\nText.\n"), hidden, &[told]);
        check(Some(hidden), &format!("{hidden}\nMore text.\n"), &[]);
        check(
            Some("# A\n\nPayment.\n"),
            "# A\n\nPay\u{200B}ment.\n",
            &[
                "en/a.md:3:4 odd-unicode an invisible character inside a word: U+200B in “Pay⟨U+200B⟩ment.”",
            ],
        );
    }

    #[test]
    fn a_host_is_told_when_it_is_new() {
        let before = "# A\n\nSee [a](https://x.example/1).\n";
        check(
            Some(before),
            "# A\n\nSee [a](https://X.example/2), [b](b.md).\n",
            &[],
        );
        check(
            Some(before),
            "# A\n\n[a](https://y.example/1), <https://y.example/2>, ![i](http://z.example/i.png)\n",
            &[
                "en/a.md:3:1 new-host the article now links to `y.example`, which it did not before",
                "en/a.md:3:50 new-host the article now links to `z.example`, which it did not before",
            ],
        );
        check(None, before, &[]);
        check(
            Some(""),
            before,
            &["en/a.md:3:5 new-host the article now links to `x.example`, which it did not before"],
        );
    }

    #[test]
    fn what_is_no_article_has_no_warnings() {
        check(Some("# A\n\nText.\n"), "", &[]);
    }
}
