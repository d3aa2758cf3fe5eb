"""A8 one request, one hand-off, and signatures anyone can verify.

Bars: 50 parallel posts of one key and body give 50 equal replies and one hand-off; the same key with another body is
409 or 422; a request repeated after a kill between storing and replying gives the one that was stored; of 1,000
deliveries the PyPI package `standardwebhooks` verifies every one, and none with a byte flipped or a stamp six minutes
old; a receiver that changes its secret at any moment of a change-over refuses none.

--plant verifies with another secret, so that `verified` must be missed.
"""

import datetime
import json
import sqlite3
import threading
import time

from rig import client, ledger
from rig.receiver import OK, Receiver
from rig.sandbox import SECRET, Sandbox, in_threads, webhook

OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def run(options, report):
    import standardwebhooks

    verify = standardwebhooks.Webhook(OTHER if options.plant else SECRET)
    wanted = options.cycles or 1_000
    chance = ledger.seeded(options)
    results = {"good": 0, "bad": 0, "flipped": 0, "old": 0}
    lock = threading.Lock()

    def receive(connection, delivery):
        headers = {name: delivery.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
        at = chance.randrange(len(delivery.body))
        flipped = delivery.body[:at] + bytes([delivery.body[at] ^ 1]) + delivery.body[at + 1:]
        stamp = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=6)
        old = {**headers, "webhook-timestamp": str(int(stamp.timestamp())),
               "webhook-signature": verify.sign(delivery.id, stamp, delivery.body.decode())}
        with lock:
            results["good" if passes(verify, delivery.body, headers) else "bad"] += 1
            results["flipped"] += passes(verify, flipped, headers)
            results["old"] += passes(verify, delivery.body, old)
        connection.sendall(OK)

    with Receiver(receive) as receiver, Sandbox(webhook(receiver.port)) as sandbox:
        sandbox.index()
        service = sandbox.serve()
        same = in_threads(50, lambda _: client.hand_over(service.port, "same", "one-key"))
        report.add("50 parallel posts: different replies", "1", len({(reply.status, reply.body) for reply in same}),
                   len({(reply.status, reply.body) for reply in same}) == 1 and same[0].status == 202)
        report.add("50 parallel posts: hand-offs", "1", count(sandbox, "same"), count(sandbox, "same") == 1)
        other = client.hand_over(service.port, "another", "one-key").status
        report.add("the same key with another body", "409 or 422", other, other in (409, 422))
        book = ledger.Ledger()
        in_threads(8, lambda number: [book.hand_over(service.port, f"v{number}-{n}") for n in range(wanted // 8)])
        receiver.wait_for(book.ids(), 180)
        total = results["good"] + results["bad"]
        report.at_least("deliveries", wanted // 8 * 8, total)
        report.none("deliveries not verified", results["bad"])
        report.none("verified with a byte flipped", results["flipped"])
        report.none("verified with a stamp six minutes old", results["old"])
        service.stop()
        killed_between(report, sandbox, chance)
    rotation(report)


def passes(webhook, body: bytes, headers: dict) -> bool:
    try:
        webhook.verify(body, headers)
        return True
    except Exception:
        return False


def count(sandbox, key: str) -> int:
    with sqlite3.connect(sandbox.data / "state" / "loket.db", timeout=30) as store:
        packets = [json.loads(row[0]) for row in store.execute("SELECT packet FROM handoffs")]
    return sum(packet["question"] == f"Where is parcel {key}?" for packet in packets)


def killed_between(report, sandbox, chance):
    """Kills at a random moment of a request, then sends it again."""
    doubled = refused = stored_before = 0
    for cycle in range(20):
        service = sandbox.serve()
        key = f"between-{cycle}"
        body = json.dumps(client.handoff(key)).encode()

        def send(port=service.port, body=body, key=key):
            try:
                client.call(port, "POST", "/v1/escalations", body,
                            {"Content-Type": "application/json", "Idempotency-Key": key}, 5)
            except client.Broken:
                pass

        thread = threading.Thread(target=send)
        thread.start()
        time.sleep(chance.uniform(0.001, 0.02))
        service.kill()
        thread.join()
        stored_before += count(sandbox, key)
        service = sandbox.serve()
        refused += client.hand_over(service.port, key, key).status != 202
        service.stop()
        doubled += count(sandbox, key) != 1
    report.note(f"killed between: {stored_before} of 20 were stored before the kill")
    report.none("killed between: not exactly one", doubled)
    report.none("killed between: refused when sent again", refused)


def rotation(report):
    """Old secret alone, both, new secret alone; the receiver changes over while both are sent."""
    import standardwebhooks

    knows = [standardwebhooks.Webhook(SECRET)]
    refused = []

    def receive(connection, delivery):
        if passes(knows[0], delivery.body, delivery.headers):
            connection.sendall(OK)
        else:
            refused.append(delivery.id)
            connection.sendall(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    book = ledger.Ledger()
    with Receiver(receive) as receiver, Sandbox() as sandbox:
        steps = (webhook(receiver.port, secret=SECRET),
                 webhook(receiver.port, secret=OTHER, more=f'old_secret = "{SECRET}"\n'),
                 webhook(receiver.port, secret=OTHER))
        sandbox.write_settings(steps[0])
        sandbox.index()
        for step, settings in enumerate(steps):
            sandbox.write_settings(settings)
            service = sandbox.serve()
            for n in range(20):
                if step == 1 and n == 10:
                    knows[0] = standardwebhooks.Webhook(OTHER)
                book.hand_over(service.port, f"rotate-{step}-{n}")
                receiver.wait_for(book.ids(), 5)
            service.stop()
        report.none("refused while the secret was changed", len(refused))
        report.none("dead after the secret was changed", len(ledger.dead(sandbox)))
