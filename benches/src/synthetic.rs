//! Articles of words drawn with Zipf's law, for benches that need more than any collection has.

use std::{error::Error, fmt::Write as _, ops::Range, path::Path};

/// Sections of an article; each is one passage.
pub const SECTIONS: usize = 10;
const WORDS: usize = 60;
const VOCABULARY: u64 = 50_000;

/// Writes `n` English articles into the folder `kb`.
///
/// # Errors
/// The system's.
pub fn write_articles(kb: &Path, n: usize) -> Result<(), Box<dyn Error>> {
    let mut random = SplitMix(1);
    for number in 0..n {
        let folder = kb.join("en").join((number / 1_000).to_string());
        if number.is_multiple_of(1_000) {
            fs_err::create_dir_all(&folder)?;
        }
        let mut text = format!(
            "---\nid: a{number}\n---\n# {} {}\n\n",
            random.word(),
            random.word()
        );
        for section in 0..SECTIONS {
            if section > 0 {
                let _ = write!(text, "\n\n## {}\n\n", random.word());
            }
            for _ in 0..WORDS {
                let _ = write!(text, "{} ", random.word());
            }
            text.push('.');
        }
        fs_err::write(folder.join(format!("{number}.md")), text)?;
    }
    Ok(())
}

/// `SplitMix64` (Steele, Lea, Flood, OOPSLA 2014).
#[derive(Debug)]
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next number.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A word of letters; the n-th most common comes with a frequency of about one over n.
    pub fn word(&mut self) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank below the vocabulary's size"
        )]
        let mut rank = (VOCABULARY as f64).powf(self.share()) as u64;
        let mut word = String::from("w");
        while rank > 0 {
            word.push(char::from(b'a' + u8::try_from(rank % 20).unwrap_or(0)));
            rank /= 20;
        }
        word
    }
}

/// The words of a text, as tokens.
pub fn word_ranges(text: &str) -> Vec<Range<usize>> {
    let start = text.as_ptr() as usize;
    text.split_whitespace()
        .map(|word| {
            let from = word.as_ptr() as usize - start;
            from..from + word.len()
        })
        .collect()
}
