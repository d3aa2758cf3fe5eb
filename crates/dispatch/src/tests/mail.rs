use support::SmtpSecurity;

use super::mail_server::{MailServer, Session};
use super::*;

fn mail(port: u16, user: Option<&str>) -> Destination {
    destination(Via::Smtp {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        security: SmtpSecurity::None,
        user: user.map(str::to_owned),
        password: secret(user.map_or("", |_| "sesame")),
        from: "Help center <no-reply@example.org>".to_owned(),
        to: "Team <team@example.org>".to_owned(),
        ca_file: None,
    })
}

/// Delivers `packet` to a server that takes it.
#[track_caller]
fn deliver(packet: &Packet) -> Session {
    let server = MailServer::start(&[]);
    let attempt = send_within(&mail(server.port(), None), packet, &LONG);
    assert_eq!(attempt, delivered(&format!("<{ID}@loket>")));
    server.session()
}

/// The header `name` of a mail, unfolded, when it is there once.
#[track_caller]
fn header(session: &Session, name: &str) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in session.lines.iter().take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if is_open {
                found.last_mut().unwrap().push_str(line);
            }
            continue;
        }
        let (known, value) = line.split_once(": ").expect("a header");
        is_open = known.eq_ignore_ascii_case(name);
        if is_open {
            found.push(value.to_owned());
        }
    }
    assert!(found.len() < 2, "{found:?}");
    found.pop()
}

#[test]
fn a_packet_is_a_mail() {
    let session = deliver(&packet());
    assert_eq!(
        session.commands[1..4],
        [
            "MAIL FROM:<no-reply@example.org>",
            "RCPT TO:<team@example.org>",
            "DATA"
        ]
    );
    let expected = [
        ("From", "\"Help center\" <no-reply@example.org>"),
        ("To", "Team <team@example.org>"),
        ("Reply-To", "ann@example.org"),
        ("Message-ID", "<esc_01K8ZJ3V5W7Q9R2T4X6Y8A0B1C@loket>"),
        ("Date", "Sun, 01 Mar 2026 12:00:00 +0000"),
        ("Content-Type", "text/plain; charset=utf-8"),
        (
            "Subject",
            "[esc_01K8ZJ3V5W7Q9R2T4X6Y8A0B1C] Where is my <b>parcel</b>?",
        ),
    ];
    for (name, value) in expected {
        assert_eq!(header(&session, name).as_deref(), Some(value), "{name}");
    }
    let again = deliver(&packet());
    assert_eq!(session.lines, again.lines);
}

/// A body in quoted-printable or base64 as text, with line ends of one character.
fn text_of(session: &Session) -> String {
    let body = session.lines.split(String::is_empty).skip(1);
    let body = body
        .map(|part| part.join("\r\n"))
        .collect::<Vec<_>>()
        .join("\r\n\r\n");
    match header(session, "Content-Transfer-Encoding").as_deref() {
        Some("7bit") => body,
        Some("quoted-printable") => {
            let body = body.replace("=\r\n", "");
            let mut bytes = Vec::new();
            let mut rest = body.as_bytes();
            while let [first, after @ ..] = rest {
                if *first == b'=' {
                    let hex = std::str::from_utf8(&after[..2]).unwrap();
                    bytes.push(u8::from_str_radix(hex, 16).unwrap());
                    rest = &after[2..];
                } else {
                    bytes.push(*first);
                    rest = after;
                }
            }
            String::from_utf8(bytes).unwrap()
        }
        other => panic!("{other:?}"),
    }
    .replace("\r\n", "\n")
}

#[test]
fn the_body_is_the_text_of_the_packet() {
    let session = deliver(&packet());
    assert_eq!(text_of(&session).trim_end(), packet().to_text().trim_end());
}

#[test]
fn a_lone_dot_does_not_end_a_mail() {
    let mut packet = packet();
    packet.question = "first\n.\nQUIT\n..two".to_owned();
    let session = deliver(&packet);
    let at = session
        .lines
        .iter()
        .position(|line| line == "first")
        .unwrap();
    assert_eq!(session.lines[at..at + 4], ["first", "..", "QUIT", "...two"]);
}

#[test]
fn nothing_of_a_packet_becomes_a_header() {
    let mut packet = packet();
    packet.subject_line = "Hi\r\nBcc: eve@example.org\r\n\r\nbody\u{0}".to_owned();
    packet.contact.email = Some("ann@example.org\r\nBcc: eve@example.org".to_owned());
    let session = deliver(&packet);
    assert_eq!(
        header(&session, "Subject").as_deref(),
        Some("[esc_01K8ZJ3V5W7Q9R2T4X6Y8A0B1C] Hi  Bcc: eve@example.org    body ")
    );
    assert_eq!(header(&session, "Bcc"), None);
    assert_eq!(header(&session, "Reply-To"), None);
    let receivers = session
        .commands
        .iter()
        .filter(|command| command.starts_with("RCPT"));
    assert_eq!(
        receivers.collect::<Vec<_>>(),
        ["RCPT TO:<team@example.org>"]
    );

    for email in [
        "nobody",
        "a@b@c",
        "\"a b\"@example.org",
        "é@example.org",
        "a@example.org, b@example.org",
    ] {
        packet.contact.email = Some(email.to_owned());
        assert_eq!(header(&deliver(&packet), "Reply-To"), None, "{email}");
    }
}

#[test]
fn a_subject_of_another_script_is_encoded() {
    let mut packet = packet();
    packet.subject_line = "包裹在哪里？".to_owned();
    let session = deliver(&packet);
    let subject = header(&session, "Subject").unwrap();
    assert!(subject.contains("=?utf-8?b?"), "{subject}");
    assert!(
        session
            .lines
            .iter()
            .take_while(|line| !line.is_empty())
            .all(|line| line.is_ascii())
    );
}

#[test]
fn a_user_logs_in() {
    let server = MailServer::start(&[]);
    let attempt = send_within(&mail(server.port(), Some("ann")), &packet(), &LONG);
    assert_eq!(attempt, delivered(&format!("<{ID}@loket>")));
    // NUL ann NUL sesame
    assert_eq!(server.session().commands[1], "AUTH PLAIN AGFubgBzZXNhbWU=");
}

#[track_caller]
fn check_answer(script: &'static [(&'static str, &'static str)], expected: Retry, part: &str) {
    let server = MailServer::start(script);
    let destination = mail(server.port(), Some("ann"));
    check_failed(&destination, &LONG, expected, part);
    assert!(server.session().commands[0].starts_with("EHLO "));
}

#[test]
fn a_code_says_whether_to_try_again() {
    check_answer(
        &[("AUTH", "535 5.7.8 bad sesame")],
        Retry::Never,
        "answered 535: check user",
    );
    check_answer(&[("AUTH", "454 4.7.0 later")], Retry::Later, "answered 454");
    check_answer(
        &[("MAIL", "550 no ann@example.org")],
        Retry::Never,
        "`via.from`",
    );
    check_answer(&[("RCPT", "450 greylisted")], Retry::Later, "answered 450");
    check_answer(
        &[("RCPT", "550 no such user")],
        Retry::Never,
        "answered 550",
    );
    check_answer(&[("DATA", "421 too busy")], Retry::Later, "answered 421");
    check_answer(&[(".", "554 parcel refused")], Retry::Never, "answered 554");
    check_answer(&[(".", "452 full")], Retry::Later, "answered 452");
    check_answer(&[("EHLO", "250 mail.test")], Retry::Never, "does not offer");
    check_answer(&[("MAIL", "what?")], Retry::Later, "was not reached");
}

#[test]
fn a_server_without_starttls_gets_nothing() {
    let server = MailServer::start(&[]);
    let mut destination = mail(server.port(), Some("ann"));
    if let Via::Smtp { security, .. } = &mut destination.via {
        *security = SmtpSecurity::Starttls;
    }
    check_failed(&destination, &LONG, Retry::Never, "does not offer");
    let commands = server.session().commands;
    assert!(
        commands.iter().all(|command| !command.starts_with("AUTH")),
        "{commands:?}"
    );
}

#[test]
fn a_server_that_drips_ends_the_attempt() {
    let server = MailServer::start(&[("DRIP", "")]);
    let destination = mail(server.port(), None);
    let started = std::time::Instant::now();
    check_failed(&destination, &SHORT, Retry::Later, "took too long");
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_server_that_says_nothing_ends_the_attempt() {
    let server = MailServer::start(&[("HANG", "")]);
    let destination = mail(server.port(), None);
    let limits = Limits {
        call: SHORT.call,
        ..LONG
    };
    check_failed(&destination, &limits, Retry::Later, "took too long");
    assert_eq!(server.session().commands.len(), 0);
}

#[test]
fn a_server_that_is_not_there_is_tried_again() {
    let server = MailServer::start(&[]);
    let port = server.port();
    server.session();
    check_failed(
        &mail(port, None),
        &LONG,
        Retry::Later,
        "refused the connection",
    );
}
