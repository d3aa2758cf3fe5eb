//! Listening, looking for newer generations, and stopping in order.

use std::{
    future::{Future, IntoFuture as _},
    io,
    net::SocketAddr,
    time::Duration,
};

use tokio::{net::TcpListener, sync::oneshot, time::MissedTickBehavior};

use crate::{AppState, router};

/// Why the service could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Everyone on the network could use it without a key.
    #[error(
        "refusing to listen on `{address}`: without keys only this machine may connect; bind a loopback address such as `127.0.0.1:8080`"
    )]
    NotLoopback {
        /// The refused address.
        address: SocketAddr,
    },
    /// The socket failed.
    #[error("the listening socket failed")]
    Socket(#[source] io::Error),
}

/// Refuses an address that others than this machine can reach, because no key protects the service.
///
/// # Errors
/// [`ServeError::NotLoopback`].
pub fn check_address(address: SocketAddr) -> Result<(), ServeError> {
    // `::ffff:127.0.0.1` is a loopback address too.
    if address.ip().to_canonical().is_loopback() {
        Ok(())
    } else {
        Err(ServeError::NotLoopback { address })
    }
}

/// How long connections have to carry the last replies once answers have been stopped.
const LAST_REPLIES: Duration = Duration::from_secs(1);

/// Serves `listener` until `shutdown` completes, then lets running answers finish for the configured time.
///
/// The first engine is loaded in the background, so a person can be reached from the first moment on.
///
/// # Errors
/// [`ServeError`]; never because an engine could not be loaded.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    check_address(listener.local_addr().map_err(ServeError::Socket)?)?;
    let watch = tokio::spawn(watch(state.clone()));
    let (stop, stopped) = oneshot::channel();
    let serving = axum::serve(listener, router(state.clone())).with_graceful_shutdown(async move {
        shutdown.await;
        tracing::info!("stopping");
        // The receiver waits below as long as this future runs.
        let _ = stop.send(());
    });
    let result = tokio::select! {
        result = serving.into_future() => result.map_err(ServeError::Socket),
        () = out_of_patience(stopped, &state) => {
            tracing::warn!("connections were closed before their replies were sent");
            Ok(())
        }
    };
    watch.abort();
    result
}

/// Returns when replies have had all the time they get.
async fn out_of_patience(stopped: oneshot::Receiver<()>, state: &AppState) {
    if stopped.await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(state.config().shutdown_grace()).await;
    state.stop_answers();
    tokio::time::sleep(LAST_REPLIES).await;
}

async fn watch(state: AppState) {
    let mut ticks =
        tokio::time::interval(state.config().reload_poll().max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        state.reload_if_newer().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, allowed: bool) {
        let result = check_address(address.parse().unwrap());
        assert_eq!(result.is_ok(), allowed, "{address}");
    }

    #[test]
    fn only_this_machine_may_connect_without_keys() {
        check("127.0.0.1:8080", true);
        check("127.8.8.8:1", true);
        check("[::1]:8080", true);
        check("[::ffff:127.0.0.1]:8080", true);
        check("0.0.0.0:8080", false);
        check("[::]:8080", false);
        check("192.168.1.4:8080", false);
        check("[::ffff:10.0.0.1]:80", false);
    }
}
