//! Characters that cannot be seen, that look like others, or that nobody agreed on.
//!
//! What writing needs is left alone: spaces that do not break, soft hyphens where words may be cut, joiners in
//! emoji and in scripts that join letters, marks of direction beside letters that run from the right.

use corpus::ByteRange;
use rayon::prelude::*;

use crate::{
    ArticleFile, Collection, Finding, MOST_PER_FILE, Place, Rule, Severity,
    show::{code_point, escaped},
};

mod characters;
mod look_alikes;

use self::characters::Oddity;

pub(crate) fn findings(collection: &Collection) -> Vec<Finding> {
    collection
        .articles()
        .par_iter()
        .flat_map_iter(of_article)
        .collect()
}

/// What is odd in one article, front matter included: at most one finding a line and kind.
pub(crate) fn of_article(file: &ArticleFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let is_plain = content
            .bytes()
            .all(|byte| (b' '..0x7F).contains(&byte) || byte == b'\t');
        if !is_plain {
            of_line(file, start, content, &mut findings);
        }
        if findings.len() >= MOST_PER_FILE {
            break;
        }
        start += line.len();
    }
    findings
}

fn of_line(file: &ArticleFile, start: usize, line: &str, findings: &mut Vec<Finding>) {
    let at = |range: ByteRange| {
        let range = ByteRange::new(start + range.start, start + range.end);
        Place::range(file.path(), &file.text, range)
    };
    let odd = characters::odd(line, start == 0);
    for kind in Oddity::ALL {
        let of_kind: Vec<(usize, char)> = odd
            .iter()
            .filter(|(_, _, oddity)| *oddity == kind)
            .map(|&(at, c, _)| (at, c))
            .collect();
        let Some(&(first, _)) = of_kind.first() else {
            continue;
        };
        // The first unbroken run of them; the message counts the rest.
        let mut end = first;
        for &(at, c) in &of_kind {
            if at != end {
                break;
            }
            end += c.len_utf8();
        }
        let around = surroundings(line, first, end);
        let count = of_kind.len();
        let names = names(&of_kind);
        let mut message = format!("{}: {names} in “{}”", kind.name(count), escaped(around));
        if kind == Oddity::Tag
            && let Some(spelled) = characters::spelled(&of_kind)
        {
            message = format!("{message}, which spells “{}”", escaped(&spelled));
        }
        let finding = Finding::new(
            Rule::OddUnicode,
            at(ByteRange::new(first, end)),
            message,
            kind.remedy(),
        );
        findings.push(match kind {
            Oddity::Edge => finding.weighing(Severity::Note),
            Oddity::Tag | Oddity::Direction => finding.weighing(Severity::Error),
            _ => finding,
        });
    }
    for word in look_alikes::words(line).into_iter().take(MOST_PER_FILE) {
        findings.push(Finding::new(
            Rule::OddUnicode,
            at(word.range),
            word.message(),
            format!("write it anew: `{}`", word.plain),
        ));
    }
}

/// The distinct characters, at most three of them by name.
fn names(characters: &[(usize, char)]) -> String {
    let mut seen: Vec<char> = Vec::new();
    for &(_, c) in characters {
        if !seen.contains(&c) {
            seen.push(c);
        }
    }
    let more = if seen.len() > 3 { ", …" } else { "" };
    let named: Vec<String> = seen.iter().take(3).map(|&c| code_point(c)).collect();
    format!("{}{more}", named.join(", "))
}

/// The words around `first..end`, so that an editor finds the place.
fn surroundings(line: &str, first: usize, end: usize) -> &str {
    const REACH: usize = 20;
    let from = line[..first]
        .char_indices()
        .rev()
        .take(REACH)
        .last()
        .map_or(first, |(at, _)| at);
    let to = line[end..]
        .char_indices()
        .nth(REACH)
        .map_or(line.len(), |(at, _)| end + at);
    &line[from..to]
}

#[cfg(test)]
mod tests;
