"""A1 kill loop: what was acknowledged arrives, under one id, however often the service is killed.

Four clients hand over while the service is killed at a random moment 20 to 800 ms after it was ready, or, every other
time, after it began to start. Bars: 0 acknowledged hand-offs lost, 0 delivered that were never sent, 0 keys with two
hand-offs, 0 retries that differ, ready within 5 s of every start, and with 200 cycles at least 10,000 acknowledged.

--plant takes the newest acknowledged hand-off out of the store after every tenth kill, as a service would lose it that
acknowledges before the commit: `lost` must then be missed.
"""

import threading
import time

from rig import ledger
from rig.receiver import Receiver
from rig.sandbox import Sandbox, webhook


def run(options, report):
    cycles = options.cycles or 200
    chance = ledger.seeded(options)
    book = ledger.Ledger()
    ready = []
    with Receiver() as receiver, Sandbox(webhook(receiver.port)) as sandbox:
        sandbox.index()
        end = time.monotonic() + (options.seconds or 480)
        done = 0
        for cycle in range(cycles):
            if time.monotonic() > end:
                break
            service = sandbox.serve(wait=False)
            if cycle % 2 == 0:
                ready.append(service.wait_ready())
            stop = threading.Event()

            def client(number: int, cycle=cycle, service=service, stop=stop):
                n = 0
                while not stop.is_set() and n < 2_000:
                    reply = book.hand_over(service.port, f"{cycle}-{number}-{n}")
                    if reply is None:
                        return
                    n += 1
                    if reply.status != 202:
                        time.sleep(0.01)

            clients = [threading.Thread(target=client, args=(number,)) for number in range(4)]
            for thread in clients:
                thread.start()
            time.sleep(chance.uniform(0.02, 0.8))
            service.kill()
            stop.set()
            for thread in clients:
                thread.join()
            if options.plant and cycle % 10 == 9:
                book.plant(sandbox.data)
            done += 1
        service = sandbox.serve()
        faults = book.faults(receiver, ledger.dead(sandbox), 180)
        twice = sum(len(same) > 1 for same in receiver.by_id().values())
    report.note(f"{done} kills, {len(book.ids())} acknowledged, {len(receiver.ids())} arrived, {twice} more than once")
    for what, n in faults.items():
        report.none(what, n)
    report.at_most("ready after a start", 5.0, max(ready), " s")
    least = 10_000 * done // 200
    report.at_least("acknowledged", least, len(book.ids()))
