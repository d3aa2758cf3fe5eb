"""E7 hostile transcripts: delivered as data, harmless in every viewer of ours.

Hand-offs with markup, scripts, Markdown, terminal escapes, OSC 52, spreadsheet formulas, bidi and tag characters in each
free-text field. Bars: what the receiver gets is one JSON document whose fields hold the visible text; no control
character but line feed and tab reaches it; `loket handoff show` and `list` print none either; the reply to the customer
is JSON with `nosniff`. Scripts in the page are looked for by the browser tests.

--plant looks for characters that are there for sure, so that both bars must be missed.
"""

import json

from rig import client
from rig.receiver import Receiver
from rig.sandbox import Sandbox, webhook

HOSTILE = {
    "image": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(1)</script>",
    "markdown": "[click](javascript:alert(1)) ![x](http://127.0.0.2/x.png)",
    "ansi": "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "osc52": "\x1b]52;c;ZWNobyBvd25lZA==\x07",
    "formula": "=cmd|' /C calc'!A0",
    "bidi": "abc\u202egnp.exe\u202c \u2066x\u2069",
    "tags": "hi\U000e0068\U000e0069 zero\u200bwidth",
    "crlf": "a\r\nBcc: everyone@example.org\r\n\r\nbody",
    "c1": "\u009b31m\u0085next \u2028line",
    "nul": "a\u0000b\u007f",
}


def forbidden(text: str, planted: bool) -> list[str]:
    """Characters that act on a terminal, a log or the order of reading."""
    acts = [c for c in text if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) <= 159
            or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\u200b"
            or 0xE0000 <= ord(c) <= 0xE007F]
    return acts + (["planted"] if planted and text else [])


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def run(options, report):
    acts, lost, printed, sniffed, ids = [], [], [], 0, {}
    with Receiver() as receiver, Sandbox(webhook(receiver.port)) as sandbox:
        sandbox.index()
        service = sandbox.serve()
        for name, text in HOSTILE.items():
            asked = {"question": f"Help {text} please", "language": "en", "method": "email", "note": text,
                     "topic": text, "audience": text,
                     "contact": {"email": "a@example.org"}, "customer": {"id": f"c {text}"},
                     "conversation": [{"role": "user", "text": text}, {"role": "assistant", "text": text}],
                     "subject": {"kind": "order", "id": "o-1", "label": text, "facts": {"status": "delivered"}}}
            reply = client.post(service.port, "/v1/escalations", asked)
            while reply.status in (400, 422) and reply.json().get("field", "").split(".")[0].split("[")[0] in asked:
                del asked[reply.json()["field"].split(".")[0].split("[")[0]]
                reply = client.post(service.port, "/v1/escalations", asked)
            assert reply.status == 202, (name, reply.body)
            sniffed += reply.headers.get("x-content-type-options") != "nosniff"
            ids[reply.json()["id"]] = (name, asked)
        receiver.wait_for(set(ids), 20)
        for delivery in receiver.deliveries:
            name, asked = ids[delivery.id]
            told = json.loads(delivery.body)["data"]
            acts += [(name, c) for text in strings(told) for c in forbidden(text, options.plant)]
            # What can be seen of it must still be there.
            visible = "".join(c for c in HOSTILE[name] if not forbidden(c, False) and c not in "\r\n\t ")
            there = "".join(c for c in told["question"] if c not in "\n\t ")
            if name not in ("c1", "nul", "tags", "ansi", "osc52", "bidi") and visible not in there:
                lost.append(name)
        for own in ids:
            text = sandbox.run("handoff", "show", own).stdout
            printed += [(ids[own][0], c) for c in forbidden(text, options.plant)]
        printed += [("list", c) for c in forbidden(sandbox.run("handoff", "list").stdout, options.plant)]
    report.add("delivered", len(HOSTILE), len(receiver.ids()), receiver.ids() == set(ids))
    report.add("acting characters delivered", "0", sorted({(name, hex(ord(c[0]))) for name, c in acts}) or 0, not acts)
    report.add("visible text missing", "0", lost or 0, not lost)
    report.add("acting characters printed", "0", sorted({(name, hex(ord(c[0]))) for name, c in printed}) or 0, not printed)
    report.none("replies without nosniff", sniffed)
