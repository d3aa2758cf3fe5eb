use std::collections::{BTreeMap, BTreeSet};

use super::*;

const TEXTS: &str = include_str!("../page/texts.js");
const SCRIPT: &str = include_str!("../page/app.js");
const INDEX: &str = include_str!("../page/index.html");

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline() {
    let state = unloaded();
    for (path, media_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/texts.js", "text/javascript; charset=utf-8"),
        ("/app.css", "text/css; charset=utf-8"),
    ] {
        let reply = get(&state, path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(reply.header(header::CONTENT_TYPE), media_type);
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
    let used: BTreeSet<&str> = [after(INDEX, "data-text=\""), after(SCRIPT, "say(\"")]
        .concat()
        .into_iter()
        .collect();
    assert!(used.len() > 20, "{used:?}");
    for key in used {
        assert!(english.contains(key), "{key}");
    }
    for reason in [
        "no_evidence",
        "unsupported",
        "sensitive_topic",
        "requested",
        "unsupported_language",
        "overloaded",
        "error",
    ] {
        assert!(english.contains(reason), "{reason}");
    }
}
