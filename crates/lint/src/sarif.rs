//! Findings as a SARIF 2.1.0 log, the form code hosts show beside a change.
//!
//! Columns count UTF-16 code units, which is what the format assumes and editors use. Addresses are relative to
//! the root of the repository. Fingerprints rest on the text of the line, so a finding keeps its identity when
//! lines are added above it.

use std::{collections::HashMap, fmt::Write as _};

use serde::Serialize;

use crate::{Collection, Finding, Place, Rule, Severity, in_folder};

mod model;

use self::model::{
    ArtifactLocation, Configuration, Driver, Location, Log, Message, PhysicalLocation, Region,
    ReportingDescriptor, Result as Found, Run, Text, Tool,
};

/// Where the address of a log's schema is published.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// `findings` about `collection` as a SARIF log of Loket `version`. `folder` is the path of the knowledge base
/// from the root of the repository, with `/` separators; empty when it is the root.
pub fn log(
    findings: &[Finding],
    collection: &Collection,
    folder: &str,
    version: &str,
) -> impl Serialize {
    let mut seen: HashMap<u64, u32> = HashMap::new();
    let results = findings.iter().map(|finding| {
        let hash = fingerprint(finding, collection);
        let occurrence = seen.entry(hash).or_default();
        *occurrence += 1;
        result(
            finding,
            collection,
            folder,
            format!("{hash:016x}:{occurrence}"),
        )
    });
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            results: results.collect(),
            tool: Tool {
                driver: Driver {
                    name: "Loket",
                    semantic_version: version.to_owned(),
                    rules: Rule::ALL.map(descriptor).into(),
                },
            },
            column_kind: "utf16CodeUnits",
        }],
    }
}

fn descriptor(rule: Rule) -> ReportingDescriptor {
    ReportingDescriptor {
        id: rule.name(),
        short_description: Text {
            text: rule.summary(),
        },
        full_description: Text { text: rule.help() },
        help: Text { text: rule.help() },
        default_configuration: Configuration {
            level: level(rule.severity()),
        },
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(finding: &Finding, collection: &Collection, folder: &str, fingerprint: String) -> Found {
    let related = (0..).zip(&finding.related).map(|(id, place)| Location {
        id: Some(id),
        ..location(place, collection, folder)
    });
    Found {
        rule_id: finding.rule.name(),
        rule_index: Rule::ALL
            .iter()
            .position(|rule| *rule == finding.rule)
            .unwrap_or_default(),
        level: level(finding.severity),
        message: Message {
            text: format!(
                "{}. To do: {}.",
                capitalised(&finding.message),
                finding.remedy
            ),
        },
        locations: [location(&finding.place, collection, folder)],
        related_locations: related.collect(),
        partial_fingerprints: [("primaryLocationLineHash", fingerprint)].into(),
    }
}

fn location(place: &Place, collection: &Collection, folder: &str) -> Location {
    let text = collection
        .at(&place.path)
        .map_or("", |file| file.text.as_str());
    Location {
        id: None,
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: address(&in_folder(folder, &place.path)),
                uri_base_id: "%SRCROOT%",
            },
            region: region(place, text),
        },
    }
}

/// The lines and columns of `place` in `text`; the line alone where the place has no range.
fn region(place: &Place, text: &str) -> Region {
    let line_only = Region {
        start_line: place.line,
        start_column: None,
        end_line: None,
        end_column: None,
    };
    let Some((start, end)) = place.range.and_then(|range| {
        let before = text.get(..range.start)?;
        Some((before, text.get(..range.end)?))
    }) else {
        return line_only;
    };
    let column = |before: &str| {
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let units: usize = before[line_start..].chars().map(char::len_utf16).sum();
        u32::try_from(units + 1).unwrap_or(u32::MAX)
    };
    let end = end.trim_end_matches(['\n', '\r']);
    if end.len() <= start.len() {
        return line_only;
    }
    let end_line = u32::try_from(end.matches('\n').count() + 1).unwrap_or(u32::MAX);
    Region {
        start_column: Some(column(start)),
        end_line: Some(end_line),
        end_column: Some(column(end)),
        ..line_only
    }
}

/// A path as a relative address.
fn address(path: &str) -> String {
    let mut address = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing into memory cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}

/// FNV-1a over rule, file and the text of the line. It has to be the same in every build for ever, which the hashers
/// of the standard library do not promise.
fn fingerprint(finding: &Finding, collection: &Collection) -> u64 {
    let line = usize::try_from(finding.place.line)
        .unwrap_or(1)
        .saturating_sub(1);
    let text = collection
        .at(&finding.place.path)
        .and_then(|file| file.text.lines().nth(line))
        .unwrap_or_default();
    let parts = [
        finding.rule.name(),
        finding.place.path.as_str(),
        text.trim(),
    ];
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.join("\0").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
mod tests;
