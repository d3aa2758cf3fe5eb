//! `loket support plan`: the ways to a person, as a customer would get them.

use ::support::{ContactRequest, plan};
use anyhow::Context as _;
use jiff::Timestamp;
use server::{dto, words::Words};

use super::{Context, End};
use crate::{args::SupportCommand, output::printable};

pub(super) fn run(args: &SupportCommand, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let SupportCommand::Plan {
        at,
        language,
        audience,
        topic,
        format,
    } = args;
    let language = language
        .language()
        .context("the language is not one of the nine")?;
    let request = ContactRequest {
        audience: audience.clone(),
        topics: topic.clone(),
        ..ContactRequest::new(language, at.unwrap_or_else(Timestamp::now))
    };
    let contact = plan(&request, &context.config.support);
    if format.json {
        context.out.json(&dto::Contact::from(&contact))?;
        return Ok(End::Done);
    }
    let words = Words::of(language);
    for advice in &contact.before_you_contact {
        writeln!(
            context.out,
            "{} {}",
            words.try_first,
            printable(&advice.text)
        )?;
    }
    for option in &contact.options {
        let (queue, spoken) = (printable(&option.queue), option.language);
        writeln!(
            context.out,
            "- {} [{}, {queue}, {spoken}]",
            words.option(option),
            option.reason.code()
        )?;
    }
    context.out.flush()?;
    Ok(End::Done)
}
