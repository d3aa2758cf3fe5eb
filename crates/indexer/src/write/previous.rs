//! Previous: what a build may take over from earlier generations.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use corpus::Language;

use crate::{
    format::{self, FileRecord, Manifest},
    late::Reduction,
    shard::{PassageHash, Shard},
    snapshot::{self, OpenShards, Snapshot},
    space::Means,
    store::IndexStore,
    vectors::StoredVector,
};

/// A shard with its file.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its name in a manifest.
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) record: FileRecord,
    pub(super) shard: Arc<Shard>,
}

/// What may be taken over of one generation.
#[derive(Debug)]
struct Generation {
    shards: Vec<Known>,
    reduction: Reduction,
    means: Option<[Means; 9]>,
}

/// What may be taken over, of the generations that matter most first; nothing by default.
#[derive(Debug, Default)]
pub(super) struct Previous(Vec<Generation>);

impl Previous {
    /// Adds all of an intact generation.
    pub(super) fn add(&mut self, snapshot: &Snapshot) {
        let known = |(file, record, shard): (PathBuf, &FileRecord, &Arc<Shard>)| Known {
            name: name_of(&file),
            file,
            record: record.clone(),
            shard: Arc::clone(shard),
        };
        self.0.push(Generation {
            shards: snapshot.shards().map(known).collect(),
            reduction: snapshot.reduction().clone(),
            means: Some(Language::ALL.map(|language| snapshot.space().means(language).clone())),
        });
    }

    /// Adds what is intact of the generations in `store`, newest first, that `is_reusable` holds for: damage to one
    /// shard costs that shard.
    pub(super) fn salvage(
        &mut self,
        store: &IndexStore,
        open: &OpenShards,
        is_reusable: &dyn Fn(&Manifest) -> bool,
    ) {
        for id in store.generations().unwrap_or_default().iter().rev() {
            let dir = store.generation_dir(id);
            let manifest = snapshot::read_manifest(&dir).ok();
            if let Some(manifest) = manifest.filter(is_reusable) {
                self.0.extend(salvaged(&dir, &manifest, open));
            }
        }
    }

    /// How tokens are to be reduced in a help center with `n_passages` by language, as they were before; `None` when
    /// that does not serve any more.
    pub(super) fn reduction(&self, n_passages: [u64; 9]) -> Option<&Reduction> {
        let mut known = self.0.iter().map(|generation| &generation.reduction);
        known
            .clone()
            .find(|reduction| reduction.serves(n_passages))
            .or_else(|| known.find(|reduction| !reduction.is_in_use()))
    }

    /// The reduction that is taken when it serves.
    pub(super) fn first_reduction(&self) -> Option<&Reduction> {
        self.0.first().map(|generation| &generation.reduction)
    }

    /// All shards in which tokens were reduced by `reduction`.
    fn shards(&self, reduction: &Reduction) -> impl Iterator<Item = &Known> {
        let alike = self.0.iter().filter(move |own| own.reduction == *reduction);
        alike.flat_map(|generation| &generation.shards)
    }

    /// Those shards by name.
    pub(super) fn named(&self, reduction: &Reduction) -> HashMap<&str, &Known> {
        let mut named = HashMap::new();
        for known in self.shards(reduction) {
            named.entry(known.name.as_str()).or_insert(known);
        }
        named
    }

    /// The passages in those shards, which are encoded already.
    pub(super) fn passages(&self, reduction: &Reduction) -> KnownPassages<'_> {
        let mut places = HashMap::new();
        for known in self.shards(reduction) {
            for index in 0..known.shard.n_passages() {
                let place = (&*known.shard, index);
                places.entry(known.shard.hash(index)).or_insert(place);
            }
        }
        KnownPassages(places)
    }

    /// All articles by path and BLAKE3 of their files: the shard, and the number there.
    pub(super) fn articles(&self) -> HashMap<(&str, &str), (&Arc<Shard>, usize)> {
        let mut articles = HashMap::new();
        for known in self.0.iter().flat_map(|generation| &generation.shards) {
            for (index, record) in known.shard.articles.iter().enumerate() {
                let key = (record.article.path.as_str(), record.hash.as_str());
                articles.entry(key).or_insert((&known.shard, index));
            }
        }
        articles
    }

    /// What was found out about the questions of a language whose titles are named by `sample`.
    pub(super) fn means(&self, language: Language, sample: [u8; 32]) -> Option<&Means> {
        let known = self
            .0
            .iter()
            .filter_map(|generation| generation.means.as_ref());
        known
            .map(|means| &means[language.index()])
            .find(|means| means.sample == sample)
    }
}

fn salvaged(dir: &Path, manifest: &Manifest, open: &OpenShards) -> Option<Generation> {
    let read = |name: &str| {
        let record = manifest.files.get(name)?;
        snapshot::verified(dir, name, record).ok()
    };
    let reduction = Reduction::open(&read(format::REDUCTION)?).ok()?;
    let shard_of = |name: &String| {
        let path = format::shard_path(name);
        let record = manifest.files.get(&path)?;
        let shard = match open.get(&record.blake3) {
            Some(shard) => Arc::clone(shard),
            None => Arc::new(Shard::open(&read(&path)?).ok()?),
        };
        let is_of_this = shard.tokens.width() == reduction.kept()
            && shard.vectors.dimensions() == manifest.dimensions;
        is_of_this.then(|| Known {
            name: name.clone(),
            file: dir.join(&path),
            record: record.clone(),
            shard,
        })
    };
    Some(Generation {
        shards: manifest.shards.iter().filter_map(shard_of).collect(),
        reduction,
        means: None,
    })
}

fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Passages that were encoded, by hash.
#[derive(Debug, Default)]
pub(super) struct KnownPassages<'a>(HashMap<PassageHash, (&'a Shard, usize)>);

impl KnownPassages<'_> {
    pub(super) fn contains(&self, hash: &PassageHash) -> bool {
        self.0.contains_key(hash)
    }

    /// Vector and token rows.
    pub(super) fn get(&self, hash: &PassageHash) -> Option<(StoredVector, &[i8])> {
        let (shard, index) = self.0.get(hash)?;
        Some((shard.vectors.stored(*index), shard.tokens.rows(*index)))
    }
}
