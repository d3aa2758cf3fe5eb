"""A3 power cut: what was acknowledged is on the disk when the power goes under load.

The data directory lies on an ext4 file system behind a block server with a write-back cache; SIGKILL to that server is
the cut, so only what was flushed is left. Four clients hand over meanwhile; their ledger lies elsewhere. After each of
30 cuts the file system is mounted again from what reached the image and the service started on it. Bar: 0 acknowledged
hand-offs lost, 0 doubled, the store opens every time.

--plant runs the service under strace with fsync and fdatasync returning success without doing anything, which is what
`synchronous=NORMAL` comes to for a commit: `lost` must then be missed.
"""

import shutil
import sqlite3
import threading
import time

from rig import disk, ledger, tools
from rig.receiver import Receiver
from rig.sandbox import Sandbox, webhook

NO_SYNC = ("strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e",
           "inject=fsync,fdatasync:retval=0")


def run(options, report):
    tools.need("nbdkit", "nbdfuse", "fusermount3", "mkfs.ext4", "strace")
    tools.need_root()
    cuts = options.cycles or 30
    chance = ledger.seeded(options)
    book = ledger.Ledger()
    lost, broken, done = set(), 0, 0
    # Nothing is delivered, so that what was acknowledged must still be in the store.
    with Receiver(lambda connection, _: connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")) as receiver, \
            Sandbox(webhook(receiver.port)) as sandbox:
        power = disk.CutDisk(sandbox.dir)
        try:
            power.start()
            sandbox.data = power.mounted / "data"
            sandbox.write_settings()
            sandbox.index()
            sandbox.serve().stop()
            shutil.os.sync()
            end = time.monotonic() + (options.seconds or 600)
            for cycle in range(cuts):
                if time.monotonic() > end:
                    break
                service = sandbox.serve(prefix=NO_SYNC if options.plant else ())
                stop = threading.Event()

                def client(number: int, cycle=cycle, service=service, stop=stop):
                    n = 0
                    while not stop.is_set() and n < 5_000:
                        reply = book.hand_over(service.port, f"{cycle}-{number}-{n}", timeout=5)
                        if reply is None or reply.status != 202:
                            return
                        n += 1

                clients = [threading.Thread(target=client, args=(number,)) for number in range(4)]
                for thread in clients:
                    thread.start()
                time.sleep(chance.uniform(0.1, 1.5))
                power.cut()
                time.sleep(0.05)
                service.kill()
                stop.set()
                for thread in clients:
                    thread.join()
                power.clear()
                power.start()
                kept, whole = stored(sandbox.data)
                broken += not whole
                lost |= book.ids() - kept
                done += 1
            sandbox.serve()
        finally:
            for service in list(sandbox.running):
                service.kill()
            power.clear()
    report.note(f"{done} cuts, {len(book.ids())} acknowledged")
    report.none("acknowledged and lost", len(lost))
    report.none("two for one key", len(book.conflicts))
    report.none("stores that are not whole", broken)
    report.at_least("cuts", cuts, done)
    report.at_least("acknowledged", cuts, len(book.ids()))


def stored(data) -> tuple[set[str], bool]:
    """Ids in the store after a cut, and whether it is whole. A copy is looked at: opening it changes it."""
    copy = data.parent.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data / "state", copy)
    try:
        with sqlite3.connect(copy / "loket.db") as store:
            whole = store.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            return {row[0] for row in store.execute("SELECT id FROM handoffs")}, whole
    except sqlite3.DatabaseError:
        return set(), False
