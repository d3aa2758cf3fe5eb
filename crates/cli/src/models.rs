//! Models: which ones the settings name, and how they get from the catalogue into memory.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use inference::{
    Catalogue, Encoder, ModelEntry, ModelFiles, ModelStore, PullError, Role, StoreOptions, encoder,
    remote::{ApiKey, EncoderConfig, FallbackWriter, RemoteEncoder, RemoteWriter, WriterConfig},
    writer::{LocalWriter, Writer},
};

use crate::{
    config::{Config, DEFAULT_MODEL, ModelsConfig, NO_MODEL},
    output::Output,
    progress,
};

/// A writer as the engine takes it.
pub(crate) type SharedWriter = Arc<dyn Writer>;

/// Name of the file by which a remote encoder is known again, below the data directory.
const REFERENCE: &str = "encoder.json";

/// The models the settings name, and where they lie.
#[derive(Debug)]
pub(crate) struct Models {
    pub(crate) catalogue: Catalogue,
    pub(crate) store: ModelStore,
    encoder: String,
    writer: String,
    endpoints: Endpoints,
}

/// Where models run that do not run here.
#[derive(Debug, Clone, Default)]
struct Endpoints {
    encoder: EncoderConfig,
    writer: WriterConfig,
    /// The file a remote encoder is known again by.
    reference: PathBuf,
}

impl Models {
    /// Reads the catalogue and checks that it has the configured models that run here.
    pub(crate) fn of(config: &Config) -> anyhow::Result<Self> {
        let mut models = Self::new(&config.models)?;
        let reference = config.encoder.reference.clone();
        models.endpoints = Endpoints {
            encoder: config.encoder.clone(),
            writer: config.writer.clone(),
            reference: reference.unwrap_or_else(|| config.index.data_dir.join(REFERENCE)),
        };
        if !config.writer.needs_local() {
            NO_MODEL.clone_into(&mut models.writer);
        }
        Ok(models)
    }

    /// The same without regard to endpoints.
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
            endpoints: Endpoints::default(),
        };
        models.encoder()?;
        models.writer()?;
        Ok(models)
    }

    /// The configured encoder.
    pub(crate) fn encoder(&self) -> anyhow::Result<&ModelEntry> {
        self.configured(Role::Encoder, &self.encoder)
    }

    /// The configured models that run in this process.
    pub(crate) fn local(&self) -> anyhow::Result<Vec<&ModelEntry>> {
        let encoder = (!self.endpoints.encoder.is_remote()).then(|| self.encoder());
        Ok(encoder
            .transpose()?
            .into_iter()
            .chain(self.writer()?)
            .collect())
    }

    /// Whether answers may be worded.
    pub(crate) fn has_writer(&self) -> bool {
        self.endpoints.writer.is_remote() || self.writer != NO_MODEL
    }

    /// The encoder behind an endpoint; `None` when it runs here.
    pub(crate) fn remote_encoder(&self) -> anyhow::Result<Option<Arc<dyn Encoder>>> {
        let config = &self.endpoints.encoder;
        if !config.is_remote() {
            return Ok(None);
        }
        let connect = || -> anyhow::Result<RemoteEncoder> {
            let key = ApiKey::of(&config.api_key, config.api_key_file.as_deref())?;
            Ok(RemoteEncoder::connect(
                config,
                key,
                &self.endpoints.reference,
            )?)
        };
        let encoder =
            connect().with_context(|| format!("reaching the encoder at `{}`", config.url))?;
        Ok(Some(Arc::new(encoder)))
    }

    /// The writer that is asked, `local` standing in for an endpoint; `None` when answers are not worded.
    pub(crate) fn writer_with(
        &self,
        local: Option<SharedWriter>,
    ) -> anyhow::Result<Option<SharedWriter>> {
        let config = &self.endpoints.writer;
        if !config.is_remote() {
            return Ok(local);
        }
        let key = ApiKey::of(&config.api_key, config.api_key_file.as_deref())
            .context("setting `writer.api_key_file`")?;
        let remote = RemoteWriter::new(config, key);
        Ok(Some(Arc::new(FallbackWriter::new(remote, local))))
    }

    /// Whether a writer in this process stands in for an endpoint, so that answers can do without it.
    pub(crate) fn has_remote_writer(&self) -> bool {
        self.endpoints.writer.is_remote()
    }

    /// Checks that the keys of endpoints can be read.
    pub(crate) fn check_keys(&self) -> anyhow::Result<()> {
        let Endpoints {
            encoder, writer, ..
        } = &self.endpoints;
        if encoder.is_remote() {
            ApiKey::of(&encoder.api_key, encoder.api_key_file.as_deref())
                .context("setting `encoder.api_key_file`")?;
        }
        if writer.is_remote() {
            ApiKey::of(&writer.api_key, writer.api_key_file.as_deref())
                .context("setting `writer.api_key_file`")?;
        }
        Ok(())
    }

    /// The configured writer of this process, unless there is none.
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
    let load = || -> anyhow::Result<LocalWriter> {
        let weights = entry
            .files
            .first()
            .and_then(|file| files.paths.get(&file.name));
        let weights = weights.context("the catalogue names no file for it")?;
        let digest = files.sha256.get(..16).unwrap_or(&files.sha256);
        Ok(LocalWriter::load(
            weights,
            format!("{}@{digest}", entry.id),
        )?)
    };
    let writer = load().with_context(|| format!("loading the writer `{}`", entry.id))?;
    Ok(Arc::new(writer))
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
