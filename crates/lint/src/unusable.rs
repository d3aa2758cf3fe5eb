//! Files that cannot be used, with what the indexer says of them.

use indexer::Fault;

use crate::{Collection, Finding, Place, Rule};

pub(crate) fn findings(collection: &Collection) -> Vec<Finding> {
    let finding = |rejected: &indexer::Rejected| {
        let rule = match rejected.fault {
            Fault::FrontMatter => Rule::FrontMatter,
            Fault::Duplicate => Rule::DuplicateId,
            Fault::File => Rule::UnusableFile,
        };
        let place = Place::line(&rejected.path, rejected.line.unwrap_or(1));
        Finding::new(rule, place, rejected.reason.clone(), rejected.remedy)
    };
    collection.rejected().iter().map(finding).collect()
}
