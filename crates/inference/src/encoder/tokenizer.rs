//! Text to token ids with their byte ranges, through the `tokenizers` pipeline.
//!
//! The packed file's tokenizer is `tokenizers`' normalisation, splitting and offset bookkeeping around two
//! parts of our own: [`CodePointMap`], because the file carries its normalisation as a map of code points, and
//! [`Unigram`], because the library's own unigram model spends 240 MB and most of a second on this
//! vocabulary's trie.

mod code_points;
mod unigram;

#[cfg(test)]
mod tests;

use std::ops::Range;

use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::{DecoderWrapper, Encoding, PostProcessorWrapper, TokenizerBuilder, TokenizerImpl};

use super::EncodeError;
pub(super) use code_points::CodePointMap;
pub(super) use unigram::{Unigram, Vocabulary};

/// `SentencePiece`'s mark for a space, and so for the start of a word.
const WORD_START: char = '\u{2581}';

type Packed = TokenizerImpl<Unigram, CodePointMap, Metaspace, PostProcessorWrapper, DecoderWrapper>;

/// A tokenizer and the ids that begin and end every text.
pub(super) struct Tokenizer {
    pipeline: Pipeline,
    begin: u32,
    end: u32,
}

enum Pipeline {
    Packed(Box<Packed>),
    File(Box<tokenizers::Tokenizer>),
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("begin", &self.begin)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// From the parts of a packed file.
    pub(super) fn packed(
        unigram: Unigram,
        map: CodePointMap,
        begin: u32,
        end: u32,
    ) -> tokenizers::Result<Self> {
        // Words can be cut apart one by one, unless a piece spans several.
        let split = !unigram.has_piece_across_words(WORD_START);
        let pipeline = TokenizerBuilder::new()
            .with_model(unigram)
            .with_normalizer(Some(map))
            .with_pre_tokenizer(Some(Metaspace::new(
                WORD_START,
                PrependScheme::Always,
                split,
            )))
            .with_post_processor(None::<PostProcessorWrapper>)
            .with_decoder(None::<DecoderWrapper>)
            .build()?;
        Ok(Self {
            pipeline: Pipeline::Packed(Box::new(pipeline)),
            begin,
            end,
        })
    }

    /// From a `tokenizer.json`, as the library reads it.
    pub(super) fn from_library(
        mut tokenizer: tokenizers::Tokenizer,
        begin: u32,
        end: u32,
    ) -> tokenizers::Result<Self> {
        // A text that spells a control token is text; and the limit is ours to apply.
        tokenizer.set_encode_special_tokens(true);
        tokenizer.with_truncation(None)?;
        tokenizer.with_padding(None);
        Ok(Self {
            pipeline: Pipeline::File(Box::new(tokenizer)),
            begin,
            end,
        })
    }

    /// Begins every text.
    pub(super) fn begin(&self) -> u32 {
        self.begin
    }

    /// Ends every text.
    pub(super) fn end(&self) -> u32 {
        self.end
    }

    /// Ids of `text` without those that begin and end it.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<u32>, EncodeError> {
        let encoding = match &self.pipeline {
            Pipeline::Packed(pipeline) => pipeline.encode_fast(text, false),
            Pipeline::File(pipeline) => pipeline.encode_fast(text, false),
        };
        Ok(encoding.map_err(EncodeError::Tokenize)?.get_ids().to_vec())
    }

    /// Ids of `text` with the bytes of `text` each stands for, without the space before a word.
    ///
    /// Starts and ends ascend. A character that normalises to several may belong to several tokens, and
    /// so may the first one, when the mark before the first word is a token of its own; a token that is
    /// nothing but spaces keeps them.
    pub(super) fn ids_and_ranges(
        &self,
        text: &str,
    ) -> Result<Vec<(u32, Range<usize>)>, EncodeError> {
        let encoding: tokenizers::Result<Encoding> = match &self.pipeline {
            Pipeline::Packed(pipeline) => pipeline.encode(text, false),
            Pipeline::File(pipeline) => pipeline.encode(text, false),
        };
        let encoding = encoding.map_err(EncodeError::Tokenize)?;
        let tokens =
            encoding
                .get_ids()
                .iter()
                .zip(encoding.get_offsets())
                .map(|(id, (start, end))| {
                    let token = &text[*start..*end];
                    let word = token.trim_start();
                    let skipped = if word.is_empty() {
                        0
                    } else {
                        token.len() - word.len()
                    };
                    (*id, start + skipped..*end)
                });
        Ok(tokens.collect())
    }
}
