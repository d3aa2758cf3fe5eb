//! Statements among the token rows of their passage.
//!
//! The rows of a passage are made of its title, headings and body in one pass, so that each token is read in its
//! context. Which of them belong to one statement is found again from the text, not kept in the index.

use std::ops::Range;

use corpus::{Article, Passage};

use super::is_telling;
use crate::split::{body_of, embedded_text};

/// The rows of each statement of `passage`, whose embedded text has the tokens `tokens` and of these `n_rows` rows.
/// Empty for a statement that is not found in it (a heading, a row of a table) or lies behind the encoder's limit.
///
/// # Errors
/// Those of `tokens`.
pub(crate) fn rows_of_statements<E>(
    article: &Article,
    passage: &Passage,
    n_rows: usize,
    tokens: impl FnOnce(&str) -> Result<Vec<Range<usize>>, E>,
) -> Result<Vec<Range<usize>>, E> {
    let text = embedded_text(article, passage);
    let body = body_of(passage);
    let telling: Vec<Range<usize>> = tokens(&text)?
        .into_iter()
        .filter(|range| is_telling(&text, range))
        .take(n_rows)
        .collect();
    let mut from = text.len() - body.len();
    Ok(passage
        .statements
        .iter()
        .map(|statement| {
            let Some(at) = text[from..].find(&statement.text) else {
                return 0..0;
            };
            let start = from + at;
            let end = start + statement.text.len();
            from = end;
            let first = telling.partition_point(|token| token.end <= start);
            let last = telling.partition_point(|token| token.start < end);
            first..last
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use corpus::{ByteRange, Statement, StatementKind};

    use super::*;

    fn statement(kind: StatementKind, text: &str) -> Statement {
        Statement {
            kind,
            text: text.to_owned(),
            range: ByteRange::new(0, 0),
        }
    }

    fn words(text: &str) -> Vec<Range<usize>> {
        let mut at = 0;
        let words = text.split_inclusive(char::is_whitespace).map(|word| {
            let range = at..at + word.len();
            at = range.end;
            range
        });
        words.collect()
    }

    #[test]
    fn each_statement_has_its_own_tokens() {
        let article = crate::parse::parse("en/fees.md", b"---\ntitle: Fees\n---\ntext\n")
            .expect("read")
            .expect("an article")
            .article;
        let passage = Passage {
            section: usize::MAX,
            range: ByteRange::new(0, 0),
            text: "Costs\nYou pay 9 % .\nBuyers pay too.".to_owned(),
            statements: vec![
                statement(StatementKind::Heading, "Costs"),
                statement(StatementKind::Sentence, "You pay 9 % ."),
                statement(StatementKind::TableRow, "who: all"),
                statement(StatementKind::Sentence, "Buyers pay too."),
            ],
        };
        // Title, then "You pay 9" (two marks have no row), then three words.
        let rows = |n| {
            let Ok(rows) = rows_of_statements(&article, &passage, n, |text| {
                Ok::<_, Infallible>(words(text))
            });
            rows
        };
        assert_eq!(rows(9), [0..0, 1..4, 0..0, 4..7]);
        // Cut off by the encoder's limit.
        assert_eq!(rows(5), [0..0, 1..4, 0..0, 4..5]);
    }
}
