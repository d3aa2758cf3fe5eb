//! How many contact plans a second the planner makes, on one thread.
//!
//! Requests: every language, audience and topic of the shipped table, sensitive or not, every half hour of two weeks, one of
//! them with a change of the clocks: 145,152 in all. Timed: `support::plan` alone, over all of them, seven rounds after one
//! that is not counted. Prints the median and the slowest round. Not timed: making the requests.
//!
//! The bar is 50,000 plans a second; the exit code is 1 below it.
//!
//! ```text
//! cargo bench -p benchmarks --bench plans
//! ```
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use std::{
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use benchmarks::quantile;
use corpus::Language;
use jiff::{SignedDuration, Timestamp};
use support::{ContactRequest, SupportConfig, plan};

const ROUNDS: usize = 7;
const BAR: f64 = 50_000.0;

fn requests() -> Result<Vec<ContactRequest>, jiff::Error> {
    let mut requests = Vec::new();
    for start in ["2026-11-23T00:00:00+01:00", "2027-03-22T00:00:00+01:00"] {
        let start: Timestamp = start.parse()?;
        for half_hour in 0..7 * 48 {
            let now = start + SignedDuration::from_mins(30 * half_hour);
            for language in Language::ALL {
                for audience in [None, Some("buyer"), Some("seller")] {
                    for topic in ["orders", "payouts", "account", "fraud"] {
                        for sensitive in [false, true] {
                            requests.push(ContactRequest {
                                audience: audience.map(str::to_owned),
                                topics: vec![topic.to_owned()],
                                sensitive,
                                ..ContactRequest::new(language, now)
                            });
                        }
                    }
                }
            }
        }
    }
    Ok(requests)
}

fn round(requests: &[ContactRequest], config: &SupportConfig) -> Duration {
    let started = Instant::now();
    for request in requests {
        black_box(plan(black_box(request), config));
    }
    started.elapsed()
}

fn main() -> Result<ExitCode, jiff::Error> {
    let config = SupportConfig::default();
    let requests = requests()?;
    round(&requests, &config);
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| round(&requests, &config)).collect();
    times.sort_unstable();
    let n = requests.len() as f64;
    let median = n / quantile(&times, 0.5).as_secs_f64();
    let slowest = n / quantile(&times, 1.0).as_secs_f64();
    println!(
        "{n} plans a round: {median:.0} a second (median), {slowest:.0} in the slowest of {ROUNDS} rounds"
    );
    Ok(if median < BAR {
        println!("below the bar of {BAR} plans a second");
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
