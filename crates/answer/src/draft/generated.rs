//! Generated drafts: the writer's text, cut into sentences as it arrives.

use corpus::{Language, sentence};

/// Collects streamed text and gives away each sentence once it is certainly complete.
#[derive(Debug)]
pub struct SentenceStream {
    language: Language,
    pending: String,
}

impl SentenceStream {
    /// An empty stream for text of `language`.
    pub const fn new(language: Language) -> Self {
        Self {
            language,
            pending: String::new(),
        }
    }

    /// Adds text; returns the sentences it completed, in order. A sentence counts as complete when another
    /// one, or a line break, follows it.
    pub fn push(&mut self, text: &str) -> Vec<String> {
        self.pending.push_str(text);
        let mut complete = Vec::new();
        while let Some(end) = self.pending.find('\n') {
            let line: String = self.pending.drain(..=end).collect();
            complete.extend(split(&line, self.language));
        }
        let ranges = sentence::sentences(&self.pending, self.language);
        if let [.., before_last, last] = ranges.as_slice() {
            // The last sentence may still grow, and so may an abbreviation before a short tail.
            if self.pending[last.clone()].chars().count() > 3 {
                let cut = before_last.end;
                let head: String = self.pending.drain(..cut).collect();
                complete.extend(split(&head, self.language));
            }
        }
        complete
    }

    /// What is left when the writer has stopped.
    pub fn finish(self) -> Vec<String> {
        split(&self.pending, self.language)
    }
}

fn split(text: &str, language: Language) -> Vec<String> {
    text.lines()
        .flat_map(|line| {
            let line = without_markup(line);
            sentence::sentences(&line, language)
                .into_iter()
                .map(|range| line[range].to_owned())
                .collect::<Vec<_>>()
        })
        .filter(|sentence| sentence.chars().any(char::is_alphanumeric))
        .collect()
}

/// Takes list markers, heading marks and emphasis off a line: replies are plain text.
fn without_markup(line: &str) -> String {
    let line = line.trim();
    let line = line
        .trim_start_matches(['#', '>', '-', '*', '•'])
        .trim_start();
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let line = match line[digits..]
        .strip_prefix(". ")
        .or_else(|| line[digits..].strip_prefix(") "))
    {
        Some(rest) if digits > 0 && digits <= 2 => rest,
        _ => line,
    };
    line.replace("**", "").replace("__", "").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_leave_once_complete() {
        let mut stream = SentenceStream::new(Language::En);
        assert!(stream.push("You pay within 4 days.").is_empty());
        assert_eq!(
            stream.push(" Then the seller ships."),
            ["You pay within 4 days."]
        );
        assert_eq!(stream.push("\n- **Last** line"), ["Then the seller ships."]);
        assert_eq!(stream.finish(), ["Last line"]);
    }

    #[test]
    fn chinese_sentences_need_no_spaces() {
        let mut stream = SentenceStream::new(Language::Zh);
        assert_eq!(
            stream.push("请在4天内付款。然后卖家发货"),
            ["请在4天内付款。"]
        );
        assert_eq!(stream.finish(), ["然后卖家发货"]);
    }
}
