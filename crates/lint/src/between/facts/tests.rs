use super::*;

/// Both texts state the same facts, and at least one.
#[track_caller]
fn same(left: (&str, Language), right: (&str, Language)) {
    let (l, r) = (
        figures(left.0, left.1).facts,
        figures(right.0, right.1).facts,
    );
    let agree = l.len() == r.len() && l.iter().zip(&r).all(|(l, r)| l.agrees_with(r));
    assert!(agree && !l.is_empty(), "{left:?} | {right:?}: {l:?} {r:?}");
}

/// The texts state as many facts, of which one differs.
#[track_caller]
fn different(left: (&str, Language), right: (&str, Language)) {
    let (l, r) = (
        figures(left.0, left.1).facts,
        figures(right.0, right.1).facts,
    );
    let differ = l.iter().zip(&r).any(|(l, r)| !l.agrees_with(r));
    assert!(
        l.len() == r.len() && differ,
        "{left:?} | {right:?}: {l:?} {r:?}"
    );
}

use Language::{De, En, Es, Fr, It, Nl, Pl, Pt, Zh};

#[test]
fn amounts_agree_whatever_their_notation() {
    same(("€1,250.00", En), ("€ 1.250,00", Nl));
    same(("1 250,00 €", Fr), ("1.250,00 EUR", De));
    same(("1250 euros", Es), ("1.250 euro", It));
    same(("1 250 EUR", Pl), ("1250欧元", Zh));
    same(("8.5%", En), ("8,5 %", Pt));
    different(("€2.50", En), ("2,40 €", Fr));
    different(("€5", En), ("$5", En));
}

#[test]
fn spans_agree_whatever_their_unit() {
    same(("two weeks", En), ("14 dagen", Nl));
    same(("48 Stunden", De), ("2 jours", Fr));
    same(("12 meses", Es), ("1 anno", It));
    same(("5 dni", Pl), ("5 天", Zh));
    different(("2 weeks", En), ("15 days", En));
}

#[test]
fn days_agree_in_words_and_figures() {
    same(("1 January 2027", En), ("2027-01-01", En));
    same(("January 1, 2027", En), ("1 januari 2027", Nl));
    same(("1. Januar 2027", De), ("1er janvier 2027", Fr));
    same(("1 de enero de 2027", Es), ("1º gennaio 2027", It));
    same(("1 de janeiro de 2027", Pt), ("1 stycznia 2027", Pl));
    same(("2027 年 1 月 1 日", Zh), ("01.01.2027", De));
    same(("16 December", En), ("12 月 16 日", Zh));
    same(("3/4/2026", En), ("4 maart 2026", Nl));
    same(("31 March 2027", En), ("31 mars 2027", Fr));
    same(("May 5, 2027", En), ("5. Mai 2027", De));
    assert_eq!(
        figures("You may ask for 5 files. They march on.", En).facts,
        []
    );
    different(("16 December", En), ("12 december", Nl));
    different(("1 January 2027", En), ("1 January 2028", En));
}

#[test]
fn a_word_of_another_language_is_no_number() {
    assert_eq!(figures("We pay once a week.", En).facts, []);
    assert_eq!(figures("once semanas", Es).facts.len(), 1);
    assert_eq!(figures("The amount due days later", En).facts, []);
    assert_eq!(figures("Wacht ten minste 48 uur.", Nl).facts.len(), 1);
    assert_eq!(figures("Nos dos últimos dias, onze dagen", Nl).facts, []);
    assert_eq!(figures("De 9 h à 18 h", Fr).facts, []);
    assert_eq!(figures("Après 48 h", Fr).facts.len(), 1);
    assert_eq!(figures("更新到 16.0 后登录时，四周填充", Zh).facts, []);
    assert_eq!(figures("两周内", Zh).facts.len(), 1);
}

#[test]
fn a_word_in_between_parts_a_number_from_a_unit() {
    for (text, language) in [
        ("la correzione KB218794 nel mese di ottobre", It),
        ("You can ask 3 per day.", En),
        ("2 pro Woche", De),
        ("Je mag 3 keer bieden, 3 per dag", Nl),
    ] {
        assert_eq!(figures(text, language).facts, [], "{text}");
    }
    assert_eq!(figures("4 giorni lavorativi", It).facts.len(), 1);
    assert_eq!(figures("4 working days", En).facts.len(), 1);
}

#[test]
fn a_number_without_its_unit_bears_a_fact_out() {
    let german = figures("Die 14-tägige Frist", De);
    let english = figures("Within 14 days", En);
    assert_eq!(german.facts, []);
    assert!(german.bear_out(&english.facts[0]));
    let other = figures("Within 10 days", En);
    assert!(!german.bear_out(&other.facts[0]));
}

#[test]
fn what_is_no_fact_is_kept_aside() {
    let found = figures("Word 2019 opens 3 files on Monday, 5 days a week", En);
    assert_eq!(found.facts.len(), 1);
    let numbers: Vec<i64> = found.bare.iter().map(|q| q.readings[0] / SCALE).collect();
    assert_eq!(numbers, [2019, 3]);
}

#[test]
fn a_fact_is_shown_as_a_reader_sees_it() {
    for (text, language, shown) in [
        ("It costs €2.50 per order.", En, "€2.50"),
        ("Das kostet 2,50 € pro Bestellung.", De, "2,50 €"),
        ("You pay 8% of it.", En, "8%"),
        ("Vous payez 8 % du total.", Fr, "8 %"),
        (
            "Ship within 4 working days of payment.",
            En,
            "4 working days",
        ),
        ("A 5-day inspection", En, "5-day inspection"),
        ("Until 1 January 2027.", En, "1 January 2027"),
        ("买家须在 4 个工作日内付款", Zh, "4 个工作日"),
        ("费用为 2.50 欧元。", Zh, "2.50 欧元"),
    ] {
        let fact = &figures(text, language).facts[0];
        assert_eq!(in_words(text, fact), shown, "{text}");
    }
}
