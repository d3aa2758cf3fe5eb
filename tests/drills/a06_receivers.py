"""A6 receivers that misbehave: fourteen destinations of one hand-off, and a sound one beside them.

200; 202; 500; 429 with Retry-After 7; 410; 302 to a trap; one that hangs; a reset amid the body; a byte a second; 200
with a body of a gigabyte; a wrong content type; a bad certificate; a refused connection; a name that does not exist.
Bars: the trap sees 0 requests; an attempt ends within 30 s; the second try after Retry-After comes 7 ±1 s later; at most
64 KB of a reply are read; 410 is listed as dead with its reason; the sound one has it less than 1 s after acceptance.

A sender that follows redirects hits the trap. --plant points the destination that redirects at the trap itself, so that
`requests to the trap` must be missed.
"""

import pathlib
import socket
import ssl
import struct
import subprocess
import time

from rig import client, ledger
from rig.receiver import Receiver
from rig.sandbox import SECRET, Sandbox, free_port

READ = 64 * 1024


class Watched:
    """How long each attempt held its connection, and how much of a reply it can have read."""

    def __init__(self):
        self.seconds: dict[str, float] = {}
        self.sent: dict[str, int] = {}

    def wait_for_end(self, name: str, connection, began: float, limit: float = 60):
        connection.settimeout(limit)
        try:
            while connection.recv(4096):
                pass
        except OSError:
            pass
        self.seconds[name] = max(self.seconds.get(name, 0), time.monotonic() - began)


def status(line: str, *headers: str, body: bytes = b"") -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {line}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""])
    return head.encode() + body


def run(options, report):
    watched = Watched()
    trap = Receiver()

    def says(reply: bytes):
        return lambda connection, _: connection.sendall(reply)

    def hang(connection, delivery):
        watched.wait_for_end("hang", connection, delivery.monotonic)

    def reset(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def drip(connection, delivery):
        began = time.monotonic()
        try:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 10 + b"\r\n":
                connection.sendall(bytes([byte]))
                time.sleep(1)
                if time.monotonic() - began > 60:
                    break
        except OSError:
            pass
        watched.seconds["drip"] = time.monotonic() - began

    def giant(connection, delivery):
        # No more than a reader could have wanted; whoever goes on reading is seen to wait.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
        connection.sendall(head + b"x" * (READ - len(head)))
        watched.sent["giant"] = READ
        watched.wait_for_end("giant", connection, time.monotonic())

    receivers = {
        "ok": Receiver(says(status("200 OK"))),
        "accepted": Receiver(says(status("202 Accepted"))),
        "error": Receiver(says(status("500 No"))),
        "later": Receiver(says(status("429 Later", "Retry-After: 7"))),
        "gone": Receiver(says(status("410 Gone"))),
        "redirect": Receiver(says(status("302 Found", f"Location: http://127.0.0.1:{trap.port}/trap"))),
        "hang": Receiver(hang),
        "reset": Receiver(reset),
        "drip": Receiver(drip),
        "giant": Receiver(giant),
        "type": Receiver(says(status("200 OK", "Content-Type: image/png", body=b"\x89PNG"))),
    }
    sound = Receiver()
    ports = {name: receiver.port for name, receiver in receivers.items()}
    if options.plant:
        ports["redirect"] = trap.port
    with Sandbox() as sandbox:
        secure = Receiver(wrap=tls(sandbox.dir))
        urls = {name: f"http://127.0.0.1:{port}/hook" for name, port in ports.items()}
        urls |= {
            "certificate": f"https://127.0.0.1:{secure.port}/hook",
            "refused": f"http://127.0.0.1:{free_port()}/hook",
            "unknown": "https://no-such-host.invalid/hook",
            "sound": f"http://127.0.0.1:{sound.port}/hook",
        }
        settings = "".join(
            f'[support.destinations.{name}.via]\ntype = "webhook"\nurl = "{url}"\nsecret = "{SECRET}"\n'
            'allow = ["127.0.0.1"]\n' for name, url in urls.items())
        sandbox.write_settings(settings)
        sandbox.index()
        service = sandbox.serve()
        n = 8
        delays = []
        ids = []
        for number in range(n):
            began = time.monotonic()
            accepted = client.hand_over(service.port, number).json()["id"]
            ids.append(accepted)
            sound.wait_for({accepted}, 10)
            delays.append(time.monotonic() - began)
        time.sleep(options.seconds or 45)
        shown = sandbox.json("handoff", "show", ids[0])
        dead = ledger.dead(sandbox)
        states = {one["destination"]: one["status"] for one in shown["deliveries"]}
        errors = {one["destination"]: one["last_error"] for one in shown["errors"]}
        pauses = [same[1].at - same[0].at for same in receivers["later"].by_id().values() if len(same) > 1]
        expected = {name: "delivered" for name in ("ok", "accepted", "giant", "type", "sound")} | {"gone": "dead"}
        wrong = {name: states.get(name) for name, state in expected.items() if states.get(name) != state}
        queued = {name for name, state in states.items() if state == "queued"}
    for receiver in [*receivers.values(), trap, sound, secure]:
        receiver.close()
    report.none("requests to the trap", trap.n_connections)
    report.at_most("longest attempt", 30.0, max([0.0, *watched.seconds.values()]), " s")
    report.add("attempts that were slow seen to end", "hang, drip, giant", ", ".join(sorted(watched.seconds)),
               {"hang", "drip", "giant"} <= set(watched.seconds))
    report.at_most("time a reader of 64 KB goes on reading", 1.0, watched.seconds.get("giant", 99), " s")
    far = max((abs(pause - 7) for pause in pauses), default=99)
    report.at_most("Retry-After 7 missed by", 1.0, far, " s")
    report.add("states", "as expected", wrong or "as expected", not wrong)
    report.add("410 reported", "listed as dead with 410", errors.get("gone"),
               ids[0] in dead and "410" in errors.get("gone", ""))
    report.at_least("failing ones that wait for another try", 7, len(queued))
    report.at_most("longest wait of the sound one", 1.0, max(delays), " s")
    report.none("unequal retries", sum(receiver.n_unequal() for receiver in receivers.values()))


def tls(folder: pathlib.Path):
    """Wraps a connection with a certificate nobody trusts."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return lambda connection: context.wrap_socket(connection, server_side=True)
