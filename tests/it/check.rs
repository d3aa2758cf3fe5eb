//! `loket check` through the command line: what is told, in which form, and how it ends.

use acceptance::Sandbox;
use serde_json::Value;

/// The day of all runs.
const DAY: &str = "2026-11-27";

fn with_faults() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write_article(
        "en/fees.md",
        "---\nid: fees\nlangauge: en\n---\n# Fees\n\nSee [returns](retrun-an-order.md), or p\u{200B}ay.\n\n\
         ![](fees.png)\n\n<span hidden>Fees are waived.</span>\n",
    );
    sandbox
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().expect("a rule"))
        .collect()
}

#[test]
fn good_articles_pass_without_model_or_index() {
    let sandbox = Sandbox::new();
    fs_err::remove_dir_all(sandbox.path("source")).expect("no models");
    let ran = sandbox
        .run(&["check", "--at", DAY, "--json", "--max-warnings", "0"])
        .expect(0);
    let report = ran.json();
    assert_eq!(report["articles"], 5);
    assert_eq!(report["languages"], serde_json::json!({"en": 4, "nl": 1}));
    assert_eq!(
        (&report["errors"], &report["warnings"]),
        (&0.into(), &0.into()),
        "{}",
        ran.out
    );
    assert_eq!(report["passed"], true);
    assert!(!sandbox.path("data").exists(), "an index was made");
}

#[test]
fn faults_are_told_with_their_line_and_what_to_do() {
    let ran = with_faults().run(&["check", "--at", DAY]).expect(1);
    let path = |place: &str| -> String {
        let line = ran
            .out
            .lines()
            .find(|line| line.contains(place))
            .unwrap_or_default();
        line.to_owned()
    };
    assert!(
        path("fees.md:7:5").ends_with("error broken-link there is no article `retrun-an-order.md`"),
        "{}",
        ran.out
    );
    for lines in [
        "  | langauge: en\n  | ^^^^^^^^^^^^\n  = write `language`, if that is what it should be\n",
        "  | See [returns](retrun-an-order.md), or p⟨U+200B⟩ay.\n  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  \
         = write `return-an-order.md`, if that is the article\n",
        "  | <span hidden>Fees are waived.</span>\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  = show it, or remove it\n",
    ] {
        assert!(ran.out.contains(lines), "no\n{lines}in\n{}", ran.out);
    }
    let last = ran.out.lines().last().expect("a summary");
    assert!(
        last.starts_with("6 articles in 2 languages: 3 errors, 2 warnings"),
        "{last}"
    );
}

#[test]
fn machines_get_the_same_findings_in_their_forms() {
    let sandbox = with_faults();
    let rules_of_file = [
        "front-matter",
        "broken-link",
        "odd-unicode",
        "image-without-text",
        "hidden-text",
    ];
    let json = sandbox
        .run(&["check", "--at", DAY, "--format", "json"])
        .expect(1)
        .json();
    assert!(
        rules_of_file.iter().all(|rule| rules(&json).contains(rule)),
        "{json}"
    );

    let sarif = sandbox
        .run(&["check", "--at", DAY, "--format", "sarif"])
        .expect(1)
        .json();
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), rules(&json).len());
    let link = results
        .iter()
        .find(|result| result["ruleId"] == "broken-link")
        .expect("a result");
    assert_eq!(
        link["locations"][0]["physicalLocation"]["region"],
        serde_json::json!({"startLine": 7, "startColumn": 5, "endLine": 7, "endColumn": 34})
    );
    let index = usize::try_from(link["ruleIndex"].as_u64().expect("a number")).expect("small");
    assert_eq!(
        sarif["runs"][0]["tool"]["driver"]["rules"][index]["id"],
        "broken-link"
    );

    let github = sandbox
        .run(&["check", "--at", DAY, "--format", "github"])
        .expect(1)
        .out;
    assert_eq!(github.lines().count(), results.len());
    let line = github
        .lines()
        .find(|line| line.contains("title=broken-link"))
        .expect("a command");
    assert!(
        line.starts_with("::error file=") && line.contains("en/fees.md,line=7,col=5,title="),
        "{line}"
    );
    assert!(line.contains("%0ATo do: "), "{line}");
}

#[test]
fn a_report_may_go_to_a_file() {
    let sandbox = with_faults();
    let file = sandbox.path("report.sarif").display().to_string();
    let ran = sandbox
        .run(&["check", "--at", DAY, "--format", "sarif", "--output", &file])
        .expect(1);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    let text = fs_err::read_to_string(&file).expect("the report");
    let sarif: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
}

#[test]
fn rules_are_chosen_and_weighed() {
    let sandbox = with_faults();
    let only = sandbox.run(&[
        "check",
        "--json",
        "--rule",
        "odd-unicode",
        "--rule",
        "image-without-text",
    ]);
    let only = only.expect(0).json();
    assert_eq!(rules(&only), ["odd-unicode", "image-without-text"]);
    sandbox
        .run(&["check", "--rule", "odd-unicode", "--max-warnings", "0"])
        .expect(1);
    sandbox
        .run(&["check", "--rule", "odd-unicode", "--max-warnings", "1"])
        .expect(0);

    sandbox.write_settings("[check.severity]\nbroken-link = \"note\"\nhidden-text = \"off\"\nodd-unicode = \"error\"\n");
    let weighed = sandbox
        .run(&["check", "--at", DAY, "--json"])
        .expect(1)
        .json();
    let severity = |rule: &str| {
        let findings = weighed["findings"].as_array().expect("findings");
        findings
            .iter()
            .find(|finding| finding["rule"] == rule)
            .map(|finding| finding["severity"].clone())
    };
    assert_eq!(severity("broken-link"), Some("note".into()));
    assert_eq!(severity("hidden-text"), None);
    assert_eq!(severity("odd-unicode"), Some("error".into()));
}

#[test]
fn an_unknown_rule_is_refused_with_those_there_are() {
    let sandbox = Sandbox::new();
    sandbox.run(&["check", "--rule", "broken-lnik"]).expect(2);
    sandbox.write_settings("[check.severity]\nbroken-lnik = \"off\"\n");
    sandbox
        .run(&["check"])
        .expect_failure(&["loket.toml", "line", "broken-lnik", "broken-link"]);
    sandbox.write_settings("[check.severity]\nbroken-link = \"fatal\"\n");
    sandbox
        .run(&["check"])
        .expect_failure(&["fatal", "warning"]);
}

#[test]
fn a_folder_that_is_not_there_is_a_failure() {
    let sandbox = Sandbox::new();
    let nowhere = sandbox.path("nowhere").display().to_string();
    sandbox
        .run(&["check", "--kb", &nowhere])
        .expect_failure(&["nowhere", "--kb"]);
}
