//! The writer's tokenizer, built from its GGUF file.
//!
//! Byte-level BPE as GPT-2 defined it, or the merges of `SentencePiece`. Control tokens (turn markers, end of
//! text, tool calls) are kept out of the tokenizer altogether, so no text, however it is spelt or split, can be
//! encoded to one: only [`Vocabulary::encode_template`], which sees nothing but the chat template's own words,
//! yields them.

mod sentence_piece;

use std::collections::{HashMap, HashSet};

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{NormalizerWrapper, Tokenizer};

use super::gguf::{GgufError, GgufFile, Value};
use sentence_piece::{SPACE, SentencePiece};

/// llama.cpp's `llama_token_type` numbers.
const UNKNOWN: i64 = 2;
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;
const UNUSED: i64 = 5;
const BYTE: i64 = 6;

/// Markers that are control tokens whatever a file says: converters have called them user-defined.
const TURN_MARKERS: &[&str] = &[
    "<bos>",
    "<eos>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
];

/// The splits of the published `tokenizer.json` files. Runs of letters, single digits (Qwen) or up to three
/// (Llama 3), punctuation with its line ends, white space.
const QWEN2_SPLIT: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3_SPLIT: &str = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const ADD_SPACE: &str = "tokenizer.ggml.add_space_prefix";

/// Why the tokenizer of a file could not be built.
#[derive(Debug, thiserror::Error)]
pub(super) enum VocabularyError {
    #[error(transparent)]
    File(#[from] GgufError),
    #[error("{0}")]
    Unsupported(String),
    #[error("the merges do not fit the vocabulary")]
    Build(#[source] tokenizers::Error),
}

/// What cuts text into tokens.
#[derive(Debug)]
enum Cutter {
    Bytes(Box<Tokenizer>),
    Pieces(Box<SentencePiece>),
}

/// Text to token ids and back.
#[derive(Debug)]
pub(super) struct Vocabulary {
    cutter: Cutter,
    /// Control and user-defined tokens, longest first.
    special: Vec<(String, u32)>,
    is_control: Vec<bool>,
    /// Bytes of token `id` are `bytes[starts[id]..starts[id + 1]]`; control tokens have none.
    bytes: Vec<u8>,
    starts: Vec<usize>,
    /// Begins every prompt, where the file asks for it.
    pub(super) first: Option<u32>,
    pub(super) first_text: String,
    pub(super) end_text: String,
    end: Vec<u32>,
}

impl Vocabulary {
    /// Builds the tokenizer of `file`, whose embedding has `n_tokens` rows.
    pub(super) fn read(file: &mut GgufFile, n_tokens: usize) -> Result<Self, VocabularyError> {
        let model = file.text("tokenizer.ggml.model")?.unwrap_or("none");
        let has_pieces = match model {
            "gpt2" => false,
            "llama" => true,
            other => {
                let problem = format!("tokenizer model `{other}` (this build has `gpt2`, `llama`)");
                return Err(VocabularyError::Unsupported(problem));
            }
        };
        if has_pieces && !file.metadata.contains_key(ADD_SPACE) || file.flag(ADD_SPACE) {
            let problem = "a tokenizer that puts a space before every text".to_owned();
            return Err(VocabularyError::Unsupported(problem));
        }
        let pre = file
            .text("tokenizer.ggml.pre")?
            .unwrap_or("default")
            .to_owned();
        let Some(Value::Texts(tokens)) = file.metadata.remove("tokenizer.ggml.tokens") else {
            return damaged("`tokenizer.ggml.tokens` is missing");
        };
        let Some(Value::Integers(kinds)) = file.metadata.remove("tokenizer.ggml.token_type") else {
            return damaged("`tokenizer.ggml.token_type` is missing");
        };
        if tokens.len() != n_tokens || kinds.len() != n_tokens {
            return damaged(format!(
                "{} tokens and {} token types for an embedding of {n_tokens} rows",
                tokens.len(),
                kinds.len()
            ));
        }

        let mut plain = Vocab::default();
        let mut defined = HashMap::new();
        let mut special = Vec::new();
        let mut is_control = vec![false; n_tokens];
        let mut bytes = Vec::new();
        let mut byte_ids = Vec::new();
        let mut starts = vec![0];
        let to_byte = bytes_of_symbols();
        let markers: HashSet<&str> = TURN_MARKERS.iter().copied().collect();
        for (id, (token, kind)) in (0_u32..).zip(tokens.iter().zip(&kinds)) {
            let kind = if markers.contains(token.as_str()) {
                CONTROL
            } else {
                *kind
            };
            match kind {
                CONTROL | UNKNOWN | UNUSED => {
                    is_control[id as usize] = kind == CONTROL;
                    special.push((token.clone(), id));
                }
                USER_DEFINED if has_pieces => {
                    let text = token.replace(SPACE, " ");
                    bytes.extend_from_slice(text.as_bytes());
                    defined.insert(text, id);
                }
                USER_DEFINED => {
                    bytes.extend_from_slice(token.as_bytes());
                    special.push((token.clone(), id));
                }
                BYTE if has_pieces => match byte_of(token) {
                    Some(byte) => {
                        bytes.push(byte);
                        byte_ids.push((byte, id));
                    }
                    None => return damaged(format!("`{token}` is not a byte")),
                },
                _ => {
                    if has_pieces {
                        bytes.extend_from_slice(token.replace(SPACE, " ").as_bytes());
                    } else {
                        decode_symbols(token, &to_byte, &mut bytes);
                    }
                    plain.insert(token.clone(), id);
                }
            }
            starts.push(bytes.len());
        }
        special.retain(|(token, _)| !token.is_empty());
        special.sort_by_key(|(token, id)| (std::cmp::Reverse(token.len()), *id));

        let token_at = |key: &str| -> Result<Option<u32>, VocabularyError> {
            match file.size(key)? {
                None => Ok(None),
                Some(id) if id < n_tokens => Ok(u32::try_from(id).ok()),
                Some(id) => damaged(format!("`{key}` is {id}, beyond the vocabulary")),
            }
        };
        let begin = token_at("tokenizer.ggml.bos_token_id")?;
        let end = token_at("tokenizer.ggml.eos_token_id")?;
        let turn_end = token_at("tokenizer.ggml.eot_token_id")?;
        let cutter = if has_pieces {
            let Some(Value::Floats(scores)) = file.metadata.get("tokenizer.ggml.scores") else {
                return damaged("`tokenizer.ggml.scores` is missing");
            };
            match SentencePiece::new(plain, defined, scores, &byte_ids) {
                Some(pieces) => Cutter::Pieces(Box::new(pieces)),
                None => return damaged("its tokenizer lacks scores or bytes"),
            }
        } else {
            let Some(Value::Texts(merges)) = file.metadata.get("tokenizer.ggml.merges") else {
                return damaged("`tokenizer.ggml.merges` is missing");
            };
            Cutter::Bytes(Box::new(build(&pre, plain, merges)?))
        };
        let text_of =
            |id: Option<u32>| id.map_or_else(String::new, |id| tokens[id as usize].clone());
        Ok(Self {
            first: begin.filter(|_| file.flag("tokenizer.ggml.add_bos_token")),
            first_text: text_of(begin),
            end_text: text_of(end),
            end: end.into_iter().chain(turn_end).collect(),
            cutter,
            special,
            is_control,
            bytes,
            starts,
        })
    }

    /// Ids of `text`, none of which is a control token.
    pub(super) fn encode_text(&self, text: &str) -> Result<Vec<u32>, tokenizers::Error> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        match &self.cutter {
            Cutter::Bytes(tokenizer) => Ok(tokenizer.encode_fast(text, false)?.get_ids().to_vec()),
            Cutter::Pieces(pieces) => Ok(pieces.encode(text)),
        }
    }

    /// Ids of words of the chat template, in which control tokens count as such.
    pub(super) fn encode_template(
        &self,
        text: &str,
        ids: &mut Vec<u32>,
    ) -> Result<(), tokenizers::Error> {
        let mut rest = text;
        loop {
            // The earliest special token, the longest where several begin at one place.
            let next = self
                .special
                .iter()
                .filter_map(|(token, id)| Some((rest.find(token.as_str())?, token, *id)))
                .min_by_key(|(position, token, _)| (*position, std::cmp::Reverse(token.len())));
            let Some((position, token, id)) = next else {
                ids.extend(self.encode_text(rest)?);
                return Ok(());
            };
            ids.extend(self.encode_text(&rest[..position])?);
            ids.push(id);
            rest = &rest[position + token.len()..];
        }
    }

    /// Bytes `id` stands for; none for a control token or an id beyond the vocabulary. A character may be
    /// spread over several tokens.
    pub(super) fn bytes(&self, id: u32) -> &[u8] {
        let id = id as usize;
        match (self.starts.get(id), self.starts.get(id + 1)) {
            (Some(&start), Some(&end)) => &self.bytes[start..end],
            _ => &[],
        }
    }

    /// Whether `id` ends the writer's turn: the file's end tokens, and every control token, since a turn
    /// marker can only begin somebody else's turn.
    pub(super) fn ends_turn(&self, id: u32) -> bool {
        self.is_control(id) || self.end.contains(&id)
    }

    /// Whether `id` is a control token.
    pub(super) fn is_control(&self, id: u32) -> bool {
        self.is_control.get(id as usize).copied().unwrap_or(true)
    }
}

/// The byte that `<0x0A>` and its like stand for.
fn byte_of(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok()
}

fn damaged<T>(problem: impl Into<String>) -> Result<T, VocabularyError> {
    Err(VocabularyError::File(GgufError::Damaged(problem.into())))
}

fn build(pre: &str, plain: Vocab, merges: &[String]) -> Result<Tokenizer, VocabularyError> {
    let mut pairs = Vec::with_capacity(merges.len());
    for merge in merges {
        match merge.split_once(' ') {
            Some((left, right)) => pairs.push((left.to_owned(), right.to_owned())),
            None => return damaged(format!("merge `{merge}` is not a pair")),
        }
    }
    let bpe = BPE::builder()
        .vocab_and_merges(plain, pairs)
        // Llama 3's published tokenizer takes a word that is in the vocabulary whole.
        .ignore_merges(matches!(pre, "llama3" | "llama-bpe"))
        .build()
        .map_err(VocabularyError::Build)?;
    let mut tokenizer = Tokenizer::new(bpe);
    let split = |pattern: &str| -> Result<PreTokenizerWrapper, VocabularyError> {
        let split = Split::new(
            SplitPattern::Regex(pattern.to_owned()),
            SplitDelimiterBehavior::Isolated,
            false,
        )
        .map_err(VocabularyError::Build)?;
        Ok(Sequence::new(vec![
            split.into(),
            ByteLevel::new(false, false, false).into(),
        ])
        .into())
    };
    let (pre_tokenizer, normalizer) = match pre {
        "qwen2" => (split(QWEN2_SPLIT)?, Some(NormalizerWrapper::NFC(NFC))),
        "llama3" | "llama-bpe" => (split(LLAMA3_SPLIT)?, None),
        "smollm" => {
            let digits = Digits::new(true).into();
            let bytes = ByteLevel::new(false, false, true).into();
            (Sequence::new(vec![digits, bytes]).into(), None)
        }
        "default" | "gpt-2" => (ByteLevel::new(false, false, true).into(), None),
        other => {
            let problem = format!("the text splitting `{other}`");
            return Err(VocabularyError::Unsupported(problem));
        }
    };
    tokenizer.with_pre_tokenizer(Some(pre_tokenizer));
    tokenizer
        .with_normalizer(normalizer)
        .map_err(VocabularyError::Build)?;
    Ok(tokenizer)
}

/// GPT-2's printable stand-ins for the 256 bytes, as `(symbol, byte)`: printable Latin-1 stands for itself,
/// the others for U+0100 onwards in order (`bytes_to_unicode` of openai/gpt-2).
pub(crate) fn byte_symbols() -> impl Iterator<Item = (char, u8)> {
    let mut next = 0x100_u32;
    (0..=255_u8).map(move |byte| {
        if matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) {
            (char::from(byte), byte)
        } else {
            next += 1;
            let symbol = char::from_u32(next - 1).unwrap_or(char::REPLACEMENT_CHARACTER);
            (symbol, byte)
        }
    })
}

fn bytes_of_symbols() -> HashMap<char, u8> {
    byte_symbols().collect()
}

fn decode_symbols(token: &str, to_byte: &HashMap<char, u8>, bytes: &mut Vec<u8>) {
    for symbol in token.chars() {
        match to_byte.get(&symbol) {
            Some(byte) => bytes.push(*byte),
            // A token that is not spelt in symbols stands for its own text.
            None => bytes.extend_from_slice(symbol.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}
