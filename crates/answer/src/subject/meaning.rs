//! What a fact means, told by the names it stands under and by its type.
//!
//! Callers name things their own way (`payout.expected_on`, `payoutExpectedOn`, `kind: payout` with `eta`), so a path
//! is read word by word: some words name what it is about, the others must all belong to one role. A path with a word
//! nobody knows (`refund.requested_on`) means nothing here, rather than something near.

use super::{Fact, Subject, value::Value};

/// What facts are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Money to a seller.
    Payout,
    /// Money back to a buyer.
    Refund,
    /// Money from a buyer.
    Payment,
    /// How an order stands.
    Order,
    /// Shipping and delivery.
    Parcel,
    /// Bids and the end of an auction.
    Auction,
    /// Commission and fees.
    Fees,
    /// Calling an order off.
    Cancelling,
    /// A report, a dispute.
    Dispute,
    /// Sending an object back.
    Return,
    /// Who the customer is.
    Verification,
}

/// What one fact says of its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// How much money.
    Amount,
    /// When it is expected.
    Expected,
    /// When it was done.
    Done,
    /// Until when something must be done.
    Due,
    /// How it stands.
    Status,
    /// When a parcel was handed over.
    Shipped,
    /// Until when it must be.
    ShipBy,
    /// A tracking number.
    Tracking,
    /// Who carries it.
    Carrier,
    /// What shipping costs.
    ShippingCost,
    /// When an auction ends.
    End,
    /// The highest bid.
    Bid,
    /// Whether the reserve price is met.
    Reserve,
    /// The commission.
    Commission,
    /// Until when a problem can be reported.
    ReportBy,
}

/// Words that name a topic, most telling topic first.
const TOPICS: &[(Topic, &[&str])] = &[
    (Topic::Refund, &["refund", "refunds", "refunded"]),
    (Topic::Payout, &["payout", "payouts", "disbursement"]),
    (
        Topic::Dispute,
        &["dispute", "disputes", "claim", "inspection", "report"],
    ),
    (Topic::Return, &["return", "returns"]),
    (
        Topic::Cancelling,
        &[
            "cancel",
            "cancellation",
            "cancelling",
            "canceling",
            "cancelled",
            "canceled",
        ],
    ),
    (
        Topic::Auction,
        &[
            "auction", "bid", "bids", "bidding", "reserve", "lot", "listing",
        ],
    ),
    (
        Topic::Parcel,
        &[
            "tracking",
            "carrier",
            "courier",
            "parcel",
            "parcels",
            "package",
            "shipments",
            "shipment",
            "shipping",
            "ship",
            "shipped",
            "dispatch",
            "dispatched",
            "delivery",
            "delivered",
        ],
    ),
    (Topic::Fees, &["commission", "fee", "fees", "protection"]),
    (
        Topic::Verification,
        &["verification", "verified", "kyc", "identity"],
    ),
    (
        Topic::Payment,
        &["payment", "payments", "pay", "paid", "invoice"],
    ),
    (Topic::Order, &["order", "purchase", "sale"]),
];

/// Words that say nothing of the role.
const FILLERS: &[&str] = &[
    "on", "at", "date", "day", "time", "the", "of", "is", "order", "buyer", "seller",
];
const AMOUNT: &[&str] = &[
    "amount",
    "total",
    "net",
    "sum",
    "due",
    "to",
    "open",
    "outstanding",
];
const EXPECTED: &[&str] = &[
    "expected",
    "estimated",
    "estimate",
    "eta",
    "due",
    "scheduled",
    "planned",
    "arrival",
    "arrives",
    "available",
];
const DONE: &[&str] = &[
    "paid",
    "sent",
    "completed",
    "processed",
    "executed",
    "done",
    "out",
    "issued",
    "received",
    "refunded",
    "delivered",
    "cancelled",
    "canceled",
];
const DUE: &[&str] = &[
    "deadline", "due", "until", "before", "by", "expires", "expiry", "end", "ends", "last",
    "latest", "limit", "respond", "window",
];
const STATUS: &[&str] = &["status", "state"];

/// What `fact` of `subject` means; `None` when its path is not known word by word.
#[expect(clippy::match_same_arms, reason = "one line for each role a topic has")]
pub fn of(fact: &Fact, subject: &Subject) -> Option<(Topic, Role)> {
    let path = fact.path.strip_prefix("subject.facts.")?;
    let words = words(path);
    let kind = self::words(&subject.kind);
    let topic = topic(&words).or_else(|| topic(&kind))?;
    let has = |name: &str| words.iter().any(|word| word == name);
    let rest: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !FILLERS.contains(word) && !names(topic, word))
        .collect();
    let all = |role: &[&str]| rest.iter().all(|word| role.contains(word));
    let some = |role: &[&str]| !rest.is_empty() && all(role);
    let is_date = matches!(fact.value, Value::Date(_) | Value::Moment(_));
    let is_amount = matches!(fact.value, Value::Amount(_));
    let is_word = matches!(fact.value, Value::Code(_) | Value::Text(_));
    let is_truth = matches!(fact.value, Value::Boolean(_));
    let is_name = is_word || matches!(fact.value, Value::Number(_));
    if is_word && some(STATUS) && !matches!(topic, Topic::Auction | Topic::Fees | Topic::Cancelling)
    {
        return Some((topic, Role::Status));
    }
    let role = match topic {
        Topic::Payout | Topic::Refund if is_amount && all(AMOUNT) => Role::Amount,
        Topic::Payout | Topic::Refund if is_date && some(DONE) => Role::Done,
        Topic::Refund if is_date && rest.is_empty() && has("refunded") => Role::Done,
        Topic::Payout | Topic::Refund if is_date && all(EXPECTED) => Role::Expected,
        Topic::Payment if is_amount && all(AMOUNT) => Role::Amount,
        Topic::Payment if is_date && some(DUE) => Role::Due,
        Topic::Payment if is_date && (has("paid") && rest.is_empty() || some(DONE)) => Role::Done,
        Topic::Payment if is_truth && has("paid") && rest.is_empty() => Role::Status,
        Topic::Parcel if is_name && has("tracking") && some(&["number", "code", "id"]) => {
            Role::Tracking
        }
        Topic::Parcel if is_word && (has("carrier") || has("courier")) && all(&["name"]) => {
            Role::Carrier
        }
        Topic::Parcel if is_amount && all(&["cost", "costs", "price", "amount"]) => {
            Role::ShippingCost
        }
        Topic::Parcel if is_date && some(DUE) && !has("delivery") => Role::ShipBy,
        Topic::Parcel if is_date && has("delivered") && rest.is_empty() => Role::Done,
        Topic::Parcel if is_date && (has("shipped") || has("dispatched")) && rest.is_empty() => {
            Role::Shipped
        }
        Topic::Parcel if is_date && has("delivery") && all(EXPECTED) => Role::Expected,
        Topic::Parcel if is_date && some(EXPECTED) => Role::Expected,
        Topic::Auction
            if is_date && some(&["end", "ends", "ending", "close", "closes", "closing"]) =>
        {
            Role::End
        }
        Topic::Auction
            if is_amount
                && (has("bid") || has("bids"))
                && all(&["highest", "current", "top", "high", "winning", "amount"]) =>
        {
            Role::Bid
        }
        Topic::Auction if is_truth && has("reserve") && all(&["met", "reached", "price"]) => {
            Role::Reserve
        }
        Topic::Fees if is_amount && has("commission") && all(&["amount", "fee"]) => {
            Role::Commission
        }
        Topic::Fees if is_amount && all(&["amount", "total"]) => Role::Amount,
        Topic::Cancelling if is_date && some(DUE) => Role::Due,
        Topic::Cancelling
            if is_date && (has("cancelled") || has("canceled")) && rest.is_empty() =>
        {
            Role::Done
        }
        Topic::Dispute if is_date && some(DUE) && (has("inspection") || has("report")) => {
            Role::ReportBy
        }
        Topic::Dispute | Topic::Return if is_date && some(DUE) => Role::Due,
        Topic::Verification if is_truth && rest.is_empty() => Role::Status,
        _ => return None,
    };
    Some((topic, role))
}

/// The topic a kind of subject names: `payout`, `auction`, `order`.
pub fn topic_of_kind(kind: &str) -> Option<Topic> {
    topic(&words(kind))
}

fn topic(words: &[String]) -> Option<Topic> {
    let named = TOPICS
        .iter()
        .find(|(topic, _)| words.iter().any(|word| names(*topic, word)));
    named.map(|(topic, _)| *topic)
}

fn names(topic: Topic, word: &str) -> bool {
    TOPICS
        .iter()
        .any(|(named, words)| *named == topic && words.contains(&word))
}

/// The words of a path, in lower case: `payout.expectedOn` is payout, expected, on. Places in an array are left out.
pub fn words(path: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    let mut in_array = false;
    for character in path.chars() {
        match character {
            '[' => in_array = true,
            ']' => in_array = false,
            _ if in_array => {}
            '.' | '_' | '-' => words.push(String::new()),
            _ => {
                if character.is_ascii_uppercase() && was_lower {
                    words.push(String::new());
                }
                if let Some(word) = words.last_mut() {
                    word.push(character.to_ascii_lowercase());
                }
            }
        }
        was_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[track_caller]
    fn check(kind: &str, facts: &Json, expected: Option<(Topic, Role)>) {
        let subject = Subject::read(&json!({"kind": kind, "facts": facts})).expect("a subject");
        assert_eq!(of(&subject.facts[0], &subject), expected, "{facts}");
    }

    #[test]
    fn paths_are_read_word_by_word() {
        use Role::{
            Amount, Bid, Carrier, Commission, Done, Due, End, Expected, ReportBy, Reserve, ShipBy,
            Shipped, Status, Tracking,
        };
        let date = "2026-11-25";
        check(
            "order",
            &json!({"payout": {"amount": "1250.00 EUR"}}),
            Some((Topic::Payout, Amount)),
        );
        check(
            "order",
            &json!({"payout": {"expected_on": date}}),
            Some((Topic::Payout, Expected)),
        );
        check(
            "order",
            &json!({"payoutExpectedOn": date}),
            Some((Topic::Payout, Expected)),
        );
        check(
            "order",
            &json!({"payout_eta": date}),
            Some((Topic::Payout, Expected)),
        );
        check(
            "payout",
            &json!({"eta": date}),
            Some((Topic::Payout, Expected)),
        );
        check(
            "order",
            &json!({"payout": {"paid_on": date}}),
            Some((Topic::Payout, Done)),
        );
        check(
            "order",
            &json!({"refund": {"status": "pending"}}),
            Some((Topic::Refund, Status)),
        );
        check("order", &json!({"refund": {"requested_on": date}}), None);
        check(
            "order",
            &json!({"refunded_on": date}),
            Some((Topic::Refund, Done)),
        );
        check(
            "order",
            &json!({"payment": {"due": date}}),
            Some((Topic::Payment, Due)),
        );
        check(
            "order",
            &json!({"payment_deadline": date}),
            Some((Topic::Payment, Due)),
        );
        check(
            "order",
            &json!({"pay_before": date}),
            Some((Topic::Payment, Due)),
        );
        check(
            "order",
            &json!({"paid_on": date}),
            Some((Topic::Payment, Done)),
        );
        check(
            "order",
            &json!({"paid": true}),
            Some((Topic::Payment, Status)),
        );
        check(
            "order",
            &json!({"status": "delivered"}),
            Some((Topic::Order, Status)),
        );
        check(
            "order",
            &json!({"shipped_on": date}),
            Some((Topic::Parcel, Shipped)),
        );
        check(
            "order",
            &json!({"delivered_on": date}),
            Some((Topic::Parcel, Done)),
        );
        check(
            "order",
            &json!({"delivery": {"estimate": date}}),
            Some((Topic::Parcel, Expected)),
        );
        check(
            "order",
            &json!({"ship_by": date}),
            Some((Topic::Parcel, ShipBy)),
        );
        check(
            "order",
            &json!({"tracking": {"number": "3S1"}}),
            Some((Topic::Parcel, Tracking)),
        );
        check(
            "order",
            &json!({"carrier": "PostNL"}),
            Some((Topic::Parcel, Carrier)),
        );
        check(
            "auction",
            &json!({"ends_at": date}),
            Some((Topic::Auction, End)),
        );
        check(
            "object",
            &json!({"auction": {"end": date}}),
            Some((Topic::Auction, End)),
        );
        check(
            "object",
            &json!({"highest_bid": "50 EUR"}),
            Some((Topic::Auction, Bid)),
        );
        check(
            "object",
            &json!({"reserve_met": false}),
            Some((Topic::Auction, Reserve)),
        );
        check(
            "order",
            &json!({"commission": "5 EUR"}),
            Some((Topic::Fees, Commission)),
        );
        check(
            "order",
            &json!({"fees": "5 EUR"}),
            Some((Topic::Fees, Amount)),
        );
        check(
            "order",
            &json!({"cancel_until": date}),
            Some((Topic::Cancelling, Due)),
        );
        check(
            "order",
            &json!({"dispute": {"deadline": date}}),
            Some((Topic::Dispute, Due)),
        );
        check(
            "order",
            &json!({"inspection_ends": date}),
            Some((Topic::Dispute, ReportBy)),
        );
        check(
            "order",
            &json!({"return_by": date}),
            Some((Topic::Return, Due)),
        );
        check(
            "account",
            &json!({"verification": {"status": "pending"}}),
            Some((Topic::Verification, Status)),
        );
        check("order", &json!({"warranty_until": date}), None);
        check("order", &json!({"payout": {"iban": "NL1"}}), None);
        check("order", &json!({"payout": {"amount": "soon"}}), None);
    }

    #[test]
    fn a_path_has_its_words() {
        assert_eq!(
            words("parcels[0].trackingNumber"),
            ["parcels", "tracking", "number"]
        );
        assert_eq!(words("a-b_c..d"), ["a", "b", "c", "d"]);
    }
}
