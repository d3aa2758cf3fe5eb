//! How the writer compares with llama.cpp, in one run on one machine.
//!
//! Both read the same GGUF file and the same prompts, token for token, with two threads: grounded prompts of the
//! sample help center, Dutch and English, worded by the templates of `answer`. llama.cpp is that of the npm
//! package `node-llama-cpp`, which picks a build for the machine's vector units at run time; npm installs it
//! into a temporary folder without running its scripts, and a small script beside this file drives it. The
//! engines take turns, so that what else runs on the machine slows both.
//!
//! Timed for each prompt: reading it with nothing cached, writing token by token, writing with each engine's
//! own lookup of the prompt, and the whole answer, also when the instructions were read before. Both write
//! equally many tokens. Medians over the prompts; a ratio above 1 means that ours is faster. Not timed: loading.
//!
//! Needs the weights, `node`, `npm` and a registry; ends with an error when one of them cannot be had.
//!
//! ```text
//! cargo bench -p benchmarks --bench peer
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use benchmarks::model_file;
use inference::writer::{CancelFlag, GgufWriter, Message, Role, WriteRequest};
use inference::{Catalogue, Role as ModelRole};
use serde_json::{Value, json};

const PACKAGE: &str = "node-llama-cpp@3.22.1";
const BINARIES: &str = "@node-llama-cpp/linux-x64@3.22.1";
const DRIVER: &str = include_str!("peer/driver.mjs");

const N_THREADS: usize = 2;
const CONTEXT_TOKENS: usize = 2048;
const MOST_TOKENS: usize = 120;
/// Longest evidence in bytes: about 300 tokens at most.
const EVIDENCE_BYTES: usize = 900;
const PROMPTS_PER_LANGUAGE: usize = 4;
const LANGUAGES: [(&str, &str); 2] = [("nl", "Dutch"), ("en", "English")];

fn main() -> Result<(), Box<dyn Error>> {
    let catalogue = Catalogue::shipped();
    let entry = catalogue
        .default_for(ModelRole::Writer)
        .ok_or("the catalogue has no default writer")?;
    let path = model_file(entry)?;
    let dir = tempfile::tempdir()?;
    install(dir.path())?;
    let mut peer = Peer::start(dir.path(), &path)?;
    let mut writer = GgufWriter::load(&path, entry.id.clone())?;
    let mut rows = Vec::new();
    for prompt in prompts()? {
        rows.push(Row::measure(&mut writer, &mut peer, &prompt)?);
    }
    summarise(&rows);
    Ok(())
}

/// Installs the package into `dir`.
fn install(dir: &Path) -> Result<(), Box<dyn Error>> {
    let npm = Command::new("npm")
        .args(["install", "--ignore-scripts", "--omit=optional"])
        .args(["--no-audit", "--no-fund", "--prefix"])
        .arg(dir)
        .args([PACKAGE, BINARIES])
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("NOT measured: npm cannot be run: {error}"))?;
    if !npm.success() {
        return Err(format!("NOT measured: npm could not install {PACKAGE} and {BINARIES}").into());
    }
    fs_err::write(dir.join("driver.mjs"), DRIVER)?;
    Ok(())
}

/// llama.cpp in a process of its own.
struct Peer {
    process: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
}

/// What one engine took for one text.
#[derive(Debug, Clone)]
struct Taken {
    n_read: usize,
    n_written: usize,
    prefill_seconds: f64,
    decode_seconds: f64,
}

impl Taken {
    fn reading(&self) -> f64 {
        self.n_read as f64 / self.prefill_seconds
    }

    /// The first token comes with reading.
    fn writing(&self) -> f64 {
        self.n_written.saturating_sub(1) as f64 / self.decode_seconds
    }

    fn whole(&self) -> f64 {
        self.prefill_seconds + self.decode_seconds
    }
}

impl Peer {
    fn start(dir: &Path, model: &Path) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new("node")
            .arg(dir.join("driver.mjs"))
            .arg(model)
            .args([N_THREADS.to_string(), CONTEXT_TOKENS.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("NOT measured: node cannot be run: {error}"))?;
        let requests = process.stdin.take().ok_or("no way to ask the peer")?;
        let replies = process.stdout.take().ok_or("no way to hear the peer")?;
        let mut peer = Self {
            process,
            requests,
            replies: BufReader::new(replies),
        };
        let ready = peer.reply()?;
        if ready["threads"] != json!(N_THREADS) {
            return Err(format!("the peer took {} threads", ready["threads"]).into());
        }
        Ok(peer)
    }

    fn reply(&mut self) -> Result<Value, Box<dyn Error>> {
        let mut line = String::new();
        if self.replies.read_line(&mut line)? == 0 {
            return Err("NOT measured: the peer ended; its reason stands above".into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// Writes `n_tokens` after `ids`, of which the first `n_before` are read before the clock starts.
    fn write(
        &mut self,
        ids: &[u32],
        n_before: usize,
        n_tokens: usize,
        uses_lookup: bool,
    ) -> Result<Taken, Box<dyn Error>> {
        let request = json!({
            "ids": ids, "n_read": n_before, "n_tokens": n_tokens, "uses_lookup": uses_lookup,
        });
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let reply = self.reply()?;
        let seconds = |key: &str| reply[key].as_f64().unwrap_or(f64::NAN) / 1000.0;
        let written = reply["ids"].as_array().ok_or("a reply without tokens")?;
        Ok(Taken {
            n_read: ids.len() - n_before,
            n_written: written.len(),
            prefill_seconds: seconds("prefill_ms"),
            decode_seconds: seconds("decode_ms"),
        })
    }
}

impl Drop for Peer {
    /// Ends the process, which has nothing to save and might outlive this one.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes an answer with our writer. With `is_warm` the instructions are read before the clock starts.
fn write(
    writer: &mut GgufWriter,
    messages: &[Message],
    drafting: bool,
    is_warm: bool,
) -> Result<Taken, Box<dyn Error>> {
    let cancel = CancelFlag::new();
    if is_warm {
        writer.warm_up(messages, &cancel)?;
    }
    let mut request = WriteRequest::new(messages.to_vec(), MOST_TOKENS);
    request.drafting = drafting;
    let written = writer.generate(&request, &cancel, &mut |_| ControlFlow::Continue(()))?;
    Ok(Taken {
        n_read: written.n_prompt_tokens - written.n_cached_tokens,
        n_written: written.n_tokens,
        prefill_seconds: written.timings.prefill.as_secs_f64(),
        decode_seconds: written.timings.decode.as_secs_f64(),
    })
}

struct Prompt {
    id: String,
    instructions: String,
    text: String,
}

impl Prompt {
    /// The messages of one measurement. A number in front makes it new to whoever read the others.
    fn messages(&self, number: usize) -> Vec<Message> {
        let instructions = format!("{number}. {}", self.instructions);
        vec![
            Message::new(Role::System, instructions),
            Message::new(Role::User, self.text.as_str()),
        ]
    }
}

/// All that was measured for one prompt: ours, then the peer's.
struct Row {
    plain: (Taken, Taken),
    lookup: (Taken, Taken),
    warm: (Taken, Taken),
}

impl Row {
    fn measure(
        writer: &mut GgufWriter,
        peer: &mut Peer,
        prompt: &Prompt,
    ) -> Result<Self, Box<dyn Error>> {
        let mut pair = |how, number, drafting, is_warm| -> Result<_, Box<dyn Error>> {
            let messages = prompt.messages(number);
            let ids = writer.prompt(&messages)?;
            let ours = write(writer, &messages, drafting, is_warm)?;
            let n_before = if is_warm { ids.len() - ours.n_read } else { 0 };
            let theirs = peer.write(&ids, n_before, ours.n_written, drafting)?;
            print(&prompt.id, how, &ours, &theirs);
            Ok((ours, theirs))
        };
        let plain = pair("plain", 1, false, false)?;
        let lookup = pair("lookup", 2, true, false)?;
        let warm = pair("lookup, instructions read before", 3, true, true)?;
        Ok(Self {
            plain,
            lookup,
            warm,
        })
    }
}

fn print(id: &str, how: &str, ours: &Taken, theirs: &Taken) {
    println!(
        "{id}, {how}: {} tokens read at {:.1} / {:.1} a second, {} / {} written at {:.1} / {:.1}, whole {:.2} / \
         {:.2} s",
        ours.n_read,
        ours.reading(),
        theirs.reading(),
        ours.n_written,
        theirs.n_written,
        ours.writing(),
        theirs.writing(),
        ours.whole(),
        theirs.whole(),
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n.is_multiple_of(2) => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

/// Prints a figure of ours, the peer's and the median of their ratios, with the bar.
fn compare(rows: &[Row], what: &str, bar: &str, figures: impl Fn(&Row) -> (f64, f64)) {
    let (ours, theirs): (Vec<f64>, Vec<f64>) = rows.iter().map(figures).unzip();
    let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs);
    let ratio = median(ratios.collect());
    println!(
        "{what}: ours {:.2}, llama.cpp {:.2}, ratio {ratio:.2} (bar {bar})",
        median(ours),
        median(theirs)
    );
}

fn summarise(rows: &[Row]) {
    println!("medians over {} prompts:", rows.len());
    compare(rows, "prefill, tokens/s", "at least 1.0", |row| {
        (row.plain.0.reading(), row.plain.1.reading())
    });
    compare(rows, "plain decode, tokens/s", "at least 0.95", |row| {
        (row.plain.0.writing(), row.plain.1.writing())
    });
    compare(
        rows,
        "grounded decode with drafting, tokens/s, against its plain decode",
        "at least 2.0",
        |row| (row.lookup.0.writing(), row.plain.1.writing()),
    );
    compare(
        rows,
        "the same, against its own lookup mode",
        "none",
        |row| (row.lookup.0.writing(), row.lookup.1.writing()),
    );
    compare(
        rows,
        "whole answer, nothing cached, seconds, against its plain mode",
        "at most 0.5",
        |row| (row.lookup.0.whole(), row.plain.1.whole()),
    );
    compare(
        rows,
        "whole answer as served (our instructions cached), seconds, against its plain mode",
        "at most 0.5",
        |row| (row.warm.0.whole(), row.plain.1.whole()),
    );
    compare(
        rows,
        "whole answer, instructions cached and lookup in both, seconds",
        "none",
        |row| (row.warm.0.whole(), row.warm.1.whole()),
    );
}

/// Grounded prompts: questions of the sample help center with the part of their article that answers them.
fn prompts() -> Result<Vec<Prompt>, Box<dyn Error>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let templates = root.join("crates/answer/prompts");
    let system = fs_err::read_to_string(templates.join("system.md"))?;
    let question = fs_err::read_to_string(templates.join("question.md"))?;
    let questions = fs_err::read_to_string(root.join("knowledge_base/questions.jsonl"))?;
    let mut prompts = Vec::new();
    for (code, name) in LANGUAGES {
        let mut n_left = PROMPTS_PER_LANGUAGE;
        for line in questions.lines() {
            let record: Value = serde_json::from_str(line)?;
            let (Some(article), Some(answer)) = (
                record["relevant"][0].as_str(),
                record["answers"][0].as_str(),
            ) else {
                continue;
            };
            if n_left == 0 || record["language"] != *code || record["expect"] != "answered" {
                continue;
            }
            let file = root.join(format!("knowledge_base/{code}/{article}.md"));
            let Some(evidence) = evidence(&fs_err::read_to_string(file)?, answer) else {
                continue;
            };
            let text = question
                .trim_end()
                .replace("{evidence}", &evidence)
                .replace("{question}", record["question"].as_str().unwrap_or(""))
                .replace("{language}", name);
            prompts.push(Prompt {
                id: record["id"].as_str().unwrap_or("?").to_owned(),
                instructions: system.trim_end().replace("{language}", name),
                text,
            });
            n_left -= 1;
        }
    }
    if prompts.is_empty() {
        return Err("the sample help center has no answered questions".into());
    }
    Ok(prompts)
}

/// The lines of `article` around the first that holds `answer`, within [`EVIDENCE_BYTES`]; `None` when there
/// is no such line.
fn evidence(article: &str, answer: &str) -> Option<String> {
    let (_, body) = article.strip_prefix("---\n")?.split_once("\n---\n")?;
    let lines: Vec<&str> = body
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let (mut first, mut end) = {
        let found = lines.iter().position(|line| line.contains(answer))?;
        (found, found + 1)
    };
    let mut n_bytes = lines[first].len();
    loop {
        let before = first.checked_sub(1).map(|index| lines[index].len() + 1);
        let after = lines.get(end).map(|line| line.len() + 1);
        if let Some(length) = before.filter(|length| n_bytes + length <= EVIDENCE_BYTES) {
            first -= 1;
            n_bytes += length;
        } else if let Some(length) = after.filter(|length| n_bytes + length <= EVIDENCE_BYTES) {
            end += 1;
            n_bytes += length;
        } else {
            return Some(lines[first..end].join("\n"));
        }
    }
}
