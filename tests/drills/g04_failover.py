"""G4 failover: the database server dies under load and its synchronous standby takes over behind the same address.

Six clients hand over to two nodes that reach the database through a proxy, as behind a virtual address. The primary is killed,
the standby promoted, and the proxy led to it. Bars: 0 acknowledged hand-offs lost, 0 that were never sent, 0 keys with two
hand-offs, 0 retries that differ by a byte; every refusal is a 503 that names e-mail; both nodes accept again within 5 s of the
promotion; what is promoted holds every hand-off acknowledged before.

--plant makes the standby asynchronous and stops it from following before the kill: `lost` must then be missed.
"""

import contextlib
import random
import socket
import threading
import time

import g03_postgres
from rig import client, ledger, postgres
from rig.receiver import Receiver
from rig.sandbox import Sandbox, free_port, webhook


class Standby(postgres.Server):
    """A copy of a server that follows it."""

    def __init__(self, primary: postgres.Server):
        self.primary = primary
        super().__init__({})

    def _run(self, name: str, *arguments, check: bool = True, **more):
        if name == "initdb":
            return super()._run("pg_basebackup", "-h", "127.0.0.1", "-p", self.primary.port, "-U", "postgres", "-D", self.data,
                                "-R", "-X", "stream", "-C", "-S", "standby", "--checkpoint=fast")
        return super()._run(name, *arguments, check=check, **more)


class Address:
    """A port that leads to one server or another; connections end when it is led elsewhere."""

    def __init__(self, target: int):
        self.target = target
        self.open: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.port = free_port()
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, target: int):
        self.target = target
        with self.lock:
            ended, self.open = self.open, set()
        for one in ended:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                inner, _ = self.listener.accept()
            except OSError:
                return
            try:
                outer = socket.create_connection(("127.0.0.1", self.target), timeout=2)
            except OSError:
                inner.close()
                continue
            outer.settimeout(None)
            with self.lock:
                self.open |= {inner, outer}
            for one, other in ((inner, outer), (outer, inner)):
                threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self.lock:
            self.open -= {one, other}
        one.close()

    def close(self):
        self.listener.close()
        self.lead_to(self.target)


def run(options, report):
    chance = ledger.seeded(options)
    book = ledger.Ledger()
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(postgres.Server({"fsync": "on"}))
        primary.sql("CREATE EXTENSION IF NOT EXISTS vector")
        standby = stack.enter_context(Standby(primary))
        if not options.plant:
            primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.sql("SELECT pg_reload_conf()")
        address = stack.enter_context(contextlib.closing(Address(primary.port)))
        slow = 1.0 if options.plant else 0.0

        def answer(connection, _):
            time.sleep(slow)
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        receiver = stack.enter_context(Receiver(answer))
        settings = (f'[postgres]\nurl = "postgres://postgres@127.0.0.1:{address.port}/postgres"\n'
                    f'schema = "{g03_postgres.SCHEMA}"\n{webhook(receiver.port)}')
        sandboxes = [stack.enter_context(Sandbox(settings)) for _ in range(2)]
        for sandbox in sandboxes:
            g03_postgres.on_postgres(sandbox)
            sandbox.index()
        nodes = [sandbox.serve() for sandbox in sandboxes]
        with g03_postgres.Load(book, nodes, random.Random(options.seed).randrange(1_000_000)) as load:
            time.sleep(2)
            if options.plant:
                standby.sql("ALTER SYSTEM SET primary_conninfo = ''")
                standby.sql("SELECT pg_reload_conf()")
            time.sleep(chance.uniform(1, 3))
            primary.kill()
            known = book.ids()
            standby.sql("SELECT pg_promote()")
            promoted = time.monotonic()
            address.lead_to(standby.port)
            while time.monotonic() < promoted + 20:
                again = {at for when, at, reply in list(load.replies) if when > promoted and reply.status == 202}
                if len(again) == len(nodes):
                    break
                time.sleep(0.02)
            back = time.monotonic() - promoted
            time.sleep(2)
        held = {row[0] for row in standby.sql(f"SELECT id FROM {g03_postgres.SCHEMA}.handoffs")}
        faults = book.faults(receiver, ledger.dead(sandboxes[0]), 120)
    refused = [reply for _, _, reply in load.replies if reply.status != 202]
    report.note(f"{len(known)} acknowledged before, {len(book.ids()) - len(known)} after, {len(refused)} refused")
    for what, n in faults.items():
        report.none(what, n)
    report.none("acknowledged and not on what was promoted", len(known - held))
    report.none("refused without a way to a person", sum(
        reply.status != 503 or not client.has_email(reply.json().get("contact")) for reply in refused))
    report.at_most("accepts again after the promotion", 5.0, back, " s")
    report.at_least("acknowledged", 100, len(book.ids()))
