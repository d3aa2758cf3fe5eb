//! Listening, looking for newer generations, and stopping in order.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, time::MissedTickBehavior};

use crate::{AppState, listen, router};

/// Why the service could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Everyone on the network could use it without a key.
    #[error(
        "refusing to listen on `{address}`: without keys only this machine may connect; make a key with `loket keys create`, or bind a loopback address such as `127.0.0.1:8080`"
    )]
    NotLoopback {
        /// The refused address.
        address: SocketAddr,
    },
    /// The socket failed.
    #[error("the listening socket failed")]
    Socket(#[source] io::Error),
}

/// Refuses an address that others than this machine can reach when no key protects the service.
///
/// # Errors
/// [`ServeError::NotLoopback`].
pub fn check_address(address: SocketAddr, has_keys: bool) -> Result<(), ServeError> {
    // `::ffff:127.0.0.1` is a loopback address too.
    if has_keys || address.ip().to_canonical().is_loopback() {
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
    let address = listener.local_addr().map_err(ServeError::Socket)?;
    check_address(address, state.has_keys())?;
    let watch = tokio::spawn(watch(state.clone()));
    let app = router(state.clone());
    let connections = listen::accept(listener, app, state.config(), shutdown).await;
    tracing::info!("stopping");
    tokio::select! {
        () = connections.finish() => {}
        () = out_of_patience(&state) => {
            tracing::warn!("connections were closed before their replies were sent");
        }
    }
    watch.abort();
    Ok(())
}

/// Returns when replies have had all the time they get.
async fn out_of_patience(state: &AppState) {
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
        let address = address.parse().unwrap();
        assert_eq!(check_address(address, false).is_ok(), allowed, "{address}");
        assert!(check_address(address, true).is_ok(), "{address}");
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
