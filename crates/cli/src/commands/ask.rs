//! `loket ask`: one question to an answer with its sources, and the ways to a person.

use std::{path::Path, sync::Arc, thread, time::Duration};

use answer::{Answer, Cancel, Engine, EscalationReason, Event, Mode, Outcome, Question};
use anyhow::Context as _;
use corpus::Language;
use indexer::Snapshot;
use inference::Encoder;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use server::dto;

use super::{Context, End, receipts};
use crate::{
    args, failure,
    models::{Models, SharedWriter, load_writer},
};

mod show;

use show::Show;

pub(super) fn run(args: &args::Ask, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    anyhow::ensure!(
        !args.question.trim().is_empty(),
        "the question is empty; write one in quotes"
    );
    let request = request(args)?;
    let question = request
        .question(Timestamp::now())
        .context("reading the subject")?;
    if request.is_in_unsupported_language() {
        let reason = EscalationReason::UnsupportedLanguage;
        let answer = Answer::escalated(reason, Language::En);
        return finish(args, context, &question, &answer, Show::default());
    }
    let engine = engine(context, question.mode)?;
    let mut show = Show::default();
    let mut broken = None;
    let json = args.format.json;
    let answer = engine.answer(&question, &Cancel::default(), &mut |event| {
        if let Event::Sentence(sentence) = event
            && !json
            && broken.is_none()
        {
            broken = show.sentence(sentence, context.out).err();
        }
    });
    match broken {
        Some(error) => Err(error).context("printing the answer"),
        None => finish(args, context, &question, &answer, show),
    }
}

/// The question in the form the service takes it, so that both treat it alike.
fn request(args: &args::Ask) -> anyhow::Result<dto::AnswerRequest> {
    let subject = args.subject.as_deref().map(|path| read(path, "subject"));
    let conversation = args
        .conversation
        .as_deref()
        .map(|path| read(path, "conversation"));
    Ok(dto::AnswerRequest {
        question: args.question.clone(),
        language: args.language.clone(),
        audience: args.audience.clone(),
        region: args.region.clone(),
        at: None,
        mode: Some(args.mode.into()),
        conversation: conversation.transpose()?,
        customer: None,
        subject: subject.transpose()?,
    })
}

/// Reads a JSON file that holds the `what` of a question.
fn read<T: DeserializeOwned>(path: &Path, what: &str) -> anyhow::Result<T> {
    let text = fs_err::read_to_string(path).with_context(|| format!("reading the {what}"))?;
    serde_json::from_str(&text).with_context(|| format!("reading the {what} `{}`", path.display()))
}

/// Makes everything ready that an answer needs: on a fresh clone, models and index too.
fn engine(context: &mut Context<'_, '_>, mode: Mode) -> anyhow::Result<Engine> {
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let loading = start_writer(context, &models, mode);
    let snapshot = context.snapshot(&*encoder)?;
    let local = loading.and_then(|loading| loading.map(join).transpose());
    let writer = match local {
        _ if mode == Mode::Extractive => Ok(None),
        Ok(local) => models.writer_with(local),
        // An endpoint can do without what stands in for it.
        Err(_) if models.has_remote_writer() => models.writer_with(None),
        Err(failure) => Err(failure),
    };
    let writer = match writer {
        Ok(writer) => writer,
        Err(failure) if mode == Mode::Generated => return Err(failure),
        Err(failure) => {
            let line = failure::line(&failure);
            writeln!(
                context.err,
                "loket: answering in the articles' own words: {line}"
            )?;
            None
        }
    };
    new_engine(context, snapshot, encoder, writer)
}

fn new_engine(
    context: &Context<'_, '_>,
    snapshot: Arc<Snapshot>,
    encoder: Arc<dyn Encoder>,
    writer: Option<SharedWriter>,
) -> anyhow::Result<Engine> {
    Engine::new(snapshot, encoder, writer, context.config.answer.clone())
        .context("opening the index")
}

type Loading = thread::JoinHandle<anyhow::Result<SharedWriter>>;

/// Pulls the writer and starts loading it, which takes as long as opening or building the index does.
fn start_writer(
    context: &mut Context<'_, '_>,
    models: &Models,
    mode: Mode,
) -> anyhow::Result<Option<Loading>> {
    if mode == Mode::Extractive {
        return Ok(None);
    }
    let Some(entry) = models.writer()? else {
        anyhow::ensure!(
            mode != Mode::Generated || models.has_writer(),
            "mode `generated` needs a writer; set `models.writer`"
        );
        return Ok(None);
    };
    let files = models
        .pull(entry, context.err)
        .with_context(|| format!("getting the writer `{}`", entry.id))?;
    let entry = entry.clone();
    Ok(Some(thread::spawn(move || load_writer(&entry, &files))))
}

fn join(loading: Loading) -> anyhow::Result<SharedWriter> {
    loading
        .join()
        .unwrap_or_else(|_| Err(anyhow::anyhow!("loading the writer failed")))
}

/// Prints what is left to print and says how it ended.
fn finish(
    args: &args::Ask,
    context: &mut Context<'_, '_>,
    question: &Question,
    answer: &Answer,
    mut show: Show,
) -> anyhow::Result<End> {
    let contact = dto::contact_for(answer, question, &context.config.support, Arc::default());
    if args.format.json {
        context
            .out
            .json(&dto::AnswerReply::new(answer, &contact, Duration::ZERO))?;
    } else {
        show.rest(answer, &contact, context.out)
            .context("printing the answer")?;
    }
    receipts::keep(answer, context);
    Ok(match answer.outcome {
        Outcome::Answered | Outcome::Clarify(_) => End::Done,
        Outcome::Escalated(_) => End::Missed,
    })
}
