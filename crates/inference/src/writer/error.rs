//! What can go wrong with a writer: loading its file, and writing.

use std::io;
use std::path::PathBuf;

use crate::remote::RemoteError;

/// Why a writer could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is missing or could not be read.
    #[error("could not read model file `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is no GGUF file, or is cut short or damaged. Pull it again.
    #[error("model file `{path}` is damaged: {problem}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        problem: String,
    },
    /// The file is sound but needs an architecture this build does not have.
    #[error("model architecture `{architecture}` is not supported, this build has: {supported}")]
    Architecture {
        /// As the file names it.
        architecture: String,
        /// Supported names, separated by commas.
        supported: String,
    },
    /// The file is sound but uses something else this build does not have.
    #[error("model file `{path}` uses {feature}, which is not supported")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it uses.
        feature: String,
    },
    /// The tokenizer could not be built from the file.
    #[error("could not build the tokenizer of `{path}`")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: tokenizers::Error,
    },
    /// The chat template is missing, cannot be parsed, or does not render a plain conversation.
    #[error("the chat template of `{path}` cannot be used: {problem}")]
    Template {
        /// The file.
        path: PathBuf,
        /// What went wrong, with the template engine's own words.
        problem: String,
    },
    /// A tensor operation failed on a sound file; a bug or a lack of memory.
    #[error("could not prepare the weights of `{path}`")]
    Compute {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: candle_core::Error,
    },
}

/// Why a text could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The prompt does not leave room for a single token.
    #[error(
        "the prompt has {n_prompt_tokens} tokens, the context holds {limit_tokens} with the answer"
    )]
    TooLong {
        /// Tokens of the prompt, template included.
        n_prompt_tokens: usize,
        /// Tokens the context holds.
        limit_tokens: usize,
    },
    /// The request has no message.
    #[error("the request has no message")]
    Empty,
    /// The work was cancelled before there was a result.
    #[error("the writer was cancelled")]
    Cancelled,
    /// The chat template refused this sequence of roles.
    #[error("the chat template refused the conversation")]
    Template(#[source] minijinja::Error),
    /// The tokenizer failed.
    #[error("the writer's tokenizer failed")]
    Tokenize(#[source] tokenizers::Error),
    /// A tensor operation failed.
    #[error("the writer could not compute the next token")]
    Compute(#[from] candle_core::Error),
    /// The writer is elsewhere, and that failed.
    #[error("the remote writer failed")]
    Remote(#[from] RemoteError),
    /// The model gave no usable score for any token: its weights are wrong.
    #[error("the writer computed scores that are not numbers")]
    NotANumber,
}
