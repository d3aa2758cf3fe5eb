"""Parts that have their own place and are run from here: their figures come into the same table."""

import json
import os
import subprocess
import sys

from nodes import HERE
from rig.report import Figure

REPOSITORY = HERE.parents[1]


def servers_of(servers) -> dict:
    """What names the servers for tests and benches; it is what `tests/postgres/run` sets."""
    named = {f"LOKET_TEST_POSTGRES_{n}": server.url() for n, server in enumerate(servers, 1)}
    return {**os.environ, "LOKET_TEST_POSTGRES": servers[0].url(), **named}


def of_drill(name: str, options, report, *more: str):
    """Runs a drill and takes its figures over."""
    done = subprocess.run([sys.executable, str(REPOSITORY / "tests" / "drills" / "run.py"), name, "--seed", str(options.seed),
                           *more], capture_output=True, text=True, timeout=3_600)
    print(done.stdout[-4_000:], done.stderr[-2_000:], flush=True)
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"drill"')]
    if len(told) != 1:
        raise RuntimeError(f"the drill {name} gave {len(told)} documents")
    for one in told[0]["figures"]:
        report.figures.append(Figure(**{**one, "name": one["name"].replace(told[0]["drill"], report.name)}))


def remote_writer(_, options, report):
    """A writer elsewhere is killed in mid-stream, again and again."""
    of_drill("g01", options, report, "--cycles", str(options.cycles or 200))


def backup(_, options, report):
    """A backup with hand-offs in flight, on one machine and on PostgreSQL."""
    of_drill("f07", options, report)
