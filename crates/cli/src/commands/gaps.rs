//! `loket gaps`: what customers ask and the articles do not answer, put together across languages and ranked by cost.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use ::eval::gaps::{
    self, Gap, Unanswered, Why,
    look::{Kind, Look, look},
    outline::{Outline, outline},
};
use answer::Engine;
use anyhow::Context as _;
use corpus::{ArticleId, Language};
use inference::{Encoder, TextKind};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

use super::{Context, End};
use crate::{Output, args, output::printable, progress};

mod show;
mod sources;

use sources::Counted;

/// Most different questions that are put together, the newest: some hundred a gap for any list a person works through.
const MAX_QUESTIONS: usize = 5_000;

/// Questions encoded together.
const BATCH: usize = 32;

/// Questions shown of a gap.
const EXAMPLES: usize = 4;

pub(super) fn run(args: &args::Gaps, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let cost = args.cost.unwrap_or(context.config.gaps.cost_per_handoff);
    anyhow::ensure!(
        cost.is_finite() && cost >= 0.0,
        "`--cost` is {cost}; write what a hand-off costs, such as 4.50"
    );
    if let Some(folder) = &args.write {
        check_folder(folder, &context.config.index.kb)?;
    }
    let now = Timestamp::now();
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut found = sources::read(args, today, context)?;
    let left_out = newest(&mut found.questions);
    let listed = if found.questions.is_empty() {
        Vec::new()
    } else {
        list(&found.questions, args.limit, (now, today), context)?
    };
    let report = Report {
        since: found.since,
        until: today,
        questions: found.questions.len(),
        left_out,
        n_gaps: listed.first().map_or(0, |gap| gap.of),
        currency: context.config.gaps.currency.clone(),
        cost_per_handoff: cost,
        counted: found.counted,
        gaps: listed
            .iter()
            .map(|listed| GapReport::new(listed, &found.questions, cost))
            .collect(),
    };
    let written = match &args.write {
        Some(folder) => write(&listed, folder)?,
        None => Vec::new(),
    };
    if args.format.json {
        context.out.json(&report)?;
    } else {
        show::print(&report, context.out)?;
        for path in &written {
            writeln!(context.out, "wrote {}", path.display())?;
        }
        context.out.flush()?;
    }
    Ok(End::Done)
}

/// What is reported.
#[derive(Debug, Serialize)]
struct Report {
    /// The first day that counts; `None` when files were given.
    since: Option<Date>,
    until: Date,
    /// Questions that were put together.
    questions: usize,
    /// Older ones that were too many.
    left_out: usize,
    /// Gaps there are; `gaps` lists the first of them.
    n_gaps: usize,
    currency: String,
    cost_per_handoff: f64,
    /// What no article can settle.
    counted: Vec<Counted>,
    gaps: Vec<GapReport>,
}

/// One gap of a report.
#[derive(Debug, Serialize)]
struct GapReport {
    rank: usize,
    title: String,
    questions: usize,
    expected_handoffs: f64,
    cost: f64,
    weight: f64,
    languages: Vec<Tally>,
    reasons: Vec<Tally>,
    audiences: Vec<Tally>,
    examples: Vec<Example>,
    #[serde(flatten)]
    look: Look,
    outline: Outline,
}

/// How many there are of a kind.
#[derive(Debug, Serialize)]
struct Tally {
    name: String,
    n: usize,
}

#[derive(Debug, Serialize)]
struct Example {
    language: Option<Language>,
    reason: Why,
    text: String,
}

/// A gap with what the articles have for it.
struct Listed {
    rank: usize,
    of: usize,
    gap: Gap,
    look: Look,
    outline: Outline,
}

impl GapReport {
    fn new(listed: &Listed, questions: &[Unanswered], cost: f64) -> Self {
        let gap = &listed.gap;
        let tally = |kind: &dyn Fn(&Unanswered) -> Option<String>| {
            let counts = gap.tally(questions, kind).into_iter();
            counts.map(|(name, n)| Tally { name, n }).collect()
        };
        let examples = gap.examples(questions, EXAMPLES).into_iter();
        Self {
            rank: listed.rank,
            title: listed.outline.title.clone(),
            questions: gap.questions.len(),
            expected_handoffs: gap.expected_handoffs,
            cost: gap.expected_handoffs * cost,
            weight: gap.weight,
            languages: tally(&|question| {
                Some(question.language.map_or("other", Language::code).to_owned())
            }),
            reasons: tally(&|question| Some(question.why.code().to_owned())),
            audiences: tally(&|question| question.audience.clone()),
            examples: examples
                .map(|index| &questions[index])
                .map(|question| Example {
                    language: question.language,
                    reason: question.why,
                    text: question.text.clone(),
                })
                .collect(),
            look: listed.look.clone(),
            outline: listed.outline.clone(),
        }
    }
}

/// Keeps the newest questions when there are too many, and says how many went.
fn newest(questions: &mut Vec<Unanswered>) -> usize {
    let left_out = questions.len().saturating_sub(MAX_QUESTIONS);
    if left_out > 0 {
        // One without a day counts as of today.
        questions.sort_by_key(|question| std::cmp::Reverse(question.day.unwrap_or(Date::MAX)));
        questions.truncate(MAX_QUESTIONS);
    }
    left_out
}

/// Puts the questions together and looks what the articles have for the first gaps.
fn list(
    questions: &[Unanswered],
    limit: usize,
    (now, today): (Timestamp, Date),
    context: &mut Context<'_, '_>,
) -> anyhow::Result<Vec<Listed>> {
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let snapshot = context.snapshot(&*encoder)?;
    let mut config = context.config.answer.clone();
    config.memory.enabled = false;
    let min_confidence = config.min_confidence.get();
    let engine =
        Engine::new(snapshot, Arc::clone(&encoder), None, config).context("opening the index")?;
    // The same words are read once, and are one question to any encoder.
    let mut places: HashMap<(String, Option<Language>), usize> = HashMap::new();
    let mut asked: Vec<(&str, Option<Language>)> = Vec::new();
    let mut place_of: Vec<usize> = Vec::with_capacity(questions.len());
    for question in questions {
        let key = (gaps::folded(&question.text), question.language);
        place_of.push(*places.entry(key).or_insert_with(|| {
            asked.push((&question.text, question.language));
            asked.len() - 1
        }));
    }
    let different = directions(&engine, &*encoder, &asked, context.err)?;
    let vectors: Vec<Vec<f32>> = place_of
        .iter()
        .map(|place| different[*place].clone())
        .collect();
    let found = gaps::find(questions, &vectors, context.config.gaps.likeness, today);
    let of = found.len();
    let bar = progress::Count::new("looking into gaps", context.err);
    let total = of.min(limit);
    let mut taken: Vec<String> = Vec::new();
    let mut listed = Vec::with_capacity(total);
    for (rank, gap) in (1..).zip(found.into_iter().take(limit)) {
        let look = look(&engine, &gap, questions, min_confidence, now).context("searching")?;
        let is_taken = |id: &str| {
            let exists =
                ArticleId::new(id).is_ok_and(|id| !engine.snapshot().versions(&id).is_empty());
            exists || taken.iter().any(|other| other == id)
        };
        let outline = outline(&gap, questions, &look, &is_taken);
        taken.push(outline.id.clone());
        bar.show(rank, total);
        listed.push(Listed {
            rank,
            of,
            gap,
            look,
            outline,
        });
    }
    Ok(listed)
}

/// Where each question lies among questions; see [`indexer::Aim::direction`].
pub(super) fn directions(
    engine: &Engine,
    encoder: &dyn Encoder,
    questions: &[(&str, Option<Language>)],
    err: &Output<'_>,
) -> anyhow::Result<Vec<Vec<f32>>> {
    let bar = progress::Count::new("reading questions", err);
    let mut vectors = Vec::with_capacity(questions.len());
    for batch in questions.chunks(BATCH) {
        let texts: Vec<&str> = batch.iter().map(|(text, _)| *text).collect();
        let encoded = encoder
            .encode(&texts, TextKind::Query)
            .context("reading questions")?;
        for (row, (text, language)) in batch.iter().enumerate() {
            // One of an unknown language is held against English, the mean of which is nearest to all others.
            let language = language.unwrap_or(Language::En);
            let aim = engine
                .snapshot()
                .aim(text, encoded.row(row), None, language);
            vectors.push(aim.direction());
        }
        bar.show(vectors.len(), questions.len());
    }
    Ok(vectors)
}

/// Refuses a folder inside the articles: drafts are no articles yet.
fn check_folder(folder: &Path, kb: &Path) -> anyhow::Result<()> {
    let Ok(kb) = fs_err::canonicalize(kb) else {
        return Ok(());
    };
    let place = std::path::absolute(folder).context("finding the folder of the drafts")?;
    // The nearest part that exists tells where the folder really lies.
    let real = place
        .ancestors()
        .find_map(|part| fs_err::canonicalize(part).ok().map(|real| (part, real)));
    let is_inside = real.is_some_and(|(part, real)| {
        let rest = place.strip_prefix(part).unwrap_or_else(|_| Path::new(""));
        real.join(rest).starts_with(&kb)
    });
    anyhow::ensure!(
        !is_inside,
        "`--write {}` lies inside the articles `{}`, and drafts are unfinished work, not articles; name a folder beside it, such as `drafts`",
        folder.display(),
        kb.display()
    );
    Ok(())
}

/// Writes the drafts; a file that is there already is left as it is, since an editor may have worked on it.
fn write(listed: &[Listed], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    // Where an answer is by now, nobody needs to write one.
    let open = listed
        .iter()
        .filter(|listed| listed.look.kind != Kind::AnsweredNow);
    for listed in open {
        let outline = &listed.outline;
        let place = folder.join(outline.language.code());
        fs_err::create_dir_all(&place).context("writing the drafts")?;
        // An id may hold `/`.
        let path = place.join(format!("{}.md", outline.id.replace('/', "-")));
        if path.exists() {
            continue;
        }
        fs_err::write(&path, outline.to_markdown()).context("writing the drafts")?;
        written.push(path);
    }
    Ok(written)
}

/// One line of a customer's words, safe for a terminal.
fn line(text: &str, most: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = printable(&words.join(" "));
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_are_not_written_among_articles() {
        let dir = tempfile::tempdir().expect("a folder");
        let kb = dir.path().join("kb");
        fs_err::create_dir_all(kb.join("en")).expect("articles");
        assert!(check_folder(&kb.join("drafts/new"), &kb).is_err());
        assert!(check_folder(&kb, &kb).is_err());
        assert!(check_folder(&dir.path().join("drafts"), &kb).is_ok());
        assert!(check_folder(&dir.path().join("kb-drafts"), &kb).is_ok());
        assert!(check_folder(&dir.path().join("kb/../drafts"), &kb).is_ok());
    }

    #[test]
    fn the_newest_questions_are_put_together() {
        let question = |n: i32| Unanswered {
            text: n.to_string(),
            language: None,
            why: Why::Listed,
            audience: None,
            region: None,
            day: Date::ZERO.checked_add(jiff::Span::new().days(n)).ok(),
        };
        let n = i32::try_from(MAX_QUESTIONS).expect("a small number");
        let mut questions: Vec<Unanswered> = (0..n + 7).map(question).collect();
        assert_eq!(newest(&mut questions), 7);
        assert_eq!(questions.len(), MAX_QUESTIONS);
        assert!(
            questions
                .iter()
                .all(|q| q.text.parse::<i32>().expect("a number") >= 7)
        );
    }

    #[test]
    fn a_line_is_short_and_safe() {
        assert_eq!(line("a\n\u{1b}b", 9), "a \u{FFFD}b");
        assert_eq!(line(&"语".repeat(9), 3), "语语语…");
    }
}
