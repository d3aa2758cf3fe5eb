"""E3 other customers' data: no canary of one customer reaches another, or a place where it does not belong.

200 customers with a canary each in id, order, facts, question and address send 5,000 requests at once and mixed: answers,
as documents and as streams, searches, hand-offs; one in ten hangs up early, one in twenty is malformed. Bars: 0 foreign
canaries in replies and in delivered hand-offs; 0 canaries in the log at info level, in /metrics, and in the data
directory outside of the hand-offs and their keys.

--plant gives one customer another one's canary in the question: the first bar must then be missed.
"""

import json
import re
import socket
import sqlite3
import threading

from rig import client, ledger
from rig.receiver import Receiver
from rig.sandbox import Sandbox, in_threads, webhook

CANARY = re.compile(rb"zq[0-9]{4}[a-z]{6}qz")


def run(options, report):
    chance = ledger.seeded(options)
    n_customers, n_requests = 200, options.cycles or 5_000
    canaries = [f"zq{n:04}{''.join(chance.choices('bcdfghjkmnp', k=6))}qz" for n in range(n_customers)]
    found = {"foreign": 0, "replies": 0, "statuses": {}}
    lock = threading.Lock()
    with Receiver() as receiver, Sandbox(webhook(receiver.port) + '[log]\nfilter = "info"\n', "queue_length = 64\n") as sandbox:
        sandbox.index()
        service = sandbox.serve()

        def worker(number: int):
            for n in range(number, n_requests, 16):
                customer = (n * 7919) % n_customers
                own = canaries[customer]
                other = canaries[(customer + 1) % n_customers] if options.plant and n == 100 else own
                for reply in send(service.port, n, own, other):
                    seen = {mark.decode() for mark in CANARY.findall(reply.body)}
                    with lock:
                        found["replies"] += 1
                        found["statuses"][reply.status] = found["statuses"].get(reply.status, 0) + 1
                        found["foreign"] += bool(seen - {own})

        in_threads(16, worker)
        metrics = client.get(service.port, "/metrics").body
        with sqlite3.connect(sandbox.data / "state" / "loket.db", timeout=30) as store:
            packets = [row[0].encode() for row in store.execute("SELECT packet FROM handoffs")]
            rest = [row[0].encode() for row in store.execute("SELECT body FROM receipts")]
            n_receipts = len(rest)
            asked = [" ".join(str(field) for field in row).encode() for row in store.execute("SELECT * FROM unanswered")]
        mixed = sum(len(set(CANARY.findall(packet))) > 1 for packet in packets)
        receiver.wait_for({json.loads(packet)["id"] for packet in packets}, 60)
        delivered = [one.body for one in receiver.deliveries]
        service.stop()
        index = b"".join(file.read_bytes() for file in (sandbox.data / "index").rglob("*") if file.is_file())
        log = service.logged().encode()
        beside = sorted(str(file.relative_to(sandbox.data)) for file in sandbox.data.rglob("*")
                        if file.is_file() and "state/loket.db" not in str(file) and CANARY.search(file.read_bytes()))
    report.note(f"{found['replies']} replies {found['statuses']}, {len(packets)} hand-offs, {n_receipts} receipts")
    report.at_least("requests", n_requests * 0.8, found["replies"])
    report.at_least("hand-offs", 100, len(packets))
    report.none("replies with a foreign canary", found["foreign"])
    report.none("hand-offs with a foreign canary", mixed + sum(len(set(CANARY.findall(body))) > 1 for body in delivered))
    report.none("receipts with a canary", sum(bool(CANARY.search(body)) for body in rest))
    report.none("unanswered questions with a canary", sum(bool(CANARY.search(one)) for one in asked))
    report.none("canaries in the index", len(CANARY.findall(index)))
    report.none("other files with a canary", len(beside))
    report.none("canaries in the log", len(CANARY.findall(log)))
    report.none("canaries in /metrics", len(CANARY.findall(metrics)))


def send(port: int, n: int, own: str, asked: str) -> list:
    """One request of its kind; early leavers and malformed ones among them."""
    customer = {"id": f"c-{own}", "signed_in": True}
    subject = {"kind": "order", "id": f"o-{own}", "label": f"Watch {own}",
               "facts": {"status": "delivered", "payout": {"amount": "10.00 EUR", "expected_on": "2026-11-25"}}}
    question = {"question": f"When is my payout sent for order {asked}?", "language": "en", "audience": "seller",
                "mode": "extractive", "customer": customer, "subject": subject,
                "conversation": [{"role": "user", "text": f"My order is {own}."}]}
    if n % 20 == 0:
        question["subject"] = {"kind": 7, "id": own}
    kind = n % 5
    try:
        if n % 10 == 3:
            head, body = client.request("/v1/answers", question, {"Accept": "text/event-stream"})
            with socket.create_connection(("127.0.0.1", port)) as one:
                one.sendall(head + body)
            return []
        if kind == 1:
            head = {"Accept": "text/event-stream"}
            return [client.post(port, "/v1/answers", question, head)]
        if kind == 2:
            # Again without anything of a customer: what memory could give back.
            plain = {key: question[key] for key in ("language", "audience", "mode")}
            return [client.post(port, "/v1/answers", question),
                    client.post(port, "/v1/answers", {**plain, "question": "When is my payout sent?"})]
        if kind == 3:
            return [client.post(port, "/v1/search", {"query": f"payout {asked}", "audience": "seller"})]
        if kind == 4:
            handoff = {"question": f"Help with {asked}", "language": "en", "method": "email", "customer": customer,
                       "contact": {"email": f"{own}@example.org"}, "conversation": question["conversation"],
                       "note": own}
            return [client.post(port, "/v1/escalations", handoff, {"Idempotency-Key": f"{own}-{n}"})]
        return [client.post(port, "/v1/answers", question)]
    except client.Broken:
        return []
