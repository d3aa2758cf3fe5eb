//! The URL of a destination, read once.

use ureq::http::Uri;

use crate::guard::Allowed;

/// Where a destination listens.
#[derive(Debug)]
pub(crate) struct Endpoint {
    url: String,
    /// Host and port, for people. Path and query may hold a secret and are named nowhere.
    name: String,
    is_https: bool,
}

impl Endpoint {
    /// Reads `url`.
    ///
    /// # Errors
    ///
    /// What is wrong with it and the remedy.
    pub(crate) fn parse(url: &str, allowed: &Allowed) -> Result<Self, &'static str> {
        let uri: Uri = url
            .parse()
            .map_err(|_| "is not a URL; write it as https://HOST/PATH")?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("has no scheme and host; write it as https://HOST/PATH");
        };
        if authority.host().is_empty() {
            return Err("has no host; write it as https://HOST/PATH");
        }
        if authority.as_str().contains('@') {
            return Err("holds a user name; take it out, a URL is no place for secrets");
        }
        if url.contains('#') {
            return Err("holds a fragment, which is never sent; take out what follows the #");
        }
        let is_https = match scheme {
            "https" => true,
            "http" if allowed.has_host(authority.host()) => false,
            "http" => return Err("is not protected; use https, or add its host to `allow`"),
            _ => return Err("is neither https nor http; write it as https://HOST/PATH"),
        };
        Ok(Self {
            url: url.to_owned(),
            name: authority.to_string(),
            is_https,
        })
    }

    /// Host and port, for people.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the connection is protected.
    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    /// The URL, as it is set.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The URL of `path`, which begins with a slash, below it.
    pub(crate) fn below(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }
}

/// `text` as one segment of a path, or one value of a query.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write as _;

    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, allow: &[&str], expected: Result<&str, &str>) {
        let allow: Vec<String> = allow.iter().map(|&entry| entry.to_owned()).collect();
        let endpoint = Endpoint::parse(url, &Allowed::new(&allow));
        match expected {
            Ok(name) => assert_eq!(endpoint.map(|endpoint| endpoint.name), Ok(name.to_owned())),
            Err(part) => assert!(endpoint.unwrap_err().contains(part), "{url}"),
        }
    }

    #[test]
    fn urls_are_https_or_allowed() {
        check(
            "https://hooks.example.org/a?key=b",
            &[],
            Ok("hooks.example.org"),
        );
        check(
            "https://hooks.example.org:8443/",
            &[],
            Ok("hooks.example.org:8443"),
        );
        check("http://hooks.example.org/", &[], Err("use https"));
        check("http://127.0.0.1:80/", &["127.0.0.2"], Err("use https"));
        check("http://127.0.0.1:80/", &["127.0.0.1"], Ok("127.0.0.1:80"));
        check("http://LOCALHOST/", &["localhost"], Ok("LOCALHOST"));
        check("http://[::1]:80/", &["::1"], Ok("[::1]:80"));
        check("ftp://hooks.example.org/", &[], Err("neither"));
        check("/tickets", &[], Err("no scheme"));
        check("hooks.example.org", &[], Err("no scheme"));
        check("https://a b/", &[], Err("not a URL"));
        check(
            "https://user:word@hooks.example.org/",
            &[],
            Err("user name"),
        );
        check("https://hooks.example.org/#a", &[], Err("fragment"));
    }

    #[test]
    fn segments_are_encoded() {
        assert_eq!(encode("esc_01-a.b~c"), "esc_01-a.b~c");
        assert_eq!(encode("a/b?c&d=é%"), "a%2Fb%3Fc%26d%3D%C3%A9%25");
    }
}
