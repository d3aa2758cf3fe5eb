use super::*;

const FILES: [&str; 3] = [
    include_str!("../reference/index.html"),
    include_str!("../reference/reference.css"),
    include_str!("../reference/reference.js"),
];

#[tokio::test]
async fn the_reference_is_one_page_that_runs_only_what_is_sent_here() {
    let state = unloaded();
    let page = get(&state, "/docs").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header(header::CONTENT_TYPE).starts_with("text/html"));
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (path, media_type) in [
        ("/docs/reference.css", "text/css"),
        ("/docs/reference.js", "text/javascript"),
    ] {
        assert!(page.text.contains(path), "{path}");
        let file = get(&state, path).await;
        assert!(file.header(header::CONTENT_TYPE).starts_with(media_type));
    }
}

#[test]
fn the_page_asks_no_other_host_and_writes_text_as_text() {
    for file in FILES {
        assert!(
            !file.contains("http://") && !file.contains("https://"),
            "{file}"
        );
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!file.contains(sink), "{sink}");
        }
    }
    // Nothing inline, which the policy would stop.
    for inline in ["<style", " style=", " onclick=", "<script>"] {
        assert!(!FILES[0].contains(inline), "{inline}");
    }
}

#[tokio::test]
async fn the_description_that_is_served_has_the_limits_of_the_settings() {
    let config = ServerConfig {
        max_question_chars: 123,
        ..ServerConfig::default()
    };
    let state = state_of(TestLoader::new(None), config);
    let reply = get(&state, "/openapi.json").await;
    assert_eq!(reply.header(header::CONTENT_TYPE), "application/json");
    let schemas = &reply.json()["components"]["schemas"];
    assert_eq!(
        schemas["EscalationRequest"]["properties"]["question"]["maxLength"],
        123
    );
}
