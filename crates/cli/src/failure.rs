//! Failures as people read them: one line with the step, its causes and the remedy.

use std::io;

use inference::PullError;

/// The whole story of `failure` on one line, outermost step first.
pub(crate) fn line(failure: &anyhow::Error) -> String {
    let causes: Vec<String> = failure
        .chain()
        .map(|cause| one_line(&cause.to_string()))
        .collect();
    let mut line = causes.join(": ");
    if let Some(remedy) = failure.chain().find_map(remedy) {
        line.push_str("; ");
        line.push_str(&one_line(&remedy));
    }
    line
}

/// What the user can do, for causes that do not say so themselves.
fn remedy(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    cause.downcast_ref::<PullError>().map(PullError::remedy)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the reader of our output went away, which is no failure of ours.
pub(crate) fn is_broken_pipe(failure: &anyhow::Error) -> bool {
    failure
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_failure_is_one_line_with_its_remedy() {
        let cause = PullError::NotPulled {
            model: "m".to_owned(),
            file: "f.bin".to_owned(),
        };
        let failure = Err::<(), _>(cause)
            .context("loading\nthe encoder")
            .expect_err("failed");
        assert_eq!(
            line(&failure),
            "loading the encoder: `f.bin` of model `m` has not been pulled; run `loket models pull m`"
        );
    }

    #[test]
    fn a_reader_that_left_is_recognised() {
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(
            &anyhow::Error::from(gone).context("printing")
        ));
        assert!(!is_broken_pipe(&anyhow::anyhow!("no disk")));
    }
}
