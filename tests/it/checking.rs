//! The check, put to sentences made true and made false with the shipped encoder. Needs the models and the public
//! collections; fetches nothing.

use std::{path::PathBuf, sync::PoisonError};

use acceptance::{loket, repository};

use crate::real_models::{MACHINE, models_dir};

/// The folder of the collections: `LOKET_DATA`, or `../shared/data` beside the repository.
fn collections() -> Option<PathBuf> {
    let named = std::env::var_os("LOKET_DATA").filter(|dir| !dir.is_empty());
    let dir = named.map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    dir.join("help_centers").is_dir().then_some(dir)
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "whoever runs this without the collections must learn that nothing was measured"
)]
fn false_sentences_are_caught_and_true_ones_are_kept() {
    let Some(data) = collections() else {
        eprintln!(
            "NOT MEASURED: there are no collections; name their folder with LOKET_DATA or put them into ../shared/data"
        );
        return;
    };
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let settings = dir.path().join("loket.toml");
    let text = format!(
        "[models]\ndir = {:?}\noffline = true\n[index]\ndata_dir = {:?}\n",
        models_dir().display().to_string(),
        dir.path().join("data").display().to_string(),
    );
    fs_err::write(&settings, text).expect("settings");
    let (settings, data) = (settings.display().to_string(), data.display().to_string());
    let report = loket(&[
        "eval",
        "check",
        "--data",
        &data,
        "--config",
        &settings,
        "--articles",
        "24",
        "--questions",
        "4",
        "--per-kind",
        "5",
        "--fold",
        "test",
        "--json",
    ])
    .expect(0)
    .json();
    let share = |kind: &str, cross_lingual: Option<bool>, of: &str| {
        let rows = report["rows"].as_array().expect("rows");
        let row = rows
            .iter()
            .find(|row| {
                row["language"] == "all"
                    && row["kind"] == kind
                    && row["is_cross_lingual"].as_bool() == cross_lingual
            })
            .expect("a row");
        row[of]["mean"].as_f64().expect("a share")
    };
    // Floors a little under what docs/adr/0011-checking.md reports of a larger sample.
    assert!(
        share("all", Some(false), "caught") >= 0.97,
        "{:?}",
        report["rows"][1]
    );
    assert!(
        share("all", Some(false), "lost") <= 0.05,
        "{:?}",
        report["rows"][1]
    );
    assert!(
        share("all", None, "caught") >= 0.94,
        "{:?}",
        report["rows"][0]
    );
    assert!(
        share("all", None, "lost") <= 0.09,
        "{:?}",
        report["rows"][0]
    );
    assert!(share("verbatim", Some(false), "lost") <= f64::EPSILON);
    for kind in ["number", "address", "negation", "modality"] {
        assert!(share(kind, Some(false), "caught") >= 0.93, "{kind}");
    }
}
