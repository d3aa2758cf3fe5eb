//! Encodes the lines of standard input and prints one JSON object a line: `{"tokens": …, "vector": […]}`.
//!
//! ```text
//! cargo run -p inference --example encode_lines -- <file.bin> [query|passage] < lines.txt
//! ```
//!
//! The file is a packed E5 file; tokens are counted with prefix and both special tokens. Made to compare this
//! encoder with others; `tests/reference/compare.py` does.

use std::io::{BufRead, Write};
use std::path::Path;

use inference::encoder::{E5Spec, load_packed};
use inference::{Encoder, TextKind};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments
        .next()
        .ok_or("usage: encode_lines <file.bin> [query|passage]")?;
    let kind = match arguments.next().as_deref() {
        None | Some("passage") => TextKind::Passage,
        Some("query") => TextKind::Query,
        Some(other) => return Err(format!("`{other}` is neither `query` nor `passage`").into()),
    };
    let spec = E5Spec {
        query_prefix: "query: ".to_owned(),
        passage_prefix: "passage: ".to_owned(),
        max_tokens: 512,
    };
    let encoder = load_packed(Path::new(&path), path.clone(), &spec)?;
    let lines: Vec<String> = std::io::stdin().lock().lines().collect::<Result<_, _>>()?;
    let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
    let vectors = encoder.encode(&texts, kind)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (index, text) in texts.iter().enumerate() {
        let line = serde_json::json!({
            "tokens": encoder.count_tokens(text, kind)?,
            "vector": vectors.row(index),
        });
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(())
}
