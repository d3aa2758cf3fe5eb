use std::collections::BTreeSet;

use super::*;
use crate::routes;

const COMMITTED: &str = "../../docs/openapi.json";

fn pretty() -> String {
    let mut text = serde_json::to_string_pretty(&document(&ServerConfig::default())).unwrap();
    text.push('\n');
    text
}

#[test]
fn the_committed_description_is_the_one_that_is_served() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    if std::env::var_os("LOKET_WRITE_OPENAPI").is_some() {
        fs_err::write(&path, pretty()).unwrap();
    }
    let committed = fs_err::read_to_string(&path).unwrap();
    assert!(
        committed == pretty(),
        "docs/openapi.json is stale; run `just openapi`"
    );
}

/// The routes of the router with their methods, as its `Debug` lists them.
fn routed() -> BTreeSet<(String, String)> {
    let text = format!("{:?}", routes::all());
    // `routes: {RouteId(3): MethodRouter(MethodRouter { get: …, head: …, …})}, node: Node { paths: {RouteId(3): "/livez"` …
    let mut paths = std::collections::BTreeMap::new();
    for part in text.split("RouteId(").skip(1) {
        let (id, rest) = part.split_once(')').unwrap();
        if let Some(rest) = rest.strip_prefix(": \"") {
            paths.insert(id.to_owned(), rest.split('"').next().unwrap().to_owned());
        }
    }
    let mut routed = BTreeSet::new();
    for part in text.split("RouteId(").skip(1) {
        let (id, rest) = part.split_once(')').unwrap();
        if !rest.starts_with(": MethodRouter") {
            continue;
        }
        for method in ["get", "post", "put", "delete", "patch"] {
            let set = rest.split_once(&format!("{method}: ")).unwrap().1;
            if !set.starts_with("None") {
                routed.insert((paths[id].clone(), method.to_owned()));
            }
        }
    }
    routed
}

#[test]
fn every_route_is_described_and_every_description_is_routed() {
    let document = document(&ServerConfig::default());
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((path.clone(), method.clone()));
        }
    }
    let routed: BTreeSet<_> = routed()
        .into_iter()
        // Files of pages are for browsers; the others are the router's own and of tests.
        .filter(|(path, _)| !routes::is_page_file(path) && path != "/widget.js")
        .filter(|(path, _)| !path.starts_with("/docs/"))
        .filter(|(path, _)| !path.contains("fallback") && path != "/panic")
        .map(|(path, method)| (path.replace("{*", "{"), method))
        .collect();
    assert!(routed.len() > 15, "{routed:?}");
    assert_eq!(described, routed);
}

#[test]
fn limits_are_those_of_the_settings() {
    let config = ServerConfig {
        max_question_chars: 77,
        ..ServerConfig::default()
    };
    let document = document(&config);
    let question = &document["components"]["schemas"]["AnswerRequest"]["properties"]["question"];
    assert_eq!(question["maxLength"], 77);
    assert_eq!(question["minLength"], 1);
}

#[test]
fn every_reference_leads_somewhere() {
    fn look(value: &Value, document: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(place)) = fields.get("$ref") {
                    let pointer = place.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{place}");
                }
                fields.values().for_each(|value| look(value, document));
            }
            Value::Array(values) => values.iter().for_each(|value| look(value, document)),
            _ => {}
        }
    }
    let document = document(&ServerConfig::default());
    look(&document, &document);
}

#[test]
fn requests_may_leave_out_what_replies_always_hold() {
    let document = document(&ServerConfig::default());
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["AnswerRequest"]["required"], json!(["question"]));
    assert_eq!(schemas["AnswerRequest"]["additionalProperties"], false);
    let required = schemas["AnswerReply"]["required"].as_array().unwrap();
    assert!(required.contains(&json!("reason")), "{required:?}");
    let option = schemas["ContactOption"]["required"].as_array().unwrap();
    assert!(!option.contains(&json!("opens_at")), "{option:?}");
}
