//! An answer that is sure begins with the article's own words, whatever the writer writes.

use acceptance::{Sandbox, check_reply};

#[test]
fn a_sure_answer_begins_with_a_quote() {
    const SENTENCE: &str = "Buyers of porcelain figurines have 30 days for returns after delivery.";
    let sandbox = Sandbox::new();
    sandbox.write_article(
        "en/porcelain.md",
        &format!(
            "---\ntitle: Returns of porcelain figurines\n---\n# Returns of porcelain figurines\n\n{SENTENCE}\n"
        ),
    );
    sandbox.write_settings("[answer]\nsure_confidence = 0.0\n");
    sandbox.run(&["index"]).expect(0);
    let question = "How many days do buyers of porcelain figurines have for returns?";
    let asked = ["ask", question, "--language", "en", "--json"];
    let reply = sandbox.run(&asked).expect(0).json();
    check_reply(&reply, &sandbox.kb());
    let sentences = reply["sentences"].as_array().expect("sentences");
    assert_eq!(sentences[0]["text"], SENTENCE);
    let n_told = sentences.iter().filter(|s| s["text"] == SENTENCE).count();
    assert_eq!(n_told, 1, "{reply}");
}
