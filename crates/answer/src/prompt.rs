//! Prompt: what the writer reads.
//!
//! evidence → **prompt** → draft. The fixed part comes first and depends on the language alone, so that the
//! writer computes it once. The writer is not asked to refuse and not asked for markers: its reading of
//! the evidence ([`reading`]) is one voice in whether to answer, and citations come from checking after it.

use std::fmt::Write as _;

use corpus::Language;
use indexer::Snapshot;
use inference::writer::{CancelFlag, Message, Role, WriteError, Writer};

use crate::evidence::Evidence;

const SYSTEM: &str = include_str!("../prompts/system.md");
const QUESTION: &str = include_str!("../prompts/question.md");
const ANSWER: &str = include_str!("../prompts/answer.md");
const READ: &str = include_str!("../prompts/read.md");

/// The messages for answering `question` in `language` from `evidence`.
pub fn messages(
    snapshot: &Snapshot,
    evidence: &Evidence,
    question: &str,
    language: Language,
) -> Vec<Message> {
    vec![
        instructions(language),
        Message {
            role: Role::User,
            text: fill(&render(snapshot, evidence), question, &answer_in(language)),
        },
    ]
}

/// What the writer is asked for.
fn answer_in(language: Language) -> String {
    ANSWER
        .trim_end()
        .replace("{language}", language.english_name())
}

/// The messages that ask whether `evidence` states the answer to `question`. Up to their last line they are those of
/// [`messages`], so that the writer reads the evidence once.
pub fn reading(
    snapshot: &Snapshot,
    evidence: &Evidence,
    question: &str,
    language: Language,
) -> Vec<Message> {
    vec![
        instructions(language),
        Message {
            role: Role::User,
            text: fill(&render(snapshot, evidence), question, READ.trim_end()),
        },
    ]
}

/// What every prompt in `language` begins with.
fn instructions(language: Language) -> Message {
    let name = language.english_name();
    Message {
        role: Role::System,
        text: SYSTEM.trim_end().replace("{language}", name),
    }
}

/// Has the writer read the instructions of all nine languages, so that no customer waits for that. Takes about a
/// second a language; the writer is free for questions between two of them.
///
/// # Errors
/// [`WriteError`], after which the rest is read when it is first needed.
pub fn warm_up(writer: &dyn Writer) -> Result<(), WriteError> {
    for language in Language::ALL {
        let messages = [
            instructions(language),
            Message {
                role: Role::User,
                text: fill("", "", &answer_in(language)),
            },
        ];
        writer.warm_up(&messages, &CancelFlag::default())?;
    }
    Ok(())
}

/// The template is cut at its placeholders before anything is filled in, so that braces in an article or a
/// question are text.
fn fill(evidence: &str, question: &str, request: &str) -> String {
    let template = QUESTION.trim_end();
    let (before, rest) = template.split_once("{evidence}").unwrap_or((template, ""));
    let (between, after) = rest.split_once("{question}").unwrap_or((rest, ""));
    format!("{before}{evidence}{between}{question}{after}\n\n{request}")
}

/// The evidence as the writer sees it: one line a statement, under its heading, which stands under the article's title.
/// What the line above says already is not said again: every token is read before the first word is written.
pub fn render(snapshot: &Snapshot, evidence: &Evidence) -> String {
    let mut text = String::new();
    let mut last = None;
    for piece in &evidence.pieces {
        let section = snapshot.section_of(piece.passage);
        let article = snapshot.article(piece.article);
        let (last_article, last_section) = last.unzip();
        if last_article != Some(piece.article) {
            let _ = writeln!(text, "# {}", article.title);
        }
        if last_article != Some(piece.article) || last_section != Some(section) {
            let heading = article.sections.get(section);
            let heading = heading.and_then(|section| section.heading_path.last());
            if let Some(heading) = heading.filter(|heading| **heading != article.title) {
                let _ = writeln!(text, "## {heading}");
            }
            last = Some((piece.article, section));
        }
        text.push_str(&piece.text);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use inference::writer::{LocalWriter, WriteRequest};

    use super::*;

    #[test]
    fn instructions_are_read_ahead_in_every_language() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = inference::tiny::writer_file(dir.path(), "qwen2", 7).expect("a tiny writer");
        let writer = LocalWriter::load(&file, "tiny".to_owned()).expect("loaded");
        warm_up(&writer).expect("read");
        for language in Language::ALL {
            let request = WriteRequest {
                messages: vec![
                    instructions(language),
                    Message {
                        role: Role::User,
                        text: fill("", "?", &answer_in(language)),
                    },
                ],
                max_tokens: 1,
                ..WriteRequest::default()
            };
            let written = writer
                .generate(&request, &CancelFlag::default(), &mut |_| {
                    ControlFlow::Continue(())
                })
                .expect("written");
            // All but what stands behind the instructions.
            assert!(
                written.n_cached_tokens > written.n_prompt_tokens / 2,
                "{language}: {} of {}",
                written.n_cached_tokens,
                written.n_prompt_tokens
            );
        }
    }

    #[test]
    fn braces_in_a_question_or_an_article_are_text() {
        let prompt = fill("Say {question}.", "what is {evidence}?", "Answer in Dutch:");
        assert_eq!(
            prompt,
            "Help center:\nSay {question}.\n\nCustomer: what is {evidence}?\n\nAnswer in Dutch:"
        );
    }
}
