//! Segmentation, normalisation and byte ranges on a vocabulary of a few pieces.

use super::*;

fn unigram(pieces: &[(&str, f32)]) -> Unigram {
    let mut vocabulary = Vocabulary::default();
    for (piece, score) in [("<s>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
        .iter()
        .chain(pieces)
    {
        assert!(vocabulary.push(piece, *score));
    }
    Unigram::new(vocabulary, 2)
}

fn tokenizer() -> Tokenizer {
    let unigram = unigram(&[
        ("▁", -2.0),
        ("▁re", -3.0),
        ("set", -3.0),
        ("▁reset", -5.0),
        ("s", -4.0),
        ("e", -4.0),
        ("t", -4.0),
        ("ts", -9.0),
        ("fi", -5.0),
        ("é", -5.0),
        ("<", -6.0),
        (">", -6.0),
    ]);
    let mut map = CodePointMap::default();
    assert!(map.push('\n', [' ']));
    assert!(map.push('\u{ad}', []));
    assert!(map.push('ﬁ', ['f', 'i']));
    assert!(!map.push('a', ['b']), "entries ascend");
    Tokenizer::packed(unigram, map, 0, 1).unwrap()
}

/// Tokens as `text of the token`, with `?` before unknown ones.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let tokenizer = tokenizer();
    let tokens = tokenizer.ids_and_ranges(text).unwrap();
    let shown: Vec<String> = tokens
        .iter()
        .map(|(id, range)| {
            let mark = if *id == 2 { "?" } else { "" };
            format!("{mark}{}", &text[range.clone()])
        })
        .collect();
    assert_eq!(shown, expected);
    let ids: Vec<u32> = tokens.iter().map(|(id, _)| *id).collect();
    assert_eq!(tokenizer.ids(text).unwrap(), ids);
    for pair in tokens.windows(2) {
        assert!(pair[0].1.start <= pair[1].1.start && pair[0].1.end <= pair[1].1.end);
    }
}

#[test]
fn the_best_path_wins() {
    check("reset", &["reset"]);
    check("resets", &["reset", "s"]);
    // The mark before the first word stands for no byte of its own and shares the first character.
    check("sets", &["s", "set", "s"]);
    check("re set", &["re", " ", "set"]);
}

#[test]
fn nothing_is_nothing() {
    check("", &[]);
}

#[test]
fn what_no_piece_covers_is_unknown_letter_by_letter() {
    check("re中文", &["re", "?中", "?文"]);
    check("reé", &["re", "é"]);
}

#[test]
fn control_tokens_are_text() {
    check("re<s>", &["re", "<", "s", ">"]);
}

#[test]
fn spaces_collapse_and_keep_their_bytes() {
    check("reset   reset\n\n reset", &["reset", "reset", "reset"]);
    check("  reset", &["reset"]);
}

#[test]
fn replaced_characters_keep_their_bytes() {
    check("re\u{ad}set", &["re\u{ad}set"]);
    check("reﬁ", &["re", "ﬁ"]);
    check("\u{ad}reset", &["reset"]);
}

#[test]
fn long_text_without_spaces_is_cut() {
    let text = "set".repeat(5_000);
    let tokens = tokenizer().ids(&text).unwrap();
    assert_eq!(tokens.len(), 5_001);
}

#[test]
fn a_piece_across_words_is_found() {
    assert!(!unigram(&[("▁a", -1.0)]).has_piece_across_words(WORD_START));
    assert!(unigram(&[("a▁b", -1.0)]).has_piece_across_words(WORD_START));
}
