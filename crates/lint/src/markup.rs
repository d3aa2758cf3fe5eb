//! Markup: what the plain text of an article leaves out. Links, images, HTML and the names links may lead to.
//!
//! Reads Markdown with the parser and the options the articles are indexed with, so what is code there is code
//! here. Every range counts bytes of the file.

use std::collections::{BTreeMap, BTreeSet};

use corpus::ByteRange;
use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd};

pub mod html;

use self::html::{Token, TokenKind};

/// The markup of one article, each kind in file order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markup {
    /// Links, also those written in HTML.
    pub links: Vec<Link>,
    /// Images, also those written in HTML.
    pub images: Vec<Image>,
    /// HTML tags and comments.
    pub html: Vec<Token>,
    /// Texts of definitions nobody can see: `[//]: # (a remark)`.
    pub remarks: Vec<Remark>,
    /// Values of `id` and `name` attributes.
    pub names: BTreeSet<String>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it leads, as written.
    pub target: String,
    /// The whole link with its text.
    pub range: ByteRange,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Where it lies, as written.
    pub target: String,
    /// The text that stands in for it; `None` when HTML leaves it out, which differs from an empty one.
    pub alternative: Option<String>,
    /// Whether it is written in HTML.
    pub is_html: bool,
    /// Whether HTML says that it only adorns, or it is a pixel that counts visits.
    pub is_ornament: bool,
    /// The whole image.
    pub range: ByteRange,
}

/// A link definition that is used to hide a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The text.
    pub text: String,
    /// The whole definition.
    pub range: ByteRange,
}

/// Reads the markup of the file `path`, whose text is `text` and whose body starts at the byte `body_start`.
pub fn read(path: &str, text: &str, body_start: usize) -> Markup {
    let markdown = indexer::markdown(path, text);
    let body = markdown.get(body_start..).unwrap_or_default();
    let mut walk = Walk {
        text,
        ..Walk::default()
    };
    let mut events = Parser::new_ext(body, indexer::markdown_options()).into_offset_iter();
    for (event, range) in events.by_ref() {
        walk.event(
            event,
            ByteRange::new(range.start + body_start, range.end + body_start),
        );
    }
    let mut markup = walk.markup;
    for (_, definition) in events.reference_definitions().iter() {
        let leads_nowhere = matches!(definition.dest.as_ref(), "" | "#");
        if let (true, Some(title)) = (leads_nowhere, &definition.title) {
            markup.remarks.push(Remark {
                text: title.to_string(),
                range: ByteRange::new(
                    definition.span.start + body_start,
                    definition.span.end + body_start,
                ),
            });
        }
    }
    markup.remarks.sort_by_key(|remark| remark.range);
    markup.take_from_html();
    markup
}

#[derive(Default)]
struct Walk<'a> {
    text: &'a str,
    markup: Markup,
    /// Images that are open, innermost last.
    images: Vec<Image>,
    /// The HTML block being read.
    block: Option<ByteRange>,
}

impl Walk<'_> {
    fn event(&mut self, event: Event<'_>, range: ByteRange) {
        match event {
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                ..
            }) if link_type != LinkType::Email => self.markup.links.push(Link {
                target: dest_url.into_string(),
                range,
            }),
            Event::Start(Tag::Image { dest_url, .. }) => self.images.push(Image {
                target: dest_url.into_string(),
                alternative: Some(String::new()),
                is_html: false,
                is_ornament: false,
                range,
            }),
            Event::End(TagEnd::Image) => self.markup.images.extend(self.images.pop()),
            Event::Text(text) | Event::Code(text) => {
                let open = self.images.last_mut();
                if let Some(alternative) = open.and_then(|image| image.alternative.as_mut()) {
                    alternative.push_str(&text);
                }
            }
            Event::Start(Tag::HtmlBlock) => self.block = Some(range),
            Event::End(TagEnd::HtmlBlock) => {
                if let Some(block) = self.block.take() {
                    html::tokens(self.text, block, &mut self.markup.html);
                }
            }
            Event::InlineHtml(_) => html::tokens(self.text, range, &mut self.markup.html),
            _ => {}
        }
    }
}

impl Markup {
    fn take_from_html(&mut self) {
        for token in &self.html {
            let TokenKind::Open(attributes) = &token.kind else {
                continue;
            };
            let value = |name: &str| attributes.get(name).cloned();
            self.names.extend(value("id"));
            self.names.extend(value("name"));
            match token.name.as_str() {
                "a" => self.links.extend(value("href").map(|target| Link {
                    target,
                    range: token.range,
                })),
                "img" => self.images.push(Image {
                    target: value("src").unwrap_or_default(),
                    alternative: value("alt"),
                    is_html: true,
                    is_ornament: is_ornament(attributes),
                    range: token.range,
                }),
                _ => {}
            }
        }
        self.links.sort_by_key(|link| link.range);
        self.images.sort_by_key(|image| image.range);
    }
}

fn is_ornament(attributes: &BTreeMap<String, String>) -> bool {
    let is = |name: &str, values: &[&str]| {
        attributes
            .get(name)
            .is_some_and(|value| values.contains(&value.trim_end_matches("px")))
    };
    is("role", &["presentation", "none"])
        || is("aria-hidden", &["true"])
        || is("width", &["0", "1"]) && is("height", &["0", "1"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Markup {
        read("a.md", text, 0)
    }

    #[track_caller]
    fn check_links(text: &str, expected: &[(&str, &str)]) {
        let links: Vec<_> = of(text)
            .links
            .into_iter()
            .map(|link| (link.target, link.range.slice(text).map(str::to_owned)))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(target, source)| ((*target).to_owned(), Some((*source).to_owned())))
            .collect();
        assert_eq!(links, expected);
    }

    #[test]
    fn links_are_found_in_every_form_and_not_in_code() {
        check_links("See [a](b.md#c).", &[("b.md#c", "[a](b.md#c)")]);
        check_links("[a][1]\n\n[1]: b.md \"t\"\n", &[("b.md", "[a][1]")]);
        check_links(
            "<https://x.example/>",
            &[("https://x.example/", "<https://x.example/>")],
        );
        check_links(
            "<p>\n<a class=x href='b.md?q=1&amp;r=2'>a</a></p>",
            &[("b.md?q=1&r=2", "<a class=x href='b.md?q=1&amp;r=2'>")],
        );
        check_links(
            "word <a href=\"c.md\">a</a>",
            &[("c.md", "<a href=\"c.md\">")],
        );
        check_links("`[a](b.md)` and\n\n    <a href=\"c.md\">\n", &[]);
        check_links("<me@x.example>", &[]);
    }

    #[track_caller]
    fn check_images(text: &str, expected: &[(&str, Option<&str>)]) {
        let markup = of(text);
        let images: Vec<_> = markup
            .images
            .iter()
            .map(|image| (image.target.as_str(), image.alternative.as_deref()))
            .collect();
        assert_eq!(images, expected);
    }

    #[test]
    fn the_text_of_an_image_is_what_a_reader_would_hear() {
        check_images("![a *b* `c`](x.png)", &[("x.png", Some("a b c"))]);
        check_images("[![](x.png)](y.md)", &[("x.png", Some(""))]);
        check_images("<img src=x.png>", &[("x.png", None)]);
        check_images("a <img alt='' src=x.png/> b", &[("x.png/", Some(""))]);
    }

    #[test]
    fn names_and_remarks_are_kept() {
        let text =
            "# <a name=\"one\"></a>A\n\n[//]: # (Nobody sees this)\n\n<div id=two>\n</div>\n";
        let markup = of(text);
        assert_eq!(markup.names.iter().collect::<Vec<_>>(), ["one", "two"]);
        let [remark] = markup.remarks.as_slice() else {
            panic!("one remark: {markup:?}");
        };
        assert_eq!(remark.text, "Nobody sees this");
        assert_eq!(remark.range.slice(text), Some("[//]: # (Nobody sees this)"));
    }
}
