//! Links that lead nowhere: to articles and files that are not there, and to headings that are not there.
//!
//! Only what the folder itself can tell is judged; the network is never asked. A link may name an article by
//! path, with or without extension, by id, or by `url`. A link to a page of the site that no article claims is
//! judged only where its neighbours are articles.

use corpus::ByteRange;
use rayon::prelude::*;

use crate::{
    ArticleFile, Collection, Finding, MOST_PER_FILE, Place, Rule, Severity, markup::Link,
    show::escaped,
};

mod anchors;
mod site;
mod target;

use self::{
    site::{Found, Missing, Site},
    target::{Start, Target},
};

pub(crate) fn findings(collection: &Collection) -> Vec<Finding> {
    let site = Site::new(collection);
    collection
        .articles()
        .par_iter()
        .flat_map_iter(|file| of_article(&site, file))
        .collect()
}

fn of_article<'a>(site: &Site<'a>, file: &'a ArticleFile) -> Vec<Finding> {
    let links = file
        .markup
        .links
        .iter()
        .filter_map(|link| of_link(site, file, link));
    let images = file.markup.images.iter().filter_map(|image| {
        let link = Link {
            target: image.target.clone(),
            range: image.range,
        };
        of_file(site, file, &link)
    });
    links.chain(images).take(MOST_PER_FILE).collect()
}

fn of_link<'a>(site: &Site<'a>, file: &'a ArticleFile, link: &Link) -> Option<Finding> {
    let place = || Place::range(file.path(), &file.text, link.range);
    if link.target.trim().is_empty() {
        let message = "the link leads nowhere: it has no target".to_owned();
        return Some(Finding::new(
            Rule::BrokenLink,
            place(),
            message,
            "say where it leads, or remove it",
        ));
    }
    let target = Target::read(&link.target)?;
    let (article, anchor) = match site.find(file, &target) {
        Ok(Found::Article(article)) => (article, target.anchor()),
        Ok(Found::Something) => return None,
        Err(missing) => return Some(broken(&missing, link, place())),
    };
    let anchor = anchor.filter(|anchor| !anchors::has(article, anchor))?;
    let own = std::ptr::eq(article, file);
    let where_to = if own {
        "this article".to_owned()
    } else {
        format!("`{}`", article.path())
    };
    let message = format!("there is no heading `#{}` in {where_to}", escaped(&anchor));
    let remedy = anchors::nearest(article, &anchor).map_or_else(
        || "write the anchor of a heading, or leave it out".to_owned(),
        |near| format!("write `#{near}`, if that is the heading"),
    );
    let related = if own {
        Vec::new()
    } else {
        vec![Place::file(article.path())]
    };
    Some(Finding::new(Rule::BrokenAnchor, place(), message, remedy).about(related))
}

/// The hosts `file` leads to or takes images from, in file order, with where.
pub(crate) fn hosts(file: &ArticleFile) -> Vec<(String, ByteRange)> {
    let links = file
        .markup
        .links
        .iter()
        .map(|link| (&link.target, link.range));
    let images = file
        .markup
        .images
        .iter()
        .map(|image| (&image.target, image.range));
    let mut hosts: Vec<(String, ByteRange)> = links
        .chain(images)
        .filter_map(|(target, range)| match Target::read(target)?.start {
            Start::Host(host) => Some((host, range)),
            Start::Folder | Start::Top => None,
        })
        .collect();
    hosts.sort_by_key(|(_, range)| *range);
    hosts
}

/// An image must be there; what else it leads to does not matter.
fn of_file(site: &Site<'_>, file: &ArticleFile, link: &Link) -> Option<Finding> {
    let target = Target::read(&link.target)?;
    let missing = site.find_image(file, &target).err()?;
    Some(broken(
        &missing,
        link,
        Place::range(file.path(), &file.text, link.range),
    ))
}

fn broken(missing: &Missing, link: &Link, place: Place) -> Finding {
    let target = escaped(&link.target);
    let (message, remedy) = match missing {
        Missing::Article { near: Some(near) } => (
            format!("there is no article `{target}`"),
            format!("write `{near}`, if that is the article"),
        ),
        Missing::Article { near: None } => (
            format!("there is no article `{target}`"),
            "correct the link, or write the article".to_owned(),
        ),
        Missing::OtherLanguage { language, path } => (
            format!("there is no article `{target}` in this language"),
            format!(
                "translate it, or link to the {} one: `{path}`",
                language.english_name()
            ),
        ),
        Missing::File => (
            format!("there is no file `{target}`"),
            "correct the link, or add the file".to_owned(),
        ),
        Missing::Outside => (
            format!("`{target}` leads out of the folder of the articles"),
            "link to where readers find it".to_owned(),
        ),
        Missing::Url => (
            format!("no article has the address `{target}`, and its neighbours are articles"),
            "correct the address, or remove the link".to_owned(),
        ),
    };
    let finding = Finding::new(Rule::BrokenLink, place, message, remedy);
    if matches!(missing, Missing::Url) {
        finding.weighing(Severity::Warning)
    } else {
        finding
    }
}

#[cfg(test)]
mod tests;
