"""A11 SIGTERM with a hundred requests under way and a receiver that hangs: it ends, and nothing is lost.

Bars: the process ends within 30 s of the first SIGTERM, whatever a second one does; every accepted hand-off is in the
store afterwards and is delivered by the next start.

--plant sets a grace of 60 s and keeps an event stream open, so that the first bar must be missed.
"""

import contextlib
import os
import signal
import threading
import time

from rig import client, ledger
from rig.receiver import OK, Receiver
from rig.sandbox import Sandbox, webhook


def run(options, report):
    hangs = True

    def behaviour(connection, _):
        if hangs:
            with contextlib.suppress(OSError):
                connection.recv(1)
        else:
            connection.sendall(OK)

    book = ledger.Ledger()
    server = "queue_length = 200\nanswer_deadline_ms = 60000\n"
    if options.plant:
        server += "shutdown_grace_ms = 60000\n"
    with Receiver(behaviour) as receiver, Sandbox(webhook(receiver.port), server) as sandbox:
        sandbox.index()
        worst = 0.0
        outcomes: dict = {}
        for cycle in range(options.cycles or 3):
            service = sandbox.serve()
            for n in range(8):
                book.hand_over(service.port, f"first-{cycle}-{n}")

            def under_way(number: int, service=service, cycle=cycle):
                if number % 2:
                    reply = book.hand_over(service.port, f"{cycle}-{number}", timeout=60)
                    status = reply.status if reply else "closed"
                else:
                    try:
                        asked = {"question": "How long do I have to return an order? " * 40, "customer": {"id": "c"}}
                        status = client.post(service.port, "/v1/answers", asked, timeout=60).status
                    except client.Broken:
                        status = "closed"
                outcomes[status] = outcomes.get(status, 0) + 1

            threads = [threading.Thread(target=under_way, args=(number,)) for number in range(100)]
            for thread in threads:
                thread.start()
            time.sleep(0.05)
            began = time.monotonic()
            os.kill(service.pid, signal.SIGTERM)
            time.sleep(0.3)
            with contextlib.suppress(ProcessLookupError):
                if service.process.poll() is None:
                    os.kill(service.pid, signal.SIGTERM)
            service.process.wait(90)
            worst = max(worst, time.monotonic() - began)
            sandbox.running.remove(service)
            for thread in threads:
                thread.join()
        hangs = False
        sandbox.serve()
        faults = book.faults(receiver, ledger.dead(sandbox))
    report.note(f"the hundred ended as {outcomes}")
    report.at_most("end after SIGTERM", 30.0, worst, " s")
    for what, n in faults.items():
        report.none(what, n)
