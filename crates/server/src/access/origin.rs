//! From which pages a request comes, as far as browsers tell.
//!
//! Browsers do not let a page write `Origin` and `Sec-Fetch-Site`. Programs can, so these say which page speaks, never who.

use axum::http::{HeaderMap, header};

use crate::config::Origin;

const FETCH_SITE: &str = "sec-fetch-site";

/// The origin of the page that sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sender<'h> {
    /// Named.
    Origin(&'h str),
    /// A page of this service, which browsers do not name in a `GET`; with the host it was asked under.
    OwnPage(&'h str),
    /// No page, or an old browser.
    Unknown,
}

impl Sender<'_> {
    /// Whether the page is of `origin`.
    pub(crate) fn is(&self, origin: &str) -> bool {
        match self {
            Self::Origin(of) => of.eq_ignore_ascii_case(origin),
            Self::OwnPage(host) => host_of(origin).eq_ignore_ascii_case(host),
            Self::Unknown => false,
        }
    }
}

/// The page that sent a request with `headers`.
pub(crate) fn sender_origin(headers: &HeaderMap) -> Sender<'_> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(origin) = text(header::ORIGIN.as_str()) {
        return Sender::Origin(origin);
    }
    match (text(FETCH_SITE), text(header::HOST.as_str())) {
        (Some("same-origin"), Some(host)) => Sender::OwnPage(host),
        _ => Sender::Unknown,
    }
}

/// Whether a stranger's session may be given to who sent `headers`: to pages of this service and of `allowed`, and to
/// what names no page. Returns the origin the session is bound to.
pub(crate) fn may_have_session(
    headers: &HeaderMap,
    allowed: &[Origin],
) -> Result<Option<String>, ()> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match sender_origin(headers) {
        Sender::Origin(origin) => {
            let host = text(header::HOST.as_str());
            if let Some(known) = allowed.iter().find(|known| known.as_str() == origin) {
                Ok(Some(known.as_str().to_owned()))
            } else if host.is_some_and(|host| host_of(origin).eq_ignore_ascii_case(host)) {
                Ok(None)
            } else {
                Err(())
            }
        }
        Sender::OwnPage(_) => Ok(None),
        // `none` is a person who typed the address; what comes without `Origin` from another site is no call of a script.
        Sender::Unknown => match text(FETCH_SITE) {
            None | Some("none") => Ok(None),
            Some(_) => Err(()),
        },
    }
}

fn host_of(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[track_caller]
    fn check(sent: &[(&'static str, &'static str)], expected: Result<Option<&str>, ()>) {
        let allowed = [Origin::try_from("https://shop.example".to_owned()).unwrap()];
        let found = may_have_session(&headers(sent), &allowed);
        assert_eq!(
            found,
            expected.map(|origin| origin.map(str::to_owned)),
            "{sent:?}"
        );
    }

    #[test]
    fn sessions_go_to_own_and_to_allowed_pages() {
        let host = ("host", "help.example");
        check(&[host], Ok(None));
        check(&[host, ("sec-fetch-site", "same-origin")], Ok(None));
        check(&[host, ("sec-fetch-site", "none")], Ok(None));
        check(&[host, ("sec-fetch-site", "cross-site")], Err(()));
        check(&[host, ("sec-fetch-site", "same-site")], Err(()));
        check(&[host, ("origin", "https://help.example")], Ok(None));
        check(
            &[
                host,
                ("origin", "https://shop.example"),
                ("sec-fetch-site", "cross-site"),
            ],
            Ok(Some("https://shop.example")),
        );
        check(&[host, ("origin", "https://shop.example.evil")], Err(()));
        check(&[host, ("origin", "http://shop.example")], Err(()));
        check(&[host, ("origin", "null")], Err(()));
    }

    #[test]
    fn a_bound_token_comes_from_its_pages_only() {
        let is = |sent: &[(&'static str, &'static str)]| {
            sender_origin(&headers(sent)).is("https://help.example")
        };
        assert!(is(&[("origin", "https://help.example")]));
        assert!(is(&[
            ("host", "help.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!is(&[("origin", "https://evil.example")]));
        assert!(!is(&[
            ("host", "other.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!is(&[("host", "help.example")]));
        assert!(!is(&[
            ("host", "help.example"),
            ("sec-fetch-site", "cross-site")
        ]));
    }
}
