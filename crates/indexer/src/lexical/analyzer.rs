//! One analyzer per language: text to the terms that are indexed and searched.
//!
//! words → stop words → stem → accents folded. Words come from [`Words`]: lower case, compatibility forms
//! folded (NFKC), elided articles off (`l'achat` → `achat`), hyphenated words also joined (`e-mail` →
//! `email`), codes kept whole as well as split (`CN23` → `cn23`, `cn`, `23`). Chinese is cut by jieba in
//! search mode, plus every pair of neighbouring characters for words its dictionary does not know. Accents
//! are folded after stemming because stemmers need them.

use corpus::{Language, language::detect::is_han};
use frostem::Algorithm;
use tantivy::tokenizer::{
    Language as StopLanguage, StopWordFilter, TextAnalyzer, Token, TokenFilter, TokenStream,
    Tokenizer,
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest term in bytes; longer ones are noise.
const MAX_TERM_BYTES: usize = 64;

/// The analyzer of a language.
pub(crate) fn analyzer(language: Language) -> TextAnalyzer {
    TextAnalyzer::builder(Words { language })
        .filter(stop_words(language))
        .filter(StemAndFold {
            algorithm: algorithm(language),
        })
        .build()
}

fn stop_words(language: Language) -> StopWordFilter {
    let listed = match language {
        Language::En => Some(StopLanguage::English),
        Language::Nl => Some(StopLanguage::Dutch),
        Language::De => Some(StopLanguage::German),
        Language::Fr => Some(StopLanguage::French),
        Language::Es => Some(StopLanguage::Spanish),
        Language::It => Some(StopLanguage::Italian),
        Language::Pt => Some(StopLanguage::Portuguese),
        Language::Pl | Language::Zh => None,
    };
    listed.and_then(StopWordFilter::new).unwrap_or_else(|| {
        let words = stop_words::lookup(language.code()).unwrap_or_default();
        StopWordFilter::remove(words.iter().map(|word| (*word).to_owned()))
    })
}

const fn algorithm(language: Language) -> Option<Algorithm> {
    match language {
        Language::En => Some(Algorithm::English),
        Language::Nl => Some(Algorithm::Dutch),
        Language::De => Some(Algorithm::German),
        Language::Fr => Some(Algorithm::French),
        Language::Es => Some(Algorithm::Spanish),
        Language::It => Some(Algorithm::Italian),
        Language::Pt => Some(Algorithm::Portuguese),
        Language::Pl => Some(Algorithm::Polish),
        Language::Zh => None,
    }
}

/// Cuts text into words.
#[derive(Clone)]
struct Words {
    language: Language,
}

/// Words of one text, cut ahead.
struct WordStream {
    tokens: std::vec::IntoIter<Token>,
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream {
        let mut cutter = Cutter {
            language: self.language,
            tokens: Vec::new(),
            position: 0,
        };
        cutter.cut(text);
        // Codes and Chinese words are cut in two ways, one after the other, and tantivy panics when positions
        // of a term descend.
        cutter.tokens.sort_by_key(|token| token.position);
        WordStream {
            tokens: cutter.tokens.into_iter(),
            token: Token::default(),
        }
    }
}

impl TokenStream for WordStream {
    fn advance(&mut self) -> bool {
        match self.tokens.next() {
            Some(token) => {
                self.token = token;
                true
            }
            None => false,
        }
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

struct Cutter {
    language: Language,
    tokens: Vec<Token>,
    position: usize,
}

/// Keeps a code from being stemmed; not part of any term.
const WHOLE_MARK: char = '\u{1}';

impl Cutter {
    /// Cuts at everything that is neither a letter or digit nor a connector between two of them. Runs of
    /// Han characters are cut on their own.
    fn cut(&mut self, text: &str) {
        let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
        let mut start = None;
        let mut characters = text.char_indices().peekable();
        let mut before = ' ';
        while let Some((at, character)) = characters.next() {
            let next = characters.peek().map_or(' ', |(_, c)| *c);
            let is_inside = if is_han(character) {
                false
            } else if is_word(character) {
                true
            } else {
                start.is_some() && is_connector(character, before, next)
            };
            match (is_inside, start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    self.chunk(&text[from..at], from);
                    start = None;
                }
                _ => {}
            }
            if is_han(character) && !is_han(before) {
                let end = text[at..]
                    .find(|c| !is_han(c))
                    .map_or(text.len(), |found| at + found);
                self.han(&text[at..end], at);
            }
            before = character;
        }
        if let Some(from) = start {
            self.chunk(&text[from..], from);
        }
    }

    /// A stretch of letters, digits and connectors.
    fn chunk(&mut self, chunk: &str, at: usize) {
        if !chunk.contains(|c: char| !c.is_alphabetic() && !is_combining_mark(c)) {
            self.push(chunk, at);
            return;
        }
        let has_digit = chunk.contains(|c: char| c.is_numeric());
        let is_all_digits = chunk.chars().all(char::is_numeric);
        let is_code = !is_all_digits && (has_digit || chunk.contains(['_', '.', '@', '+', '#']));
        if is_all_digits {
            self.push(chunk, at);
            return;
        }
        let first = self.position;
        if is_code {
            self.push_at(&format!("{WHOLE_MARK}{chunk}"), at, first);
        }
        let mut parts = 0;
        for (offset, part) in split_keeping_offsets(chunk, |c| !is_word(c) && !is_apostrophe(c)) {
            for (inner, piece) in letters_and_digits(part) {
                parts += usize::from(self.word(piece, at + offset + inner));
            }
        }
        if parts > 1 && !has_digit && chunk.contains('-') {
            let joined: String = chunk.chars().filter(|c| is_word(*c)).collect();
            self.push_at(&joined, at, first);
        }
    }

    /// A word that may hold an apostrophe.
    fn word(&mut self, word: &str, at: usize) -> bool {
        let Some(mark) = word.find(is_apostrophe) else {
            return self.push(word, at);
        };
        let before = &word[..mark];
        let after = word[mark..].trim_start_matches(is_apostrophe);
        let after_at = at + word.len() - after.len();
        match self.language {
            Language::Fr if word.starts_with("aujourd") => self.push("aujourd'hui", at),
            Language::Fr | Language::It | Language::Pt | Language::Es if is_elided(before) => {
                self.word(after, after_at)
            }
            // `seller's`, `don't`, `foto's`, `gibt's`: a suffix says nothing about the word.
            Language::En if after == "t" => self.push(&format!("{before}t"), at),
            _ if after.chars().count() <= 3 => self.push(before, at),
            _ => {
                let pushed = self.push(before, at);
                self.word(after, after_at) || pushed
            }
        }
    }

    fn han(&mut self, run: &str, at: usize) {
        let mut jieba = tantivy_jieba::JiebaTokenizer::new();
        let first = self.position;
        let mut two_character_words = std::collections::HashSet::new();
        let mut n_words = 0;
        let mut stream = jieba.token_stream(run);
        while stream.advance() {
            let token = stream.token();
            if token.offset_to - token.offset_from == 6 {
                two_character_words.insert(token.offset_from);
            }
            let (text, offset) = (token.text.clone(), token.offset_from);
            let position = first + run[..offset].chars().count();
            self.push_at(&text, at + offset, position);
            n_words += 1;
        }
        let characters: Vec<(usize, char)> = run.char_indices().collect();
        for (i, pair) in characters.windows(2).enumerate() {
            // Jieba's own two-character words are there already.
            if n_words > 0 && two_character_words.contains(&pair[0].0) {
                continue;
            }
            let bigram: String = [pair[0].1, pair[1].1].iter().collect();
            self.push_at(&bigram, at + pair[0].0, first + i);
        }
        self.position = first + characters.len();
    }

    fn push(&mut self, word: &str, at: usize) -> bool {
        let position = self.position;
        self.push_at(word, at, position)
    }

    fn push_at(&mut self, word: &str, at: usize, position: usize) -> bool {
        if word.is_empty() || word.len() > MAX_TERM_BYTES {
            return false;
        }
        self.tokens.push(Token {
            offset_from: at,
            offset_to: at + word.len(),
            position,
            text: word.to_owned(),
            position_length: 1,
        });
        self.position = self.position.max(position + 1);
        true
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || is_combining_mark(character)
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}' | '\u{02BC}')
}

/// Whether a mark between two characters holds them together in one chunk.
fn is_connector(mark: char, before: char, after: char) -> bool {
    let between_words = is_word(before) && !is_han(before) && is_word(after) && !is_han(after);
    match mark {
        '-' | '_' | '\'' | '\u{2019}' | '\u{02BC}' | '@' | '.' => between_words,
        ',' | ':' | '/' => before.is_numeric() && after.is_numeric(),
        // `C++`, `C#`
        '+' | '#' => is_word(before) || before == '+',
        _ => false,
    }
}

fn is_elided(word: &str) -> bool {
    matches!(
        word,
        "l" | "d"
            | "j"
            | "m"
            | "t"
            | "s"
            | "n"
            | "c"
            | "qu"
            | "jusqu"
            | "lorsqu"
            | "puisqu"
            | "quoiqu"
            | "quelqu"
            | "presqu"
            | "entr"
            | "un"
            | "all"
            | "dall"
            | "dell"
            | "nell"
            | "sull"
            | "coll"
            | "pell"
            | "gl"
            | "agl"
            | "dagl"
            | "degl"
            | "negl"
            | "sugl"
            | "quest"
            | "quell"
            | "sant"
            | "v"
            | "tutt"
            | "mezz"
            | "senz"
            | "dov"
            | "com"
            | "cos"
            | "anch"
            | "p"
    )
}

fn split_keeping_offsets(
    text: &str,
    is_separator: impl Fn(char) -> bool,
) -> impl Iterator<Item = (usize, &str)> {
    text.split(is_separator)
        .filter(|part| !part.is_empty())
        .map(move |part| (part.as_ptr() as usize - text.as_ptr() as usize, part))
}

/// `cn23` → `cn`, `23`; a part without digits stays whole.
fn letters_and_digits(part: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, character) in part.char_indices() {
        if before.is_some_and(|b| b.is_numeric() != character.is_numeric()) {
            pieces.push((start, &part[start..at]));
            start = at;
        }
        before = Some(character);
    }
    pieces.push((start, &part[start..]));
    pieces
}

/// Stems, then folds accents.
#[derive(Clone)]
struct StemAndFold {
    algorithm: Option<Algorithm>,
}

#[derive(Clone)]
struct StemAndFoldTokenizer<T> {
    algorithm: Option<Algorithm>,
    inner: T,
}

struct StemAndFoldStream<T> {
    stemmer: Option<frostem::Stemmer>,
    inner: T,
}

impl TokenFilter for StemAndFold {
    type Tokenizer<T: Tokenizer> = StemAndFoldTokenizer<T>;

    fn transform<T: Tokenizer>(self, inner: T) -> StemAndFoldTokenizer<T> {
        StemAndFoldTokenizer {
            algorithm: self.algorithm,
            inner,
        }
    }
}

impl<T: Tokenizer> Tokenizer for StemAndFoldTokenizer<T> {
    type TokenStream<'a> = StemAndFoldStream<T::TokenStream<'a>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        StemAndFoldStream {
            stemmer: self.algorithm.map(frostem::Stemmer::new),
            inner: self.inner.token_stream(text),
        }
    }
}

impl<T: TokenStream> TokenStream for StemAndFoldStream<T> {
    fn advance(&mut self) -> bool {
        if !self.inner.advance() {
            return false;
        }
        let token = self.inner.token_mut();
        if let Some(whole) = token.text.strip_prefix(WHOLE_MARK) {
            token.text = fold(whole);
            return true;
        }
        let stem = match &self.stemmer {
            Some(stemmer) => fold(&stemmer.stem(&token.text)),
            None => fold(&token.text),
        };
        // A stemmer may leave nothing of a short word.
        if !stem.is_empty() {
            token.text = stem;
        }
        true
    }

    fn token(&self) -> &Token {
        self.inner.token()
    }

    fn token_mut(&mut self) -> &mut Token {
        self.inner.token_mut()
    }
}

/// Takes accents off: `é` → `e`, `ł` → `l`, `ß` → `ss`.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut folded = String::with_capacity(word.len());
    for character in word.nfd().filter(|c| !is_combining_mark(*c)) {
        match character {
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' => folded.push('d'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ı' => folded.push('i'),
            c if is_apostrophe(c) => folded.push('\''),
            c => folded.push(c),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distinct terms of `text`, in order of first occurrence.
    fn distinct_terms(text: &str, language: Language) -> Vec<String> {
        let mut terms: Vec<String> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        analyzer(language).token_stream(text).process(&mut |token| {
            if seen.insert(token.text.clone()) {
                terms.push(token.text.clone());
            }
        });
        terms
    }

    #[track_caller]
    fn check(language: Language, text: &str, terms: &[&str]) {
        assert_eq!(distinct_terms(text, language), terms, "{language}: {text}");
    }

    /// Different forms that a search must bring together.
    #[track_caller]
    fn meet(language: Language, forms: &[&str]) {
        let first = distinct_terms(forms[0], language);
        assert!(!first.is_empty(), "{language}: {}", forms[0]);
        for form in forms {
            assert_eq!(distinct_terms(form, language), first, "{language}: {form}");
        }
    }

    #[test]
    fn forms_of_a_word_meet_in_every_alphabetic_language() {
        meet(
            Language::En,
            &["payment", "payments", "PAYMENT", "payment's"],
        );
        meet(Language::Nl, &["betaling", "betalingen", "Betaling"]);
        meet(Language::Nl, &["foto", "foto's"]);
        meet(Language::De, &["Zahlung", "Zahlungen", "zahlung"]);
        meet(Language::De, &["Gebühr", "Gebühren"]);
        meet(
            Language::Fr,
            &["remboursement", "remboursements", "Remboursement"],
        );
        meet(Language::Fr, &["expédié", "expédiée", "expédiés"]);
        meet(Language::Es, &["devolución", "devoluciones"]);
        meet(Language::It, &["spedizione", "spedizioni"]);
        meet(Language::Pt, &["devolução", "devoluções"]);
        meet(Language::Pl, &["płatność", "płatności"]);
        meet(Language::Pl, &["zwrotu", "zwrotem"]);
    }

    #[test]
    fn elided_articles_come_off() {
        meet(Language::Fr, &["achat", "l'achat", "l’achat", "d'achat"]);
        meet(Language::Fr, &["acheteur", "qu'acheteur"]);
        meet(
            Language::It,
            &["ordine", "l'ordine", "dell'ordine", "nell’ordine"],
        );
        check(Language::Fr, "aujourd'hui", &["aujourd'hui"]);
    }

    #[test]
    fn stop_words_go_in_every_language() {
        for (language, text) in [
            (Language::En, "the and is"),
            (Language::Nl, "de het een en"),
            (Language::De, "der die das und"),
            (Language::Fr, "le la les et"),
            (Language::Es, "el la los y"),
            (Language::It, "il la che"),
            (Language::Pt, "o que de"),
            (Language::Pl, "nie się jest"),
            (Language::Zh, "的 了"),
        ] {
            check(language, text, &[]);
        }
    }

    #[test]
    fn codes_are_whole_and_split() {
        check(Language::En, "CN23", &["cn23", "cn", "23"]);
        check(Language::En, "5.1.90", &["5.1.90", "5", "1", "90"]);
        check(Language::En, "ERR_404", &["err_404", "err", "404"]);
        check(
            Language::Nl,
            "1.250,50 euro",
            &["1.250,50", "1", "250", "50", "euro"],
        );
        check(Language::En, "C++ C#", &["c++", "c", "c#"]);
        check(
            Language::Zh,
            "错误ERR_404",
            &["错误", "err_404", "err", "404"],
        );
    }

    #[test]
    fn hyphenated_words_are_also_joined() {
        meet(Language::En, &["E-Mail", "e-mail"]);
        assert!(distinct_terms("e-mail", Language::En).contains(&"email".to_owned()));
    }

    #[test]
    fn accents_case_and_width_are_folded() {
        meet(Language::Es, &["GESTIÓN", "gestión"]);
        check(Language::Pl, "łódź", &["lodz"]);
        meet(Language::De, &["Straße", "STRASSE"]);
        meet(Language::Zh, &["ＰａｙＰａｌ", "paypal"]);
        meet(Language::Fr, &["cafe\u{301}", "café"]);
    }

    #[test]
    fn chinese_is_words_plus_bigrams() {
        let terms = distinct_terms("如何申请退款", Language::Zh);
        for term in ["申请", "退款", "请退"] {
            assert!(terms.contains(&term.to_owned()), "{term} in {terms:?}");
        }
        // A name jieba does not know is still found by its pairs.
        let name = distinct_terms("洛克特", Language::Zh);
        for pair in ["洛克", "克特"] {
            assert!(name.contains(&pair.to_owned()), "{pair} in {name:?}");
        }
    }

    #[test]
    fn positions_never_descend() {
        for text in [
            "联系客服联系客服人员，联系客服",
            "e-mail e-mail CN23 e-mail",
        ] {
            for language in [Language::Zh, Language::En] {
                let mut analyzer = analyzer(language);
                let mut positions = Vec::new();
                let mut stream = analyzer.token_stream(text);
                while stream.advance() {
                    positions.push(stream.token().position);
                }
                assert!(positions.is_sorted(), "{text}: {positions:?}");
            }
        }
    }

    #[test]
    fn odd_text_is_harmless() {
        let long = "a".repeat(100_000);
        for text in [
            "",
            " ",
            "🙂",
            "\"'()[]{}:^~*?\\/",
            "\u{202E}",
            "'''",
            "-_-",
            &long,
        ] {
            for language in Language::ALL {
                assert!(distinct_terms(text, language).len() < 3, "{text}");
            }
        }
    }
}
