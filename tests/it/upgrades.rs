//! What this version makes of an index that an older or a newer one wrote: it is never misread, and one build later all is
//! well. The state store has its own tests, in `support`; a newer one is refused.

use acceptance::Sandbox;
use serde_json::{Value, json};

/// Makes the current generation look as another version would have written it, checksum and all.
fn rewrite(sandbox: &Sandbox, field: &str, value: u32) {
    let index = sandbox.path("data").join("index");
    let current = fs_err::read_to_string(index.join("CURRENT")).expect("a generation serves");
    let dir = index.join("generations").join(current.trim());
    let path = dir.join("manifest.json");
    let text = fs_err::read(&path).expect("a manifest");
    let mut manifest: Value = serde_json::from_slice(&text).expect("JSON");
    assert!(manifest[field].is_u64(), "no {field} in {manifest}");
    manifest[field] = value.into();
    let text = manifest.to_string();
    let checksum = blake3::hash(text.as_bytes()).to_hex().to_string();
    fs_err::write(path, text).expect("written");
    fs_err::write(dir.join("manifest.blake3"), checksum).expect("written");
}

fn index(sandbox: &Sandbox) -> Value {
    sandbox.run(&["index", "--json"]).expect(0).json()
}

#[track_caller]
fn check(field: &str, value: u32) {
    let sandbox = Sandbox::new();
    let first = index(&sandbox);
    assert_eq!(index(&sandbox)["is_new"], false, "there is nothing to do");
    rewrite(&sandbox, field, value);

    let built = index(&sandbox);
    assert_eq!(built["is_new"], true, "{field} {value}: {built}");
    assert_eq!(
        built["encoded_passages"], first["encoded_passages"],
        "{field} {value}: nothing is taken over of what may mean something else"
    );
    assert_eq!(built["passages"], first["passages"], "{field} {value}");
    let again = index(&sandbox);
    assert_eq!(
        (&again["is_new"], &again["encoded_passages"]),
        (&json!(false), &json!(0)),
        "{field} {value}: {again}"
    );
    let reply = sandbox.ask("How many days do I have to return an order?", 0);
    assert_eq!(reply["generation"], built["generation"], "{field} {value}");
}

#[test]
fn an_index_of_an_older_version_is_built_anew() {
    check("format", 3);
    check("parse_version", 1);
}

#[test]
fn an_index_of_a_newer_version_is_built_anew_by_one_that_was_put_back() {
    check("format", 99);
    check("parse_version", 99);
}
