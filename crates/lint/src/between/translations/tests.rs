use corpus::Language;

use crate::{Finding, LintConfig, Rule, tests::collection};

/// Findings of `rule`: file, line, message.
fn found(rule: Rule, files: &[(&str, &str)]) -> Vec<(String, u32, String)> {
    let config = LintConfig {
        source_language: Some(Language::En),
        ..LintConfig::default()
    };
    let findings = crate::between::findings(&collection(files), &config);
    let told = |finding: Finding| (finding.place.path, finding.place.line, finding.message);
    findings
        .into_iter()
        .filter(|finding| finding.rule == rule)
        .map(told)
        .collect()
}

#[track_caller]
fn numbers(english: &str, other: (&str, &str), expected: Option<&str>) {
    let path = format!("{}/a.md", other.0);
    let found = found(
        Rule::TranslationNumbers,
        &[("en/a.md", english), (&path, other.1)],
    );
    let told: Vec<&str> = found.iter().map(|(.., message)| message.as_str()).collect();
    assert_eq!(
        told,
        expected.into_iter().collect::<Vec<_>>(),
        "{english} | {other:?}"
    );
}

#[test]
fn figures_agree_in_every_notation() {
    let english = "You pay €1,250.50, which is 8.5%, within 14 days and before 1 January 2027.";
    for other in [
        (
            "nl",
            "Je betaalt € 1.250,50, dat is 8,5 %, binnen twee weken en vóór 1 januari 2027.",
        ),
        (
            "de",
            "Du zahlst 1.250,50 €, also 8,5 %, innerhalb von 14 Tagen und vor dem 1. Januar 2027.",
        ),
        (
            "de",
            "Du zahlst 1.250,50 €, also 8,5 %, in der 14-tägigen Frist und vor dem 01.01.2027.",
        ),
        (
            "fr",
            "Vous payez 1 250,50 €, soit 8,5 %, sous 14 jours et avant le 1er janvier 2027.",
        ),
        (
            "es",
            "Pagas 1250,50 €, es decir, el 8,5 %, en 14 días y antes del 1 de enero de 2027.",
        ),
        (
            "it",
            "Paghi 1.250,50 €, cioè l'8,5%, entro 14 giorni e prima del 1º gennaio 2027.",
        ),
        (
            "pt",
            "Paga 1250,50 €, ou seja, 8,5 %, em 14 dias e antes de 1 de janeiro de 2027.",
        ),
        (
            "pl",
            "Płacisz 1250,50 EUR, czyli 8,5%, w ciągu 14 dni i przed 1 stycznia 2027.",
        ),
        (
            "zh",
            "您须在 2027 年 1 月 1 日之前的 14 天内支付 1,250.50 欧元，即 8.5%。",
        ),
    ] {
        numbers(english, other, None);
    }
}

#[test]
fn another_figure_is_told_in_every_language() {
    let english = "You pay 8% within 14 days.";
    for (language, text, figure) in [
        ("nl", "Je betaalt 9% binnen 14 dagen.", "9% binnen"),
        ("de", "Du zahlst 9 % innerhalb von 14 Tagen.", "9 %"),
        ("fr", "Vous payez 9 % sous 14 jours.", "9 %"),
        ("es", "Pagas el 9 % en 14 días.", "9 %"),
        ("it", "Paghi il 9% entro 14 giorni.", "9% entro"),
        ("pt", "Paga 9 % em 14 dias.", "9 %"),
        ("pl", "Płacisz 9% w ciągu 14 dni.", "9% w"),
        ("zh", "您须在 14 天内支付 9%。", "9%"),
    ] {
        let path = format!("{language}/a.md");
        let found = found(
            Rule::TranslationNumbers,
            &[("en/a.md", english), (&path, text)],
        );
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(
            found[0]
                .2
                .contains(figure.split(' ').next().unwrap_or(figure)),
            "{found:?}"
        );
        assert!(
            found[0].2.contains("where the English source says “8%"),
            "{found:?}"
        );
    }
}

#[test]
fn what_is_only_missing_or_only_there_is_no_mistake() {
    numbers(
        "You pay 8% within 14 days.",
        ("nl", "Je betaalt binnen 14 dagen."),
        None,
    );
    numbers(
        "You pay 8%.",
        ("nl", "Je betaalt 8%. Een betaling duurt 2 dagen."),
        None,
    );
}

#[test]
fn a_source_that_left_its_translations_behind_is_told_once() {
    let found = found(
        Rule::TranslationNumbers,
        &[
            ("en/a.md", "You pay 9%."),
            ("nl/a.md", "Je betaalt 8%."),
            ("de/a.md", "Du zahlst 8 %."),
        ],
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "en/a.md");
    assert!(found[0].2.contains("the versions in"), "{found:?}");
}

/// What is told of five versions of one article: the first is changed, the others are as they were.
fn among_five(changed: &str, english: Option<&str>) -> Vec<(String, String)> {
    let german = "Hervorheben: 3 €. Provision: 8 %, mindestens 4 €. Wenig? Mindestens 4 €.";
    let french = "Mise en avant : 3 €. Commission : 8 %, au moins 4 €. Peu ? Au moins 4 €.";
    let mut files = vec![
        ("pl/a.md", changed),
        ("de/a.md", german),
        ("fr/a.md", french),
        ("it/a.md", "In evidenza: 3 €. Commissione: 8%, minimo 4 €."),
        ("es/a.md", "Destacado: 3 €. Comisión: 8 %, mínimo 4 €."),
        ("en/b.md", "Another article."),
    ];
    files.extend(english.map(|text| ("en/a.md", text)));
    let found = found(Rule::TranslationNumbers, &files);
    found
        .into_iter()
        .map(|(path, _, message)| (path, message))
        .collect()
}

#[test]
fn the_figure_a_version_lacks_is_the_one_it_should_say() {
    // "4 €" is nearer to "5 €" and said less often than in two others, but it is there.
    let english = "Promotion: €5. Commission: 8%, at least €4. Low? At least €4.";
    let found = among_five(
        "Wyróżnienie: 5 €. Prowizja: 8%, co najmniej 4 €.",
        Some(english),
    );
    let polish = (
        "pl/a.md".to_owned(),
        "this says “5 €” where most other versions say “3 €”".to_owned(),
    );
    assert!(found.contains(&polish), "{found:?}");
}

#[test]
fn versions_are_compared_without_a_source_too() {
    let found = among_five("Wyróżnienie: 3 €. Prowizja: 9%, co najmniej 4 €.", None);
    assert_eq!(
        found,
        [(
            "pl/a.md".to_owned(),
            "this says “9%” where most other versions say “8 %”".to_owned()
        )]
    );
}

#[test]
fn a_figure_changed_in_one_place_of_two_versions_of_many_is_told_in_both() {
    let said_twice = |language: &str, share: &str, first: &str| {
        (
            format!("{language}/a.md"),
            format!("{first} {share}. {share}."),
        )
    };
    let mut files: Vec<(String, String)> = ["de", "fr", "it", "es", "pl", "pt", "zh"]
        .map(|language| said_twice(language, "8 %", "8 %."))
        .into();
    files.push(said_twice("en", "8%", "You pay 9%."));
    files.push(said_twice("nl", "8%", "Je betaalt 9%."));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let mut paths: Vec<String> = found(Rule::TranslationNumbers, &files)
        .into_iter()
        .map(|(path, ..)| path)
        .collect();
    paths.sort();
    assert_eq!(paths, ["en/a.md", "nl/a.md"]);
}

#[test]
fn a_translation_is_old_when_its_source_changed_later() {
    let dated = |day: &str| format!("---\nid: a\nupdated: {day}\n---\nText that says it.\n");
    for (translation, expected) in [("2026-05-03", 1), ("2026-05-04", 0), ("2026-05-05", 0)] {
        let found = found(
            Rule::TranslationOutdated,
            &[
                ("en/a.md", &dated("2026-05-04")),
                ("nl/a.md", &dated(translation)),
            ],
        );
        assert_eq!(found.len(), expected, "{translation}");
        assert!(
            found
                .iter()
                .all(|(path, line, _)| path == "nl/a.md" && *line == 3),
            "{found:?}"
        );
    }
}

#[test]
fn an_article_named_as_source_is_one_whatever_its_language() {
    let dutch = "---\nid: kosten\nupdated: 2026-05-04\n---\nJe betaalt 8%.\n";
    let english = "---\nid: fees\ntranslation_of: kosten\nupdated: 2026-05-01\n---\nYou pay 9%.\n";
    let files = [("nl/kosten.md", dutch), ("en/fees.md", english)];
    assert_eq!(found(Rule::TranslationOutdated, &files)[0].0, "en/fees.md");
    assert_eq!(found(Rule::TranslationNumbers, &files)[0].0, "en/fees.md");
}

#[test]
fn a_language_most_versions_have_is_missed() {
    let file = |language: &str, n: usize| {
        (
            format!("{language}/a{n}.md"),
            "Some text of its own.".to_owned(),
        )
    };
    // Five articles in three languages, of which the last lacks one.
    let mut files: Vec<(String, String)> = (0..5)
        .flat_map(|n| ["en", "nl", "de"].map(|l| file(l, n)))
        .collect();
    files.retain(|(path, _)| path != "de/a4.md");
    let all: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let found_in = |files: &[(&str, &str)]| found(Rule::TranslationMissing, files);
    assert_eq!(
        found_in(&all),
        [(
            "en/a4.md".to_owned(),
            1,
            "`a4` has no version in German, which most other articles have".to_owned()
        )]
    );
    // Two articles in one language among others in three are written for that language.
    let national = [
        ("en/a.md", "One."),
        ("nl/a.md", "Een."),
        ("de/a.md", "Eins."),
        ("en/b.md", "Two."),
        ("nl/b.md", "Twee."),
        ("de/b.md", "Zwei."),
        ("nl/c.md", "Drie."),
        ("nl/d.md", "Vier."),
    ];
    assert_eq!(found_in(&national), []);
}
