//! One question on its way: admission, the answering thread, and the reply that always comes.
//!
//! An admitted question gets a reply with the ways to a person, at the latest a moment after its deadline:
//! from the engine, or as an escalation when there is no engine, no room, no time, or a defect.

use std::{
    mem,
    time::{Duration, Instant},
};

use answer::{Answer, Cancel, EscalationReason, Event, InvalidSubject, Question, Receipt};
use corpus::{Language, language::detect};
use jiff::Timestamp;
use support::handoff::known_texts;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{
    AppState,
    access::Caller,
    dto::{self, AnswerReply, AnswerRequest},
    questions::Noticed,
    queue::Full,
};

/// The engine sees the deadline too and ends with what it has checked; this is how long that may take.
const LAST_WORDS: Duration = Duration::from_millis(150);

/// Letters enough to tell a language by, when nothing else is done with the question.
const TELLING_CHARS: usize = 200;

/// What the asker is told of an answer that is being made.
#[derive(Debug)]
pub(super) enum Told {
    /// The articles it will rest on.
    Sources(Vec<dto::Source>),
    /// A checked sentence.
    Sentence(dto::Sentence),
    /// It was lost to a defect; a reply that says so follows.
    Lost,
    /// The whole reply; nothing follows.
    Reply(Box<AnswerReply>),
}

/// How far an answer is.
#[derive(Debug)]
enum Stage {
    Working,
    Known(Box<AnswerReply>, Box<Receipt>, Noticed),
    Told,
}

/// What the answering thread sends. One answer sends few of them, so no bound is needed.
#[derive(Debug)]
enum Sent {
    Sources(Vec<dto::Source>),
    Sentence(dto::Sentence),
    Answer(Box<Answer>, Duration),
}

/// Stops the answer when nobody waits for it any more.
#[derive(Debug)]
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.flag.cancel();
    }
}

/// An admitted question. Dropping it cancels the answer.
#[derive(Debug)]
pub(super) struct Running {
    state: AppState,
    question: Question,
    /// What the caller sent beside the question that may stand in it too.
    known: Vec<String>,
    admitted: Instant,
    deadline: Instant,
    sent: UnboundedReceiver<Sent>,
    stage: Stage,
    refused: bool,
    cancel: CancelOnDrop,
}

impl Running {
    /// A question that waits for what its answering thread, which holds the other end, will send.
    fn waiting(state: AppState, question: Question) -> (Self, UnboundedSender<Sent>) {
        let admitted = Instant::now();
        let deadline = admitted + state.config().answer_deadline();
        let (to_asker, sent) = unbounded_channel();
        let running = Self {
            question,
            known: Vec::new(),
            admitted,
            deadline,
            sent,
            stage: Stage::Working,
            refused: false,
            cancel: CancelOnDrop(Cancel {
                deadline: Some(deadline),
                ..Cancel::default()
            }),
            state,
        };
        (running, to_asker)
    }

    /// Puts a question of `caller` into the queue, or knows its reply already.
    ///
    /// # Errors
    /// [`InvalidSubject`] when the subject does not fit.
    pub(super) fn admit(
        state: AppState,
        caller: &Caller,
        request: &AnswerRequest,
    ) -> Result<Self, InvalidSubject> {
        let question = request.question(Timestamp::now())?;
        let (mut running, to_asker) = Self::waiting(state, question);
        let customer = request.customer.as_ref().and_then(|c| c.id.as_deref());
        running.known = known_texts(customer, request.subject.as_ref());
        if request.is_in_unsupported_language() {
            running.escalate(EscalationReason::UnsupportedLanguage);
        } else if running.state.engine().is_none() {
            running.escalate(EscalationReason::Error);
        } else if running.recall(&to_asker) {
            // What is known needs no place in the queue.
        } else {
            let (state, question) = (running.state.clone(), running.question.clone());
            let (cancel, admitted) = (running.cancel.0.clone(), running.admitted);
            let job = move || work(&state, &question, &cancel, admitted, &to_asker);
            if running.state.answers().submit(caller.share(), job) == Err(Full) {
                running.refused = true;
                running.state.metrics().refusal("answer");
                running.escalate(EscalationReason::Overloaded);
            }
        }
        Ok(running)
    }

    /// Tells a remembered answer, if there is one.
    fn recall(&self, to_asker: &UnboundedSender<Sent>) -> bool {
        let Some(engine) = self.state.engine() else {
            return false;
        };
        // This value holds the other end, so sending cannot fail.
        let answer = engine.recall(&self.question, &mut |event| {
            let _ = to_asker.send(sent(event));
        });
        answer.is_some_and(|answer| {
            let told = Sent::Answer(Box::new(answer), Duration::ZERO);
            to_asker.send(told).is_ok()
        })
    }

    /// Whether the queue was full.
    pub(super) const fn is_refused(&self) -> bool {
        self.refused
    }

    /// Waits for the reply.
    pub(super) async fn reply(mut self) -> AnswerReply {
        while let Some(told) = self.next().await {
            if let Told::Reply(reply) = told {
                return *reply;
            }
        }
        self.reply_of(&self.escalated(EscalationReason::Error), Duration::ZERO)
    }

    /// What is told next; `None` after the reply.
    pub(super) async fn next(&mut self) -> Option<Told> {
        if matches!(self.stage, Stage::Working) {
            let due = self.deadline + LAST_WORDS;
            tokio::select! {
                biased;
                sent = self.sent.recv() => match sent {
                    Some(Sent::Sources(sources)) => return Some(Told::Sources(sources)),
                    Some(Sent::Sentence(sentence)) => return Some(Told::Sentence(sentence)),
                    Some(Sent::Answer(answer, queued)) => {
                        self.know(&answer, queued);
                    }
                    None => {
                        self.escalate(EscalationReason::Error);
                        return Some(Told::Lost);
                    }
                },
                () = tokio::time::sleep_until(due.into()) => {
                    self.escalate(EscalationReason::Overloaded);
                }
                () = self.state.answers_stopped() => {
                    self.escalate(EscalationReason::Overloaded);
                }
            }
        }
        match mem::replace(&mut self.stage, Stage::Told) {
            Stage::Known(reply, receipt, noticed) => {
                // Nobody looked at a question that found no room, and under load receipts of those would hold up the
                // hand-offs on their way to the disk.
                if !self.refused {
                    self.state.keep(&receipt).await;
                    self.state.note(noticed);
                }
                Some(Told::Reply(reply))
            }
            Stage::Working | Stage::Told => None,
        }
    }

    /// Ends without the engine.
    fn escalate(&mut self, reason: EscalationReason) {
        let answer = self.escalated(reason);
        self.know(&answer, Duration::ZERO);
    }

    fn know(&mut self, answer: &Answer, queued: Duration) {
        let reply = self.reply_of(answer, queued);
        self.state.metrics().answer(&reply, self.admitted.elapsed());
        let receipt = Receipt::new(answer, Timestamp::now());
        let noticed = if self.state.keeps_questions() {
            Noticed::of(&self.question, &self.known, answer)
        } else {
            Noticed::Nothing
        };
        self.stage = Stage::Known(Box::new(reply), Box::new(receipt), noticed);
    }

    fn escalated(&self, reason: EscalationReason) -> Answer {
        let mut answer = escalated(&self.question, reason);
        if let Some(generation) = self.state.generation() {
            answer.generation = generation;
        }
        answer.timings.total = self.admitted.elapsed();
        answer
    }

    fn reply_of(&self, answer: &Answer, queued: Duration) -> AnswerReply {
        let contact = dto::contact_for(
            answer,
            &self.question,
            self.state.support(),
            self.state.availability(),
        );
        AnswerReply::new(answer, &contact, queued)
    }
}

/// An escalation that no engine made, in the language of the question.
fn escalated(question: &Question, reason: EscalationReason) -> Answer {
    let language = question.language.or_else(|| {
        let beginning: String = question.text.chars().take(TELLING_CHARS).collect();
        detect::detect(&beginning).map(|found| found.language)
    });
    let language = match reason {
        // Named by the client, so detection among the nine would only guess.
        EscalationReason::UnsupportedLanguage => Language::En,
        _ => language.unwrap_or(Language::En),
    };
    Answer::escalated(reason, language)
}

fn sent(event: Event<'_>) -> Sent {
    match event {
        Event::Sources(sources) => Sent::Sources(sources.iter().map(dto::Source::from).collect()),
        Event::Sentence(sentence) => Sent::Sentence(sentence.into()),
    }
}

/// What the answering thread does with one question.
fn work(
    state: &AppState,
    question: &Question,
    cancel: &Cancel,
    admitted: Instant,
    asker: &UnboundedSender<Sent>,
) {
    // Nobody waits any more, or the reply has gone out already: no inference for nothing.
    let is_late = cancel
        .deadline
        .is_some_and(|deadline| deadline <= Instant::now());
    if cancel.flag.is_cancelled() || asker.is_closed() {
        return;
    }
    let queued = admitted.elapsed();
    let answer = match state.engine() {
        Some(engine) if !is_late => engine.answer(question, cancel, &mut |event| {
            // An asker who left has set the cancel flag, which the engine sees.
            let _ = asker.send(sent(event));
        }),
        Some(_) => escalated(question, EscalationReason::Overloaded),
        None => escalated(question, EscalationReason::Error),
    };
    let _ = asker.send(Sent::Answer(Box::new(answer), queued));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dto::Outcome, tests::unloaded};

    fn waiting() -> (Running, UnboundedSender<Sent>) {
        let question = Question::new("Wanneer krijg ik mijn geld?", Timestamp::UNIX_EPOCH);
        Running::waiting(unloaded(), question)
    }

    #[track_caller]
    fn check(told: Option<Told>, reason: &str) {
        let Some(Told::Reply(reply)) = told else {
            panic!("not a reply: {told:?}");
        };
        assert_eq!(reply.outcome, Outcome::Escalated);
        assert_eq!(reply.reason, Some(reason));
        assert_eq!(reply.language, Language::Nl);
        assert!(reply.contact.options.iter().any(|option| option.available));
    }

    #[tokio::test]
    async fn a_lost_answer_is_told_and_sent_to_a_person() {
        let (mut running, thread) = waiting();
        drop(thread);
        assert!(matches!(running.next().await, Some(Told::Lost)));
        check(running.next().await, "error");
        assert!(running.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn past_its_deadline_a_question_is_sent_to_a_person() {
        let (mut running, _thread) = waiting();
        check(running.next().await, "overloaded");
        assert!(running.next().await.is_none());
    }

    #[tokio::test]
    async fn when_the_service_stops_a_question_is_sent_to_a_person() {
        let (mut running, _thread) = waiting();
        running.state.stop_answers();
        check(running.next().await, "overloaded");
    }

    #[tokio::test]
    async fn an_answer_nobody_waits_for_is_cancelled() {
        let (running, thread) = waiting();
        let cancel = running.cancel.0.clone();
        let state = running.state.clone();
        let question = running.question.clone();
        assert!(!cancel.flag.is_cancelled());
        drop(running);
        assert!(cancel.flag.is_cancelled());
        // The thread that comes to it later has nothing to do, and nobody to tell.
        work(&state, &question, &cancel, Instant::now(), &thread);
        assert!(thread.is_closed());
    }
}
