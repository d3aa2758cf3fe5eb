use answer::confidence::Features;
use corpus::Language;

use super::*;

/// A question that was expected answered and was, from its only relevant article.
fn right(id: &str) -> QuestionResult {
    QuestionResult {
        id: id.to_owned(),
        question: "q".to_owned(),
        language: Language::Nl,
        reply_language: Language::Nl,
        rank: Some(1),
        top: vec!["fees".to_owned()],
        answerable: true,
        expected: Some(Expectation::Answered),
        outcome: OutcomeKind::Answered,
        reason: None,
        text: "€ 2,50".to_owned(),
        cites_relevant: Some(true),
        cites_section: None,
        holds_gold: Some(true),
        confidence: 0.8,
        ms: (1.0, Some(2.0), 3.0),
        features: Features::default(),
        relevant: vec!["fees".to_owned()],
        gold: vec!["2,50".to_owned()],
        sentences: Vec::new(),
        evidence: Vec::new(),
        route: Route::default(),
        routed: None,
        synthetic: false,
        faults: Vec::new(),
    }
}

fn escalated(id: &str, expected: Expectation, reason: &str) -> QuestionResult {
    QuestionResult {
        outcome: OutcomeKind::Escalated,
        reason: Some(reason.to_owned()),
        expected: Some(expected),
        text: String::new(),
        cites_relevant: None,
        holds_gold: None,
        ..right(id)
    }
}

#[test]
fn gold_is_found_whatever_the_spacing() {
    assert!(holds("Je betaalt € 2,50 per bestelling.", "€\u{A0}2,50"));
    assert!(!holds("Je betaalt € 2,50.", "€ 2,60"));
}

#[track_caller]
fn check(result: &QuestionResult, faults: &[Fault]) {
    assert_eq!(result.find_faults(), faults);
}

#[test]
fn faults_are_found_and_the_worst_stands_first() {
    check(&right("a"), &[]);
    check(
        &QuestionResult {
            expected: Some(Expectation::Escalated),
            cites_relevant: Some(false),
            holds_gold: Some(false),
            ..right("a")
        },
        &[
            Fault::AnsweredAnyway,
            Fault::WrongCitation,
            Fault::GoldMissing,
        ],
    );
    check(
        &escalated("a", Expectation::Answered, "no_evidence"),
        &[Fault::Refused],
    );
    check(&escalated("a", Expectation::Escalated, "requested"), &[]);
    check(
        &escalated("a", Expectation::Clarify, "no_evidence"),
        &[Fault::OtherOutcome],
    );
    check(
        &QuestionResult {
            rank: Some(4),
            cites_section: Some(false),
            reply_language: Language::En,
            routed: Some(false),
            ..right("a")
        },
        &[
            Fault::WrongSection,
            Fault::WrongLanguage,
            Fault::Misrouted,
            Fault::NotFound,
        ],
    );
    // Nothing is cited wrongly where nothing was said.
    check(
        &QuestionResult {
            cites_relevant: Some(false),
            holds_gold: Some(false),
            ..escalated("a", Expectation::Escalated, "sensitive_topic")
        },
        &[],
    );
}

#[test]
fn a_way_to_a_person_is_held_against_what_is_expected_of_it() {
    let route = Route {
        method: "email".to_owned(),
        queue: "payments".to_owned(),
        before_you_contact: vec!["a".to_owned(), "b".to_owned()],
    };
    let expecting = |queue: Option<&str>, method: Option<&str>, advice: &[&str]| JudgedQuestion {
        queue: queue.map(str::to_owned),
        method: method.map(str::to_owned),
        before_you_contact: advice.iter().map(|id| (*id).to_owned()).collect(),
        ..JudgedQuestion::default()
    };
    assert_eq!(route.meets(&expecting(None, None, &[])), None);
    assert_eq!(
        route.meets(&expecting(Some("payments"), None, &["b"])),
        Some(true)
    );
    assert_eq!(
        route.meets(&expecting(Some("payments"), Some("chat"), &[])),
        Some(false)
    );
    assert_eq!(route.meets(&expecting(None, None, &["c"])), Some(false));
}

#[test]
fn figures_count_those_they_are_of() {
    let mut german = escalated("c", Expectation::Answered, "no_evidence");
    german.language = Language::De;
    german.rank = None;
    let results = [
        right("a"),
        escalated("b", Expectation::Escalated, "requested"),
        german,
    ];
    let rows = figures::rows(&results.iter().collect::<Vec<_>>());
    let names: Vec<(&str, usize)> = rows.iter().map(|row| (&*row.language, row.n)).collect();
    assert_eq!(names, [("all", 3), ("de", 1), ("nl", 2)]);
    let figure = |row: usize, name| {
        let interval = rows[row].figure(name).expect("a figure");
        (interval.mean, interval.n)
    };
    assert_eq!(figure(0, "answered"), (0.5, 2));
    assert_eq!(figure(0, "to_person"), (1.0, 1));
    assert_eq!(figure(0, "clarified"), (0.0, 0));
    assert_eq!(figure(0, "success_at_3"), (2.0 / 3.0, 3));
    assert_eq!(figure(2, "as_expected"), (1.0, 2));
    assert_eq!(figure(2, "holds_gold"), (1.0, 1));
    assert_eq!(figure(0, "routed"), (0.0, 0));
    for name in LanguageRow::FIGURES {
        assert!(rows[0].figure(name).is_some(), "{name}");
    }
}

#[test]
fn outcomes_are_counted_by_expectation_and_reason() {
    let results = [
        right("a"),
        escalated("b", Expectation::Answered, "no_evidence"),
        escalated("c", Expectation::Answered, "no_evidence"),
        escalated("d", Expectation::Answered, "unsupported"),
    ];
    let cells: Vec<(OutcomeKind, Option<String>, usize)> =
        figures::confusion(&results.iter().collect::<Vec<_>>())
            .into_iter()
            .map(|cell| (cell.outcome, cell.reason, cell.n))
            .collect();
    assert_eq!(
        cells,
        [
            (OutcomeKind::Answered, None, 1),
            (OutcomeKind::Escalated, Some("no_evidence".to_owned()), 2),
            (OutcomeKind::Escalated, Some("unsupported".to_owned()), 1),
        ]
    );
}

#[test]
fn a_result_is_the_same_once_it_was_kept() {
    let result = QuestionResult {
        confidence: 0.123_456_79,
        ms: (1.5, None, 0.1),
        ..right("a")
    };
    let text = serde_json::to_string(&result).expect("JSON");
    let read: QuestionResult = serde_json::from_str(&text).expect("a result");
    assert_eq!(read, result);
}
