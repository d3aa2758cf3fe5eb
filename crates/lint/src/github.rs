//! Findings as workflow commands of GitHub Actions, which shows them beside the lines of a change.

use std::fmt::Write as _;

use crate::{Finding, Severity, in_folder};

/// One command a line, with a final line end; empty without findings. `folder` is the path of the knowledge base
/// from the root of the repository, with `/` separators; empty when it is the root.
pub fn commands(findings: &[Finding], folder: &str) -> String {
    let mut lines = String::new();
    for finding in findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let place = &finding.place;
        let path = in_folder(folder, &place.path);
        let message = format!("{}\nTo do: {}", finding.message, finding.remedy);
        // Writing into memory cannot fail.
        let _ = writeln!(
            lines,
            "::{command} file={},line={},col={},title={}::{}",
            property(&path),
            place.line,
            place.column,
            property(finding.rule.name()),
            data(&message)
        );
    }
    lines
}

/// What would end a command is escaped; `%` first, since it escapes.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// What would end a property is escaped too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, Rule};

    #[track_caller]
    fn check(folder: &str, path: &str, message: &str, expected: &str) {
        let finding = Finding::new(
            Rule::Validity,
            Place::line(path, 3),
            message.to_owned(),
            "mend it",
        );
        assert_eq!(commands(&[finding], folder), format!("{expected}\n"));
    }

    #[test]
    fn findings_are_commands() {
        check(
            "kb",
            "en/a.md",
            "it is over",
            "::warning file=kb/en/a.md,line=3,col=1,title=validity::it is over%0ATo do: mend it",
        );
        check(
            "",
            "en/a,b:c.md",
            "50% off: ends,\r\nsoon",
            "::warning file=en/a%2Cb%3Ac.md,line=3,col=1,title=validity::50%25 off: ends,%0D%0Asoon%0ATo do: mend it",
        );
    }

    #[test]
    fn no_findings_are_no_commands() {
        assert_eq!(commands(&[], "kb"), "");
    }
}
