use super::*;
use Language::{De, En, Es, Fr, It, Nl, Pl, Pt, Zh};

#[track_caller]
fn check(sentence: &str, evidence: &str, language: Language, expected: Option<Fault>) {
    let found = disagreement((sentence, language), &[(evidence, language)], "");
    assert_eq!(found, expected, "{sentence} | {evidence}");
}

#[track_caller]
fn check_between(sentence: (&str, Language), evidence: (&str, Language), expected: Option<Fault>) {
    assert_eq!(
        disagreement(sentence, &[evidence], ""),
        expected,
        "{sentence:?} | {evidence:?}"
    );
}

#[test]
fn a_negation_put_in_or_taken_out_is_found() {
    let wrong = Some(Fault::Negation);
    check(
        "You don't pay for returns.",
        "You pay for returns.",
        En,
        wrong,
    );
    check(
        "You pay for returns.",
        "You do not pay for returns.",
        En,
        wrong,
    );
    check(
        "U betaalt niet voor retouren.",
        "U betaalt voor retouren.",
        Nl,
        wrong,
    );
    check(
        "Sie zahlen die Rücksendung.",
        "Sie zahlen die Rücksendung nicht.",
        De,
        wrong,
    );
    check(
        "Das ist keine Rechnung.",
        "Das ist eine Rechnung.",
        De,
        wrong,
    );
    check(
        "Vous ne payez pas le retour.",
        "Vous payez le retour.",
        Fr,
        wrong,
    );
    check("No paga la devolución.", "Paga la devolución.", Es, wrong);
    check(
        "Paghi la restituzione.",
        "Non paghi la restituzione.",
        It,
        wrong,
    );
    check("Não paga a devolução.", "Paga a devolução.", Pt, wrong);
    check(
        "Płacisz za zwrot towaru.",
        "Nie płacisz za zwrot towaru.",
        Pl,
        wrong,
    );
    check("您不支付退货费用。", "您支付退货费用。", Zh, wrong);
    check(
        "The file opens with a password.",
        "The file opens without a password.",
        En,
        wrong,
    );
}

#[test]
fn a_changed_obligation_is_found() {
    let wrong = Some(Fault::Modality);
    check(
        "You must cancel the order.",
        "You can cancel the order.",
        En,
        wrong,
    );
    check(
        "You must cancel the order.",
        "You should cancel the order.",
        En,
        wrong,
    );
    check(
        "U moet de bestelling annuleren.",
        "U kunt de bestelling annuleren.",
        Nl,
        wrong,
    );
    check(
        "Sie können die Bestellung stornieren.",
        "Sie müssen die Bestellung stornieren.",
        De,
        wrong,
    );
    check(
        "Vous devez annuler la commande.",
        "Vous pouvez annuler la commande.",
        Fr,
        wrong,
    );
    check(
        "Puede cancelar el pedido.",
        "Debe cancelar el pedido.",
        Es,
        wrong,
    );
    check(
        "Deve annullare l'ordine.",
        "Può annullare l'ordine.",
        It,
        wrong,
    );
    check(
        "Pode cancelar a encomenda.",
        "Deve cancelar a encomenda.",
        Pt,
        wrong,
    );
    check(
        "Musisz anulować zamówienie.",
        "Możesz anulować zamówienie.",
        Pl,
        wrong,
    );
    check("您必须取消订单。", "您可以取消订单。", Zh, wrong);
}

#[test]
fn the_same_strength_in_other_words_agrees() {
    check(
        "You have to cancel the order.",
        "You must cancel the order.",
        En,
        None,
    );
    check(
        "You can't cancel the order.",
        "You cannot cancel the order.",
        En,
        None,
    );
    check(
        "U dient de bestelling te annuleren.",
        "U moet de bestelling annuleren.",
        Nl,
        None,
    );
    check(
        "Höchstens 5 Bilder sind erlaubt.",
        "Maximal 5 Bilder sind erlaubt.",
        De,
        None,
    );
    check(
        "Il vous faut annuler la commande.",
        "Vous devez annuler la commande.",
        Fr,
        None,
    );
    check(
        "Tiene que cancelar el pedido.",
        "Debe cancelar el pedido.",
        Es,
        None,
    );
    check(
        "Occorre annullare l'ordine.",
        "È necessario annullare l'ordine.",
        It,
        None,
    );
    check(
        "Tem de cancelar a encomenda.",
        "Deve cancelar a encomenda.",
        Pt,
        None,
    );
    check(
        "Trzeba anulować zamówienie.",
        "Należy anulować zamówienie.",
        Pl,
        None,
    );
    check("您务必取消订单。", "您必须取消订单。", Zh, None);
}

#[test]
fn a_limit_dropped_or_turned_is_found() {
    let wrong = Some(Fault::Limit);
    check(
        "You can add 5 photos.",
        "You can add up to 5 photos.",
        En,
        wrong,
    );
    check(
        "You can add at most 5 photos.",
        "You can add at least 5 photos.",
        En,
        wrong,
    );
    check(
        "Voeg minimaal 5 foto's toe.",
        "Voeg maximaal 5 foto's toe.",
        Nl,
        wrong,
    );
    check("Es gibt 5 Fotos.", "Es gibt bis zu 5 Fotos.", De, wrong);
    check(
        "Ajoutez au plus 5 photos.",
        "Ajoutez au moins 5 photos.",
        Fr,
        wrong,
    );
    check("Agregue 5 fotos.", "Agregue hasta 5 fotos.", Es, wrong);
    check(
        "Carica almeno 5 foto.",
        "Carica al massimo 5 foto.",
        It,
        wrong,
    );
    check("Adicione 5 fotos.", "Adicione até 5 fotos.", Pt, wrong);
    check(
        "Dodaj co najwyżej 5 zdjęć.",
        "Dodaj co najmniej 5 zdjęć.",
        Pl,
        wrong,
    );
    check("最少添加5张照片。", "最多添加5张照片。", Zh, wrong);
}

#[test]
fn a_scope_put_in_or_taken_out_is_found() {
    let wrong = Some(Fault::Scope);
    check(
        "Sellers pay only by card.",
        "Sellers pay by card.",
        En,
        wrong,
    );
    check(
        "Sellers always pay by card.",
        "Sellers usually pay by card.",
        En,
        wrong,
    );
    check(
        "Verkopers betalen met kaart.",
        "Verkopers betalen alleen met kaart.",
        Nl,
        wrong,
    );
    check(
        "Alle Verkäufer zahlen mit Karte.",
        "Einige Verkäufer zahlen mit Karte.",
        De,
        wrong,
    );
    check(
        "Le vendeur paie toujours par carte.",
        "Le vendeur paie souvent par carte.",
        Fr,
        wrong,
    );
    check(
        "El vendedor paga con tarjeta.",
        "El vendedor paga solo con tarjeta.",
        Es,
        wrong,
    );
    check(
        "Il venditore paga sempre con carta.",
        "Il venditore paga spesso con carta.",
        It,
        wrong,
    );
    check(
        "O vendedor paga com cartão.",
        "O vendedor paga apenas com cartão.",
        Pt,
        wrong,
    );
    check(
        "Sprzedawca zawsze płaci kartą.",
        "Sprzedawca często płaci kartą.",
        Pl,
        wrong,
    );
    check("卖家总是刷卡付款。", "卖家通常刷卡付款。", Zh, wrong);
}

#[test]
fn a_role_or_an_order_turned_round_is_found() {
    let wrong = Some(Fault::Opposite);
    check(
        "The seller pays for returns.",
        "The buyer pays for returns.",
        En,
        wrong,
    );
    check(
        "Pay after the delivery.",
        "Pay before the delivery.",
        En,
        wrong,
    );
    check(
        "De koper betaalt de verzending.",
        "De verkoper betaalt de verzending.",
        Nl,
        wrong,
    );
    check(
        "Zahlen Sie nach der Lieferung.",
        "Zahlen Sie vor der Lieferung.",
        De,
        wrong,
    );
    check(
        "Le vendeur paie le retour.",
        "L'acheteur paie le retour.",
        Fr,
        wrong,
    );
    check(
        "Pague después de la entrega.",
        "Pague antes de la entrega.",
        Es,
        wrong,
    );
    check(
        "Il venditore paga il reso.",
        "L'acquirente paga il reso.",
        It,
        wrong,
    );
    check(
        "Pague depois da entrega.",
        "Pague antes da entrega.",
        Pt,
        wrong,
    );
    check(
        "Zapłać po dostawie towaru.",
        "Zapłać przed dostawą towaru.",
        Pl,
        wrong,
    );
    check("卖家支付运费。", "买家支付运费。", Zh, wrong);
}

#[test]
fn a_clause_left_out_is_no_change() {
    check(
        "Open the order.",
        "Open the order, which you cannot change later.",
        En,
        None,
    );
    check(
        "Sie zahlen mit Karte.",
        "Sie zahlen mit Karte (nicht bei Abholung).",
        De,
        None,
    );
    check(
        "Zapłać kartą.",
        "Zapłać kartą, choć bank nie zawsze to potwierdza.",
        Pl,
        None,
    );
    check(
        "请使用银行卡付款。",
        "请使用银行卡付款，不能使用现金支票。",
        Zh,
        None,
    );
}

#[test]
fn translations_agree_and_their_opposites_do_not() {
    check_between(
        ("You cannot cancel.", En),
        ("Du kannst nicht stornieren.", De),
        None,
    );
    check_between(
        ("You can cancel.", En),
        ("Du kannst nicht stornieren.", De),
        Some(Fault::Negation),
    );
    check_between(
        ("U moet betalen.", Nl),
        ("Vous pouvez payer.", Fr),
        Some(Fault::Modality),
    );
    check_between(("U kunt betalen.", Nl), ("Vous pouvez payer.", Fr), None);
    check_between(
        ("Al menos 5 fotos.", Es),
        ("最多5张照片。", Zh),
        Some(Fault::Limit),
    );
    check_between(
        ("Il venditore paga.", It),
        ("Kupujący płaci.", Pl),
        Some(Fault::Opposite),
    );
    check_between(
        ("Só o vendedor paga.", Pt),
        ("The seller pays.", En),
        Some(Fault::Scope),
    );
    check_between(
        ("Ningún pago es necesario.", Es),
        ("No payment is required.", En),
        None,
    );
    check_between(("Nessuno paga.", It), ("Nobody pays.", En), None);
}
