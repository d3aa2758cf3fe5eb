//! The connection guard: which addresses a destination's URL may lead to.
//!
//! A URL is a setting, but its name is resolved by servers nobody here runs. So addresses are judged after the name
//! was resolved and the connection is opened to exactly those that passed: a name that turns to a private address
//! later gains nothing. What is allowed is listed by hosts or addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Hosts and addresses that may be private.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed {
    hosts: Vec<String>,
    addresses: Vec<IpAddr>,
}

impl Allowed {
    /// Reads hosts (`localhost`) and addresses (`10.0.0.7`, `::1`, `[::1]`).
    pub(crate) fn new(list: &[String]) -> Self {
        let mut allowed = Self::default();
        for entry in list {
            match address(entry) {
                Some(address) => allowed.addresses.push(address),
                None => allowed.hosts.push(plain_host(entry)),
            }
        }
        allowed
    }

    /// Whether `host`, a name or an address as it stands in a URL, is listed.
    pub(crate) fn has_host(&self, host: &str) -> bool {
        match address(host) {
            Some(address) => self.has_address(address),
            None => self.hosts.contains(&plain_host(host)),
        }
    }

    fn has_address(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address.to_canonical())
    }
}

/// The address `text` spells, without the brackets of URLs.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse()
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

fn plain_host(host: &str) -> String {
    host.trim().trim_end_matches('.').to_ascii_lowercase()
}

/// A name led to private addresses only.
#[derive(Debug, thiserror::Error)]
#[error("private address")]
pub(crate) struct PrivateAddress;

/// Resolves names, and keeps the addresses that are public or allowed.
#[derive(Debug)]
pub(crate) struct Guard<R = DefaultResolver> {
    allowed: Allowed,
    resolver: R,
}

impl Guard {
    pub(crate) fn new(allowed: Allowed) -> Self {
        let resolver = DefaultResolver::default();
        Self { allowed, resolver }
    }
}

impl<R: Resolver> Resolver for Guard<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let resolved = self.resolver.resolve(uri, config, timeout)?;
        if uri.host().is_some_and(|host| self.allowed.has_host(host)) {
            return Ok(resolved);
        }
        let mut kept = self.empty();
        for socket in &resolved {
            if is_public(socket.ip()) || self.allowed.has_address(socket.ip()) {
                kept.push(*socket);
            }
        }
        if kept.is_empty() {
            return Err(ureq::Error::Other(Box::new(PrivateAddress)));
        }
        Ok(kept)
    }
}

/// Whether `address` is a unicast address of the public internet. Addresses that wrap an IPv4 address are judged by it.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

/// From the IANA registry of special-purpose addresses (<https://www.iana.org/assignments/iana-ipv4-special-registry>).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match a {
        // This network, private, loopback, multicast and reserved with broadcast.
        0 | 10 | 127 | 224..=255 => true,
        // Shared address space of providers.
        100 => (64..128).contains(&b),
        // Link-local; metadata services of clouds answer here.
        169 => b == 254,
        172 => (16..32).contains(&b),
        // Private; protocol assignments; documentation; the retired 6to4 relay.
        192 => b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99),
        // Benchmarks; documentation.
        198 => b == 18 || b == 19 || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => false,
    };
    !special
}

/// Only `2000::/3` is given out as global unicast, so loopback, unspecified, link-local, unique local, multicast and what
/// is not in use fall out without being named.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let special = match a {
        // Protocol assignments (Teredo and ORCHID among them); documentation.
        0x2001 => b < 0x0200 || b == 0x0db8,
        // Documentation, 3fff::/20.
        0x3fff => b < 0x1000,
        _ => a & 0xe000 != 0x2000,
    };
    !special
}

/// The IPv4 address that `address` stands for: mapped (`::ffff:0:0/96`), NAT64
/// (`64:ff9b::/96`) or 6to4 (`2002::/16`).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let four = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(four(high, low))
        }
        [0x2002, high, low, ..] => Some(four(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ureq::unversioned::transport::time;

    use super::*;

    #[track_caller]
    fn check(addresses: &[&str], expected: bool) {
        for text in addresses {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(is_public(address), expected, "{text}");
        }
    }

    #[test]
    fn special_addresses_are_not_public() {
        check(
            &[
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "10.255.255.255",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.9.9.9",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.8",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.1.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.7",
                "203.0.113.9",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
            ],
            false,
        );
        check(
            &[
                "::",
                "::1",
                "fc00::1",
                "fdff::1",
                "fe80::1",
                "febf::1",
                "fec0::1",
                "ff02::1",
                "2001:db8::1",
                "2001::1",
                "2001:1ff::1",
                "3fff::1",
                "3fff:fff::1",
                "100::1",
                "5f00::1",
                "64:ff9b:1::808:808",
                "::127.0.0.1",
                "::8.8.8.8",
            ],
            false,
        );
    }

    #[test]
    fn wrapped_addresses_are_judged_by_what_they_wrap() {
        check(
            &[
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::ffff:169.254.169.254",
                "2002:7f00:1::",
                "2002:a00:1::1",
                "2002:c0a8:101::",
                "64:ff9b::7f00:1",
                "64:ff9b::192.168.0.1",
                "64:ff9b::203.0.113.1",
            ],
            false,
        );
        check(
            &["::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::8.8.8.8"],
            true,
        );
    }

    #[test]
    fn the_rest_is_public() {
        check(
            &[
                "1.1.1.1",
                "8.8.8.8",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.1",
                "169.253.0.1",
                "172.15.0.1",
                "172.32.0.1",
                "192.0.1.1",
                "192.167.0.1",
                "198.17.0.1",
                "198.20.0.1",
                "203.0.112.1",
                "223.255.255.255",
                "2606:4700::1",
                "2001:200::1",
                "2a00:1450::1",
                "3fff:1000::1",
            ],
            true,
        );
    }

    /// Answers every name with the same addresses, as a name server could.
    #[derive(Debug)]
    struct Fixed(&'static [&'static str]);

    impl Resolver for Fixed {
        fn resolve(
            &self,
            _: &Uri,
            _: &Config,
            _: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let mut all = self.empty();
            for address in self.0 {
                all.push(address.parse().unwrap());
            }
            Ok(all)
        }
    }

    /// What is left of `answers` for `host`; empty when it is refused.
    #[track_caller]
    fn check_kept(answers: &'static [&'static str], host: &str, allow: &[&str], expected: &[&str]) {
        let allow: Vec<String> = allow.iter().map(|&entry| entry.to_owned()).collect();
        let guard = Guard {
            allowed: Allowed::new(&allow),
            resolver: Fixed(answers),
        };
        let uri: Uri = format!("https://{host}/").parse().unwrap();
        let timeout = NextTimeout {
            after: time::Duration::NotHappening,
            reason: ureq::Timeout::Global,
            ..NextTimeout::default()
        };
        let kept: Vec<String> = match guard.resolve(&uri, &Config::default(), timeout) {
            Ok(kept) => kept.iter().map(ToString::to_string).collect(),
            Err(ureq::Error::Other(cause)) if cause.is::<PrivateAddress>() => Vec::new(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(kept, expected);
    }

    #[test]
    fn a_name_is_judged_by_what_it_resolves_to() {
        check_kept(&["127.0.0.1:443"], "hooks.example.org", &[], &[]);
        check_kept(
            &["[::1]:443", "10.0.0.1:443"],
            "hooks.example.org",
            &[],
            &[],
        );
        let mixed = &["10.0.0.1:443", "8.8.8.8:443"];
        check_kept(mixed, "hooks.example.org", &[], &["8.8.8.8:443"]);
        check_kept(mixed, "hooks.example.org", &["Hooks.Example.org."], mixed);
        check_kept(mixed, "hooks.example.org", &["10.0.0.1"], mixed);
        check_kept(
            &["10.0.0.2:443"],
            "hooks.example.org",
            &["10.0.0.1", "example.org"],
            &[],
        );
        check_kept(
            &["[::ffff:10.0.0.1]:443"],
            "h.example",
            &["10.0.0.1"],
            &["[::ffff:10.0.0.1]:443"],
        );
        check_kept(&["[::1]:443"], "[::1]", &["[::1]"], &["[::1]:443"]);
    }
}
