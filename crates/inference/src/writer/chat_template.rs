//! The chat template of a model: messages to prompt tokens.
//!
//! The template is rendered with a placeholder in the place of every message's text and cut at the
//! placeholders. Its own words are encoded with control tokens, the messages' texts without: so a text full of
//! turn markers stays text, and a marker split over two adjacent messages cannot join.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};

use super::error::WriteError;
use super::request::{Message, Role};
use super::session::PromptTokens;
use super::vocabulary::Vocabulary;

/// Work a template may do, in instructions of the template engine; a hundred messages take a few thousand.
const FUEL: u64 = 1_000_000;
/// Private-use characters that bracket a message's number. Templates do not contain them (checked on load).
const OPEN: char = '\u{F5B0}';
const CLOSE: char = '\u{F5B1}';
/// Surrounds a placeholder, to see whether the template strips white space from the text: `strip()` and
/// `trim` remove it, and no template writes it itself.
const SPACE: char = '\u{2003}';

/// A part of a rendered prompt.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    /// The template's own words.
    Template(&'a str),
    /// The text of the message of that number.
    Data(usize, &'a str),
}

/// A parsed chat template.
#[derive(Debug)]
pub(super) struct ChatTemplate {
    environment: Environment<'static>,
    first_text: String,
    end_text: String,
}

impl ChatTemplate {
    /// Parses `source` and tries it on plain conversations. The error says what is wrong with it.
    pub(super) fn parse(source: &str, vocabulary: &Vocabulary) -> Result<Self, String> {
        if source.contains([OPEN, CLOSE, SPACE]) {
            return Err("it contains characters reserved for placeholders".to_owned());
        }
        let mut environment = new_environment().map_err(|error| error.to_string())?;
        environment
            .add_template_owned("chat", source.to_owned())
            .map_err(|error| error.to_string())?;
        let template = Self {
            environment,
            first_text: vocabulary.first_text.clone(),
            end_text: vocabulary.end_text.clone(),
        };
        template.try_out()?;
        Ok(template)
    }

    /// Every message has to reach the prompt, or the model would answer something else than was asked.
    fn try_out(&self) -> Result<(), String> {
        for roles in [
            &[Role::User][..],
            &[Role::System, Role::User],
            &[Role::System, Role::User, Role::Assistant, Role::User],
        ] {
            let messages: Vec<Message> = roles
                .iter()
                .map(|role| Message::new(*role, role.name()))
                .collect();
            let rendered = self.render(&messages).map_err(|error| error.to_string())?;
            let parts = cut(&rendered, &messages);
            let n_texts = parts.iter().filter(|p| matches!(p, Part::Data(..))).count();
            if n_texts != messages.len() {
                return Err(format!(
                    "it puts {n_texts} of {} messages in the prompt",
                    messages.len()
                ));
            }
        }
        Ok(())
    }

    fn render(&self, messages: &[Message]) -> Result<String, Error> {
        let messages: Vec<Value> = messages
            .iter()
            .enumerate()
            .map(|(index, message)| {
                let content = format!("{SPACE}{OPEN}{index}{CLOSE}{SPACE}");
                context! { role => message.role.name(), content }
            })
            .collect();
        self.environment.get_template("chat")?.render(context! {
            messages,
            add_generation_prompt => true,
            bos_token => self.first_text.as_str(),
            eos_token => self.end_text.as_str(),
        })
    }

    /// Prompt tokens of `messages`, with the writer's turn opened.
    pub(super) fn encode(
        &self,
        messages: &[Message],
        vocabulary: &Vocabulary,
    ) -> Result<PromptTokens, WriteError> {
        let rendered = self.render(messages).map_err(WriteError::Template)?;
        let mut ids = Vec::new();
        // Instructions, with what the template puts around them, are the same from prompt to prompt.
        let n_instructions = messages
            .iter()
            .take_while(|m| m.role == Role::System)
            .count();
        let mut n_fixed = None;
        for part in cut(&rendered, messages) {
            match part {
                Part::Template(text) => vocabulary
                    .encode_template(text, &mut ids)
                    .map_err(WriteError::Tokenize)?,
                Part::Data(index, text) => {
                    if index >= n_instructions {
                        n_fixed.get_or_insert(ids.len());
                    }
                    ids.extend(vocabulary.encode_text(text).map_err(WriteError::Tokenize)?);
                }
            }
        }
        // Some templates write the first token themselves, others leave it to the tokenizer.
        if let Some(first) = vocabulary.first.filter(|first| ids.first() != Some(first)) {
            ids.insert(0, first);
            n_fixed = n_fixed.map(|n_fixed| n_fixed + 1);
        }
        let n_fixed = n_fixed.filter(|_| n_instructions > 0).unwrap_or(0);
        Ok(PromptTokens { ids, n_fixed })
    }
}

/// Jinja as chat templates are written for: with Python's string methods and `raise_exception`.
fn new_environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |message: String| -> Result<(), Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    Ok(environment)
}

/// Cuts `rendered` at its placeholders and puts the messages' texts there, stripped of white space where the
/// template stripped the placeholder.
fn cut<'a>(rendered: &'a str, messages: &'a [Message]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut rest = rendered;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((index, after)) = after.split_once(CLOSE) else {
            break;
        };
        let index = index.parse::<usize>().unwrap_or(usize::MAX);
        let message = messages.get(index);
        let text = message.map_or("", |message| message.text.as_str());
        let (before, text) = match before.strip_suffix(SPACE) {
            Some(before) => (before, text),
            None => (before, text.trim_start()),
        };
        let (after, text) = match after.strip_prefix(SPACE) {
            Some(after) => (after, text),
            None => (after, text.trim_end()),
        };
        parts.push(Part::Template(before));
        parts.push(Part::Data(index, text));
        rest = after;
    }
    parts.push(Part::Template(rest));
    parts.retain(|part| *part != Part::Template(""));
    parts
}
