//! Common values of a status, in nine languages.

use corpus::Language;

/// `code`, lower case with `_`, as people of `language` say it; `None` for a value nobody knows.
pub(super) fn named(code: &str, language: Language) -> Option<&'static str> {
    let plain = code.to_ascii_lowercase().replace('-', "_");
    STATUSES
        .iter()
        .find(|(codes, _)| codes.contains(&plain.as_str()))
        .map(|(_, names)| names[language.index()])
}

/// Every code somebody knows with its names, in the order of [`Language::ALL`]: for those who show a subject
/// in the same words as answers tell it in.
pub fn names() -> impl Iterator<Item = (&'static str, Names)> {
    STATUSES
        .iter()
        .flat_map(|(codes, names)| codes.iter().map(|code| (*code, *names)))
}

/// The names of a status, in the order of [`Language::ALL`].
pub type Names = [&'static str; 9];

/// Participles without a gender of their own where a language has them; else the form that agrees with nothing.
const STATUSES: &[(&[&str], Names)] = &[
    (
        &["delivered"],
        [
            "delivered",
            "bezorgd",
            "zugestellt",
            "livré",
            "entregado",
            "consegnato",
            "entregue",
            "doręczono",
            "已送达",
        ],
    ),
    (
        &["shipped", "sent", "dispatched"],
        [
            "shipped",
            "verzonden",
            "verschickt",
            "expédié",
            "enviado",
            "spedito",
            "enviado",
            "wysłano",
            "已发货",
        ],
    ),
    (
        &["in_transit", "on_its_way", "underway"],
        [
            "on its way",
            "onderweg",
            "unterwegs",
            "en transit",
            "en camino",
            "in transito",
            "em trânsito",
            "w drodze",
            "运输中",
        ],
    ),
    (
        &["out_for_delivery"],
        [
            "out for delivery",
            "wordt vandaag bezorgd",
            "in Zustellung",
            "en cours de livraison",
            "en reparto",
            "in consegna",
            "em distribuição",
            "w doręczeniu",
            "派送中",
        ],
    ),
    (
        &["label_created"],
        [
            "label created",
            "verzendlabel gemaakt",
            "Versandlabel erstellt",
            "étiquette créée",
            "etiqueta creada",
            "etichetta creata",
            "etiqueta criada",
            "etykieta utworzona",
            "已创建运单",
        ],
    ),
    (
        &["paid"],
        [
            "paid",
            "betaald",
            "bezahlt",
            "payé",
            "pagado",
            "pagato",
            "pago",
            "opłacono",
            "已付款",
        ],
    ),
    (
        &[
            "unpaid",
            "awaiting_payment",
            "not_paid",
            "payment_pending",
            "pending_payment",
        ],
        [
            "not paid yet",
            "nog niet betaald",
            "noch nicht bezahlt",
            "pas encore payé",
            "pendiente de pago",
            "in attesa di pagamento",
            "a aguardar pagamento",
            "oczekuje na płatność",
            "待付款",
        ],
    ),
    (
        &["pending", "waiting"],
        [
            "pending",
            "in behandeling",
            "ausstehend",
            "en attente",
            "pendiente",
            "in attesa",
            "pendente",
            "oczekuje",
            "待处理",
        ],
    ),
    (
        &["processing", "in_progress", "in_review", "under_review"],
        [
            "being processed",
            "in behandeling",
            "in Bearbeitung",
            "en cours de traitement",
            "en curso",
            "in lavorazione",
            "em processamento",
            "w trakcie",
            "处理中",
        ],
    ),
    (
        &["cancelled", "canceled"],
        [
            "cancelled",
            "geannuleerd",
            "storniert",
            "annulé",
            "cancelado",
            "annullato",
            "cancelado",
            "anulowano",
            "已取消",
        ],
    ),
    (
        &["refunded"],
        [
            "refunded",
            "terugbetaald",
            "erstattet",
            "remboursé",
            "reembolsado",
            "rimborsato",
            "reembolsado",
            "zwrócono",
            "已退款",
        ],
    ),
    (
        &["partially_refunded", "partial_refund"],
        [
            "partly refunded",
            "deels terugbetaald",
            "teilweise erstattet",
            "remboursé en partie",
            "reembolsado en parte",
            "rimborsato in parte",
            "reembolsado em parte",
            "zwrócono częściowo",
            "已部分退款",
        ],
    ),
    (
        &["disputed", "in_dispute"],
        [
            "in dispute",
            "in geschil",
            "im Streitfall",
            "en litige",
            "en disputa",
            "in controversia",
            "em litígio",
            "w sporze",
            "纠纷处理中",
        ],
    ),
    (
        &["open", "opened"],
        [
            "open",
            "open",
            "offen",
            "ouvert",
            "abierto",
            "aperto",
            "aberto",
            "w toku",
            "进行中",
        ],
    ),
    (
        &["closed"],
        [
            "closed",
            "gesloten",
            "geschlossen",
            "clos",
            "cerrado",
            "chiuso",
            "encerrado",
            "zamknięto",
            "已关闭",
        ],
    ),
    (
        &["resolved", "solved"],
        [
            "resolved",
            "opgelost",
            "gelöst",
            "résolu",
            "resuelto",
            "risolto",
            "resolvido",
            "rozwiązano",
            "已解决",
        ],
    ),
    (
        &["rejected", "declined", "refused", "denied"],
        [
            "rejected",
            "afgewezen",
            "abgelehnt",
            "refusé",
            "rechazado",
            "rifiutato",
            "recusado",
            "odrzucono",
            "已拒绝",
        ],
    ),
    (
        &["approved", "accepted"],
        [
            "approved",
            "goedgekeurd",
            "genehmigt",
            "accepté",
            "aprobado",
            "approvato",
            "aprovado",
            "zatwierdzono",
            "已通过",
        ],
    ),
    (
        &["verified"],
        [
            "verified",
            "geverifieerd",
            "bestätigt",
            "vérifié",
            "verificado",
            "verificato",
            "verificado",
            "zweryfikowano",
            "已验证",
        ],
    ),
    (
        &["unverified", "not_verified"],
        [
            "not verified yet",
            "nog niet geverifieerd",
            "noch nicht bestätigt",
            "pas encore vérifié",
            "sin verificar",
            "non ancora verificato",
            "por verificar",
            "jeszcze nie zweryfikowano",
            "未验证",
        ],
    ),
    (
        &["completed", "complete", "done", "finished"],
        [
            "completed",
            "afgerond",
            "abgeschlossen",
            "terminé",
            "completado",
            "completato",
            "concluído",
            "zakończono",
            "已完成",
        ],
    ),
    (
        &["failed"],
        [
            "failed",
            "mislukt",
            "fehlgeschlagen",
            "échoué",
            "fallido",
            "non riuscito",
            "falhado",
            "nie powiodło się",
            "失败",
        ],
    ),
    (
        &["on_hold", "held", "paused"],
        [
            "on hold",
            "aangehouden",
            "angehalten",
            "en suspens",
            "retenido",
            "sospeso",
            "retido",
            "wstrzymano",
            "已暂停",
        ],
    ),
    (
        &["scheduled", "planned"],
        [
            "scheduled",
            "gepland",
            "geplant",
            "planifié",
            "programado",
            "programmato",
            "agendado",
            "zaplanowano",
            "已安排",
        ],
    ),
    (
        &["returned"],
        [
            "returned",
            "geretourneerd",
            "zurückgesendet",
            "retourné",
            "devuelto",
            "restituito",
            "devolvido",
            "odesłano",
            "已退回",
        ],
    ),
    (
        &["expired"],
        [
            "expired",
            "verlopen",
            "abgelaufen",
            "expiré",
            "caducado",
            "scaduto",
            "expirado",
            "wygasło",
            "已过期",
        ],
    ),
    (
        &["active", "live", "running"],
        [
            "active",
            "actief",
            "aktiv",
            "actif",
            "activo",
            "attivo",
            "ativo",
            "aktywne",
            "进行中",
        ],
    ),
    (
        &["sold"],
        [
            "sold",
            "verkocht",
            "verkauft",
            "vendu",
            "vendido",
            "venduto",
            "vendido",
            "sprzedano",
            "已售出",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, language: Language, expected: Option<&str>) {
        assert_eq!(named(code, language), expected);
    }

    #[test]
    fn common_values_are_named() {
        check("delivered", Language::Nl, Some("bezorgd"));
        check("IN-TRANSIT", Language::De, Some("unterwegs"));
        check("canceled", Language::Fr, Some("annulé"));
        check("awaiting_payment", Language::Zh, Some("待付款"));
        check("quarantined", Language::En, None);
    }

    #[test]
    fn no_code_stands_twice() {
        let mut seen = std::collections::HashSet::new();
        for code in STATUSES.iter().flat_map(|(codes, _)| *codes) {
            assert!(seen.insert(code), "{code}");
        }
    }
}
