//! Floors: the least every figure of a run may be, by language.
//!
//! A repository that gates on one mean lets a language sink while another rises. Floors are a table for `all` and one
//! for each language, with the figures of [`LanguageRow`] by name.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::run::{LanguageRow, RunReport};

/// The least of every figure, 0 to 1, by language (or `all`) and name.
pub type Floors = BTreeMap<String, BTreeMap<String, f64>>;

/// A figure below its floor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MissedFloor {
    /// ISO 639-1 code, or `all`.
    pub language: String,
    /// The figure.
    pub figure: String,
    /// What it came to; `None` when no question counts for it.
    pub reached: Option<f64>,
    /// What it may be at least.
    pub floor: f64,
    /// Questions it is a mean of.
    pub n: usize,
}

/// Both are shares that may have taken different roads to the same decimal, so a difference no question set can make
/// counts for nothing.
const TOLERANCE: f64 = 1e-6;

/// The figures of `report` below `floors`, in the order of those. A floor for what no question counts for is missed: a
/// gate that measures nothing does not hold.
pub fn missed(report: &RunReport, floors: &Floors) -> Vec<MissedFloor> {
    let all = floors
        .iter()
        .flat_map(|(language, figures)| figures.iter().map(move |figure| (language, figure)));
    all.filter_map(|(language, (figure, floor))| {
        let row = report.rows.iter().find(|row| row.language == *language);
        let interval = row.and_then(|row| row.figure(figure));
        let counted = interval.filter(|interval| interval.n > 0);
        let reached = counted.map(|interval| interval.mean);
        let is_met = reached.is_some_and(|reached| reached >= floor - TOLERANCE);
        (!is_met).then(|| MissedFloor {
            language: language.clone(),
            figure: figure.clone(),
            reached,
            floor: *floor,
            n: counted.map_or(0, |interval| interval.n),
        })
    })
    .collect()
}

/// The name of a figure most like `name`, when there is no such figure; `Ok` when there is.
///
/// # Errors
/// What was probably meant, if anything.
pub fn known_figure(name: &str) -> Result<(), Option<&'static str>> {
    if LanguageRow::FIGURES.contains(&name) {
        Ok(())
    } else {
        Err(crate::question_set::nearest(name, &LanguageRow::FIGURES))
    }
}
