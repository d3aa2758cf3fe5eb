//! Where the questions come from: the state store, or files.

use std::{collections::HashMap, path::Path};

use ::eval::gaps::{Unanswered, Why, folded};
use answer::SensitiveTopic;
use anyhow::Context as _;
use corpus::{Language, language::detect};
use jiff::{
    Span, Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};
use server::dto::LanguageTag;
use support::{
    Packet,
    handoff::{anonymous, known_texts},
};

use crate::{
    args,
    commands::{Context, receipts, state::Place},
};

/// Letters enough to tell a language by.
const TELLING_CHARS: usize = 200;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) since: Option<Date>,
    pub(super) questions: Vec<Unanswered>,
    pub(super) counted: Vec<Counted>,
}

/// What no article can settle, counted without a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Counted {
    /// `requested` or `sensitive_topic`.
    pub(super) reason: String,
    /// The sensitive topic.
    pub(super) topic: Option<String>,
    pub(super) n: u64,
}

/// Reads the files of `args`, or the state store when there are none.
pub(super) fn read(
    args: &args::Gaps,
    today: Date,
    context: &Context<'_, '_>,
) -> anyhow::Result<Found> {
    if args.questions.is_empty() && args.report.is_empty() {
        let days = args
            .since
            .unwrap_or(context.config.support.store.questions_days.max(1));
        let since = today
            .checked_sub(Span::new().days(days))
            .context("`--since` goes back too far")?;
        return stored(since, &Place::of(&context.config)).context("reading the state store");
    }
    let mut found = Found::default();
    let read = |path: &Path| fs_err::read_to_string(path).context("reading the questions");
    for path in &args.questions {
        found
            .questions
            .extend(lines(&read(path)?, &path.display().to_string())?);
    }
    for path in &args.report {
        let report: RunReport = serde_json::from_str(&read(path)?).with_context(|| {
            format!(
                "`{}` is no report of `loket eval run --json`",
                path.display()
            )
        })?;
        found
            .questions
            .extend(report.questions.into_iter().filter_map(Asked::unanswered));
    }
    if let Some(days) = args.since {
        let since = today
            .checked_sub(Span::new().days(days))
            .context("`--since` goes back too far")?;
        found
            .questions
            .retain(|question| question.day.is_none_or(|day| day >= since));
        found.since = Some(since);
    }
    Ok(found)
}

/// A line of a question file. Judged questions are such lines too: what else stands there is not read.
#[derive(Debug, Deserialize)]
struct Line {
    question: String,
    language: Option<LanguageTag>,
    audience: Option<String>,
    region: Option<String>,
    reason: Option<String>,
    day: Option<Date>,
}

fn lines(text: &str, name: &str) -> anyhow::Result<Vec<Unanswered>> {
    let mut questions = Vec::new();
    for (number, content) in (1..).zip(text.lines()) {
        if content.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(content).with_context(|| {
            format!("{name}:{number}: not a question; write an object with `question`, and `language`, `audience`, `region`, `reason` or `day` (such as 2026-11-27) where you know them")
        })?;
        let why = match line.reason.as_deref() {
            None => Some(Why::Listed),
            Some(code) => Why::of(code),
        };
        questions.extend(why.map(|why| Unanswered {
            language: match &line.language {
                Some(tag) => tag.language(),
                None => language_of(&line.question),
            },
            text: line.question,
            why,
            audience: line.audience,
            region: line.region,
            day: line.day,
        }));
    }
    Ok(questions)
}

fn language_of(text: &str) -> Option<Language> {
    let beginning: String = text.chars().take(TELLING_CHARS).collect();
    detect::detect(&beginning).map(|found| found.language)
}

/// What is read of a report of `eval run`.
#[derive(Debug, Deserialize)]
struct RunReport {
    questions: Vec<Asked>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    question: String,
    language: Language,
    outcome: String,
    reason: Option<String>,
    #[serde(default)]
    expected: Option<String>,
    #[serde(default)]
    holds_gold: Option<bool>,
}

impl Asked {
    /// The question when the articles should have answered it better.
    fn unanswered(self) -> Option<Unanswered> {
        // Asking back, or a person, was what was wanted.
        if self.expected.as_deref() == Some(&*self.outcome) && self.outcome == "clarify" {
            return None;
        }
        let why = match &*self.outcome {
            "escalated" => Why::of(self.reason.as_deref()?)?,
            "clarify" => Why::Clarify,
            _ if self.holds_gold == Some(false) => Why::NotHelpful,
            _ => return None,
        };
        Some(Unanswered {
            text: self.question,
            language: Some(self.language),
            why,
            audience: None,
            region: None,
            day: None,
        })
    }
}

/// What the state store keeps from `since` on. A question that was escalated and then handed to a person counts once.
fn stored(since: Date, place: &Place) -> anyhow::Result<Found> {
    let mut found = Found {
        since: Some(since),
        ..Found::default()
    };
    if !place.exists() {
        return Ok(found);
    }
    let epoch = date(1970, 1, 1);
    let (kept, handoffs) = receipts::runtime()?.block_on(async {
        let store = place.open().await?;
        let kept = store.unanswered((since - epoch).get_days()).await?;
        let handoffs = store.handoffs(None, u32::MAX).await?;
        store.close().await;
        anyhow::Ok((kept, handoffs))
    })?;
    for one in kept {
        match one.question {
            Some(text) if !text.is_empty() => {
                found
                    .questions
                    .extend(Why::of(&one.why).map(|why| Unanswered {
                        text,
                        language: one.language.parse().ok(),
                        why,
                        audience: one.audience,
                        region: one.region,
                        day: epoch.checked_add(Span::new().days(one.day)).ok(),
                    }));
            }
            _ => found.count(one.why, one.topic, u64::from(one.n)),
        }
    }
    let mut by_text: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, question) in found.questions.iter().enumerate() {
        by_text
            .entry(folded(&question.text))
            .or_default()
            .push(index);
    }
    for handoff in handoffs {
        found.take_handoff(&handoff.packet, since, &mut by_text);
    }
    Ok(found)
}

impl Found {
    fn count(&mut self, reason: String, topic: Option<String>, n: u64) {
        let same = |other: &&mut Counted| other.reason == reason && other.topic == topic;
        match self.counted.iter_mut().find(same) {
            Some(counted) => counted.n += n,
            None => self.counted.push(Counted { reason, topic, n }),
        }
    }

    /// Takes the question of a hand-off in, made anonymous as it would have been when it was asked. `by_text` names the
    /// questions no hand-off was found for yet.
    fn take_handoff(
        &mut self,
        packet: &Packet,
        since: Date,
        by_text: &mut HashMap<String, Vec<usize>>,
    ) {
        let day = day_of(packet.created_at);
        // What a person decides on was counted when it was asked.
        if day < since || packet.sensitive || SensitiveTopic::of(&packet.question).is_some() {
            return;
        }
        let customer = packet
            .customer
            .as_ref()
            .and_then(|customer| customer.id.as_deref());
        let known = known_texts(customer, packet.subject.as_ref());
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let text = anonymous(&packet.question, &known);
        let asked = by_text.entry(folded(&text)).or_default();
        let same = asked.iter().position(|index| {
            let asked = self.questions[*index].day;
            asked.is_some_and(|asked| (0..=1).contains(&(day - asked).get_days()))
        });
        if let Some(place) = same {
            self.questions[asked.swap_remove(place)].why = Why::HandedOver;
        } else if text.chars().any(char::is_alphanumeric) {
            self.questions.push(Unanswered {
                text,
                language: Some(packet.language),
                why: Why::HandedOver,
                audience: packet.audience.clone(),
                region: None,
                day: Some(day),
            });
        }
    }
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_questions_with_what_is_known() {
        let text = "{\"question\":\"Kan ik contant betalen bij het ophalen?\"}\n\n\
                    {\"id\":\"a\",\"question\":\"Hur gör jag?\",\"language\":\"sv\",\"relevant\":[],\"day\":\"2026-11-01\"}\n\
                    {\"question\":\"x\",\"reason\":\"overloaded\"}\n";
        let read = lines(text, "asked.jsonl").expect("questions");
        let [dutch, other] = &read[..] else {
            panic!("{read:?}");
        };
        assert_eq!(
            (dutch.language, dutch.why),
            (Some(Language::Nl), Why::Listed)
        );
        assert_eq!((other.language, other.day), (None, Some(date(2026, 11, 1))));
        let error =
            lines("{\"question\":\"x\"}\n{\"q\":1}\n", "asked.jsonl").expect_err("no question");
        assert!(error.to_string().starts_with("asked.jsonl:2: "), "{error}");
    }

    #[test]
    fn of_a_report_what_went_wrong_counts() {
        let asked =
            |outcome: &str, reason: Option<&str>, expected: Option<&str>, gold: Option<bool>| {
                Asked {
                    question: "q".to_owned(),
                    language: Language::En,
                    outcome: outcome.to_owned(),
                    reason: reason.map(str::to_owned),
                    expected: expected.map(str::to_owned),
                    holds_gold: gold,
                }
                .unanswered()
                .map(|question| question.why)
            };
        assert_eq!(asked("answered", None, Some("answered"), Some(true)), None);
        assert_eq!(
            asked("answered", None, None, Some(false)),
            Some(Why::NotHelpful)
        );
        assert_eq!(asked("clarify", None, Some("clarify"), None), None);
        assert_eq!(
            asked("clarify", None, Some("answered"), None),
            Some(Why::Clarify)
        );
        let none = Some("no_evidence");
        assert_eq!(
            asked("escalated", none, Some("escalated"), None),
            Some(Why::NoEvidence)
        );
        assert_eq!(
            asked("escalated", Some("sensitive_topic"), None, None),
            None
        );
    }
}
