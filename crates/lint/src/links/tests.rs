//! Links as an editor writes them, in a small help center.

use crate::tests::{collection_beside, shown};

use super::*;

const HELP_CENTER: [(&str, &str); 8] = [
    (
        "en/fees.md",
        "---\nurl: https://help.example/en/fees\n---\n# Fees\n\n## How much?\n\nText.\n\n## VAT\n\nText.\n",
    ),
    (
        "en/payout.md",
        "---\nurl: https://help.example/en/payout\n---\n# Payout\n\n<a name=\"soon\"></a>Text.\n",
    ),
    (
        "en/orders/cancel.md",
        "---\nid: cancel-order\nurl: https://help.example/en/cancel\n---\n# Cancel\n\nText.\n",
    ),
    ("en/orders/index.md", "# Orders\n\nText.\n"),
    ("nl/fees.md", "# Kosten\n\n## Hoeveel?\n\nTekst.\n"),
    ("nl/verkopen.md", "# Verkopen\n\nTekst.\n"),
    ("faq.en.md", "# Questions\n\nText.\n"),
    ("en/broken.md", ""),
];

fn messages(path: &str, body: &str, others: &[&str]) -> Vec<String> {
    let text = format!("# Article\n\n## Own heading\n\n{body}\n");
    let mut files = HELP_CENTER.to_vec();
    files.push((path, &text));
    let collection = collection_beside(&files, others);
    let findings = crate::in_order(findings(&collection));
    shown(&findings)
        .into_iter()
        .zip(&findings)
        .map(|(line, finding)| format!("{line}; {}", finding.remedy))
        .collect()
}

#[track_caller]
fn fine(path: &str, body: &str) {
    assert_eq!(messages(path, body, &[]), Vec::<String>::new(), "{body}");
}

#[track_caller]
fn check(path: &str, body: &str, expected: &str) {
    assert_eq!(
        messages(path, body, &[]),
        [format!("{path}:5:1 {expected}")]
    );
}

#[test]
fn links_by_path_id_and_address_are_found() {
    for link in [
        "[a](fees.md)",
        "[a](./fees.md#vat)",
        "[a](fees)",
        "[a](fees.html)",
        "[a](../nl/fees.md#hoeveel)",
        "[a](orders/)",
        "[a](orders/cancel.md)",
        "[a](cancel-order)",
        "[a](cancel-order.md)",
        "[a](/en/fees)",
        "[a](/en/cancel)",
        "[a](https://help.example/en/fees/#vat)",
        "[a](https://help.example/en/fees?x=1)",
        "[a](broken.md)",
        "[a](../faq.md)",
        "[a](../faq)",
        "[a](#own-heading)",
        "[a](#Own_Heading)",
        "[a](payout.md#soon)",
        "[a](#)",
        "<a href=\"fees.md\">a</a>",
    ] {
        fine("en/x.md", link);
    }
    fine("nl/x.md", "[a](cancel-order)");
}

#[test]
fn what_the_folder_cannot_tell_is_not_judged() {
    for link in [
        "[a](https://other.example/x)",
        "[a](https://help.example/other/x)",
        "[a](https://help.example/en/manual.pdf)",
        "[a](/login)",
        "[a](/shop/basket)",
        "[a](mailto:me@help.example)",
        "[a](manual.pdf)",
        "![b](img/x.png)",
        "![b](/img/x.png)",
        "`[a](nothing.md)`",
    ] {
        fine("en/x.md", link);
    }
}

#[test]
fn broken_links_say_what_may_be_meant() {
    check(
        "en/x.md",
        "[a](feees.md)",
        "broken-link there is no article `feees.md`; write `fees.md`, if that is the article",
    );
    check(
        "en/x.md",
        "[a](orders/cansel.md#x)",
        "broken-link there is no article `orders/cansel.md#x`; write `orders/cancel.md`, if that is the article",
    );
    check(
        "en/x.md",
        "[a](refunds.md)",
        "broken-link there is no article `refunds.md`; correct the link, or write the article",
    );
    check(
        "nl/x.md",
        "[a](payout.md)",
        "broken-link there is no article `payout.md` in this language; translate it, or link to the English one: \
         `en/payout.md`",
    );
    check(
        "en/x.md",
        "[a](/en/refunds)",
        "broken-link there is no article `/en/refunds`; correct the link, or write the article",
    );
    check(
        "en/x.md",
        "[a](../../secret.md)",
        "broken-link `../../secret.md` leads out of the folder of the articles; link to where readers find it",
    );
    check(
        "en/x.md",
        "[a](https://help.example/en/refunds)",
        "broken-link no article has the address `https://help.example/en/refunds`, and its neighbours are articles; \
         correct the address, or remove the link",
    );
    check(
        "en/x.md",
        "[a]()",
        "broken-link the link leads nowhere: it has no target; say where it leads, or remove it",
    );
}

#[test]
fn broken_anchors_say_which_heading_is_near() {
    check(
        "en/x.md",
        "[a](fees.md#how-mcuh)",
        "broken-anchor there is no heading `#how-mcuh` in `en/fees.md`; write `#how-much`, if that is the heading",
    );
    check(
        "en/x.md",
        "[a](#other)",
        "broken-anchor there is no heading `#other` in this article; write the anchor of a heading, or leave it out",
    );
    check(
        "en/x.md",
        "[a](#the-own-heading)",
        "broken-anchor there is no heading `#the-own-heading` in this article; write `#own-heading`, if that is the \
         heading",
    );
}

#[test]
fn files_are_missed_where_files_of_their_kind_are_kept() {
    let others = ["en/img/a.png", "en/terms.pdf"];
    assert_eq!(
        messages(
            "en/x.md",
            "![a](img/a.png) [b](terms.pdf) ![c](/cdn/b.png)",
            &others
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        messages(
            "en/x.md",
            "![a](img/b.png) [b](prices.pdf) [c](movie.mp4)",
            &others
        ),
        [
            "en/x.md:5:1 broken-link there is no file `img/b.png`; correct the link, or add the file",
            "en/x.md:5:17 broken-link there is no file `prices.pdf`; correct the link, or add the file",
        ]
    );
}
