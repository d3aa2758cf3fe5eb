use inference::{Embeddings, TextKind};
use proptest::prelude::*;

use super::*;
use crate::parse;

/// Counts every run of non-white-space as one token: exact sizes without a model.
struct Words;

impl Encoder for Words {
    fn id(&self) -> &'static str {
        "words"
    }

    fn dimensions(&self) -> usize {
        1
    }

    fn max_tokens(&self) -> usize {
        512
    }

    fn encode(&self, texts: &[&str], _: TextKind) -> Result<Embeddings, EncodeError> {
        Ok(Embeddings {
            dimensions: 1,
            values: vec![1.0; texts.len()],
        })
    }

    fn token_ranges(&self, text: &str) -> Result<Vec<Range<usize>>, EncodeError> {
        let start_of = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
        Ok(text
            .split_whitespace()
            .map(|word| start_of(word)..start_of(word) + word.len())
            .collect())
    }
}

fn passages(file: &str, passage_tokens: usize) -> (Article, Vec<Passage>) {
    let parsed = parse::parse("en/a.md", file.as_bytes())
        .expect("usable")
        .expect("an article");
    let passages = split(&parsed, &Words, SplitConfig { passage_tokens }).expect("split");
    (parsed.article, passages)
}

#[track_caller]
fn check(file: &str, passage_tokens: usize, expected: &[&str]) {
    let (_, passages) = passages(file, passage_tokens);
    let texts: Vec<&str> = passages
        .iter()
        .map(|passage| passage.text.as_str())
        .collect();
    assert_eq!(texts, expected);
}

#[test]
fn short_sections_are_one_passage_each() {
    check(
        "# T\n\nOne two.\n\n## H\n\nThree.\n",
        20,
        &["T\nOne two.", "H\nThree."],
    );
}

#[test]
fn a_heading_alone_is_no_passage() {
    check("# T\n\n## H\n\nText here.\n", 20, &["H\nText here."]);
}

#[test]
fn a_list_stays_whole_where_it_fits() {
    check(
        "a b c d e.\n\nYou need:\n\n- one\n- two\n- three\n",
        8,
        &["a b c d e.", "You need:\none\ntwo\nthree"],
    );
}

#[test]
fn a_long_list_is_cut_between_items_and_keeps_its_lead_in() {
    check(
        "Do:\n\n1. a b c\n2. d e f\n3. g h i\n",
        6,
        &["Do:\na b c", "d e f\ng h i"],
    );
}

#[test]
fn a_sentence_without_end_is_cut_at_spaces() {
    let (_, passages) = passages(&"word ".repeat(100), 30);
    assert!(passages.len() >= 4);
    for passage in &passages {
        let n_words = passage.text.split_whitespace().count();
        assert!((1..=30).contains(&n_words), "{n_words}");
    }
}

#[test]
fn title_and_headings_travel_with_the_embedded_text() {
    let (article, passages) = passages("# Pay\n\n## Fees\n\n### Cards\n\nTwo percent.\n", 20);
    assert_eq!(
        embedded_text(&article, &passages[0]),
        "Pay › Fees › Cards\nTwo percent."
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Passages tile the sections they are of, and every statement slices back to its bytes.
    #[test]
    fn passages_tile_their_sections(
        file in "((# |## |- |1\\. |> |\\| )?([a-z]{1,9}[.:]? ){1,30}\n{1,2}){1,12}",
        passage_tokens in 3_usize..40,
    ) {
        let (article, passages) = passages(&file, passage_tokens);
        prop_assert!(!passages.is_empty());
        for (n, section) in article.sections.iter().enumerate() {
            let own: Vec<&Passage> = passages.iter().filter(|p| p.section == n).collect();
            let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
            prop_assert_eq!(first.range.start, section.range.start);
            prop_assert_eq!(last.range.end, section.range.end);
            for pair in own.windows(2) {
                prop_assert_eq!(pair[0].range.end, pair[1].range.start);
            }
        }
        for passage in &passages {
            prop_assert!(!passage.statements.is_empty());
            for statement in &passage.statements {
                prop_assert!(passage.range.contains(statement.range));
                prop_assert!(statement.range.slice(&file).is_some_and(|quote| !quote.is_empty()));
            }
        }
    }
}
