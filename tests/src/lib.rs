//! What the acceptance tests stand on: a folder with articles, models and settings, and `loket` run in it.

pub mod sandbox;

pub use sandbox::{Ran, Sandbox};

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// Runs `loket` with `args` in this process.
///
/// # Panics
/// When it writes something else than UTF-8.
pub fn loket(args: &[&str]) -> Ran {
    let words = std::iter::once("loket").chain(args.iter().copied());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run(words.map(OsString::from), &mut out, &mut err);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("loket writes UTF-8");
    Ran {
        code,
        out: text(out),
        err: text(err),
    }
}

/// The root of the repository.
///
/// # Panics
/// Never: this package is a folder of it.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("this package is a folder of the repository")
        .to_owned()
}

/// Checks what holds for every reply: citations resolve to the bytes they quote, and a person can be reached.
///
/// Articles lie in `kb` as `<language>/<id>.md`. Returns the number of citations.
///
/// # Panics
/// When something does not hold.
#[track_caller]
pub fn check_reply(reply: &Value, kb: &Path) -> usize {
    let mut n_citations = 0;
    for sentence in reply["sentences"].as_array().expect("sentences") {
        let citations = sentence["citations"].as_array().expect("citations");
        assert!(
            !citations.is_empty(),
            "a sentence without a citation: {sentence}"
        );
        for citation in citations {
            if citation["kind"] == "fact" {
                let path = citation["path"].as_str().expect("a path");
                assert!(path.starts_with("subject.facts."), "{path}");
            } else {
                check_citation(citation, kb);
            }
            n_citations += 1;
        }
    }
    let options = reply["contact"]["options"]
        .as_array()
        .expect("contact options");
    let email = options
        .iter()
        .find(|option| option["method"] == "email")
        .expect("e-mail");
    assert_eq!(email["available"], true);
    let n_recommended = options
        .iter()
        .filter(|option| option["recommended"] == true)
        .count();
    assert_eq!(n_recommended, 1, "{options:?}");
    n_citations
}

#[track_caller]
fn check_citation(citation: &Value, kb: &Path) {
    let text = |key: &str| citation[key].as_str().expect("a text");
    let number = |key: &str| {
        let number = citation[key].as_u64().expect("a number");
        usize::try_from(number).expect("a place in a file")
    };
    let path = kb
        .join(text("language"))
        .join(format!("{}.md", text("article")));
    let file = fs_err::read(&path).expect("the cited article exists");
    let cited = file
        .get(number("start")..number("end"))
        .expect("the range lies in the file");
    assert_eq!(cited, text("quote").as_bytes(), "{}", path.display());
    assert!(!cited.is_empty());
}
