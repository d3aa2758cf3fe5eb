//! `loket watch`: indexes on every save, until it is asked to stop.
//!
//! changes in the folder ([`folder`]) → a build that goes on from the last one → a line about it ([`teller`]). A
//! service that runs takes the new generation up by itself, as it looks for one all the time.

use std::{
    path::PathBuf,
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use indexer::{BuildError, Builder, Built};
use inference::Encoder;

use super::{Context, End, index::summary::Summary, serve::asked_to_stop};
use crate::{args, failure};

mod folder;
mod git;
mod teller;

use folder::{Folder, Woken};
use teller::Teller;

/// Time between two tries while another build runs.
const BUSY: Duration = Duration::from_millis(200);

/// How long an article is served on whose file is gone. Git and others replace a file by taking it away first, and on a busy
/// machine it is not back at once; whoever deletes an article sees it gone after this.
const GRACE: Duration = Duration::from_secs(1);

/// The same while git works on the files: it may write thousands of others before it comes to this one. A lock that a git left
/// behind delays deletions by this and nothing else.
const GRACE_OF_GIT: Duration = Duration::from_secs(10);

/// Time between two tries of a build that failed, such as for a full disk, when nothing is saved meanwhile.
const RETRY: Duration = Duration::from_secs(5);

pub(super) fn run(args: &args::Watch, context: &mut Context<'_, '_>) -> anyhow::Result<End> {
    let kb = args
        .kb
        .clone()
        .unwrap_or_else(|| context.config.index.kb.clone());
    fs_err::read_dir(&kb).context("watching the articles")?;
    let models = context.models()?;
    let encoder = context.encoder(&models)?;
    let (sender, woken) = mpsc::channel();
    // Watched before the first build, so that nothing saved during it is missed.
    let folder = Folder::watch(kb.clone(), sender.clone());
    let options = context.build_options(false);
    // What is gone before the first build is gone: it may be of another folder.
    let mut builder = Builder::new(kb.clone(), context.store()?, options);
    let first = first_build(&mut builder, &*encoder, context)?;
    let mut teller = Teller::new(kb.clone(), args.format.json, context.out);
    teller.built(&Summary::of(&kb, &first), true)?;
    drop(first);
    stop_when_asked(sender)?;
    teller.watching(folder.polls_because())?;
    Watch {
        builder,
        encoder: &*encoder,
        folder,
        woken,
        teller,
        kb,
        failed_at: None,
    }
    .run()
}

/// The first build, with a progress bar where someone watches; waits for another build to end.
fn first_build(
    builder: &mut Builder,
    encoder: &dyn Encoder,
    context: &mut Context<'_, '_>,
) -> anyhow::Result<Built> {
    loop {
        match context.built(builder, encoder) {
            Err(error) if is_busy(&error) => std::thread::sleep(BUSY),
            built => return built,
        }
    }
}

fn is_busy(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<BuildError>(),
        Some(BuildError::Busy { .. })
    )
}

/// Wakes the watch when the process is asked to stop.
fn stop_when_asked(sender: mpsc::Sender<Woken>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("waiting for the signal to stop")?;
    let within = runtime.enter();
    let asked = asked_to_stop();
    drop(within);
    std::thread::spawn(move || {
        runtime.block_on(asked);
        // Nobody is left to be told when the watch has ended already.
        let _ = sender.send(Woken::Stop);
    });
    Ok(())
}

struct Watch<'w, 'o> {
    builder: Builder,
    encoder: &'w dyn Encoder,
    folder: Folder,
    woken: mpsc::Receiver<Woken>,
    teller: Teller<'w, 'o>,
    kb: PathBuf,
    /// When the last build failed, if it did.
    failed_at: Option<Instant>,
}

impl Watch<'_, '_> {
    fn run(mut self) -> anyhow::Result<End> {
        loop {
            let must_retry = self.failed_at.is_some_and(|at| at.elapsed() >= RETRY);
            match self.folder.wait(&self.woken, self.due_in()) {
                Woken::Stop => {
                    self.teller.stopped()?;
                    return Ok(End::Done);
                }
                Woken::Change => self.build()?,
                Woken::Look if must_retry || self.due_in() == Some(Duration::ZERO) => {
                    self.build()?;
                }
                Woken::Look | Woken::Lost => {}
            }
        }
    }

    fn grace(&self) -> Duration {
        if git::is_at_work(&self.kb) {
            GRACE_OF_GIT
        } else {
            GRACE
        }
    }

    /// When an article whose file is gone has been served on for long enough. Asked again and again, since git may end its
    /// work meanwhile. None when no article is without its file.
    fn due_in(&self) -> Option<Duration> {
        let since = self.builder.vanished_since()?;
        Some(self.grace().saturating_sub(since.elapsed()))
    }

    fn build(&mut self) -> anyhow::Result<()> {
        loop {
            self.builder.wait_for_vanished(self.grace());
            match self.builder.build(self.encoder, &mut |_| {}) {
                Ok(built) => {
                    self.failed_at = None;
                    return self.teller.built(&Summary::of(&self.kb, &built), false);
                }
                Err(BuildError::Busy { .. }) => {
                    self.teller.waiting()?;
                    // A save or a signal meanwhile is still in the channel.
                    std::thread::sleep(BUSY);
                }
                Err(error) => {
                    self.failed_at = Some(Instant::now());
                    return self.teller.failed(&failure::line(&error.into()));
                }
            }
        }
    }
}
