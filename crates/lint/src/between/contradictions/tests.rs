use crate::{Finding, LintConfig, Rule, tests::collection};

/// Contradictions: file, line, message.
fn found(files: &[(&str, &str)]) -> Vec<(String, u32, String)> {
    let findings = crate::between::findings(&collection(files), &LintConfig::default());
    let told = |finding: Finding| (finding.place.path, finding.place.line, finding.message);
    findings
        .into_iter()
        .filter(|finding| finding.rule == Rule::Contradiction)
        .map(told)
        .collect()
}

fn article(keys: &str, text: &str) -> String {
    format!("---\ntitle: Fees and deadlines\n{keys}---\n\n{text}\n")
}

/// Two articles of `language` with one sentence each, among others that make words more or less rare.
fn pair(language: &str, left: (&str, &str), right: (&str, &str)) -> Vec<(String, u32, String)> {
    let (one, two) = (format!("{language}/one.md"), format!("{language}/two.md"));
    found(&[
        (&one, &article(left.0, left.1)),
        (&two, &article(right.0, right.1)),
    ])
}

#[track_caller]
fn contrary(language: &str, left: &str, right: &str) {
    let found = pair(language, ("", left), ("", right));
    assert_eq!(found.len(), 1, "{left} | {right}: {found:?}");
    assert_eq!(
        (found[0].0.as_str(), found[0].1),
        (&*format!("{language}/two.md"), 5)
    );
}

#[track_caller]
fn fine(left: &str, right: &str) {
    assert_eq!(pair("en", ("", left), ("", right)), [], "{left} | {right}");
}

#[test]
fn another_amount_is_a_contradiction_in_nine_languages() {
    contrary(
        "en",
        "The buyer protection fee is €2.50 for every order you pay.",
        "The buyer protection fee is €3.50 for every order you pay.",
    );
    contrary(
        "nl",
        "De kosten voor kopersbescherming zijn € 2,50 voor elke bestelling.",
        "De kosten voor kopersbescherming zijn € 3,50 voor elke bestelling.",
    );
    contrary(
        "de",
        "Die Gebühr für den Käuferschutz beträgt 2,50 € für jede Bestellung.",
        "Die Gebühr für den Käuferschutz beträgt 3,50 € für jede Bestellung.",
    );
    contrary(
        "fr",
        "Les frais de protection de l'acheteur sont de 2,50 € par commande payée.",
        "Les frais de protection de l'acheteur sont de 3,50 € par commande payée.",
    );
    contrary(
        "es",
        "La tarifa de protección al comprador es de 2,50 € por cada pedido.",
        "La tarifa de protección al comprador es de 3,50 € por cada pedido.",
    );
    contrary(
        "it",
        "La commissione di protezione dell'acquirente è di 2,50 € per ogni ordine.",
        "La commissione di protezione dell'acquirente è di 3,50 € per ogni ordine.",
    );
    contrary(
        "pt",
        "A taxa de proteção do comprador é de 2,50 € por cada encomenda.",
        "A taxa de proteção do comprador é de 3,50 € por cada encomenda.",
    );
    contrary(
        "pl",
        "Opłata za ochronę kupującego wynosi 2,50 EUR za każde zamówienie.",
        "Opłata za ochronę kupującego wynosi 3,50 EUR za każde zamówienie.",
    );
    contrary(
        "zh",
        "每笔订单的买家保障费为 2.50 欧元。",
        "每笔订单的买家保障费为 3.50 欧元。",
    );
}

#[test]
fn another_share_deadline_day_or_size_is_a_contradiction() {
    contrary(
        "en",
        "Sellers pay a commission of 11% of the winning bid.",
        "Sellers pay a commission of 12% of the winning bid.",
    );
    contrary(
        "en",
        "Ship the object within 4 working days of the payment.",
        "Ship the object within six working days of the payment.",
    );
    contrary(
        "nl",
        "Verzend het object uiterlijk op 16 december naar de koper.",
        "Verzend het object uiterlijk op 18 december naar de koper.",
    );
    contrary(
        "de",
        "Die neue Gebühr gilt für Käufer ab dem 1. Januar 2027.",
        "Die neue Gebühr gilt für Käufer ab dem 1. Februar 2027.",
    );
    contrary(
        "zh",
        "卖家须在买家付款后 4 个工作日内寄出拍品。",
        "卖家须在买家付款后 6 个工作日内寄出拍品。",
    );
    contrary(
        "en",
        "Photos of an object may be up to 10 MB each.",
        "Photos of an object may be up to 20 MB each.",
    );
}

#[test]
fn the_same_figure_in_other_words_is_none() {
    fine(
        "Ship the object within 14 days of the payment.",
        "Ship the object within two weeks of the payment.",
    );
    fine(
        "Buyers pay €1,250.00 for the object on the list.",
        "Buyers pay 1250 EUR for the object on the list.",
    );
}

#[test]
fn another_case_is_none() {
    // Another party, a condition, another thing, several figures, another version of a program.
    fine(
        "Buyers can cancel within 3 days of the payment.",
        "Sellers can cancel within 5 days of the payment.",
    );
    fine(
        "You can return an object within 14 days of delivery.",
        "You can return an object to professional sellers within 30 days of delivery.",
    );
    fine(
        "A parcel to France takes 3 days to arrive.",
        "A parcel to Spain takes 5 days to arrive.",
    );
    fine(
        "Parcels over 10 kg cost €5 to send.",
        "Parcels over 20 kg cost €8 to send.",
    );
    fine(
        "In version 2016 a file may have 10 MB at most.",
        "In version 2019 a file may have 20 MB at most.",
    );
    fine(
        "With bids up to €100, the next bid is €5 higher.",
        "With bids up to €500, the next bid is €10 higher.",
    );
    fine(
        "You do not pay the fee within the first 3 days.",
        "You pay the fee within the first 5 days.",
    );
}

#[test]
fn examples_may_use_any_figure() {
    fine(
        "For example, a commission of €55 is taken off the winning bid.",
        "For example, a commission of €22 is taken off the winning bid.",
    );
    fine(
        "An example:\n\n| What | Amount |\n|---|---|\n| Winning bid of the auction | €500 |\n",
        "An example:\n\n| What | Amount |\n|---|---|\n| Winning bid of the auction | €200 |\n",
    );
}

#[test]
fn rows_of_one_table_do_not_contradict_each_other() {
    let table = "| You paid with | Your money is back in |\n|---|---|\n| Card | 5 working days |\n| Bank transfer | 3 working days |\n";
    fine(table, "Nothing to see.");
    fine(
        table,
        "| You paid with | Your money is back in |\n|---|---|\n| PayPal | 1 working day |\n",
    );
}

#[test]
fn versions_for_other_customers_or_another_time_do_not_contradict_each_other() {
    let (left, right) = (
        "The buyer protection fee is €2.50 for every order.",
        "The buyer protection fee is €3.50 for every order.",
    );
    for (one, two, expected) in [
        ("", "", 1),
        ("regions: [NL]\n", "regions: [BE]\n", 0),
        ("audience: [buyer]\n", "audience: [seller]\n", 0),
        ("valid_until: 2027-01-01\n", "valid_from: 2027-01-01\n", 0),
        ("regions: [NL]\n", "regions: [NL, BE]\n", 1),
    ] {
        assert_eq!(
            pair("en", (one, left), (two, right)).len(),
            expected,
            "{one}{two}"
        );
    }
}

#[test]
fn the_article_behind_is_the_one_its_translations_deny() {
    let old = article("", "The buyer protection fee is €2.50 for every order.");
    let new = article("", "The buyer protection fee is €3.50 for every order.");
    let dutch = article("", "De kopersbescherming kost € 3,50.");
    let found = found(&[
        ("en/a.md", &old),
        ("en/b.md", &new),
        ("nl/a.md", &dutch),
        ("nl/b.md", &dutch),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "en/a.md");
    assert_eq!(
        found[0].2,
        "this says “€2.50”, `en/b.md` says “€3.50” in “The buyer protection fee is €3.50 for \
         every order.”"
    );
}

#[test]
fn one_article_against_several_is_behind_whatever_its_words() {
    let files = [
        ("en/a.md", "The buyer has a 5-day inspection period."),
        ("en/b.md", "Add the inspection period of 5 days, then wait."),
        (
            "en/c.md",
            "After delivery the inspection period takes 5 days; look closely.",
        ),
        (
            "en/d.md",
            "When the parcel is there, an inspection period of 7 days begins.",
        ),
    ];
    let files: Vec<(&str, String)> = files.map(|(path, text)| (path, article("", text))).into();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    let found = found(&files);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "en/d.md");
}

/// What is told of an article for sellers and one for buyers in Dutch, whose English and German versions state 5 days and
/// 11 % in both. Another article makes words more or less rare.
fn behind(seller: &str, buyer: &str) -> Vec<(String, u32, String)> {
    let for_sellers = |text: &str| article("id: payout\naudience: [seller]\n", text);
    let for_buyers = |text: &str| article("id: report\naudience: [buyer]\n", text);
    found(&[
        ("nl/payout.md", &for_sellers(seller)),
        ("nl/report.md", &for_buyers(buyer)),
        (
            "nl/other.md",
            &article(
                "",
                "Een foto heeft 10 MB.\n\nEen pakket weegt 20 kg.\n\nEen doos meet 30 cm.\n\nDe code komt binnen 10 minuten.\n\nEen expert antwoordt binnen 48 uur.",
            ),
        ),
        (
            "en/payout.md",
            &for_sellers("The inspection period of 5 days is over. You pay 11%, at least €4."),
        ),
        (
            "en/report.md",
            &for_buyers("Report it within 5 days. It costs 11%, at least €10."),
        ),
        (
            "de/payout.md",
            &for_sellers("Die Prüffrist von 5 Tagen ist vorbei. Du zahlst 11 %, mindestens 4 €."),
        ),
        (
            "de/report.md",
            &for_buyers("Melde es innerhalb von 5 Tagen. Es kostet 11 %, mindestens 10 €."),
        ),
    ])
}

#[test]
fn what_the_versions_deny_is_held_against_what_another_audience_is_told() {
    let found = behind(
        "De controleperiode van 9 dagen na de bezorging is voorbij.",
        "Meld het binnen 5 dagen na de bezorging.",
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "nl/payout.md");
    assert!(found[0].2.contains("says “5 dagen na”"), "{found:?}");
    let same = behind(
        "De controleperiode van 5 dagen na de bezorging is voorbij.",
        "Meld het binnen 5 dagen na de bezorging.",
    );
    assert_eq!(same, []);
}

#[test]
fn what_the_versions_leave_out_is_not_held_against_what_the_article_says_too() {
    let found = behind(
        "Bedenken kun je je 9 dagen na de bezorging. Meld een klacht binnen 5 dagen na de bezorging.",
        "Meld het binnen 5 dagen na de bezorging.",
    );
    assert_eq!(found, []);
}

#[test]
fn another_case_with_the_same_share_is_no_witness() {
    let found = behind(
        "De commissie is 12% van het bod, met een minimum van € 4.",
        "De annulering is 11% van het bod, met een minimum van € 10.",
    );
    assert_eq!(found, []);
    let found = behind(
        "De commissie is 12% van het bod.",
        "De annulering is 11% van het bod.",
    );
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn an_article_for_one_audience_is_held_against_phrases_of_another() {
    let of = |audience: &str, text: &str| article(&format!("audience: [{audience}]\n"), text);
    for (met, expected) in [("buyer", 1), ("seller", 0)] {
        let files = [
            of(met, "The buyer has a 5-day inspection period."),
            of("seller", "Add the inspection period of 5 days, then wait."),
            of(
                "seller",
                "After delivery the inspection period takes 5 days.",
            ),
            of("buyer", "An inspection period of 7 days begins."),
        ];
        let paths = ["en/a.md", "en/b.md", "en/c.md", "en/d.md"];
        let files = paths
            .iter()
            .zip(&files)
            .map(|(path, text)| (*path, text.as_str()));
        let found = found(&files.collect::<Vec<_>>());
        assert_eq!(found.len(), expected, "{met}: {found:?}");
        assert!(
            found.iter().all(|(path, ..)| path == "en/d.md"),
            "{found:?}"
        );
    }
}
