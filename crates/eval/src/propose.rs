//! Questions proposed for an article, for a person to accept: the start of a set where there is none.
//!
//! article → [`request`] to a writer, or [`from_text`] without one → **[`Faults`](Fault)** → a person. What a program asks of
//! a text it has just read is easier than what customers ask, so every proposal is marked synthetic and reports count
//! them apart. Nothing here runs a writer or asks anyone.

use std::collections::HashSet;

use corpus::{Language, StatementKind, language::detect};
use indexer::{ArticleOrdinal, SearchError, Snapshot};

use crate::gaps::folded;

const SYSTEM: &str = include_str!("../prompts/propose.md");
const REQUEST: &str = include_str!("../prompts/propose_request.md");

/// Longest text of an article a writer reads, in characters.
const MAX_READ_CHARS: usize = 4_000;

/// Words of a text that stand in a row in a question that copies it.
const COPIED_WORDS: usize = 6;

/// The same in a writing without spaces between words, in characters.
const COPIED_CHARS: usize = 10;

/// Words of a question made of keywords.
const KEYWORDS: usize = 4;

/// Above this confidence the detector is believed against the language of the article.
const SURE_OF_LANGUAGE: f32 = 0.7;

/// What a writer is told, and what it is asked: instructions and request.
pub fn request(title: &str, text: &str, language: Language, n: usize) -> (String, String) {
    let name = language.english_name();
    let text: String = text.chars().take(MAX_READ_CHARS).collect();
    // Cut at its placeholders before anything is filled in: braces in an article are text.
    let (before, rest) = REQUEST.split_once("{title}").unwrap_or((REQUEST, ""));
    let (between, after) = rest.split_once("{text}").unwrap_or((rest, ""));
    let after = after
        .replace("{n}", &n.to_string())
        .replace("{language}", name);
    (
        SYSTEM.trim_end().replace("{language}", name),
        format!("{before}{title}{between}{text}{}", after.trim_end()),
    )
}

/// The questions of a writer's reply: one a line, without the numbers, dashes and quotes writers put around them.
pub fn questions_of(reply: &str) -> Vec<String> {
    let is_mark = |c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | '-' | '*' | '•' | ' ');
    let mut questions: Vec<String> = Vec::new();
    // Some writers put all of them on one line.
    for line in reply
        .lines()
        .flat_map(|line| line.split_inclusive(['?', '？']))
    {
        let line = line.trim().trim_start_matches(is_mark);
        let line = line.trim_matches(|c: char| matches!(c, '"' | '“' | '”' | '„' | '*' | ' '));
        // A lead-in such as "Here are three questions:" asks nothing.
        let is_question =
            line.chars().filter(|c| c.is_alphabetic()).count() >= 4 && !line.ends_with([':', '：']);
        if is_question && !questions.iter().any(|other| folded(other) == folded(line)) {
            questions.push(line.to_owned());
        }
    }
    questions
}

/// Questions made of an article's own headings and rarest words: at most `n`, one from a heading and one from a
/// statement in turn. What customers type as search words looks like the latter.
///
/// # Errors
/// [`SearchError`] when the article cannot be reached.
pub fn from_text(
    snapshot: &Snapshot,
    article: ArticleOrdinal,
    n: usize,
) -> Result<Vec<String>, SearchError> {
    let language = snapshot.article(article).language;
    let sections = &snapshot.article(article).sections;
    let headings = sections
        .iter()
        .filter_map(|section| section.heading_path.last());
    let title = &snapshot.article(article).title;
    let mut by_heading = headings.map(|heading| {
        if heading.ends_with(['?', '？']) {
            format!("{title}: {heading}")
        } else {
            about(heading, language)
        }
    });
    let mut by_words = keywords(snapshot, article)?.into_iter();
    let mut questions: Vec<String> = Vec::new();
    while questions.len() < n {
        let next: Vec<String> = by_words
            .next()
            .into_iter()
            .chain(by_heading.next())
            .collect();
        if next.is_empty() {
            break;
        }
        for question in next {
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
    }
    questions.truncate(n);
    Ok(questions)
}

/// A question about what stands under `heading`. In quotation marks it needs no grammar around it.
fn about(heading: &str, language: Language) -> String {
    match language {
        Language::En => format!("What applies for “{heading}”?"),
        Language::Nl => format!("Wat geldt er bij “{heading}”?"),
        Language::De => format!("Was gilt bei „{heading}“?"),
        Language::Fr => format!("Qu’est-ce qui s’applique pour « {heading} » ?"),
        Language::Es => format!("¿Qué se aplica en «{heading}»?"),
        Language::It => format!("Che cosa vale per «{heading}»?"),
        Language::Pt => format!("O que se aplica a «{heading}»?"),
        Language::Pl => format!("Co obowiązuje w sprawie „{heading}”?"),
        Language::Zh => format!("关于“{heading}”有什么规定？"),
    }
}

/// The rarest words of each statement, in its order; statements with the rarest first.
fn keywords(snapshot: &Snapshot, article: ArticleOrdinal) -> Result<Vec<String>, SearchError> {
    let language = snapshot.article(article).language;
    let mut found: Vec<(f32, String)> = Vec::new();
    for passage in snapshot.passages_of(article) {
        for statement in snapshot.passage(passage)?.statements {
            if !matches!(
                statement.kind,
                StatementKind::Sentence | StatementKind::ListItem | StatementKind::Step
            ) {
                continue;
            }
            let mut words: Vec<(usize, f32, String)> =
                words_of(&statement.text, snapshot, language)
                    .into_iter()
                    .enumerate()
                    .map(|(place, (word, weight))| (place, weight, word))
                    .collect();
            words.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            words.truncate(KEYWORDS);
            if words.len() < KEYWORDS {
                continue;
            }
            let weight: f32 = words.iter().map(|(_, weight, _)| weight).sum();
            words.sort_by_key(|(place, _, _)| *place);
            let space = if language.separates_words() { " " } else { "" };
            let words: Vec<String> = words.into_iter().map(|(_, _, word)| word).collect();
            found.push((weight, words.join(space)));
        }
    }
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    Ok(found.into_iter().map(|(_, question)| question).collect())
}

/// The distinct words of `text` that say something, each with how rare it is.
fn words_of(text: &str, snapshot: &Snapshot, language: Language) -> Vec<(String, f32)> {
    let rarity = |term: &str| snapshot.inverse_document_frequency(term, language);
    if !language.separates_words() {
        let terms = snapshot.terms(text, language).into_iter();
        return terms.map(|term| (term.clone(), rarity(&term))).collect();
    }
    let mut seen = HashSet::new();
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 2);
    words
        .filter_map(|word| {
            let term = snapshot.terms(word, language).into_iter().next()?;
            let weight = rarity(&term);
            seen.insert(term).then(|| (word.to_lowercase(), weight))
        })
        .collect()
}

/// Why a proposal is not offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is the article's title.
    CopiesTitle,
    /// It says what the article says, word for word: finding that measures nothing.
    CopiesText,
    /// It is in another language than the article.
    Language(Language),
}

impl Fault {
    /// What a person reads of it.
    pub fn message(&self) -> String {
        match self {
            Self::CopiesTitle => "it is the title of the article".to_owned(),
            Self::CopiesText => "it copies the article's words".to_owned(),
            Self::Language(language) => {
                format!("it is in {}", language.english_name())
            }
        }
    }
}

/// What is wrong with `question` for an article in `language`; `is_keywords` when it has no grammar to tell a language by.
pub fn fault(
    question: &str,
    title: &str,
    text: &str,
    language: Language,
    is_keywords: bool,
) -> Option<Fault> {
    if folded(question) == folded(title) {
        return Some(Fault::CopiesTitle);
    }
    if copies(question, text, language) {
        return Some(Fault::CopiesText);
    }
    let found = detect::detect(question).filter(|_| !is_keywords)?;
    (found.language != language && found.confidence >= SURE_OF_LANGUAGE)
        .then_some(Fault::Language(found.language))
}

/// Whether a stretch of `question`, or all of a short one, stands in `text`.
fn copies(question: &str, text: &str, language: Language) -> bool {
    let pieces = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        if language.separates_words() {
            let words = lower.split(|c: char| !c.is_alphanumeric());
            words
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect()
        } else {
            lower
                .chars()
                .filter(|c| c.is_alphanumeric())
                .map(String::from)
                .collect()
        }
    };
    let (asked, told) = (pieces(question), pieces(text));
    let length = if language.separates_words() {
        COPIED_WORDS
    } else {
        COPIED_CHARS
    };
    let length = length.min(asked.len());
    if length == 0 {
        return false;
    }
    let told: HashSet<&[String]> = told.windows(length).collect();
    asked.windows(length).any(|stretch| told.contains(stretch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writers_reply_is_taken_apart() {
        assert_eq!(
            questions_of("What is it? When does it start?"),
            ["What is it?", "When does it start?"]
        );
        let reply = "Here are three questions:\n1. \"Hoe lang duurt het?\"\n2) **Kan ik ruilen?**\n- Kan ik ruilen\n\n• ?\n退货要多久？";
        assert_eq!(
            questions_of(reply),
            ["Hoe lang duurt het?", "Kan ik ruilen?", "退货要多久？"]
        );
    }

    #[test]
    fn braces_of_an_article_are_text() {
        let (instructions, request) = request("A {text} title", "say {n}", Language::Nl, 3);
        assert!(
            instructions.contains("Dutch") && !instructions.contains('{'),
            "{instructions}"
        );
        assert!(request.contains("# A {text} title\nsay {n}\n"), "{request}");
        assert!(
            request.ends_with("Write 3 different questions in Dutch that this text answers:"),
            "{request}"
        );
    }

    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what is expected is written out in each call"
    )]
    fn check(question: &str, language: Language, expected: Option<Fault>) {
        let text = "You have 14 days to return an order. The days count from the delivery. 您有十四天的时间退回您购买的任何物品。";
        let found = fault(question, "Return an order", text, language, false);
        assert_eq!(found, expected, "{question}");
    }

    #[test]
    fn copies_and_other_languages_are_found() {
        check("return AN order?", Language::En, Some(Fault::CopiesTitle));
        check(
            "Is it so that the days count from the delivery?",
            Language::En,
            Some(Fault::CopiesText),
        );
        check("Count from?", Language::En, Some(Fault::CopiesText));
        check("How long may I take to send it back?", Language::En, None);
        check(
            "十四天的时间退回您购买的任何物品吗？",
            Language::Zh,
            Some(Fault::CopiesText),
        );
        check("多久可以退货？", Language::Zh, None);
        check(
            "Hoe lang heb ik om mijn aankoop terug te sturen?",
            Language::En,
            Some(Fault::Language(Language::Nl)),
        );
    }
}
