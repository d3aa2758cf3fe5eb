use super::*;

#[test]
fn what_the_examples_do_not_tell_stays() {
    let before = Calibration::default();
    let example = |i: u8, read: f32| Example {
        features: Features {
            coverage: f32::from(i % 10) / 10.0,
            read,
            reading: read * f32::from(i % 3),
            ..Features::default()
        },
        answers: i.is_multiple_of(2),
    };
    let unread: Vec<Example> = (0..60).map(|i| example(i, 0.0)).collect();
    let fitted = fit(&unread, &before, 0.5, 0.1).calibration.weights;
    assert!((fitted.reading - before.weights.reading).abs() < f32::EPSILON);
    let read: Vec<Example> = (0..60).map(|i| example(i, 1.0)).collect();
    let fitted = fit(&read, &before, 0.5, 0.1).calibration.weights;
    assert!((fitted.reading - before.weights.reading).abs() > 0.1);
}

#[test]
fn the_sure_are_as_many_as_are_nearly_all_right() {
    let scored = |n_right: usize, n_wrong: usize| {
        (0..n_right + n_wrong).map(move |i| (1.0 - i as f64 / 1000.0, i < n_right))
    };
    // 45 right before 5 wrong: all 50; with 6 wrong, 50 again, since the 51st would be the sixth.
    assert!((sure(scored(45, 5)) - 0.0).abs() < 1e-9);
    assert!((sure(scored(45, 60)) - 0.95).abs() < 1e-9);
    assert!((sure(scored(15, 0)) - 1.0).abs() < 1e-9, "too few");
    assert!((sure(scored(0, 50)) - 1.0).abs() < 1e-9);
}

#[test]
fn a_telling_feature_gets_its_weight() {
    let examples: Vec<Example> = (0..200_u16)
        .map(|i| {
            let coverage = f32::from(i % 10) / 10.0;
            let noise = i % 7 == 0;
            Example {
                features: Features {
                    coverage,
                    length: f32::from(i % 3) - 1.0,
                    ..Features::default()
                },
                answers: (coverage > 0.45) != noise,
            }
        })
        .collect();
    let flat = Calibration {
        intercept: 0.0,
        weights: Features::default(),
    };
    let report = fit(&examples, &flat, 0.5, 0.1);
    assert!((report.auroc_before - 0.5).abs() < 1e-9);
    assert!(report.auroc_after > 0.75, "{}", report.auroc_after);
    assert!(
        report.calibration.weights.coverage > 2.0,
        "{:?}",
        report.calibration
    );
    assert!(
        report.calibration.weights.length.abs() < 0.3,
        "{:?}",
        report.calibration
    );
}

#[test]
fn auroc_counts_ties_half() {
    assert!((auroc(&[(0.9, true), (0.1, false)]) - 1.0).abs() < 1e-9);
    assert!((auroc(&[(0.5, true), (0.5, false)]) - 0.5).abs() < 1e-9);
    assert!((auroc(&[(0.5, true)]) - 0.5).abs() < 1e-9);
}

#[test]
fn quality_counts_refusals_and_answers_in_vain() {
    // Two right above and one right below the threshold, one wrong above and three wrong below.
    let scored = [
        (0.9, true),
        (0.8, true),
        (0.3, true),
        (0.7, false),
        (0.2, false),
        (0.1, false),
        (0.1, false),
    ];
    let quality = Quality::of(&scored.map(|(p, right)| (p, 0.5, right)));
    assert!((quality.false_refusals - 1.0 / 3.0).abs() < 1e-12);
    assert!((quality.answered_anyway - 0.25).abs() < 1e-12);
    // Of the twelve pairs, only (0.3, 0.7) is the wrong way round.
    assert!((quality.auroc - 11.0 / 12.0).abs() < 1e-12);
    assert_eq!(quality.n, 7);
    // Bins 0.1: 2 of 0.1 wrong; 0.2, 0.3, 0.7, 0.8, 0.9 one each.
    let expected = (0.2 + 0.2 + 0.7 + 0.7 + 0.2 + 0.1) / 7.0;
    assert!(
        (quality.expected_error - expected).abs() < 1e-12,
        "{quality:?}"
    );
}

#[test]
fn what_is_told_of_a_fit_is_of_questions_it_did_not_see() {
    // Nothing tells right from wrong: a fit tested on its own examples would look better than chance.
    let examples: Vec<Example> = (0..120_u32)
        .map(|i| {
            let noise = |seed: u32| {
                let mixed = (i + 1).wrapping_mul(seed).wrapping_mul(2_654_435_761) >> 8;
                f32::from(u16::try_from(mixed % 1_000).unwrap_or(0)) / 1_000.0
            };
            Example {
                features: Features {
                    nearness: noise(3),
                    versions: noise(5),
                    lead: noise(7),
                    coverage: noise(11),
                    words: noise(13),
                    ..Features::default()
                },
                answers: noise(17) > 0.5,
            }
        })
        .collect();
    let report = fit(&examples, &Calibration::default(), 0.5, 0.1);
    let seen: Vec<(f64, bool)> = examples
        .iter()
        .map(|e| {
            let probability = report.calibration.probability(&e.features);
            (f64::from(probability), e.answers)
        })
        .collect();
    assert!(report.after.auroc < auroc(&seen) - 0.05, "{report:?}");
    assert!((report.after.auroc - 0.5).abs() < 0.15, "{report:?}");
}
