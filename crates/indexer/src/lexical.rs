//! The lexical side: BM25 over titles, headings and bodies, each language by its own rules.
//!
//! One document is one passage, and one segment holds the passages of one shard, in order: a passage's ordinal is its
//! document number behind those of the segments before. Statistics add up over segments. Every language has its own
//! three fields (`title_nl`, `headings_nl`, `body_nl`), its own analyzer and its own statistics: how rare a
//! Dutch word is depends on Dutch passages only, so that adding a language changes no other's scores. The
//! selection decides inside the search which passages count; nothing is ranked first and dropped later.
//! Query syntax does not exist: `"`, `+`, `*` and the like are text.

pub(crate) mod analyzer;
pub(crate) mod asked;
pub(crate) mod dictionary;
pub(crate) mod directory;
pub(crate) mod terms;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use corpus::Language;
use tantivy::{
    Directory as _, DocId, DocSet, Index, IndexReader, ReloadPolicy, Score, Searcher,
    SegmentReader, TantivyDocument, Term,
    collector::{Collector, SegmentCollector},
    directory::{OwnedBytes, RamDirectory},
    postings::Postings,
    query::{Bm25StatisticsProvider, BooleanQuery, BoostQuery, Occur, Query, TermQuery, Weight},
    schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    tokenizer::TokenizerManager,
};

use self::{
    analyzer::analyzer,
    asked::{AskedTerm, Vocabularies, Vocabulary},
    dictionary::Dictionary,
    directory::VerifiedFiles,
};
use crate::{
    error::Damage,
    snapshot::{Best, Hit, PassageOrdinal},
};

/// How much a match in each field counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LexicalConfig {
    /// Weight of the article's title. Default 2.0.
    pub(crate) title: f32,
    /// Weight of the headings above the passage. Default 1.5.
    pub(crate) headings: f32,
    /// Weight of the passage's text. Default 1.0.
    pub(crate) body: f32,
}

impl LexicalConfig {
    /// The weights in the order of places: title, headings, body.
    pub(crate) const fn weights(&self) -> [f32; 3] {
        [self.title, self.headings, self.body]
    }
}

impl Default for LexicalConfig {
    fn default() -> Self {
        Self {
            title: 2.0,
            headings: 1.5,
            body: 1.0,
        }
    }
}

/// How often the terms of a question stand in one passage. Places: title, headings, body.
#[derive(Debug, Clone, PartialEq)]
pub struct PassageMatches {
    /// The passage.
    pub passage: PassageOrdinal,
    /// Number of terms in each place; coarse above 40.
    pub lengths: [u32; 3],
    /// For each term asked, how often it stands in each place; what stands for it counts its share.
    pub counts: Vec<[f32; 3]>,
}

/// tantivy's list of segments.
const META: &str = "meta.json";

/// Memory the writer's hash tables start with, in bytes.
const WRITER_MEMORY_BYTES: usize = 32 * 1024 * 1024;

/// What is indexed of one passage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LexicalPassage<'a> {
    pub(crate) language: Language,
    pub(crate) title: &'a str,
    pub(crate) headings: &'a [String],
    pub(crate) body: &'a str,
}

#[derive(Debug, Clone, Copy)]
struct Fields {
    title: Field,
    headings: Field,
    body: Field,
}

impl Fields {
    const fn all(self) -> [Field; 3] {
        [self.title, self.headings, self.body]
    }
}

fn schema() -> (Schema, [Fields; 9]) {
    let mut builder = Schema::builder();
    let fields = Language::ALL.map(|language| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(&tokenizer_name(language))
            .set_index_option(IndexRecordOption::WithFreqsAndPositions)
            .set_fieldnorms(true);
        let mut add = |name: &str| {
            let options = TextOptions::default().set_indexing_options(indexing.clone());
            builder.add_text_field(&format!("{name}_{language}"), options)
        };
        Fields {
            title: add("title"),
            headings: add("headings"),
            body: add("body"),
        }
    });
    (builder.build(), fields)
}

pub(crate) fn tokenizer_name(language: Language) -> String {
    format!("loket_{language}")
}

/// The analyzers of all languages.
pub(crate) fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::new();
    for language in Language::ALL {
        manager.register(&tokenizer_name(language), analyzer(language));
    }
    manager
}

/// The files of one segment, by name.
pub(crate) type SegmentFiles = BTreeMap<PathBuf, OwnedBytes>;

/// Writes one segment with `passages`, in order, and gives its files.
///
/// # Errors
/// tantivy's.
pub(crate) fn write<'a>(
    passages: impl Iterator<Item = LexicalPassage<'a>>,
) -> tantivy::Result<Vec<(PathBuf, Vec<u8>)>> {
    let (schema, fields) = schema();
    let memory = RamDirectory::create();
    let mut writer = Index::builder()
        .schema(schema)
        .tokenizers(tokenizers())
        .single_segment_index_writer::<TantivyDocument>(memory.clone(), WRITER_MEMORY_BYTES)?;
    for passage in passages {
        let fields = fields[passage.language.index()];
        let mut document = TantivyDocument::new();
        document.add_text(fields.title, passage.title);
        for heading in passage.headings {
            document.add_text(fields.headings, heading);
        }
        document.add_text(fields.body, passage.body);
        writer.add_document(document)?;
    }
    let written = writer.finalize()?.load_metas()?.list_segment_files();
    let mut files = Vec::with_capacity(written.len() + 1);
    for name in written.into_iter().chain([PathBuf::from(META)]) {
        // tantivy lists what a segment may have, not what it has.
        if memory.exists(&name)? {
            let bytes = memory.atomic_read(&name)?;
            files.push((name, bytes));
        }
    }
    files.sort();
    Ok(files)
}

/// All terms of one segment.
#[derive(Debug)]
pub(crate) struct SegmentTerms {
    /// tantivy's names for how long each field of each passage is, by language and place.
    pub(crate) lengths: Vec<[[u8; 3]; 9]>,
    pub(crate) terms: Vec<SegmentTerm>,
}

/// A term of one field.
#[derive(Debug)]
pub(crate) struct SegmentTerm {
    pub(crate) language: Language,
    /// 0 for titles, 1 for headings, 2 for bodies.
    pub(crate) place: usize,
    pub(crate) text: String,
    /// Number in the segment of each passage that holds it, and how often it does.
    pub(crate) places: Vec<(DocId, u32)>,
}

/// The opened index.
pub(crate) struct Lexical {
    searcher: Searcher,
    tokenizers: TokenizerManager,
    fields: [Fields; 9],
    /// Ordinal of the first passage of each segment, ascending.
    firsts: Vec<u32>,
    /// Passages of each language.
    n_passages: [u64; 9],
    vocabularies: Vocabularies,
}

impl std::fmt::Debug for Lexical {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lexical")
            .field("n_passages", &self.n_passages)
            .finish_non_exhaustive()
    }
}

impl Lexical {
    /// Opens an index of segments of which every file has been verified, in order. `n_passages` counts passages by
    /// language.
    ///
    /// # Errors
    /// [`Damage`] when the files are not those of one segment each, or tantivy cannot open them.
    pub(crate) fn open(segments: &[&SegmentFiles], n_passages: [u64; 9]) -> Result<Self, Damage> {
        let files = united(segments)?;
        let mut index = Index::open(VerifiedFiles::new(files)).map_err(Damage::Lexical)?;
        let tokenizers = tokenizers();
        index.set_tokenizers(tokenizers.clone());
        let reader: tantivy::Result<IndexReader> = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into();
        let searcher = reader.map_err(Damage::Lexical)?.searcher();
        let mut firsts = Vec::with_capacity(segments.len());
        let mut n_before = 0;
        for segment in searcher.segment_readers() {
            firsts.push(n_before);
            n_before += segment.max_doc();
        }
        let (_, fields) = schema();
        Ok(Self {
            searcher,
            tokenizers,
            fields,
            firsts,
            n_passages,
            vocabularies: Vocabularies::default(),
        })
    }

    /// Every term of every passage of a segment, by field: how often it stands in which, and how long each field is.
    ///
    /// # Errors
    /// tantivy's, when the segment cannot be read.
    pub(crate) fn read_segment(&self, segment: usize) -> tantivy::Result<SegmentTerms> {
        let reader = &self.searcher.segment_readers()[segment];
        let n = reader.max_doc();
        let mut read = SegmentTerms {
            lengths: vec![[[0; 3]; 9]; n as usize],
            terms: Vec::new(),
        };
        for language in Language::ALL {
            let fields = self.fields[language.index()].all();
            for (place, field) in fields.into_iter().enumerate() {
                let lengths = reader.get_fieldnorms_reader(field)?;
                for (doc, own) in (0..n).zip(&mut read.lengths) {
                    own[language.index()][place] = lengths.fieldnorm_id(doc);
                }
                let index = reader.inverted_index(field)?;
                let mut stream = index.terms().stream()?;
                while stream.advance() {
                    let Ok(term) = std::str::from_utf8(stream.key()) else {
                        continue;
                    };
                    let mut postings = index.read_postings_from_terminfo(
                        stream.value(),
                        IndexRecordOption::WithFreqs,
                    )?;
                    let mut places = Vec::new();
                    while postings.doc() != tantivy::TERMINATED {
                        places.push((postings.doc(), postings.term_freq()));
                        postings.advance();
                    }
                    read.terms.push(SegmentTerm {
                        language,
                        place,
                        text: term.to_owned(),
                        places,
                    });
                }
            }
        }
        Ok(read)
    }

    /// Number of passages in each segment, in order.
    pub(crate) fn segment_lengths(&self) -> impl Iterator<Item = usize> {
        let segments = self.searcher.segment_readers().iter();
        segments.map(|segment| segment.max_doc() as usize)
    }

    /// The best `limit` passages in `language` for which `is_selected` holds, best first, ties by ordinal.
    ///
    /// # Errors
    /// tantivy's, when the index cannot be read.
    pub(crate) fn search(
        &self,
        asked: &[AskedTerm],
        language: Language,
        config: &LexicalConfig,
        limit: usize,
        is_selected: &(dyn Fn(PassageOrdinal) -> bool + Sync),
    ) -> tantivy::Result<Vec<Hit>> {
        if limit == 0 || self.n_passages[language.index()] == 0 {
            return Ok(Vec::new());
        }
        let fields = self.fields[language.index()];
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::with_capacity(asked.len() * 3);
        for (term, share) in asked.iter().flat_map(|term| &term.variants) {
            for (field, weight) in fields.all().into_iter().zip(config.weights()) {
                let query = TermQuery::new(
                    Term::from_field_text(field, term),
                    IndexRecordOption::WithFreqs,
                );
                let boosted = BoostQuery::new(Box::new(query), weight * share);
                clauses.push((Occur::Should, Box::new(boosted)));
            }
        }
        if clauses.is_empty() {
            return Ok(Vec::new());
        }
        let collector = BestSelected {
            limit,
            firsts: &self.firsts,
            is_selected,
        };
        let statistics = LanguageStatistics {
            searcher: &self.searcher,
            n_passages: self.n_passages[language.index()],
        };
        self.searcher.search_with_statistics_provider(
            &BooleanQuery::new(clauses),
            &collector,
            &statistics,
        )
    }

    /// How often each of `asked` stands in each of `passages`, which are in `language` and ascend.
    ///
    /// # Errors
    /// tantivy's, when the index cannot be read.
    pub(crate) fn matches(
        &self,
        asked: &[AskedTerm],
        language: Language,
        passages: &[PassageOrdinal],
    ) -> tantivy::Result<Vec<PassageMatches>> {
        let fields = self.fields[language.index()].all();
        let mut matches: Vec<PassageMatches> = passages
            .iter()
            .map(|passage| PassageMatches {
                passage: *passage,
                lengths: [0; 3],
                counts: vec![[0.0; 3]; asked.len()],
            })
            .collect();
        let mut rest = matches.as_mut_slice();
        let segments = self.searcher.segment_readers().iter().zip(&self.firsts);
        for (segment, first) in segments {
            let n = rest.partition_point(|found| found.passage.0 < first + segment.max_doc());
            let (own, others) = rest.split_at_mut(n);
            rest = others;
            if !own.is_empty() {
                count(asked, segment, fields, *first, own)?;
            }
        }
        Ok(matches)
    }
}

impl Dictionary for Lexical {
    fn tokenizers(&self) -> &TokenizerManager {
        &self.tokenizers
    }

    fn n_passages_in(&self, language: Language) -> u64 {
        self.n_passages[language.index()]
    }

    fn total_lengths(&self, language: Language) -> [u64; 3] {
        self.fields[language.index()].all().map(|field| {
            let total = Bm25StatisticsProvider::total_num_tokens(&self.searcher, field);
            total.unwrap_or(0)
        })
    }

    fn n_with(&self, term: &str, language: Language) -> u64 {
        let fields = self.fields[language.index()];
        [fields.title, fields.body]
            .into_iter()
            .filter_map(|field| {
                self.searcher
                    .doc_freq(&Term::from_field_text(field, term))
                    .ok()
            })
            .max()
            .unwrap_or(0)
    }

    fn vocabulary(&self, language: Language) -> &Vocabulary {
        let fields = self.fields[language.index()];
        self.vocabularies
            .of(&self.searcher, [fields.title, fields.body], language)
    }
}

/// BM25's corpus statistics, counted over the passages of one language.
struct LanguageStatistics<'a> {
    searcher: &'a Searcher,
    n_passages: u64,
}

impl Bm25StatisticsProvider for LanguageStatistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        Bm25StatisticsProvider::total_num_tokens(self.searcher, field)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.n_passages)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        // tantivy asserts that a term is in no more documents than there are.
        Ok(self.searcher.doc_freq(term)?.min(self.n_passages))
    }
}

/// The files of all segments, with a list of them made of theirs.
fn united(segments: &[&SegmentFiles]) -> Result<SegmentFiles, Damage> {
    const NO_SEGMENT: Damage = Damage::Content("a shard has no lexical segment");
    let mut files = SegmentFiles::new();
    let mut united: Option<serde_json::Value> = None;
    for segment in segments {
        let meta = segment.get(Path::new(META)).ok_or(NO_SEGMENT)?;
        let mut meta: serde_json::Value = serde_json::from_slice(meta).map_err(Damage::Record)?;
        let own = meta["segments"].as_array_mut().ok_or(NO_SEGMENT)?;
        if own.len() != 1 {
            return Err(NO_SEGMENT);
        }
        match &mut united {
            None => united = Some(meta),
            Some(united) => {
                let all = united["segments"].as_array_mut().ok_or(NO_SEGMENT)?;
                all.append(own);
            }
        }
        files.extend(
            segment
                .iter()
                .map(|(name, bytes)| (name.clone(), bytes.clone())),
        );
    }
    let united = united.ok_or(NO_SEGMENT)?.to_string().into_bytes();
    files.insert(PathBuf::from(META), OwnedBytes::new(united));
    Ok(files)
}

/// Counts how often each of `asked` stands in passages of `segment`, the first of which has the ordinal `first`.
fn count(
    asked: &[AskedTerm],
    segment: &SegmentReader,
    fields: [Field; 3],
    first: u32,
    passages: &mut [PassageMatches],
) -> tantivy::Result<()> {
    for (place, field) in fields.into_iter().enumerate() {
        let lengths = segment.get_fieldnorms_reader(field)?;
        for found in &mut *passages {
            found.lengths[place] = lengths.fieldnorm(found.passage.0 - first);
        }
        let index = segment.inverted_index(field)?;
        let variants = asked.iter().enumerate().flat_map(|(i, term)| {
            term.variants
                .iter()
                .map(move |(text, share)| (i, text, *share))
        });
        for (i, text, share) in variants {
            let term = Term::from_field_text(field, text);
            let Some(mut postings) = index.read_postings(&term, IndexRecordOption::WithFreqs)?
            else {
                continue;
            };
            let mut at = postings.doc();
            for found in &mut *passages {
                let document = found.passage.0 - first;
                if at < document {
                    at = postings.seek(document);
                }
                if at == document {
                    found.counts[i][place] += share * postings.term_freq() as f32;
                }
            }
        }
    }
    Ok(())
}

/// Collects the best passages of those selected.
///
/// Passages that are not selected never enter the list, so they cannot push a selected one out; the score
/// needed to enter still lets tantivy skip blocks that cannot reach it.
struct BestSelected<'a> {
    limit: usize,
    /// Ordinal of the first passage of each segment.
    firsts: &'a [u32],
    is_selected: &'a (dyn Fn(PassageOrdinal) -> bool + Sync),
}

struct Unused;

impl SegmentCollector for Unused {
    type Fruit = Vec<Hit>;

    fn collect(&mut self, _: DocId, _: Score) {}

    fn harvest(self) -> Vec<Hit> {
        Vec::new()
    }
}

impl Collector for BestSelected<'_> {
    type Fruit = Vec<Hit>;
    type Child = Unused;

    fn for_segment(&self, _: u32, _: &SegmentReader) -> tantivy::Result<Unused> {
        Ok(Unused)
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, fruits: Vec<Vec<Hit>>) -> tantivy::Result<Vec<Hit>> {
        let mut best = Best::new(self.limit);
        for hit in fruits.into_iter().flatten() {
            best.push(hit);
        }
        Ok(best.into_hits())
    }

    fn collect_segment(
        &self,
        weight: &dyn Weight,
        segment: u32,
        reader: &SegmentReader,
    ) -> tantivy::Result<Vec<Hit>> {
        let mut best = Best::new(self.limit);
        let first = self.firsts[segment as usize];
        weight.for_each_pruning(Score::MIN, reader, &mut |doc, score| {
            let passage = PassageOrdinal(first + doc);
            if (self.is_selected)(passage) {
                best.push(Hit { passage, score });
            }
            best.threshold()
        })?;
        Ok(best.into_hits())
    }
}

#[cfg(test)]
mod tests;
