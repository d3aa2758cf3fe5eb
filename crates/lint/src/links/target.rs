//! Targets of links, taken apart.

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// What the path is held against.
    pub(super) start: Start,
    /// The path, decoded, without query and anchor.
    pub(super) path: String,
    /// What follows `#`, decoded.
    anchor: Option<String>,
}

/// Where a path starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// At the article's folder.
    Folder,
    /// At the top of the site or of the knowledge base.
    Top,
    /// At a host of the web; the path is what stands behind it.
    Host(String),
}

impl Target {
    /// Takes `text` apart. `None` when it is no link to a page: another scheme, or a template to be filled in.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains(['{', '}', '<', '>']) || text.contains("$(") {
            return None;
        }
        let (start, rest) = if let Some(rest) = text.strip_prefix("//") {
            host(rest)
        } else if let Some((scheme, rest)) = scheme(text) {
            if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
                return None;
            }
            host(rest.strip_prefix("//")?)
        } else if let Some(rest) = text.strip_prefix("@/") {
            // How Zola writes the top of the content folder.
            (Start::Top, rest)
        } else if let Some(rest) = text.strip_prefix('/') {
            (Start::Top, rest)
        } else {
            (Start::Folder, text)
        };
        let (rest, anchor) = match rest.split_once('#') {
            Some((rest, anchor)) => (rest, Some(decoded(anchor))),
            None => (rest, None),
        };
        let path = rest.split('?').next().unwrap_or(rest);
        Some(Self {
            start,
            path: decoded(path),
            anchor,
        })
    }

    /// The anchor, unless it leads to the top of the page or is one that no heading has.
    pub(super) fn anchor(&self) -> Option<String> {
        self.anchor.clone().filter(|anchor| {
            let is_top = anchor.is_empty() || anchor.eq_ignore_ascii_case("top");
            // Text fragments and routes of scripts.
            let is_other = anchor.starts_with([':', '/', '!', '?']) || anchor.contains(['=', '&']);
            // Help desks give headings ids of this form when they publish them.
            let is_given = anchor.strip_prefix("h_").is_some_and(|id| {
                id.len() >= 10 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
            !is_top && !is_other && !is_given
        })
    }
}

fn host(text: &str) -> (Start, &str) {
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    (
        Start::Host(text[..end].to_ascii_lowercase()),
        text[end..].trim_start_matches('/'),
    )
}

/// `mailto` of `mailto:me@x.example`.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some((scheme, rest))
}

/// Percent signs undone, where that gives text.
fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = (first == b'%').then(|| after.get(..2)).flatten();
        let byte = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// `path` from the folder `folder`, without `.` and `..`; `None` when it leaves the top.
pub(super) fn resolved(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(Start, &str, Option<&str>)>) {
        let target = Target::read(text);
        let found = target
            .as_ref()
            .map(|target| (target.start.clone(), target.path.as_str(), target.anchor()));
        let expected =
            expected.map(|(start, path, anchor)| (start, path, anchor.map(str::to_owned)));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn targets_are_taken_apart() {
        let host = || Start::Host("x.example".to_owned());
        check("a.md#b", Some((Start::Folder, "a.md", Some("b"))));
        check(
            "../My%20file.md?x=1#c%C3%A9",
            Some((Start::Folder, "../My file.md", Some("cé"))),
        );
        check("#b", Some((Start::Folder, "", Some("b"))));
        check("/help/a", Some((Start::Top, "help/a", None)));
        check("@/faq/index.md", Some((Start::Top, "faq/index.md", None)));
        check(
            "HTTPS://X.example/a/b/?q#c",
            Some((host(), "a/b/", Some("c"))),
        );
        check("//x.example", Some((host(), "", None)));
        check("100%", Some((Start::Folder, "100%", None)));
        check("a b:c", Some((Start::Folder, "a b:c", None)));
        for other in [
            "mailto:me@x.example",
            "tel:+31",
            "javascript:x()",
            "ms-settings:a",
            "{url}",
            "https:x",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn anchors_that_no_heading_has_are_left_out() {
        for text in [
            "a.md#",
            "#top",
            "a#:~:text=x",
            "a#/route",
            "a#h_01HZX8ABCDEFGH",
            "a#x=1",
        ] {
            let target = Target::read(text).expect(text);
            assert_eq!(target.anchor(), None, "{text}");
        }
    }

    #[test]
    fn paths_stay_below_the_top() {
        assert_eq!(resolved("nl/fees", "../a.md").as_deref(), Some("nl/a.md"));
        assert_eq!(resolved("nl", "./a//b/").as_deref(), Some("nl/a/b"));
        assert_eq!(resolved("nl", "../../a.md"), None);
    }
}
