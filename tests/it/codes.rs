//! Codes that differ by a digit name different troubles: the real encoder, articles that are otherwise alike.

use acceptance::loket;

use crate::real_models::models_dir;

/// What each code means; the wording is kept alike, so that only the code tells the articles apart.
const TROUBLES: [(&str, &str); 8] = [
    ("ZP50011", "the reply address is not among those we know"),
    ("ZP50012", "the password was wrong too often"),
    ("ZP50013", "the signature has run out"),
    ("ZP50021", "the bank did not confirm the payment"),
    ("ZP51003", "the card is not open for payments abroad"),
    ("ZP51004", "the account was closed by its owner"),
    ("ZP65001", "the owner has not agreed yet"),
    ("ZP70002", "the shop does not take this currency"),
];

/// Says what customers say, and holds no code.
const LIKE_EVERY_QUESTION: &str = "---\nid: errors\nlanguage: en\ntitle: I keep getting an error code and cannot go on\n---\n\n\
    What now? If you keep getting an error and cannot go on, note the error code, wait, and try again. When the error comes again, \
    ask us what the error code means.\n";

#[test]
fn an_article_that_holds_the_code_comes_first() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let kb = dir.path().join("kb/en");
    fs_err::create_dir_all(&kb).expect("a folder");
    for (code, trouble) in TROUBLES {
        let id = code.to_lowercase();
        let text = format!(
            "---\nid: trouble-{id}\nlanguage: en\ntitle: Trouble when you sign in\n---\n\nSometimes signing in ends with \
             an error. The page shows {code}. It means that {trouble}. Wait for ten minutes, close all windows and sign in \
             once more.\n"
        );
        fs_err::write(kb.join(format!("{id}.md")), text).expect("an article");
    }
    let settings = dir.path().join("loket.toml").display().to_string();
    let text = format!(
        "[models]\ndir = {:?}\noffline = true\nwriter = \"none\"\n[index]\nkb = {:?}\ndata_dir = {:?}\n",
        models_dir().display().to_string(),
        dir.path().join("kb").display().to_string(),
        dir.path().join("data").display().to_string(),
    );
    fs_err::write(&settings, text).expect("settings");
    fs_err::write(kb.join("errors.md"), LIKE_EVERY_QUESTION).expect("an article");
    loket(&["index", "--strict", "--config", &settings]).expect(0);
    for (code, _) in TROUBLES {
        let question = format!("I keep getting error {code} and cannot go on, what now?");
        let reply = loket(&["search", &question, "--json", "--config", &settings]);
        let reply = reply.expect(0).json();
        let first = reply["hits"][0]["article"].as_str();
        let expected = format!("trouble-{}", code.to_lowercase());
        assert_eq!(first, Some(&*expected), "{reply}");
    }
}
