//! An e-mail through the team's own mail server.
//!
//! No guard here: a mail server inside the team's network is the rule, and its host is a setting nobody else resolves
//! to their liking without also breaking its certificate.

use std::error::Error as _;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::SystemTime;

use lettre::Transport as _;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{self, SmtpTransport};
use support::{Packet, SmtpSecurity, Via};

use crate::{Failure, Limits, person};

/// Sends one mail. The `Message-ID` and the date are the packet's, so receivers can tell a mail that comes twice.
pub(crate) fn send(via: &Via, packet: &Packet, limits: &Limits) -> Result<Option<String>, Failure> {
    let Via::Smtp {
        host,
        port,
        security,
        user,
        password,
        from,
        to,
        ca_file,
    } = via
    else {
        return Err(Failure::never(
            "the destination is no mail server".to_owned(),
        ));
    };
    let port = port.unwrap_or(match security {
        SmtpSecurity::Starttls => 587,
        SmtpSecurity::Tls => 465,
        SmtpSecurity::None => 25,
    });
    let name = format!("{host}:{port}");
    let (id, message) = message(packet, from, to).ok_or_else(|| {
        Failure::never("a mail cannot be written; check `via.from` and `via.to`".to_owned())
    })?;
    let mut builder = SmtpTransport::builder_dangerous(host.as_str())
        .port(port)
        .timeout(Some(limits.call));
    if *security != SmtpSecurity::None {
        let parameters = tls(host, ca_file.as_deref()).ok_or_else(|| {
            Failure::never(format!(
                "{name} cannot be trusted; check `via.host` and `via.ca_file`"
            ))
        })?;
        builder = builder.tls(if *security == SmtpSecurity::Tls {
            Tls::Wrapper(parameters)
        } else {
            Tls::Required(parameters)
        });
    }
    if let Some(user) = user.as_deref().filter(|user| !user.is_empty()) {
        let password = password.reveal().to_owned();
        builder = builder.credentials(Credentials::new(user.to_owned(), password));
    }
    let transport = builder.build();

    // The timeout of the transport begins anew with every byte. A server that drips is left to a thread of its own,
    // which ends when the server does; its mail, should it ever arrive, has the same Message-ID.
    let (tell, told) = mpsc::channel();
    thread::Builder::new()
        .name("smtp".to_owned())
        .spawn(move || tell.send(transport.send(&message)))
        .map_err(|_| {
            Failure::later("no thread is left for a mail; it is tried again".to_owned())
        })?;
    match told.recv_timeout(limits.attempt) {
        Ok(Ok(_)) => Ok(Some(id)),
        Ok(Err(error)) => Err(failure(&name, &error)),
        Err(_) => Err(Failure::later(format!(
            "{name} took too long; it is tried again"
        ))),
    }
}

/// The mail and its `Message-ID`; `None` when an address of the settings is none.
fn message(packet: &Packet, from: &str, to: &str) -> Option<(String, Message)> {
    // lettre encodes what must not stand in a header; an id or subject with line ends is made one line before that.
    let plain: String = packet
        .id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c))
        .collect();
    let id = format!("<{plain}@loket>");
    let subject: String = format!("[{plain}] {}", packet.subject_line)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut builder = Message::builder()
        .from(mailbox(from)?)
        .to(mailbox(to)?)
        .subject(subject)
        .message_id(Some(id.clone()))
        .date(SystemTime::from(packet.created_at))
        .header(ContentType::TEXT_PLAIN);
    if let Some(email) = person::email(packet) {
        builder = builder.reply_to(Mailbox::new(None, email));
    }
    let message = builder.body(packet.to_text()).ok()?;
    Some((id, message))
}

/// Reads a sender or receiver of the settings.
pub(crate) fn mailbox(text: &str) -> Option<Mailbox> {
    if text.chars().any(char::is_control) {
        return None;
    }
    text.parse().ok()
}

/// Whether `host` is this machine, as far as its spelling tells.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

/// The certificates of `path`, a PEM file; `None` when there are none in it.
pub(crate) fn certificates(path: &Path) -> Option<Certificate> {
    let pem = fs_err::read(path).ok()?;
    // A file without certificates is read without complaint, and then nothing is trusted.
    let marker = b"-----BEGIN CERTIFICATE-----";
    pem.windows(marker.len()).find(|window| window == marker)?;
    Certificate::from_pem(&pem).ok()
}

fn tls(host: &str, ca_file: Option<&Path>) -> Option<TlsParameters> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = ca_file {
        parameters = parameters.add_root_certificate(certificates(path)?);
    }
    parameters.build().ok()
}

/// What a failure means. The server's own words are left out, since they may repeat an address or the text.
fn failure(name: &str, error: &smtp::Error) -> Failure {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        let why = format!("{name} answered {code}");
        return match code {
            ..500 => Failure::later(format!("{why}: it is tried again")),
            530 | 534 | 535 | 538 => {
                Failure::never(format!("{why}: check user, password and security"))
            }
            550..=559 => Failure::never(format!("{why}: check `via.from` and `via.to`")),
            _ => Failure::never(format!("{why}: ask who runs the mail server")),
        };
    }
    if error.is_client() {
        return Failure::never(format!(
            "{name} does not offer what the settings ask for: check security, user and password"
        ));
    }
    let cause = match kind_of(error) {
        // What a read that waits too long is called differs between systems.
        Some(ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
            "it took too long, check port and security"
        }
        // A failed handshake comes as an error of reading.
        Some(ErrorKind::InvalidData) => "its certificate was not accepted, check `via.ca_file`",
        Some(ErrorKind::ConnectionRefused) => "it refused the connection, check port",
        _ => "the connection failed",
    };
    Failure::later(format!(
        "{name} was not reached: {cause}; it is tried again"
    ))
}

/// The kind of the error of the connection that `error` comes from.
fn kind_of(error: &smtp::Error) -> Option<ErrorKind> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<std::io::Error>() {
            return Some(cause.kind());
        }
        source = cause.source();
    }
    None
}
