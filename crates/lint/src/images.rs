//! Images that say nothing to those who cannot see them, readers and programs alike.

use crate::{
    ArticleFile, Collection, Finding, MOST_PER_FILE, Place, Rule, Severity, markup::Image,
    show::escaped,
};

pub(crate) fn findings(collection: &Collection) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in collection.articles() {
        let of_file = file
            .markup
            .images
            .iter()
            .filter_map(|image| finding(file, image));
        findings.extend(of_file.take(MOST_PER_FILE));
    }
    findings
}

fn finding(file: &ArticleFile, image: &Image) -> Option<Finding> {
    let text = image.alternative.as_deref().map(str::trim);
    // In HTML an empty text says on purpose that the image adorns; Markdown has no way to leave it out.
    let is_silent = match text {
        Some("") => !image.is_html,
        Some(_) => false,
        None => !image.is_ornament,
    };
    let name = || escaped(file_name(&image.target));
    let place = || Place::range(file.path(), &file.text, image.range);
    if is_silent {
        return Some(Finding::new(
            Rule::ImageWithoutText,
            place(),
            format!("the image `{}` has no text that stands in for it", name()),
            "say in its text what it shows, also to those who search",
        ));
    }
    let text = text.filter(|text| is_file_name(text, &image.target))?;
    let finding = Finding::new(
        Rule::ImageWithoutText,
        place(),
        format!(
            "the text of the image `{}` is only its name: `{}`",
            name(),
            escaped(text)
        ),
        "say in its text what it shows",
    );
    Some(finding.weighing(Severity::Note))
}

fn file_name(target: &str) -> &str {
    let path = target.split(['?', '#']).next().unwrap_or(target);
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether `text` is the name of the file `target`, with or without its extension.
fn is_file_name(text: &str, target: &str) -> bool {
    let name = file_name(target);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_one_word = !text.contains(char::is_whitespace);
    is_one_word && (text == name || text == stem && text.contains(['-', '_', '.']))
}

#[cfg(test)]
mod tests {
    use crate::tests::{collection, shown};

    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &[&str]) {
        let text = format!("Text. {body}\n");
        assert_eq!(
            shown(&findings(&collection(&[("en/a.md", &text)]))),
            expected
        );
    }

    #[test]
    fn an_image_needs_a_text() {
        check("![The order page](img/x.png)", &[]);
        check(
            "![](img/x.png)",
            &["en/a.md:1:7 image-without-text the image `x.png` has no text that stands in for it"],
        );
        check(
            "<img src=\"https://x.example/a/b.svg?v=1\">",
            &["en/a.md:1:7 image-without-text the image `b.svg` has no text that stands in for it"],
        );
        check(
            "![order-page](img/order-page.png)",
            &[
                "en/a.md:1:7 image-without-text the text of the image `order-page.png` is only its name: `order-page`",
            ],
        );
        check("![Logo](logo.png)", &[]);
        check("![The file x.png](x.png)", &[]);
    }

    #[test]
    fn ornaments_and_pixels_need_none() {
        check("<img src=x.png alt=\"\">", &[]);
        check("<img src=x.png role=presentation>", &[]);
        check("<img src=x.gif width=1 height=\"1px\">", &[]);
    }
}
