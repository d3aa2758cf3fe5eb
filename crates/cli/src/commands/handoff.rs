//! `loket handoff`: what was handed to people, and what still waits.

use anyhow::Context as _;
use comfy_table::{Table, presets};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use server::dto::EscalationStatus;
use support::{DeliveryState, Packet, Store, StoredHandoff};

use super::{Context, End, receipts, state::Place};
use crate::{args::HandoffCommand, output::printable};

pub(super) fn run(args: &HandoffCommand, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    match args {
        HandoffCommand::List {
            dead,
            limit,
            format,
        } => list(*dead, *limit, format.json, context),
        HandoffCommand::Show { id, format } => show(id, format.json, context),
        HandoffCommand::Retry { id, format, .. } => {
            retry(id.as_deref(), false, format.json, context)
        }
        HandoffCommand::Replay { id, format } => retry(Some(id), true, format.json, context),
    }
}

/// A hand-off as JSON: how far it is, with all that is handed over.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    status: EscalationStatus,
    errors: Vec<Failure<'a>>,
    packet: &'a Packet,
}

#[derive(Debug, Serialize)]
struct Failure<'a> {
    destination: &'a str,
    last_error: &'a str,
    next_try_at: Option<Timestamp>,
}

impl<'a> Shown<'a> {
    fn new(stored: &'a StoredHandoff) -> Self {
        let errors = stored.deliveries.iter().filter_map(|delivery| {
            Some(Failure {
                destination: &delivery.destination,
                last_error: delivery.last_error.as_deref()?,
                next_try_at: (delivery.state == DeliveryState::Queued)
                    .then(|| Timestamp::from_millisecond(delivery.due_at_ms).ok())
                    .flatten(),
            })
        });
        Self {
            status: EscalationStatus::from(stored),
            errors: errors.collect(),
            packet: &stored.packet,
        }
    }
}

/// Runs `work` on the state store.
fn with_store<T>(
    context: &Context<'_, '_>,
    work: impl AsyncFnOnce(&Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let place = Place::of(&context.config);
    receipts::runtime()?.block_on(async {
        let store = place.open().await?;
        let done = work(&store).await;
        store.close().await;
        done
    })
}

fn list(dead: bool, limit: u32, json: bool, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let state = dead.then_some(DeliveryState::Dead);
    let found = with_store(context, async |store| {
        Ok(store.handoffs(state, limit).await?)
    })
    .context("listing hand-offs")?;
    if json {
        let listed: Vec<EscalationStatus> = found.iter().map(EscalationStatus::from).collect();
        context.out.json(&json!({ "handoffs": listed }))?;
    } else {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header([
            "id", "accepted", "status", "queue", "by", "tries", "question",
        ]);
        for stored in &found {
            let status = EscalationStatus::from(stored);
            table.add_row([
                status.escalation.id.clone(),
                stored
                    .packet
                    .created_at
                    .strftime("%Y-%m-%d %H:%M")
                    .to_string(),
                status.escalation.status.to_owned(),
                status.escalation.queue.clone(),
                status.escalation.method.to_owned(),
                status.attempts.to_string(),
                printable(&stored.packet.subject_line),
            ]);
        }
        writeln!(context.out, "{}", table.trim_fmt())?;
        context.out.flush()?;
    }
    // A watch on the dead should ring.
    Ok(if dead && !found.is_empty() {
        End::Missed
    } else {
        End::Done
    })
}

fn show(id: &str, json: bool, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let stored = find(id, context)?;
    if json {
        context.out.json(&Shown::new(&stored))?;
        return Ok(End::Done);
    }
    writeln!(context.out, "{}", printable(&stored.packet.to_text()))?;
    if stored.deliveries.is_empty() {
        writeln!(
            context.out,
            "It waits here: no destination is configured for `{}` (support.destinations).",
            printable(&stored.packet.queue)
        )?;
    }
    for delivery in &stored.deliveries {
        let tries = delivery.attempts;
        write!(
            context.out,
            "{}: {} after {tries} tries",
            printable(&delivery.destination),
            delivery.state.code()
        )?;
        if let Some(id) = &delivery.remote_id {
            write!(context.out, ", there {}", printable(id))?;
        }
        if let Some(error) = &delivery.last_error {
            write!(context.out, "; {}", printable(error))?;
        }
        writeln!(context.out)?;
    }
    context.out.flush()?;
    Ok(End::Done)
}

fn find(id: &str, context: &Context<'_, '_>) -> anyhow::Result<StoredHandoff> {
    with_store(context, async |store| Ok(store.handoff(id).await?))
        .context("reading the hand-off")?
        .with_context(|| format!("there is no hand-off `{id}`; `loket handoff list` names them"))
}

/// Makes deliveries due: those of `id`, or of all that are dead; `again` also what was delivered. A running service
/// takes them up within seconds, the next one that starts at once.
fn retry(
    id: Option<&str>,
    again: bool,
    json: bool,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<End> {
    let wanted = match id {
        Some(id) => vec![find(id, context)?],
        None => with_store(context, async |store| {
            Ok(store.handoffs(Some(DeliveryState::Dead), u32::MAX).await?)
        })
        .context("listing dead hand-offs")?,
    };
    let support = context.config.support.clone();
    let n = with_store(context, async |store| {
        let mut n = 0;
        let now = Timestamp::now().as_millisecond();
        for stored in &wanted {
            let destinations = support.destinations_of(&stored.packet.queue);
            n += store
                .retry(&stored.packet.id, &destinations, again, now)
                .await?;
        }
        Ok(n)
    })
    .context("making deliveries due")?;
    if json {
        context
            .out
            .json(&json!({ "handoffs": wanted.len(), "deliveries": n }))?;
    } else {
        writeln!(
            context.out,
            "{n} deliveries of {} hand-offs are due now",
            wanted.len()
        )?;
        context.out.flush()?;
    }
    Ok(End::Done)
}
