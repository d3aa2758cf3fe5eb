//! The sentences facts are told in, written out for each language.
//!
//! `{on}` is a date with the word before it (`op 25 november 2026`), `{date}` the same without it, `{left}` the days
//! left in brackets, or nothing; `{what}` is filled first. Languages stand in the order of `Language::ALL`.

use corpus::Language;

/// One text in every language.
pub(super) type Texts = [&'static str; 9];

pub(super) fn of(texts: &Texts, language: Language) -> &'static str {
    texts[language.index()]
}

/// A thing in time: how it is named, and how it is told before and after.
pub(super) struct Timed {
    pub(super) future: Texts,
    pub(super) past: Texts,
}

pub(super) const PAYOUT: Texts = [
    "Your payout",
    "Je uitbetaling",
    "Deine Auszahlung",
    "Votre versement",
    "Tu cobro",
    "Il tuo accredito",
    "O seu pagamento",
    "Twoja wypłata",
    "您的货款",
];
pub(super) const PAYOUT_OF: Texts = [
    "Your payout of {amount}",
    "Je uitbetaling van {amount}",
    "Deine Auszahlung über {amount}",
    "Votre versement de {amount}",
    "Tu cobro de {amount}",
    "Il tuo accredito di {amount}",
    "O seu pagamento de {amount}",
    "Twoja wypłata w wysokości {amount}",
    "您的 {amount} 货款",
];
pub(super) const REFUND: Texts = [
    "The refund",
    "De terugbetaling",
    "Die Rückerstattung",
    "Le remboursement",
    "El reembolso",
    "Il rimborso",
    "O reembolso",
    "Zwrot",
    "退款",
];
pub(super) const REFUND_OF: Texts = [
    "The refund of {amount}",
    "De terugbetaling van {amount}",
    "Die Rückerstattung von {amount}",
    "Le remboursement de {amount}",
    "El reembolso de {amount}",
    "Il rimborso di {amount}",
    "O reembolso de {amount}",
    "Zwrot w wysokości {amount}",
    "{amount} 的退款",
];
pub(super) const PAYOUT_EXPECTED: Timed = Timed {
    future: [
        "{what} is expected {on}.",
        "{what} wordt verwacht {on}.",
        "{what} wird für den {date} erwartet.",
        "{what} est prévu {on}.",
        "{what} está previsto para {on}.",
        "{what} è previsto per {on}.",
        "{what} está previsto para {date}.",
        "{what} jest planowana na {date}.",
        "{what}预计于{date}到账。",
    ],
    past: [
        "{what} was expected {on}{left}.",
        "{what} werd verwacht {on}{left}.",
        "{what} wurde für den {date} erwartet{left}.",
        "{what} était prévu {on}{left}.",
        "{what} estaba previsto para {on}{left}.",
        "{what} era previsto per {on}{left}.",
        "{what} estava previsto para {date}{left}.",
        "{what} była planowana na {date}{left}.",
        "{what}原预计于{date}到账{left}。",
    ],
};
pub(super) const REFUND_EXPECTED: Timed = Timed {
    future: [
        "{what} is expected {on}.",
        "{what} wordt verwacht {on}.",
        "{what} wird für den {date} erwartet.",
        "{what} est prévu {on}.",
        "{what} está previsto para {on}.",
        "{what} è previsto per {on}.",
        "{what} está previsto para {date}.",
        "{what} jest planowany na {date}.",
        "{what}预计于{date}到账。",
    ],
    past: [
        "{what} was expected {on}{left}.",
        "{what} werd verwacht {on}{left}.",
        "{what} wurde für den {date} erwartet{left}.",
        "{what} était prévu {on}{left}.",
        "{what} estaba previsto para {on}{left}.",
        "{what} era previsto per {on}{left}.",
        "{what} estava previsto para {date}{left}.",
        "{what} był planowany na {date}{left}.",
        "{what}原预计于{date}到账{left}。",
    ],
};
pub(super) const PAYOUT_DONE: Texts = [
    "{what} was sent {on}.",
    "{what} is {on} overgemaakt.",
    "{what} wurde {on} überwiesen.",
    "{what} a été effectué {on}.",
    "{what} se transfirió {on}.",
    "{what} è stato inviato {on}.",
    "{what} foi transferido {on}.",
    "{what} została wysłana {date}.",
    "{what}已于{date}打出。",
];
pub(super) const REFUND_DONE: Texts = [
    "{what} was sent {on}.",
    "{what} is {on} overgemaakt.",
    "{what} wurde {on} überwiesen.",
    "{what} a été effectué {on}.",
    "{what} se envió {on}.",
    "{what} è stato inviato {on}.",
    "{what} foi enviado {on}.",
    "{what} został wysłany {date}.",
    "{what}已于{date}退回。",
];
/// `{what}` without an amount in front of it.
pub(super) const COMES_TO: Texts = [
    "{what} is {amount}.",
    "{what} bedraagt {amount}.",
    "{what} beträgt {amount}.",
    "{what} s’élève à {amount}.",
    "{what} es de {amount}.",
    "{what} è di {amount}.",
    "{what} é de {amount}.",
    "{what} wynosi {amount}.",
    "{what}为 {amount}。",
];
pub(super) const STATUS: Texts = [
    "{what}: {value}.",
    "{what}: {value}.",
    "{what}: {value}.",
    "{what} : {value}.",
    "{what}: {value}.",
    "{what}: {value}.",
    "{what}: {value}.",
    "{what}: {value}.",
    "{what}：{value}。",
];
pub(super) const PAYOUT_STATUS: Texts = [
    "Status of your payout",
    "Status van je uitbetaling",
    "Status deiner Auszahlung",
    "Statut de votre versement",
    "Estado de tu cobro",
    "Stato del tuo accredito",
    "Estado do seu pagamento",
    "Status Twojej wypłaty",
    "货款状态",
];
pub(super) const REFUND_STATUS: Texts = [
    "Status of the refund",
    "Status van de terugbetaling",
    "Status der Rückerstattung",
    "Statut du remboursement",
    "Estado del reembolso",
    "Stato del rimborso",
    "Estado do reembolso",
    "Status zwrotu",
    "退款状态",
];
pub(super) const PAYMENT_STATUS: Texts = [
    "Status of the payment",
    "Status van de betaling",
    "Status der Zahlung",
    "Statut du paiement",
    "Estado del pago",
    "Stato del pagamento",
    "Estado do pagamento",
    "Status płatności",
    "付款状态",
];
pub(super) const ORDER_STATUS: Texts = [
    "Status of the order",
    "Status van de bestelling",
    "Status der Bestellung",
    "Statut de la commande",
    "Estado del pedido",
    "Stato dell’ordine",
    "Estado da encomenda",
    "Status zamówienia",
    "订单状态",
];
pub(super) const PARCEL_STATUS: Texts = [
    "Status of the shipment",
    "Status van de zending",
    "Status der Sendung",
    "Statut de l’envoi",
    "Estado del envío",
    "Stato della spedizione",
    "Estado do envio",
    "Status przesyłki",
    "物流状态",
];
pub(super) const DISPUTE_STATUS: Texts = [
    "Status of the dispute",
    "Status van het geschil",
    "Status des Streitfalls",
    "Statut du litige",
    "Estado de la disputa",
    "Stato della controversia",
    "Estado do litígio",
    "Status sporu",
    "纠纷状态",
];
pub(super) const RETURN_STATUS: Texts = [
    "Status of the return",
    "Status van de retour",
    "Status der Rückgabe",
    "Statut du retour",
    "Estado de la devolución",
    "Stato del reso",
    "Estado da devolução",
    "Status zwrotu przedmiotu",
    "退货状态",
];
pub(super) const VERIFICATION_STATUS: Texts = [
    "Status of your verification",
    "Status van je verificatie",
    "Status deiner Verifizierung",
    "Statut de votre vérification",
    "Estado de tu verificación",
    "Stato della tua verifica",
    "Estado da sua verificação",
    "Status Twojej weryfikacji",
    "您的验证状态",
];
pub(super) const DEADLINE: Timed = Timed {
    future: [
        "{what} is {date}{left}.",
        "{what} is {date}{left}.",
        "{what} endet {on}{left}.",
        "{what} expire {on}{left}.",
        "{what} termina {on}{left}.",
        "{what} scade {on}{left}.",
        "{what} termina {on}{left}.",
        "{what} upływa {date}{left}.",
        "{what}为{date}{left}。",
    ],
    past: [
        "{what} was {date}{left} and has passed.",
        "{what} was {date}{left} en is verstreken.",
        "{what} ist abgelaufen: Sie endete {on}{left}.",
        "{what} a expiré {on}{left}.",
        "{what} ya terminó {on}{left}.",
        "{what} è scaduto {on}{left}.",
        "{what} já terminou {on}{left}.",
        "{what} już upłynął {date}{left}.",
        "{what}为{date}{left}，现已过期。",
    ],
};
pub(super) const PAY_BY: Texts = [
    "The deadline for payment",
    "De uiterste datum om te betalen",
    "Die Zahlungsfrist",
    "Le délai de paiement",
    "El plazo para pagar",
    "Il termine per pagare",
    "O prazo para pagar",
    "Termin płatności",
    "付款截止日期",
];
pub(super) const DISPUTE_BY: Texts = [
    "The deadline in the dispute",
    "De uiterste datum in het geschil",
    "Die Frist im Streitfall",
    "Le délai du litige",
    "El plazo de la disputa",
    "Il termine della controversia",
    "O prazo do litígio",
    "Termin w sporze",
    "纠纷处理截止日期",
];
pub(super) const REPORT_BY: Texts = [
    "The last day to report a problem",
    "De laatste dag om een probleem te melden",
    "Die Frist, um ein Problem zu melden,",
    "Le délai pour signaler un problème",
    "El plazo para informar de un problema",
    "Il termine per segnalare un problema",
    "O prazo para comunicar um problema",
    "Termin na zgłoszenie problemu",
    "申报问题的截止日期",
];
pub(super) const CANCEL_BY: Texts = [
    "The deadline for cancelling",
    "De uiterste datum om te annuleren",
    "Die Stornierungsfrist",
    "Le délai d’annulation",
    "El plazo para cancelar",
    "Il termine per annullare",
    "O prazo para cancelar",
    "Termin na anulowanie",
    "取消截止日期",
];
pub(super) const RETURN_BY: Texts = [
    "The deadline for the return",
    "De uiterste datum om te retourneren",
    "Die Rückgabefrist",
    "Le délai de retour",
    "El plazo de devolución",
    "Il termine per il reso",
    "O prazo de devolução",
    "Termin zwrotu przedmiotu",
    "退货截止日期",
];
pub(super) const SHIP_BY: Texts = [
    "The deadline for shipping",
    "De uiterste datum om te verzenden",
    "Die Versandfrist",
    "Le délai d’expédition",
    "El plazo de envío",
    "Il termine per la spedizione",
    "O prazo de envio",
    "Termin wysyłki",
    "发货截止日期",
];
pub(super) const AUCTION_END: Timed = Timed {
    future: [
        "The auction ends {on}{left}.",
        "De veiling eindigt {on}{left}.",
        "Die Auktion endet {on}{left}.",
        "La vente se termine {on}{left}.",
        "La subasta termina {on}{left}.",
        "L’asta termina {on}{left}.",
        "O leilão termina {on}{left}.",
        "Aukcja kończy się {date}{left}.",
        "拍卖将于{date}结束{left}。",
    ],
    past: [
        "The auction ended {on}{left}.",
        "De veiling is {on} geëindigd{left}.",
        "Die Auktion endete {on}{left}.",
        "La vente s’est terminée {on}{left}.",
        "La subasta terminó {on}{left}.",
        "L’asta è terminata {on}{left}.",
        "O leilão terminou {on}{left}.",
        "Aukcja zakończyła się {date}{left}.",
        "拍卖已于{date}结束{left}。",
    ],
};
pub(super) const DELIVERY_EXPECTED: Timed = Timed {
    future: [
        "Delivery is expected {on}.",
        "De bezorging wordt verwacht {on}.",
        "Die Lieferung wird für den {date} erwartet.",
        "La livraison est prévue {on}.",
        "La entrega está prevista para {on}.",
        "La consegna è prevista per {on}.",
        "A entrega está prevista para {date}.",
        "Dostawa jest planowana na {date}.",
        "包裹预计于{date}送达。",
    ],
    past: [
        "Delivery was expected {on}{left}.",
        "De bezorging werd verwacht {on}{left}.",
        "Die Lieferung wurde für den {date} erwartet{left}.",
        "La livraison était prévue {on}{left}.",
        "La entrega estaba prevista para {on}{left}.",
        "La consegna era prevista per {on}{left}.",
        "A entrega estava prevista para {date}{left}.",
        "Dostawa była planowana na {date}{left}.",
        "包裹原预计于{date}送达{left}。",
    ],
};
pub(super) const SHIPPED: Texts = [
    "The order was shipped {on}.",
    "De bestelling is {on} verzonden.",
    "Die Bestellung wurde {on} verschickt.",
    "La commande a été expédiée {on}.",
    "El pedido se envió {on}.",
    "L’ordine è stato spedito {on}.",
    "A encomenda foi enviada {on}.",
    "Zamówienie wysłano {date}.",
    "订单已于{date}发货。",
];
pub(super) const DELIVERED: Texts = [
    "The order was delivered {on}.",
    "De bestelling is {on} bezorgd.",
    "Die Bestellung wurde {on} zugestellt.",
    "La commande a été livrée {on}.",
    "El pedido se entregó {on}.",
    "L’ordine è stato consegnato {on}.",
    "A encomenda foi entregue {on}.",
    "Zamówienie doręczono {date}.",
    "订单已于{date}送达。",
];
pub(super) const PAID: Texts = [
    "The payment was received {on}.",
    "De betaling is {on} ontvangen.",
    "Die Zahlung ging {on} ein.",
    "Le paiement a été reçu {on}.",
    "El pago se recibió {on}.",
    "Il pagamento è stato ricevuto {on}.",
    "O pagamento foi recebido {on}.",
    "Płatność wpłynęła {date}.",
    "付款已于{date}收到。",
];
pub(super) const CANCELLED: Texts = [
    "The order was cancelled {on}.",
    "De bestelling is {on} geannuleerd.",
    "Die Bestellung wurde {on} storniert.",
    "La commande a été annulée {on}.",
    "El pedido se canceló {on}.",
    "L’ordine è stato annullato {on}.",
    "A encomenda foi cancelada {on}.",
    "Zamówienie anulowano {date}.",
    "订单已于{date}取消。",
];
pub(super) const TRACKING: Texts = [
    "The tracking number is {value}.",
    "De trackingcode is {value}.",
    "Die Sendungsnummer ist {value}.",
    "Le numéro de suivi est {value}.",
    "El número de seguimiento es {value}.",
    "Il numero di tracciamento è {value}.",
    "O número de seguimento é {value}.",
    "Numer śledzenia to {value}.",
    "运单号为 {value}。",
];
pub(super) const CARRIER: Texts = [
    "The carrier is {value}.",
    "De vervoerder is {value}.",
    "Der Versanddienst ist {value}.",
    "Le transporteur est {value}.",
    "El transportista es {value}.",
    "Il corriere è {value}.",
    "A transportadora é {value}.",
    "Przewoźnik to {value}.",
    "承运商为 {value}。",
];
pub(super) const BID: Texts = [
    "The highest bid",
    "Het hoogste bod",
    "Das Höchstgebot",
    "L’enchère la plus haute",
    "La puja más alta",
    "L’offerta più alta",
    "A licitação mais alta",
    "Najwyższa oferta",
    "最高出价",
];
pub(super) const COMMISSION: Texts = [
    "The commission",
    "De commissie",
    "Die Provision",
    "La commission",
    "La comisión",
    "La commissione",
    "A comissão",
    "Prowizja",
    "佣金",
];
pub(super) const FEE: Texts = [
    "The fee",
    "De bijdrage",
    "Die Gebühr",
    "Le montant des frais",
    "La tarifa",
    "La tariffa",
    "A taxa",
    "Opłata",
    "费用",
];
pub(super) const SHIPPING_COST: Texts = [
    "The shipping cost",
    "Het bedrag voor verzending",
    "Der Preis für den Versand",
    "Le prix de l’envoi",
    "El precio del envío",
    "Il costo della spedizione",
    "O preço do envio",
    "Koszt wysyłki",
    "运费",
];
pub(super) const PAYMENT_AMOUNT: Texts = [
    "The amount of the payment",
    "Het bedrag van de betaling",
    "Der Zahlungsbetrag",
    "Le montant du paiement",
    "El importe del pago",
    "L’importo del pagamento",
    "O valor do pagamento",
    "Kwota płatności",
    "付款金额",
];
pub(super) const RESERVE_MET: Texts = [
    "The reserve price has been met.",
    "De minimumprijs is gehaald.",
    "Der Mindestpreis ist erreicht.",
    "Le prix de réserve est atteint.",
    "Se ha alcanzado el precio de reserva.",
    "Il prezzo di riserva è stato raggiunto.",
    "O preço de reserva foi atingido.",
    "Cena minimalna została osiągnięta.",
    "已达到保留价。",
];
pub(super) const RESERVE_NOT_MET: Texts = [
    "The reserve price has not been met.",
    "De minimumprijs is niet gehaald.",
    "Der Mindestpreis ist nicht erreicht.",
    "Le prix de réserve n’est pas atteint.",
    "No se ha alcanzado el precio de reserva.",
    "Il prezzo di riserva non è stato raggiunto.",
    "O preço de reserva não foi atingido.",
    "Cena minimalna nie została osiągnięta.",
    "未达到保留价。",
];
