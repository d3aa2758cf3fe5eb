//! Regions, addresses and fingerprints, and one whole log.

use corpus::ByteRange;
use serde_json::Value;

use super::*;
use crate::{
    LintConfig,
    tests::{TODAY, collection},
};

#[track_caller]
fn check_region(text: &str, range: (usize, usize), expected: (u32, u32, u32, u32)) {
    let place = Place::range("a.md", text, ByteRange::new(range.0, range.1));
    let region = region(&place, text);
    let found = (
        region.start_line,
        region.start_column.expect("a column"),
        region.end_line.expect("a line"),
        region.end_column.expect("a column"),
    );
    assert_eq!(found, expected);
}

#[test]
fn columns_count_utf16_units() {
    check_region("abc", (1, 2), (1, 2, 1, 3));
    check_region("é🙂x", (6, 7), (1, 4, 1, 5));
    check_region("a\nbé c\n", (2, 5), (2, 1, 2, 3));
    check_region("a\nb\nc\n", (0, 4), (1, 1, 2, 2));
}

#[test]
fn addresses_are_escaped() {
    assert_eq!(address("kb/en/My file.md"), "kb/en/My%20file.md");
    assert_eq!(address("卖/a#b.md"), "%E5%8D%96/a%23b.md");
}

fn log_of(files: &[(&str, &str)]) -> Value {
    let collection = collection(files);
    let findings = crate::check(&collection, None, &LintConfig::default(), TODAY);
    serde_json::to_value(log(&findings, &collection, "help", "1.2.3")).expect("JSON")
}

#[test]
fn a_finding_keeps_its_fingerprint_when_lines_move() {
    let of = |text: &str| {
        log_of(&[("en/a.md", text)])["runs"][0]["results"][0]["partialFingerprints"].clone()
    };
    let first = of("# A\n\nSee [b](b.md).\n");
    assert_eq!(first, of("# A\n\nMore.\n\nSee [b](b.md).\n"));
    assert_ne!(first, of("# A\n\nSee [c](c.md).\n"));
    let twice = log_of(&[("en/a.md", "# A\n\n[b](b.md)\n\n[b](b.md)\n")]);
    let results = &twice["runs"][0]["results"];
    assert_ne!(
        results[0]["partialFingerprints"],
        results[1]["partialFingerprints"]
    );
}

#[test]
fn a_whole_log() {
    let log = log_of(&[
        (
            "en/a.md",
            "---\nid: x\n---\n# A\n\nÉén 🙂 [b](b.md), p\u{430}y.\n",
        ),
        ("en/b b.md", "---\nid: x\n---\n# B\n\nText.\n"),
        ("en/c.md", ""),
    ]);
    let results = serde_json::to_string_pretty(&log["runs"][0]["results"]).expect("JSON");
    insta::assert_snapshot!("sarif_results", results);
}
