"""F4 logs: one JSON object a line whatever comes in, and nothing a customer typed at info level.

CR, LF, ANSI, OSC 52, NUL, U+2028 and fields of a megabyte in questions, headers, ids, paths and names of article files,
with canaries in question, order, e-mail and note; failing destinations and refused requests among them. Bars: every line
of the log is one JSON object; 0 canaries; no raw control character.

--plant logs at debug level, where questions may be told, and writes a line of its own: the first bar must be missed.
"""

import json
import socket

from rig import client
from rig.receiver import Receiver
from rig.sandbox import Sandbox, webhook

NASTY = ["a\r\nINFO forged", "\x1b[31mred\x1b[0m", "\x1b]52;c;ZWNobw==\x07", "a\u0000b", "a\u2028b\u2029c", "x" * 1_000_000,
         '{"level":"INFO"}', "\u202eabc", "%0d%0a", "\ud83d\ude00"]
CANARIES = ["canary-question-7391", "canary-order-7391", "canary-mail-7391", "canary-note-7391", "canary-turn-7391"]


def run(options, report):
    level = "debug" if options.plant else "info"
    # One destination fails every time: failures are logged too.
    with Receiver(lambda connection, _: connection.sendall(b"HTTP/1.1 500 \x1b[31mNo\r\nContent-Length: 0\r\n\r\n")) as bad, \
            Sandbox(webhook(bad.port) + f'[log]\nformat = "json"\nfilter = "{level}"\n') as sandbox:
        for n, name in enumerate(("new\nline.md", "\x1b[31mred.md", "line\u2028sep.md")):
            sandbox.write_article(f"en/{name}", f"# Article {n}\n\nText.\n")
        sandbox.write_article("en/\x1b]0;bad\x07.md", "---\nlanguage: [\n---\n# Broken\n")
        sandbox.index()
        service = sandbox.serve()
        n = 0
        for text in NASTY:
            for path, value in bodies(text):
                for head in ({}, {"X-Request-Id": ascii_of(text)}, {"Idempotency-Key": ascii_of(text)},
                             {"Authorization": f"Bearer {ascii_of(text)}"}, {"User-Agent": ascii_of(text)}):
                    try:
                        client.post(service.port, path, value, head)
                        n += 1
                    except (client.Broken, ValueError):
                        pass
            for path in ("/v1/articles/", "/v1/escalations/", "/nothing/", "/v1/contact-methods?language="):
                raw(service.port, path + "".join(f"%{byte:02X}" for byte in text[:200].encode("utf-8", "surrogatepass")))
                n += 1
        for bytes_ in (b"GET /\x1b[31m HTTP/1.1\r\n\r\n", b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                       b"POST /v1/answers HTTP/1.1\r\nHost: a\r\nX-A: \x1b]52;\r\nContent-Length: 1\r\n\r\n{"):
            raw_bytes(service.port, bytes_)
        service.stop()
        text = service.log.read_bytes().decode("utf-8", "replace")
    if options.plant:
        text += "not json\n"
    lines = text.split("\n")[:-1]
    broken = [line[:120] for line in lines if not is_object(line)]
    control = [line[:80] for line in lines if any(ord(c) < 32 or ord(c) == 127 or c in "\u2028\u2029\x85" for c in line)]
    leaked = sorted({canary for canary in CANARIES if canary in text})
    report.note(f"{n} requests, {len(lines)} lines")
    report.at_least("lines", 100, len(lines))
    report.add("lines that are no JSON object", "0", broken[:3] or 0, not broken)
    report.none("lines with a raw control character", len(control))
    report.add("canaries", "0", leaked or 0, not leaked)


def bodies(text: str):
    question, order, mail, note, turn = (f"{canary} {text}" for canary in CANARIES)
    yield "/v1/answers", {"question": question, "customer": {"id": order},
                          "conversation": [{"role": "user", "text": turn}],
                          "subject": {"kind": "order", "id": order, "label": order, "facts": {"status": order}}}
    yield "/v1/answers", {"question": question, "language": text[:50], "audience": text[:50], "region": text[:50]}
    yield "/v1/search", {"query": question}
    yield "/v1/escalations", {"question": question, "language": "en", "method": "email", "note": note,
                              "contact": {"email": "canary-mail-7391@example.org"}, "customer": {"id": order}}
    yield "/v1/escalations", {"question": question, "method": "email", "contact": {"email": mail}}
    yield "/v1/feedback", {"answer_id": text[:100], "helpful": True, "comment": note}
    yield "/v1/feedback", {text[:100]: 1}


def ascii_of(text: str) -> str:
    """What can be sent in a header."""
    return "".join(c for c in text[:4_000] if 31 < ord(c) < 256) or "-"


def raw(port: int, path: str):
    raw_bytes(port, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())


def raw_bytes(port: int, data: bytes):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as one:
            one.settimeout(2)
            one.sendall(data)
            one.recv(4096)
    except OSError:
        pass


def is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
