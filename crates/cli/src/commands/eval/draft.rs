//! `loket eval draft`: proposes questions for articles, which a person accepts, words anew or rejects.

use std::ops::ControlFlow;

use ::eval::{
    Expectation, JudgedQuestion,
    propose::{self, Fault},
};
use answer::{Engine, SearchRequest};
use anyhow::Context as _;
use corpus::Language;
use indexer::ArticleOrdinal;
use inference::writer::{CancelFlag, Message, Role, Sampling, WriteRequest};
use jiff::Timestamp;
use owo_colors::Style;
use serde::Serialize;

use super::{dialog::Dialog, set_file::SetFile};
use crate::{
    args,
    commands::{Context, End, index::summary::plural},
    models::SharedWriter,
    output::printable,
};

/// How the name of a file ends whose questions nobody has looked at.
const PROPOSED: &str = ".proposed.jsonl";

/// Rank up to which an article counts as found.
const FOUND: usize = 10;

/// Tokens a writer may take for one question.
const TOKENS_A_QUESTION: usize = 40;

/// Questions a writer is asked for beyond those wanted, for those that are refused.
const SPARE: usize = 2;

/// Greedy questions of one article are all about its first sentence. The seed makes a second run propose the same.
const SAMPLING: Sampling = Sampling::TopP {
    temperature: 0.8,
    p: 0.9,
    seed: 1,
};

/// One proposal.
#[derive(Debug, Clone, Serialize)]
struct Proposal {
    article: String,
    language: Language,
    question: String,
    /// Place of its article in a search for it, from 1; `None` when not among the first ten.
    rank: Option<usize>,
    /// Why it is not offered.
    refused: Option<String>,
}

/// What came of it all.
#[derive(Debug, Default, Serialize)]
struct Report {
    file: String,
    added: Vec<String>,
    rejected: usize,
    refused: Vec<Proposal>,
}

pub(super) fn run(args: &args::EvalDraft, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let kb = args
        .kb
        .clone()
        .unwrap_or_else(|| context.config.index.kb.clone());
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| kb.join(format!("questions{PROPOSED}")));
    anyhow::ensure!(
        !args.accept_all || out.to_string_lossy().ends_with(PROPOSED),
        "nobody looks at what `--accept-all` takes: let the name of `--out` end in `{PROPOSED}`, so that it passes for no judged set"
    );
    let language = args
        .language
        .as_ref()
        .map(super::import::supported)
        .transpose()?;
    let mut set = SetFile::open(&out)?;
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let snapshot = match &args.kb {
        None => context.snapshot(&*encoder)?,
        Some(kb) => super::snapshot_of(kb, &*encoder, context)?,
    };
    let writer = if args.without_writer {
        None
    } else {
        context.writer(&models)?
    };
    let engine = Engine::new(snapshot, encoder, None, context.config.answer.clone())
        .context("opening the index")?;
    let articles = chosen(&engine, &args.articles, language)?;
    let mut report = Report {
        file: out.display().to_string(),
        ..Report::default()
    };
    let mut drafting = Drafting {
        args,
        engine: &engine,
        writer: writer.as_ref(),
        set: &mut set,
        report: &mut report,
    };
    {
        let mut dialog = Dialog::new(context.err);
        for article in articles {
            if !drafting.go_through(article, &mut dialog)? {
                break;
            }
        }
    }
    finish(&report, args.format.json, context)
}

/// What proposals are made and taken with.
struct Drafting<'a> {
    args: &'a args::EvalDraft,
    engine: &'a Engine,
    writer: Option<&'a SharedWriter>,
    set: &'a mut SetFile,
    report: &'a mut Report,
}

impl Drafting<'_> {
    /// Proposes questions for `article` and takes those that are accepted; false when it is over.
    fn go_through(
        &mut self,
        article: ArticleOrdinal,
        dialog: &mut Dialog<'_, '_>,
    ) -> anyhow::Result<bool> {
        let before = proposed_before(self.set, self.engine, article);
        let mut missing = self.args.per_article.saturating_sub(before);
        for proposal in propose(self.engine, self.writer, article, missing)? {
            if missing == 0 {
                break;
            }
            if self.set.same(&proposal.question).is_some() {
                continue;
            }
            if proposal.refused.is_some() {
                self.report.refused.push(proposal);
                continue;
            }
            let decision = if self.args.accept_all {
                Decision::Accept(proposal.question)
            } else {
                decide(&proposal, self.engine, article, dialog)?
            };
            match decision {
                Decision::Accept(question) => {
                    missing -= 1;
                    let id = self.set.fresh_id(Some(proposal.language));
                    self.set
                        .append(judged(id.clone(), question, self.engine, article))?;
                    self.report.added.push(id);
                }
                Decision::Reject => self.report.rejected += 1,
                Decision::Quit => return Ok(false),
            }
        }
        Ok(true)
    }
}

fn finish(report: &Report, json: bool, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    if json {
        context.out.json(report)?;
        return Ok(End::Done);
    }
    for refused in &report.refused {
        let why = refused.refused.as_deref().unwrap_or_default();
        writeln!(
            context.out,
            "left out, {why}: “{}” ({}, {})",
            printable(&refused.question),
            refused.article,
            refused.language
        )?;
    }
    writeln!(
        context.out,
        "{} added to {}, {} rejected, {} left out",
        plural(report.added.len(), "question"),
        report.file,
        report.rejected,
        report.refused.len()
    )?;
    context.out.flush()?;
    Ok(End::Done)
}

/// The versions wanted, in order of path.
fn chosen(
    engine: &Engine,
    ids: &[String],
    language: Option<Language>,
) -> anyhow::Result<Vec<ArticleOrdinal>> {
    let snapshot = engine.snapshot();
    for id in ids {
        let exists = snapshot
            .articles()
            .any(|(_, article)| article.id.as_str() == id);
        anyhow::ensure!(
            exists,
            "there is no article `{id}`; `loket search` shows ids"
        );
    }
    let is_chosen = |article: &corpus::Article| {
        (ids.is_empty() || ids.iter().any(|id| id == article.id.as_str()))
            && language.is_none_or(|only| only == article.language)
    };
    Ok(snapshot
        .articles()
        .filter(|(_, article)| is_chosen(article))
        .map(|(ordinal, _)| ordinal)
        .collect())
}

/// Questions of this version in the file, so that a run that was stopped goes on where it was.
fn proposed_before(set: &SetFile, engine: &Engine, article: ArticleOrdinal) -> usize {
    let article = engine.snapshot().article(article);
    let is_of = |question: &&JudgedQuestion| {
        question.language == Some(article.language) && question.is_relevant(article.id.as_str())
    };
    set.questions().iter().filter(is_of).count()
}

fn judged(
    id: String,
    question: String,
    engine: &Engine,
    article: ArticleOrdinal,
) -> JudgedQuestion {
    let article = engine.snapshot().article(article);
    JudgedQuestion {
        id,
        question,
        language: Some(article.language),
        audience: article.audience.first().cloned(),
        region: article.regions.first().cloned(),
        relevant: vec![article.id.to_string()],
        expect: Some(Expectation::Answered),
        synthetic: true,
        ..JudgedQuestion::default()
    }
}

/// At most `n` proposals and some to spare, those with a fault among them.
fn propose(
    engine: &Engine,
    writer: Option<&SharedWriter>,
    article: ArticleOrdinal,
    n: usize,
) -> anyhow::Result<Vec<Proposal>> {
    if n == 0 {
        return Ok(Vec::new());
    }
    let snapshot = engine.snapshot();
    let of = snapshot.article(article);
    let passages = snapshot.passages_of(article);
    let text: Vec<String> = passages
        .map(|passage| Ok(snapshot.passage(passage)?.text))
        .collect::<anyhow::Result<_>>()?;
    let text = text.join("\n");
    let questions = match writer {
        Some(writer) => written(writer, &of.title, &text, of.language, n + SPARE)?,
        None => propose::from_text(snapshot, article, n)?,
    };
    questions
        .into_iter()
        .map(|question| {
            let fault = propose::fault(&question, &of.title, &text, of.language, writer.is_none());
            Ok(Proposal {
                article: of.id.to_string(),
                language: of.language,
                rank: rank(engine, &question, article)?,
                refused: fault.as_ref().map(Fault::message),
                question,
            })
        })
        .collect()
}

fn written(
    writer: &SharedWriter,
    title: &str,
    text: &str,
    language: Language,
    n: usize,
) -> anyhow::Result<Vec<String>> {
    let (instructions, request) = propose::request(title, text, language, n);
    let request = WriteRequest {
        messages: vec![
            Message::new(Role::System, instructions),
            Message::new(Role::User, request),
        ],
        max_tokens: n * TOKENS_A_QUESTION,
        sampling: SAMPLING,
        ..WriteRequest::default()
    };
    let written = writer
        .generate(&request, &CancelFlag::default(), &mut |_| {
            ControlFlow::Continue(())
        })
        .context("having questions written")?;
    let mut questions = propose::questions_of(&written.text);
    // The last line may have been cut.
    questions.truncate(n);
    Ok(questions)
}

/// Place of the article in a search for `question`.
fn rank(engine: &Engine, question: &str, article: ArticleOrdinal) -> anyhow::Result<Option<usize>> {
    let of = engine.snapshot().article(article);
    let request = SearchRequest {
        query: question.to_owned(),
        language: Some(of.language),
        languages: None,
        audience: of.audience.first().cloned(),
        region: of.regions.first().cloned(),
        at: Timestamp::now(),
        limit: FOUND,
    };
    let hits = engine.search(&request).context("searching")?.hits;
    Ok(hits
        .iter()
        .find(|hit| hit.article == of.id)
        .map(|hit| hit.rank))
}

/// What the person says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Decision {
    /// It is taken, in these words.
    Accept(String),
    /// It is not.
    Reject,
    /// It is over.
    Quit,
}

fn decide(
    proposal: &Proposal,
    engine: &Engine,
    article: ArticleOrdinal,
    dialog: &mut Dialog<'_, '_>,
) -> anyhow::Result<Decision> {
    let mut question = proposal.question.clone();
    let mut rank = proposal.rank;
    let title = printable(&engine.snapshot().article(article).title);
    dialog.say(&format!(
        "\n{title} ({}, {})",
        proposal.article, proposal.language
    ))?;
    loop {
        let shown = dialog.out.paint(&printable(&question), Style::new().bold());
        let found = match rank {
            Some(rank) => format!("finds its article at {rank}"),
            None => format!("does not find its article among the first {FOUND}"),
        };
        dialog.say(&format!("  {shown}\n  {found}"))?;
        let Some(line) = dialog.ask("  a(ccept), e(dit), r(eject), q(uit)>")? else {
            return Ok(Decision::Quit);
        };
        match line.as_str() {
            "a" | "accept" => return Ok(Decision::Accept(question)),
            "r" | "reject" => return Ok(Decision::Reject),
            "q" | "quit" => return Ok(Decision::Quit),
            "e" | "edit" => {
                let Some(new) = dialog.ask("  new wording>")? else {
                    return Ok(Decision::Quit);
                };
                if !new.is_empty() {
                    rank = self::rank(engine, &new, article)?;
                    question = new;
                }
            }
            _ => dialog.say("  type a, e, r or q")?,
        }
    }
}
