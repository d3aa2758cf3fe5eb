"""G3 two nodes on one PostgreSQL: either may be killed, and so may the database.

Six clients hand over to two nodes on one database (synced to the disk); whoever gets no reply, or is refused, sends the same
request under the same key to the other node. First one of the nodes is killed every second and a half, then the database is
killed and started again one to four seconds later. Bars: 0 acknowledged hand-offs lost, 0 delivered that were never sent, 0
keys with two hand-offs, 0 retries that differ by a byte; while a node is dead no reply of the other one is an error; while the
database is away every reply but a 202 is a 503 that names e-mail; both nodes accept again within 5 s of its return.

--plant takes the newest acknowledged hand-off out of the database after every kill of it: `lost` must then be missed.
"""

import contextlib
import random
import threading
import time

from rig import client, ledger, postgres
from rig.receiver import Receiver
from rig.sandbox import Sandbox, webhook

CLIENTS = 6
SCHEMA = "drill"


class Load:
    """Clients that hand over until they are stopped."""

    def __init__(self, book, nodes: list, seed: int):
        self.book = book
        self.nodes = nodes
        self.seed = seed
        self.stop = threading.Event()
        self.replies: list[tuple[float, int, client.Reply]] = []
        self.threads = [threading.Thread(target=self._one, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _one(self, number: int):
        chance = random.Random(self.seed * 100 + number)
        n = 0
        while not self.stop.is_set() and n < 20_000:
            key = f"{self.seed}-{number}-{n}"
            n += 1
            at = chance.randrange(len(self.nodes))
            # The same request to the other node, and back, as a client does that wants to be heard.
            for _ in range(100):
                service = self.nodes[at]
                reply = self.book.hand_over(service.port, key) if service else None
                if reply is not None:
                    self.replies.append((time.monotonic(), at, reply))
                if self.stop.is_set() or (reply is not None and reply.status == 202):
                    break
                at = (at + 1) % len(self.nodes)
                time.sleep(0.02)
            time.sleep(0.01)


def kill_nodes(options, book, sandboxes, nodes, chance) -> tuple[int, int]:
    """Kills one node after the other under load; gives how often, and how many replies of a living one were errors."""
    kills = options.cycles or 12
    seeds = chance.randrange(1_000_000)
    with Load(book, nodes, seeds) as load:
        for cycle in range(kills):
            time.sleep(chance.uniform(0.7, 2.0))
            victim = cycle % len(nodes)
            nodes[victim].kill()
            nodes[victim] = None
            time.sleep(chance.uniform(0.1, 0.5))
            # Ready before clients come to it, as a balancer sees to it.
            nodes[victim] = sandboxes[victim].serve()
        time.sleep(1)
    return kills, sum(reply.status != 202 for _, _, reply in load.replies)


def kill_database(options, book, database, nodes, chance):
    """Kills the database under load; gives the slowest return, what was refused, and what was refused badly."""
    slowest, refused, bad, outages = 0.0, 0, 0, max(2, (options.cycles or 12) // 3)
    for cycle in range(outages):
        with Load(book, nodes, 1_000_000 + chance.randrange(1_000_000)) as load:
            time.sleep(chance.uniform(0.7, 1.5))
            database.kill()
            time.sleep(chance.uniform(1, 4))
            database.start()
            back = time.monotonic()
            end = back + 20
            while time.monotonic() < end:
                again = {at for when, at, reply in list(load.replies) if when > back and reply.status == 202}
                if len(again) == len(nodes):
                    break
                time.sleep(0.02)
            slowest = max(slowest, time.monotonic() - back)
            time.sleep(0.5)
        if options.plant:
            with contextlib.suppress(RuntimeError):
                database.sql(f"DELETE FROM {SCHEMA}.handoffs WHERE id = (SELECT max(id) FROM {SCHEMA}.handoffs "
                             f"JOIN {SCHEMA}.deliveries ON handoff = id WHERE state = 'queued')")
        for _, _, reply in load.replies:
            if reply.status == 202:
                continue
            refused += 1
            bad += reply.status != 503 or not client.has_email(reply.json().get("contact"))
    return outages, slowest, refused, bad


def run(options, report):
    chance = ledger.seeded(options)
    book = ledger.Ledger()
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(postgres.Server({"fsync": "on", "synchronous_commit": "on"}))
        database.sql("CREATE EXTENSION IF NOT EXISTS vector")
        # A receiver that takes its time with the plant leaves something to lose.
        slow = 0.3 if options.plant else 0.0

        def answer(connection, _):
            time.sleep(slow)
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        receiver = stack.enter_context(Receiver(answer))
        settings = f'[postgres]\nurl = "{database.url()}"\nschema = "{SCHEMA}"\n{webhook(receiver.port)}'
        sandboxes = [stack.enter_context(Sandbox(settings)) for _ in range(2)]
        for sandbox in sandboxes:
            on_postgres(sandbox)
            sandbox.index()
        nodes = [sandbox.serve() for sandbox in sandboxes]
        kills, errors = kill_nodes(options, book, sandboxes, nodes, chance)
        before = len(book.ids())
        outages, slowest, refused, bad = kill_database(options, book, database, nodes, chance)
        faults = book.faults(receiver, ledger.dead(sandboxes[0]), 180)
        twice = sum(len(same) > 1 for same in receiver.by_id().values())
    report.note(f"{kills} kills of a node, {before} acknowledged; {outages} kills of the database, {len(book.ids()) - before} "
                f"acknowledged, {refused} refused; {len(receiver.ids())} arrived, {twice} more than once")
    for what, n in faults.items():
        report.none(what, n)
    report.none("errors of a node whose neighbour died", errors)
    report.none("refused without a way to a person", bad)
    report.at_least("refused while the database was away", 1, refused)
    report.at_most("accepts again after its return", 5.0, slowest, " s")
    report.at_least("acknowledged", 50 * (kills + outages), len(book.ids()))


def on_postgres(sandbox: Sandbox):
    """Moves a sandbox's index and state to the database of its settings."""
    file = sandbox.dir / "loket.toml"
    file.write_text(file.read_text().replace("[index]\n", '[index]\nengine = "postgres"\n', 1))
