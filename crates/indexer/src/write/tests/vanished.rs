//! Files that are gone for a moment, and those that are gone for good.

use super::*;

/// Longer than any test runs.
const LONG: Duration = Duration::from_hours(1);

/// The knowledge base of three articles, built once by a builder that waits for what vanishes.
struct Watched {
    place: Place,
    builder: Builder,
}

impl Watched {
    fn new() -> Self {
        let place = place();
        let mut builder = Builder::new(place.kb(), place.store(), BuildOptions::default());
        builder.wait_for_vanished(LONG);
        let mut watched = Self { place, builder };
        watched.build();
        watched
    }

    fn build(&mut self) -> BuildReport {
        let built = self.builder.build(&tiny::encoder(1), &mut |_| ());
        built.expect("built").report
    }

    fn remove(&self, path: &str) {
        fs_err::remove_file(self.place.kb().join(path)).expect("removed");
    }

    /// Paths of the articles that are served, and whether a file is waited for.
    #[track_caller]
    fn check(&self, expected: &[&str], waits: bool) {
        let snapshot = self.place.store().open().expect("opened").snapshot;
        let paths: Vec<&str> = snapshot
            .articles()
            .map(|(_, of)| of.path.as_str())
            .collect();
        assert_eq!(paths, expected);
        assert_eq!(self.builder.vanished_since().is_some(), waits);
    }
}

const ALL: [&str; 3] = ["en/pay.md", "en/ship.md", "nl/pay.md"];

#[test]
fn an_article_is_kept_until_its_file_is_back() {
    let mut watched = Watched::new();
    watched.check(&ALL, false);
    watched.remove("en/ship.md");
    assert!(!watched.build().is_new);
    watched.check(&ALL, true);
    // What is there is taken up meanwhile.
    watched.place.put("en/pay.md", &PAY.replace("2 %", "3 %"));
    let report = watched.build();
    assert_eq!(report.changes.changed, ["en/pay.md"]);
    assert_eq!((report.changes.removed, report.n_articles), (vec![], 3));
    let since = watched.builder.vanished_since();
    watched.check(&ALL, true);
    // Created, but not written yet.
    watched.place.put("en/ship.md", "");
    let report = watched.build();
    assert_eq!((report.is_new, report.rejected), (false, vec![]));
    assert_eq!(watched.builder.vanished_since(), since);
    watched.place.put("en/ship.md", &SHIP.replace('5', "6"));
    assert_eq!(watched.build().changes.changed, ["en/ship.md"]);
    watched.check(&ALL, false);
}

#[test]
fn an_article_whose_file_stays_away_is_left_out() {
    let mut watched = Watched::new();
    watched.remove("en/ship.md");
    watched.build();
    watched.check(&ALL, true);
    // As when the time is over.
    watched.builder.wait_for_vanished(Duration::from_nanos(1));
    assert_eq!(watched.build().changes.removed, ["en/ship.md"]);
    watched.check(&["en/pay.md", "nl/pay.md"], false);
    // An empty file is told in the end.
    watched.place.put("nl/pay.md", "");
    assert_eq!(watched.build().rejected[0].path, "nl/pay.md");
    watched.check(&["en/pay.md"], false);
}

#[test]
fn a_file_that_is_elsewhere_is_not_waited_for() {
    let mut watched = Watched::new();
    // By its bytes, under another id.
    watched.remove("en/ship.md");
    watched.place.put("en/shipping.md", SHIP);
    assert_eq!(watched.build().changes.moved[0].to, "en/shipping.md");
    watched.check(&["en/pay.md", "en/shipping.md", "nl/pay.md"], false);
    // By its id, with other bytes.
    watched.remove("en/shipping.md");
    let text = "---\nid: shipping\n---\n# Shipping\n\nShip within 9 days.\n";
    watched.place.put("en/parcels/shipping.md", text);
    assert_eq!(
        watched.build().changes.moved[0].to,
        "en/parcels/shipping.md"
    );
    watched.check(&["en/parcels/shipping.md", "en/pay.md", "nl/pay.md"], false);
    // A twin that was there all along is no such place.
    watched.place.put("en/twin.md", PAY);
    watched.build();
    watched.remove("en/pay.md");
    assert!(!watched.build().is_new);
    watched.check(
        &[
            "en/parcels/shipping.md",
            "en/pay.md",
            "en/twin.md",
            "nl/pay.md",
        ],
        true,
    );
}

#[test]
fn what_another_process_built_is_not_kept_without_its_file() {
    let mut watched = Watched::new();
    watched.place.put("en/other.md", "# Other\n\nText.\n");
    watched.place.build().expect("built");
    watched.remove("en/other.md");
    watched.build();
    watched.check(&ALL, false);
}
