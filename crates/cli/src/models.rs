//! Models: which ones the settings name, and how they get from the catalogue into memory.

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use inference::{
    Catalogue, Encoder, ModelEntry, ModelFiles, ModelStore, PullError, Role, StoreOptions, encoder,
    writer::Writer,
};

use crate::{
    config::{DEFAULT_MODEL, ModelsConfig, NO_MODEL},
    output::Output,
    progress,
};

/// A writer as the engine takes it.
pub(crate) type SharedWriter = Arc<Mutex<Writer>>;

/// The models the settings name, and where they lie.
#[derive(Debug)]
pub(crate) struct Models {
    pub(crate) catalogue: Catalogue,
    pub(crate) store: ModelStore,
    encoder: String,
    writer: String,
}

impl Models {
    /// Reads the catalogue and checks that it has the configured models.
    pub(crate) fn new(config: &ModelsConfig) -> anyhow::Result<Self> {
        let mut catalogue = Catalogue::shipped();
        if let Some(path) = &config.catalogue {
            let read = || -> anyhow::Result<Catalogue> {
                Ok(Catalogue::parse(&fs_err::read_to_string(path)?)?)
            };
            let more =
                read().with_context(|| format!("reading the models of `{}`", path.display()))?;
            catalogue = catalogue.extended(more);
        }
        let options = StoreOptions {
            offline: config.offline,
            folder: config.folder.clone(),
            ..StoreOptions::from_environment()
        };
        let models = Self {
            catalogue,
            store: ModelStore::new(config.dir.clone(), options),
            encoder: config.encoder.clone(),
            writer: config.writer.clone(),
        };
        models.encoder()?;
        models.writer()?;
        Ok(models)
    }

    /// The configured encoder.
    pub(crate) fn encoder(&self) -> anyhow::Result<&ModelEntry> {
        self.configured(Role::Encoder, &self.encoder)
    }

    /// The configured writer, unless there is none.
    pub(crate) fn writer(&self) -> anyhow::Result<Option<&ModelEntry>> {
        if self.writer == NO_MODEL {
            return Ok(None);
        }
        self.configured(Role::Writer, &self.writer).map(Some)
    }

    fn configured(&self, role: Role, id: &str) -> anyhow::Result<&ModelEntry> {
        if id == DEFAULT_MODEL {
            return self.catalogue.default_for(role).with_context(|| {
                format!("the catalogue has no default {role}; set `models.{role}`")
            });
        }
        let entry = self
            .get(id)
            .with_context(|| format!("setting `models.{role}`"))?;
        anyhow::ensure!(
            entry.role == role,
            "setting `models.{role}`: `{id}` is a model of role {}",
            entry.role
        );
        Ok(entry)
    }

    /// The model named `id`.
    pub(crate) fn get(&self, id: &str) -> anyhow::Result<&ModelEntry> {
        self.catalogue.get(id).with_context(|| {
            let ids: Vec<&str> = self
                .catalogue
                .models()
                .iter()
                .map(|model| &*model.id)
                .collect();
            format!(
                "there is no model `{id}`; the catalogue has {}",
                ids.join(", ")
            )
        })
    }

    /// Fetches what is missing of `model`, with a progress bar where someone watches.
    pub(crate) fn pull(
        &self,
        model: &ModelEntry,
        err: &mut Output<'_>,
    ) -> Result<ModelFiles, PullError> {
        let mut bar = progress::Pull::new(&model.id, err);
        self.store.pull(model, &mut |step| bar.show(step))
    }
}

/// Loads an encoder.
pub(crate) fn load_encoder(
    entry: &ModelEntry,
    files: &ModelFiles,
) -> anyhow::Result<Arc<dyn Encoder>> {
    let loaded = encoder::load(entry, files);
    Ok(loaded
        .with_context(|| format!("loading the encoder `{}`", entry.id))?
        .into())
}

/// Loads a writer. Its id says which weights it has, as an encoder's does.
pub(crate) fn load_writer(entry: &ModelEntry, files: &ModelFiles) -> anyhow::Result<SharedWriter> {
    let load = || -> anyhow::Result<Writer> {
        let weights = entry
            .files
            .first()
            .and_then(|file| files.paths.get(&file.name));
        let weights = weights.context("the catalogue names no file for it")?;
        let digest = files.sha256.get(..16).unwrap_or(&files.sha256);
        Ok(Writer::load(weights, format!("{}@{digest}", entry.id))?)
    };
    let writer = load().with_context(|| format!("loading the writer `{}`", entry.id))?;
    Ok(Arc::new(Mutex::new(writer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models(encoder: &str, writer: &str) -> anyhow::Result<Models> {
        Models::new(&ModelsConfig {
            encoder: encoder.to_owned(),
            writer: writer.to_owned(),
            ..ModelsConfig::default()
        })
    }

    #[track_caller]
    fn check_refused(encoder: &str, writer: &str, message: &str) {
        let failure = models(encoder, writer).expect_err("refused");
        let line = crate::failure::line(&failure);
        assert!(line.starts_with(message), "{line}");
    }

    #[test]
    fn the_settings_name_models_of_the_catalogue() {
        let models = models("default", "none").expect("both are fine");
        assert_eq!(models.encoder().expect("an encoder").role, Role::Encoder);
        assert!(models.writer().expect("fine").is_none());
        check_refused(
            "nothing",
            "none",
            "setting `models.encoder`: there is no model `nothing`; ",
        );
        check_refused(
            "qwen2.5-coder-0.5b-instruct",
            "none",
            "setting `models.encoder`: `qwen2.5-coder-0.5b-instruct` is a model of role writer",
        );
    }
}
