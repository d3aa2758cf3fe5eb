"""F7 a backup taken while hand-offs are being delivered, restored elsewhere.

Four clients hand over while a receiver takes its time, so that some deliveries are under way when the backup is made (SQLite's
backup interface; `pg_dump` with PostgreSQL). The service is killed a second later, and another one starts from the backup with
another receiver. Bars: of the hand-offs acknowledged before the backup 0 are missing in it; some were under way; every one that
the backup does not hold as delivered arrives at the new receiver; 0 of those it holds as delivered arrive again; 0 arrive
twice there; 0 differ by a byte from what the first receiver got. Told, not judged: how many were acknowledged after the
backup, which a restore cannot bring back.

--plant takes one acknowledged hand-off out of the backup: `missing in the backup` must then be missed.
"""

import contextlib
import random
import sqlite3
import threading
import time

from rig import ledger, postgres
from rig.receiver import OK, Receiver
from rig.sandbox import Sandbox, webhook


class Embedded:
    """The state store of one machine: a file."""

    name = "embedded"

    def __init__(self, sandbox: Sandbox):
        self.sandbox = sandbox

    def back_up(self):
        self.kept = self.sandbox.dir / "restored" / "state"
        self.kept.mkdir(parents=True)
        with contextlib.closing(sqlite3.connect(self.sandbox.data / "state" / "loket.db")) as live, \
                contextlib.closing(sqlite3.connect(self.kept / "loket.db")) as copy:
            live.backup(copy, pages=64, sleep=0.001)

    def _ask(self, text: str) -> list:
        with contextlib.closing(sqlite3.connect(self.kept / "loket.db", timeout=30)) as store:
            found = store.execute(text).fetchall()
            store.commit()
            return found

    def states(self) -> dict[str, str]:
        return dict(self._ask("SELECT handoff, state FROM deliveries"))

    def plant(self):
        self._ask("DELETE FROM handoffs WHERE id = (SELECT min(id) FROM handoffs)")
        self._ask("DELETE FROM deliveries WHERE handoff NOT IN (SELECT id FROM handoffs)")
        self._ask("DELETE FROM idempotency_keys WHERE handoff NOT IN (SELECT id FROM handoffs)")

    def move(self):
        """The service that starts next works on what was restored."""
        self.sandbox.data = self.sandbox.dir / "restored"

    def close(self):
        pass


class OnPostgres:
    """The state store of many nodes: a schema, dumped while it is in use and restored on another server."""

    name = "postgres"

    def __init__(self, sandbox: Sandbox):
        self.sandbox = sandbox
        self.first = postgres.Server()
        self.second = postgres.Server()
        for server in (self.first, self.second):
            server.sql("CREATE EXTENSION vector")
        self._use(self.first)

    def _use(self, server):
        self.sandbox.more = {"LOKET_INDEX__ENGINE": "postgres", "LOKET_POSTGRES__URL": server.url()}

    def back_up(self):
        file = self.sandbox.dir / "backup"
        self.first.dump(file)
        self.second.restore(file)

    def states(self) -> dict[str, str]:
        return dict(self.second.sql("SELECT handoff, state FROM loket.deliveries"))

    def plant(self):
        self.second.sql("DELETE FROM loket.handoffs WHERE id = (SELECT min(id) FROM loket.handoffs)")

    def move(self):
        self.first.kill()
        self._use(self.second)

    def close(self):
        self.first.close()
        self.second.close()


def run(options, report):
    drill(options, report, Embedded)
    drill(options, report, OnPostgres)


def slowly(chance, under_way: set):
    def answer(connection, delivery):
        under_way.add(delivery.id)
        time.sleep(chance.uniform(0.2, 0.5))
        under_way.discard(delivery.id)
        connection.sendall(OK)

    return answer


def drill(options, report, make):
    book = ledger.Ledger()
    chance = random.Random(options.seed)
    under_way: set[str] = set()
    with Receiver(slowly(chance, under_way)) as first, Sandbox(webhook(first.port)) as sandbox:
        kept = make(sandbox)
        with contextlib.closing(kept):
            sandbox.index()
            service = sandbox.serve()
            stop = threading.Event()

            def load(number: int):
                n = 0
                while not stop.is_set() and n < 3_000:
                    book.hand_over(service.port, f"{number}-{n}")
                    n += 1
                    time.sleep(0.05)

            threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(options.seconds or 5)
            while not under_way:
                time.sleep(0.001)
            before = book.ids()
            begun = set(under_way)
            kept.back_up()
            time.sleep(1)
            stop.set()
            for thread in threads:
                thread.join()
            service.kill()
            if options.plant:
                kept.plant()
            states = kept.states()
            delivered = {own for own, state in states.items() if state == "delivered"}
            waiting = set(states) - delivered
            with Receiver() as second:
                kept.move()
                sandbox.write_settings(webhook(second.port))
                sandbox.index()
                sandbox.serve()
                never = second.wait_for(waiting, 90)
                # Time for what must not come.
                time.sleep(3)
                again = second.ids() & delivered
                twice = [own for own, same in second.by_id().items() if len(same) > 1]
                bodies = {own: {one.hash for one in same} for own, same in first.by_id().items()}
                unequal = [one.id for one in second.deliveries if bodies.get(one.id, {one.hash}) != {one.hash}]
    what = f"{make.name}: "
    report.at_least(what + "acknowledged before it began", 50, len(before))
    report.at_least(what + "under way while it was made", 1, len(begun & waiting))
    report.none(what + "missing in the backup", len(before - set(states)))
    report.none(what + "that waited and never arrived", len(never))
    report.none(what + "delivered before and again", len(again))
    report.none(what + "arrived twice at the new receiver", len(twice))
    report.none(what + "unequal", len(unequal))
    report.note(f"{make.name}: {len(book.ids() - set(states))} of {len(book.ids())} were acknowledged after the backup and are "
                f"gone with the machine; {len(delivered)} delivered before, {len(waiting)} after")
