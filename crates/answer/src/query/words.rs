//! The words of a text, ready to be looked for in word lists.

use corpus::language::detect::is_han;

/// A text in lower case, as words and as one line.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    each: Vec<String>,
    /// The words between spaces, with one at either end.
    line: String,
    /// The text as it stands, for languages that do not separate words.
    text: String,
}

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        Self {
            line: format!(" {} ", words.join(" ")),
            each: words,
            text,
        }
    }

    /// Number of words.
    pub(crate) const fn len(&self) -> usize {
        self.each.len()
    }

    /// The words, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.each.iter().map(String::as_str)
    }

    /// Where an entry of a word list first stands, in bytes of some line of the text that is the same for all
    /// entries of one writing system; `None` when it does not.
    ///
    /// An entry is a word, a phrase, or with `*` behind it the beginning of one (`refund*`); with Chinese characters
    /// in it, it stands anywhere.
    pub(crate) fn find(&self, entry: &str) -> Option<usize> {
        if entry.chars().any(is_han) {
            return self.text.find(entry);
        }
        match entry.strip_suffix('*') {
            Some(beginning) => self.line.find(&format!(" {beginning}")),
            None => self.line.find(&format!(" {entry} ")),
        }
    }

    pub(crate) fn has(&self, entry: &str) -> bool {
        self.find(entry).is_some()
    }

    pub(crate) fn has_any(&self, entries: &[&str]) -> bool {
        entries.iter().any(|entry| self.has(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, entry: &str, expected: bool) {
        assert_eq!(Words::of(text).has(entry), expected, "{entry} in {text}");
    }

    #[test]
    fn entries_are_words_phrases_and_beginnings() {
        check("My REFUND, please", "refund", true);
        check("My refunds", "refund", false);
        check("My refunds", "refund*", true);
        check("Where's my order?", "where s my", true);
        check("prefund", "refund*", false);
        check("我的退款在哪里", "退款", true);
        check("¿Cuándo llega?", "cuándo", true);
    }
}
