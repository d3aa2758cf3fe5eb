//! `loket eval check`: sentences made true and made false, held against the check.

use std::path::{Path, PathBuf};

use ::eval::{
    import::titles::Titled,
    perturb::{
        CheckReport, CheckRow, Collection, Fold, Options, collection::title_and_text, fit, suite,
    },
};
use answer::Engine;
use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use corpus::Language;
use fs_err as fs;
use indexer::IndexStore;

use crate::{
    Output,
    args::{EvalCheck, EvalFold},
    commands::{Context, End},
    progress,
};

/// Makes the suite, checks it and reports.
pub(super) fn run(args: &EvalCheck, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let languages = args
        .language
        .iter()
        .map(|tag| {
            tag.language()
                .context("the language is not one of the nine")
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let collections = read(&data(args.data.as_deref())?, args.articles)?;
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let mut indexed = Vec::new();
    for collection in collections {
        let folder = context.config.index.data_dir.join("eval/check");
        let folder = folder.join(format!("{}-{}", collection.name, collection.language));
        let kb = write(&collection, &folder)?;
        let store = IndexStore::new(&folder);
        let snapshot = context.build(&kb, store, &*encoder)?;
        let config = context.config.answer.clone();
        let engine = Engine::new(snapshot, encoder.clone(), None, config);
        let engine = engine.context("opening the index")?;
        indexed.push(suite::Indexed { collection, engine });
    }
    let options = Options {
        seed: args.seed,
        per_kind: args.per_kind,
        questions: args.questions,
        languages,
        fold: args.fold.map(|fold| match fold {
            EvalFold::Fit => Fold::Fit,
            EvalFold::Test => Fold::Test,
        }),
    };
    let bar = progress::Count::new("checking", context.err);
    let checked = suite::run(&indexed, &options, &mut |done, of| bar.show(done, of));
    drop(bar);
    let (sentences, took_ms) = checked.context("checking the sentences")?;
    let report = CheckReport::new(sentences, took_ms);
    super::write_report(args.json.as_deref(), &report, context, print)?;
    if let Some(most) = args.fit {
        for (name, cross) in [("SAME_LANGUAGE", false), ("CROSS_LINGUAL", true)] {
            let model = fit::fit(&report.sentences, cross, f64::from(most.get()));
            let model = model.context("there are too few sentences to fit a model on")?;
            writeln!(context.out, "{name}: {model:?}")?;
        }
    }
    let gates = [("caught", report.caught.mean, args.min_caught)];
    let end = super::run::gate(&gates, context)?;
    let most = args.max_lost.map_or(1.0, |most| f64::from(most.get()));
    if report.lost.mean > most + 1e-6 {
        let lost = report.lost.mean;
        writeln!(
            context.err,
            "loket: gate missed: lost is {lost:.4}, at most {most} is asked"
        )?;
        return Ok(End::Missed);
    }
    Ok(end)
}

/// The folder of the collections.
fn data(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("LOKET_DATA").filter(|dir| !dir.is_empty());
    let dir = match (given, named) {
        (Some(dir), _) => dir.to_owned(),
        (None, Some(dir)) => PathBuf::from(dir),
        (None, None) => PathBuf::from("../shared/data"),
    };
    anyhow::ensure!(
        dir.is_dir(),
        "there are no collections in `{}`; name their folder with --data or LOKET_DATA",
        dir.display()
    );
    Ok(dir)
}

/// Reads every collection the suite is made from, `n` articles of each.
fn read(data: &Path, n: usize) -> anyhow::Result<Vec<Collection>> {
    let text = |path: &str| fs::read_to_string(data.join(path)).context("reading a collection");
    let mut collections = Vec::new();
    for language in [
        Language::En,
        Language::Es,
        Language::De,
        Language::Zh,
        Language::Nl,
    ] {
        let file = text(&format!("qa/xquad.{language}.json"))?;
        collections.push(Collection::from_squad("xquad", &file, language)?);
    }
    let file = text("qa/cmrc2018_dev.zh.json")?;
    collections.push(Collection::from_squad("cmrc", &file, Language::Zh)?);
    for language in Language::ALL
        .into_iter()
        .filter(|language| *language != Language::En)
    {
        let file = text(&format!("help_centers/m365_8lang/{language}.jsonl"))?;
        collections.push(Collection::from_records("m365", &file, language)?);
    }
    let file = text("beir/scifact/corpus.jsonl")?;
    collections.push(Collection::from_records("scifact", &file, Language::En)?);
    let files = markdown(&data.join("help_centers/arduino_en/md"))?;
    let articles = titled(&files, &|path| Some((path.to_owned(), Language::En)));
    collections.push(Collection::from_titled("arduino", Language::En, articles));
    let files = markdown(&data.join("help_centers/organicmaps_9lang"))?;
    for language in Language::ALL {
        let articles = titled(&files, &|path| {
            let (id, own) = id_and_language(path)?;
            (own == language).then_some((id, own))
        });
        collections.push(Collection::from_titled("organicmaps", language, articles));
    }
    Ok(collections
        .into_iter()
        .map(|collection| collection.sampled(n))
        .collect())
}

/// Every Markdown file below `folder`, by its path in it.
fn markdown(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).context("reading a collection")? {
            let path = entry.context("reading a collection")?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let name = path
                    .strip_prefix(folder)
                    .unwrap_or(&path)
                    .display()
                    .to_string();
                files.push((
                    name,
                    fs::read_to_string(&path).context("reading a collection")?,
                ));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn titled(
    files: &[(String, String)],
    id: &dyn Fn(&str) -> Option<(String, Language)>,
) -> Vec<Titled> {
    files
        .iter()
        .filter_map(|(path, file)| {
            let (id, language) = id(path)?;
            let (title, markdown) = title_and_text(file)?;
            let markdown = markdown.to_owned();
            Some(Titled {
                id,
                language,
                title,
                markdown,
            })
        })
        .collect()
}

/// `faq/x/index.pt.md` is the Portuguese version of `faq/x/index`; without a suffix it is English. Of Portuguese
/// the European version counts.
fn id_and_language(path: &str) -> Option<(String, Language)> {
    let stem = path.strip_suffix(".md")?;
    match stem.rsplit_once('.') {
        Some((_, "pt-BR")) => None,
        Some((id, tag)) => Some((id.to_owned(), Language::from_tag(tag)?)),
        None => Some((stem.to_owned(), Language::En)),
    }
}

/// Writes the articles of a collection in the place of those an earlier run left.
fn write(collection: &Collection, folder: &Path) -> anyhow::Result<PathBuf> {
    let kb = folder.join("articles");
    if kb.exists() {
        fs::remove_dir_all(&kb).context("clearing the articles of an earlier run")?;
    }
    fs::create_dir_all(&kb).context("writing the articles")?;
    for (number, article) in (1..).zip(&collection.articles) {
        let path = kb.join(format!("{number}.md"));
        fs::write(path, article.to_file()).context("writing the articles")?;
    }
    Ok(kb)
}

fn print(report: &CheckReport, out: &mut Output<'_>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "language", "kind", "evidence", "n", "caught", "95 %", "lost", "95 %",
    ]);
    for row in &report.rows {
        table.add_row(cells(row));
    }
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    for (fault, n_true, n_false) in report.faults() {
        writeln!(out, "{fault:?}: {n_false} false, {n_true} true sentences")?;
    }
    writeln!(
        out,
        "a check took {:.1} ms (median), {:.1} ms (95th percentile)",
        report.check_ms.0, report.check_ms.1
    )?;
    out.flush()?;
    Ok(())
}

fn cells(row: &CheckRow) -> [String; 8] {
    let share = |interval: Option<::eval::Interval>| match interval {
        Some(interval) => (
            format!("{:.1} %", interval.mean * 100.0),
            format!("{:.1}–{:.1}", interval.low * 100.0, interval.high * 100.0),
        ),
        None => ("–".to_owned(), String::new()),
    };
    let (caught, caught_interval) = share(row.caught);
    let (lost, lost_interval) = share(row.lost);
    let n = row.caught.map_or(0, |i| i.n) + row.lost.map_or(0, |i| i.n);
    let evidence = match row.is_cross_lingual {
        None => "any",
        Some(false) => "same language",
        Some(true) => "another",
    };
    [
        row.language.clone(),
        row.kind.clone(),
        evidence.to_owned(),
        n.to_string(),
        caught,
        caught_interval,
        lost,
        lost_interval,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_a_page_share_an_id() {
        let check = |path, expected: Option<(&str, Language)>| {
            let expected = expected.map(|(id, language)| (id.to_owned(), language));
            assert_eq!(id_and_language(path), expected, "{path}");
        };
        check("faq/x/index.md", Some(("faq/x/index", Language::En)));
        check(
            "faq/x/index.zh-Hans.md",
            Some(("faq/x/index", Language::Zh)),
        );
        check("faq/x/index.pt-BR.md", None);
        check("faq/x/index.sv.md", None);
        check("faq/x/index", None);
    }
}
