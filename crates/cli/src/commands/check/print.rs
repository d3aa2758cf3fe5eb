//! The report for the terminal: file by file, each finding with its line and what to do.

use std::borrow::Cow;

use indexer::Fault;
use lint::{Finding, Place, Severity};
use owo_colors::Style;

use super::{Checked, excerpt};
use crate::{Output, output::printable};

/// Prints the findings and what they come to.
pub(super) fn findings(checked: &Checked<'_>, out: &mut Output<'_>) -> anyhow::Result<()> {
    for of_file in checked
        .findings
        .chunk_by(|a, b| a.place.path == b.place.path)
    {
        let text = of_file
            .first()
            .and_then(|finding| source(checked, &finding.place.path));
        for finding in of_file {
            print(checked, finding, text.as_deref(), out)?;
        }
        writeln!(out)?;
    }
    summary(checked, out)
}

/// Prints what the findings come to, on one line.
pub(super) fn summary(checked: &Checked<'_>, out: &mut Output<'_>) -> anyhow::Result<()> {
    let summary = &checked.summary;
    let articles = counted(summary.articles, "article");
    let languages = counted(summary.languages.len(), "language");
    let kinds = [
        (summary.errors, "error", Severity::Error),
        (summary.warnings, "warning", Severity::Warning),
        (summary.notes, "note", Severity::Note),
    ];
    let found: Vec<String> = kinds
        .into_iter()
        .filter(|(n, _, _)| *n > 0)
        .map(|(n, name, severity)| out.paint(&counted(n, name), style(severity)))
        .collect();
    let found = if found.is_empty() {
        out.paint("nothing to report", Style::new().green())
    } else {
        found.join(", ")
    };
    writeln!(out, "{articles} in {languages}: {found}")?;
    Ok(())
}

fn counted(n: usize, name: &str) -> String {
    if n == 1 {
        format!("1 {name}")
    } else {
        format!("{n} {name}s")
    }
}

fn print(
    checked: &Checked<'_>,
    finding: &Finding,
    text: Option<&str>,
    out: &mut Output<'_>,
) -> anyhow::Result<()> {
    let place = out.paint(&placed(checked, &finding.place), Style::new().bold());
    let severity = out.paint(name(finding.severity), style(finding.severity));
    let rule = out.paint(finding.rule.name(), Style::new().cyan());
    let message = printable(&finding.message);
    writeln!(out, "{place} {severity} {rule} {message}")?;
    if let Some(excerpt) = text.and_then(|text| excerpt::of(text, &finding.place)) {
        let bar = out.paint("  |", Style::new().dimmed());
        writeln!(out, "{bar} {}", printable(&excerpt.line))?;
        if !excerpt.marks.is_empty() {
            let marks = out.paint(&excerpt.marks, style(finding.severity));
            writeln!(out, "{bar} {marks}")?;
        }
    }
    let remedy = printable(&finding.remedy);
    let to_do = out.paint("  =", Style::new().dimmed());
    writeln!(out, "{to_do} {remedy}")?;
    for related in &finding.related {
        let place = placed(checked, related);
        let also = out.paint("  see", Style::new().dimmed());
        writeln!(out, "{also} {place}")?;
    }
    Ok(())
}

/// `knowledge_base/nl/fees.md:12:5`, which terminals make a link of.
fn placed(checked: &Checked<'_>, place: &Place) -> String {
    let path = lint::in_folder(checked.folder, &place.path);
    printable(&format!("{path}:{}:{}", place.line, place.column))
}

const fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => Style::new().red().bold(),
        Severity::Warning => Style::new().yellow().bold(),
        Severity::Note => Style::new().blue().bold(),
    }
}

/// The text of the file `path`. Of files that cannot be used only those are read whose front matter is to blame:
/// the others may be no text, or no file of this folder.
fn source<'a>(checked: &Checked<'a>, path: &str) -> Option<Cow<'a, str>> {
    if let Some(file) = checked.collection.at(path) {
        return Some(Cow::Borrowed(&file.text));
    }
    if let Some((_, text)) = checked.questions.filter(|(name, _)| *name == path) {
        return Some(Cow::Borrowed(text));
    }
    let rejected = checked
        .collection
        .rejected()
        .iter()
        .find(|rejected| rejected.path == path)?;
    if rejected.fault != Fault::FrontMatter {
        return None;
    }
    fs_err::read_to_string(checked.kb.join(path))
        .ok()
        .map(Cow::Owned)
}
