//! Plots as SVG for the pages of reports.
//!
//! Colours are marks the style sheet turns into the theme's (`figure svg` in `base.css`), so one picture serves light and
//! dark. Each has a title and a description for those who do not see it; the page gives the figures in a table below.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::{
    reliability::{BINS, Reliability},
    risk::RiskPoint,
};

/// A plot could not be drawn; only a fault of the program can cause it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a plot could not be drawn: {0}")]
pub struct PlotError(String);

/// Width and height of every plot, in units of its own; text is of 14, so it can be read on a telephone.
const SIZE: (u32, u32) = (390, 290);
const TEXT_SIZE: u32 = 14;

// See `figure svg` in base.css.
const TEXT: RGBColor = RGBColor(0, 0, 1);
const GRID: RGBColor = RGBColor(0, 0, 2);
const FIRST: RGBColor = RGBColor(0, 0, 3);
const SECOND: RGBColor = RGBColor(0, 0, 4);
const FILL: RGBColor = RGBColor(0, 0, 5);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Words of one plot.
struct Words<'a> {
    /// Names it among the ids of the page.
    id: &'a str,
    title: &'a str,
    description: &'a str,
    x: &'a str,
    y: &'a str,
}

/// What the axes of a plot go up to, from 0, and how their values are written.
struct Axes {
    x: f64,
    y: f64,
    x_words: fn(&f64) -> String,
    y_words: fn(&f64) -> String,
}

/// How often answers would be from a wrong article, by the share of questions answered.
///
/// # Errors
/// [`PlotError`].
pub fn risk_coverage(points: &[RiskPoint]) -> Result<String, PlotError> {
    let highest = points.iter().map(|point| point.risk).fold(0.05, f64::max);
    let words = Words {
        id: "risk-coverage",
        title: "Risk by coverage",
        description: "A line: the share of questions answered, the surest first, and the share of those whose first \
                      article does not answer them. The table below has its values.",
        x: "questions answered, surest first",
        y: "from a wrong article",
    };
    let axes = Axes {
        x: 1.0,
        y: (highest * 1.15).min(1.0),
        x_words: percent,
        y_words: percent,
    };
    let line: Vec<(f64, f64)> = points.iter().map(|p| (p.coverage, p.risk)).collect();
    draw(&words, &axes, |chart| {
        chart.draw_series(AreaSeries::new(line.iter().copied(), 0.0, FILL))?;
        chart.draw_series(LineSeries::new(line.iter().copied(), FIRST.stroke_width(2)))?;
        Ok(())
    })
}

/// How often the first article is right, by confidence.
///
/// # Errors
/// [`PlotError`].
pub fn reliability(report: &Reliability) -> Result<String, PlotError> {
    let words = Words {
        id: "reliability",
        title: "Share right by confidence",
        description: "A bar for each tenth of confidence: the share of its questions whose first article is right, with an \
                      interval of 95 %, and their number at its foot. On the diagonal, confidence is what it says. The table below has its values.",
        x: "confidence",
        y: "first article right",
    };
    let axes = Axes {
        x: 1.0,
        y: 1.0,
        x_words: percent,
        y_words: percent,
    };
    let width = 1.0 / BINS as f64;
    let held: Vec<_> = report.bins.iter().filter(|bin| bin.n > 0).collect();
    draw(&words, &axes, |chart| {
        chart.draw_series(held.iter().map(|bin| {
            let corners = [(bin.from + 0.01, 0.0), (bin.from + width - 0.01, bin.right)];
            Rectangle::new(corners, FILL.filled())
        }))?;
        chart.draw_series(held.iter().map(|bin| {
            let edge = [
                (bin.from + 0.01, bin.right),
                (bin.from + width - 0.01, bin.right),
            ];
            PathElement::new(edge, FIRST.stroke_width(3))
        }))?;
        chart.draw_series(held.iter().map(|bin| {
            let middle = bin.from + width / 2.0;
            let interval = [(middle, bin.interval.0), (middle, bin.interval.1)];
            PathElement::new(interval, FIRST.stroke_width(1))
        }))?;
        chart.draw_series(held.iter().map(|bin| {
            let text = ("sans-serif", TEXT_SIZE - 2).into_font().color(&TEXT);
            let text = text.pos(Pos::new(HPos::Center, VPos::Bottom));
            Text::new(bin.n.to_string(), (bin.from + width / 2.0, 0.01), text)
        }))?;
        let diagonal = [(0.0, 0.0), (1.0, 1.0)];
        chart.draw_series(LineSeries::new(diagonal, SECOND.stroke_width(2)))?;
        Ok(())
    })
}

/// Which share of answers was there within which time; both lists in milliseconds, in any order.
///
/// # Errors
/// [`PlotError`].
pub fn latency(first_sentence: &[f64], total: &[f64]) -> Result<String, PlotError> {
    let words = Words {
        id: "latency",
        title: "Answers ready by time",
        description: "Two rising lines: the share of replies whose first sentence was there, and of those that were \
                      complete, within a time. The table below has its values.",
        x: "time since the question",
        y: "share of replies",
    };
    let longest = total.iter().copied().fold(1.0, f64::max);
    let axes = Axes {
        x: longest,
        y: 1.0,
        x_words: milliseconds,
        y_words: percent,
    };
    draw(&words, &axes, |chart| {
        chart.draw_series(LineSeries::new(
            steps(total, longest),
            FIRST.stroke_width(2),
        ))?;
        chart.draw_series(LineSeries::new(
            steps(first_sentence, longest),
            SECOND.stroke_width(2),
        ))?;
        Ok(())
    })
}

/// The empirical distribution of `ms` as the corners of its steps, up to `longest`.
fn steps(ms: &[f64], longest: f64) -> Vec<(f64, f64)> {
    let mut sorted = ms.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mut corners = vec![(0.0, 0.0)];
    for (place, time) in sorted.iter().enumerate() {
        corners.push((*time, place as f64 / n));
        corners.push((*time, (place + 1) as f64 / n));
    }
    if !sorted.is_empty() {
        corners.push((longest, 1.0));
    }
    corners
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form plotters calls it in"
)]
fn percent(share: &f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the form plotters calls it in"
)]
fn milliseconds(ms: &f64) -> String {
    if *ms < 1_000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1_000.0)
    }
}

type Chart<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

fn draw(
    words: &Words<'_>,
    axes: &Axes,
    series: impl FnOnce(&mut Chart<'_, '_>) -> Drawn,
) -> Result<String, PlotError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw_on(&area, words, axes, series).map_err(|error| PlotError(error.to_string()))?;
        area.present()
            .map_err(|error| PlotError(error.to_string()))?;
    }
    Ok(described(&svg, words))
}

fn draw_on(
    area: &Area<'_>,
    words: &Words<'_>,
    axes: &Axes,
    series: impl FnOnce(&mut Chart<'_, '_>) -> Drawn,
) -> Drawn {
    let text = ("sans-serif", TEXT_SIZE).into_font().color(&TEXT);
    let mut chart = ChartBuilder::on(area)
        .margin(6)
        .margin_right(24)
        .x_label_area_size(42)
        .y_label_area_size(62)
        .build_cartesian_2d(0.0..axes.x, 0.0..axes.y)?;
    chart
        .configure_mesh()
        .x_labels(5)
        .y_labels(6)
        .max_light_lines(0)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(text.clone())
        .axis_desc_style(text)
        .x_desc(words.x)
        .y_desc(words.y)
        .x_label_formatter(&axes.x_words)
        .y_label_formatter(&axes.y_words)
        .draw()?;
    series(&mut chart)
}

/// The picture with its title and description, scaling to the width it is given.
fn described(svg: &str, words: &Words<'_>) -> String {
    let content = svg.split_once('>').map_or("", |(_, content)| content);
    let (width, height) = SIZE;
    let Words {
        id,
        title,
        description,
        ..
    } = words;
    format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-description\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-description\">{description}</desc>{content}"
    )
}
