use super::*;

#[track_caller]
fn same(left: &str, right: &str) {
    let (left_found, right_found) = (quantities(left), quantities(right));
    assert_eq!(
        left_found.len(),
        right_found.len(),
        "{left} | {right}: {left_found:?} {right_found:?}"
    );
    assert!(!left_found.is_empty(), "no quantity in `{left}`");
    for (a, b) in left_found.iter().zip(&right_found) {
        assert!(a.agrees_with(b), "{left} | {right}: {a:?} {b:?}");
    }
}

#[track_caller]
fn different(left: &str, right: &str) {
    let (left_found, right_found) = (quantities(left), quantities(right));
    assert!(
        left_found
            .iter()
            .zip(&right_found)
            .any(|(a, b)| !a.agrees_with(b)),
        "{left} | {right}: {left_found:?} {right_found:?}"
    );
}

#[test]
fn notations_of_one_amount_agree() {
    same("€ 1.250,00", "€1,250.00");
    same("1 250 €", "1250 EUR");
    same("€ 2,50", "2.50 欧元");
    same("8 %", "8%");
    same("10 000 €", "€10,000");
    same("24.000 euro", "24000 EUR");
    same("3,800 pieces", "3.800 stuks");
}

#[test]
fn units_agree_across_languages() {
    same("within four working days", "binnen 4 werkdagen");
    same("4 dni robocze", "4 jours ouvrés");
    same("5 天内", "fünf Tage");
    same("四个工作日", "4 working days");
    same("24 hours", "24 uur");
    same("24小时", "24 horas");
    same("1–2 working days", "1-2 werkdagen");
}

#[test]
fn times_of_day_agree() {
    same("09:00–18:00", "9:00 to 18:00");
    same("6 pm", "18:00");
    same("18.00 uur", "18:00");
    same("17 Uhr", "5 pm");
}

#[test]
fn changed_numbers_and_units_differ() {
    different("4 days", "5 days");
    different("4 hours", "4 days");
    different("8 %", "€ 8");
    different("€ 1.250", "€ 1.205");
    different("8,5 %", "8 %");
    different("1 January", "1 February");
    different("18:00", "17:00");
}

#[test]
fn dates_and_large_numbers_agree() {
    let check = |sentence: &str, evidence: &str, expected: bool| {
        let stated = quantities(evidence);
        let holds = quantities(sentence)
            .iter()
            .all(|needed| stated.iter().any(|found| needed.agrees_with(found)));
        assert_eq!(holds, expected, "{sentence} | {evidence}");
    };
    check("op 2026-11-25", "op 25 november 2026", true);
    check("op 2026-11-24", "op 25 november 2026", false);
    check("am 2026-10-25", "am 25. November 2026", false);
    check("于2026-11-25", "于2026年11月25日", true);
    check("2026年 4 月", "April 2026", true);
    check("2,5 Millionen", "2.5 million", true);
    check("3亿人", "3万人", false);
    check("35米", "35公里", false);
    check("20 GB", "20 MB", false);
    check("5 km", "5 miles", false);
}

#[test]
fn articles_are_no_numbers() {
    assert!(quantities("un conseiller vous répond").is_empty());
    assert!(quantities("ein Paket, zwei").is_empty());
}

#[test]
fn each_stands_where_its_number_does() {
    let stated = |text: &str| -> Vec<String> {
        quantities(text)
            .into_iter()
            .map(|quantity| text[quantity.place].to_owned())
            .collect()
    };
    assert_eq!(
        stated("Bis 31. März € 1.250,00, ab 2026-11-25 fünf Tage."),
        [
            "31",
            "März",
            "1.250,00",
            "2026-11-25",
            "2026-11-25",
            "2026-11-25",
            "fünf"
        ]
    );
    assert_eq!(stated("İade: 14 gün; ẞ 5 Tage"), ["14", "5"]);
    assert_eq!(stated("Open until 6 p.m. in 2026年"), ["6", "2026"]);
}
