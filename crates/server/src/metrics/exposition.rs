//! Metrics of several help centers as one text: each family once, with the series of all.

use std::{collections::BTreeMap, fmt};

/// Families of metrics by name.
#[derive(Debug, Default)]
pub(crate) struct Exposition(BTreeMap<String, Family>);

#[derive(Debug, Default)]
struct Family {
    /// What it is and of which type.
    head: String,
    /// Its series.
    series: String,
}

impl Exposition {
    /// Takes in `text`, in Prometheus' text format, as far as its families `are_wanted`. Every series gets the name of the
    /// help center it is of as its first label.
    pub(crate) fn add(
        &mut self,
        text: &str,
        tenant: Option<&str>,
        are_wanted: impl Fn(&str) -> bool,
    ) {
        let mut own = String::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix("# ") {
                let mut words = comment.split(' ');
                let (Some("HELP" | "TYPE"), Some(name)) = (words.next(), words.next()) else {
                    continue;
                };
                name.clone_into(&mut own);
                if are_wanted(&own) {
                    let family = self.0.entry(own.clone()).or_default();
                    // The first that names it says what it is, the others say the same.
                    let kind = &line[..line.len().min("# HELP".len())];
                    if !family.head.lines().any(|known| known.starts_with(kind)) {
                        push_line(&mut family.head, line);
                    }
                }
            } else if let Some(family) = self.0.get_mut(&own).filter(|_| are_wanted(&own)) {
                match tenant {
                    Some(tenant) => push_line(&mut family.series, &labelled(line, tenant)),
                    None => push_line(&mut family.series, line),
                }
            }
        }
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// A series with one more label. Names of help centers need no escape.
fn labelled(line: &str, tenant: &str) -> String {
    let label = format!("tenant=\"{tenant}\"");
    let end = line.find(['{', ' ']).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    match rest.strip_prefix('{') {
        Some(labels) if labels.starts_with('}') => format!("{name}{{{label}{labels}"),
        Some(labels) => format!("{name}{{{label},{labels}"),
        None => format!("{name}{{{label}}}{rest}"),
    }
}

impl fmt::Display for Exposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for family in self.0.values().filter(|family| !family.series.is_empty()) {
            f.write_str(&family.head)?;
            f.write_str(&family.series)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "# HELP x_total What x is.\n# TYPE x_total counter\nx_total{of=\"a } b\"} 1\n\
        # HELP y Y\n# TYPE y gauge\ny 2\n# HELP z Z\n# TYPE z gauge\n";
    const B: &str = "# HELP y Y\n# TYPE y gauge\ny 3\n# HELP x_total What x is.\n# TYPE x_total counter\nx_total{of=\"c\"} 4\n\
        x_total{of=\"d\"} 5\n";

    #[test]
    fn each_family_is_there_once_with_the_series_of_all() {
        let mut all = Exposition::default();
        all.add(
            "# HELP y Y\n# TYPE y gauge\ny 1\n# HELP w W\n# TYPE w gauge\nw 9\n",
            None,
            |name| name == "y",
        );
        all.add(A, Some("one"), |_| true);
        all.add(B, Some("two"), |_| true);
        let expected = "# HELP x_total What x is.\n# TYPE x_total counter\n\
            x_total{tenant=\"one\",of=\"a } b\"} 1\nx_total{tenant=\"two\",of=\"c\"} 4\nx_total{tenant=\"two\",of=\"d\"} 5\n\
            # HELP y Y\n# TYPE y gauge\ny 1\ny{tenant=\"one\"} 2\ny{tenant=\"two\"} 3\n";
        assert_eq!(all.to_string(), expected);
    }

    #[test]
    fn a_series_keeps_its_labels_and_its_value() {
        let check = |line: &str, expected: &str| assert_eq!(labelled(line, "t"), expected);
        check("x 1", "x{tenant=\"t\"} 1");
        check("x{} 1", "x{tenant=\"t\"} 1");
        check("x{a=\"b {c}\"} 1.5", "x{tenant=\"t\",a=\"b {c}\"} 1.5");
    }
}
