//! Receipts: what an answer was made of, so that it can be accounted for later.
//!
//! answer → **receipt** → store → [`replay`]. A receipt names the generation, the models and the settings, the
//! rule that fired, and the exact places every sentence rests on. It holds no question and nothing of the
//! customer: of a sentence that rests on facts the client sent, it only says that there was one.

use corpus::{ArticleId, ByteRange, Language};
use indexer::{SearchError, Snapshot};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    outcome::{Answer, Citation, Outcome, Sentence, Timings, Wording, joint},
    policy::Policy,
};

/// What an answer was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Id of the answer.
    pub id: String,
    /// When it was given.
    pub made_at: Timestamp,
    /// Language of the reply.
    pub language: Language,
    /// `answered`, `clarify` or `escalated`.
    pub outcome: String,
    /// Why a person took over.
    pub reason: Option<String>,
    /// The rule that fired; see [`Policy::code`].
    pub policy: Option<String>,
    /// Probability that the best evidence answers the question, 0 to 1.
    pub confidence: f32,
    /// Generation of the index that was read; empty when there was none.
    pub generation: String,
    /// Encoder that was used; its id names the exact files.
    pub encoder: String,
    /// Writer that worded the answer, if one did.
    pub writer: Option<String>,
    /// Hash of the settings; see [`crate::AnswerConfig::hash`].
    pub config: String,
    /// Id of the answer whose sentences these are, when they came from memory.
    pub reused_from: Option<String>,
    /// The sentences in reading order.
    pub sentences: Vec<KeptSentence>,
    /// How long the parts took.
    pub timings_ms: KeptTimings,
}

/// A sentence of a receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptSentence {
    /// The sentence; `None` when it rests on facts the client sent.
    pub text: Option<String>,
    /// Whether it starts a line of its own.
    pub starts_line: bool,
    /// Probability that its quotes bear it out, 0 to 1.
    pub support: f32,
    /// How it was worded.
    pub wording: KeptWording,
    /// What bears it out.
    pub quotes: Vec<KeptQuote>,
}

/// How a sentence was worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeptWording {
    /// By the writer.
    Generated,
    /// As the article says it.
    Extractive,
    /// As the article says it, in an answer of the writer.
    Repaired,
    /// By code, from facts the client sent.
    Fact,
}

/// A place in an article, with what stood there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptQuote {
    /// The article.
    pub article: ArticleId,
    /// Language of the version quoted.
    pub language: Language,
    /// Bytes of the article file.
    pub range: ByteRange,
    /// Exactly those bytes.
    pub quote: String,
}

/// How long the parts of an answer took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeptTimings {
    /// Until hits were ranked.
    pub search: f64,
    /// Until the first checked sentence left; `None` without sentences.
    pub first_sentence: Option<f64>,
    /// Until the reply was complete.
    pub total: f64,
}

impl Receipt {
    /// The receipt of `answer`, given at `made_at`.
    pub fn new(answer: &Answer, made_at: Timestamp) -> Self {
        let (outcome, reason) = match &answer.outcome {
            Outcome::Answered => ("answered", None),
            Outcome::Clarify(_) => ("clarify", None),
            Outcome::Escalated(reason) => ("escalated", Some(reason.code().to_owned())),
        };
        let sentences = answer.sentences.iter();
        Self {
            id: answer.id.clone(),
            made_at,
            language: answer.language,
            outcome: outcome.to_owned(),
            reason,
            policy: answer.policy.map(Policy::code),
            confidence: answer.confidence,
            generation: answer.generation.clone(),
            encoder: answer.encoder.clone(),
            writer: answer.writer.clone(),
            config: answer.config.clone(),
            reused_from: answer.reused_from.clone(),
            sentences: sentences.map(|s| kept(s, answer.wording)).collect(),
            timings_ms: KeptTimings::from(answer.timings),
        }
    }

    /// The whole reply as running text, as [`Answer::text`] gave it. A sentence that was not kept is `…`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for sentence in &self.sentences {
            text.push_str(joint(&text, sentence.starts_line, self.language));
            text.push_str(sentence.text.as_deref().unwrap_or("…"));
        }
        text
    }
}

fn kept(sentence: &Sentence, wording: Option<Wording>) -> KeptSentence {
    let quotes: Option<Vec<KeptQuote>> = sentence.citations.iter().map(quote_of).collect();
    let is_quote = |quotes: &[KeptQuote]| quotes.len() == 1 && sentence.support >= 1.0;
    let wording = match (&quotes, wording) {
        (None, _) => KeptWording::Fact,
        (Some(quotes), Some(Wording::Generated)) if is_quote(quotes) => KeptWording::Repaired,
        (Some(_), Some(Wording::Generated)) => KeptWording::Generated,
        (Some(_), _) => KeptWording::Extractive,
    };
    let quotes_of_articles = sentence.citations.iter().filter_map(quote_of).collect();
    KeptSentence {
        text: quotes.is_some().then(|| sentence.text.clone()),
        starts_line: sentence.starts_line,
        support: sentence.support,
        wording,
        quotes: quotes_of_articles,
    }
}

/// What is kept of a citation; `None` when it is not of an article, and then nothing of its sentence is kept.
fn quote_of(citation: &Citation) -> Option<KeptQuote> {
    let citation = citation.article()?;
    Some(KeptQuote {
        article: citation.article.clone(),
        language: citation.language,
        range: citation.range,
        quote: citation.quote.clone(),
    })
}

impl From<Timings> for KeptTimings {
    fn from(timings: Timings) -> Self {
        let ms = |duration: std::time::Duration| {
            // Hundredths: what a receipt costs to keep should not be digits nobody reads.
            (duration.as_secs_f64() * 100_000.0).round() / 100.0
        };
        Self {
            search: ms(timings.search),
            first_sentence: timings.first_sentence.map(ms),
            total: ms(timings.total),
        }
    }
}

/// What became of a quote in a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// The same bytes at the same place.
    Same,
    /// The same bytes at another place of the article.
    Moved,
    /// The article does not say it any more.
    Gone,
}

/// A quote, looked up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayedQuote {
    /// The quote as it was kept.
    #[serde(flatten)]
    pub quote: KeptQuote,
    /// In the generation the answer was made from; `None` when that is not on disk any more.
    pub then: Option<Fate>,
    /// In the current generation; `None` when there is none.
    pub now: Option<Fate>,
}

/// Looks every quote of a receipt up, in the generation the answer was made from and in the current one, in the
/// order of the sentences.
///
/// # Errors
/// [`SearchError`] when an article cannot be reached.
pub fn replay(
    receipt: &Receipt,
    then: Option<&Snapshot>,
    now: Option<&Snapshot>,
) -> Result<Vec<ReplayedQuote>, SearchError> {
    let quotes = receipt.sentences.iter().flat_map(|s| &s.quotes);
    quotes
        .map(|quote| {
            let fate = |snapshot| fate(quote, snapshot);
            Ok(ReplayedQuote {
                quote: quote.clone(),
                then: then.map(fate).transpose()?,
                now: now.map(fate).transpose()?,
            })
        })
        .collect()
}

/// Whether the articles still say all of it: no quote is gone from the current generation, and none differs in the
/// one it came from.
pub fn is_unchanged(quotes: &[ReplayedQuote]) -> bool {
    quotes.iter().all(|quote| {
        quote.then.is_none_or(|fate| fate == Fate::Same)
            && quote.now.is_none_or(|fate| fate != Fate::Gone)
    })
}

fn fate(quote: &KeptQuote, snapshot: &Snapshot) -> Result<Fate, SearchError> {
    let Some(article) = snapshot.find(&quote.article, quote.language) else {
        return Ok(Fate::Gone);
    };
    let source = snapshot.source(article)?;
    Ok(
        if quote.range.slice(&source) == Some(quote.quote.as_str()) {
            Fate::Same
        } else if source.contains(&quote.quote) {
            Fate::Moved
        } else {
            Fate::Gone
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EscalationReason, outcome::ArticleCitation};

    fn answer() -> Answer {
        let sentence = |text: &str, support| Sentence {
            text: text.to_owned(),
            starts_line: false,
            support,
            translated: false,
            citations: vec![Citation::Article(ArticleCitation {
                article: ArticleId::new("seller-payout").expect("an id"),
                title: "Payout".to_owned(),
                url: None,
                language: Language::En,
                section: Vec::new(),
                range: ByteRange::new(3, 8),
                quote: "quote".to_owned(),
            })],
        };
        let mut answer = Answer::escalated(EscalationReason::NoEvidence, Language::En);
        answer.outcome = Outcome::Answered;
        answer.wording = Some(Wording::Generated);
        answer.sentences = vec![sentence("You are paid.", 0.9), sentence("quote", 1.0)];
        answer
    }

    #[test]
    fn a_receipt_gives_the_same_text_after_a_round_trip() {
        let answer = answer();
        let receipt = Receipt::new(&answer, Timestamp::UNIX_EPOCH);
        assert_eq!(receipt.text(), answer.text());
        let text = serde_json::to_string(&receipt).expect("JSON");
        let back: Receipt = serde_json::from_str(&text).expect("a receipt");
        assert_eq!(back, receipt);
        let wordings: Vec<KeptWording> = receipt.sentences.iter().map(|s| s.wording).collect();
        assert_eq!(wordings, [KeptWording::Generated, KeptWording::Repaired]);
    }

    #[test]
    fn a_quote_that_is_gone_changes_an_answer() {
        let receipt = Receipt::new(&answer(), Timestamp::UNIX_EPOCH);
        let quotes = |then, now| {
            let mut quotes = replay(&receipt, None, None).unwrap();
            assert_eq!(quotes.len(), 2);
            (quotes[1].then, quotes[1].now) = (then, now);
            is_unchanged(&quotes)
        };
        assert!(quotes(None, None));
        assert!(quotes(Some(Fate::Same), Some(Fate::Moved)));
        assert!(!quotes(Some(Fate::Same), Some(Fate::Gone)));
        assert!(!quotes(Some(Fate::Moved), Some(Fate::Same)));
    }
}
