//! The outline of an article that would close a gap: a draft an editor fills in.
//!
//! gap, what the articles have → **[`Outline`]** → Markdown. It says nothing of the matter: its title and headings are
//! questions of customers, and what stands under them is a comment on what kind of answer they are after. Comments are
//! no text of an article, so a draft that is published by mistake states nothing.

use std::fmt::Write as _;

use answer::query::{Form, form_of};
use corpus::Language;
use serde::Serialize;

use super::{
    Gap, Unanswered, folded,
    look::{Kind, Look, Near},
    words::{self, Words},
};

/// Headings of one outline.
const MAX_POINTS: usize = 8;

/// Wordings shown under a heading.
const MAX_WORDINGS: usize = 3;

/// Longest id, in characters, and most words it is made of.
const MAX_ID: (usize, usize) = (48, 6);

/// Longest title or heading, in characters.
const MAX_TITLE: usize = 90;

/// A draft to fill in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outline {
    /// Proposed id; of an article that exists, its id.
    pub id: String,
    /// Language most customers ask in.
    pub language: Language,
    /// The most central question in that language.
    pub title: String,
    /// For whom, when nearly all askers are of one audience.
    pub audience: Vec<String>,
    /// Topics of the nearest article, for an editor to confirm.
    pub topics: Vec<String>,
    /// The article to work on, when there is one already.
    pub existing: Option<String>,
    /// What it must answer: most asked first.
    pub points: Vec<Point>,
}

/// One open point.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// The question as most customers mean it, in the outline's language where one of them wrote in it.
    pub question: String,
    /// How many ask it.
    pub asked: usize,
    /// What kind of answer it is after: `steps`, `figure`, `choice` or `open`.
    pub form: &'static str,
    /// Other wordings: words an article that should be found must share.
    pub wordings: Vec<Wording>,
}

/// How a customer put it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wording {
    /// Its language; `None` for one Loket does not answer in.
    pub language: Option<Language>,
    /// The words.
    pub text: String,
}

/// The outline for `gap`. `is_taken` tells which ids articles have.
pub fn outline(
    gap: &Gap,
    questions: &[Unanswered],
    look: &Look,
    is_taken: &dyn Fn(&str) -> bool,
) -> Outline {
    let language = gap.language(questions);
    let title = central(&gap.questions, questions, language);
    let nearest = look.nearest.first();
    let existing: Option<&Near> = nearest.filter(|_| look.kind != Kind::Missing);
    let audiences = gap.tally(questions, |question| question.audience.clone());
    let n_known: usize = audiences.iter().map(|(_, n)| n).sum();
    Outline {
        id: existing.map_or_else(|| free_id(&title, is_taken), |near| near.article.clone()),
        language,
        title: heading(&title),
        audience: audiences
            .into_iter()
            .filter(|(_, n)| n * 10 >= n_known * 9)
            .map(|(audience, _)| audience)
            .collect(),
        topics: nearest.map(|near| near.topics.clone()).unwrap_or_default(),
        existing: existing.map(|near| near.article.clone()),
        points: points(gap, questions, language),
    }
}

fn points(gap: &Gap, questions: &[Unanswered], language: Language) -> Vec<Point> {
    gap.points
        .iter()
        .take(MAX_POINTS)
        .map(|point| {
            let question = central(point, questions, language);
            let mut wordings: Vec<Wording> = Vec::new();
            for other in point.iter().map(|index| &questions[*index]) {
                let is_new = folded(&other.text) != folded(&question)
                    && wordings
                        .iter()
                        .all(|known| folded(&known.text) != folded(&other.text));
                if is_new && wordings.len() < MAX_WORDINGS {
                    wordings.push(Wording {
                        language: other.language,
                        text: other.text.clone(),
                    });
                }
            }
            Point {
                form: code(form_of(&question, language)),
                question: heading(&question),
                asked: point.len(),
                wordings,
            }
        })
        .collect()
}

/// The most central of `members` in `language`; of all, when none is in it.
fn central(members: &[usize], questions: &[Unanswered], language: Language) -> String {
    let mut own = members.iter().map(|member| &questions[*member]);
    own.clone()
        .find(|question| question.language == Some(language))
        .or_else(|| own.next())
        .map(|question| question.text.clone())
        .unwrap_or_default()
}

const fn code(form: Form) -> &'static str {
    match form {
        Form::Steps => "steps",
        Form::Figure => "figure",
        Form::Choice => "choice",
        Form::Open => "open",
    }
}

/// A question as a title: on one line, with a capital, not longer than a title should be.
fn heading(question: &str) -> String {
    let line = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut characters = line.chars();
    let mut title: String = characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default();
    if let Some((end, _)) = title.char_indices().nth(MAX_TITLE) {
        // At a word, where there are any.
        let end = title[..end].rfind(' ').unwrap_or(end);
        title.truncate(end);
        title.push('…');
    }
    title
}

/// An id no article has, from the words of `title`.
fn free_id(title: &str, is_taken: &dyn Fn(&str) -> bool) -> String {
    let plain: String = title
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| words::without_accent(c).unwrap_or(c))
        .collect();
    let mut id = String::new();
    let found = plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| w.len() > 1);
    for word in found.take(MAX_ID.1) {
        if id.len() + word.len() >= MAX_ID.0 {
            break;
        }
        if !id.is_empty() {
            id.push('-');
        }
        id.push_str(word);
    }
    if id.is_empty() {
        // Chinese has no letters to make one of.
        id.push_str("gap-");
        id.push_str(&blake3::hash(title.as_bytes()).to_hex()[..8]);
    }
    let mut free = id.clone();
    let mut number = 2;
    while is_taken(&free) {
        free = format!("{id}-{number}");
        number += 1;
    }
    free
}

impl Outline {
    /// The draft as a Markdown file. `draft: true` says what it is; the comments say what to write.
    pub fn to_markdown(&self) -> String {
        let words = Words::of(self.language);
        // JSON strings and lists are YAML.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut file = String::from("---\ndraft: true\n");
        let _ = writeln!(file, "id: {}", quoted(&self.id));
        let _ = writeln!(file, "language: {}", self.language);
        let _ = writeln!(file, "title: {}", quoted(&self.title));
        for (key, list) in [("audience", &self.audience), ("topics", &self.topics)] {
            if !list.is_empty() {
                let _ = writeln!(file, "{key}: {}", serde_json::Value::from(list.clone()));
            }
        }
        let _ = writeln!(file, "---\n# {}\n", plain(&self.title));
        let _ = writeln!(file, "{}\n", comment(words.opening));
        if let Some(existing) = &self.existing {
            let _ = writeln!(
                file,
                "{}\n",
                comment(&words.existing.replace("{article}", existing))
            );
        }
        for point in &self.points {
            if self.points.len() > 1 {
                let _ = writeln!(file, "## {}\n", plain(&point.question));
            }
            let _ = writeln!(file, "{}\n", comment(words.for_form(point.form)));
            if !point.wordings.is_empty() {
                let wordings: Vec<String> = point
                    .wordings
                    .iter()
                    .map(|Wording { language, text }| {
                        let language = language.map_or("?", Language::code);
                        format!("\n- {language}: {text}")
                    })
                    .collect();
                let asked = words.asked.replace("{n}", &point.asked.to_string());
                let _ = writeln!(file, "{}\n", comment(&(asked + &wordings.concat() + "\n")));
            }
        }
        let _ = writeln!(
            file,
            "## {}\n\n{}",
            words.exceptions.0,
            comment(words.exceptions.1)
        );
        file
    }
}

/// A customer's words inside a comment must not end it.
fn comment(text: &str) -> String {
    format!("<!-- {} -->", text.replace("--", "–").replace('>', "›"))
}

/// A customer's words as text, not markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#'
        ) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{super::Why, *};

    fn question(text: &str, language: Language) -> Unanswered {
        Unanswered {
            text: text.to_owned(),
            language: Some(language),
            why: Why::NoEvidence,
            audience: Some("buyer".to_owned()),
            region: None,
            day: None,
        }
    }

    fn drafted() -> Outline {
        let questions = [
            question("kan ik een object ruilen?", Language::Nl),
            question("Can I swap <b>an object</b> -->?", Language::En),
            question("hoe lang duurt ruilen?", Language::Nl),
            question("Kan ik ruilen", Language::Nl),
        ];
        let gap = Gap {
            questions: vec![0, 1, 3, 2],
            points: vec![vec![0, 1, 3], vec![2]],
            expected_handoffs: 4.0,
            weight: 4.0,
        };
        let look = Look {
            kind: Kind::Missing,
            examined: 4,
            answered: 0,
            nearest: Vec::new(),
        };
        outline(&gap, &questions, &look, &|id| {
            id == "kan-ik-een-object-ruilen"
        })
    }

    #[test]
    fn a_draft_holds_what_customers_ask_and_nothing_else() {
        let outline = drafted();
        assert_eq!(outline.id, "kan-ik-een-object-ruilen-2");
        assert_eq!(outline.title, "Kan ik een object ruilen?");
        assert_eq!(outline.audience, ["buyer"]);
        let forms: Vec<&str> = outline.points.iter().map(|point| point.form).collect();
        assert_eq!(forms, ["choice", "figure"]);
        let file = outline.to_markdown();
        assert!(
            file.starts_with(
                "---\ndraft: true\nid: \"kan-ik-een-object-ruilen-2\"\nlanguage: nl\n"
            ),
            "{file}"
        );
        assert!(file.contains("\n## Hoe lang duurt ruilen?\n"), "{file}");
        // What is no heading is a comment, and a customer's words end none.
        let body = file.split_once("---\n# ").expect("a body").1;
        let mut rest = body;
        let mut left = String::new();
        while let Some((before, after)) = rest.split_once("<!--") {
            left.push_str(before);
            rest = after.split_once("-->").expect("every comment ends").1;
        }
        left.push_str(rest);
        let words = Words::of(Language::Nl);
        let lines: Vec<&str> = left
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        assert_eq!(
            lines,
            [
                "Kan ik een object ruilen?",
                "## Kan ik een object ruilen?",
                "## Hoe lang duurt ruilen?",
                &format!("## {}", words.exceptions.0),
            ]
        );
    }

    #[test]
    fn titles_and_ids_are_made_of_questions() {
        assert_eq!(heading("où est\nmon colis ?"), "Où est mon colis ?");
        let long = heading(&"word ".repeat(40));
        assert!(
            long.chars().count() <= MAX_TITLE + 1 && long.ends_with("word…"),
            "{long}"
        );
        assert_eq!(
            free_id("Où est mon été à Łódź ?", &|_| false),
            "ou-est-mon-ete-lodz"
        );
        let chinese = free_id("可以换货吗？", &|_| false);
        assert_eq!(chinese.len(), 12, "{chinese}");
        assert_eq!(plain("a_b <c>"), "a\\_b \\<c\\>");
    }
}
