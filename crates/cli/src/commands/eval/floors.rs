//! `--floors`: a file with the least of every figure, by language.

use std::{collections::BTreeMap, path::Path};

use ::eval::{
    RunReport,
    floors::{self, Floors, MissedFloor},
};
use anyhow::Context as _;
use corpus::Language;

use crate::commands::{Context, End};

/// The file as it is written, with the places of its values.
type Written = BTreeMap<toml::Spanned<String>, BTreeMap<toml::Spanned<String>, f64>>;

/// Reads a floors file.
pub(super) fn read(path: &Path) -> anyhow::Result<Floors> {
    let text = fs_err::read_to_string(path).context("reading the floors")?;
    parse(&text).with_context(|| format!("reading the floors in `{}`", path.display()))
}

fn parse(text: &str) -> anyhow::Result<Floors> {
    let written: Written = toml::from_str(text)?;
    let mut floors = Floors::new();
    for (language, figures) in written {
        let line = line_of(text, language.span().start);
        let language = language.into_inner();
        anyhow::ensure!(
            language == "all" || language.parse::<Language>().is_ok(),
            "line {line}: `[{language}]` is no language; write `[all]` or one of {}",
            Language::ALL.map(Language::code).join(", ")
        );
        let of_language = floors.entry(language).or_default();
        for (figure, floor) in figures {
            let line = line_of(text, figure.span().start);
            let figure = figure.into_inner();
            if let Err(near) = floors::known_figure(&figure) {
                let names = ::eval::LanguageRow::FIGURES.join(", ");
                let remedy = near.map_or_else(
                    || format!("the figures are {names}"),
                    |near| format!("did you mean `{near}`?"),
                );
                anyhow::bail!("line {line}: there is no figure `{figure}`; {remedy}");
            }
            anyhow::ensure!(
                (0.0..=1.0).contains(&floor),
                "line {line}: `{figure}` is {floor}; a floor is a share from 0 to 1"
            );
            of_language.insert(figure, floor);
        }
    }
    Ok(floors)
}

/// Line of the byte `place`, from 1.
fn line_of(text: &str, place: usize) -> usize {
    let before = text.as_bytes().iter().take(place);
    1 + before.filter(|byte| **byte == b'\n').count()
}

/// Names every figure of `report` below its floor; missed when there is one.
pub(super) fn gate(
    report: &RunReport,
    floors: &Floors,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<End> {
    let missed = floors::missed(report, floors);
    for floor in &missed {
        writeln!(context.err, "loket: gate missed: {}", words(floor))?;
    }
    Ok(if missed.is_empty() {
        End::Done
    } else {
        End::Missed
    })
}

fn words(missed: &MissedFloor) -> String {
    let MissedFloor {
        language,
        figure,
        reached,
        floor,
        n,
    } = missed;
    reached.map_or_else(
        || format!("{figure} of {language} counts no question, the floor is {floor}"),
        |reached| format!("{figure} of {language} is {reached:.4} (n {n}), the floor is {floor}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        assert_eq!(parse(text).unwrap_err().to_string(), expected);
    }

    #[test]
    fn floors_are_read_by_language_and_figure() {
        let floors = parse("[all]\nsuccess_at_3 = 0.76\n[nl]\nanswered = 1\n").unwrap();
        assert!((floors["all"]["success_at_3"] - 0.76).abs() < 1e-12);
        assert!((floors["nl"]["answered"] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        refused(
            "[all]\nsuccess_at_3 = 0.7\n\n[klingon]\nanswered = 0.5\n",
            "line 4: `[klingon]` is no language; write `[all]` or one of en, nl, de, fr, es, it, pt, pl, zh",
        );
        refused(
            "[all]\nsucces_at_3 = 0.7\n",
            "line 2: there is no figure `succes_at_3`; did you mean `success_at_3`?",
        );
        refused(
            "[nl]\nanswered = 76\n",
            "line 2: `answered` is 76; a floor is a share from 0 to 1",
        );
    }

    #[test]
    fn a_missed_floor_says_what_was_reached_of_how_many() {
        let missed = |reached| MissedFloor {
            language: "nl".to_owned(),
            figure: "answered".to_owned(),
            reached,
            floor: 0.7,
            n: 20,
        };
        assert_eq!(
            words(&missed(Some(0.65))),
            "answered of nl is 0.6500 (n 20), the floor is 0.7"
        );
        assert_eq!(
            words(&missed(None)),
            "answered of nl counts no question, the floor is 0.7"
        );
    }
}
