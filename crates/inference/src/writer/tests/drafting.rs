//! Drafting: the text of greedy decoding, sooner.

use super::{FAMILIES, Random, assert_same, file, request, write};
use crate::writer::GgufWriter;

const WORDS: &[&str] = &[
    "the ", "de ", "den ", "an ", "in ", "weather ", "day ", "12 ", "order, ", "is\n", "e", "er ",
];

/// A text of few words in which runs of words come back.
fn text(random: &mut Random) -> String {
    let run: String = (0..5).map(|_| random.of(WORDS)).collect();
    let between: String = (0..3).map(|_| random.of(WORDS)).collect();
    format!("{run}{between}{run}{}{run}", random.of(WORDS))
}

#[test]
fn drafting_gives_the_text_of_greedy_decoding() {
    let mut n_wrong = 0;
    for family in FAMILIES {
        let (mut n_drafted, mut n_accepted) = (0, 0);
        let mut random = Random::new(3);
        for seed in 0..2 {
            let (_dir, path) = file(family, seed);
            let mut writer = GgufWriter::load(&path, String::new()).expect("the tiny model loads");
            for _ in 0..5 {
                let mut request = request(&text(&mut random), 70);
                request.ends_loops = random.below(2) == 0;
                let drafted = write(&mut writer, &request);
                request.drafting = false;
                let plain = write(&mut writer, &request);
                assert_same(&drafted.text, &plain.text);
                assert_eq!(plain.n_drafted_tokens, 0);
                if crate::writer::kernels::are_available() {
                    assert_eq!(drafted.finish, plain.finish, "{}", plain.text);
                    assert_eq!(drafted.n_tokens, plain.n_tokens);
                }
                n_drafted += drafted.n_drafted_tokens;
                n_accepted += drafted.n_accepted_tokens;
            }
        }
        assert!(n_accepted > 20, "{family}: {n_accepted} of {n_drafted}");
        n_wrong += n_drafted - n_accepted;
    }
    // Guesses were right and guesses were wrong, or nothing was shown.
    assert!(n_wrong > 50, "{n_wrong}");
}
