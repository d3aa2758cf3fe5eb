use jiff::civil::date;

use super::*;
use crate::tests::collection;

const FILES: [(&str, &str); 3] = [
    (
        "en/fees.md",
        "---\ntitle: Fees\naudience: [buyer]\n---\n\nYou pay 8% of the bid.\n\n## Value added tax\n\nIt is in the fee.\n",
    ),
    (
        "en/fees-2027.md",
        "---\ntitle: New fees\nvalid_from: 2027-01-01\n---\n\nYou pay 8.5% of the bid.\n",
    ),
    (
        "nl/fees.md",
        "---\ntitle: Kosten\n---\n\nJe betaalt 8% van het bod.\n",
    ),
];

/// Line and message of what is wrong with the questions, each without its opening.
#[track_caller]
fn check(questions: &[&str], expected: &[(u32, &str)]) {
    let lines: Vec<String> = (questions.iter().enumerate())
        .map(|(n, rest)| match rest.strip_prefix('!') {
            Some(line) => line.to_owned(),
            None => format!("{{\"id\": \"q{n}\", \"question\": \"How much?\", {rest}}}"),
        })
        .collect();
    let text = lines.join("\n");
    let file = QuestionFile {
        path: "questions.jsonl",
        text: &text,
    };
    let found = findings(&collection(&FILES), file, date(2026, 11, 27));
    let told: Vec<(u32, &str)> = found
        .iter()
        .map(|finding| (finding.place.line, finding.message.as_str()))
        .collect();
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((line, message), (wanted, part)) in told.iter().zip(expected) {
        assert_eq!(line, wanted, "{message}");
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_question_that_names_its_article_is_fine() {
    check(
        &[
            r#""relevant": ["fees"], "expect": "answered""#,
            r#""relevant": ["fees#value-added-tax"], "answers": ["It is in the fee"]"#,
            r#""relevant": ["fees"], "language": "en", "answers": ["8 % of the winning bid"], "expect": "answered""#,
            r#""relevant": ["fees-2027"], "at": "2027-01-02T10:00:00Z", "expect": "answered""#,
            r#""expect": "escalated""#,
        ],
        &[],
    );
}

#[test]
fn what_is_named_must_be_there() {
    check(
        &[
            r#""relevant": ["gift-cards"]"#,
            r#""relevant": ["fees#gift-cards"]"#,
            r#""relevant": ["../fees"]"#,
        ],
        &[
            (1, "names the article `gift-cards`, which is not there"),
            (
                2,
                "names the heading `#gift-cards`, which `fees` does not have",
            ),
            (3, "names the article `../fees`, which is not there"),
        ],
    );
}

#[test]
fn a_question_to_be_answered_names_an_article_that_can() {
    check(
        &[
            r#""expect": "answered""#,
            r#""answers": ["8%"]"#,
            r#""relevant": ["fees-2027"], "expect": "answered""#,
        ],
        &[
            (1, "should be answered and names no article"),
            (2, "should be answered and names no article"),
            (
                3,
                "is asked on 2026-11-27 by someone to whom none of its articles is shown",
            ),
        ],
    );
}

#[test]
fn figures_expected_must_stand_in_the_article() {
    check(
        &[
            r#""relevant": ["fees"], "language": "en", "answers": ["9% of the bid"], "expect": "answered""#,
            // Any of several will do, and another language says it otherwise.
            r#""relevant": ["fees"], "language": "en", "answers": ["9%", "8 percent"], "expect": "answered""#,
            r#""relevant": ["fees"], "language": "de", "answers": ["9 %"], "expect": "answered""#,
        ],
        &[(
            1,
            "expects “9% of the bid”, which none of its articles states",
        )],
    );
}

#[test]
fn a_line_that_is_no_question_is_told_with_the_others() {
    check(
        &[
            r#""relevant": ["fees"]"#,
            "!{\"id\": \"x\"}",
            "!",
            "!{\"id\": \"q0\", \"question\": \"Again?\"}",
        ],
        &[
            (2, "missing field `question`"),
            (4, "the id `q0` stands on line 1 already"),
        ],
    );
}
