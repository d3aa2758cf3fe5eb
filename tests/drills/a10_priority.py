"""A10 hand-offs go first: accepted fast while ten times the questions come that can be answered.

C is measured with one request at a time; then 10 C questions and 5 hand-offs a second come for 120 s, each on a
connection of its own, sent whether or not replies come. Bars: every hand-off is accepted, with p99 at most 250 ms.

--plant holds the store's write lock half of the time from another process: p99 must then be missed.
"""

import asyncio
import sqlite3
import threading
import time

from rig import client, load
from rig.receiver import Receiver
from rig.sandbox import webhook


def run(options, report):
    seconds = options.seconds or 120
    with Receiver() as receiver, load.sandbox(webhook(receiver.port)) as sandbox:
        service = sandbox.serve()
        capacity = load.capacity(service)
        stop = threading.Event()
        if options.plant:
            threading.Thread(target=hold, args=(sandbox.data / "state" / "loket.db", stop), daemon=True).start()
        asking = load.asking(service, capacity * 10, seconds)
        handoffs = asyncio.run(client.open_loop(service.port, 5, seconds, handoff))
        stop.set()
        answers = asking()
        accepted = [reply for reply in handoffs if reply.status == 202]
        ids = {reply.json()["id"] for reply in accepted}
        missing = receiver.wait_for(ids, 60)
    kinds = load.kinds(answers)
    report.note(f"{capacity:.0f} answers a second at one at a time; {len(answers)} questions at ten times that: {kinds}")
    report.add("accepted", len(handoffs), len(accepted), len(accepted) == len(handoffs))
    report.at_most("accept p99", 250.0, client.quantile([reply.seconds for reply in handoffs], 0.99) * 1000, " ms")
    report.none("accepted and not delivered", len(missing))


def handoff(n: int):
    return client.request("/v1/escalations", client.handoff(n), {"Idempotency-Key": f"k{n}"})


def hold(path, stop: threading.Event):
    store = sqlite3.connect(path, timeout=30, isolation_level=None)
    while not stop.is_set():
        store.execute("BEGIN IMMEDIATE")
        time.sleep(0.5)
        store.execute("ROLLBACK")
        time.sleep(0.5)
