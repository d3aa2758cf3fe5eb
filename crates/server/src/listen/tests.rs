use std::num::NonZeroUsize;

use axum::routing::get;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::oneshot,
    time::timeout,
};

use super::*;

/// Longer than anything here takes; ends a test that would wait for ever.
const FOREVER: Duration = Duration::from_secs(20);

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Connections>,
}

async fn start(max_connections: usize, header_timeout_ms: u64) -> Running {
    let config = ServerConfig {
        max_connections: NonZeroUsize::new(max_connections).unwrap(),
        header_timeout_ms,
        ..ServerConfig::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route(
        "/",
        get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()),
    );
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        accept(listener, app, &config, async {
            let _ = stopped.await;
        })
        .await
    });
    Running {
        address,
        stop,
        ended,
    }
}

/// Everything the other side sends until it closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end as well.
    let _ = timeout(FOREVER, stream.read_to_end(&mut bytes))
        .await
        .expect("it closes");
    String::from_utf8(bytes).unwrap()
}

async fn reply(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 1_000];
    let n = timeout(FOREVER, stream.read(&mut bytes))
        .await
        .expect("a reply")
        .unwrap();
    String::from_utf8(bytes[..n].to_vec()).unwrap()
}

#[tokio::test]
async fn silent_clients_are_closed() {
    let running = start(10, 100).await;
    // Not a byte, half a head, drip by drip, and nothing after a first request.
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    assert_eq!(rest(&mut silent).await, "");
    let mut half = TcpStream::connect(running.address).await.unwrap();
    half.write_all(&REQUEST[..20]).await.unwrap();
    assert!(!rest(&mut half).await.contains("200 OK"));
    let mut dripping = TcpStream::connect(running.address).await.unwrap();
    let drip = async {
        for byte in b"GET / HTTP/1.1\r\nX: ".iter().chain([b'a'; 1_000].iter()) {
            if dripping.write_all(&[*byte]).await.is_err() {
                return;
            }
            // The next byte comes late, unless there is something to read: that it was closed.
            if timeout(Duration::from_millis(20), dripping.readable())
                .await
                .is_ok()
            {
                return;
            }
        }
        panic!("it was never closed");
    };
    timeout(FOREVER, drip).await.unwrap();
    let mut idle = TcpStream::connect(running.address).await.unwrap();
    idle.write_all(REQUEST).await.unwrap();
    assert!(reply(&mut idle).await.ends_with("127.0.0.1"));
    assert_eq!(rest(&mut idle).await, "");
}

#[tokio::test]
async fn no_more_connections_than_places() {
    let running = start(2, 60_000).await;
    let mut first = TcpStream::connect(running.address).await.unwrap();
    let mut second = TcpStream::connect(running.address).await.unwrap();
    for stream in [&mut first, &mut second] {
        stream.write_all(REQUEST).await.unwrap();
        assert!(reply(stream).await.starts_with("HTTP/1.1 200 OK"));
    }
    let mut third = TcpStream::connect(running.address).await.unwrap();
    third.write_all(REQUEST).await.unwrap();
    let waited = timeout(Duration::from_millis(200), third.readable()).await;
    assert!(waited.is_err(), "a third connection was served");
    drop(first);
    assert!(reply(&mut third).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn stopping_closes_idle_connections_and_refuses_new_ones() {
    let running = start(10, 60_000).await;
    let mut idle = TcpStream::connect(running.address).await.unwrap();
    idle.write_all(REQUEST).await.unwrap();
    assert!(reply(&mut idle).await.starts_with("HTTP/1.1 200 OK"));
    running.stop.send(()).unwrap();
    let open = running.ended.await.unwrap();
    timeout(FOREVER, open.finish()).await.expect("it ends");
    assert_eq!(rest(&mut idle).await, "");
    assert!(TcpStream::connect(running.address).await.is_err());
}
