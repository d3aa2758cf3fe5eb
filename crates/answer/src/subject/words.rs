//! The words customers use for what facts are about, and for what they want to know of it.
//!
//! Entries are read by `query::words`: lower case, `*` for any ending, Chinese anywhere. Languages stand in the order
//! of `Language::ALL`.
//!
//! rustfmt leaves the tables alone: one entry a line would make them a thousand lines long.

use corpus::Language;

use super::meaning::Topic;
use crate::query::words::Words;

/// What a customer wants to know of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aspect {
    /// When, how long, until when.
    Time,
    /// How much.
    Amount,
    /// Where it is, how it stands, whether it happened.
    State,
    /// How something is done: an article says that, no fact does.
    Way,
}

type Entries = [&'static [&'static str]; 9];

/// The topics a question names, in the order in which it names them.
pub(super) fn topics(words: &Words, language: Language) -> Vec<Topic> {
    let mut named: Vec<(usize, Topic)> = TOPICS
        .iter()
        .filter_map(|(topic, entries)| {
            let places = entries[language.index()]
                .iter()
                .filter_map(|entry| words.find(entry));
            places.min().map(|place| (place, *topic))
        })
        .collect();
    named.sort_unstable();
    let mut topics: Vec<Topic> = named.into_iter().map(|(_, topic)| topic).collect();
    // "When do I get paid" is about the payout alone, though "paid" is a word for the buyer's payment too.
    if topics.contains(&Topic::Payout) || topics.contains(&Topic::Refund) {
        topics.retain(|topic| *topic != Topic::Payment);
    }
    // Most questions name the order they are about; one that names nothing else asks how it stands.
    if topics.len() > 1 {
        topics.retain(|topic| *topic != Topic::Order);
    }
    if topics == [Topic::Order] {
        topics.push(Topic::Parcel);
    }
    topics
}

/// Whether a question names money without saying which: a payout to one, a refund to another.
pub(super) fn is_about_money(words: &Words, language: Language) -> bool {
    words.has_any(MONEY[language.index()])
}

/// What a question wants to know; `None` when it only names things.
pub(super) fn aspect(words: &Words, language: Language) -> Option<Aspect> {
    let has = |entries: &Entries| words.has_any(entries[language.index()]);
    if has(&TIME) {
        Some(Aspect::Time)
    } else if has(&AMOUNT) {
        Some(Aspect::Amount)
    } else if has(&WAY) {
        Some(Aspect::Way)
    } else if has(&STATE) {
        Some(Aspect::State)
    } else {
        None
    }
}

/// The topic a tag of an article stands for.
pub(super) fn topic_of_tag(tag: &str) -> Option<Topic> {
    Some(match tag {
        "payouts" | "payout" => Topic::Payout,
        "refunds" | "refund" => Topic::Refund,
        "payments" | "payment" => Topic::Payment,
        "orders" | "order" => Topic::Order,
        "shipping" | "delivery" | "tracking" => Topic::Parcel,
        "bidding" | "auctions" | "auction" => Topic::Auction,
        "fees" | "fee" => Topic::Fees,
        "cancelling" | "cancellation" => Topic::Cancelling,
        "disputes" | "dispute" => Topic::Dispute,
        "returns" | "return" => Topic::Return,
        "verification" | "identity" => Topic::Verification,
        _ => return None,
    })
}

#[rustfmt::skip]
const TIME: Entries = [
    &["when", "how long", "what date", "what day", "which day", "deadline", "until", "by when", "how many days",
      "how soon", "too late", "still time", "time left"],
    &["wanneer", "hoelang", "hoe lang", "hoeveel dagen", "hoeveel tijd", "welke dag", "welke datum", "tot wanneer",
      "uiterlijk", "deadline", "hoe snel", "te laat", "hoe laat"],
    &["wann", "wie lange", "wie lang", "wieviel tage", "wie viele tage", "welchem tag", "bis wann", "frist",
      "wie schnell", "zu spät"],
    &["quand", "combien de temps", "combien de jours", "quel jour", "quelle date", "jusqu à quand", "jusqu au",
      "délai", "date limite", "trop tard"],
    &["cuándo", "cuando", "cuánto tiempo", "cuanto tiempo", "cuánto tarda", "cuanto tarda", "cuántos días",
      "cuantos dias", "qué día", "que dia", "hasta cuándo", "hasta cuando", "plazo", "fecha límite",
      "demasiado tarde"],
    &["quando", "quanto tempo", "quanti giorni", "che giorno", "entro quando", "fino a quando", "scadenza", "termine",
      "troppo tardi"],
    &["quando", "quanto tempo", "quantos dias", "que dia", "até quando", "prazo", "data limite", "tarde demais"],
    &["kiedy", "jak długo", "ile czasu", "ile dni", "którego dnia", "do kiedy", "termin*", "za późno"],
    &["什么时候", "何时", "多久", "几天", "哪天", "几号", "截止", "期限", "多长时间", "多少天", "还来得及"],
];

#[rustfmt::skip]
const AMOUNT: Entries = [
    &["how much", "what amount", "how high"],
    &["hoeveel", "welk bedrag", "hoe hoog"],
    &["wie viel", "wieviel", "wie hoch", "welcher betrag", "welchen betrag"],
    &["combien", "quel montant", "à combien"],
    &["cuánto", "cuanto", "qué importe", "qué cantidad", "cuál es el importe"],
    &["quanto", "quale importo", "che importo"],
    &["quanto", "qual o valor", "que valor", "qual é o valor"],
    &["ile", "jaka kwota", "jaką kwotę", "jakiej wysokości"],
    &["多少", "金额"],
];

#[rustfmt::skip]
const WAY: Entries = [
    &["how do i", "how can i", "how to", "how should i", "how does", "how do you", "where do i", "where can i",
      "can i", "may i", "am i allowed", "why"],
    &["hoe kan ik", "hoe moet ik", "hoe werkt", "waar kan ik", "kan ik", "mag ik", "hoe doe ik", "hoe zet ik",
      "hoe voeg ik", "hoe annuleer", "hoe wijzig", "waarom"],
    &["wie kann ich", "wie mache ich", "wie funktioniert", "wie läuft", "wo kann ich", "kann ich", "darf ich",
      "wie muss ich", "wie ändere", "wie storniere", "warum", "wieso"],
    &["comment", "puis je", "est ce que je peux", "où puis je", "ai je le droit", "pourquoi"],
    &["cómo", "como puedo", "dónde puedo", "puedo", "por qué"],
    &["come posso", "come faccio", "come si", "come funziona", "dove posso", "posso", "perché"],
    &["como posso", "como faço", "como funciona", "onde posso", "posso", "porque", "por que"],
    &["jak mogę", "jak zrobić", "jak działa", "gdzie mogę", "czy mogę", "jak anulować", "jak zmienić", "dlaczego"],
    &["怎么", "如何", "怎样", "可以", "能不能", "为什么"],
];

#[rustfmt::skip]
const STATE: Entries = [
    &["where", "status", "has", "have", "did", "is my", "is the", "is it", "was", "were", "what is", "what s", "who",
      "which", "arrived", "yet", "already", "any news", "happening", "update"],
    &["waar", "status", "is mijn", "is de", "is het", "zijn mijn", "heb je", "hebben jullie", "wat is", "welke",
      "wie", "al", "nog niet", "hoe staat", "hoe zit"],
    &["wo", "status", "ist mein*", "ist die", "ist der", "ist das", "wurde", "haben sie", "habt ihr", "was ist",
      "wer", "welche*", "schon", "noch nicht", "wie steht"],
    &["où", "statut", "est ce que", "est il", "est elle", "a t il", "a t elle", "quel", "quelle", "qui", "déjà",
      "toujours pas", "où en est", "arrivé*"],
    &["dónde", "donde", "estado", "ha llegado", "se ha", "han", "cuál", "cual", "qué", "quién", "ya", "todavía",
      "aún", "está"],
    &["dove", "stato", "è stato", "è arrivat*", "avete", "qual", "quale", "chi", "già", "ancora", "a che punto"],
    &["onde", "estado", "já", "foi", "chegou", "qual", "quem", "ainda", "está", "em que ponto"],
    &["gdzie", "status", "czy", "jaki", "jaka", "jakie", "kto", "już", "jeszcze", "na jakim etapie", "co z",
      "co się dzieje"],
    &["哪里", "哪儿", "状态", "到了吗", "了吗", "了没", "是多少", "是什么", "谁", "已经", "还没", "怎么样了", "进度", "吗"],
];

#[rustfmt::skip]
const MONEY: Entries = [
    &["my money", "the money", "the cash", "my cash"],
    &["geld", "mijn centen"],
    &["mein geld", "das geld", "geld"],
    &["mon argent", "l argent", "mes sous"],
    &["mi dinero", "el dinero"],
    &["i miei soldi", "i soldi", "il denaro", "miei soldi"],
    &["o meu dinheiro", "meu dinheiro", "o dinheiro"],
    &["pieniądze", "moje pieniądze", "pieniędzy", "kasa"],
    &["我的钱", "钱"],
];

#[rustfmt::skip]
const TOPICS: &[(Topic, Entries)] = &[
    (
        Topic::Payout,
        [
            &["payout*", "pay out", "paid out", "pay me", "get paid", "been paid", "my earnings", "my proceeds"],
            &["uitbetaling*", "uitbetaald", "uitbetalen", "betaald krijg", "krijg ik betaald"],
            &["auszahlung*", "ausgezahlt", "auszahlen", "mein erlös"],
            &["versement*", "virement", "versé", "être payé", "me payez"],
            &["cobro", "cobros", "cobrar", "cobraré", "me pagan", "me pagáis", "ingreso"],
            &["accredito", "accrediti", "accreditat*", "verrò pagat*", "mi pagate"],
            &["recebimento*", "receber o pagamento", "recebo o pagamento", "ser pago", "me pagam",
              "recebo o dinheiro"],
            &["wypłat*", "wypłac*"],
            &["打款", "货款", "放款", "收款", "到账"],
        ],
    ),
    (
        Topic::Refund,
        [
            &["refund*", "money back", "reimburse*"],
            &["terugbetaling*", "terugbetaald", "terugbetalen", "geld terug", "terugstorting", "teruggestort",
              "restitutie"],
            &["rückerstattung*", "erstattung*", "erstattet", "geld zurück", "rückzahlung"],
            &["rembours*"],
            &["reembols*", "devolución del dinero", "devuelven el dinero", "devolvéis el dinero"],
            &["rimbors*", "indietro i soldi"],
            &["reembols*", "dinheiro de volta"],
            &["zwrot pieni*", "zwrotu pieni*", "zwrot środków", "zwrot", "zwrotu", "zwróc* pieni*"],
            &["退款", "退钱"],
        ],
    ),
    (
        Topic::Payment,
        [
            &["payment", "pay", "paid", "paying", "to pay"],
            &["betaling", "betalen", "betaald", "betaaltermijn", "te betalen"],
            &["zahlung*", "zahlen", "bezahlen", "bezahlt", "zahlungsfrist"],
            &["paiement", "payer", "payé", "régler"],
            &["pago", "pagar", "pagado"],
            &["pagamento", "pagare", "pagato"],
            &["pagamento", "pagar", "pago"],
            &["płatno*", "zapłac*", "płac*", "opłac*"],
            &["付款", "支付", "付钱"],
        ],
    ),
    (
        Topic::Parcel,
        [
            &["parcel", "package", "packet", "delivery", "deliver", "delivered", "shipped", "shipping", "ship",
              "shipment", "tracking", "track and trace", "carrier", "courier", "arrive", "arrives", "arriving"],
            &["pakket*", "pakje", "bezorg*", "lever*", "geleverd", "verzonden", "verzend*", "verstuurd", "opgestuurd",
              "zending", "track en trace", "trackingcode", "vervoerder", "koerier", "aankomt"],
            &["paket*", "päckchen", "lieferung", "geliefert", "zugestellt", "zustellung", "verschickt", "versandt",
              "versendet", "versand", "verschicken", "sendung*", "sendungsnummer", "paketdienst", "ankommt"],
            &["colis", "livraison", "livré", "livrée", "expédi*", "envoyé*", "suivi", "transporteur", "arriver",
              "arrive"],
            &["paquete", "entrega", "entregado", "enviado", "enviar", "envío", "seguimiento", "transportista",
              "llega", "llegará", "llegar"],
            &["pacco", "consegna", "consegnat*", "spedit*", "spedizione", "spedire", "tracciamento", "tracking",
              "corriere", "arriva", "arriverà"],
            &["pacote", "entrega", "entregue", "enviad*", "envio", "enviar", "seguimento", "transportadora", "chega",
              "chegar"],
            &["paczk*", "przesyłk*", "dostaw*", "doręcz*", "wysłan*", "wysłać", "wysyłk*", "śledzenia", "przewoźnik*",
              "kurier*", "dotrze"],
            &[
                "包裹", "快递", "发货", "送达", "物流", "运单", "配送", "寄出", "承运",
            ],
        ],
    ),
    (
        Topic::Order,
        [
            &["status", "my order", "the order", "this order"],
            &["status", "bestelstatus", "mijn bestelling", "de bestelling", "deze bestelling"],
            &["status", "bestellstatus", "meine bestellung", "meiner bestellung", "der bestellung"],
            &["statut", "ma commande", "cette commande"],
            &["estado", "mi pedido", "el pedido"],
            &["stato dell ordine", "stato", "mio ordine"],
            &["estado", "minha encomenda", "a encomenda"],
            &["status", "moje zamówienie", "mojego zamówienia", "moim zamówieniem"],
            &["状态", "订单"],
        ],
    ),
    (
        Topic::Auction,
        [
            &["auction", "bid", "bids", "bidding", "reserve"],
            &["veiling", "bod", "biedingen", "bieden", "minimumprijs", "geboden"],
            &["auktion*", "gebot*", "höchstgebot", "bieten", "mindestpreis"],
            &["enchère*", "vente", "prix de réserve"],
            &["subasta", "puja", "pujas", "pujar", "precio de reserva"],
            &["asta", "offerta", "offerte", "prezzo di riserva"],
            &["leilão", "licitaç*", "licitar", "preço de reserva"],
            &["aukcj*", "licytacj*", "ofert*", "cena minimalna", "ceny minimalnej", "cenę minimalną"],
            &["拍卖", "出价", "保留价", "竞拍"],
        ],
    ),
    (
        Topic::Fees,
        [
            &["commission", "fee", "fees"],
            &["commissie", "kosten", "bijdrage"],
            &["provision", "gebühr*"],
            &["commission", "frais"],
            &["comisión", "tarifa", "gastos de envío"],
            &["commissione", "commissioni", "tariffa"],
            &["comissão", "taxa", "portes"],
            &["prowizj*", "opłat*"],
            &["佣金", "手续费", "费用", "运费"],
        ],
    ),
    (
        Topic::Cancelling,
        [
            &["cancel", "cancelled", "canceled", "cancelling", "cancellation"],
            &["annuler*", "geannuleerd", "annulering"],
            &["stornier*", "storno"],
            &["annul*"],
            &["cancel*", "anular"],
            &["annull*", "disdire"],
            &["cancel*", "anular"],
            &["anulow*"],
            &["取消"],
        ],
    ),
    (
        Topic::Dispute,
        [
            &["dispute", "claim", "report a problem", "report the problem", "inspection", "complain"],
            &["geschil", "probleem melden", "controleperiode", "klacht"],
            &["streitfall", "problem melden", "prüffrist", "reklam*"],
            &["litige", "signaler", "réclamation"],
            &["disputa", "informar de un problema", "reclam*", "revisión"],
            &["controversia", "segnalare", "reclamo", "contestazione"],
            &["litígio", "disputa", "comunicar um problema", "reclam*", "verificação"],
            &["spor*", "zgłosić problem", "reklamac*", "sprawdzania"],
            &["纠纷", "申报问题", "投诉", "检查期"],
        ],
    ),
    (
        Topic::Return,
        [
            &["return", "returning", "send back", "send it back"],
            &["retour*", "terugsturen", "terugzenden"],
            &["rückgabe*", "zurückgeben", "zurückschicken", "zurücksenden", "retoure"],
            &["retour", "retourner", "renvoyer"],
            &["devolver", "devolución"],
            &["reso", "restituire", "rispedire"],
            &["devolver", "devolução"],
            &["odesłać", "zwrócić", "zwrot przedmiotu", "zwrotu przedmiotu"],
            &["退货", "退回"],
        ],
    ),
    (
        Topic::Verification,
        [
            &["verification", "verified", "identity check", "verify"],
            &["verificatie", "geverifieerd", "identiteitscontrole", "verifiëren"],
            &["verifizierung", "verifiziert", "identitätsprüfung"],
            &["vérification", "vérifié", "vérifiée", "vérifier"],
            &["verificación", "verificad*", "verificar"],
            &["verifica", "verificat*"],
            &["verificação da identidade", "verificad*", "verificar"],
            &["weryfikacj*", "zweryfikowan*"],
            &["验证", "认证", "核实"],
        ],
    ),
];
