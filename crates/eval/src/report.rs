//! Reports for people: one HTML file that asks for nothing from outside.
//!
//! figures and questions → **a page**. Every report is a template that extends `page.html`, which brings the style and
//! a policy under which only the report's own script runs: a text of an article or of a customer is shown, never
//! executed. Texts are escaped by the template engine; nothing but plots is put in as it stands.

use minijinja::{AutoEscape, Environment};

mod comparison;
pub mod plots;
mod retrieval;
mod run;
#[cfg(test)]
mod tests;

pub use comparison::comparison_page;
pub use retrieval::retrieval_page;
pub use run::run_page;

/// The style every report starts from.
pub const BASE_CSS: &str = include_str!("report/base.css");

/// The frame of a report, with the blocks `title`, `style`, `header`, `main`, `footer` and `script`; it takes the
/// `nonce` a script must carry, as [`nonce`] gives it.
pub const PAGE: &str = include_str!("report/page.html");

/// A report could not be made; only a fault of the program can cause it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A template is wrong.
    #[error("the page of the report could not be made")]
    Template(#[from] minijinja::Error),
    /// A plot is wrong.
    #[error("the page of the report could not be made")]
    Plot(#[from] plots::PlotError),
    /// The figures have no form in JSON.
    #[error("the page of the report could not be made")]
    Content(#[source] serde_json::Error),
}

/// A difference of two shares in points, with its sign: `+1.7`. What rounds to nothing has none.
pub fn gain(share: f64) -> String {
    let points = format!("{:+.1}", share * 100.0);
    match points.as_str() {
        "+0.0" | "-0.0" => "0.0".to_owned(),
        _ => points,
    }
}

/// Templates all reports share, with filters for figures: `percent` (a share, with its sign), `points` (the same without),
/// `gain` (the same with plus or minus), `decimals` (three of them; a dash for what is not known) and `milliseconds`.
#[expect(
    clippy::missing_panics_doc,
    reason = "the templates are part of the program and parse"
)]
pub fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| {
        // By what a file is: a style sheet is no place for entities.
        let is_html = name.rsplit_once('.').is_none_or(|(_, kind)| kind == "html");
        if is_html {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    for (name, source) in [
        ("base.css", BASE_CSS),
        ("page.html", PAGE),
        ("filter.js", include_str!("report/filter.js")),
    ] {
        environment
            .add_template(name, source)
            .expect("the templates are part of the program and parse");
    }
    environment.add_filter("percent", |share: f64| format!("{:.1} %", share * 100.0));
    environment.add_filter("points", |share: f64| format!("{:.1}", share * 100.0));
    environment.add_filter("gain", gain);
    environment.add_filter("decimals", |value: Option<f64>| {
        value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
    });
    environment.add_filter("milliseconds", |ms: f64| {
        if ms < 10_000.0 {
            format!("{ms:.0} ms")
        } else {
            format!("{:.1} s", ms / 1_000.0)
        }
    });
    environment
}

/// What lets a report's own script run and no other: a value nobody knew who wrote what the report tells of.
pub fn nonce(content: &[u8]) -> String {
    blake3::hash(content).to_hex()[..32].to_owned()
}
