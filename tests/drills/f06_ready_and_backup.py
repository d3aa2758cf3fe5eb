"""F6 readiness that tells the truth, and a backup taken while hand-offs come in.

Bars: /readyz is 503 until the index serves, 503 with an index that cannot be read, and 503 with a state store that is no
store, while the process lives; an online backup (SQLite's backup interface, as `sqlite3 .backup` makes it) taken under
load, restored into a new data directory, delivers every hand-off acknowledged before it began, under its id.

--plant takes the backup with a plain copy of the database file without its journal: `acknowledged and not restored` must
be missed.
"""

import contextlib
import shutil
import sqlite3
import threading
import time

from rig import client, ledger
from rig.receiver import Receiver
from rig.sandbox import Sandbox, webhook


def run(options, report):
    readiness(report)
    backup(options, report)


def statuses(service, seconds: float) -> list[int]:
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(client.Broken):
            seen.append(client.get(service.port, "/readyz").status)
            if seen[-1] == 200:
                break
        time.sleep(0.01)
    return seen


def readiness(report):
    with Sandbox() as sandbox:
        # Nothing is indexed yet: the first start has to.
        service = sandbox.serve(wait=False)
        seen = statuses(service, 20)
        report.add("before and after the index is there", "503, then 200", f"{seen[0]}, then {seen[-1]}",
                   seen[0] == 503 and seen[-1] == 200)
        service.stop()
        for file in sandbox.data.glob("index/generations/*/shards/*"):
            file.write_bytes(b"\0" * 10)
        shutil.rmtree(sandbox.kb)
        service = sandbox.serve(wait=False)
        seen = statuses(service, 4)
        alive = client.get(service.port, "/livez").status
        report.add("with an index that cannot be read", "503, alive", f"{sorted(set(seen))}, livez {alive}",
                   set(seen) == {503} and alive == 200)
        service.stop()
    with Sandbox() as sandbox:
        sandbox.index()
        sandbox.serve().stop()
        for file in (sandbox.data / "state").glob("loket.db*"):
            file.unlink()
        (sandbox.data / "state" / "loket.db").write_bytes(b"no store" * 4096)
        service = sandbox.serve(wait=False)
        time.sleep(3)
        seen = statuses(service, 3)
        report.add("with a state store that is none", "503", sorted(set(seen)), set(seen) == {503})
        service.kill()


def backup(options, report):
    book = ledger.Ledger()
    never = lambda connection, _: connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")  # noqa: E731
    with Receiver(never) as down, Sandbox(webhook(down.port)) as sandbox:
        sandbox.index()
        service = sandbox.serve()
        stop = threading.Event()

        def load(number: int):
            n = 0
            while not stop.is_set() and n < 5_000:
                book.hand_over(service.port, f"{number}-{n}")
                n += 1

        threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(3)
        before = book.ids()
        restored = sandbox.dir / "restored" / "state"
        restored.mkdir(parents=True)
        source = sandbox.data / "state" / "loket.db"
        if options.plant:
            shutil.copy(source, restored / "loket.db")
        else:
            with contextlib.closing(sqlite3.connect(source)) as live, \
                    contextlib.closing(sqlite3.connect(restored / "loket.db")) as copy:
                live.backup(copy, pages=64, sleep=0.001)
        time.sleep(1)
        stop.set()
        for thread in threads:
            thread.join()
        service.kill()
        with Receiver() as up:
            sandbox.data = sandbox.dir / "restored"
            sandbox.write_settings(webhook(up.port))
            sandbox.index()
            sandbox.serve()
            sandbox.json("handoff", "list", "--limit", "1")
            # Those that failed meanwhile wait for their next try; a person makes them due.
            with contextlib.closing(sqlite3.connect(restored / "loket.db", timeout=30)) as store:
                store.execute("UPDATE deliveries SET due_at_ms = 0 WHERE state = 'queued'")
                store.commit()
            missing = up.wait_for(before, 120)
            doubled = up.n_unequal()
    report.at_least("acknowledged before it began", 100, len(before))
    report.none("acknowledged and not restored", len(missing))
    report.none("unequal deliveries", doubled)
