//! The report in a terminal: what was edited, each question whose answer changed, and the sum.

use ::eval::diff::{Change, DiffReport, EditKind, Kind, Reply, ReplySource, Row, Run, SideName};
use owo_colors::Style;

use crate::{Output, output::printable};

/// Edits and changes told in full; of more there is the page.
const N_TOLD: usize = 20;

const fn removed() -> Style {
    Style::new().red()
}

const fn added() -> Style {
    Style::new().green()
}

pub(super) fn print(report: &DiffReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    writeln!(out, "{} → {}", side(&report.base), side(&report.head))?;
    for edit in report.edits.iter().take(N_TOLD) {
        let style = match edit.kind {
            EditKind::Added => added(),
            EditKind::Removed => removed(),
            EditKind::Changed | EditKind::Moved => Style::new().yellow(),
        };
        let kind = out.paint(edit.kind.code(), style);
        let before = edit
            .path_before
            .as_ref()
            .map_or_else(String::new, |path| format!("{path} → "));
        let renamed = edit.article_before.as_ref().map_or_else(String::new, |id| {
            format!("; its id was `{id}` and is `{}`", edit.article)
        });
        let bears_on = match edit.questions.len() {
            0 => "no question".to_owned(),
            1 => "1 question".to_owned(),
            n => format!("{n} questions"),
        };
        let text = format!("{before}{}: bears on {bears_on}{renamed}", edit.path);
        writeln!(out, "{kind} {}", printable(&text))?;
    }
    if report.edits.len() > N_TOLD {
        writeln!(out, "… and {} more edits", report.edits.len() - N_TOLD)?;
    }
    if report.edits.is_empty() {
        writeln!(out, "no article differs")?;
    }
    for file in &report.left_out {
        let line = file
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        let kind = out.paint("not read", Style::new().red().bold());
        let text = format!("{}{line} ({}): {}", file.path, file.side, file.reason);
        writeln!(out, "{kind} {}", printable(&text))?;
    }
    for change in report.changes.iter().take(N_TOLD) {
        writeln!(out)?;
        print_change(change, out)?;
    }
    if report.changes.len() > N_TOLD {
        let n_more = report.changes.len() - N_TOLD;
        writeln!(
            out,
            "\n… and {n_more} more; `--html FILE` and `--json FILE` tell of all"
        )?;
    }
    for stale in &report.stale_judgments {
        let now = stale
            .now
            .as_ref()
            .map_or_else(String::new, |now| format!("; it is `{now}` now"));
        let text = format!(
            "`{}` names the article `{}`, which is gone{now}",
            stale.question, stale.article
        );
        writeln!(out, "\n{}", printable(&text))?;
    }
    print_sum(report, out)
}

fn side(side: &SideName) -> String {
    let commit = side.commit.as_deref().and_then(|commit| commit.get(..10));
    let commit = commit.filter(|commit| !side.name.starts_with(*commit));
    let name = printable(&side.name);
    commit.map_or_else(|| name.clone(), |commit| format!("{name} ({commit})"))
}

fn print_sum(report: &DiffReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    let counts: Vec<String> = report
        .counts
        .iter()
        .map(|(kind, n)| format!("{n} {}", kind.words()))
        .collect();
    writeln!(out, "\n{}", counts.join(", "))?;
    writeln!(
        out,
        "{} questions, {} of them in reach of the edit; {} answers made, after {:.1} s",
        report.questions,
        report.touched,
        report.answers_made,
        report.elapsed_ms as f64 / 1e3
    )?;
    if !report.passes() {
        let fail_on: Vec<&str> = report.fail_on.iter().map(|kind| kind.words()).collect();
        let text = format!(
            "fails on {} (fail on: {})",
            report.failed.join(", "),
            fail_on.join(", ")
        );
        let text = out.paint(&printable(&text), Style::new().red().bold());
        writeln!(out, "{text}")?;
    }
    Ok(())
}

fn print_change(change: &Change, out: &mut Output<'_>) -> anyhow::Result<()> {
    let style = match change.kind {
        Kind::Broken | Kind::LostSource => Style::new().red().bold(),
        Kind::Fixed => Style::new().green().bold(),
        _ => Style::new().yellow().bold(),
    };
    let kind = out.paint(change.kind.words(), style);
    let asked = out.paint(&printable(&change.question), Style::new().bold());
    writeln!(out, "{kind} {} {asked}", printable(&change.id))?;
    let (before, after) = (&change.before, &change.after);
    let ending = if before.ending() == after.ending() {
        before.ending().to_owned()
    } else {
        format!("{} → {}", before.ending(), after.ending())
    };
    writeln!(
        out,
        "  {ending}{}, confidence {:.2} → {:.2}",
        sources(after, before),
        before.confidence,
        after.confidence
    )?;
    for gold in &change.gold_lost {
        writeln!(out, "  no longer says “{}”", printable(gold))?;
    }
    for row in change.sentences.iter().filter(|row| !row.is_same()) {
        writeln!(out, "  {}", merged(row, out))?;
    }
    for (said, style, sources) in [
        ("lost source", removed(), &change.sources_lost),
        ("gained source", added(), &change.sources_gained),
    ] {
        for source in sources {
            writeln!(
                out,
                "  {} {}",
                out.paint(said, style),
                printable(&source_name(source))
            )?;
        }
    }
    Ok(())
}

/// What both rest on, where it stayed the same.
fn sources(after: &Reply, before: &Reply) -> String {
    if after.sources.is_empty() || after.sources != before.sources {
        return String::new();
    }
    let names: Vec<String> = after.sources.iter().map(source_name).collect();
    format!(" from {}", printable(&names.join(", ")))
}

fn source_name(source: &ReplySource) -> String {
    format!("{} ({})", source.article, source.language)
}

/// A sentence with what was taken out and put in; in colour where there is any, else between `[-` `-]` and `{+` `+}`.
fn merged(row: &Row, out: &Output<'_>) -> String {
    let paint = |run: &Run, open: &str, close: &str, style: Style| {
        let text = printable(&run.text);
        if out.has_colours() {
            out.paint(&text, style)
        } else {
            format!("{open}{text}{close}")
        }
    };
    let removed = |run: &Run| paint(run, "[-", "-]", removed().strikethrough());
    let added = |run: &Run| paint(run, "{+", "+}", added().underline());
    let mut text = String::new();
    let (mut before, mut after) = (row.before.iter(), row.after.iter());
    let (mut was, mut is) = (before.next(), after.next());
    // What both sides have, as far as it was told of the stretch each is at.
    let (mut told_was, mut told_is) = (0, 0);
    while was.is_some() || is.is_some() {
        match (was, is) {
            (Some(run), _) if run.marked => {
                text.push_str(&removed(run));
                was = before.next();
            }
            (_, Some(run)) if run.marked => {
                text.push_str(&added(run));
                is = after.next();
            }
            (Some(one), Some(other)) => {
                // One of them ends first: there the other side has something of its own.
                let (rest, rest_of_other) = (&one.text[told_was..], &other.text[told_is..]);
                let shorter = if rest.len() < rest_of_other.len() {
                    rest
                } else {
                    rest_of_other
                };
                text.push_str(&printable(shorter));
                told_was += shorter.len();
                told_is += shorter.len();
                if told_was >= one.text.len() {
                    (was, told_was) = (before.next(), 0);
                }
                if told_is >= other.text.len() {
                    (is, told_is) = (after.next(), 0);
                }
            }
            // What is not marked stands on both sides.
            _ => break,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use ::eval::diff::marks::side_by_side;

    use super::*;

    #[track_caller]
    fn check(before: &[&str], after: &[&str], expected: &[&str]) {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let mut text = Vec::new();
        let out = Output::from(&mut text);
        let rows = side_by_side(&owned(before), &owned(after));
        let shown: Vec<String> = rows.iter().map(|row| merged(row, &out)).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn both_sides_stand_in_one_line() {
        check(
            &["You pay 8 % now."],
            &["You pay 9 % now."],
            &["You pay [-8-]{+9+} % now."],
        );
        check(
            &["You pay 8 %."],
            &["Now pay 8 % more."],
            &["[-You-]{+Now+} pay 8 %{+ more+}."],
        );
        check(
            &["Pay now and then."],
            &["Pay now."],
            &["Pay now[- and then-]."],
        );
        check(&["Gone."], &[], &["[-Gone.-]"]);
        check(&[], &["New \u{1b}[31m."], &["{+New \u{FFFD}[31m.+}"]);
        check(&["Same."], &["Same."], &["Same."]);
    }
}
