//! `loket search`: ranked articles with the passage that fits best.

use std::time::Duration;

use answer::{Engine, SearchRequest};
use anyhow::Context as _;
use jiff::Timestamp;
use owo_colors::Style;
use server::dto;

use super::{Context, End};
use crate::{args, output::printable};

/// Characters of a passage that are shown.
const SHOWN_CHARS: usize = 160;

pub(super) fn run(args: &args::Search, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let snapshot = context.snapshot(&*encoder)?;
    let engine = Engine::new(snapshot, encoder, None, context.config.answer.clone())
        .context("opening the index")?;
    let request = SearchRequest {
        query: args.query.clone(),
        language: args.language,
        languages: None,
        audience: args.audience.clone(),
        region: args.region.clone(),
        at: Timestamp::now(),
        limit: usize::from(args.limit),
    };
    let reply = engine.search(&request).context("searching")?;
    if args.format.json {
        context
            .out
            .json(&dto::SearchReply::new(&reply, Duration::ZERO))?;
        return Ok(End::Done);
    }
    for hit in &reply.hits {
        let title = context
            .out
            .paint(&printable(&hit.title), Style::new().bold());
        let section = hit.section.iter().filter(|heading| **heading != hit.title);
        let place: Vec<String> = section
            .map(|heading| format!(" › {}", printable(heading)))
            .collect();
        writeln!(
            context.out,
            "{:>2}. {title}{} ({}, {})",
            hit.rank,
            place.concat(),
            hit.article,
            hit.language
        )?;
        writeln!(context.out, "    {}", excerpt(&hit.text))?;
    }
    if reply.hits.is_empty() {
        writeln!(context.out, "no article found")?;
    }
    context.out.flush()?;
    Ok(End::Done)
}

/// The start of `text` on one line.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = printable(&line).chars().take(SHOWN_CHARS).collect();
    if shown.chars().count() < line.chars().count() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_cut_at_a_character() {
        assert_eq!(excerpt("a\n b\tc"), "a b c");
        let long = excerpt(&"语".repeat(200));
        assert_eq!(long.chars().count(), SHOWN_CHARS + 1);
        assert!(long.ends_with('…'));
    }
}
