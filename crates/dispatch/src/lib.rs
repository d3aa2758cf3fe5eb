//! The senders: one attempt to deliver a [`Packet`] to a [`Destination`].
//!
//! packet → [`Packet::for_destination`] → **[`send`]** → the system of a team. Everything here is blocking and keeps
//! nothing: whoever calls runs it where blocking is allowed, stores the [`Attempt`] and decides when to try again.
//!
//! An attempt ends within a minute whatever the other side does, connects to no private address that was not allowed
//! (`guard`), follows no redirect, and says the same at every try, so a receiver can tell a repeated packet by its id.
//! What an attempt tells of a failure names host, status and remedy; it holds no secret and nothing of a customer.

use std::time::Duration;

use support::{Destination, Packet, Via};

mod chatwoot;
mod check;
mod endpoint;
mod freshdesk;
mod guard;
mod http;
mod intercom;
mod person;
mod smtp;
mod webhook;
mod zendesk;

#[cfg(test)]
mod tests;

pub use check::{InvalidDestination, check};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The destination has it.
    Delivered {
        /// Its own id for it (a ticket, a conversation, the `Message-ID` of a mail), where there is one.
        remote_id: Option<String>,
    },
    /// The destination does not have it, or did not say so.
    Failed {
        /// Host, status and remedy in one line.
        why: String,
        /// Whether another attempt may go better.
        retry: Retry,
    },
}

/// Whether another attempt may go better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Yes, whenever the caller likes.
    Later,
    /// Yes, after this time, which the destination asked for; a day at most.
    After(Duration),
    /// Not before a person has changed something.
    Never,
}

/// Why an attempt failed.
#[derive(Debug, PartialEq, Eq)]
struct Failure {
    why: String,
    retry: Retry,
}

impl Failure {
    fn later(why: String) -> Self {
        let retry = Retry::Later;
        Self { why, retry }
    }

    fn never(why: String) -> Self {
        let retry = Retry::Never;
        Self { why, retry }
    }
}

/// What an attempt may cost.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Opening a connection.
    connect: Duration,
    /// One HTTP call from the look-up of the name to the last byte read; one line of a mail server.
    call: Duration,
    /// All calls of an attempt.
    attempt: Duration,
    /// Longest reply that is read. Help desks repeat a ticket's text when they are asked for it, so it is no less than
    /// a long hand-off; of a webhook's reply only the status is read.
    reply_bytes: u64,
}

impl Limits {
    const STANDARD: Self = Self {
        connect: Duration::from_secs(5),
        call: Duration::from_secs(15),
        attempt: Duration::from_secs(30),
        reply_bytes: 1 << 20,
    };
}

/// One attempt to deliver `packet` as `destination` may see it. Blocks for 30 seconds at most, and for the last line of a mail server.
pub fn send(destination: &Destination, packet: &Packet) -> Attempt {
    send_within(destination, packet, &Limits::STANDARD)
}

fn send_within(destination: &Destination, packet: &Packet, limits: &Limits) -> Attempt {
    let packet = packet.for_destination(destination.redact);
    let sent = check(destination)
        .map_err(|invalid| Failure::never(invalid.to_string()))
        .and_then(|()| dispatch(&destination.via, &packet, limits));
    match sent {
        Ok(remote_id) => Attempt::Delivered { remote_id },
        Err(Failure { why, retry }) => Attempt::Failed { why, retry },
    }
}

fn dispatch(via: &Via, packet: &Packet, limits: &Limits) -> Result<Option<String>, Failure> {
    match via {
        Via::Webhook {
            url,
            secret,
            old_secret,
            allow,
        } => {
            let secrets = std::iter::once(secret).chain(old_secret);
            webhook::send(&http::Client::new(url, allow, limits)?, secrets, packet)
        }
        Via::Smtp { .. } => smtp::send(via, packet, limits),
        Via::Zendesk {
            url,
            user,
            token,
            allow,
        } => zendesk::send(&http::Client::new(url, allow, limits)?, user, token, packet),
        Via::Freshdesk { url, key, allow } => {
            freshdesk::send(&http::Client::new(url, allow, limits)?, key, packet)
        }
        Via::Chatwoot { url, inbox, allow } => {
            chatwoot::send(&http::Client::new(url, allow, limits)?, inbox, packet)
        }
        Via::Intercom { url, token, allow } => {
            intercom::send(&http::Client::new(url, allow, limits)?, token, packet)
        }
    }
}
