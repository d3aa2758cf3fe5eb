//! Formulas: from counts of sentences, words, syllables and letters to how easily a text reads.
//!
//! | language | formula | source |
//! |---|---|---|
//! | English | 206.835 − 1.015 · words/sentence − 84.6 · syllables/word | R. Flesch, "A new readability yardstick", Journal of Applied Psychology 32 (1948) |
//! | Dutch | 206.84 − 0.93 · words/sentence − 77 · syllables/word | W. H. Douma, "De leesbaarheid van landbouwbladen" (1960) |
//! | German | 180 − words/sentence − 58.5 · syllables/word | T. Amstad, "Wie verständlich sind unsere Zeitungen?" (1978) |
//! | French | 207 − 1.015 · words/sentence − 73.6 · syllables/word | L. Kandel and A. Moles, "Application de l'indice de Flesch à la langue française" (1958) |
//! | Spanish | 206.84 − 1.02 · words/sentence − 60 · syllables/word | J. Fernández Huerta, "Medidas sencillas de lecturabilidad" (1959) |
//! | Portuguese | 248.835 − 1.015 · words/sentence − 84.6 · syllables/word | T. B. F. Martins and others, "Readability formulas applied to textbooks in Brazilian Portuguese" (1996) |
//! | Italian | 89 + (300 · sentences − 10 · letters) / words | P. Lucisano and M. E. Piemontese, "Gulpease" (1988) |
//! | Polish | words/sentence | |
//! | Chinese | characters/sentence | |

use corpus::Language;

use super::syllables;

/// What the formulas count.
#[expect(
    clippy::struct_field_names,
    reason = "`n_` is what counts are called here"
)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) n_sentences: usize,
    /// Words; in Chinese, characters.
    pub(super) n_words: usize,
    pub(super) n_syllables: usize,
    pub(super) n_letters: usize,
}

impl Counts {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            n_sentences: self.n_sentences + other.n_sentences,
            n_words: self.n_words + other.n_words,
            n_syllables: self.n_syllables + other.n_syllables,
            n_letters: self.n_letters + other.n_letters,
        }
    }
}

/// How easily a text reads, as its language measures it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ease {
    /// A formula of the Flesch family by its name: 100 for the easiest, below 30 very difficult.
    Flesch(&'static str, f64),
    /// The Gulpease index, 0 to 100.
    Gulpease(f64),
    /// Words a sentence.
    Words(f64),
    /// Characters a sentence.
    Characters(f64),
}

/// Counts one sentence. Words without a letter count nothing: figures and signs are read at a glance.
pub(super) fn count(sentence: &str, language: Language) -> Counts {
    let mut counts = Counts {
        n_sentences: 1,
        ..Counts::default()
    };
    if !language.separates_words() {
        counts.n_words = sentence.chars().filter(|c| c.is_alphanumeric()).count();
        return counts;
    }
    for word in sentence.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’')) {
        let n_letters = word.chars().filter(|c| c.is_alphabetic()).count();
        if n_letters > 0 {
            counts.n_words += 1;
            counts.n_letters += n_letters;
            counts.n_syllables += syllables::count(word, language);
        }
    }
    counts
}

/// How easily a text with these counts reads; a text without words reads as one empty sentence.
pub(super) fn ease(counts: Counts, language: Language) -> Ease {
    let words = counts.n_words.max(1) as f64;
    let sentences = counts.n_sentences.max(1) as f64;
    let length = words / sentences;
    let syllables = counts.n_syllables as f64 / words;
    match language {
        Language::En => Ease::Flesch("Flesch", 206.835 - 1.015 * length - 84.6 * syllables),
        Language::Nl => Ease::Flesch("Flesch-Douma", 206.84 - 0.93 * length - 77.0 * syllables),
        Language::De => Ease::Flesch("Amstad", 180.0 - length - 58.5 * syllables),
        Language::Fr => Ease::Flesch("Kandel-Moles", 207.0 - 1.015 * length - 73.6 * syllables),
        Language::Es => Ease::Flesch(
            "Fernández Huerta",
            206.84 - 1.02 * length - 60.0 * syllables,
        ),
        Language::Pt => Ease::Flesch("Martins", 248.835 - 1.015 * length - 84.6 * syllables),
        Language::It => {
            Ease::Gulpease(89.0 + (300.0 * sentences - 10.0 * counts.n_letters as f64) / words)
        }
        Language::Pl => Ease::Words(length),
        Language::Zh => Ease::Characters(length),
    }
}
