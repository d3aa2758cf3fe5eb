//! Settings of the service (`[server]` in `loket.toml`).

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    time::Duration,
};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use support::Secret;

mod host;
mod limits;
mod origin;

pub use host::{HostName, InvalidHostName};
pub use limits::{LimitsConfig, PageConfig};
pub use origin::{InvalidOrigin, Origin};

/// Where to listen, how much to accept, how long to wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address to listen on. Default `127.0.0.1:8080`. Without keys only a loopback address can be.
    pub bind: SocketAddr,
    /// Questions that may wait for the answering thread; the next one is sent to a person. Default 16.
    pub queue_length: NonZeroUsize,
    /// Answers made at once. More than one is of use only with a writer elsewhere: on one machine they would make each other
    /// late. Default 1.
    pub answer_threads: NonZeroUsize,
    /// Time an answer may take from admission, in milliseconds. Default 30,000.
    pub answer_deadline_ms: u64,
    /// Time a search may take from admission, in milliseconds. Default 5,000.
    pub search_deadline_ms: u64,
    /// Longest request body, in bytes. Default 65,536.
    pub max_body_bytes: usize,
    /// Longest question or search query, in characters. Default 4,000.
    pub max_question_chars: usize,
    /// Time a client has to send its body, in milliseconds. Default 10,000.
    pub body_timeout_ms: u64,
    /// Time running answers have after a request to stop, in milliseconds. Default 10,000.
    pub shutdown_grace_ms: u64,
    /// Time between looks for a newer generation, in milliseconds. Default 250.
    pub reload_poll_ms: u64,
    /// Time a client has to send the head of its next request, in milliseconds. Default 20,000.
    pub header_timeout_ms: u64,
    /// Connections that may be open at once; further ones wait. Default 2,048.
    pub max_connections: NonZeroUsize,
    /// Origins of sites whose pages may call this service and show it in a frame. Default none.
    pub allowed_origins: Vec<Origin>,
    /// Addresses or networks of proxies whose `X-Forwarded-For` is believed. Default none.
    #[serde(deserialize_with = "nets")]
    pub trusted_proxies: Vec<IpNet>,
    /// What tokens are signed with, at least 32 bytes; made and kept in the data directory when empty.
    pub token_secret: Secret,
    /// The service tokens are for, where one secret signs for several. Default `loket`.
    pub token_audience: String,
    /// How much callers may ask for.
    pub limits: LimitsConfig,
    /// What strangers get.
    pub page: PageConfig,
}

/// Networks; an address alone is a network of one.
fn nets<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(reader)?;
    let net = |text: &String| {
        let net = text.parse::<IpNet>();
        net.or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| {
                serde::de::Error::custom(format!(
                    "`{text}` is no address or network; write one such as `10.0.0.0/8`"
                ))
            })
    };
    texts.iter().map(net).collect()
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            queue_length: NonZeroUsize::MIN.saturating_add(15),
            answer_threads: NonZeroUsize::MIN,
            answer_deadline_ms: 30_000,
            search_deadline_ms: 5_000,
            max_body_bytes: 64 * 1024,
            max_question_chars: 4_000,
            body_timeout_ms: 10_000,
            shutdown_grace_ms: 10_000,
            reload_poll_ms: 250,
            header_timeout_ms: 20_000,
            max_connections: NonZeroUsize::MIN.saturating_add(2_047),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            token_secret: Secret::default(),
            token_audience: "loket".to_owned(),
            limits: LimitsConfig::default(),
            page: PageConfig::default(),
        }
    }
}

impl ServerConfig {
    pub(crate) const fn answer_deadline(&self) -> Duration {
        Duration::from_millis(self.answer_deadline_ms)
    }

    pub(crate) const fn search_deadline(&self) -> Duration {
        Duration::from_millis(self.search_deadline_ms)
    }

    pub(crate) const fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }

    pub(crate) const fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    pub(crate) const fn shutdown_grace(&self) -> Duration {
        Duration::from_millis(self.shutdown_grace_ms)
    }

    pub(crate) const fn reload_poll(&self) -> Duration {
        Duration::from_millis(self.reload_poll_ms)
    }
}
