//! Connections: accepted up to a bound, each with little patience, and ended in order.
//!
//! `axum::serve` waits for ever for a client that says nothing. Here a connection that does not send the head of its
//! next request in time is closed, also one that never sent a byte, and one that does not take what it asked for
//! ([`patience`]). What a body may take is [`crate::extract`]'s.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::Service as _};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use crate::ServerConfig;

mod patience;
#[cfg(test)]
mod tests;

use patience::Patience;

/// Wait after the system refused a connection for lack of something: it comes back when others end.
const BREATH: Duration = Duration::from_millis(200);

/// Connections that are open. Dropping this closes them.
#[derive(Debug)]
pub(crate) struct Connections {
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
}

impl Connections {
    /// Returns when every reply under way has been sent and every connection is closed.
    pub(crate) async fn finish(mut self) {
        self.graceful.shutdown().await;
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Serves `app` on `listener` until `stop` completes. Returns the connections that are open then.
pub(crate) async fn accept(
    listener: TcpListener,
    app: Router,
    config: &ServerConfig,
    stop: impl Future<Output = ()>,
) -> Connections {
    let mut open = Connections {
        graceful: GracefulShutdown::new(),
        tasks: JoinSet::new(),
    };
    let app = TowerToHyperService::new(app);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout());
    let places = Arc::new(Semaphore::new(config.max_connections.get()));
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            // The rest waits in the system's queue, which is bounded too.
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut stop => return open,
            Some(_) = open.tasks.join_next() => {}
            (accepted, place) = next => match (accepted, place) {
                (Ok((stream, peer)), Ok(place)) => {
                    open.serve(&http, &app, stream, peer, place);
                }
                (Err(error), _) if is_of_one_connection(&error) => {}
                (Err(error), _) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "no connection can be accepted for a moment"
                    );
                    tokio::time::sleep(BREATH).await;
                }
                // Nobody closes the semaphore.
                (Ok(_), Err(_)) => return open,
            }
        }
    }
}

impl Connections {
    fn serve(
        &mut self,
        http: &http1::Builder,
        app: &TowerToHyperService<Router>,
        stream: TcpStream,
        peer: SocketAddr,
        place: OwnedSemaphorePermit,
    ) {
        // Sentences of a stream are small and must leave at once. A socket that cannot is served all the same.
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            app.call(request)
        });
        let connection = http.serve_connection(TokioIo::new(Patience::new(stream)), service);
        let connection = self.graceful.watch(connection);
        self.tasks.spawn(async move {
            // How a client ends its connection is its own business.
            if let Err(error) = connection.await {
                tracing::trace!(
                    error = &error as &dyn std::error::Error,
                    "a connection ended"
                );
            }
            drop(place);
        });
    }
}

/// Whether an error concerns the connection that was about to be accepted, and no other.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
