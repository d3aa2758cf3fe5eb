//! The `[support]` part of the configuration: teams, queues and advice.
//!
//! Leaves (spans, dates, zones, languages, methods) are checked when they are read; what must agree across
//! values is checked by [`SupportConfig::validate`]. [`SupportConfig::default`] describes one marketplace.

use std::collections::BTreeMap;

use corpus::Language;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    AdviceRule, Closure, Destination, Holiday, WeeklyHours,
    contact::{Advice, ContactRequest, Method, any_equal},
    defaults,
};

/// Values of the configuration that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`support.{key}` is {value}: {problem}; {remedy}")]
pub struct InvalidConfig {
    /// Where, below `support`: `teams[0].channels.chat.hours.monday`.
    pub key: String,
    /// What stands there.
    pub value: String,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What to write instead.
    pub remedy: &'static str,
}

/// Who answers customers, how, when, and what they may try first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SupportConfig {
    /// Topics on which a person must decide: no advice is given, and queues may take them by `sensitive`.
    pub sensitive_topics: Vec<String>,
    /// Groups of people with hours and languages of their own.
    pub teams: Vec<Team>,
    /// Where requests end; the first queue that takes a request gets it. The last one takes everything.
    pub queues: Vec<Queue>,
    /// What to try before asking a person.
    pub before_you_contact: Vec<AdviceRule>,
    /// Systems that hand-offs are delivered to, by name. Without any they wait in the state store for
    /// `loket handoff list`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub destinations: BTreeMap<String, Destination>,
    /// How long what is stored is kept.
    pub store: StoreConfig,
}

/// How long the state store keeps what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// Days a receipt of an answer is kept; 0 stores none. Default 90.
    pub receipts_days: u32,
    /// Days a hand-off is kept that was delivered everywhere; one that was not is kept until it is. Default 365.
    pub handoffs_days: u32,
    /// Days feedback is kept. Default 365.
    pub feedback_days: u32,
    /// Days a question is kept, redacted, that the articles did not answer, for `loket gaps`; 0 keeps none and deletes those
    /// there are. Default 90.
    pub questions_days: u32,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            receipts_days: 90,
            handoffs_days: 365,
            feedback_days: 365,
            questions_days: 90,
        }
    }
}

impl Default for SupportConfig {
    fn default() -> Self {
        defaults::marketplace()
    }
}

/// A group of people who answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its name, unique; queues refer to it.
    pub name: String,
    /// IANA name of the zone its hours are in, such as `Europe/Amsterdam`.
    #[serde(with = "zone")]
    pub time_zone: TimeZone,
    /// Languages it speaks on every channel that names none of its own.
    pub languages: Vec<Language>,
    /// Which open method to recommend: the first that is open. Methods left out come last.
    #[serde(default = "Team::default_preference")]
    pub prefer: Vec<Method>,
    /// Its channels.
    #[serde(default)]
    pub channels: Channels,
    /// Days on which all channels but e-mail are closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Holiday>,
    /// Other closures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closures: Vec<Closure>,
}

impl Team {
    /// Live methods before e-mail.
    pub(crate) fn default_preference() -> Vec<Method> {
        vec![Method::Chat, Method::Phone]
    }

    /// The language an e-mail is answered in: the customer's, or English, or whatever the team speaks.
    pub(crate) fn email_language(&self, wanted: Language) -> Language {
        let spoken = self.channels.email.languages(&self.languages);
        [wanted, Language::En]
            .into_iter()
            .find(|language| spoken.contains(language))
            .or_else(|| spoken.first().copied())
            .unwrap_or(wanted)
    }
}

/// The channels of a team. E-mail is always there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channels {
    /// E-mail; takes no hours.
    pub email: Channel,
    /// Live chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<Channel>,
    /// Call-back by phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Channel>,
}

impl Channels {
    /// The configured channels that may be closed.
    pub(crate) fn limited(&self) -> impl Iterator<Item = (Method, &Channel)> {
        [(Method::Chat, &self.chat), (Method::Phone, &self.phone)]
            .into_iter()
            .filter_map(|(method, channel)| Some((method, channel.as_ref()?)))
    }
}

/// One channel of a team.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channel {
    /// Languages spoken here; empty means the team's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
    /// When it is open; left out means day and night.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<WeeklyHours>,
}

impl Channel {
    /// Languages spoken here, given the team's.
    pub(crate) fn languages<'a>(&'a self, of_team: &'a [Language]) -> &'a [Language] {
        if self.languages.is_empty() {
            of_team
        } else {
            &self.languages
        }
    }
}

/// Where requests end that meet all of its conditions; a condition left out is met by every request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Its name, unique.
    pub name: String,
    /// The team that works on it.
    pub team: String,
    /// Takes requests about one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Takes requests of one of these audiences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<String>,
    /// Takes requests in one of these languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
    /// Takes only sensitive requests, or only others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitive: Option<bool>,
    /// Names of [`SupportConfig::destinations`] its hand-offs are delivered to; empty means all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<String>,
}

impl Queue {
    /// The queue named when the configuration holds none.
    pub(crate) const FALLBACK_NAME: &str = "general";

    fn takes_everything(&self) -> bool {
        self.topics.is_empty()
            && self.audiences.is_empty()
            && self.languages.is_empty()
            && self.sensitive.is_none()
    }

    /// Whether `request` meets its conditions; `sensitive` is what is known of the matter.
    pub(crate) fn takes(&self, request: &ContactRequest, sensitive: bool) -> bool {
        let audience =
            self.audiences.is_empty() || any_equal(&self.audiences, request.audience.as_slice());
        let language = self.languages.is_empty() || self.languages.contains(&request.language);
        let topics = self.topics.is_empty() || any_equal(&self.topics, &request.topics);
        audience && language && topics && self.sensitive.is_none_or(|only| only == sensitive)
    }
}

impl SupportConfig {
    /// Checks what no single value can tell.
    ///
    /// # Errors
    /// [`InvalidConfig`] for the first value that does not fit the others.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        self.validate_teams()?;
        self.validate_queues()?;
        for (position, rule) in self.before_you_contact.iter().enumerate() {
            if !rule.text.contains_key(&Language::En) {
                return Err(InvalidConfig {
                    key: format!("before_you_contact[{position}].text"),
                    value: format!("given in {} languages", rule.text.len()),
                    problem: "without English there is nothing to show in a language left out",
                    remedy: "add `en`",
                });
            }
        }
        Ok(())
    }

    fn validate_teams(&self) -> Result<(), InvalidConfig> {
        if self.teams.is_empty() {
            return Err(InvalidConfig {
                key: "teams".into(),
                value: "empty".into(),
                problem: "nobody would answer",
                remedy: "describe at least one team, or leave `teams` out for the default",
            });
        }
        for (position, team) in self.teams.iter().enumerate() {
            let key = |rest: &str| format!("teams[{position}].{rest}");
            if team.name.trim().is_empty()
                || self.teams[..position].iter().any(|t| t.name == team.name)
            {
                return Err(InvalidConfig {
                    key: key("name"),
                    value: format!("`{}`", team.name),
                    problem: "queues could not tell which team is meant",
                    remedy: "give every team a name of its own",
                });
            }
            if team.languages.is_empty() {
                return Err(InvalidConfig {
                    key: key("languages"),
                    value: "empty".into(),
                    problem: "the team would speak to nobody",
                    remedy: "list the languages the team speaks, such as `en`",
                });
            }
            if team.channels.email.hours.is_some() {
                return Err(InvalidConfig {
                    key: key("channels.email.hours"),
                    value: "given".into(),
                    problem: "e-mail is always open",
                    remedy: "remove it",
                });
            }
            for (method, channel) in team.channels.limited() {
                let Some(hours) = &channel.hours else {
                    continue;
                };
                let key = |rest: &str| key(&format!("channels.{}.hours{rest}", method.code()));
                if hours.is_empty() {
                    return Err(InvalidConfig {
                        key: key(""),
                        value: "empty".into(),
                        problem: "the channel would never open",
                        remedy: "give a day its spans, or remove the channel",
                    });
                }
                if let Some((day, span)) = hours.overlap() {
                    return Err(InvalidConfig {
                        key: key(&format!(".{day}")),
                        value: format!("`{span}`"),
                        problem: "it overlaps another span",
                        remedy: "join the two or move one",
                    });
                }
            }
            for (position, closure) in team.closures.iter().enumerate() {
                let key = |rest: &str| key(&format!("closures[{position}].{rest}"));
                if closure.until <= closure.from {
                    return Err(InvalidConfig {
                        key: key("until"),
                        value: format!("`{}`", closure.until),
                        problem: "the closure ends before it begins",
                        remedy: "give the first local moment that is open again",
                    });
                }
                if closure.channels.contains(&Method::Email) {
                    return Err(InvalidConfig {
                        key: key("channels"),
                        value: "listing `email`".into(),
                        problem: "e-mail is always open",
                        remedy: "remove `email`",
                    });
                }
            }
        }
        Ok(())
    }

    fn validate_queues(&self) -> Result<(), InvalidConfig> {
        for (position, queue) in self.queues.iter().enumerate() {
            let key = |rest: &str| format!("queues[{position}].{rest}");
            if queue.name.trim().is_empty()
                || self.queues[..position].iter().any(|q| q.name == queue.name)
            {
                return Err(InvalidConfig {
                    key: key("name"),
                    value: format!("`{}`", queue.name),
                    problem: "requests could not tell which queue is meant",
                    remedy: "give every queue a name of its own",
                });
            }
            if let Some(unknown) = queue
                .destinations
                .iter()
                .find(|name| !self.destinations.contains_key(*name))
            {
                return Err(InvalidConfig {
                    key: key("destinations"),
                    value: format!("`{unknown}`"),
                    problem: "no destination has this name",
                    remedy: "name one of `support.destinations`",
                });
            }
            if !self.teams.iter().any(|team| team.name == queue.team) {
                return Err(InvalidConfig {
                    key: key("team"),
                    value: format!("`{}`", queue.team),
                    problem: "no team has this name",
                    remedy: "name one of `support.teams`",
                });
            }
            if queue.takes_everything() && position + 1 < self.queues.len() {
                return Err(InvalidConfig {
                    key: key("name"),
                    value: format!("`{}`", queue.name),
                    problem: "it takes every request, so the queues after it get none",
                    remedy: "move it to the end, or give it a condition",
                });
            }
        }
        if self.queues.last().is_none_or(|q| !q.takes_everything()) {
            return Err(InvalidConfig {
                key: "queues".into(),
                value: format!("{} queues", self.queues.len()),
                problem: "a request may fit none of them",
                remedy: "end the list with a queue that has no condition",
            });
        }
        Ok(())
    }

    /// The destinations of a queue, by name; those of an unknown queue are all there are.
    pub fn destinations_of(&self, queue: &str) -> Vec<&str> {
        let listed = self
            .queues
            .iter()
            .find(|own| own.name == queue)
            .map_or(&[][..], |own| &own.destinations);
        if listed.is_empty() {
            self.destinations.keys().map(String::as_str).collect()
        } else {
            listed.iter().map(String::as_str).collect()
        }
    }

    /// Advice for `request`, each article once.
    pub(crate) fn advice_for(&self, request: &ContactRequest) -> Vec<Advice> {
        let mut advice: Vec<Advice> = Vec::new();
        for rule in &self.before_you_contact {
            let known = rule.article.is_some() && advice.iter().any(|a| a.article == rule.article);
            if !known && rule.concerns(request) {
                advice.extend(rule.in_language(request.language));
            }
        }
        advice
    }
}

/// Time zones as IANA names.
mod zone {
    use super::{Deserialize, Deserializer, Serialize, Serializer, TimeZone};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(zone: &TimeZone, to: S) -> Result<S::Ok, S::Error> {
        zone.iana_name().unwrap_or("UTC").serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<TimeZone, D::Error> {
        let name = String::deserialize(from)?;
        TimeZone::get(&name).map_err(|_| {
            D::Error::custom(format!(
                "`{name}` is no time zone; write an IANA name such as `Europe/Amsterdam`"
            ))
        })
    }
}

#[cfg(test)]
mod tests;
