//! Chat completions: the bodies of requests and replies, and what differs from server to server.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Family, RemoteError};
use crate::writer::{Message, Role, Sampling, WriteRequest};

/// Most tokens a probability is asked for; what OpenAI and vLLM allow.
const TOP: usize = 20;

/// How an endpoint is to be asked.
#[derive(Debug)]
pub(super) struct Dialect {
    pub(super) model: String,
    pub(super) extra: Map<String, Value>,
}

impl Dialect {
    fn base(&self, messages: &[Message], family: Family) -> Map<String, Value> {
        let messages = messages.iter().map(|message| {
            json!({ "role": message.role.name(), "content": plain(&message.text, family) })
        });
        let mut body = Map::new();
        body.insert("model".to_owned(), self.model.clone().into());
        body.insert("messages".to_owned(), messages.collect());
        body
    }

    /// The body of a request for a text, streamed.
    pub(super) fn completion(&self, request: &WriteRequest, family: Family) -> Vec<u8> {
        let mut body = self.base(&request.messages, family);
        let mut set = |key: &str, value: Value| {
            body.insert(key.to_owned(), value);
        };
        set("stream", true.into());
        set("max_tokens", request.max_tokens.into());
        match request.sampling {
            Sampling::Greedy => {
                set("temperature", 0.into());
                set("seed", 0.into());
            }
            Sampling::TopP {
                temperature,
                p,
                seed,
            } => {
                set("temperature", json!(temperature.max(0.0)));
                set("top_p", json!(p));
                set("seed", seed.into());
            }
        }
        // OpenAI takes four; the rest is looked for here.
        let stop = request.stop.iter().filter(|stop| !stop.is_empty()).take(4);
        let stop: Vec<Value> = stop.map(|stop| stop.as_str().into()).collect();
        if !stop.is_empty() {
            set("stop", stop.into());
        }
        if !request.begin.is_empty() && begins(family) {
            if let Some(Value::Array(messages)) = body.get_mut("messages") {
                let begin = plain(&request.begin, family);
                messages.push(json!({ "role": Role::Assistant.name(), "content": begin }));
            }
            // llama.cpp goes on from such a message without being told, and then sends it back with the rest.
            body.insert("add_generation_prompt".to_owned(), false.into());
            body.insert("continue_final_message".to_owned(), true.into());
        }
        self.finish(body)
    }

    /// The body of a request for the probabilities of the first token.
    pub(super) fn choice(&self, messages: &[Message], options: &[&str], family: Family) -> Vec<u8> {
        let mut body = self.base(messages, family);
        let mut set = |key: &str, value: Value| {
            body.insert(key.to_owned(), value);
        };
        set("max_tokens", 1.into());
        set("temperature", 0.into());
        set("logprobs", true.into());
        set("top_logprobs", TOP.into());
        if family == Family::Loket {
            // Options of any length, exactly.
            set("choose", json!(options));
        }
        self.finish(body)
    }

    fn finish(&self, mut body: Map<String, Value>) -> Vec<u8> {
        for (key, value) in &self.extra {
            // The newer name of the same thing; a server that knows it refuses both together.
            if key == "max_completion_tokens" {
                body.remove("max_tokens");
            }
            body.insert(key.clone(), value.clone());
        }
        Value::Object(body).to_string().into_bytes()
    }
}

/// Whether a reply can be begun for the model.
fn begins(family: Family) -> bool {
    match family {
        Family::Vllm | Family::Sglang | Family::LlamaCpp | Family::Loket => true,
        Family::Auto | Family::Openai => false,
    }
}

/// `text` with nothing in it that a server's tokenizer could take for a control token.
///
/// Servers put texts into their template and read the whole with control tokens on, so `<|im_end|>` in an article would
/// end its turn. A space behind the bracket keeps every such mark we know of a word like others. `loket serve-models` reads
/// texts as text and gets them as they are.
fn plain(text: &str, family: Family) -> String {
    if family == Family::Loket {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        plain.push(character);
        let next = characters.peek().copied();
        let opens = match character {
            // `<|im_end|>`, `</s>`, `<start_of_turn>`, `<<SYS>>`, `<｜User｜>`
            '<' => next.is_some_and(|next| next.is_alphabetic() || "|/<｜!?".contains(next)),
            // `[INST]`, `[/INST]`
            '[' => next.is_some_and(|next| next == '/' || next.is_ascii_uppercase()),
            // The other half, should a server look for that.
            '|' | '｜' => next == Some('>'),
            _ => false,
        };
        if opens {
            plain.push(' ');
        }
    }
    plain
}

/// One event of a stream, or a whole reply.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Reply {
    #[serde(default)]
    pub(super) choices: Vec<Choice>,
    #[serde(default)]
    pub(super) error: Option<Value>,
    #[serde(default)]
    pub(super) usage: Option<Usage>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub(super) delta: Option<Said>,
    #[serde(default)]
    pub(super) message: Option<Said>,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
    #[serde(default)]
    logprobs: Option<LogProbabilities>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    pub(super) content: Option<String>,
    /// What a model says to itself; a sign of life.
    #[serde(default, alias = "reasoning")]
    pub(super) reasoning_content: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Usage {
    #[serde(default)]
    pub(super) prompt_tokens: usize,
    #[serde(default)]
    pub(super) completion_tokens: usize,
}

#[derive(Debug, Default, Deserialize)]
struct LogProbabilities {
    #[serde(default)]
    content: Option<Vec<Position>>,
}

#[derive(Debug, Default, Deserialize)]
struct Position {
    #[serde(default)]
    top_logprobs: Vec<Top>,
}

#[derive(Debug, Default, Deserialize)]
struct Top {
    #[serde(default)]
    token: String,
    #[serde(default)]
    logprob: Option<f32>,
}

/// The logarithms of the probabilities of `options`, by the tokens a reply lists.
///
/// An option that is not listed is at most as likely as the last one that is, and as all that are not together; this bound
/// is given for it. That neither is listed tells nothing.
pub(super) fn chances(reply: &Reply, options: &[&str]) -> Result<Vec<f32>, RemoteError> {
    let none = RemoteError::NoLogProbabilities;
    let choice = reply
        .choices
        .first()
        .ok_or(RemoteError::Malformed("a reply without a choice"))?;
    let positions = choice.logprobs.as_ref().and_then(|l| l.content.as_ref());
    let Some(first) = positions.and_then(|positions| positions.first()) else {
        return Err(none);
    };
    let listed: Vec<(&str, f32)> = first
        .top_logprobs
        .iter()
        // vLLM says -9999 for impossible, others null or infinity.
        .filter_map(|top| Some((top.token.as_str(), top.logprob?.clamp(-100.0, 0.0))))
        .filter(|(_, chance)| !chance.is_nan())
        .collect();
    let sum = |of: &dyn Fn(&str) -> bool| -> f32 {
        listed
            .iter()
            .filter(|(token, _)| of(token))
            .map(|(_, chance)| chance.exp())
            .sum()
    };
    let least = listed.iter().map(|(_, chance)| *chance).fold(0.0, f32::min);
    let rest = (1.0 - sum(&|_| true)).max(1e-30).ln();
    let mut any = false;
    let chances = options
        .iter()
        .map(|option| {
            if option.is_empty() {
                return 0.0;
            }
            // Some templates leave the space before the first word to the model.
            let is_own = |token: &str| token.trim_start_matches([' ', '\u{2581}', 'Ġ']) == *option;
            let mut own = listed.iter().filter(|(token, _)| is_own(token));
            let (first, more) = (own.next(), own.next());
            any |= first.is_some();
            match (first, more) {
                (None, _) => least.min(rest),
                // As it was sent, without the rounding of a sum.
                (Some((_, chance)), None) => *chance,
                (Some(_), Some(_)) => sum(&is_own).min(1.0).ln(),
            }
        })
        .collect();
    if any { Ok(chances) } else { Err(none) }
}

/// The family of the server that lists `models` as its reply to `GET /v1/models` does.
pub(super) fn family_of(models: &Value) -> Family {
    let owner = models["data"][0]["owned_by"].as_str().unwrap_or_default();
    match owner {
        "vllm" => Family::Vllm,
        "sglang" => Family::Sglang,
        "llamacpp" => Family::LlamaCpp,
        "loket" => Family::Loket,
        _ => Family::Openai,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect() -> Dialect {
        Dialect {
            model: "m".to_owned(),
            extra: Map::new(),
        }
    }

    #[track_caller]
    fn check_plain(text: &str, expected: &str) {
        assert_eq!(plain(text, Family::Vllm), expected);
        assert_eq!(plain(text, Family::Loket), text);
    }

    #[test]
    fn no_text_becomes_a_control_token() {
        check_plain(
            "You pay < 5 € [see below] a|b",
            "You pay < 5 € [see below] a|b",
        );
        check_plain("<|im_end|>", "< |im_end| >");
        check_plain("<start_of_turn>user", "< start_of_turn>user");
        check_plain("</s>[/INST][INST]", "< /s>[ /INST][ INST]");
        check_plain("<｜User｜>", "< ｜User｜ >");
        check_plain("<<SYS>>", "< < SYS>>");
    }

    /// What of a request with a begun reply is sent to `family`.
    #[track_caller]
    fn check_begin(family: Family, n_messages: usize, continues: bool) {
        let request = WriteRequest {
            begin: "You have".to_owned(),
            ..WriteRequest::new(vec![Message::new(Role::User, "How long?")], 9)
        };
        let body: Value = serde_json::from_slice(&dialect().completion(&request, family)).unwrap();
        assert_eq!(body["messages"].as_array().unwrap().len(), n_messages);
        assert_eq!(body.get("continue_final_message").is_some(), continues);
        assert_eq!(body["add_generation_prompt"] == false, continues);
        assert_eq!(body["max_tokens"], 9);
        assert_eq!(body["temperature"], 0);
    }

    #[test]
    fn a_reply_is_begun_as_each_server_wants_it() {
        check_begin(Family::Vllm, 2, true);
        check_begin(Family::Sglang, 2, true);
        check_begin(Family::Loket, 2, true);
        check_begin(Family::LlamaCpp, 2, true);
        check_begin(Family::Openai, 1, false);
        check_begin(Family::Auto, 1, false);
    }

    #[test]
    fn further_fields_are_sent_and_take_the_place_of_ours() {
        let mut dialect = dialect();
        dialect
            .extra
            .insert("max_completion_tokens".to_owned(), 5.into());
        dialect.extra.insert("temperature".to_owned(), 1.into());
        let request = WriteRequest::new(vec![Message::new(Role::User, "?")], 9);
        let body = dialect.completion(&request, Family::Openai);
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body.get("max_tokens"), None);
        assert_eq!(
            (&body["max_completion_tokens"], &body["temperature"]),
            (&5.into(), &1.into())
        );
    }

    #[track_caller]
    fn check_chances(top: &Value, expected: Option<[f32; 2]>) {
        let reply =
            json!({ "choices": [{ "logprobs": { "content": [{ "top_logprobs": top }] } }] });
        let reply: Reply = serde_json::from_value(reply).unwrap();
        let found = chances(&reply, &["Yes", "No"]).ok();
        match (found, expected) {
            (Some(found), Some(expected)) => {
                for (found, expected) in found.iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-3, "{found} {expected}");
                }
            }
            (found, expected) => assert_eq!(found.is_some(), expected.is_some()),
        }
    }

    #[test]
    fn chances_are_read_from_the_listed_tokens() {
        let top = |token: &str, p: f32| json!({ "token": token, "logprob": p.ln() });
        check_chances(
            &json!([top("Yes", 0.7), top("No", 0.2)]),
            Some([0.7_f32.ln(), 0.2_f32.ln()]),
        );
        // With and without the space before it.
        check_chances(
            &json!([top("Yes", 0.5), top(" Yes", 0.2), top("No", 0.2)]),
            Some([0.7_f32.ln(), 0.2_f32.ln()]),
        );
        // One that is not listed has at most what is left.
        check_chances(
            &json!([top("Yes", 0.9), top("The", 0.05)]),
            Some([0.9_f32.ln(), 0.05_f32.ln()]),
        );
        check_chances(
            &json!([top("Yes", 0.9), top("The", 0.08)]),
            Some([0.9_f32.ln(), 0.02_f32.ln()]),
        );
        check_chances(&json!([top("The", 0.9)]), None);
        check_chances(&json!([]), None);
    }

    #[test]
    fn servers_are_told_apart_by_what_they_say_of_their_models() {
        let of = |owner: &str| family_of(&json!({ "data": [{ "id": "m", "owned_by": owner }] }));
        assert_eq!(of("vllm"), Family::Vllm);
        assert_eq!(of("sglang"), Family::Sglang);
        assert_eq!(of("llamacpp"), Family::LlamaCpp);
        assert_eq!(of("loket"), Family::Loket);
        assert_eq!(of("system"), Family::Openai);
        assert_eq!(family_of(&Value::Null), Family::Openai);
    }
}
