"""A mail server for the tests: aiosmtpd, with STARTTLS and a password required. Each mail is one line of JSON."""

import json
import signal
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

port, certificate, key = sys.argv[1:]


class Print:
    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.original_content, policy=policy.default)
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": mail["Subject"],
            "reply_to": mail["Reply-To"],
            "id": mail["Message-ID"],
            "type": mail.get_content_type(),
            "text": mail.get_content(),
            "tls": session.ssl is not None,
            "user": session.auth_data,
        }
        print(json.dumps(told), flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    is_known = data.login == b"loket" and data.password == b"of the tests"
    return AuthResult(success=is_known, auth_data=data.login.decode())


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
Controller(
    Print(),
    hostname="127.0.0.1",
    port=int(port),
    tls_context=context,
    require_starttls=True,
    auth_required=True,
    authenticator=authenticate,
).start()
print("ready", flush=True)
signal.pause()
