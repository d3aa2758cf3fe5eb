"""Searches a second of two nodes, each on a core of its own, against one, when more are asked for than can be made."""

import json
import pathlib
import statistics
import tempfile

from nodes import MARKERS, Deployment, load
from rig.sandbox import free_port

ROUNDS = 3
# More than that a second node cannot bring: then something else took the machine's time, and the figure means nothing.
TOO_GOOD = 2.5


def searches(ports, seconds: float) -> float:
    """The most searches done a second, by rates that are doubled until one is twice beyond what can be done: once may be a
    moment in which something else took the machine."""
    with tempfile.TemporaryDirectory(prefix="loket-load-") as folder:
        rate, most, n_short = 100.0, 0.0, 0
        while rate < 10_000:
            into = pathlib.Path(folder) / f"{rate:.0f}.json"
            process = load(ports, rate, seconds, into, "search=1")
            text, _ = process.communicate(timeout=seconds + 120)
            if not into.exists():
                raise RuntimeError(f"the load generator: {text}")
            own = json.loads(into.read_text())["kinds"]["search"]
            # Beyond what can be done a connection may be closed while a request is put on it; no more than that.
            if own["failed"] > 0.02 * own["n"]:
                raise RuntimeError(f"{own['failed']} searches failed: {text}")
            most = max(most, own["done_per_second"])
            if own["done_per_second"] >= 0.85 * rate:
                rate, n_short = rate * 2, 0
                continue
            n_short += 1
            if n_short == 2:
                return most
    raise RuntimeError("the load generator cannot ask for more than the nodes can do")


def two_nodes(server, options, report):
    seconds = options.seconds or 5
    alone, both = [], []
    with Deployment(server, "", {"LOKET_POSTGRES__SCHEMA": "throughput"}) as deployment:
        deployment.edit(MARKERS[0])
        ports = [free_port(), free_port()]
        for core, port in enumerate(ports):
            deployment.node(f"node-{core}", port, core=core)
        # In turn, so that what else the machine does meets both.
        for _ in range(ROUNDS):
            alone.append(searches(ports[:1], seconds))
            both.append(searches(ports, seconds))
    one, two = statistics.median(alone), statistics.median(both)
    report.note("the database and the load generator run on the same processors; where those are two threads of one core, as "
                "here, what a second node can bring is bounded by that")
    report.note(f"one node {', '.join(f'{n:.0f}' for n in alone)}, two {', '.join(f'{n:.0f}' for n in both)} searches a second")
    ratio = two / max(one, 0.001)
    report.add("two nodes against one, searches a second", f">=1.8, <={TOO_GOOD}", f"{ratio:.2f}", 1.8 <= ratio <= TOO_GOOD)
