//! Follow: a question that only makes sense after an earlier one, made to stand alone.
//!
//! "And for Belgium?" after "What does it cost to send a parcel?" becomes both together. A question that says what it
//! is about stands alone whatever was said before: nothing of the conversation is added to it.

use corpus::Language;

use super::{
    forms::{
        begins_inside, goes_on, has_interrogative, is_question, joins, opens_question, points_back,
    },
    tokens::{n_words, tokens},
};

/// A phrase such as "what about" may begin a question of its own when more words than this follow.
const MAX_WORDS_GOING_ON: usize = 14;
/// The same of a word such as "and".
const MAX_WORDS_JOINED: usize = 12;
/// A question that points back without such a word has at most this many.
const MAX_WORDS_POINTING: usize = 10;
/// "For Belgium", "with PayPal": at most this many words.
const MAX_WORDS_INSIDE: usize = 6;
/// A bare thing with a question mark: "Belgium?"
const MAX_WORDS_BARE: usize = 4;
/// Terms, stop words aside, up to which a question that points back does not say what it is about.
const MAX_TERMS_POINTING: usize = 2;

/// Whether `text`, which came after other questions, needs them to be understood. `n_terms` is how many terms it
/// has, stop words aside; `has_before` whether the question before had any.
pub(super) fn is_follow_up(
    text: &str,
    language: Language,
    n_terms: usize,
    has_before: bool,
) -> bool {
    let found = tokens(text);
    let n = n_words(&found);
    let points = points_back(&found, language);
    if goes_on(&found, language).is_some() && n <= MAX_WORDS_GOING_ON {
        return true;
    }
    if let Some(length) = joins(&found, language)
        && n <= MAX_WORDS_JOINED
    {
        let rest = &found[length..];
        if n_terms <= 1
            || begins_inside(rest, language)
            || points && n_terms <= MAX_TERMS_POINTING
            || !opens_question(rest, language) && n <= MAX_WORDS_INSIDE
        {
            return true;
        }
    }
    // A Chinese question that only ends in 呢 asks the same of another thing.
    let ends_bare = language == Language::Zh
        && text.trim_end_matches(['?', '？', ' ']).ends_with('呢')
        && !has_interrogative(&found, language);
    let opens = opens_question(&found, language);
    ends_bare
        || begins_inside(&found, language) && !opens && n <= MAX_WORDS_INSIDE
        || points && n_terms <= MAX_TERMS_POINTING && n <= MAX_WORDS_POINTING
        || n_terms == 0 && has_before && n <= MAX_WORDS_INSIDE
        || n_terms <= 1 && n <= MAX_WORDS_BARE && is_question(text) && !opens
}

/// What subjects are called, for a question that names none: "Where is it?" beside an order.
pub(super) fn kind_named(kind: &str, language: Language) -> Option<&'static str> {
    let names = match kind {
        "order" | "purchase" => [
            "order",
            "bestelling",
            "Bestellung",
            "commande",
            "pedido",
            "ordine",
            "encomenda",
            "zamówienie",
            "订单",
        ],
        "object" | "lot" | "listing" => [
            "object",
            "object",
            "Objekt",
            "objet",
            "objeto",
            "oggetto",
            "objeto",
            "przedmiot",
            "拍品",
        ],
        "auction" => [
            "auction", "veiling", "Auktion", "enchère", "subasta", "asta", "leilão", "aukcja",
            "拍卖",
        ],
        "payout" => [
            "payout",
            "uitbetaling",
            "Auszahlung",
            "versement",
            "cobro",
            "accredito",
            "pagamento",
            "wypłata",
            "打款",
        ],
        "refund" => [
            "refund",
            "terugbetaling",
            "Erstattung",
            "remboursement",
            "reembolso",
            "rimborso",
            "reembolso",
            "zwrot",
            "退款",
        ],
        _ => return None,
    };
    Some(names[language.index()])
}

/// Whether a question without a conversation leaves out what it is about.
pub(super) fn names_nothing(text: &str, language: Language, n_terms: usize) -> bool {
    n_terms <= 1 && points_back(&tokens(text), language)
}

/// Whether `text` goes on from an earlier question by a word of `language` that `other` does not have.
pub(super) fn goes_on_in(text: &str, language: Language, other: Language) -> bool {
    let found = tokens(text);
    let begins = |language| {
        joins(&found, language)
            .or_else(|| goes_on(&found, language))
            .is_some()
    };
    begins(language) && !begins(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, language: Language, n_terms: usize, expected: bool) {
        assert_eq!(
            is_follow_up(text, language, n_terms, true),
            expected,
            "{text}"
        );
    }

    #[test]
    fn follow_ups_need_what_came_before() {
        check("and for Belgium?", Language::En, 1, true);
        check("What about PayPal?", Language::En, 1, true);
        check("how do I cancel it?", Language::En, 1, true);
        check("Why?", Language::En, 0, true);
        check("en als ik het al verstuurd heb?", Language::Nl, 1, true);
        check("Naar Duitsland?", Language::Nl, 1, true);
        check(
            "Und wenn der Verkäufer nicht antwortet?",
            Language::De,
            3,
            true,
        );
        check("Wie storniere ich es?", Language::De, 1, true);
        check("Et pour la Belgique ?", Language::Fr, 1, true);
        check("comment l’annuler ?", Language::Fr, 1, true);
        check("¿Y si ya lo he enviado?", Language::Es, 1, true);
        check("¿cómo puedo cancelarlo?", Language::Es, 1, true);
        check("E se ho già pagato?", Language::It, 1, true);
        check("E para a Bélgica?", Language::Pt, 1, true);
        check("A co z Belgią?", Language::Pl, 1, true);
        check("那比利时呢？", Language::Zh, 1, true);
        check("用信用卡付款呢？", Language::Zh, 3, true);
    }

    #[test]
    fn a_whole_question_stands_alone() {
        check("How do I retract a bid?", Language::En, 2, false);
        check(
            "And how do I change my e-mail address?",
            Language::En,
            3,
            false,
        );
        check("Wat kost verzenden?", Language::Nl, 2, false);
        check("Hoe trek ik een bod in?", Language::Nl, 2, false);
        check("Gibt es Gebühren für Käufer?", Language::De, 2, false);
        check("Combien coûte la commission ?", Language::Fr, 2, false);
        check("¿Cuánto cuesta la comisión?", Language::Es, 2, false);
        check(
            "Come funziona il prezzo di riserva?",
            Language::It,
            3,
            false,
        );
        check("Qual é a comissão do vendedor?", Language::Pt, 2, false);
        check("Jak zmienić numer konta?", Language::Pl, 3, false);
        check("怎么修改银行账户？", Language::Zh, 3, false);
        check("到账要多久？", Language::Zh, 2, false);
        check("forgot password", Language::En, 2, false);
        check("Do you take bitcoin?", Language::En, 2, false);
    }

    #[test]
    fn a_customer_may_change_language() {
        assert!(goes_on_in("y para Bélgica?", Language::Es, Language::En));
        assert!(!goes_on_in("and for Belgium?", Language::En, Language::En));
    }
}
