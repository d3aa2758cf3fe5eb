//! Wording an answer: the writer's draft sentence by sentence through the check, or exact statements.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use corpus::{StatementKind, language::detect};
use inference::writer::{Sampling, WriteRequest};

use super::{Cancel, Engine, Event, Found, opening::Opening};
use crate::{
    check::{Verdict, polarity},
    draft::{extractive, generated::SentenceStream},
    evidence::{self, Evidence, Piece},
    outcome::{ArticleCitation, Citation, Sentence, Wording},
    prompt,
};

/// A sentence this sure to be in another language is not sent.
const SURE_OF_WRONG_LANGUAGE: f32 = 0.8;

/// A draft of one sentence with fewer letters than this breaks off at the first step.
const MIN_LETTERS_OF_ONE_SENTENCE: usize = 40;

/// The same in Chinese, where a letter is a syllable.
const MIN_LETTERS_OF_ONE_CHINESE_SENTENCE: usize = 12;

/// Sentences shorter than this, in letters, are too short to tell their language.
const MIN_LETTERS_FOR_LANGUAGE: usize = 20;

/// Checked sentences as they come, each passed on at once.
pub(super) struct Worded<'a> {
    started: Instant,
    on_event: &'a mut dyn FnMut(Event<'_>),
    pub(super) sentences: Vec<Sentence>,
    pub(super) first_sentence: Option<Duration>,
    generated: bool,
    /// Who wrote, where another stood in for the writer.
    pub(super) by: Option<String>,
}

impl<'a> Worded<'a> {
    pub(super) fn new(started: Instant, on_event: &'a mut dyn FnMut(Event<'_>)) -> Self {
        Self {
            started,
            on_event,
            sentences: Vec::new(),
            first_sentence: None,
            generated: false,
            by: None,
        }
    }

    pub(super) fn wording(&self) -> Option<Wording> {
        match (self.sentences.is_empty(), self.generated) {
            (true, _) => None,
            (false, true) => Some(Wording::Generated),
            (false, false) => Some(Wording::Extractive),
        }
    }

    /// Whether what was said so far leaves most of an answer out: a single short sentence.
    pub(super) fn is_thin(&self, language: corpus::Language) -> bool {
        let least = if language.separates_words() {
            MIN_LETTERS_OF_ONE_SENTENCE
        } else {
            MIN_LETTERS_OF_ONE_CHINESE_SENTENCE
        };
        match self.sentences.as_slice() {
            [only] => only.text.chars().filter(|c| c.is_alphabetic()).count() < least,
            _ => false,
        }
    }

    /// Whether a statement that was sent word for word is all that `citations` name.
    fn is_quoted(&self, citations: &[Citation]) -> bool {
        let quotes = self.sentences.iter().filter(|sent| sent.support >= 1.0);
        let mut quotes = quotes.flat_map(|sent| &sent.citations);
        matches!(citations, [only] if quotes.any(|quote| quote == only))
    }

    /// Passes a sentence on, unless it was sent before.
    pub(super) fn send(&mut self, sentence: Sentence) {
        if self.sentences.iter().any(|sent| sent.text == sentence.text) {
            return;
        }
        self.first_sentence
            .get_or_insert_with(|| self.started.elapsed());
        (self.on_event)(Event::Sentence(&sentence));
        self.sentences.push(sentence);
    }
}

impl Engine {
    /// Has the writer word the evidence, behind the statement it opens with, and sends what survives the check. Sends
    /// nothing when there is no writer, no time, or nothing survives.
    pub(super) fn write(
        &self,
        found: &Found,
        opening: Opening,
        cancel: &Cancel,
        worded: &mut Worded<'_>,
    ) {
        let Some(writer) = &self.writer else { return };
        let language = found.query.language;
        let mut begin = String::new();
        if let Opening::Statement(index) = opening {
            // What stands behind it in the article belongs to it more often than what a small writer would make of it.
            for index in
                std::iter::once(index).chain(extractive::right_behind(&found.evidence, index))
            {
                let piece = &found.evidence.pieces[index];
                if !begin.is_empty() && language.separates_words() {
                    begin.push(' ');
                }
                begin.push_str(&ended(&piece.text, language));
                worded.send(self.quoted(&found.evidence, piece, language));
            }
        }
        let own_deadline = Instant::now() + Duration::from_millis(self.config.writer_deadline_ms);
        let request = WriteRequest {
            messages: prompt::messages(
                &self.snapshot,
                &found.evidence,
                &found.query.standalone,
                language,
            ),
            begin,
            max_tokens: self.config.max_answer_tokens.get(),
            sampling: Sampling::Greedy,
            deadline: Some(
                cancel
                    .deadline
                    .map_or(own_deadline, |due| due.min(own_deadline)),
            ),
            ..WriteRequest::default()
        };
        let mut stream = SentenceStream::new(language);
        let mut failed = None;
        let written = writer.generate(&request, &cancel.flag, &mut |text| {
            for sentence in stream.push(text) {
                if let Err(error) = self.check_and_send(found, &sentence, worded) {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        if let Ok(written) = &written {
            worded.by.clone_from(&written.by);
        }
        // A draft cut off by a limit ends in half a sentence, which must not be read as a whole one.
        let complete = matches!(&written, Ok(written) if written.finish.is_complete());
        if complete && failed.is_none() {
            for sentence in stream.finish() {
                if let Err(error) = self.check_and_send(found, &sentence, worded) {
                    failed = Some(error);
                    break;
                }
            }
        }
        if let Err(error) = &written {
            tracing::warn!(error = error as &dyn std::error::Error, "the writer failed");
        }
        if let Some(error) = &failed {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "a sentence could not be checked"
            );
        }
    }

    fn check_and_send(
        &self,
        found: &Found,
        text: &str,
        worded: &mut Worded<'_>,
    ) -> Result<(), super::EngineError> {
        let language = found.query.language;
        let text = polarity::without_yes_or_no(text);
        if !text.chars().any(char::is_alphanumeric) || is_in_another_language(text, language) {
            return Ok(());
        }
        // A question back to the customer answers nothing, and cannot be borne out by an article.
        if text.trim_end().ends_with(['?', '？']) {
            return Ok(());
        }
        let text = polarity::capitalised(text);
        let question = &found.query.standalone;
        let assessed = self.assess(&text, language, question, &found.evidence)?;
        match assessed.verdict {
            Verdict::Supported { support, pieces } => {
                let citations: Vec<Citation> = pieces
                    .iter()
                    .map(|index| self.citation(&found.evidence, &found.evidence.pieces[*index]))
                    .collect();
                // The same in other words adds nothing.
                if worded.is_quoted(&citations) {
                    return Ok(());
                }
                self.introduce(found, &text, pieces.first().copied(), worded);
                worded.generated = true;
                worded.send(Sentence {
                    text,
                    starts_line: false,
                    support,
                    translated: is_translated(&citations, language),
                    citations,
                });
            }
            Verdict::Repaired { why, piece } => {
                tracing::debug!(
                    ?why,
                    "a drafted sentence is replaced by the article's own words"
                );
                let statement = &found.evidence.pieces[piece];
                self.introduce(found, &statement.text, Some(piece), worded);
                worded.send(self.quoted(&found.evidence, statement, language));
            }
            Verdict::Dropped { why } => {
                tracing::debug!(?why, "a drafted sentence is not supported");
            }
        }
        Ok(())
    }

    /// Sends what `text`, which rests on the piece `index`, points back to: "From then on it takes 2 days." says from when
    /// only together with the statement before it.
    fn introduce(&self, found: &Found, text: &str, index: Option<usize>, worded: &mut Worded<'_>) {
        let language = found.query.language;
        let Some(index) = index.filter(|_| evidence::leans(text, language)) else {
            return;
        };
        let before = found.evidence.right_before(index);
        let quotes: Vec<Sentence> = before
            .into_iter()
            .map(|i| self.quoted(&found.evidence, &found.evidence.pieces[i], language))
            .collect();
        let is_said = |quote: &Sentence| {
            let mut cited = worded.sentences.iter().flat_map(|s| &s.citations);
            cited.any(|citation| quote.citations.contains(citation))
        };
        // One of them is enough to point back to.
        if !quotes.iter().any(is_said) {
            for quote in quotes {
                worded.send(quote);
            }
        }
    }

    /// Sends the statements that answer best, word for word; those that a sentence rests on already are left
    /// out.
    pub(super) fn quote(&self, found: &Found, worded: &mut Worded<'_>) {
        for piece in extractive::choose(&found.evidence, self.config.max_sentences.get()) {
            let quoted = self.quoted(&found.evidence, piece, found.query.language);
            let mut cited = worded.sentences.iter().flat_map(|s| &s.citations);
            let is_said = cited.any(|citation| quoted.citations.contains(citation));
            if !is_said {
                worded.send(quoted);
            }
        }
    }

    fn quoted(&self, evidence: &Evidence, piece: &Piece, language: corpus::Language) -> Sentence {
        let citations = vec![self.citation(evidence, piece)];
        Sentence {
            text: piece.text.clone(),
            starts_line: !matches!(piece.kind, StatementKind::Sentence),
            support: 1.0,
            translated: is_translated(&citations, language),
            citations,
        }
    }

    fn citation(&self, evidence: &Evidence, piece: &Piece) -> Citation {
        let article = self.snapshot.article(piece.article);
        let section = self.snapshot.section_of(piece.passage);
        Citation::Article(ArticleCitation {
            article: article.id.clone(),
            title: article.title.clone(),
            url: article.url.clone(),
            language: article.language,
            section: article
                .sections
                .get(section)
                .map(|s| s.heading_path.clone())
                .unwrap_or_default(),
            range: piece.range,
            quote: piece
                .range
                .slice(evidence.source(piece.article))
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

/// `text` with a mark at its end, so that nobody goes on with its last sentence.
fn ended(text: &str, language: corpus::Language) -> String {
    let stop = if language.separates_words() {
        "."
    } else {
        "。"
    };
    if text.ends_with(|c: char| c.is_alphanumeric()) {
        format!("{text}{stop}")
    } else {
        text.to_owned()
    }
}

/// Whether a reply in `language` rests on an article in another.
fn is_translated(citations: &[Citation], language: corpus::Language) -> bool {
    citations
        .iter()
        .filter_map(Citation::article)
        .any(|citation| citation.language != language)
}

fn is_in_another_language(text: &str, language: corpus::Language) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters >= MIN_LETTERS_FOR_LANGUAGE
        && detect::detect(text).is_some_and(|found| {
            found.language != language && found.confidence >= SURE_OF_WRONG_LANGUAGE
        })
}
