//! The sentences of one topic: which facts it takes, and the template they are told in.

use corpus::Language;
use jiff::{civil::Date, tz::Offset};

use super::{Asked, Known};
use crate::{
    outcome::{Citation, FactCitation, Sentence},
    subject::{
        Fact,
        meaning::{self, Role, Topic},
        render, status,
        templates::{self, Texts, Timed},
        value::Value,
        words::Aspect,
    },
};

/// Longest text shown without quotation marks around it.
const MAX_PLAIN_CHARS: usize = 40;

/// One sentence in the making.
pub(super) struct Said<'a> {
    text: String,
    facts: Vec<&'a Fact>,
    pub(super) is_deadline: bool,
}

impl Said<'_> {
    pub(super) fn sentence(self) -> Sentence {
        let citations = self.facts.into_iter().map(|fact| {
            Citation::Fact(FactCitation {
                path: fact.path.clone(),
                value: fact.sent.clone(),
            })
        });
        Sentence {
            text: self.text,
            starts_line: false,
            support: 1.0,
            translated: false,
            citations: citations.collect(),
        }
    }
}

/// Tells facts to one question.
pub(super) struct Teller<'a> {
    pub(super) asked: &'a Asked<'a>,
    pub(super) facts: &'a Known<'a>,
}

impl<'a> Teller<'a> {
    /// What is told of one topic.
    #[expect(clippy::match_same_arms, reason = "one line for each topic")]
    pub(super) fn topic(&self, topic: Topic, aspect: Option<Aspect>) -> Vec<Said<'a>> {
        if aspect == Some(Aspect::Way) {
            return self.deadlines(topic);
        }
        let time = aspect == Some(Aspect::Time);
        let amount = aspect == Some(Aspect::Amount);
        let said = match topic {
            Topic::Payout | Topic::Refund if amount => vec![self.amount_of(topic, Role::Amount)],
            Topic::Payout | Topic::Refund => self.money(topic, time),
            Topic::Payment if amount => vec![self.amount_of(topic, Role::Amount)],
            Topic::Payment => {
                let paid = self.on(topic, Role::Done, &templates::PAID);
                if paid.is_some() {
                    vec![paid]
                } else {
                    vec![
                        self.status(topic).filter(|_| !time),
                        self.due(topic, Role::Due),
                    ]
                }
            }
            Topic::Order if amount => Vec::new(),
            Topic::Order if time && self.facts.knows(Topic::Parcel) => Vec::new(),
            Topic::Order => vec![self.status(topic)],
            Topic::Parcel if amount && self.facts.get(topic, Role::ShippingCost).is_some() => {
                vec![self.amount_of(topic, Role::ShippingCost)]
            }
            Topic::Parcel => self.parcel(time),
            Topic::Auction if amount => vec![self.amount_of(topic, Role::Bid)],
            Topic::Auction if time => vec![self.timed(topic, Role::End, &templates::AUCTION_END)],
            Topic::Auction => vec![
                self.timed(topic, Role::End, &templates::AUCTION_END),
                self.amount_of(topic, Role::Bid),
                self.reserve(),
            ],
            Topic::Fees if time => Vec::new(),
            Topic::Fees => vec![
                self.amount_of(topic, Role::Commission),
                self.amount_of(topic, Role::Amount),
                self.amount_of(Topic::Parcel, Role::ShippingCost),
            ],
            Topic::Cancelling => vec![
                self.on(topic, Role::Done, &templates::CANCELLED)
                    .or_else(|| self.due(topic, Role::Due)),
            ],
            Topic::Dispute => vec![
                self.status(topic).filter(|_| !time),
                self.due(topic, Role::Due),
                self.due(topic, Role::ReportBy),
            ],
            Topic::Return => vec![
                self.status(topic).filter(|_| !time),
                self.due(topic, Role::Due),
            ],
            Topic::Verification => vec![self.status(topic)],
        };
        said.into_iter().flatten().collect()
    }

    /// What is worth knowing to someone who asks how to do it: until when it can be done.
    fn deadlines(&self, topic: Topic) -> Vec<Said<'a>> {
        let roles = [Role::Due, Role::ReportBy, Role::ShipBy];
        roles
            .into_iter()
            .filter_map(|role| self.due(topic, role))
            .collect()
    }

    /// A payout or a refund: when it comes or came and how much it is, in one sentence where both are known.
    fn money(&self, topic: Topic, time: bool) -> Vec<Option<Said<'a>>> {
        let (expected, done) = if topic == Topic::Payout {
            (&templates::PAYOUT_EXPECTED, &templates::PAYOUT_DONE)
        } else {
            (&templates::REFUND_EXPECTED, &templates::REFUND_DONE)
        };
        let when = self
            .on(topic, Role::Done, done)
            .or_else(|| self.timed(topic, Role::Expected, expected));
        let was_done = self.facts.get(topic, Role::Done).is_some();
        let status = self
            .status(topic)
            .filter(|_| !was_done && (!time || when.is_none()));
        let amount = self
            .amount_of(topic, Role::Amount)
            .filter(|_| when.is_none() && !time);
        vec![when, amount, status]
    }

    fn parcel(&self, time: bool) -> Vec<Option<Said<'a>>> {
        let topic = Topic::Parcel;
        if let Some(delivered) = self.on(topic, Role::Done, &templates::DELIVERED) {
            return vec![Some(delivered)];
        }
        let shipped = self.on(topic, Role::Shipped, &templates::SHIPPED);
        let ship_by = self.due(topic, Role::ShipBy).filter(|_| shipped.is_none());
        vec![
            ship_by,
            shipped,
            self.timed(topic, Role::Expected, &templates::DELIVERY_EXPECTED),
            self.status(topic).filter(|_| !time),
            self.tracking().filter(|_| !time),
        ]
    }

    fn tracking(&self) -> Option<Said<'a>> {
        let carrier = self.facts.get(Topic::Parcel, Role::Carrier);
        if let Some(number) = self.facts.get(Topic::Parcel, Role::Tracking) {
            let mut value = self.shown(&number.value);
            let mut facts = vec![number];
            if let Some(carrier) = carrier {
                let brackets = if self.asked.language == Language::Zh {
                    ("（", "）")
                } else {
                    (" (", ")")
                };
                value = format!(
                    "{value}{}{}{}",
                    brackets.0,
                    self.shown(&carrier.value),
                    brackets.1
                );
                facts.push(carrier);
            }
            return Some(self.said(&templates::TRACKING, "", &value, facts));
        }
        let carrier = carrier?;
        Some(self.said(
            &templates::CARRIER,
            "",
            &self.shown(&carrier.value),
            vec![carrier],
        ))
    }

    fn reserve(&self) -> Option<Said<'a>> {
        let fact = self.facts.get(Topic::Auction, Role::Reserve)?;
        let texts = if fact.value == Value::Boolean(true) {
            &templates::RESERVE_MET
        } else {
            &templates::RESERVE_NOT_MET
        };
        Some(self.said(texts, "", "", vec![fact]))
    }

    fn status(&self, topic: Topic) -> Option<Said<'a>> {
        let what = match topic {
            Topic::Payout => &templates::PAYOUT_STATUS,
            Topic::Refund => &templates::REFUND_STATUS,
            Topic::Payment => &templates::PAYMENT_STATUS,
            Topic::Order => &templates::ORDER_STATUS,
            Topic::Parcel => &templates::PARCEL_STATUS,
            Topic::Dispute => &templates::DISPUTE_STATUS,
            Topic::Return => &templates::RETURN_STATUS,
            Topic::Verification => &templates::VERIFICATION_STATUS,
            Topic::Auction | Topic::Fees | Topic::Cancelling => return None,
        };
        let fact = self.facts.get(topic, Role::Status)?;
        let value = match (&fact.value, topic) {
            (Value::Boolean(true), Topic::Payment) => self.state("paid"),
            (Value::Boolean(false), Topic::Payment) => self.state("unpaid"),
            (Value::Boolean(true), _) => self.state("verified"),
            (Value::Boolean(false), _) => self.state("not_verified"),
            (Value::Code(text) | Value::Text(text), _) => self.state(text),
            (other, _) => self.shown(other),
        };
        let what = templates::of(what, self.asked.language);
        Some(self.said(&templates::STATUS, what, &value, vec![fact]))
    }

    fn state(&self, code: &str) -> String {
        let language = self.asked.language;
        status::named(code, language).map_or_else(|| render::quoted(code, language), str::to_owned)
    }

    fn amount_of(&self, topic: Topic, role: Role) -> Option<Said<'a>> {
        let what = match (topic, role) {
            (Topic::Payout, _) => &templates::PAYOUT,
            (Topic::Refund, _) => &templates::REFUND,
            (Topic::Payment, _) => &templates::PAYMENT_AMOUNT,
            (_, Role::Bid) => &templates::BID,
            (_, Role::Commission) => &templates::COMMISSION,
            (_, Role::ShippingCost) => &templates::SHIPPING_COST,
            _ => &templates::FEE,
        };
        let fact = self.facts.get(topic, role)?;
        let what = templates::of(what, self.asked.language);
        let value = self.shown(&fact.value);
        Some(self.said(&templates::COMES_TO, what, &value, vec![fact]))
    }

    /// What was done on a day.
    fn on(&self, topic: Topic, role: Role, texts: &Texts) -> Option<Said<'a>> {
        let fact = self.facts.get(topic, role)?;
        let (what, amount) = self.money_named(topic);
        let text = self.dated(
            templates::of(texts, self.asked.language),
            &what,
            &fact.value,
        )?;
        Some(Said {
            facts: std::iter::once(fact).chain(amount).collect(),
            text,
            is_deadline: false,
        })
    }

    /// What is going to happen on a day, or was.
    fn timed(&self, topic: Topic, role: Role, texts: &Timed) -> Option<Said<'a>> {
        let fact = self.facts.get(topic, role)?;
        let texts = if self.is_past(&fact.value) {
            &texts.past
        } else {
            &texts.future
        };
        self.on(topic, role, texts)
    }

    /// Until when something can be done, or could.
    fn due(&self, topic: Topic, role: Role) -> Option<Said<'a>> {
        let what = match (topic, role) {
            (Topic::Payment, Role::Due) => &templates::PAY_BY,
            (Topic::Dispute, Role::Due) => &templates::DISPUTE_BY,
            (Topic::Dispute, Role::ReportBy) => &templates::REPORT_BY,
            (Topic::Cancelling, Role::Due) => &templates::CANCEL_BY,
            (Topic::Return, Role::Due) => &templates::RETURN_BY,
            (Topic::Parcel, Role::ShipBy) => &templates::SHIP_BY,
            _ => return None,
        };
        let fact = self.facts.get(topic, role)?;
        let texts = if self.is_past(&fact.value) {
            &templates::DEADLINE.past
        } else {
            &templates::DEADLINE.future
        };
        let what = templates::of(what, self.asked.language);
        let text = self.dated(templates::of(texts, self.asked.language), what, &fact.value)?;
        Some(Said {
            text,
            facts: vec![fact],
            is_deadline: true,
        })
    }

    /// What money is called in a sentence, with its amount when it is known.
    fn money_named(&self, topic: Topic) -> (String, Option<&'a Fact>) {
        let language = self.asked.language;
        let (plain, of) = match topic {
            Topic::Payout => (&templates::PAYOUT, &templates::PAYOUT_OF),
            Topic::Refund => (&templates::REFUND, &templates::REFUND_OF),
            _ => return (String::new(), None),
        };
        match self.facts.get(topic, Role::Amount) {
            Some(fact) => {
                let amount = self.shown(&fact.value);
                (
                    templates::of(of, language).replace("{amount}", &amount),
                    Some(fact),
                )
            }
            None => (templates::of(plain, language).to_owned(), None),
        }
    }

    /// A template with a date in it; `None` for a value that is none.
    fn dated(&self, template: &str, what: &str, value: &Value) -> Option<String> {
        let language = self.asked.language;
        let (day, date, today) = match value {
            Value::Date(day) => (*day, render::date(*day, language), self.today()),
            Value::Moment(moment) => (
                moment.civil.date(),
                render::moment(moment, language),
                moment.day_there(self.asked.at),
            ),
            _ => return None,
        };
        let days = (day - today).get_days();
        let away = render::days_away(days, language);
        let left = if language == Language::Zh {
            format!("（{away}）")
        } else {
            format!(" ({away})")
        };
        let on = format!("{}{date}", render::before_date(day, language));
        // Values are put in last and in one go each, so that braces in them stay text.
        let filled = fill(
            template,
            &[
                ("what", what),
                ("on", &on),
                ("date", &date),
                ("left", &left),
            ],
        );
        Some(filled)
    }

    fn today(&self) -> Date {
        Offset::UTC.to_datetime(self.asked.at).date()
    }

    /// A day is past when it is over, a time as soon as it has come.
    fn is_past(&self, value: &Value) -> bool {
        match value {
            Value::Date(day) => *day < self.today(),
            Value::Moment(moment) => moment.is_past(self.asked.at),
            _ => false,
        }
    }

    fn said(&self, texts: &Texts, what: &str, value: &str, facts: Vec<&'a Fact>) -> Said<'a> {
        let template = templates::of(texts, self.asked.language);
        Said {
            text: fill(
                template,
                &[("what", what), ("amount", value), ("value", value)],
            ),
            facts,
            is_deadline: false,
        }
    }

    /// A fact nobody planned for, under its own name.
    pub(super) fn by_its_name(&self, fact: &'a Fact) -> Said<'a> {
        let path = fact
            .path
            .strip_prefix("subject.facts.")
            .unwrap_or(&fact.path);
        let name = meaning::words(path).join(" ");
        let mut letters = name.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        let what: String = first.into_iter().chain(letters).collect();
        let value = match &fact.value {
            Value::Code(text) => self.state(text),
            Value::Text(text) => render::quoted(text, self.asked.language),
            other => self.shown(other),
        };
        self.said(&templates::STATUS, &what, &value, vec![fact])
    }

    fn shown(&self, value: &Value) -> String {
        let language = self.asked.language;
        match value {
            Value::Amount(amount) => render::amount(amount, language),
            Value::Date(date) => render::date(*date, language),
            Value::Moment(moment) => render::moment(moment, language),
            Value::Number(number) => render::decimal(number, 0, language),
            Value::Boolean(value) => render::yes_or_no(*value, language).to_owned(),
            Value::Code(text) | Value::Text(text) if is_plain(text) => text.clone(),
            Value::Code(text) | Value::Text(text) => render::quoted(text, language),
        }
    }
}

/// Whether a text is a name or a number rather than prose.
fn is_plain(text: &str) -> bool {
    text.chars().count() <= MAX_PLAIN_CHARS
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '/' | '&'))
        && text.split(' ').count() <= 4
}

/// Fills the places of a template in one pass, so that braces inside a value are text.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        let Some(end) = rest.find('}') else { break };
        let name = &rest[..end];
        rest = &rest[end + 1..];
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled.push_str(value);
        }
    }
    filled.push_str(rest);
    filled
}
