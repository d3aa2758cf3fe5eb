//! Syllables: how many a word has, by its vowels.
//!
//! Runs of vowels count as one syllable, but for the hiatuses of the Romance languages and the silent endings of English
//! and French. That is off by one here and there and right on average, which is all the formulas ask.

use corpus::Language;

/// Syllables of `word`; at least 1.
pub(super) fn count(word: &str, language: Language) -> usize {
    let mut n: usize = 0;
    let mut before: Option<char> = None;
    let mut last_run_starts_late = false;
    let mut n_letters = 0;
    let mut tail = ['\0'; 3];
    for character in word.chars() {
        let letter = lower(character);
        n_letters += 1;
        tail = [tail[1], tail[2], letter];
        if is_vowel(letter, language) {
            let opens = before.is_none_or(|left| is_hiatus(left, letter, language));
            if opens {
                n += 1;
                last_run_starts_late = true;
            }
            before = Some(letter);
        } else {
            before = None;
            last_run_starts_late = false;
        }
    }
    let ends_in = |ending: &str| {
        let mut letters = tail.iter().rev();
        ending.chars().rev().all(|c| letters.next() == Some(&c))
    };
    let is_silent = match language {
        // "make", "stored"; not "table", "added".
        Language::En => {
            ends_in("e") && last_run_starts_late && !ends_in("le") && n_letters > 2
                || ends_in("ed") && !ends_in("ted") && !ends_in("ded")
        }
        Language::Fr => {
            ends_in("e") && last_run_starts_late || ends_in("es") || ends_in("ent") && n > 2
        }
        _ => false,
    };
    n.saturating_sub(usize::from(is_silent)).max(1)
}

fn lower(character: char) -> char {
    if character.is_ascii() {
        character.to_ascii_lowercase()
    } else {
        character.to_lowercase().next().unwrap_or(character)
    }
}

fn is_vowel(letter: char, language: Language) -> bool {
    match letter {
        'a' | 'e' | 'i' | 'o' | 'u' => true,
        // "york", "yacht": where y opens a syllable it hardly ever is one.
        'y' => !matches!(language, Language::Es | Language::Pt),
        _ => !letter.is_ascii() && is_accented_vowel(letter),
    }
}

const fn is_accented_vowel(letter: char) -> bool {
    matches!(
        letter,
        'à' | 'á'
            | 'â'
            | 'ã'
            | 'ä'
            | 'å'
            | 'æ'
            | 'è'
            | 'é'
            | 'ê'
            | 'ë'
            | 'ì'
            | 'í'
            | 'î'
            | 'ï'
            | 'ò'
            | 'ó'
            | 'ô'
            | 'õ'
            | 'ö'
            | 'œ'
            | 'ù'
            | 'ú'
            | 'û'
            | 'ü'
            | 'ý'
            | 'ą'
            | 'ę'
    )
}

/// Whether two vowels beside each other belong to two syllables: "cre-o", "pa-ís".
fn is_hiatus(left: char, right: char, language: Language) -> bool {
    let is_open = |c: char| {
        matches!(
            c,
            'a' | 'e' | 'o' | 'á' | 'é' | 'ó' | 'à' | 'è' | 'ò' | 'â' | 'ê' | 'ô'
        )
    };
    match language {
        Language::Es | Language::Pt | Language::It => {
            is_open(left) && is_open(right)
                || matches!(right, 'í' | 'ú')
                || matches!(left, 'í' | 'ú')
        }
        Language::Nl | Language::Fr | Language::De => matches!(right, 'ë' | 'ï'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: Language, words: &[(&str, usize)]) {
        for (word, expected) in words {
            assert_eq!(count(word, language), *expected, "{language}: {word}");
        }
    }

    #[test]
    fn syllables_are_counted_by_the_vowels_of_each_language() {
        check(
            Language::En,
            &[
                ("make", 1),
                ("table", 2),
                ("payment", 2),
                ("stored", 1),
                ("added", 2),
                ("the", 1),
            ],
        );
        check(
            Language::Nl,
            &[
                ("bestelling", 3),
                ("koeken", 2),
                ("geïnd", 2),
                ("uitbetaling", 4),
            ],
        );
        check(
            Language::De,
            &[("Käufer", 2), ("Gebühr", 2), ("Auszahlung", 3)],
        );
        check(
            Language::Fr,
            &[
                ("acheteur", 3),
                ("compte", 1),
                ("livraison", 3),
                ("maison", 2),
            ],
        );
        check(
            Language::Es,
            &[("país", 2), ("creo", 2), ("cuenta", 2), ("devolución", 4)],
        );
        check(
            Language::It,
            &[("acquirente", 4), ("paese", 3), ("conto", 2)],
        );
        check(
            Language::Pt,
            &[("vendedor", 3), ("país", 2), ("pagamento", 4)],
        );
        check(Language::Pl, &[("sprzedawca", 3), ("zwrot", 1)]);
        check(Language::En, &[("PDF", 1), ("", 1)]);
    }
}
