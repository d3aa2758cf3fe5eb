use super::receiver::{Receiver, Reply};
use super::*;

/// A receiver on loopback that must see no connection, let alone a request.
#[track_caller]
fn check_refused(host: &str, allow: &[&str]) {
    let receiver = Receiver::start(vec![Reply::status(200)]);
    let url = format!("https://{host}:{}/hook", receiver.port());
    let part = "leads to a private address; add the host to `allow`";
    check_failed(&webhook(&url, allow), &LONG, Retry::Never, part);
    assert_eq!(receiver.requests().len(), 0);
}

#[test]
fn private_addresses_are_refused_after_names_are_resolved() {
    check_refused("localhost", &[]);
    check_refused("localhost", &["localhost.example.org", "10.0.0.1"]);
    check_refused("127.0.0.1", &[]);
    check_refused("[::1]", &[]);
    check_refused("[::ffff:127.0.0.1]", &[]);
    // Other spellings of 127.0.0.1, which the resolver of the system takes.
    check_refused("2130706433", &[]);
    check_refused("0x7f.1", &[]);
    check_refused("0.0.0.0", &[]);
    check_refused("169.254.169.254", &[]);
}

#[test]
fn an_allowed_host_is_reached() {
    let receiver = Receiver::start(vec![Reply::status(200), Reply::status(200)]);
    let url = format!("http://localhost:{}/", receiver.port());
    let by_name = send_within(&webhook(&url, &["localhost"]), &packet(), &LONG);
    assert_eq!(by_name, TAKEN);
    let by_address = webhook(&receiver.url("/"), &["127.0.0.1"]);
    assert_eq!(send_within(&by_address, &packet(), &LONG), TAKEN);
    assert_eq!(receiver.requests().len(), 2);
}

#[test]
fn an_unprotected_url_is_refused_before_anything_is_sent() {
    let receiver = Receiver::start(vec![Reply::status(200)]);
    let destination = webhook(&receiver.url("/"), &[]);
    check_failed(&destination, &LONG, Retry::Never, "use https");
    assert_eq!(receiver.requests().len(), 0);
}
