//! The support of the marketplace that ships as the default: one team, three channels, nine languages.

use std::collections::BTreeMap;

use corpus::{ArticleId, Language};
use jiff::tz::TimeZone;

use crate::{
    AdviceRule, Channel, Channels, Queue, Span, StoreConfig, SupportConfig, Team, WeeklyHours,
};

/// Topics of a sale both parties see, so the other party may know more than support does.
const SALE: [&str; 5] = ["orders", "shipping", "cancelling", "refunds", "disputes"];
/// What a seller waits for once the sale is made: it depends on the buyer too.
const SELLERS_MONEY: [&str; 2] = ["payments", "payouts"];

pub(crate) fn marketplace() -> SupportConfig {
    let team = "marketplace";
    let queue = |name: &str, sensitive| Queue {
        name: name.into(),
        team: team.into(),
        topics: Vec::new(),
        audiences: Vec::new(),
        languages: Vec::new(),
        sensitive,
        destinations: Vec::new(),
    };
    SupportConfig {
        destinations: BTreeMap::new(),
        store: StoreConfig::default(),
        sensitive_topics: texts(&["trust", "counterfeit", "fraud"]),
        teams: vec![Team {
            name: team.into(),
            // The zone is bundled, so it is always found; UTC would shift the hours but keep e-mail open.
            time_zone: TimeZone::get("Europe/Amsterdam").unwrap_or(TimeZone::UTC),
            languages: Language::ALL.to_vec(),
            prefer: Team::default_preference(),
            channels: Channels {
                email: Channel::default(),
                chat: Some(Channel {
                    languages: Vec::new(),
                    hours: Some(working_days("09:00-18:00")),
                }),
                phone: Some(Channel {
                    languages: vec![
                        Language::En,
                        Language::Es,
                        Language::It,
                        Language::Fr,
                        Language::Nl,
                        Language::De,
                    ],
                    hours: Some(working_days("10:00-17:00")),
                }),
            },
            holidays: Vec::new(),
            closures: Vec::new(),
        }],
        queues: vec![
            queue("trust-and-safety", Some(true)),
            queue(Queue::FALLBACK_NAME, None),
        ],
        before_you_contact: vec![
            message_first(&["seller"], &[&SALE[..], &SELLERS_MONEY].concat(), BUYER),
            message_first(&["buyer"], &SALE, SELLER),
            message_first(&[], &SALE, OTHER_PARTY),
        ],
    }
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|&value| value.to_owned()).collect()
}

/// The same span on Monday to Friday.
fn working_days(span: &str) -> WeeklyHours {
    let day: Vec<Span> = span.parse().into_iter().collect();
    WeeklyHours {
        monday: day.clone(),
        tuesday: day.clone(),
        wednesday: day.clone(),
        thursday: day.clone(),
        friday: day,
        ..WeeklyHours::default()
    }
}

fn message_first(
    audiences: &[&str],
    topics: &[&str],
    sentences: [(Language, &str); 9],
) -> AdviceRule {
    AdviceRule {
        audiences: texts(audiences),
        topics: texts(topics),
        article: ArticleId::new("message-the-other-party").ok(),
        text: sentences
            .into_iter()
            .map(|(language, text)| (language, text.to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

const BUYER: [(Language, &str); 9] = [
    (
        Language::En,
        "Message the buyer first: most questions about a sale are solved that way.",
    ),
    (
        Language::Nl,
        "Stuur eerst de koper een bericht: de meeste vragen over een verkoop zijn zo opgelost.",
    ),
    (
        Language::De,
        "Schreib zuerst der Käuferin oder dem Käufer: Die meisten Fragen zu einem Verkauf lassen sich so klären.",
    ),
    (
        Language::Fr,
        "Écrivez d’abord à l’acheteur : la plupart des questions sur une vente se règlent ainsi.",
    ),
    (
        Language::Es,
        "Escribe primero al comprador: así se resuelven la mayoría de las dudas sobre una venta.",
    ),
    (
        Language::It,
        "Scrivi prima all’acquirente: così si risolve la maggior parte delle domande su una vendita.",
    ),
    (
        Language::Pt,
        "Envie primeiro uma mensagem ao comprador: a maioria das dúvidas sobre uma venda resolve-se assim.",
    ),
    (
        Language::Pl,
        "Najpierw napisz do kupującego: tak rozwiązuje się większość spraw związanych ze sprzedażą.",
    ),
    (
        Language::Zh,
        "请先给买家发消息：大多数交易问题都可以这样解决。",
    ),
];

const SELLER: [(Language, &str); 9] = [
    (
        Language::En,
        "Message the seller first: most questions about an order are solved that way.",
    ),
    (
        Language::Nl,
        "Stuur eerst de verkoper een bericht: de meeste vragen over een bestelling zijn zo opgelost.",
    ),
    (
        Language::De,
        "Schreib zuerst der Verkäuferin oder dem Verkäufer: Die meisten Fragen zu einer Bestellung lassen sich so klären.",
    ),
    (
        Language::Fr,
        "Écrivez d’abord au vendeur : la plupart des questions sur une commande se règlent ainsi.",
    ),
    (
        Language::Es,
        "Escribe primero al vendedor: así se resuelven la mayoría de las dudas sobre un pedido.",
    ),
    (
        Language::It,
        "Scrivi prima al venditore: così si risolve la maggior parte delle domande su un ordine.",
    ),
    (
        Language::Pt,
        "Envie primeiro uma mensagem ao vendedor: a maioria das dúvidas sobre uma encomenda resolve-se assim.",
    ),
    (
        Language::Pl,
        "Najpierw napisz do sprzedawcy: tak rozwiązuje się większość spraw związanych z zamówieniem.",
    ),
    (
        Language::Zh,
        "请先给卖家发消息：大多数订单问题都可以这样解决。",
    ),
];

const OTHER_PARTY: [(Language, &str); 9] = [
    (
        Language::En,
        "Message the other party of the sale first: most questions are solved that way.",
    ),
    (
        Language::Nl,
        "Stuur eerst de andere partij een bericht: de meeste vragen zijn zo opgelost.",
    ),
    (
        Language::De,
        "Schreib zuerst der anderen Seite: Die meisten Fragen lassen sich so klären.",
    ),
    (
        Language::Fr,
        "Écrivez d’abord à l’autre partie : la plupart des questions se règlent ainsi.",
    ),
    (
        Language::Es,
        "Escribe primero a la otra parte: así se resuelven la mayoría de las dudas.",
    ),
    (
        Language::It,
        "Scrivi prima all’altra parte: così si risolve la maggior parte delle domande.",
    ),
    (
        Language::Pt,
        "Envie primeiro uma mensagem à outra parte: a maioria das dúvidas resolve-se assim.",
    ),
    (
        Language::Pl,
        "Najpierw napisz do drugiej strony: tak rozwiązuje się większość spraw.",
    ),
    (
        Language::Zh,
        "请先给交易对方发消息：大多数问题都可以这样解决。",
    ),
];
