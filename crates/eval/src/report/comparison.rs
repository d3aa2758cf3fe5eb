//! The page of a comparison: what got better and worse, and what was said before and after.

use minijinja::{context, value::Serde};

use super::{ReportError, environment, nonce};
use crate::compare::Comparison;

/// A comparison of the reports named `before` and `after` as one HTML file.
///
/// # Errors
/// [`ReportError`]; never because of what a text says.
pub fn comparison_page(
    comparison: &Comparison,
    before: &str,
    after: &str,
) -> Result<String, ReportError> {
    let mut environment = environment();
    environment.add_template("comparison.html", include_str!("comparison.html"))?;
    let content = serde_json::to_vec(comparison).map_err(ReportError::Content)?;
    let n_regressions = comparison.figures.iter().filter(|f| f.regression).count();
    Ok(environment
        .get_template("comparison.html")?
        .render(context! {
            nonce => nonce(&content),
            comparison => Serde(comparison),
            before,
            after,
            n_regressions,
        })?)
}
