use corpus::Language;

use super::*;
use crate::run::OutcomeKind;

fn source(article: &str) -> ReplySource {
    ReplySource {
        article: article.to_owned(),
        language: Language::En,
        title: format!("About {article}"),
    }
}

fn reply(text: &str, articles: &[&str], confidence: f32) -> Reply {
    let is_answered = !text.is_empty();
    Reply {
        outcome: if is_answered {
            OutcomeKind::Answered
        } else {
            OutcomeKind::Escalated
        },
        reason: (!is_answered).then(|| "no_evidence".to_owned()),
        language: Language::En,
        sentences: if is_answered {
            vec![text.to_owned()]
        } else {
            Vec::new()
        },
        sources: articles.iter().map(|article| source(article)).collect(),
        unanswered: Vec::new(),
        confidence,
    }
}

fn question(id: &str) -> JudgedQuestion {
    JudgedQuestion {
        id: id.to_owned(),
        question: "How much?".to_owned(),
        ..JudgedQuestion::default()
    }
}

fn asked(before: Reply, after: Reply) -> Asked {
    Asked {
        is_touched: true,
        in_reach: BTreeSet::new(),
        before: Some(before),
        after: Some(after),
        n_made: 2,
    }
}

fn version(article: &str, path: &str, hash: &str) -> Version {
    Version {
        article: article.to_owned(),
        language: Language::En,
        title: format!("About {article}"),
        path: path.to_owned(),
        hash: hash.to_owned(),
    }
}

fn side(name: &str) -> SideName {
    SideName {
        name: name.to_owned(),
        commit: None,
        articles: 1,
    }
}

fn compared(old: Vec<Version>, new: Vec<Version>, fail_on: &[Kind]) -> Compared {
    Compared {
        base: (side("HEAD"), old),
        head: (side("working tree"), new),
        mode: answer::Mode::Extractive,
        fail_on: fail_on.to_vec(),
        left_out: Vec::new(),
    }
}

/// Compares the replies to one question and gives what holds of it.
#[track_caller]
fn check(question: JudgedQuestion, before: Reply, after: Reply, first: Kind, all: &[Kind]) {
    let articles = || vec![version("fees", "en/fees.md", "a")];
    let report = report(
        compared(articles(), articles(), &[]),
        &[question],
        &[asked(before, after)],
    );
    assert_eq!(report.counts, BTreeMap::from([(first, 1)]));
    let kinds = report.changes.first().map(|change| &*change.kinds);
    assert_eq!(kinds.unwrap_or(&[Kind::Unchanged]), all);
}

#[test]
fn a_change_is_named_by_what_it_does() {
    use Kind::{
        Broken, ConfidenceMoved, Fixed, GainedSource, LostSource, OutcomeChanged, TextChanged,
        Unchanged,
    };
    let plain = || question("q");
    let expecting = |expect| JudgedQuestion {
        expect: Some(expect),
        ..plain()
    };
    let was = || reply("You pay 8 %.", &["fees"], 0.9);
    let person = || reply("", &[], 0.2);
    let lost = [
        Broken,
        LostSource,
        TextChanged,
        OutcomeChanged,
        ConfidenceMoved,
    ];
    let gained = [
        GainedSource,
        TextChanged,
        OutcomeChanged,
        ConfidenceMoved,
        Fixed,
    ];

    check(plain(), was(), was(), Unchanged, &[Unchanged]);
    check(
        plain(),
        was(),
        reply("You pay 8 %.", &["fees"], 0.86),
        Unchanged,
        &[Unchanged],
    );
    check(
        plain(),
        was(),
        reply("You pay 8 %.", &["fees"], 0.84),
        ConfidenceMoved,
        &[ConfidenceMoved],
    );
    check(
        plain(),
        was(),
        reply("You pay 9 %.", &["fees"], 0.9),
        TextChanged,
        &[TextChanged],
    );
    check(
        plain(),
        was(),
        reply("You pay 8 %.", &["vat"], 0.9),
        LostSource,
        &[LostSource, GainedSource],
    );
    check(plain(), was(), person(), Broken, &lost);
    check(plain(), person(), was(), Fixed, &gained);
    check(
        expecting(Expectation::Answered),
        was(),
        person(),
        Broken,
        &lost,
    );
    // It was answered and should not have been.
    check(
        expecting(Expectation::Escalated),
        was(),
        person(),
        Fixed,
        &[
            LostSource,
            TextChanged,
            OutcomeChanged,
            ConfidenceMoved,
            Fixed,
        ],
    );
    check(
        expecting(Expectation::Escalated),
        person(),
        was(),
        Broken,
        &[
            Broken,
            GainedSource,
            TextChanged,
            OutcomeChanged,
            ConfidenceMoved,
        ],
    );
    // Both wrong: the edit did not break it.
    let clarify = || Reply {
        outcome: OutcomeKind::Clarify,
        reason: None,
        ..was()
    };
    check(
        expecting(Expectation::Escalated),
        was(),
        clarify(),
        OutcomeChanged,
        &[OutcomeChanged],
    );
}

#[test]
fn a_gold_text_that_is_gone_breaks_and_one_that_came_fixes() {
    let golden = || JudgedQuestion {
        answers: vec!["8 %".to_owned(), "eight percent".to_owned()],
        ..question("q")
    };
    let says = |text| reply(text, &["fees"], 0.9);
    check(
        golden(),
        says("You pay 8 %."),
        says("You pay 9 %."),
        Kind::Broken,
        &[Kind::Broken, Kind::TextChanged],
    );
    check(
        golden(),
        says("You pay 9 %."),
        says("You pay 8 %."),
        Kind::Fixed,
        &[Kind::TextChanged, Kind::Fixed],
    );
    check(
        golden(),
        says("You pay 8 %."),
        says("You pay eight percent."),
        Kind::TextChanged,
        &[Kind::TextChanged],
    );
    let articles = || vec![version("fees", "en/fees.md", "a")];
    let gone = asked(says("You pay 8 %."), says("You pay 9 %."));
    let report = report(
        compared(articles(), articles(), &[Kind::Broken]),
        &[golden()],
        &[gone],
    );
    assert_eq!(report.changes[0].gold_lost, ["8 %"]);
    assert_eq!(report.failed, ["q"]);
    assert!(!report.passes());
    assert!(report.no_longer_answered.is_empty());
}

#[test]
fn edits_are_told_by_language_and_article() {
    let old = [
        version("fees", "en/fees.md", "1"),
        version("payout", "en/payout.md", "2"),
        version("chat", "en/chat.md", "3"),
        version("vat", "en/vat.md", "4"),
        version("tax", "en/tax.md", "5"),
    ];
    let new = [
        version("fees", "en/fees.md", "1b"),
        version("payout", "en/selling/payout.md", "2"),
        version("money/vat", "en/money/vat.md", "4"),
        version("tax", "en/tax.md", "5"),
        version("bids", "en/bids.md", "6"),
    ];
    let edits = edits(&old, &new);
    let told: Vec<_> = edits
        .iter()
        .map(|edit| (edit.kind, &*edit.article))
        .collect();
    assert_eq!(
        told,
        [
            (EditKind::Added, "bids"),
            (EditKind::Removed, "chat"),
            (EditKind::Changed, "fees"),
            (EditKind::Moved, "money/vat"),
            (EditKind::Moved, "payout"),
        ]
    );
    assert_eq!(edits[3].article_before.as_deref(), Some("vat"));
    assert_eq!(edits[4].article_before, None);
    assert_eq!(edits[4].path_before.as_deref(), Some("en/payout.md"));
    assert_eq!(super::edits(&old, &old), []);
}

#[test]
fn an_article_with_another_id_is_the_same_source() {
    let old = vec![version("vat", "en/vat.md", "4")];
    let new = vec![version("money/vat", "en/money/vat.md", "4")];
    let judged = JudgedQuestion {
        relevant: vec!["vat#rates".to_owned()],
        ..question("q")
    };
    let same = asked(
        reply("It is 21 %.", &["vat"], 0.9),
        reply("It is 21 %.", &["money/vat"], 0.9),
    );
    let report = report(compared(old, new, &[Kind::Broken]), &[judged], &[same]);
    assert_eq!(report.changes, []);
    assert_eq!(report.edits[0].questions, ["q"]);
    let stale = &report.stale_judgments[0];
    assert_eq!(
        (&*stale.question, &*stale.article, stale.now.as_deref()),
        ("q", "vat", Some("money/vat"))
    );
}

#[test]
fn the_severest_come_first_and_untouched_questions_are_counted() {
    let articles = || vec![version("fees", "en/fees.md", "a")];
    let was = || reply("You pay 8 %.", &["fees"], 0.9);
    let untouched = Asked {
        is_touched: false,
        before: None,
        after: None,
        n_made: 0,
        ..asked(was(), was())
    };
    let questions = ["same", "reworded", "gone"].map(question);
    let asked = [
        untouched,
        asked(was(), reply("You pay 9 %.", &["fees"], 0.9)),
        asked(was(), reply("", &[], 0.1)),
    ];
    let report = report(
        compared(articles(), articles(), &[Kind::LostSource]),
        &questions,
        &asked,
    );
    let order: Vec<&str> = report.changes.iter().map(|change| &*change.id).collect();
    assert_eq!(order, ["gone", "reworded"]);
    assert_eq!(
        (report.questions, report.touched, report.answers_made),
        (3, 2, 4)
    );
    assert_eq!(report.counts[&Kind::Unchanged], 1);
    assert_eq!(report.no_longer_answered, ["gone"]);
    assert_eq!(report.failed, ["gone"]);
}

#[test]
fn kinds_are_read_as_they_are_written() {
    for kind in Kind::ALL {
        let read = kind.code().replace('_', "-").parse::<Kind>();
        assert_eq!(read.ok(), (kind != Kind::Unchanged).then_some(kind));
    }
    let error = "worse".parse::<Kind>().expect_err("no kind");
    assert!(error.to_string().contains("`worse`") && error.to_string().contains("lost_source"));
}

#[test]
fn a_page_shows_what_texts_say_and_runs_none_of_it() {
    let evil = "<script>alert(1)</script>\" onclick='x'";
    let mut old = version("fees", "en/fees.md", "a");
    old.path = format!("en/{evil}.md");
    old.title = evil.to_owned();
    let new = Version {
        hash: "b".to_owned(),
        ..old.clone()
    };
    let asking = JudgedQuestion {
        question: evil.to_owned(),
        answers: vec!["8".to_owned()],
        ..question(evil)
    };
    let mut before = reply(&format!("You pay 8 {evil}"), &["fees"], 0.9);
    before.sources[0].title = evil.to_owned();
    let after = reply(&format!("You pay 9 {evil}"), &[], 0.7);
    let mut asked = asked(before, after);
    asked.in_reach.insert(("fees".to_owned(), Language::En));
    let mut compared = compared(vec![old], vec![new], &[Kind::Broken]);
    compared.head.0.name = evil.to_owned();
    compared.left_out.push(LeftOut {
        side: "head",
        path: evil.to_owned(),
        line: Some(3),
        reason: evil.to_owned(),
    });
    let report = report(compared, &[asking], &[asked]);
    let page = page(&report).expect("a page");
    // The page's own script is the only one, and no text becomes an attribute or an element.
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("onclick='x'"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(
        page.contains("<del>8</del>") && page.contains("<ins>9</ins>"),
        "{page}"
    );
    assert!(page.contains("1 question must be looked at"));
    for from_outside in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!page.contains(from_outside), "{from_outside}");
    }
}
