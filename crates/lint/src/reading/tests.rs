use corpus::Language;

use super::*;
use crate::tests::collection;

/// Notes: file, line, message.
fn found(files: &[(&str, &str)], config: ReadingConfig) -> Vec<(String, u32, String)> {
    let told = |finding: Finding| (finding.place.path, finding.place.line, finding.message);
    findings(&collection(files), config)
        .into_iter()
        .map(told)
        .collect()
}

const EASY: [(Language, &str); 9] = [
    (
        Language::En,
        "You can send it back. Pack it well. The seller looks at it. Then you get your money.",
    ),
    (
        Language::Nl,
        "Je kunt het terug sturen. Pak het goed in. De koper kijkt er naar. Dan krijg je je geld.",
    ),
    (
        Language::De,
        "Du kannst es zurück schicken. Pack es gut ein. Der Käufer sieht es an. Dann kommt dein Geld.",
    ),
    (
        Language::Fr,
        "Vous pouvez le rendre. Emballez-le bien. Le vendeur le regarde. Puis vous avez votre argent.",
    ),
    (
        Language::Es,
        "Puedes mandarlo de vuelta. Empaca bien. Lo mira quien lo vende. Luego tienes tu dinero.",
    ),
    (
        Language::It,
        "Puoi mandarlo indietro. Imballa bene. Chi vende lo guarda. Poi hai i tuoi soldi.",
    ),
    (
        Language::Pt,
        "Pode mandar de volta. Embale bem. Quem vende olha para ele. Depois tem o seu dinheiro.",
    ),
    (
        Language::Pl,
        "Możesz to odesłać. Zapakuj to dobrze. Sprzedawca to obejrzy. Potem masz pieniądze.",
    ),
    (
        Language::Zh,
        "您可以退回拍品。请仔细包装。卖家会检查。然后您会收到退款。请保留寄件凭证。",
    ),
];

const HARD: [(Language, &str); 9] = [
    (
        Language::En,
        "Notwithstanding contractual stipulations regarding reimbursement eligibility, intermediaries \
                    administering international transactions unilaterally determine appropriate compensation.",
    ),
    (
        Language::Nl,
        "Niettegenstaande overeengekomen vergoedingsvoorwaarden beoordelen verantwoordelijke \
                    betalingsdienstverleners zelfstandig grensoverschrijdende terugbetalingsverplichtingen.",
    ),
    (
        Language::De,
        "Ungeachtet vertraglich vereinbarter Rückerstattungsvoraussetzungen entscheiden verantwortliche \
                    Zahlungsdienstleister eigenverantwortlich über grenzüberschreitende Rückzahlungsverpflichtungen.",
    ),
    (
        Language::Fr,
        "Indépendamment des stipulations contractuelles relatives aux indemnisations, les intermédiaires \
                    responsables déterminent unilatéralement l'admissibilité des réclamations internationales.",
    ),
    (
        Language::Es,
        "Independientemente de las estipulaciones contractuales relativas a indemnizaciones, los \
                    intermediarios responsables determinarán unilateralmente la admisibilidad de reclamaciones.",
    ),
    (
        Language::It,
        "Indipendentemente dalle disposizioni contrattuali relative agli indennizzi, gli intermediari \
                    responsabili determineranno unilateralmente l'ammissibilità delle rivendicazioni internazionali.",
    ),
    (
        Language::Pt,
        "Independentemente das estipulações contratuais relativas a indemnizações, os intermediários \
                    responsáveis determinarão unilateralmente a admissibilidade das reclamações internacionais.",
    ),
    (
        Language::Pl,
        "Niezależnie od postanowień umownych dotyczących zwrotu kosztów przewozu przedmiotu pośrednicy \
                    odpowiedzialni za rozliczenia transakcji międzynarodowych samodzielnie określają dopuszczalność i \
                    wysokość zgłoszonych przez kupujących roszczeń oraz termin ich wypłaty.",
    ),
    (
        Language::Zh,
        "尽管合同对退款资格另有明确规定负责处理跨境交易的中介机构仍可根据各自适用的规则以及买卖双方所在地区的\
                    法律自行决定应当支付的补偿金额支付方式和支付期限并在必要时要求买家提供进一步的书面证明材料。",
    ),
];

#[test]
fn hard_sections_are_told_and_easy_ones_are_not_in_nine_languages() {
    for ((language, easy), (_, hard)) in EASY.into_iter().zip(HARD) {
        let path = format!("{language}/a.md");
        let fill = |text: &str| format!("# Title\n\n{}", format!("{text}\n\n").repeat(6));
        assert_eq!(
            found(&[(&path, &fill(easy))], ReadingConfig::default()),
            [],
            "{language}"
        );
        let told = found(&[(&path, &fill(hard))], ReadingConfig::default());
        assert_eq!(told.len(), 1, "{language}: {told:?}");
        assert!(
            told[0].2.starts_with("the opening is hard to read: "),
            "{told:?}"
        );
    }
}

#[test]
fn a_sentence_is_told_where_it_stands() {
    let long = vec!["and you see"; 20].join(" ");
    let text = format!("---\ntitle: A\n---\n\nA short one.\n\n## More\n\nWell {long}.\n");
    let told = found(&[("en/a.md", &text)], ReadingConfig::default());
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].0.as_str(), told[0].1), ("en/a.md", 9));
    assert!(
        told[0]
            .2
            .starts_with("this sentence has 61 words: “Well and you see"),
        "{told:?}"
    );
    let lenient = ReadingConfig {
        sentence_words: 61,
        ..ReadingConfig::default()
    };
    assert_eq!(found(&[("en/a.md", &text)], lenient), []);
}

#[test]
fn code_and_tables_are_not_read() {
    let words = vec!["word"; 80].join(" ");
    let text = format!("# A\n\nText.\n\n```\n{words}\n```\n\n| A |\n|---|\n| {words} |\n");
    assert_eq!(found(&[("en/a.md", &text)], ReadingConfig::default()), []);
}
