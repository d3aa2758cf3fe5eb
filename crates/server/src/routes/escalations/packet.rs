//! From a request and what was answered before to what is handed over.

use answer::{EscalationReason, Receipt, SensitiveTopic, Subject};
use corpus::{Article, Language, language::detect};
use jiff::Timestamp;
use support::{
    ContactDetails, ContactOption, ContactRequest, Method, Packet, PacketConsent, PacketCustomer,
    PacketTurn, Speaker, Summary, SummaryText, Tried, TriedArticle,
    handoff::{clean, clean_json, decisive},
};

use crate::{
    AppState, Problem, ProblemKind,
    brief::{self, Matter},
    dto::{EscalationRequest, LanguageTag, Role},
    extract::check_text,
};

/// Turns of a conversation that go along: the last ones.
const MAX_TURNS: usize = 40;

/// Longest e-mail address, in bytes (RFC 5321, section 4.5.3.1).
const MAX_EMAIL: usize = 254;

/// What is handed over.
pub(super) fn packet(
    state: &AppState,
    request: &EscalationRequest,
    receipt: Option<&Receipt>,
    helped: Option<bool>,
    now: Timestamp,
) -> Result<Packet, Problem> {
    let limit = state.config().max_question_chars;
    let question = clean(&request.question);
    check_text("question", &question, limit)?;
    let note = request
        .note
        .as_deref()
        .map(clean)
        .filter(|text| !text.is_empty());
    if let Some(note) = &note {
        check_text("note", note, limit)?;
    }
    let contact = contact(request.contact.as_ref())?;
    let language = request
        .language
        .as_ref()
        .and_then(LanguageTag::language)
        .or_else(|| detect::detect(&question).map(|found| found.language))
        .unwrap_or(Language::En);
    let mut topics: Vec<String> = request
        .topic
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .map(clean)
        .filter(|topic| !topic.is_empty())
        .collect();
    let shown = shown(state, receipt);
    for topic in shown.iter().flat_map(|article| &article.topics) {
        if !topics.contains(topic) {
            topics.push(topic.clone());
        }
    }
    let reason = receipt.and_then(|receipt| receipt.reason.clone());
    let sensitive = SensitiveTopic::of(&question).is_some()
        || reason.as_deref() == Some(EscalationReason::SensitiveTopic.code());
    let plan = support::plan(
        &ContactRequest {
            audience: request.audience.clone(),
            topics: topics.clone(),
            sensitive,
            availability: state.availability(),
            ..ContactRequest::new(language, now)
        },
        state.support(),
    );
    let option = chosen(&plan.options, request.method)?;
    let customer = request.customer.as_ref().map(|customer| PacketCustomer {
        id: customer.id.as_deref().map(clean),
        signed_in: customer.signed_in,
    });
    let is_known = customer.as_ref().is_some_and(|own| own.id.is_some());
    can_be_reached(option.method, &contact, is_known)?;
    let consent = request.consent.map(|consent| PacketConsent {
        conversation: consent.conversation,
    });
    let may_share = consent.is_none_or(|consent| consent.conversation);
    let turns = request.conversation.iter().flatten();
    let turns = turns.filter(|_| may_share);
    let n_turns = request.conversation.as_ref().map_or(0, Vec::len);
    let conversation = turns
        .skip(n_turns.saturating_sub(MAX_TURNS))
        .map(|turn| PacketTurn {
            role: match turn.role {
                Role::User => Speaker::User,
                Role::Assistant => Speaker::Assistant,
            },
            text: clean(&turn.text),
        });
    let conversation: Vec<PacketTurn> = conversation.collect();
    let why = if helped == Some(false) {
        Tried::NotHelpful
    } else if sensitive {
        Tried::OnlyQuoted
    } else {
        Tried::NotSettled
    };
    let tried = shown.iter().map(|article| TriedArticle {
        article: article.id.to_string(),
        title: clean(&article.title),
        url: article.url.clone(),
        why: Some(why),
    });
    let tried: Vec<TriedArticle> = tried.collect();
    // What cannot be read as a subject goes along as it is.
    let subject_data = request.subject.as_ref().map(clean_json);
    let subject = subject_data
        .as_ref()
        .and_then(|subject| Subject::read(subject).ok());
    let own_words: Vec<&str> = conversation
        .iter()
        .filter(|turn| turn.role == Speaker::User)
        .map(|turn| turn.text.as_str())
        .chain([question.as_str()])
        .chain(note.as_deref())
        .collect();
    let matter = Matter {
        language,
        topics: &topics,
        subject: subject.as_ref(),
        tried: &tried,
    };
    let summary = Summary {
        customer: SummaryText {
            language,
            text: decisive(&own_words, language),
        },
        agent: SummaryText {
            language: option.language,
            text: matter.told(option.language),
        },
    };
    Ok(Packet {
        id: format!("esc_{}", ulid::Ulid::generate()),
        created_at: now,
        subject_line: Packet::line_of(&question),
        missing: Packet::missing_of(option.method, &contact, request.subject.is_some()),
        question,
        language,
        agent_language: option.language,
        method: option.method,
        queue: option.queue.clone(),
        topics,
        audience: request.audience.as_deref().map(clean),
        reason: reason.or_else(|| Some(EscalationReason::Requested.code().to_owned())),
        sensitive,
        customer,
        contact,
        subject: subject_data,
        conversation,
        tried,
        note,
        answer_id: request
            .answer_id
            .as_deref()
            .map(clean)
            .filter(|id| id.len() <= 64),
        receipt_id: receipt.map(|receipt| receipt.id.clone()),
        consent,
        facts: subject
            .as_ref()
            .map(|subject| brief::facts(subject, option.language))
            .unwrap_or_default(),
        summary: Some(summary),
    })
}

/// The articles an answer quoted, as they are now, each once.
fn shown(state: &AppState, receipt: Option<&Receipt>) -> Vec<Article> {
    let (Some(receipt), Some(engine)) = (receipt, state.engine()) else {
        return Vec::new();
    };
    let snapshot = engine.snapshot();
    let mut shown: Vec<Article> = Vec::new();
    for quote in receipt.sentences.iter().flat_map(|own| &own.quotes) {
        let found = snapshot.find(&quote.article, quote.language);
        let Some(article) = found.map(|ordinal| snapshot.article(ordinal)) else {
            continue;
        };
        if shown.iter().all(|own| own.id != article.id) {
            shown.push(article.clone());
        }
    }
    shown
}

/// The way the customer chose, or the recommended one.
fn chosen(options: &[ContactOption], method: Option<Method>) -> Result<&ContactOption, Problem> {
    let option = match method {
        Some(method) => options.iter().find(|option| option.method == method),
        None => options.iter().find(|option| option.recommended),
    };
    let open: Vec<&str> = options
        .iter()
        .filter(|option| option.available)
        .map(|option| option.method.code())
        .collect();
    let unavailable = |why: String| Problem {
        kind: ProblemKind::MethodUnavailable,
        ..Problem::field("method", format!("{why}; open now: {}", open.join(", ")))
    };
    match option {
        Some(option) if option.available => Ok(option),
        Some(option) => Err(unavailable(match &option.opens_at {
            Some(at) => format!(
                "`{}` is closed and opens at {}",
                option.method.code(),
                at.timestamp()
            ),
            None => format!(
                "`{}` is not open to this customer ({})",
                option.method.code(),
                option.reason.code()
            ),
        })),
        None => Err(unavailable("this team has no such channel".to_owned())),
    }
}

/// Cleaned and checked addresses.
fn contact(given: Option<&ContactDetails>) -> Result<ContactDetails, Problem> {
    let text = |value: &Option<String>| {
        let value = value.as_deref().map(clean);
        value.filter(|value| !value.is_empty())
    };
    let Some(given) = given else {
        return Ok(ContactDetails::default());
    };
    let contact = ContactDetails {
        email: text(&given.email),
        phone: text(&given.phone),
    };
    if contact
        .email
        .as_deref()
        .is_some_and(|email| !is_email(email))
    {
        return Err(Problem::field(
            "contact.email",
            "this is no e-mail address; write one such as `name@example.org`",
        ));
    }
    if contact
        .phone
        .as_deref()
        .is_some_and(|phone| !is_phone(phone))
    {
        return Err(Problem::field(
            "contact.phone",
            "this is no telephone number; write it with its country code, such as `+31 20 123 4567`",
        ));
    }
    Ok(contact)
}

/// Something before one `@`, a host with a dot behind it, and nothing that could end a header.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>(),;:\\\"[]@".contains(c);
    text.len() <= MAX_EMAIL
        && (1..=64).contains(&local.len())
        && local.chars().all(is_plain)
        && host.contains('.')
        && host.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

/// 5 to 15 digits (ITU-T E.164), with the signs people put between them.
fn is_phone(text: &str) -> bool {
    let n_digits = text.chars().filter(char::is_ascii_digit).count();
    let is_sign = |c: char| c.is_ascii_digit() || " -().+/".contains(c);
    (5..=15).contains(&n_digits) && text.chars().all(is_sign) && !text[1..].contains('+')
}

/// A hand-off nobody could answer is refused, by the name of what is missing.
fn can_be_reached(method: Method, contact: &ContactDetails, is_known: bool) -> Result<(), Problem> {
    let needed = match method {
        Method::Email => ("contact.email", contact.email.is_some()),
        Method::Phone => ("contact.phone", contact.phone.is_some()),
        Method::Chat => return Ok(()),
    };
    if needed.1 || is_known {
        return Ok(());
    }
    Err(Problem::field(
        needed.0,
        format!(
            "needed to reach the customer by {}, unless `customer.id` says who they are",
            method.code()
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for email in ["a@b.org", "jan.de-vries+1@voorbeeld.co.nl", "李@例子.中国"] {
            assert!(is_email(email), "{email}");
        }
        for email in [
            "",
            "a",
            "@b.org",
            "a@b",
            "a@@b.org",
            "a b@c.org",
            "a@b.org\r\nBcc: x@y.z",
            "<a@b.org>",
            "a@-b.org",
            "a@b..org",
        ] {
            assert!(!is_email(email), "{email}");
        }
        for phone in ["+31 20 123 4567", "020-1234567", "(020) 123.45.67"] {
            assert!(is_phone(phone), "{phone}");
        }
        for phone in ["1234", "call me", "+31+20 1234567", "1234567890123456"] {
            assert!(!is_phone(phone), "{phone}");
        }
    }
}
