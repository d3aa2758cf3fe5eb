//! Settings of endpoints (`[writer]` and `[encoder]` in `loket.toml`).

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ApiKey;
use super::breaker::BreakerOptions;

/// Where texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriterEngine {
    /// In this process, by the model that `models.writer` names.
    #[default]
    Local,
    /// By an endpoint that speaks OpenAI's `/v1/chat/completions`.
    Openai,
}

/// Where vectors are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EncoderEngine {
    /// In this process, by the model that `models.encoder` names.
    #[default]
    Local,
    /// By an endpoint that speaks OpenAI's `/v1/embeddings`.
    Openai,
    /// By a text-embeddings-inference server: `/embed`.
    Tei,
}

/// What stands in for an endpoint that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fallback {
    /// The model that `models.writer` names, which is loaded for that.
    Local,
    /// The articles' own words.
    #[default]
    Extractive,
}

/// Which server an endpoint is, for what OpenAI's interface leaves open: how a reply is begun for the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Family {
    /// Found from `/v1/models` at the first request; one that says nothing known is `openai`.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// vLLM: a reply is begun with `continue_final_message`, as in the next two.
    #[serde(rename = "vllm")]
    Vllm,
    /// `SGLang`.
    #[serde(rename = "sglang")]
    Sglang,
    /// llama.cpp's server.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// A hosted one: a reply cannot be begun.
    #[serde(rename = "openai")]
    Openai,
    /// `loket serve-models`.
    #[serde(rename = "loket")]
    Loket,
}

/// Settings that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {problem}")]
pub struct InvalidEndpoint {
    /// The key within its section.
    pub key: &'static str,
    /// What is wrong with it, and what to write.
    pub problem: String,
}

/// Where and how texts are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WriterConfig {
    /// `local` or `openai`. Default `local`.
    pub engine: WriterEngine,
    /// Base of the interface, such as `http://10.0.0.7:8000/v1`.
    pub url: String,
    /// The model to ask for.
    pub model: String,
    /// The endpoint's key; better in a file.
    pub api_key: ApiKey,
    /// A file with the key, which not everyone may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<PathBuf>,
    /// Which server it is. Default `auto`.
    pub family: Family,
    /// Tokens that prompt and answer may have together. Default 8192.
    pub context_tokens: usize,
    /// Time for a connection, in milliseconds. Default 2,000.
    pub connect_timeout_ms: u64,
    /// Time until the first token, in milliseconds. Default 5,000.
    pub first_token_timeout_ms: u64,
    /// Time between two tokens, in milliseconds. Default 2,000.
    pub token_timeout_ms: u64,
    /// Time without a first token after which a second request is sent and the first to begin is taken, in milliseconds;
    /// at most half of `first_token_timeout_ms`. Default 0: none is.
    pub hedge_after_ms: u64,
    /// Failures within `breaker_window_ms` after which the endpoint is left alone. Default 5.
    pub breaker_failures: usize,
    /// Default 30,000.
    pub breaker_window_ms: u64,
    /// Time it is left alone before one request tries it again, in milliseconds. Default 5,000.
    pub breaker_open_ms: u64,
    /// What stands in when it fails: `local` or `extractive`. Default `extractive`.
    pub fallback: Fallback,
    /// Further fields of every request, such as `chat_template_kwargs`.
    pub extra: toml::Table,
}

impl Default for WriterConfig {
    fn default() -> Self {
        Self {
            engine: WriterEngine::Local,
            url: String::new(),
            model: String::new(),
            api_key: ApiKey::default(),
            api_key_file: None,
            family: Family::Auto,
            context_tokens: 8_192,
            connect_timeout_ms: 2_000,
            first_token_timeout_ms: 5_000,
            token_timeout_ms: 2_000,
            hedge_after_ms: 0,
            breaker_failures: 5,
            breaker_window_ms: 30_000,
            breaker_open_ms: 5_000,
            fallback: Fallback::Extractive,
            extra: toml::Table::new(),
        }
    }
}

/// Fields of a request that are not the settings' to change.
const OWN_FIELDS: [&str; 6] = [
    "messages",
    "stream",
    "model",
    "n",
    "logprobs",
    "top_logprobs",
];

impl WriterConfig {
    /// Whether texts are written elsewhere.
    pub fn is_remote(&self) -> bool {
        self.engine != WriterEngine::Local
    }

    /// Whether a model in this process may be needed.
    pub fn needs_local(&self) -> bool {
        !self.is_remote() || self.fallback == Fallback::Local
    }

    /// Checks what no single value can tell; a writer in this process needs none of it.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] for the first value that does not fit.
    pub fn validate(&self) -> Result<(), InvalidEndpoint> {
        if !self.is_remote() {
            return Ok(());
        }
        check_endpoint(&self.url, &self.model)?;
        check_times(&[
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("first_token_timeout_ms", self.first_token_timeout_ms),
            ("token_timeout_ms", self.token_timeout_ms),
            ("breaker_window_ms", self.breaker_window_ms),
            ("breaker_open_ms", self.breaker_open_ms),
        ])?;
        check_hedge(
            self.hedge_after_ms,
            "first_token_timeout_ms",
            self.first_token_timeout_ms,
        )?;
        check_failures(self.breaker_failures)?;
        if self.context_tokens < 512 {
            return Err(wrong(
                "context_tokens",
                "is below 512, which leaves no room for evidence",
            ));
        }
        if let Some(field) = OWN_FIELDS
            .iter()
            .find(|field| self.extra.contains_key(**field))
        {
            return Err(wrong("extra", &format!("may not set `{field}`")));
        }
        Ok(())
    }

    /// How late a request is when a second one is sent; `None` for never.
    pub(super) fn hedge_after(&self) -> Option<Duration> {
        (self.hedge_after_ms > 0).then(|| Duration::from_millis(self.hedge_after_ms))
    }

    pub(super) fn breaker(&self) -> BreakerOptions {
        BreakerOptions {
            failures: self.breaker_failures,
            window: Duration::from_millis(self.breaker_window_ms),
            open: Duration::from_millis(self.breaker_open_ms),
        }
    }
}

/// Where and how vectors are computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderConfig {
    /// `local`, `openai` or `tei`. Default `local`.
    pub engine: EncoderEngine,
    /// Base of the interface: `http://10.0.0.7:8000/v1`, or `http://10.0.0.7:8080` for `tei`.
    pub url: String,
    /// The model to ask for. For `tei`, which has one, its name in this index.
    pub model: String,
    /// The endpoint's key; better in a file.
    pub api_key: ApiKey,
    /// A file with the key, which not everyone may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<PathBuf>,
    /// What is put before a question; models are trained with it or without. Default nothing.
    pub query_prefix: String,
    /// What is put before a passage. Default nothing.
    pub passage_prefix: String,
    /// Tokens the model reads of one text; longer ones are cut. Default 512.
    pub max_tokens: usize,
    /// Texts of one request. Default 32.
    pub batch: usize,
    /// The model's `tokenizer.json`, to count tokens with; without it they are estimated, rather too many than too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<PathBuf>,
    /// A file with what the model made of a few fixed texts, by which it is known again. Default
    /// `encoder.json` in the data directory; nodes of one index share one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<PathBuf>,
    /// Time for a connection, in milliseconds. Default 2,000.
    pub connect_timeout_ms: u64,
    /// Time for the vectors of one request, in milliseconds. Default 10,000.
    pub timeout_ms: u64,
    /// Time without vectors after which a second request is sent and the first answer is taken, in milliseconds; at most
    /// half of `timeout_ms`. Default 0: none is.
    pub hedge_after_ms: u64,
    /// Failures within `breaker_window_ms` after which the endpoint is left alone. Default 5.
    pub breaker_failures: usize,
    /// Default 30,000.
    pub breaker_window_ms: u64,
    /// Time it is left alone before one request tries it again, in milliseconds. Default 5,000.
    pub breaker_open_ms: u64,
}

impl Default for EncoderConfig {
    fn default() -> Self {
        Self {
            engine: EncoderEngine::Local,
            url: String::new(),
            model: String::new(),
            api_key: ApiKey::default(),
            api_key_file: None,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            max_tokens: 512,
            batch: 32,
            tokenizer: None,
            reference: None,
            connect_timeout_ms: 2_000,
            timeout_ms: 10_000,
            hedge_after_ms: 0,
            breaker_failures: 5,
            breaker_window_ms: 30_000,
            breaker_open_ms: 5_000,
        }
    }
}

impl EncoderConfig {
    /// Whether vectors are computed elsewhere.
    pub fn is_remote(&self) -> bool {
        self.engine != EncoderEngine::Local
    }

    /// Checks what no single value can tell; an encoder in this process needs none of it.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] for the first value that does not fit.
    pub fn validate(&self) -> Result<(), InvalidEndpoint> {
        if !self.is_remote() {
            return Ok(());
        }
        check_endpoint(&self.url, &self.model)?;
        check_times(&[
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("timeout_ms", self.timeout_ms),
            ("breaker_window_ms", self.breaker_window_ms),
            ("breaker_open_ms", self.breaker_open_ms),
        ])?;
        check_hedge(self.hedge_after_ms, "timeout_ms", self.timeout_ms)?;
        check_failures(self.breaker_failures)?;
        if !(64..=65_536).contains(&self.max_tokens) {
            return Err(wrong("max_tokens", "is not a number from 64 to 65536"));
        }
        if !(1..=1_024).contains(&self.batch) {
            return Err(wrong("batch", "is not a number from 1 to 1024"));
        }
        Ok(())
    }

    /// How late a request is when a second one is sent; `None` for never.
    pub(super) fn hedge_after(&self) -> Option<Duration> {
        (self.hedge_after_ms > 0).then(|| Duration::from_millis(self.hedge_after_ms))
    }

    pub(super) fn breaker(&self) -> BreakerOptions {
        BreakerOptions {
            failures: self.breaker_failures,
            window: Duration::from_millis(self.breaker_window_ms),
            open: Duration::from_millis(self.breaker_open_ms),
        }
    }
}

fn wrong(key: &'static str, problem: &str) -> InvalidEndpoint {
    InvalidEndpoint {
        key,
        problem: problem.to_owned(),
    }
}

fn check_endpoint(url: &str, model: &str) -> Result<(), InvalidEndpoint> {
    let example = "write one such as `http://10.0.0.7:8000/v1`";
    let parsed: Option<ureq::http::Uri> = url.parse().ok();
    let is_address = parsed.is_some_and(|uri| {
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        is_http
            && uri.query().is_none()
            && uri.authority().is_some_and(|a| !a.as_str().contains('@'))
    });
    if !is_address {
        // What is wrong with it may be a password in it, so it is not repeated.
        return Err(wrong(
            "url",
            &format!("is no plain address of http or https; {example}"),
        ));
    }
    if model.trim().is_empty() {
        return Err(wrong(
            "model",
            "is empty; write the name the endpoint lists at `/v1/models`",
        ));
    }
    Ok(())
}

fn check_times(times: &[(&'static str, u64)]) -> Result<(), InvalidEndpoint> {
    match times.iter().find(|(_, ms)| !(1..=600_000).contains(ms)) {
        Some((key, _)) => Err(wrong(key, "is not a number from 1 to 600000")),
        None => Ok(()),
    }
}

/// Both requests end when the first must, so a second one sent later would have less time than the first had.
fn check_hedge(
    after_ms: u64,
    timeout: &'static str,
    timeout_ms: u64,
) -> Result<(), InvalidEndpoint> {
    let most = timeout_ms / 2;
    if after_ms <= most {
        return Ok(());
    }
    let problem = format!(
        "is {after_ms}, more than half of `{timeout}`, which leaves a second request less time than the first had; write at most {most}, or 0 to send none"
    );
    Err(wrong("hedge_after_ms", &problem))
}

fn check_failures(failures: usize) -> Result<(), InvalidEndpoint> {
    if (1..=1_000).contains(&failures) {
        Ok(())
    } else {
        Err(wrong("breaker_failures", "is not a number from 1 to 1000"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut WriterConfig), wrong: Option<&str>) {
        let mut config = WriterConfig {
            engine: WriterEngine::Openai,
            url: "https://models.example/v1".to_owned(),
            model: "m".to_owned(),
            ..WriterConfig::default()
        };
        change(&mut config);
        assert_eq!(config.validate().err().map(|error| error.key), wrong);
    }

    #[test]
    fn settings_that_cannot_be_are_named() {
        check(|_| (), None);
        check(
            |config| config.url = "http://[::1]:8000/v1/".to_owned(),
            None,
        );
        check(|config| config.url.clear(), Some("url"));
        check(
            |config| config.url = "models.example".to_owned(),
            Some("url"),
        );
        check(
            |config| config.url = "ftp://models.example".to_owned(),
            Some("url"),
        );
        check(
            |config| config.url = "https://user:pw@models.example".to_owned(),
            Some("url"),
        );
        check(|config| config.model = " ".to_owned(), Some("model"));
        check(
            |config| config.token_timeout_ms = 0,
            Some("token_timeout_ms"),
        );
        check(|config| config.hedge_after_ms = 2_500, None);
        check(
            |config| config.hedge_after_ms = 2_501,
            Some("hedge_after_ms"),
        );
        check(
            |config| config.breaker_failures = 0,
            Some("breaker_failures"),
        );
        check(|config| config.context_tokens = 1, Some("context_tokens"));
        check(
            |config| {
                config.extra.insert("messages".to_owned(), "x".into());
            },
            Some("extra"),
        );
        // What is not used is not checked.
        check(
            |config| {
                config.engine = WriterEngine::Local;
                config.url.clear();
            },
            None,
        );
        assert!(EncoderConfig::default().validate().is_ok());
        let encoder = EncoderConfig {
            engine: EncoderEngine::Tei,
            ..EncoderConfig::default()
        };
        assert_eq!(encoder.validate().err().map(|error| error.key), Some("url"));
        let encoder = EncoderConfig {
            url: "http://models.example".to_owned(),
            model: "m".to_owned(),
            hedge_after_ms: 9_000,
            ..encoder
        };
        assert_eq!(
            encoder.validate().expect_err("refused").to_string(),
            "`hedge_after_ms` is 9000, more than half of `timeout_ms`, which leaves a second request less time than the first had; write at most 5000, or 0 to send none"
        );
    }
}
