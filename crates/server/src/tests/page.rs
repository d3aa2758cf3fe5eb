use std::collections::{BTreeMap, BTreeSet};

use super::*;

const TEXTS: &str = include_str!("../page/texts.js");
const INDEX: &str = include_str!("../page/index.html");
const STYLE: &str = include_str!("../page/app.css");
/// Scripts that are not texts, by address.
const SCRIPTS: [(&str, &str); 18] = [
    ("/answer.js", include_str!("../page/answer.js")),
    ("/api.js", include_str!("../page/api.js")),
    ("/app.js", include_str!("../page/app.js")),
    ("/article.js", include_str!("../page/article.js")),
    ("/dom.js", include_str!("../page/dom.js")),
    ("/embed.js", include_str!("../page/embed.js")),
    ("/feedback.js", include_str!("../page/feedback.js")),
    ("/markdown.js", include_str!("../page/markdown.js")),
    ("/pick.js", include_str!("../page/pick.js")),
    ("/quote.js", include_str!("../page/quote.js")),
    ("/router.js", include_str!("../page/router.js")),
    ("/search.js", include_str!("../page/search.js")),
    ("/session.js", include_str!("../page/session.js")),
    ("/status.js", include_str!("../page/status.js")),
    ("/support.js", include_str!("../page/support.js")),
    ("/token.js", include_str!("../page/token.js")),
    ("/widget.js", include_str!("../page/widget.js")),
    ("/words.js", include_str!("../page/words.js")),
];

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline() {
    let state = unloaded();
    let scripts = SCRIPTS.map(|(path, text)| (path, "text/javascript; charset=utf-8", text));
    let others = [
        ("/", "text/html; charset=utf-8", INDEX),
        ("/texts.js", "text/javascript; charset=utf-8", TEXTS),
        ("/app.css", "text/css; charset=utf-8", STYLE),
    ];
    for (path, media_type, text) in scripts.into_iter().chain(others) {
        let reply = get(&state, path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(reply.header(header::CONTENT_TYPE), media_type);
        assert_eq!(reply.text, text, "{path}");
        let policy = reply.header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("script-src 'self'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(
            !reply.text.contains("http://") && !reply.text.contains("https://"),
            "{path}"
        );
        for markup in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            " style=",
            " onclick=",
        ] {
            assert!(!reply.text.contains(markup), "{markup} in {path}");
        }
    }
}

#[test]
fn every_module_that_is_imported_is_served() {
    for (path, script) in SCRIPTS {
        for (imported, _) in script
            .split(" from \"")
            .skip(1)
            .filter_map(|rest| rest.split_once("\";"))
        {
            // Beside the module that names it, so that the page works below a path too.
            let imported = imported.strip_prefix('.').unwrap_or("nothing");
            let is_served = SCRIPTS.iter().any(|(served, _)| *served == imported);
            let is_data = ["/texts.js", "/statuses.js"].contains(&imported);
            assert!(is_served || is_data, "{imported} in {path}");
        }
    }
}

/// A module that is found late waits for the one that names it.
#[test]
fn every_module_is_loaded_at_once() {
    let modules = SCRIPTS.map(|(path, _)| path).into_iter();
    for path in modules.chain(["/texts.js", "/statuses.js"]) {
        let preload = format!("<link rel=\"modulepreload\" href=\".{path}\">");
        let is_module = !["/app.js", "/widget.js"].contains(&path);
        assert_eq!(INDEX.contains(&preload), is_module, "{path}");
    }
}

#[tokio::test]
async fn statuses_are_named_in_nine_languages() {
    let reply = get(&unloaded(), "/statuses.js").await;
    let written = reply.text.strip_prefix("export const statuses = ").unwrap();
    let statuses: Value = serde_json::from_str(written.trim_end().trim_end_matches(';')).unwrap();
    assert_eq!(statuses["delivered"]["nl"], "bezorgd");
    assert_eq!(statuses["awaiting_payment"]["zh"], "待付款");
    for (code, names) in statuses.as_object().unwrap() {
        assert_eq!(names.as_object().unwrap().len(), 9, "{code}");
    }
}

#[tokio::test]
async fn other_sites_may_load_the_widget_and_nothing_else() {
    let shared = axum::http::HeaderName::from_static("cross-origin-resource-policy");
    for (path, expected) in [("/widget.js", true), ("/app.js", false), ("/", false)] {
        let reply = get(&unloaded(), path).await;
        let is_shared = reply
            .headers
            .get(&shared)
            .is_some_and(|v| v == "cross-origin");
        assert_eq!(is_shared, expected, "{path}");
    }
}

#[test]
fn nothing_on_the_page_is_taken_out_of_its_order_for_the_keyboard() {
    for positive in 1..=9 {
        for (path, text) in SCRIPTS.into_iter().chain([("/", INDEX)]) {
            for written in [
                format!("tabindex=\"{positive}"),
                format!("tabindex: \"{positive}"),
            ] {
                assert!(!text.contains(&written), "{written} in {path}");
            }
        }
    }
}

/// Keys of each language in the texts of the page.
fn keys() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut language = "";
    for line in TEXTS.lines() {
        if let Some(name) = line
            .strip_prefix("  ")
            .and_then(|line| line.strip_suffix(": {"))
        {
            language = name;
        } else if let Some((key, text)) = line
            .strip_prefix("    ")
            .and_then(|line| line.split_once(": \""))
        {
            assert_ne!(text, "\",", "{language}.{key} is empty");
            assert!(
                keys.entry(language).or_default().insert(key),
                "{language}.{key} twice"
            );
        }
    }
    keys
}

#[test]
fn every_text_is_there_in_nine_languages() {
    let keys = keys();
    let languages: BTreeSet<&str> = corpus::Language::ALL
        .iter()
        .map(|language| language.code())
        .collect();
    assert_eq!(keys.keys().copied().collect::<BTreeSet<_>>(), languages);
    let english = &keys["en"];
    for (language, texts) in &keys {
        assert_eq!(texts, english, "{language}");
    }
    let after = |text: &'static str, start: &'static str| {
        text.split(start)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect::<Vec<_>>()
    };
    let used: BTreeSet<&str> = SCRIPTS
        .into_iter()
        .flat_map(|(_, script)| after(script, "say(\""))
        .chain(after(INDEX, "data-text=\""))
        .collect();
    assert!(used.len() > 60, "{used:?}");
    // Those the page looks up by what the interface says.
    let looked_up = [
        "email",
        "chat",
        "phone",
        "next_email",
        "next_chat",
        "next_phone",
        "no_evidence",
        "unsupported",
        "sensitive_topic",
        "requested",
        "unsupported_language",
        "overloaded",
        "error",
    ];
    for key in used.into_iter().chain(looked_up) {
        assert!(english.contains(key), "{key}");
    }
}

#[test]
fn every_text_has_the_same_gaps_in_nine_languages() {
    let gaps = |text: &'static str| -> BTreeSet<&'static str> {
        text.split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(gap, _)| gap)
            .collect()
    };
    let mut by_key: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, text) in TEXTS
        .lines()
        .filter_map(|line| line.strip_prefix("    ")?.split_once(": \""))
    {
        let english = by_key.entry(key).or_insert_with(|| gaps(text));
        assert_eq!(gaps(text), *english, "{key}: {text}");
    }
}

/// A help center that is one of many lies below a path, and so does everything its page loads and asks.
#[test]
fn nothing_of_the_page_is_named_from_the_root() {
    let reference = [
        ("/docs", include_str!("../reference/index.html")),
        (
            "/docs/reference.js",
            include_str!("../reference/reference.js"),
        ),
    ];
    let texts = SCRIPTS.into_iter().chain([("/", INDEX)]).chain(reference);
    for (path, text) in texts {
        for rooted in [
            "from \"/",
            "import(\"/",
            "fetch(\"/",
            "href=\"/",
            "src=\"/",
            "URL(\"/",
        ] {
            assert!(!text.contains(rooted), "{rooted} in {path}");
        }
    }
}
