use answer::confidence::Features;
use corpus::Language;

use super::*;
use crate::{
    metrics::SEED,
    question_set::Expectation,
    reliability::{self, Reliability},
    risk::RiskReport,
    run::{Cited, Fault, OutcomeKind, QuestionResult, Route, RunFacts, RunReport, Said},
};

const ATTACK: &str = "<script>alert(1)</script>";

fn facts() -> RunFacts {
    RunFacts {
        set: "set".to_owned(),
        questions: ATTACK.to_owned(),
        n: 1,
        n_synthetic: 0,
        config: "config".to_owned(),
        mode: "extractive".to_owned(),
        started: jiff::Timestamp::UNIX_EPOCH,
        jobs: 2,
        seed: SEED,
        command: ATTACK.to_owned(),
    }
}

/// A run in which every text is an attack.
fn hostile() -> RunReport {
    let cited = Cited {
        article: format!("\" onmouseover=alert(1) {ATTACK}"),
        anchor: ATTACK.to_owned(),
        language: Some(Language::Nl),
        title: ATTACK.to_owned(),
        quote: ATTACK.to_owned(),
    };
    let question = QuestionResult {
        id: format!("'\"{ATTACK}"),
        question: ATTACK.to_owned(),
        language: Language::Nl,
        reply_language: Language::Nl,
        rank: Some(1),
        top: vec![ATTACK.to_owned()],
        answerable: true,
        expected: Some(Expectation::Escalated),
        outcome: OutcomeKind::Answered,
        reason: None,
        text: ATTACK.to_owned(),
        cites_relevant: Some(true),
        cites_section: None,
        holds_gold: Some(true),
        confidence: 0.9,
        ms: (1.0, Some(1.0), 1.0),
        features: Features::default(),
        relevant: vec![ATTACK.to_owned()],
        gold: vec![ATTACK.to_owned()],
        sentences: vec![Said {
            text: ATTACK.to_owned(),
            cites: vec![cited.clone()],
        }],
        evidence: vec![cited],
        route: Route {
            method: ATTACK.to_owned(),
            queue: ATTACK.to_owned(),
            before_you_contact: Vec::new(),
        },
        routed: None,
        synthetic: false,
        faults: vec![Fault::AnsweredAnyway],
    };
    RunReport {
        generation: ATTACK.to_owned(),
        encoder: ATTACK.to_owned(),
        writer: Some(ATTACK.to_owned()),
        run: facts(),
        rows: Vec::new(),
        synthetic: Vec::new(),
        risk: RiskReport::default(),
        reliability: Reliability::default(),
        confusion: Vec::new(),
        latency: None,
        questions: vec![question],
    }
}

#[test]
fn no_text_of_an_article_or_a_question_can_act() {
    let page = run_page(&hostile()).expect("a page");
    assert!(!page.contains(ATTACK), "an attack stands as it is");
    // The question, in the worst cases and among all, and much more; always as text.
    let escaped = "&lt;script&gt;alert(1)&lt;&#x2f;script&gt;";
    assert!(page.matches(escaped).count() > 10, "{page}");
    // No attribute is left by a quote.
    assert!(!page.contains("\" onmouseover"));
    // One script, and the policy lets only it run.
    assert_eq!(page.matches("<script").count(), 1);
    let nonce = page
        .split("'nonce-")
        .nth(1)
        .and_then(|rest| rest.split('\'').next());
    let nonce = nonce.expect("a policy");
    assert!(page.contains(&format!("<script nonce=\"{nonce}\">")));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_page_asks_for_nothing_from_outside() {
    let page = run_page(&hostile()).expect("a page");
    for asking in ["http://", "https://", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(asking), "{asking}");
    }
}

#[test]
fn plots_show_their_figures_and_describe_themselves() {
    let scored: Vec<(f64, bool)> = (0..40).map(|i| (f64::from(i) / 40.0, i % 3 != 0)).collect();
    let report = reliability::reliability(&scored);
    let svg = plots::reliability(&report).expect("a plot");
    // A bar, its edge and its interval for every bin, in the colours of the theme.
    assert_eq!(svg.matches("fill=\"#000005\"").count(), reliability::BINS);
    assert_eq!(
        svg.matches("stroke=\"#000003\"").count(),
        2 * reliability::BINS
    );
    assert!(svg.starts_with("<svg viewBox") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("role=\"img\"") && svg.contains("<title id=\"reliability-title\">"));
    let empty = plots::reliability(&Reliability::default()).expect("an empty plot");
    assert!(!empty.contains("fill=\"#000005\""));
    plots::risk_coverage(&[]).expect("an empty curve");
    plots::latency(&[], &[]).expect("no times");
}

#[test]
fn a_gain_has_a_sign_and_nothing_has_none() {
    for (share, expected) in [
        (0.017, "+1.7"),
        (-0.1, "-10.0"),
        (0.0, "0.0"),
        (-0.0004, "0.0"),
        (0.0004, "0.0"),
    ] {
        assert_eq!(gain(share), expected);
    }
}

#[test]
fn a_comparison_counts_in_points_and_with_signs() {
    let report = |n_right: usize| {
        let question = |i: usize| {
            let ranks = if i < n_right { "[1]" } else { "[]" };
            format!(r#"{{"id":"{i}","language":"nl","n_relevant":1,"ranks":{{"loket":{ranks}}}}}"#)
        };
        let questions: Vec<String> = (0..100).map(question).collect();
        let run = serde_json::to_string(&facts()).expect("facts");
        format!(
            r#"{{"generation":"g","encoder":"e","rows":[],"run":{run},"questions":[{}]}}"#,
            questions.join(",")
        )
    };
    let options = crate::CompareOptions {
        common: false,
        min_effect: 0.03,
    };
    let compared = crate::compare(("a.json", &report(50)), ("b.json", &report(60)), options);
    let page = comparison_page(&compared.expect("reports"), "a.json", "b.json").expect("a page");
    assert!(
        page.contains("a mean loss of at least 3.0 points that"),
        "{page}"
    );
    assert!(page.contains("50.0 %</td><td class=\"number\">60.0 %</td>"));
    assert!(page.contains("good\">+10.0</td>"), "{page}");
    // Its interval, with a sign at both ends.
    let interval = page.split("good\">+10.0</td><td class=\"number\">").nth(1);
    let interval = interval.and_then(|rest| rest.split('<').next());
    let ends: Vec<&str> = interval.expect("an interval").split(" to ").collect();
    assert_eq!(ends.len(), 2, "{ends:?}");
    assert!(ends.iter().all(|end| end.starts_with('+')), "{ends:?}");
}
