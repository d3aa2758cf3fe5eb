//! The contact planner: a request and a configuration to ranked ways of reaching a person.
//!
//! [`plan`] cannot fail. Whatever is asked of it, e-mail is among the options and available, and exactly one
//! option is recommended.

use std::sync::Arc;

use corpus::{ArticleId, Language};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    Availability, SupportConfig,
    config::{Queue, Team},
    hours::{Door, Timetable},
};

/// A way of talking to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// E-mail; always open.
    Email,
    /// Live chat.
    Chat,
    /// The customer is called back.
    Phone,
}

impl Method {
    /// All methods, e-mail first.
    pub const ALL: [Self; 3] = [Self::Email, Self::Chat, Self::Phone];

    /// The name used in configuration and interfaces.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Chat => "chat",
            Self::Phone => "phone",
        }
    }
}

/// Who needs a person, for what, and when.
#[derive(Debug, Clone)]
pub struct ContactRequest {
    /// The customer's language.
    pub language: Language,
    /// `buyer`, `seller`, …; `None` when unknown.
    pub audience: Option<String>,
    /// What it is about, most relevant first; empty when unknown.
    pub topics: Vec<String>,
    /// Whether a person must decide on the matter. A topic named in [`SupportConfig::sensitive_topics`] has the
    /// same effect.
    pub sensitive: bool,
    /// The instant the plan is for.
    pub at: Timestamp,
    /// Zone to give times in; the team's when `None`.
    pub time_zone: Option<TimeZone>,
    /// What teams tell of the moment; empty when nothing is known.
    pub availability: Arc<Availability>,
}

impl ContactRequest {
    /// A request of which only the language and the instant are known.
    pub fn new(language: Language, at: Timestamp) -> Self {
        Self {
            language,
            audience: None,
            topics: Vec::new(),
            sensitive: false,
            at,
            time_zone: None,
            availability: Arc::default(),
        }
    }

    /// Whether a person must decide, by its own word or by its topics.
    fn is_sensitive(&self, config: &SupportConfig) -> bool {
        self.sensitive || any_equal(&config.sensitive_topics, &self.topics)
    }
}

/// The ways to a person, and what may make one unnecessary.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// Every method of the team that serves the request: the recommended one first, then those available, then
    /// those that open later, soonest first, then those that do not serve the language. Always holds e-mail.
    pub options: Vec<ContactOption>,
    /// What to try before, in the order configured. Empty when the matter is sensitive.
    pub before_you_contact: Vec<Advice>,
}

/// One way to a person.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactOption {
    /// The way.
    pub method: Method,
    /// Whether it can be used now.
    pub available: bool,
    /// Whether it is the one to take; true for exactly one available option.
    pub recommended: bool,
    /// Why it is or is not available.
    pub reason: Reason,
    /// When it opens next; only for one that is closed now and opens within a year.
    pub opens_at: Option<Zoned>,
    /// The queue a request by this way ends in.
    pub queue: String,
    /// The language spoken there: the customer's where it is offered.
    pub language: Language,
    /// Minutes a customer waits there at the moment, where it is open and the team tells.
    pub wait_minutes: Option<u32>,
}

/// Why an option is or is not available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It has no closing time.
    AlwaysOpen,
    /// Its hours include this instant.
    WithinHours,
    /// Its weekly hours do not include this instant.
    OutsideHours,
    /// Closed by a holiday or a closure.
    Holiday,
    /// The team does not speak the customer's language there.
    LanguageNotOffered,
    /// Within its hours, but the team says that nobody is there.
    NobodyAvailable,
}

impl Reason {
    /// The name used in interfaces.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AlwaysOpen => "always_open",
            Self::WithinHours => "within_hours",
            Self::OutsideHours => "outside_hours",
            Self::Holiday => "holiday",
            Self::LanguageNotOffered => "language_not_offered",
            Self::NobodyAvailable => "nobody_available",
        }
    }
}

/// Something to try before asking a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// One sentence in the customer's language.
    pub text: String,
    /// The article that explains it.
    pub article: Option<ArticleId>,
}

/// Plans how the customer of `request` reaches a person.
///
/// Pure and fast; never blocks and never fails. A configuration that did not pass [`SupportConfig::validate`]
/// still yields an e-mail option.
pub fn plan(request: &ContactRequest, config: &SupportConfig) -> Contact {
    let sensitive = request.is_sensitive(config);
    let queue = config
        .queues
        .iter()
        .find(|queue| queue.takes(request, sensitive));
    let team = queue
        .and_then(|queue| config.teams.iter().find(|team| team.name == queue.team))
        .or_else(|| config.teams.first());
    let queue = queue.map_or_else(|| Queue::FALLBACK_NAME.to_owned(), |q| q.name.clone());

    let mut options = match team {
        Some(team) => options_of(team, request, &queue),
        None => vec![email(request.language, queue)],
    };
    rank(&mut options, team.map_or(&[], |team| &team.prefer));
    let before_you_contact = if sensitive {
        Vec::new()
    } else {
        config.advice_for(request)
    };
    Contact {
        options,
        before_you_contact,
    }
}

fn email(language: Language, queue: String) -> ContactOption {
    ContactOption {
        method: Method::Email,
        available: true,
        recommended: false,
        reason: Reason::AlwaysOpen,
        opens_at: None,
        queue,
        language,
        wait_minutes: None,
    }
}

fn options_of(team: &Team, request: &ContactRequest, queue: &str) -> Vec<ContactOption> {
    let mut options = vec![email(
        team.email_language(request.language),
        queue.to_owned(),
    )];
    for (method, channel) in team.channels.limited() {
        let (reason, opens_at) = if channel
            .languages(&team.languages)
            .contains(&request.language)
        {
            let timetable = Timetable {
                method,
                time_zone: &team.time_zone,
                hours: channel.hours.as_ref(),
                holidays: &team.holidays,
                closures: &team.closures,
            };
            match timetable.door_at(request.at) {
                Door::Open if channel.hours.is_none() => (Reason::AlwaysOpen, None),
                Door::Open => (Reason::WithinHours, None),
                Door::OutsideHours => (Reason::OutsideHours, timetable.next_opening(request.at)),
                Door::Holiday => (Reason::Holiday, timetable.next_opening(request.at)),
            }
        } else {
            (Reason::LanguageNotOffered, None)
        };
        let is_open = matches!(reason, Reason::AlwaysOpen | Reason::WithinHours);
        let live = request
            .availability
            .of(&team.name, method, request.at)
            .filter(|_| is_open);
        let reason = match live {
            Some(live) if !live.available => Reason::NobodyAvailable,
            _ => reason,
        };
        options.push(ContactOption {
            wait_minutes: live
                .filter(|live| live.available)
                .and_then(|live| live.wait_minutes),
            method,
            available: matches!(reason, Reason::AlwaysOpen | Reason::WithinHours),
            recommended: false,
            reason,
            opens_at: opens_at.map(|opening| match &request.time_zone {
                Some(zone) => opening.with_time_zone(zone.clone()),
                None => opening,
            }),
            queue: queue.to_owned(),
            language: request.language,
        });
    }
    options
}

/// Sorts options as [`Contact::options`] promises and marks the first one.
fn rank(options: &mut [ContactOption], prefer: &[Method]) {
    let preference = |method: Method| {
        prefer
            .iter()
            .position(|&preferred| preferred == method)
            .unwrap_or(prefer.len())
    };
    options.sort_by_key(|option| {
        let opens = option.opens_at.as_ref().map(Zoned::timestamp);
        (
            !option.available,
            option.reason == Reason::LanguageNotOffered,
            opens.is_none(),
            opens,
            preference(option.method),
            option.method,
        )
    });
    // E-mail is always available, so the first option is.
    if let Some(first) = options.first_mut() {
        first.recommended = true;
    }
}

/// Whether a text of one list equals a text of the other, letter case aside.
pub(crate) fn any_equal(left: &[String], right: &[String]) -> bool {
    left.iter()
        .any(|l| right.iter().any(|r| l.eq_ignore_ascii_case(r)))
}

#[cfg(test)]
mod tests;
