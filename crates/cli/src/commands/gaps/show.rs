//! The list of gaps as an editor reads it.

use owo_colors::Style;

use ::eval::gaps::look::Kind;

use super::{GapReport, Report, Tally, line};
use crate::Output;

/// Characters of a question that are shown.
const SHOWN_CHARS: usize = 110;

pub(super) fn print(report: &Report, out: &mut Output<'_>) -> anyhow::Result<()> {
    let since = report
        .since
        .map(|since| format!(" since {since}"))
        .unwrap_or_default();
    writeln!(
        out,
        "{} questions the articles did not answer{since}: {} gaps",
        report.questions, report.n_gaps
    )?;
    if report.left_out > 0 {
        writeln!(out, "{} older ones were left out", report.left_out)?;
    }
    counted(report, out)?;
    if report.questions == 0 {
        writeln!(
            out,
            "Questions come here from a running service (`support.store.questions_days`), or with `--questions` and `--report` from files."
        )?;
    }
    for gap in &report.gaps {
        writeln!(out)?;
        print_gap(gap, &report.currency, out)?;
    }
    let more = report.n_gaps - report.gaps.len();
    if more > 0 {
        writeln!(out, "\n{more} more; `--limit {}` lists all", report.n_gaps)?;
    }
    Ok(())
}

/// What no article settles.
fn counted(report: &Report, out: &mut Output<'_>) -> anyhow::Result<()> {
    let sum = |reason: &str| -> u64 {
        let of = report
            .counted
            .iter()
            .filter(|counted| counted.reason == reason);
        of.map(|counted| counted.n).sum()
    };
    let requested = sum("requested");
    if requested > 0 {
        writeln!(out, "{requested} more asked for a person")?;
    }
    let sensitive = sum("sensitive_topic");
    if sensitive > 0 {
        let topics = report.counted.iter().filter_map(|counted| {
            let topic = counted.topic.as_deref()?;
            Some(format!("{topic} {}", counted.n))
        });
        let topics: Vec<String> = topics.collect();
        writeln!(
            out,
            "{sensitive} more were on matters a person decides on: {}",
            topics.join(", ")
        )?;
    }
    Ok(())
}

fn print_gap(gap: &GapReport, currency: &str, out: &mut Output<'_>) -> anyhow::Result<()> {
    let title = out.paint(&line(&gap.title, SHOWN_CHARS), Style::new().bold());
    let kind = out.paint(kind_text(gap.look.kind), kind_style(gap.look.kind));
    writeln!(out, "{:>3}. {title}", gap.rank)?;
    writeln!(
        out,
        "     {kind} · asked {} · about {:.2} {currency}",
        times(gap.questions),
        gap.cost
    )?;
    let parts = [&gap.languages, &gap.reasons, &gap.audiences];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|tally| !tally.is_empty())
        .map(|t| tallied(t))
        .collect();
    writeln!(out, "     {}", parts.join(" · "))?;
    for example in &gap.examples {
        let language = example.language.map_or("other", corpus::Language::code);
        writeln!(
            out,
            "       “{}” ({language})",
            line(&example.text, SHOWN_CHARS)
        )?;
    }
    for near in &gap.look.nearest {
        writeln!(
            out,
            "     near: {} ({}), first for {} of {}, {:.0} % sure",
            line(&near.title, 60),
            near.article,
            near.first,
            gap.look.examined,
            near.confidence * 100.0
        )?;
    }
    let outline = &gap.outline;
    let place = match &outline.existing {
        Some(article) => format!("say it in `{article}`"),
        None => format!("new article `{}`", outline.id),
    };
    writeln!(
        out,
        "     draft: {place} ({}), open points:",
        outline.language
    )?;
    for point in &outline.points {
        writeln!(
            out,
            "       - {} [{}, asked {}]",
            line(&point.question, SHOWN_CHARS),
            point.form,
            times(point.asked)
        )?;
    }
    Ok(())
}

fn times(n: usize) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

fn tallied(tally: &[Tally]) -> String {
    let parts: Vec<String> = tally
        .iter()
        .map(|tally| format!("{} {}", line(&tally.name, 30).replace('_', " "), tally.n))
        .collect();
    parts.join(", ")
}

const fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "missing: no article is about it",
        Kind::HardToFind => "perhaps hard to find: an article is near, and not sure enough",
        Kind::Unclear => "unclear: it is answered, and that does not help",
        Kind::AnsweredNow => "answered by now",
    }
}

fn kind_style(kind: Kind) -> Style {
    match kind {
        Kind::Missing => Style::new().red(),
        Kind::HardToFind | Kind::Unclear => Style::new().yellow(),
        Kind::AnsweredNow => Style::new().green(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_words_where_those_are_shorter() {
        assert_eq!([1, 2, 3].map(times), ["once", "twice", "3 times"]);
        let tally = |name: &str, n| Tally {
            name: name.to_owned(),
            n,
        };
        assert_eq!(
            tallied(&[tally("no_evidence", 3), tally("clarify", 1)]),
            "no evidence 3, clarify 1"
        );
    }
}
