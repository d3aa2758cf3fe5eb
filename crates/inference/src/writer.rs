//! The writer: messages to text, with a local GGUF decoder on the CPU.
//!
//! messages → chat template and tokenizer → prompt → key-value cache → scores → tokens → **text**, streamed.
//! A writer remembers what it read last and the instructions of earlier prompts, so requests that begin alike
//! (the same instructions, the same evidence) read only what differs. One [`GgufWriter`] serves one request at a time; it
//! blocks. Whoever asks knows only the trait [`Writer`], behind which [`LocalWriter`] is one kind and
//! [`RemoteWriter`](crate::remote::RemoteWriter) another.
//!
//! Guarantees: a damaged file is a [`LoadError`]; no message text yields a control token; a greedy request
//! gives the same text every time. Not here: what to ask, and whether the answer may be believed.

mod architecture;
mod attention;
mod chat_template;
mod draft;
mod embedding;
mod error;
mod generate;
mod gguf;
mod kernels;
mod kv_cache;
mod linear;
mod model;
mod output;
mod parallel;
mod prefixes;
mod repetition;
mod request;
mod rope;
mod sampling;
mod seam;
mod session;
mod simd;
#[cfg(test)]
mod tests;
mod tiles;
pub(crate) mod vocabulary;

use std::ops::ControlFlow;
use std::path::Path;

pub use error::{LoadError, WriteError};
pub use request::{CancelFlag, Finish, Message, Role, Sampling, Timings, WriteRequest, Written};
pub use seam::{LocalWriter, Writer};

pub(crate) use output::Output;

use architecture::{Architecture, Config, ConfigError};
use chat_template::ChatTemplate;
use gguf::{GgufError, GgufFile};
use model::Model;
use session::{Limits, PromptTokens, Session};
use vocabulary::{Vocabulary, VocabularyError};

/// Most tokens of prompt and answer together, whatever the model was trained for: keys and values of a
/// longer text would take more memory than the weights.
const MOST_POSITIONS: usize = 8192;

/// Room for what earlier prompts began with: so much of the file's size, and at least so many bytes.
const PREFIX_SHARE: u64 = 16;
const LEAST_PREFIX_BYTES: u64 = 4 << 20;

/// A loaded decoder with its tokenizer, its chat template and what it read last.
#[derive(Debug)]
pub struct GgufWriter {
    id: String,
    vocabulary: Vocabulary,
    template: ChatTemplate,
    session: Session,
}

impl GgufWriter {
    /// Loads the GGUF file at `path`; `id` names it to callers. Takes about the file's size in memory and a
    /// second per gigabyte.
    ///
    /// # Errors
    /// [`LoadError`], by what to do about it. Whatever the file holds, nothing larger than the file is
    /// allocated for it.
    pub fn load(path: &Path, id: String) -> Result<Self, LoadError> {
        let of_file = |error| load_error(path, error);
        let mut file = GgufFile::open(path).map_err(of_file)?;
        let name = file.text("general.architecture").map_err(of_file)?;
        let name = name.unwrap_or("none").to_owned();
        let Some(architecture) = Architecture::find(&name) else {
            return Err(LoadError::Architecture {
                architecture: name,
                supported: Architecture::names(),
            });
        };
        let config = Config::read(&file, architecture).map_err(|error| match error {
            ConfigError::File(error) => of_file(error),
            ConfigError::Unsupported(feature) => unsupported(path, feature),
        })?;
        let vocabulary =
            Vocabulary::read(&mut file, config.n_tokens).map_err(|error| match error {
                VocabularyError::File(error) => of_file(error),
                VocabularyError::Unsupported(feature) => unsupported(path, feature),
                VocabularyError::Build(source) => LoadError::Tokenizer {
                    path: path.to_owned(),
                    source,
                },
            })?;
        let source = file.text("tokenizer.chat_template").map_err(of_file)?;
        let template = match source {
            Some(source) => ChatTemplate::parse(source, &vocabulary),
            None => Err("the file has none".to_owned()),
        };
        let template = template.map_err(|problem| LoadError::Template {
            path: path.to_owned(),
            problem,
        })?;
        let model = Model::read(&mut file, config, MOST_POSITIONS).map_err(of_file)?;
        let prefix_bytes = (file.n_bytes() / PREFIX_SHARE).max(LEAST_PREFIX_BYTES);
        let prefix_bytes = usize::try_from(prefix_bytes).unwrap_or(usize::MAX);
        Ok(Self {
            id,
            vocabulary,
            template,
            session: Session::new(model, prefix_bytes),
        })
    }

    /// The name it was loaded under.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Tokens that prompt and answer may have together.
    pub fn context_tokens(&self) -> usize {
        self.session.n_positions()
    }

    /// Tokens of the prompt `messages` make, template included, control tokens and all.
    ///
    /// # Errors
    /// As [`GgufWriter::generate`], without reading anything.
    pub fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>, WriteError> {
        Ok(self.prompt_tokens(messages)?.ids)
    }

    fn prompt_tokens(&self, messages: &[Message]) -> Result<PromptTokens, WriteError> {
        if messages.is_empty() {
            return Err(WriteError::Empty);
        }
        let prompt = self.template.encode(messages, &self.vocabulary)?;
        // A template may come to nothing; there would be no position to go on from.
        if prompt.ids.is_empty() {
            Err(WriteError::Empty)
        } else {
            Ok(prompt)
        }
    }

    /// Whether `token` is a control token, such as a turn marker.
    pub fn is_control(&self, token: u32) -> bool {
        self.vocabulary.is_control(token)
    }

    /// Reads what every conversation that begins with the system messages of `messages` begins with, so that
    /// the first of them need not; the other messages only make the conversation whole. Gives the number of
    /// tokens read; zero where there is no system message or all is read already.
    ///
    /// # Errors
    /// As [`GgufWriter::generate`], and [`WriteError::Cancelled`].
    pub fn warm_up(
        &mut self,
        messages: &[Message],
        cancel: &CancelFlag,
    ) -> Result<usize, WriteError> {
        let mut prompt = self.prompt_tokens(messages)?;
        prompt.ids.truncate(prompt.n_fixed);
        if prompt.ids.is_empty() || self.session.holds_fixed(&prompt.ids) {
            return Ok(0);
        }
        let limits = Limits {
            cancel,
            deadline: None,
        };
        match self.session.prefill(&prompt, limits)? {
            Ok(read) => Ok(prompt.ids.len() - read.n_cached_tokens),
            Err(_) => Err(WriteError::Cancelled),
        }
    }

    /// Writes the next turn of a conversation. `on_text` gets the text in pieces of whole characters as it
    /// is written; [`ControlFlow::Break`] ends it. Blocks until the text ends; `cancel` and the deadline are
    /// looked at before every layer of every pass, so they take effect within a fraction of a second.
    ///
    /// # Errors
    /// [`WriteError::TooLong`] for a prompt that leaves no room for an answer, [`WriteError::Empty`] and
    /// [`WriteError::Template`] for conversations that make no prompt; the others are bugs. Being cancelled
    /// or late is not an error but a [`Finish`].
    pub fn generate(
        &mut self,
        request: &WriteRequest,
        cancel: &CancelFlag,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Written, WriteError> {
        let mut prompt = self.prompt_tokens(&request.messages)?;
        let begin = self.vocabulary.encode_text(&request.begin);
        prompt.ids.extend(begin.map_err(WriteError::Tokenize)?);
        let limits = Limits {
            cancel,
            deadline: request.deadline,
        };
        let written = generate::generate(
            request,
            prompt,
            limits,
            &mut self.session,
            &self.vocabulary,
            on_text,
        )?;
        tracing::debug!(
            finish = ?written.finish,
            n_prompt_tokens = written.n_prompt_tokens,
            n_cached_tokens = written.n_cached_tokens,
            n_tokens = written.n_tokens,
            n_accepted_tokens = written.n_accepted_tokens,
            prefill = ?written.timings.prefill,
            decode = ?written.timings.decode,
            "wrote a text"
        );
        Ok(written)
    }

    /// Natural logarithms of the probabilities with which the next turn begins with each of `options`, in
    /// their order. The prompt is read once. An empty option has probability 1.
    ///
    /// # Errors
    /// As [`GgufWriter::generate`], and [`WriteError::Cancelled`].
    pub fn choose(
        &mut self,
        messages: &[Message],
        options: &[&str],
        cancel: &CancelFlag,
    ) -> Result<Vec<f32>, WriteError> {
        let limits = Limits {
            cancel,
            deadline: None,
        };
        self.choose_within(messages, options, limits)
    }

    /// [`GgufWriter::choose`] with a deadline, past which it is [`WriteError::Cancelled`].
    fn choose_within(
        &mut self,
        messages: &[Message],
        options: &[&str],
        limits: Limits<'_>,
    ) -> Result<Vec<f32>, WriteError> {
        let prompt = self.prompt_tokens(messages)?;
        let n_prompt_tokens = prompt.ids.len();
        let encoded: Result<Vec<Vec<u32>>, _> = options
            .iter()
            .map(|option| self.vocabulary.encode_text(option))
            .collect();
        let encoded = encoded.map_err(WriteError::Tokenize)?;
        let longest = encoded.iter().map(Vec::len).max().unwrap_or(0);
        if n_prompt_tokens + longest > self.session.n_positions() {
            return Err(WriteError::TooLong {
                n_prompt_tokens: n_prompt_tokens + longest,
                limit_tokens: self.session.n_positions(),
            });
        }
        let Ok(read) = self.session.prefill(&prompt, limits)? else {
            return Err(WriteError::Cancelled);
        };
        let mut chances = Vec::with_capacity(options.len());
        for option in &encoded {
            let Some((first, rest)) = option.split_first() else {
                chances.push(0.0);
                continue;
            };
            let mut chance = sampling::log_probability(&read.logits, *first)?;
            if !rest.is_empty() {
                let before = &option[..option.len() - 1];
                let Ok(logits) = self.session.extend(before, before.len(), limits)? else {
                    return Err(WriteError::Cancelled);
                };
                self.session.truncate(n_prompt_tokens);
                for (scores, id) in logits.chunks_exact(self.session.n_scores()).zip(rest) {
                    chance += sampling::log_probability(scores, *id)?;
                }
            }
            chances.push(chance);
        }
        Ok(chances)
    }
}

fn load_error(path: &Path, error: GgufError) -> LoadError {
    let path = path.to_owned();
    match error {
        GgufError::Damaged(problem) => LoadError::Damaged { path, problem },
        GgufError::Read(source) => LoadError::Read { path, source },
        GgufError::Tensor(source) => LoadError::Compute { path, source },
    }
}

fn unsupported(path: &Path, feature: String) -> LoadError {
    LoadError::Unsupported {
        path: path.to_owned(),
        feature,
    }
}
