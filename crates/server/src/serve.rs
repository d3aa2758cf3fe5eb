//! Listening, looking for newer generations, and stopping in order.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, task::JoinSet, time::MissedTickBehavior};
use tracing::Instrument as _;

use crate::{AppState, Deployment, ServerConfig, TenantName, listen, router};

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
    /// Everyone on the network could use some help centers of many without a key.
    #[error(
        "refusing to listen on `{address}`: without keys only this machine may connect, and there are none for {without}; make one with {remedy}, or bind a loopback address such as `127.0.0.1:8080`"
    )]
    WithoutKeys {
        /// The refused address.
        address: SocketAddr,
        /// Who has no keys.
        without: String,
        /// How they are made.
        remedy: String,
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

/// The same of several help centers: of those `without` keys, and of the deployment itself, whose keys open the metrics of all.
///
/// # Errors
/// [`ServeError::WithoutKeys`], which names them.
pub fn check_tenants(
    address: SocketAddr,
    has_keys: bool,
    without: &[&TenantName],
) -> Result<(), ServeError> {
    let has_all = has_keys && without.is_empty();
    if check_address(address, has_all).is_ok() {
        return Ok(());
    }
    let own = (!has_keys).then(|| {
        (
            "the deployment itself".to_owned(),
            "`loket keys create --scope admin`".to_owned(),
        )
    });
    let tenants = without.iter().map(|name| {
        (
            format!("`{name}`"),
            format!("`loket keys create --tenant {name} --scope admin`"),
        )
    });
    let (without, remedies): (Vec<String>, Vec<String>) = own.into_iter().chain(tenants).unzip();
    Err(ServeError::WithoutKeys {
        address,
        without: without.join(", "),
        remedy: remedies.join(", "),
    })
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
    let app = router(state.clone());
    let config = state.config().clone();
    run(listener, app, &config, &[state], shutdown).await;
    Ok(())
}

/// The same for several help centers.
///
/// # Errors
/// [`ServeError`]; never because an engine could not be loaded.
pub async fn serve_all(
    listener: TcpListener,
    deployment: Deployment,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Socket)?;
    deployment.check_address(address)?;
    let config = deployment.config();
    let states = deployment.states();
    run(listener, deployment.router(), config, states, shutdown).await;
    Ok(())
}

async fn run(
    listener: TcpListener,
    app: Router,
    config: &ServerConfig,
    states: &[AppState],
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    // They end when this set is dropped.
    let mut watches = JoinSet::new();
    for state in states {
        watches.spawn(watch(state.clone()).instrument(state.span()));
    }
    let connections = listen::accept(listener, app, config, shutdown).await;
    tracing::info!("stopping");
    tokio::select! {
        () = connections.finish() => {}
        () = out_of_patience(config, states) => {
            tracing::warn!("connections were closed before their replies were sent");
        }
    }
}

/// Returns when replies have had all the time they get.
async fn out_of_patience(config: &ServerConfig, states: &[AppState]) {
    tokio::time::sleep(config.shutdown_grace()).await;
    states.iter().for_each(AppState::stop_answers);
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
    fn others_may_connect_when_everyone_has_keys() {
        let open = "0.0.0.0:80".parse().unwrap();
        let (a, b): (TenantName, TenantName) = ("a".parse().unwrap(), "b".parse().unwrap());
        assert!(check_tenants(open, true, &[]).is_ok());
        assert!(check_tenants("127.0.0.1:80".parse().unwrap(), false, &[&a]).is_ok());
        let refused = |has_keys, without: &[&TenantName]| {
            let error = check_tenants(open, has_keys, without).unwrap_err();
            error.to_string()
        };
        let told = refused(true, &[&a, &b]);
        assert!(told.contains("none for `a`, `b`;"), "{told}");
        assert!(
            told.contains("--tenant b --scope admin`, or bind"),
            "{told}"
        );
        let told = refused(false, &[]);
        assert!(told.contains("none for the deployment itself;"), "{told}");
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
