//! What a watch tells: a line for each build, or one JSON object a line.

use std::path::PathBuf;

use indexer::Rejected;
use jiff::Zoned;
use owo_colors::Style;
use serde::Serialize;

use super::super::index::summary::{Report, Summary};
use crate::{Output, output::printable};

/// Changed files named in the line of a build; more of them are only counted.
const N_NAMED: usize = 3;

/// Tells what a watch does.
pub(super) struct Teller<'w, 'o> {
    kb: PathBuf,
    as_json: bool,
    out: &'w mut Output<'o>,
    /// The files that were rejected at the last build: told when they are others, not at every save.
    rejected: Vec<Rejected>,
    /// The drafts that were left out at the last build, told in the same way.
    drafts: Vec<String>,
    /// Whether it was told that another build runs, or what failed.
    told: Option<String>,
}

/// One thing that happened.
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time lives, and only while it is written"
)]
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'e> {
    /// Changes are waited for from now on.
    Watching {
        at: jiff::Timestamp,
        folder: String,
        /// Why the folder is looked through now and then; none when the system tells of changes.
        polls_because: Option<&'e str>,
    },
    /// A build ended.
    Indexed {
        at: jiff::Timestamp,
        #[serde(flatten)]
        report: Report<'e>,
    },
    /// Another build runs; this one comes after it.
    Waiting { at: jiff::Timestamp },
    /// A build failed; what served before serves on.
    Failed {
        at: jiff::Timestamp,
        reason: &'e str,
    },
    /// The watch has ended.
    Stopped { at: jiff::Timestamp },
}

impl<'w, 'o> Teller<'w, 'o> {
    pub(super) fn new(kb: PathBuf, as_json: bool, out: &'w mut Output<'o>) -> Self {
        Self {
            kb,
            as_json,
            out,
            rejected: Vec::new(),
            drafts: Vec::new(),
            told: None,
        }
    }

    /// That changes are waited for, and why the folder must be looked through where the system does not tell of them.
    pub(super) fn watching(&mut self, polls_because: Option<&str>) -> anyhow::Result<()> {
        if self.as_json {
            let folder = self.kb.display().to_string();
            return self.line(&Event::Watching {
                at: jiff::Timestamp::now(),
                folder,
                polls_because,
            });
        }
        let folder = printable(&self.kb.display().to_string());
        match polls_because {
            None => writeln!(self.out, "watching {folder}; end with Ctrl-C")?,
            Some(reason) => writeln!(
                self.out,
                "looking through {folder} every second, because {}; end with Ctrl-C",
                printable(reason)
            )?,
        }
        self.flush()
    }

    /// What a build did. A build that found nothing to do is told only when it is the first.
    pub(super) fn built(&mut self, summary: &Summary, is_first: bool) -> anyhow::Result<()> {
        self.told = None;
        let build = summary.build();
        let has_other_drafts = build.drafts != self.drafts;
        let is_news = build.is_new || build.rejected != self.rejected || has_other_drafts;
        self.rejected.clone_from(&build.rejected);
        self.drafts.clone_from(&build.drafts);
        if !is_news && !is_first {
            return Ok(());
        }
        if self.as_json {
            return self.line(&Event::Indexed {
                at: jiff::Timestamp::now(),
                report: summary.report(),
            });
        }
        if is_first {
            return summary.print(self.out);
        }
        let changes = &build.changes;
        let paths = [&changes.added, &changes.changed, &changes.removed];
        let moved = changes.moved.iter().map(|moved| &moved.to);
        let paths: Vec<&String> = paths.into_iter().flatten().chain(moved).collect();
        let mut named: Vec<String> = paths
            .iter()
            .take(N_NAMED)
            .map(|path| printable(path))
            .collect();
        if paths.len() > N_NAMED {
            named.push(format!("{} more", paths.len() - N_NAMED));
        }
        let counts = summary.counts();
        let counts: Vec<&str> = counts
            .iter()
            .filter(|n| !n.starts_with("0 "))
            .map(String::as_str)
            .collect();
        let state = if build.is_new {
            self.out.paint("serves", Style::new().green().bold())
        } else {
            self.out.paint("still serves", Style::new().yellow())
        };
        let mut what = counts.join(", ");
        if !named.is_empty() {
            what = format!("{what}: {}; ", named.join(", "));
        }
        let seconds = build.elapsed.as_secs_f64();
        let text = format!("{what}{} {state} after {seconds:.2} s", build.generation);
        self.say(&text)?;
        summary.print_faults(self.out)?;
        if has_other_drafts {
            summary.print_drafts(self.out)?;
        }
        self.flush()
    }

    /// That another build runs; told once.
    pub(super) fn waiting(&mut self) -> anyhow::Result<()> {
        const WAITING: &str = "another build runs; this one comes after it";
        if self.is_told(WAITING) {
            return Ok(());
        }
        if self.as_json {
            return self.line(&Event::Waiting {
                at: jiff::Timestamp::now(),
            });
        }
        self.say(WAITING)
    }

    /// That a build failed; told once for each reason.
    pub(super) fn failed(&mut self, reason: &str) -> anyhow::Result<()> {
        if self.is_told(reason) {
            return Ok(());
        }
        if self.as_json {
            return self.line(&Event::Failed {
                at: jiff::Timestamp::now(),
                reason,
            });
        }
        let failed = self.out.paint("not indexed", Style::new().red().bold());
        self.say(&format!("{failed}: {}", printable(reason)))
    }

    /// That the watch has ended.
    pub(super) fn stopped(&mut self) -> anyhow::Result<()> {
        if self.as_json {
            return self.line(&Event::Stopped {
                at: jiff::Timestamp::now(),
            });
        }
        self.say("stopped; what was indexed last serves on")
    }

    fn is_told(&mut self, text: &str) -> bool {
        let is_told = self.told.as_deref() == Some(text);
        self.told = Some(text.to_owned());
        is_told
    }

    /// A line that begins with the time of day.
    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        let now = Zoned::now().strftime("%H:%M:%S").to_string();
        let now = self.out.paint(&now, Style::new().dimmed());
        writeln!(self.out, "{now} {text}")?;
        self.flush()
    }

    fn line(&mut self, event: &Event<'_>) -> anyhow::Result<()> {
        writeln!(self.out, "{}", serde_json::to_string(event)?)?;
        self.flush()
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }
}
