//! Acceptance tests: what a user of the repository relies on, through the doors a user has.

#[cfg(all(test, feature = "models"))]
mod checking;
#[cfg(test)]
mod contradictions;
#[cfg(all(test, feature = "models"))]
mod conversations;
#[cfg(test)]
mod crate_graph;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod end_to_end;
#[cfg(test)]
mod evaluation;
#[cfg(test)]
mod keys;
#[cfg(all(test, feature = "models"))]
mod languages;
#[cfg(test)]
mod opening;
#[cfg(all(test, feature = "models"))]
mod real_models;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod subject;
