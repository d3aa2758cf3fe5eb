//! Language detection for short texts: script first, then n-gram statistics over the nine languages.

use std::sync::LazyLock;

use lingua::{Language as Detected, LanguageDetector, LanguageDetectorBuilder};

use super::Language;

/// A detected language and how sure the detector is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// The most likely language.
    pub language: Language,
    /// Confidence relative to the other eight, 0 to 1. Above 0.5 for most texts of a few words; below it
    /// callers should prefer what they know of the customer.
    pub confidence: f32,
}

static DETECTOR: LazyLock<LanguageDetector> = LazyLock::new(|| {
    LanguageDetectorBuilder::from_languages(&[
        Detected::English,
        Detected::Dutch,
        Detected::German,
        Detected::French,
        Detected::Spanish,
        Detected::Italian,
        Detected::Portuguese,
        Detected::Polish,
        Detected::Chinese,
    ])
    .with_preloaded_language_models()
    .build()
});

/// Finds the language of `text`, or `None` when it has no letters.
///
/// A text whose letters are mostly Han characters is Chinese without asking the statistics. The first call
/// loads the n-gram models (tens of milliseconds); [`warm_up`] does that ahead of time.
pub fn detect(text: &str) -> Option<Detection> {
    let (mut han, mut other) = (0_usize, 0_usize);
    for character in text.chars().filter(|c| c.is_alphabetic()) {
        if is_han(character) {
            han += 1;
        } else {
            other += 1;
        }
    }
    // A Han character carries about as much as half a Latin word, so a third of them settles it.
    if han > 0 && han * 3 >= other {
        return Some(Detection {
            language: Language::Zh,
            confidence: 1.0,
        });
    }
    if other == 0 {
        return None;
    }
    let (best, confidence) = DETECTOR
        .compute_language_confidence_values(text)
        .into_iter()
        .next()?;
    Some(Detection {
        language: ours(best),
        confidence: narrow(confidence),
    })
}

/// Confidence of every language for `text`, most likely first.
pub fn confidences(text: &str) -> Vec<Detection> {
    DETECTOR
        .compute_language_confidence_values(text)
        .into_iter()
        .map(|(language, confidence)| Detection {
            language: ours(language),
            confidence: narrow(confidence),
        })
        .collect()
}

/// Loads the n-gram models, so that the first customer does not wait for them.
pub fn warm_up() {
    LazyLock::force(&DETECTOR);
}

/// Whether a character is a Han ideograph.
pub fn is_han(character: char) -> bool {
    matches!(character,
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}')
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a confidence needs no more than f32"
)]
fn narrow(confidence: f64) -> f32 {
    confidence as f32
}

fn ours(language: Detected) -> Language {
    match language {
        Detected::English => Language::En,
        Detected::Dutch => Language::Nl,
        Detected::German => Language::De,
        Detected::French => Language::Fr,
        Detected::Spanish => Language::Es,
        Detected::Italian => Language::It,
        Detected::Portuguese => Language::Pt,
        Detected::Polish => Language::Pl,
        Detected::Chinese => Language::Zh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_recognised_in_nine_languages() {
        for (text, language) in [
            ("How do I contact customer service?", Language::En),
            (
                "Hoe neem ik contact op met de klantenservice?",
                Language::Nl,
            ),
            ("Wie erreiche ich den Kundendienst?", Language::De),
            ("Comment contacter le service client ?", Language::Fr),
            ("¿Cómo contacto con atención al cliente?", Language::Es),
            ("Come posso contattare l'assistenza clienti?", Language::It),
            ("Como posso contactar o apoio ao cliente?", Language::Pt),
            ("Jak mogę skontaktować się z obsługą klienta?", Language::Pl),
            ("怎么联系客服？", Language::Zh),
            ("PayPal 可以付款吗", Language::Zh),
        ] {
            assert_eq!(detect(text).map(|d| d.language), Some(language), "{text}");
        }
    }

    #[test]
    fn a_text_without_letters_has_no_language() {
        for text in ["", "  ", "12:30", "🙂🙂", "?!"] {
            assert_eq!(detect(text), None, "{text}");
        }
    }
}
