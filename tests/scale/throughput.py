"""Searches a second of two nodes, each on a core of its own, against one."""

import json
import pathlib
import tempfile

from nodes import MARKERS, Deployment, load
from rig.sandbox import free_port

# Of what is asked for at each step; the next step is this much more.
STEP = 1.25


def searches(ports, first: float, seconds: float) -> float:
    """The highest rate at which nothing is refused or fails and p95 stays within 250 ms, in steps."""
    with tempfile.TemporaryDirectory(prefix="loket-load-") as folder:
        best, rate = 0.0, first
        while rate < 5_000:
            into = pathlib.Path(folder) / "load.json"
            process = load(ports, rate, seconds, into, "search=1")
            text, _ = process.communicate(timeout=seconds + 120)
            if not into.exists():
                raise RuntimeError(f"the load generator: {text}")
            told = json.loads(into.read_text())
            own = told["kinds"]["search"]
            if own["refused"] or own["failed"] or own["ms_from_due"]["p95"] > 250 or not told["is_sound"]:
                return best
            best, rate = own["done_per_second"], rate * STEP
            into.unlink()
        return best


def two_nodes(server, options, report):
    seconds = options.seconds or 8
    with Deployment(server, "", {"LOKET_POSTGRES__SCHEMA": "throughput"}) as deployment:
        deployment.edit(MARKERS[0])
        ports = [free_port(), free_port()]
        one = deployment.node("a", ports[0], core=0)
        alone = searches([one.port], 20, seconds)
        deployment.node("b", ports[1], core=1)
        both = searches(ports, 20, seconds)
    report.note("the database and the load generator run on the same two processors, which here are two threads of one core: "
                "what two nodes can gain is bounded by that")
    report.note(f"one node {alone:.0f}/s, two {both:.0f}/s, p95 within 250 ms, nothing refused")
    report.at_least("two nodes against one, searches a second", 1.8, both / max(alone, 0.001))
