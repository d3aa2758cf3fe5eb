//! The way to a person: which contact methods are open to a customer now, which one to take, and what to try
//! first.
//!
//! request → queue → team → options → [`Contact`]. [`plan`] is a pure function of a [`ContactRequest`] and a
//! [`SupportConfig`]: it reads no clock, no file and no model, so it still answers when everything else has
//! failed. The request names its instant; the configuration names teams, channels, hours, closures, queues and
//! advice. E-mail is always among the options and always open.
//!
//! A request that goes to a person becomes a [`Packet`] ([`handoff`]). What must outlive the process is kept by [`store`],
//! the one part that does I/O.
//!
//! Not here: JSON shapes (the server's), and speaking to a team's systems (`dispatch`).

pub mod advice;
pub mod availability;
pub mod config;
pub mod contact;
pub mod destination;
pub mod handoff;
pub mod hours;
pub mod schedule;
pub mod store;

mod defaults;

pub use advice::AdviceRule;
pub use availability::{Availability, Live};
pub use config::{Channel, Channels, InvalidConfig, Queue, StoreConfig, SupportConfig, Team};
pub use contact::{Advice, Contact, ContactOption, ContactRequest, Method, Reason, plan};
pub use destination::{Destination, Secret, SmtpSecurity, Via};
pub use handoff::{
    ContactDetails, Packet, PacketConsent, PacketCustomer, PacketFact, PacketTurn, Speaker,
    Summary, SummaryText, Tried, TriedArticle,
};
pub use hours::{Closure, Holiday, InvalidHours, Span, WeeklyHours};
pub use store::{
    Accepted, Charge, CopyError, Delivery, DeliveryState, Feedback, HandoffCounts, IdempotencyKey,
    Judged, Leased, Settled, Shared, Store, StoreError, StoreHealth, StoredHandoff, StoredReceipt,
    Unanswered,
};
