//! Metrics of all and of each: series of the right help center, each once, in a text that Prometheus reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::rig::{QUESTION, Receiver, Rig};

/// Names of families by their type, and all series; fails where Prometheus would.
#[track_caller]
fn read(text: &str) -> (BTreeMap<&str, &str>, BTreeSet<&str>) {
    let (mut types, mut helped, mut series) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    let mut family = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            family = rest.split(' ').next().unwrap();
            assert!(helped.insert(family), "described twice: {family}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, family);
            assert!(types.insert(name, kind).is_none(), "typed twice: {name}");
        } else {
            let (key, value) = line.rsplit_once(' ').unwrap();
            value.parse::<f64>().unwrap();
            assert!(series.insert(key), "twice: {key}");
            let name = key.split('{').next().unwrap();
            let end = name
                .strip_prefix(family)
                .unwrap_or_else(|| panic!("{name} after {family}"));
            let ends: &[&str] = match types[family] {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(ends.contains(&end), "{name} after {family}");
        }
    }
    (types, series)
}

#[test]
fn metrics_of_all_name_each_and_those_of_one_name_no_other() {
    let (_, alder_port) = Receiver::start();
    let (_, birch_port) = Receiver::start();
    let rig = Rig::two("", Some([alder_port, birch_port]));
    let service = rig.serve_ready(&[]);
    for tenant in ["alder", "birch"] {
        service.ask(tenant, QUESTION, false);
        assert_eq!(service.hand_over(tenant, "k", "help", None).status, 202);
    }
    service.get(None, "/t/zirconium/v1/version", None);
    let of = |path: &str| service.get(None, path, None).body;
    service.wait("both are delivered", || {
        of("/metrics").matches("result=\"delivered\"").count() == 2
    });

    let one = of("/t/alder/metrics");
    let (types, _) = read(&one);
    assert!(one.contains("alderdesk"), "{one}");
    for word in ["birch", "tenant=", "loket_process", "loket_remote"] {
        assert!(!one.contains(word), "{word}: {one}");
    }

    let all = of("/metrics");
    let (all_types, series) = read(&all);
    for (name, kind) in &types {
        assert_eq!(all_types.get(name), Some(kind), "{name}");
    }
    for (tenant, desk) in [("alder", "alderdesk"), ("birch", "birchdesk")] {
        for expected in [
            format!("loket_queue_capacity{{tenant=\"{tenant}\",queue=\"answer\"}}"),
            format!("loket_index_articles{{tenant=\"{tenant}\"}}"),
            format!(
                "loket_delivery_attempts_total{{tenant=\"{tenant}\",destination=\"{desk}\",result=\"delivered\"}}"
            ),
        ] {
            assert!(series.contains(&*expected), "{expected}\n{all}");
        }
    }
    // Of the process, once and without a name.
    assert!(
        series.contains("loket_process_resident_memory_bytes"),
        "{all}"
    );
    // Labels take values the settings know: nothing of what was asked for.
    assert!(!all.contains("zirconium"), "{all}");
    let named: BTreeSet<&str> = series
        .iter()
        .filter_map(|key| key.split_once("tenant=\"")?.1.split('"').next())
        .collect();
    assert_eq!(named, BTreeSet::from(["alder", "birch"]));
}
