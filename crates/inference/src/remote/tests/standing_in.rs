//! What stands in for an endpoint that fails.

use std::sync::Arc;

use super::endpoint::{Endpoint, STREAM, piece, reply, stream_of};
use super::{code_of, request, write, writer};
use crate::remote::FallbackWriter;
use crate::writer::{CancelFlag, LocalWriter, WriteRequest, Writer};

fn local() -> Arc<dyn Writer> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = crate::tiny::writer_file(dir.path(), "qwen2", 7).expect("a tiny writer");
    Arc::new(LocalWriter::load(&path, "tiny".to_owned()).expect("loaded"))
}

#[test]
fn a_whole_endpoint_is_all_that_is_asked() {
    let endpoint = Endpoint::of(stream_of(&["14 days."], "stop"));
    let both = FallbackWriter::new(writer(&endpoint.url), Some(local()));
    let written = write(&both, &request()).0.expect("written");
    assert_eq!((written.text.as_str(), written.by), ("14 days.", None));
    let status = both.remote().expect("remote");
    assert_eq!(status.fallbacks, [("local", 0), ("extractive", 0)]);
}

#[test]
fn the_local_writer_takes_over_before_the_first_word() {
    let endpoint = Endpoint::of(reply("500 Oops", "", ""));
    let local = local();
    let own = write(&*local, &request()).0.expect("written");
    let both = FallbackWriter::new(writer(&endpoint.url), Some(local));
    let (written, sent) = write(&both, &request());
    let written = written.expect("written");
    assert_eq!(written.text, own.text);
    assert_eq!(sent.concat(), own.text);
    assert_eq!(written.by.as_deref(), Some("tiny"));
    assert_eq!(both.remote().expect("remote").fallbacks[0], ("local", 1));
}

#[test]
fn the_local_writer_goes_on_where_the_endpoint_broke_off() {
    let endpoint = Endpoint::of(format!("{STREAM}{}", piece("You have")).into_bytes());
    let local = local();
    let from_there = WriteRequest {
        begin: "You have".to_owned(),
        max_tokens: request().max_tokens - 1,
        ..request()
    };
    let rest = write(&*local, &from_there).0.expect("written").text;
    let both = FallbackWriter::new(writer(&endpoint.url), Some(local));
    let (written, sent) = write(&both, &request());
    let written = written.expect("written");
    assert_eq!(written.text, format!("You have{rest}"));
    assert_eq!(sent.concat(), written.text);
    assert_eq!(written.by.as_deref(), Some("m@remote+tiny"));
}

#[test]
fn without_a_local_writer_the_failure_is_told() {
    let endpoint = Endpoint::of(reply("500 Oops", "", ""));
    let alone = FallbackWriter::new(writer(&endpoint.url), None);
    assert_eq!(code_of(write(&alone, &request()).0), "failed");
    assert_eq!(
        alone.remote().expect("remote").fallbacks,
        [("local", 0), ("extractive", 1)]
    );
}

#[test]
fn the_local_writer_reads_what_the_endpoint_cannot() {
    let endpoint = Endpoint::of(reply("500 Oops", "", ""));
    let local = local();
    let choose = |writer: &dyn Writer| {
        writer.choose(
            &request().messages,
            &["Yes", "No"],
            &CancelFlag::new(),
            None,
        )
    };
    let own = choose(&*local).expect("chosen");
    let both = FallbackWriter::new(writer(&endpoint.url), Some(local));
    assert_eq!(choose(&both).expect("chosen"), own);
    let alone = FallbackWriter::new(writer(&endpoint.url), None);
    assert_eq!(code_of(choose(&alone)), "failed");
}
