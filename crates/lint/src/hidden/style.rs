//! Whether an element can be seen, from its own attributes. Style sheets are out of reach.

use std::collections::BTreeMap;

/// Whether an element named `name` hides its content. White text is hidden unless it stands `on_background`.
pub(super) fn hides(
    name: &str,
    attributes: &BTreeMap<String, String>,
    on_background: bool,
) -> bool {
    if name == "template" {
        return true;
    }
    let says_hidden = attributes
        .get("hidden")
        .is_some_and(|value| !matches!(value.as_str(), "{false}" | "false"));
    let is_pale = attributes.get("color").is_some_and(|color| is_white(color));
    let has_no_size = name == "font" && attributes.get("size").is_some_and(|size| size == "0");
    let style = declarations(attributes.get("style").map_or("", String::as_str));
    says_hidden || has_no_size || is_pale && !on_background || is_hidden_by(&style, on_background)
}

/// Whether the element has a background of its own. A class may give it one.
pub(super) fn has_background(attributes: &BTreeMap<String, String>) -> bool {
    let style = declarations(attributes.get("style").map_or("", String::as_str));
    attributes.contains_key("class")
        || attributes.contains_key("classname")
        || attributes.contains_key("bgcolor")
        || background(&style).is_some_and(|color| !is_white(color))
}

/// Properties without hyphens and values without white space, all in lower case.
fn declarations(style: &str) -> BTreeMap<String, String> {
    // MDX: `{{ fontSize: 0, color: 'white' }}`.
    let is_object = style.starts_with('{');
    let separator = if is_object { ',' } else { ';' };
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '{' | '}' | '\'' | '"' | '`'))
            .flat_map(char::to_lowercase)
            .collect()
    };
    style
        .split(separator)
        .filter_map(|declaration| declaration.split_once(':'))
        .map(|(property, value)| {
            let value = plain(value).replace("!important", "");
            (plain(property).replace('-', ""), value)
        })
        .collect()
}

fn is_hidden_by(style: &BTreeMap<String, String>, on_background: bool) -> bool {
    let value = |property: &str| style.get(property).map_or("", String::as_str);
    let is_nothing = |property: &str| number(value(property)).is_some_and(|number| number <= 0.0);
    let is_far_off =
        |property: &str| number(value(property)).is_some_and(|number| number <= -999.0);
    let is_cut = value("overflow") == "hidden"
        && ["height", "width", "maxheight", "maxwidth"]
            .into_iter()
            .any(is_nothing);
    let is_moved = matches!(value("position"), "absolute" | "fixed")
        && ["left", "top", "right", "bottom"]
            .into_iter()
            .any(is_far_off);
    let color = value("color");
    let own_background = background(style);
    let is_unseen_color = color == "transparent"
        || own_background == Some(color)
        || is_white(color) && own_background.is_none_or(is_white) && !on_background;
    value("display") == "none"
        || matches!(value("visibility"), "hidden" | "collapse")
        || is_nothing("opacity")
        || number(value("fontsize"))
            .is_some_and(|size| size <= 1.0 && !value("fontsize").ends_with("em"))
        || value("fontsize").ends_with("em") && is_nothing("fontsize")
        || value("transform") == "scale(0)"
        || is_far_off("textindent")
        || is_cut
        || is_moved
        || !color.is_empty() && is_unseen_color
}

fn background(style: &BTreeMap<String, String>) -> Option<&str> {
    ["backgroundcolor", "background", "backgroundimage"]
        .into_iter()
        .find_map(|property| style.get(property))
        .map(String::as_str)
}

/// `0`, `0px`, `-9999px`, `0.0`: the number a value starts with.
fn number(value: &str) -> Option<f64> {
    let end = value
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '+' | '.'))
        .unwrap_or(value.len());
    value[..end].parse().ok()
}

fn is_white(color: &str) -> bool {
    matches!(
        color,
        "white"
            | "#fff"
            | "#ffffff"
            | "#ffff"
            | "#ffffffff"
            | "rgb(255,255,255)"
            | "hsl(0,0%,100%)"
    ) || (color.starts_with("rgba(") || color.starts_with("hsla("))
        && (color.ends_with(",0)") || color.starts_with("rgba(255,255,255,"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(style: &str, expected: bool) {
        let attributes = BTreeMap::from([("style".to_owned(), style.to_owned())]);
        assert_eq!(hides("span", &attributes, false), expected, "{style}");
    }

    #[test]
    fn styles_hide() {
        for style in [
            "display:none",
            "DISPLAY : None !important; color: red",
            "{{ display: 'none' }}",
            "{{fontSize: 0, color: \"red\"}}",
            "visibility: hidden",
            "opacity:0.0",
            "font-size: 0px",
            "font-size:1px",
            "font-size:0em",
            "color: white",
            "color:#FFFFFF;background:#fff",
            "color:red;background-color:red",
            "color: rgba(0, 0, 0, 0)",
            "text-indent:-9999px",
            "position:absolute; left:-10000px",
            "height:0;overflow:hidden",
        ] {
            check(style, true);
        }
    }

    #[test]
    fn styles_show() {
        for style in [
            "",
            "color:red",
            "color:white;background:#003366",
            "font-size:0.9em",
            "font-size:12px",
            "opacity:0.5",
            "height:0",
            "display:block",
            "margin-left:-1000px",
            "position:relative; top:0",
            "width: 0.5em; overflow: hidden",
        ] {
            check(style, false);
        }
    }
}
