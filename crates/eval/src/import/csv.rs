//! Tables of questions as spreadsheets save them: columns by the names in their first row.
//!
//! `question` is all there must be; `id`, `language`, `audience`, `region`, `relevant`, `answers` and `expect` are those of
//! [`JudgedQuestion`], several values of a field separated by `;`. A column of another name is refused rather than left out:
//! a misspelt `relevant` would make every question one that nothing answers.

use std::collections::HashMap;

use corpus::Language;
use csv::{ReaderBuilder, StringRecord};

use super::ImportError;
use crate::question_set::{Expectation, JudgedQuestion};

const COLUMNS: [&str; 8] = [
    "question", "id", "language", "audience", "region", "relevant", "answers", "expect",
];

/// What may stand between fields, in the order of which is taken when several fit.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads the table `bytes` of the file `name`. The delimiter is found from the first row when it is not given; questions
/// without a language are in `language`, or have none.
///
/// # Errors
/// [`ImportError::Table`] naming file, line and column, [`ImportError::Empty`] without a question.
pub fn import(
    name: &str,
    bytes: &[u8],
    delimiter: Option<u8>,
    language: Option<Language>,
) -> Result<Vec<JudgedQuestion>, ImportError> {
    let text = decoded(name, bytes)?;
    let header = text.lines().next().unwrap_or_default();
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or_else(|| sniffed(header)))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let refused = |line: u64, problem: String| ImportError::Table {
        place: format!("{name}:{line}"),
        problem,
    };
    let mut next = |line: u64| match records.next() {
        None => Ok(None),
        Some(Ok(record)) => Ok(Some(record)),
        Some(Err(error)) => Err(refused(
            error.position().map_or(line, csv::Position::line),
            format!("the row cannot be read: {error}"),
        )),
    };
    let Some(header) = next(1)? else {
        return Err(ImportError::Empty);
    };
    let columns = columns(&header).map_err(|problem| refused(1, problem))?;
    let mut questions: Vec<JudgedQuestion> = Vec::new();
    let mut lines: HashMap<String, u64> = HashMap::new();
    let mut line = 1;
    while let Some(record) = next(line)? {
        line = record.position().map_or(line + 1, csv::Position::line);
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if record.len() != header.len() {
            let (found, expected) = (record.len(), header.len());
            return Err(refused(
                line,
                format!(
                    "{found} fields where the first row has {expected}; put fields that hold the delimiter, a quote or a line end between quotes, and double quotes inside them"
                ),
            ));
        }
        let mut question =
            read(&record, &columns, language).map_err(|problem| refused(line, problem))?;
        if question.id.is_empty() {
            question.id = fresh_id(&question, &lines, questions.len() + 1);
        }
        if let Some(earlier) = lines.insert(question.id.clone(), line) {
            let id = &question.id;
            return Err(refused(
                line,
                format!(
                    "the id `{id}` stands on line {earlier} already; give every question an id of its own, or leave the column out"
                ),
            ));
        }
        questions.push(question);
    }
    if questions.is_empty() {
        return Err(ImportError::Empty);
    }
    Ok(questions)
}

/// The text of a file, without the mark some programs begin it with.
fn decoded<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, ImportError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        ImportError::Table {
            place: format!("{name}:{line}"),
            problem: "not UTF-8; save the table as “CSV UTF-8”".to_owned(),
        }
    })?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

/// The delimiter that makes most column names of the first row.
fn sniffed(header: &str) -> u8 {
    let known = |delimiter: u8| {
        let fields = header.split(char::from(delimiter)).map(|field| {
            let field = field.trim().trim_matches('"').trim();
            COLUMNS
                .iter()
                .any(|column| column.eq_ignore_ascii_case(field))
        });
        fields.filter(|is_known| *is_known).count()
    };
    // The last of equal ones is taken, so the preferred stands last.
    let delimiters = DELIMITERS.into_iter().rev();
    delimiters.max_by_key(|one| known(*one)).unwrap_or(b',')
}

/// Where each known column stands.
fn columns(header: &StringRecord) -> Result<HashMap<&'static str, usize>, String> {
    let mut columns = HashMap::new();
    for (place, name) in header.iter().enumerate() {
        let name = name.trim();
        let Some(known) = COLUMNS
            .into_iter()
            .find(|column| column.eq_ignore_ascii_case(name))
        else {
            return Err(format!(
                "`{name}` is no column of a question table; it has {} (remove or rename it; `--delimiter` when the row was cut wrongly)",
                COLUMNS.join(", ")
            ));
        };
        if columns.insert(known, place).is_some() {
            return Err(format!("the column `{known}` is there twice; remove one"));
        }
    }
    if columns.contains_key("question") {
        Ok(columns)
    } else {
        Err("the first row names no column `question`; name the columns there".to_owned())
    }
}

fn read(
    record: &StringRecord,
    columns: &HashMap<&'static str, usize>,
    language: Option<Language>,
) -> Result<JudgedQuestion, String> {
    let field = |name: &str| {
        let place = columns.get(name)?;
        record
            .get(*place)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let question =
        field("question").ok_or("the `question` is empty; write it, or remove the row")?;
    let own = field("language")
        .map(|tag| {
            tag.parse::<Language>()
                .map_err(|error| format!("`language`: {error}"))
        })
        .transpose()?;
    let expect = match field("expect").map(str::to_lowercase).as_deref() {
        None => None,
        Some("answered") => Some(Expectation::Answered),
        Some("clarify") => Some(Expectation::Clarify),
        Some("escalated") => Some(Expectation::Escalated),
        Some(other) => {
            return Err(format!(
                "`expect` is `{other}`; write answered, clarify or escalated"
            ));
        }
    };
    Ok(JudgedQuestion {
        id: field("id").unwrap_or_default().to_owned(),
        question: question.to_owned(),
        language: own.or(language),
        audience: field("audience").map(str::to_owned),
        region: field("region").map(str::to_owned),
        relevant: field("relevant").map(several).unwrap_or_default(),
        answers: field("answers").map(several).unwrap_or_default(),
        expect,
        ..JudgedQuestion::default()
    })
}

/// The values of a field, separated by `;`; `\;` is a semicolon of a value.
fn several(field: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = field.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' if characters.peek() == Some(&';') => {
                characters.next();
                values.last_mut().expect("it is never empty").push(';');
            }
            ';' => values.push(String::new()),
            other => values.last_mut().expect("it is never empty").push(other),
        }
    }
    let values = values.into_iter().map(|value| value.trim().to_owned());
    values.filter(|value| !value.is_empty()).collect()
}

/// An id no row before it has.
fn fresh_id(question: &JudgedQuestion, taken: &HashMap<String, u64>, number: usize) -> String {
    let prefix = question.language.map_or("q", Language::code);
    let mut number = number;
    loop {
        let id = format!("{prefix}-{number}");
        if !taken.contains_key(&id) {
            return id;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_a_spreadsheet_is_read() {
        let table = "\u{FEFF}Question;Language;relevant;answers;EXPECT\r\n\
                     \"Wat kost het?\nEn \"\"wanneer\"\"; precies?\";nl;\"buyer-fees; seller-fees#vat\";\"8 %\\; of meer\";answered\r\n\
                     ;;;;\r\n\
                     Human please;;;;escalated\r\n";
        let read = import("t.csv", table.as_bytes(), None, Some(Language::En)).expect("questions");
        let [first, second] = &read[..] else {
            panic!("{read:?}");
        };
        assert_eq!(first.question, "Wat kost het?\nEn \"wanneer\"; precies?");
        assert_eq!(first.relevant, ["buyer-fees", "seller-fees#vat"]);
        assert_eq!(first.answers, ["8 %; of meer"]);
        assert_eq!(
            (first.id.as_str(), first.language),
            ("nl-1", Some(Language::Nl))
        );
        assert_eq!(second.expect, Some(Expectation::Escalated));
        assert_eq!(second.id, "en-2");
    }

    #[track_caller]
    fn check_refused(table: &[u8], start: &str, part: &str) {
        let error = import("t.csv", table, None, None).expect_err("refused");
        let text = error.to_string();
        assert!(text.starts_with(start) && text.contains(part), "{text}");
    }

    #[test]
    fn what_is_wrong_names_its_line_and_what_to_do() {
        check_refused(
            b"question,relevent\na,b\n",
            "t.csv:1: ",
            "`relevent` is no column",
        );
        check_refused(b"id,language\n1,nl\n", "t.csv:1: ", "no column `question`");
        check_refused(b"question,question\na,b\n", "t.csv:1: ", "twice");
        check_refused(
            b"question,language\n\"two\nlines\",nl\nb,sv\n",
            "t.csv:4: ",
            "`sv`",
        );
        check_refused(b"question,expect\na,maybe\n", "t.csv:2: ", "`maybe`");
        check_refused(b"question,id\na,1\nb,1\n", "t.csv:3: ", "on line 2 already");
        check_refused(
            b"question,id\na,1\nb\n",
            "t.csv:3: ",
            "1 fields where the first row has 2",
        );
        check_refused(b"question,id\n,1\n", "t.csv:2: ", "empty");
        check_refused(b"question\nol\xe9\n", "t.csv:2: ", "UTF-8");
        assert!(matches!(
            import("t.csv", b"question\n", None, None),
            Err(ImportError::Empty)
        ));
        assert!(matches!(
            import("t.csv", b"", None, None),
            Err(ImportError::Empty)
        ));
    }

    #[test]
    fn the_delimiter_is_found_or_given() {
        for (table, given) in [
            ("question\tid\na, b; c\tx", None),
            ("id|question\nx|a, b; c", None),
            ("question;id\na, b; c;x", None),
        ] {
            let found = import(
                "t.csv",
                table.replace("; c;x", ";x").as_bytes(),
                given,
                None,
            );
            assert_eq!(found.expect(table)[0].id, "x", "{table}");
        }
        // A name that is none of ours decides nothing.
        let read = import("t.csv", b"question\na;b,c\n", Some(b'\t'), None).expect("one column");
        assert_eq!(read[0].question, "a;b,c");
    }
}
