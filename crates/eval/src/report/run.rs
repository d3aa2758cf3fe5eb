//! The page of a run: figures, curves, and every question with its evidence, its answer and its gold.

use std::collections::BTreeMap;

use minijinja::{Value, context, value::Serde};
use serde::Serialize;

use super::{ReportError, environment, nonce, plots};
use crate::{
    metrics::Interval,
    question_set::Expectation,
    risk,
    run::{ConfusionCell, Fault, LanguageRow, OutcomeKind, QuestionResult, RunReport},
};

/// Cases of one kind shown in front of all questions.
const WORST: usize = 10;

/// A figure as a column of the table by language.
#[derive(Debug, Serialize)]
struct Column {
    name: &'static str,
    title: &'static str,
    /// What it is a share of, in a sentence.
    explanation: &'static str,
}

const COLUMNS: [Column; 11] = [
    Column {
        name: "success_at_1",
        title: "Found first",
        explanation: "of questions an article answers: the article ranked first is one that does",
    },
    Column {
        name: "success_at_3",
        title: "Found in three",
        explanation: "of the same questions: one of the first three articles does",
    },
    Column {
        name: "as_expected",
        title: "As expected",
        explanation: "of questions with an expected outcome: they were answered, asked back or sent to a person as expected",
    },
    Column {
        name: "answered",
        title: "Answered",
        explanation: "of questions that should be answered: they were; the others were refused in vain",
    },
    Column {
        name: "to_person",
        title: "To a person",
        explanation: "of questions a person should get: a person did; the others were answered anyway",
    },
    Column {
        name: "clarified",
        title: "Asked back",
        explanation: "of questions that mean several things: the customer was asked which",
    },
    Column {
        name: "cites_relevant",
        title: "Right articles",
        explanation: "of answers: every article they cite is one that answers the question",
    },
    Column {
        name: "cites_section",
        title: "Right section",
        explanation: "of answers to questions whose section was judged: that section is cited",
    },
    Column {
        name: "holds_gold",
        title: "Gold text",
        explanation: "of answers to questions with a gold text: the answer holds it",
    },
    Column {
        name: "in_language",
        title: "Language",
        explanation: "of replies with a text: it is in the language of the question",
    },
    Column {
        name: "routed",
        title: "Routed",
        explanation: "of questions that expect a way to a person: the recommended one is that way",
    },
];

/// A row of the table by language; `None` where no question counts.
#[derive(Debug, Serialize)]
struct Row<'a> {
    language: &'a str,
    n: usize,
    figures: Vec<Option<Interval>>,
}

/// A row of the confusion matrix.
#[derive(Debug, Serialize)]
struct ConfusionRow {
    expected: &'static str,
    cells: Vec<ConfusionCount>,
    n: usize,
}

#[derive(Debug, Serialize)]
struct ConfusionCount {
    n: usize,
    is_right: bool,
}

/// A kind of fault with how many questions have it.
#[derive(Debug, Serialize)]
struct FaultCount {
    code: Fault,
    words: &'static str,
    n: usize,
}

/// A question as the page shows it.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    result: &'a QuestionResult,
    /// Relevant articles without anchors.
    articles: Vec<&'a str>,
    outcome_words: String,
    is_wrong: bool,
}

impl<'a> Shown<'a> {
    fn of(result: &'a QuestionResult) -> Self {
        let judged = result.relevant.iter();
        Self {
            articles: judged
                .map(|judged| judged.split('#').next().unwrap_or(judged))
                .collect(),
            outcome_words: outcome_words(result.outcome, result.reason.as_deref()),
            is_wrong: result.as_expected() == Some(false),
            result,
        }
    }
}

/// Cases of one kind, the worst first.
#[derive(Debug, Serialize)]
struct Cases<'a> {
    title: &'static str,
    explanation: &'static str,
    n: usize,
    shown: Vec<Shown<'a>>,
}

/// The report of a run as one HTML file.
///
/// # Errors
/// [`ReportError`]; never because of what a text says.
pub fn run_page(report: &RunReport) -> Result<String, ReportError> {
    let counted = |column: &&Column| {
        let all = report.rows.first().and_then(|row| row.figure(column.name));
        all.is_some_and(|interval| interval.n > 0)
    };
    let columns: Vec<&Column> = COLUMNS.iter().filter(counted).collect();
    let (outcomes, confusion) = confusion(&report.confusion);
    let mut environment = environment();
    environment.add_template("run.html", include_str!("run.html"))?;
    let svg = |plot: Result<String, plots::PlotError>| plot.map(Value::from_safe_string);
    let curve = risk::points(&report.judged());
    let genuine = || report.questions.iter().filter(|result| !result.synthetic);
    let latency = match &report.latency {
        Some(_) => {
            let first: Vec<f64> = genuine().filter_map(|result| result.ms.1).collect();
            let total: Vec<f64> = genuine().map(|result| result.ms.2).collect();
            Some(svg(plots::latency(&first, &total))?)
        }
        None => None,
    };
    let fault_words: BTreeMap<Fault, &str> = Fault::ALL
        .into_iter()
        .map(|fault| (fault, fault.words()))
        .collect();
    let by_language = report.rows.iter().skip(1);
    let languages: Vec<&str> = by_language.map(|row| row.language.as_str()).collect();
    let questions: Vec<Shown<'_>> = report.questions.iter().map(Shown::of).collect();
    let content = serde_json::to_vec(report).map_err(ReportError::Content)?;
    Ok(environment.get_template("run.html")?.render(context! {
        nonce => nonce(&content),
        report => context! {
            run => Serde(&report.run),
            generation => &report.generation,
            encoder => &report.encoder,
            writer => report.writer.as_deref(),
            risk => Serde(&report.risk),
            reliability => Serde(&report.reliability),
            latency => Serde(&report.latency),
        },
        tiles => Serde(tiles(report)),
        columns => Serde(&columns),
        rows => Serde(table(&report.rows, &columns)),
        synthetic => Serde(table(&report.synthetic, &columns)),
        outcomes => Serde(outcomes),
        confusion => Serde(confusion),
        plots => context! {
            risk => svg(plots::risk_coverage(&curve))?,
            reliability => svg(plots::reliability(&report.reliability))?,
            latency,
        },
        cases => Serde(cases(&report.questions)),
        faults => Serde(faults(&report.questions)),
        fault_words => Serde(fault_words),
        languages => Serde(languages),
        questions => Serde(questions),
    })?)
}

fn outcome_words(outcome: OutcomeKind, reason: Option<&str>) -> String {
    match outcome {
        OutcomeKind::Answered => "answered".to_owned(),
        OutcomeKind::Clarify => "asked back".to_owned(),
        OutcomeKind::Escalated => {
            let reason = reason.unwrap_or("no reason").replace('_', " ");
            format!("to a person: {reason}")
        }
    }
}

/// The figures that are read first: name, figure and what it means.
fn tiles(report: &RunReport) -> Vec<(&'static str, Option<Interval>, &'static str)> {
    let figure = |name| report.rows.first().and_then(|row| row.figure(name));
    let tile = |title, name, explanation| {
        (
            title,
            figure(name).filter(|interval| interval.n > 0),
            explanation,
        )
    };
    vec![
        tile(
            "As expected",
            "as_expected",
            "answered or sent to a person as it should be",
        ),
        tile("Answered", "answered", "of what should be answered"),
        tile("To a person", "to_person", "of what a person should get"),
        tile(
            "Right articles",
            "cites_relevant",
            "of answers: every citation is of a right article",
        ),
        tile(
            "Gold text",
            "holds_gold",
            "of answers: the expected words are in it",
        ),
        tile(
            "Found in three",
            "success_at_3",
            "a right article is among the first three",
        ),
    ]
}

fn table<'a>(rows: &'a [LanguageRow], columns: &[&Column]) -> Vec<Row<'a>> {
    let row = |row: &'a LanguageRow| Row {
        language: &row.language,
        n: row.n,
        figures: columns
            .iter()
            .map(|column| row.figure(column.name).filter(|interval| interval.n > 0))
            .collect(),
    };
    rows.iter().map(row).collect()
}

/// The titles of the columns, and a row for every expectation.
fn confusion(cells: &[ConfusionCell]) -> (Vec<String>, Vec<ConfusionRow>) {
    let mut kinds: Vec<(OutcomeKind, Option<&str>)> = cells
        .iter()
        .map(|cell| (cell.outcome, cell.reason.as_deref()))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let titles = kinds
        .iter()
        .map(|(outcome, reason)| outcome_words(*outcome, *reason))
        .collect();
    let row = |expected: Expectation| {
        let of_row = || cells.iter().filter(|cell| cell.expected == expected);
        let counts = kinds.iter().map(|(outcome, reason)| {
            let cell =
                of_row().find(|cell| cell.outcome == *outcome && cell.reason.as_deref() == *reason);
            ConfusionCount {
                n: cell.map_or(0, |cell| cell.n),
                is_right: outcome.meets(expected),
            }
        });
        ConfusionRow {
            expected: match expected {
                Expectation::Answered => "an answer",
                Expectation::Clarify => "a question back",
                Expectation::Escalated => "a person",
            },
            cells: counts.collect(),
            n: of_row().map(|cell| cell.n).sum(),
        }
    };
    let expectations = [
        Expectation::Answered,
        Expectation::Clarify,
        Expectation::Escalated,
    ];
    let rows = expectations.map(row).into_iter().filter(|row| row.n > 0);
    (titles, rows.collect())
}

fn faults(questions: &[QuestionResult]) -> Vec<FaultCount> {
    let counts = Fault::ALL.into_iter().map(|fault| FaultCount {
        code: fault,
        words: fault.words(),
        n: questions
            .iter()
            .filter(|result| result.faults.contains(&fault))
            .count(),
    });
    counts.filter(|count| count.n > 0).collect()
}

/// What to look at first: what a customer would be told wrongly, then what they would not be told.
fn cases(questions: &[QuestionResult]) -> Vec<Cases<'_>> {
    let kinds: [(Fault, &str, &str); 5] = [
        (
            Fault::AnsweredAnyway,
            "Answered anyway",
            "These should have gone to a person or been asked back. The surest first: what is wrong and sure reaches the \
             customer whatever the threshold.",
        ),
        (
            Fault::Refused,
            "Refused in vain",
            "These should have been answered. Those whose right article was found first: the answer was at hand.",
        ),
        (
            Fault::WrongCitation,
            "Wrong article cited",
            "Answers that cite an article the judgments do not name. The surest first; some are right by an article that \
             was not judged.",
        ),
        (
            Fault::WrongSection,
            "Wrong section cited",
            "The article is right, and the section that was judged is not cited.",
        ),
        (
            Fault::GoldMissing,
            "Gold text missing",
            "Answers without the words they should hold. The surest first; some say the same in other words.",
        ),
    ];
    let cases = kinds.into_iter().map(|(fault, title, explanation)| {
        let mut found: Vec<&QuestionResult> = questions
            .iter()
            // Each once, under the worst of its faults.
            .filter(|result| result.faults.first() == Some(&fault))
            .collect();
        found.sort_by(|a, b| {
            let is_first = |result: &QuestionResult| result.rank == Some(1);
            let by_rank = is_first(b).cmp(&is_first(a));
            let by_rank = by_rank.then(a.rank.is_none().cmp(&b.rank.is_none()));
            let surest = b.confidence.total_cmp(&a.confidence);
            let order = if fault == Fault::Refused {
                by_rank.then(surest)
            } else {
                surest
            };
            order.then(a.id.cmp(&b.id))
        });
        Cases {
            title,
            explanation,
            n: found.len(),
            shown: found.into_iter().take(WORST).map(Shown::of).collect(),
        }
    });
    cases.filter(|cases| cases.n > 0).collect()
}
