//! Two articles that say two things about one, with tiny models.

use acceptance::{Sandbox, check_reply};
use serde_json::Value;

const QUESTION: &str = "How many days do buyers of porcelain figurines have for returns?";

fn article(front_matter: &str, days: u8) -> String {
    format!(
        "---\ntitle: Returns of porcelain figurines\n{front_matter}---\n\
         # Returns of porcelain figurines\n\n\
         Buyers of porcelain figurines have {days} days for returns after delivery.\n"
    )
}

/// The reply to [`QUESTION`] where one article with the first front matter says 14 days, another 30.
fn reply(front_matters: [&str; 2], more: &[&str]) -> Value {
    let sandbox = Sandbox::new();
    for ((name, days), front_matter) in [("one", 14), ("two", 30)].into_iter().zip(front_matters) {
        let path = format!("en/porcelain-{name}.md");
        sandbox.write_article(&path, &article(front_matter, days));
    }
    sandbox.run(&["index"]).expect(0);
    let asked = [
        "ask",
        QUESTION,
        "--language",
        "en",
        "--mode",
        "extractive",
        "--json",
    ];
    let reply = sandbox.run(&[&asked[..], more].concat()).expect(0).json();
    check_reply(&reply, &sandbox.kb());
    reply
}

/// The numbers of days a reply speaks of.
fn days(reply: &Value) -> Vec<&str> {
    let text = reply["text"].as_str().expect("a text");
    ["14", "30"]
        .into_iter()
        .filter(|days| text.contains(days))
        .collect()
}

#[test]
fn the_article_changed_last_holds() {
    let old = "updated: 2024-02-01\n";
    let new = "updated: 2026-02-01\n";
    assert_eq!(days(&reply([old, new], &[])), ["30"]);
    assert_eq!(days(&reply([new, old], &[])), ["14"]);
}

#[test]
fn the_article_made_for_the_region_holds() {
    let general = "updated: 2026-02-01\n";
    let belgian = "updated: 2024-02-01\nregions: [BE]\n";
    let from_belgium = ["--region", "BE"];
    assert_eq!(days(&reply([general, belgian], &from_belgium)), ["30"]);
    // From nowhere in particular both may hold.
    assert_eq!(days(&reply([general, belgian], &[])), ["14", "30"]);
}

#[test]
fn what_nothing_decides_is_told_both_ways() {
    let reply = reply(["", ""], &[]);
    assert_eq!(days(&reply), ["14", "30"]);
    let sources = reply["sources"].as_array().expect("sources");
    assert_eq!(sources.len(), 2, "{reply}");
}
