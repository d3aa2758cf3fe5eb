//! Marks: the sentences of two replies side by side, with the words that differ.

use serde::Serialize;
use similar::{ChangeTag, DiffTag, TextDiff, capture_diff_slices};

/// Share of their letters, in words both have, that two sentences must have in common to stand side by side as one that was reworded.
const SAME_SENTENCE: f32 = 0.4;

/// A stretch of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The words with the white space around them.
    pub text: String,
    /// Whether the other side does not have them.
    pub marked: bool,
}

/// One sentence, as it was and as it is; empty where it was not or is not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Of the base.
    pub before: Vec<Run>,
    /// Of the head.
    pub after: Vec<Run>,
}

impl Row {
    /// Whether both sides say the same.
    pub fn is_same(&self) -> bool {
        self.before == self.after
    }
}

/// The sentences of both sides in order, those that say the same in one row.
pub fn side_by_side(before: &[String], after: &[String]) -> Vec<Row> {
    let mut rows = Vec::new();
    for op in capture_diff_slices(similar::Algorithm::Myers, before, after) {
        let (old, new) = (&before[op.old_range()], &after[op.new_range()]);
        match op.tag() {
            DiffTag::Equal => rows.extend(old.iter().map(|text| Row {
                before: plain(text, false),
                after: plain(text, false),
            })),
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => pair(old, new, &mut rows),
        }
    }
    rows
}

/// Sets each of `old` beside the first of `new`, behind the last one taken, that is like it.
fn pair(old: &[String], new: &[String], rows: &mut Vec<Row>) {
    let mut new = new.iter().collect::<std::collections::VecDeque<_>>();
    let alone = |text: &String| Row {
        before: Vec::new(),
        after: plain(text, true),
    };
    for was in old {
        let like = new.iter().position(|is| likeness(was, is) >= SAME_SENTENCE);
        if let Some(place) = like {
            rows.extend(new.drain(..place).map(alone));
            let Some(is) = new.pop_front() else { continue };
            rows.push(marked(was, is));
        } else {
            rows.push(Row {
                before: plain(was, true),
                after: Vec::new(),
            });
        }
    }
    rows.extend(new.into_iter().map(alone));
}

/// Share of their letters and digits that stand in words both have; spaces and marks make nothing alike.
fn likeness(one: &str, other: &str) -> f32 {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let diff = TextDiff::from_unicode_words(one, other);
    let same: usize = diff
        .iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Equal)
        .map(|change| letters(change.value()))
        .sum();
    2.0 * same as f32 / (letters(one) + letters(other)).max(1) as f32
}

fn plain(text: &str, marked: bool) -> Vec<Run> {
    vec![Run {
        text: text.to_owned(),
        marked,
    }]
}

fn marked(before: &str, after: &str) -> Row {
    let mut row = Row {
        before: Vec::new(),
        after: Vec::new(),
    };
    for change in TextDiff::from_unicode_words(before, after).iter_all_changes() {
        let text = change.value();
        match change.tag() {
            ChangeTag::Equal => {
                push(&mut row.before, text, false);
                push(&mut row.after, text, false);
            }
            ChangeTag::Delete => push(&mut row.before, text, true),
            ChangeTag::Insert => push(&mut row.after, text, true),
        }
    }
    row
}

fn push(runs: &mut Vec<Run>, text: &str, marked: bool) {
    match runs.last_mut() {
        Some(last) if last.marked == marked => last.text.push_str(text),
        _ => runs.extend(plain(text, marked)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row as text: `[-was-]` and `{+is+}` around what is marked, the sides with `|` between them.
    fn shown(row: &Row) -> String {
        let side = |runs: &[Run], open: &str, close: &str| -> String {
            let run = |run: &Run| {
                if run.marked {
                    format!("{open}{}{close}", run.text)
                } else {
                    run.text.clone()
                }
            };
            runs.iter().map(run).collect()
        };
        format!(
            "{}|{}",
            side(&row.before, "[-", "-]"),
            side(&row.after, "{+", "+}")
        )
    }

    #[track_caller]
    fn check(before: &[&str], after: &[&str], expected: &[&str]) {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let rows = side_by_side(&owned(before), &owned(after));
        assert_eq!(rows.iter().map(shown).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_amount_is_marked_and_nothing_else() {
        check(
            &["You pay 8 % of the bid.", "No VAT is added."],
            &["You pay 9 % of the bid.", "No VAT is added."],
            &[
                "You pay [-8-] % of the bid.|You pay {+9+} % of the bid.",
                "No VAT is added.|No VAT is added.",
            ],
        );
        check(
            &["你支付中标价的8%。"],
            &["你支付中标价的9%。"],
            &["你支付中标价的[-8-]%。|你支付中标价的{+9+}%。"],
        );
    }

    #[test]
    fn sentences_keep_their_order_and_stand_alone_where_they_must() {
        check(&["Pay within 3 days."], &[], &["[-Pay within 3 days.-]|"]);
        check(&[], &["Pay within 3 days."], &["|{+Pay within 3 days.+}"]);
        check(
            &["Pay within 3 days."],
            &["Cards cost nothing here.", "Pay within 5 days."],
            &[
                "|{+Cards cost nothing here.+}",
                "Pay within [-3-] days.|Pay within {+5+} days.",
            ],
        );
        check(
            &["Chat is open."],
            &["Returns need a label."],
            &["[-Chat is open.-]|", "|{+Returns need a label.+}"],
        );
        // Spaces alone are no likeness.
        check(
            &["Les frais sont de 8 % ici."],
            &["Vous pouvez fixer un prix bas."],
            &[
                "[-Les frais sont de 8 % ici.-]|",
                "|{+Vous pouvez fixer un prix bas.+}",
            ],
        );
        check(&[], &[], &[]);
    }
}
