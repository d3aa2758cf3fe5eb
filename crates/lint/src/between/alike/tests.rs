use corpus::Language;

use crate::{Finding, LintConfig, Rule, Severity, tests::collection};

/// Findings of this rule: severity, file, message.
fn found(files: &[(&str, &str)]) -> Vec<(Severity, String, String)> {
    let findings = crate::between::findings(&collection(files), &LintConfig::default());
    let told = |finding: Finding| (finding.severity, finding.place.path, finding.message);
    findings
        .into_iter()
        .filter(|finding| finding.rule == Rule::NearDuplicate)
        .map(told)
        .collect()
}

/// An article on returns in each language, of five sentences.
const TEXTS: [(Language, [&str; 5]); 9] = [
    (
        Language::En,
        [
            "You can return an object within fourteen days of the day it was delivered.",
            "Pack it as carefully as the seller did and keep the receipt of the carrier.",
            "The seller has three days to look at the object once it is back.",
            "Your money is sent back the way you paid, and your bank decides how fast you see it.",
            "Whoever sends an object back without asking first pays for the way back as well.",
        ],
    ),
    (
        Language::Nl,
        [
            "Je kunt een object terugsturen binnen veertien dagen nadat het bij je is bezorgd.",
            "Pak het even zorgvuldig in als de verkoper deed en bewaar het bewijs van de vervoerder.",
            "De verkoper heeft drie dagen om het object te bekijken zodra het terug is.",
            "Je geld gaat terug op de manier waarop je betaalde, en je bank bepaalt hoe snel je het ziet.",
            "Wie een object terugstuurt zonder eerst te vragen, betaalt ook zelf de weg terug.",
        ],
    ),
    (
        Language::De,
        [
            "Du kannst ein Objekt innerhalb von vierzehn Tagen nach der Lieferung zurückschicken.",
            "Verpacke es so sorgfältig wie der Verkäufer und bewahre den Beleg des Paketdienstes auf.",
            "Der Verkäufer hat drei Tage Zeit, sich das Objekt nach der Rückkehr anzusehen.",
            "Dein Geld geht auf demselben Weg zurück, auf dem du bezahlt hast, und deine Bank braucht etwas Zeit.",
            "Wer ein Objekt zurückschickt, ohne vorher zu fragen, zahlt auch den Rückweg selbst.",
        ],
    ),
    (
        Language::Fr,
        [
            "Vous pouvez renvoyer un objet dans les quatorze jours qui suivent sa livraison chez vous.",
            "Emballez-le avec autant de soin que le vendeur et gardez la preuve de dépôt du transporteur.",
            "Le vendeur a trois jours pour examiner l'objet une fois qu'il est de retour chez lui.",
            "Votre argent revient par le moyen que vous avez choisi pour payer, au rythme de votre banque.",
            "Celui qui renvoie un objet sans demander d'abord paie aussi lui-même le trajet du retour.",
        ],
    ),
    (
        Language::Es,
        [
            "Puedes devolver un objeto en los catorce días que siguen a su entrega en tu casa.",
            "Embálalo con tanto cuidado como el vendedor y guarda el justificante del transportista.",
            "El vendedor tiene tres días para mirar el objeto cuando lo tiene de vuelta.",
            "Tu dinero vuelve por el mismo camino por el que pagaste, y tu banco decide cuándo lo ves.",
            "Quien devuelve un objeto sin preguntar antes paga también el camino de vuelta.",
        ],
    ),
    (
        Language::It,
        [
            "Puoi restituire un oggetto entro quattordici giorni dal giorno in cui ti è stato consegnato.",
            "Imballalo con la stessa cura del venditore e conserva la ricevuta del corriere.",
            "Il venditore ha tre giorni per guardare l'oggetto quando gli è tornato indietro.",
            "I tuoi soldi tornano per la stessa strada con cui hai pagato, con i tempi della tua banca.",
            "Chi restituisce un oggetto senza chiedere prima paga da solo anche la strada del ritorno.",
        ],
    ),
    (
        Language::Pt,
        [
            "Pode devolver um objeto nos catorze dias que se seguem ao dia em que lhe foi entregue.",
            "Embale-o com tanto cuidado como o vendedor e guarde o comprovativo da transportadora.",
            "O vendedor tem três dias para ver o objeto quando este estiver de volta.",
            "O seu dinheiro volta pelo meio com que pagou, e o seu banco decide quando o vê.",
            "Quem devolve um objeto sem perguntar primeiro paga também o caminho de volta.",
        ],
    ),
    (
        Language::Pl,
        [
            "Przedmiot możesz odesłać w ciągu czternastu dni od dnia, w którym został doręczony.",
            "Zapakuj go tak starannie jak sprzedawca i zachowaj potwierdzenie nadania od przewoźnika.",
            "Sprzedawca ma trzy dni na obejrzenie przedmiotu, gdy ten do niego wróci.",
            "Pieniądze wracają tą samą drogą, którą zapłacono, a bank decyduje, kiedy je zobaczysz.",
            "Kto odsyła przedmiot bez pytania, ten sam płaci także za drogę powrotną.",
        ],
    ),
    (
        Language::Zh,
        [
            "您可以在拍品送达之日起十四天内把它退回给卖家。",
            "请像卖家一样仔细包装，并保留承运公司给您的寄件凭证。",
            "拍品退回之后，卖家有三天时间对它进行检查。",
            "款项会按照您付款的方式原路退回，到账时间由您的银行决定。",
            "如果没有事先询问就自行退回拍品，退回的运费也由您自己承担。",
        ],
    ),
];

fn article(title: &str, more: &str, sentences: &[&str]) -> String {
    format!(
        "---\ntitle: {title}\n{more}---\n\n{}\n",
        sentences.join("\n\n")
    )
}

#[test]
fn a_copy_with_a_sentence_less_is_found_in_nine_languages() {
    for (language, sentences) in TEXTS {
        let (one, two) = (format!("{language}/a.md"), format!("{language}/b.md"));
        let found = found(&[
            (&one, &article("Alpha", "", &sentences)),
            (&two, &article("Beta", "", &sentences[..4])),
        ]);
        assert_eq!(found.len(), 1, "{language}: {found:?}");
        let (severity, path, message) = &found[0];
        assert_eq!((*severity, path), (Severity::Warning, &two));
        assert!(
            message.starts_with("100 % of this article stands in `"),
            "{message}"
        );
    }
}

#[test]
fn two_articles_that_share_a_sentence_are_two() {
    for (language, sentences) in TEXTS {
        let (one, two) = (format!("{language}/a.md"), format!("{language}/b.md"));
        let files = [
            (one.as_str(), &*article("Alpha", "", &sentences[..3])),
            (two.as_str(), &*article("Beta", "", &sentences[2..])),
        ];
        assert_eq!(found(&files), [], "{language}");
    }
}

#[test]
fn a_section_that_stands_in_two_articles_is_a_note() {
    let english = TEXTS[0].1;
    let own = "Winter jackets are heavy. Scarves are light. Hats keep the head warm when it snows. Boots should be \
               dry. Gloves come in pairs and get lost one by one. Umbrellas do not help against the wind.\n\n";
    let one = format!(
        "---\ntitle: A\n---\n\n## Returns\n\n{}\n",
        english[..3].join(" ")
    );
    let two = format!(
        "---\ntitle: B\n---\n\n## Clothes\n\n{own}{own}## Sending back\n\n{}\n",
        english[..3].join(" ")
    );
    let long = format!(
        "{one}\n## Books\n\nNovels are long. Poems are short. Atlases are large and show all the rivers \
                        of a country. Dictionaries are thick and are seldom read from the first page to the last.\n"
    );
    let found = found(&[("en/a.md", &long), ("en/b.md", &two)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, Severity::Note);
    assert!(found[0].2.contains("of the section “"), "{found:?}");
}

#[test]
fn versions_for_other_customers_or_another_time_are_no_more_than_a_note() {
    let english = TEXTS[0].1;
    for (one, two) in [
        ("regions: [NL]\n", "regions: [BE]\n"),
        ("audience: [buyer]\n", "audience: [seller]\n"),
        ("valid_until: 2027-01-01\n", "valid_from: 2027-01-01\n"),
    ] {
        let found = found(&[
            ("en/a.md", &article("A", one, &english)),
            ("en/b.md", &article("B", two, &english)),
        ]);
        assert_eq!(found.len(), 1, "{one}");
        assert_eq!(found[0].0, Severity::Note, "{one}");
    }
}

#[test]
fn translations_and_one_id_twice_are_left_to_other_rules() {
    let english = TEXTS[0].1;
    let text = article("A", "id: a\n", &english);
    assert_eq!(found(&[("en/a.md", &text), ("en/b.md", &text)]), []);
    let of = article("B", "translation_of: a\nlanguage: nl\n", &english);
    assert_eq!(found(&[("en/a.md", &text), ("nl/b.md", &of)]), []);
}
