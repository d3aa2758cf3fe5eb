//! Acceptance tests: what a user of the repository relies on, through the doors a user has.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod check;
#[cfg(all(test, feature = "models"))]
mod checking;
#[cfg(all(test, feature = "models"))]
mod codes;
#[cfg(test)]
mod contradictions;
#[cfg(all(test, feature = "models"))]
mod conversations;
#[cfg(test)]
mod crate_graph;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod documents;
#[cfg(all(test, feature = "models"))]
mod edits;
#[cfg(test)]
mod end_to_end;
#[cfg(test)]
mod evaluation;
#[cfg(test)]
mod evaluation_reports;
#[cfg(test)]
mod gaps;
#[cfg(all(test, feature = "models"))]
mod gaps_models;
#[cfg(test)]
mod index;
#[cfg(test)]
mod keys;
#[cfg(all(test, feature = "models"))]
mod languages;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod planted;
#[cfg(all(test, feature = "models"))]
mod real_models;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod state_on_postgres;
#[cfg(test)]
mod subject;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod upgrades;
