"""Several nodes on one database, and a client that holds every reply against the articles it was made of."""

import contextlib
import dataclasses
import itertools
import os
import pathlib
import subprocess
import threading
import time

from rig import client
from rig.postgres import Server
from rig.sandbox import TARGET, Sandbox, Service, free_port

HERE = pathlib.Path(__file__).resolve().parent
LOAD = pathlib.Path(os.environ.get("LOKET_LOAD", TARGET / "examples" / "load"))
# Set to plant faults: articles are held against another edition, and one hand-off is acknowledged that was never kept.
PLANT = False
MARKERS = ("albatross", "buzzard", "cormorant", "dunlin", "egret", "fulmar", "gannet", "heron", "ibis", "jackdaw")
QUESTIONS = ("How long does a parcel take?", "How many days to return an order?", "When is my payout sent?")


def articles(marker: str) -> dict[str, str]:
    """A help center whose every article names the edition it is of."""
    return {
        "en/parcels.md": f"# How long a parcel takes\n\nA parcel takes three days by {marker}.\n",
        "en/returns.md": f"# Return an order\n\nYou have 14 days to return an order by {marker}.\n",
        "en/payout.md": f"# When your payout is sent\n\nWe send your payout after 3 days by {marker}.\n",
    }


class Deployment(Sandbox):
    """Articles and settings as in the drills, with index and state in a database, and nodes that keep nothing."""

    def __init__(self, server: Server, settings: str = "", more: dict | None = None, **others):
        self.database = server
        # What each generation was made of: by its id, the text of each article.
        self.editions: dict[str, dict[str, bytes]] = {}
        super().__init__(settings, articles=articles(MARKERS[0]), **others)
        self.more = {"LOKET_INDEX__ENGINE": "postgres", "LOKET_POSTGRES__URL": server.url(), **(more or {})}

    def edit(self, marker: str) -> str:
        """Writes another edition, indexes it and gives its generation."""
        for path, text in articles(marker).items():
            self.write_article(path, text)
        built = self.json("index")
        if PLANT:
            marker = MARKERS[-1]
        self.editions[built["generation"]] = {pathlib.Path(path).stem: text.encode() for path, text in articles(marker).items()}
        return built["generation"]

    def node(self, name: str, port: int | None = None, core: int | None = None) -> Service:
        """Starts a node with a folder of its own; on one core where that is asked for."""
        prefix = ("taskset", "-c", str(core)) if core is not None else ()
        bind = f"127.0.0.1:{port or free_port()}"
        return self.serve(prefix, arguments=("--bind", bind, "--data-dir", str(self.dir / name)))


def fault_of(deployment: Deployment, path: str, reply: client.Reply) -> str:
    """What is wrong with a reply of 200; empty when every quote is of the generation that is named."""
    told = reply.json()
    edition = deployment.editions.get(told.get("generation"))
    if edition is None:
        return f"generation {told.get('generation')}"
    if path == "/v1/search":
        quotes = [(hit["article"], hit["start"], hit["end"], hit["text"]) for hit in told["hits"]]
    else:
        quotes = [(one["article"], one["start"], one["end"], one["quote"]) for sentence in told["sentences"]
                  for one in sentence["citations"]]
    if not quotes:
        return f"nothing found: {told.get('outcome')} {told.get('reason')}"
    for article, start, end, quote in quotes:
        told = edition[article][start:end].decode()
        # The text of a passage is without its marks; a quote is exact.
        is_so = told.replace("#", "").split() == quote.split() if path == "/v1/search" else told == quote
        if not is_so:
            return f"{article} {start}..{end} is not `{quote}`"
    return ""


@dataclasses.dataclass
class Seen:
    """What clients saw."""

    n: int = 0
    wrong: list = dataclasses.field(default_factory=list)
    # Replies that are not 200, and connections that ended, by node.
    failed: dict = dataclasses.field(default_factory=dict)
    generations: dict = dataclasses.field(default_factory=dict)
    # When each node last answered well, and all times of failures.
    failures: list = dataclasses.field(default_factory=list)


class Clients:
    """Threads that ask and search node after node and check every reply. `ports` may change while they run: those are the
    nodes a proxy sends to."""

    def __init__(self, deployment: Deployment, ports: list[int], n: int = 3, pause: float = 0.02):
        self.deployment = deployment
        self.ports = ports
        self.pause = pause
        self.seen = Seen()
        self.lock = threading.Lock()
        # Replies of a generation whose build has not told its name yet: nodes serve it before.
        self.early: list = []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(n)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
        for port, path, reply in self.early:
            self._hold(port, path, reply)

    def _run(self, number: int):
        for n in itertools.count(number):
            if self.stop.is_set() or n > 500_000:
                return
            ports = list(self.ports)
            port = ports[n % len(ports)]
            question = QUESTIONS[n % len(QUESTIONS)]
            if n % 2:
                path, body = "/v1/search", {"query": question, "language": "en", "limit": 3}
            else:
                path, body = "/v1/answers", {"question": question, "language": "en", "mode": "extractive",
                                             "customer": {"id": f"c-{n}"}}
            began = time.monotonic()
            try:
                reply = client.post(port, path, body, timeout=30)
            except client.Broken as broken:
                self._fail(port, began, repr(broken))
            else:
                self._judge(port, path, began, reply)
            time.sleep(self.pause)

    def _fail(self, port: int, began: float, what: str):
        with self.lock:
            self.seen.failed.setdefault(port, []).append(what)
            self.seen.failures.append((began, time.monotonic(), port, what))

    def _judge(self, port: int, path: str, began: float, reply: client.Reply):
        if reply.status != 200:
            return self._fail(port, began, f"{path} {reply.status}")
        told = reply.json()
        if told.get("reason") in ("overloaded", "error"):
            return self._fail(port, began, f"{path} {told['reason']}")
        with self.lock:
            self.seen.n += 1
            self.seen.generations.setdefault(told.get("generation"), set()).add(port)
            if told.get("generation") not in self.deployment.editions:
                self.early.append((port, path, reply))
                return
        self._hold(port, path, reply)

    def _hold(self, port: int, path: str, reply: client.Reply):
        fault = fault_of(self.deployment, path, reply)
        if fault:
            with self.lock:
                self.seen.wrong.append(f"{port} {path}: {fault}")


class HandOffs:
    """Threads that hand over to node after node, under the same key at the next one when no reply came."""

    def __init__(self, book, ports: list[int], n: int = 2, pause: float = 0.03, prefix: str = ""):
        self.book = book
        self.ports = ports
        self.pause = pause
        self.prefix = prefix
        self.refused: list[client.Reply] = []
        if PLANT:
            book.accepted["planted"] = "esc_planted"
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(n)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)

    def _run(self, number: int):
        for n in itertools.count():
            if self.stop.is_set() or n > 50_000:
                return
            ports = list(self.ports)
            for more in range(len(ports)):
                reply = self.book.hand_over(ports[(number + n + more) % len(ports)], f"{self.prefix}{number}-{n}")
                if reply is not None and reply.status != 202:
                    self.refused.append(reply)
                if reply is not None and reply.status == 202:
                    break
            time.sleep(self.pause)


@contextlib.contextmanager
def out_of(ports: list[int], port: int):
    """Takes a node out of what the proxy sends to, and puts it back when the work on it is done."""
    ports.remove(port)
    # What was sent before is under way.
    time.sleep(0.2)
    yield
    ports.append(port)


def load(ports: list[int], rate: float, seconds: float, into: pathlib.Path, mix: str, *more: str) -> subprocess.Popen:
    """The load generator beside a drill; its figures are written to `into`."""
    targets = [word for port in ports for word in ("--target", f"http://127.0.0.1:{port}")]
    questions = into.with_suffix(".questions.jsonl")
    questions.write_text("".join(f'{{"question": "{question}", "language": "en"}}\n' for question in QUESTIONS))
    return subprocess.Popen([str(LOAD), *targets, "--rate", str(rate), "--seconds", str(seconds), "--mix", mix,
                             "--questions", str(questions), "--json", str(into), *more],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def until(is_so, seconds: float, what: str) -> float:
    """Waits until something is so and gives how long that took; tells what did not come."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if is_so():
            return time.monotonic() - began
        time.sleep(0.02)
    raise RuntimeError(f"not within {seconds} s: {what}")
