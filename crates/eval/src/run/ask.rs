//! One question through the engine: the reply, and what it was judged to be.

use answer::{Answer, Cancel, Engine, EscalationReason, Mode, Question};
use jiff::Timestamp;

use super::{
    holds,
    result::{self, Cited, EVIDENCE, QuestionResult, Route},
};
use crate::question_set::JudgedQuestion;

/// The way to a person that a reply to a question recommends. Planning it takes settings this crate knows nothing of.
pub type Router<'a> = dyn Fn(&Question, &Answer) -> Route + Sync + 'a;

pub(super) fn ask(
    engine: &Engine,
    judged: &JudgedQuestion,
    mode: Mode,
    now: Timestamp,
    route: &Router<'_>,
) -> QuestionResult {
    let question = judged.to_question(now, mode);
    // First the answer: what is examined before would stand in the writer's cache, and the answer look faster than it is.
    let reply = engine.answer(&question, &Cancel::default(), &mut |_| {});
    let examined = engine.examine(&question).ok().flatten();
    let snapshot = engine.snapshot();
    let (outcome, reason) = result::outcome_of(&reply);
    let sentences = result::sentences_of(&reply, snapshot);
    let ranked: Vec<&str> = examined
        .iter()
        .flat_map(|examined| &examined.articles)
        .map(corpus::ArticleId::as_str)
        .collect();
    let rank = ranked
        .iter()
        .position(|id| judged.is_relevant(id))
        .map(|index| index + 1);
    let is_judged = !judged.relevant.is_empty() && !reply.sources.is_empty();
    let cites_relevant = is_judged.then(|| {
        let mut sources = reply.sources.iter();
        sources.all(|source| judged.is_relevant(source.article.as_str()))
    });
    let cites_section = (is_judged && judged.names_sections()).then(|| {
        let mut cited = sentences.iter().flat_map(|said| &said.cites);
        cited.any(|cited| judged.is_relevant_section(&cited.article, &cited.anchor))
    });
    let text = reply.text();
    let holds_gold = (!judged.answers.is_empty() && !text.is_empty())
        .then(|| judged.answers.iter().any(|gold| holds(&text, gold)));
    let wants_person = reason.as_deref() == Some(EscalationReason::Requested.code());
    let route = route(&question, &reply);
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    let mut result = QuestionResult {
        id: judged.id.clone(),
        question: judged.question.clone(),
        language: judged.language.unwrap_or(reply.language),
        reply_language: reply.language,
        rank,
        top: ranked.iter().take(3).map(|id| (*id).to_owned()).collect(),
        answerable: !judged.relevant.is_empty() && !wants_person,
        expected: judged.expect,
        outcome,
        reason,
        cites_relevant,
        cites_section,
        holds_gold,
        confidence: examined.as_ref().map_or(0.0, |e| e.confidence),
        features: examined.as_ref().map(|e| e.features).unwrap_or_default(),
        ms: (
            ms(reply.timings.search),
            reply.timings.first_sentence.map(ms),
            ms(reply.timings.total),
        ),
        text,
        relevant: judged.relevant.clone(),
        gold: judged.answers.clone(),
        sentences,
        evidence: examined
            .iter()
            .flat_map(|examined| best(&examined.evidence.pieces))
            .map(|piece| Cited::piece(piece, snapshot))
            .collect(),
        routed: route.meets(judged),
        route,
        synthetic: judged.synthetic,
        faults: Vec::new(),
    };
    result.faults = result.find_faults();
    result
}

/// The statements that speak most for an answer, best first.
fn best(pieces: &[answer::evidence::Piece]) -> Vec<&answer::evidence::Piece> {
    let mut sorted: Vec<_> = pieces.iter().collect();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    sorted.truncate(EVIDENCE);
    sorted
}
