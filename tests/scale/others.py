"""Parts that have their own place and are run from here: their figures come into the same table."""

import json
import os
import re
import subprocess
import sys

from nodes import HERE
from rig.report import Figure

REPOSITORY = HERE.parents[1]


def servers_of(servers) -> dict:
    """What names the servers for tests and benches; it is what `tests/postgres/run` sets."""
    named = {f"LOKET_TEST_POSTGRES_{n}": server.url() for n, server in enumerate(servers, 1)}
    return {**os.environ, "LOKET_TEST_POSTGRES": servers[0].url(), **named}


CARGO = ("--workspace", "--locked", "--features", "models")


def cargo(servers, *words: str, seconds: float) -> str:
    """What a bench or test says that runs on these servers."""
    done = subprocess.run(["cargo", *words], env=servers_of(servers), cwd=REPOSITORY, capture_output=True, text=True,
                          timeout=seconds)
    print(done.stdout[-3_000:], flush=True)
    if done.returncode != 0:
        raise RuntimeError(f"cargo {' '.join(words)}: exit {done.returncode}: {done.stderr[-2_000:]}")
    return done.stdout


def agreement(servers, options, report):
    """The first ten of both engines, over the help centers of `LOKET_DATA` or the indexes in `LOKET_BENCH_INDEXES`. Those of
    `LOKET_DATA` are indexed once and then stay in the build folder."""
    told = cargo(servers, "bench", "--profile", "dev", *CARGO, "--bench", "agreement", seconds=7_200)
    same, of, ties = map(int, re.search(r"together:\n  the same ten in (\d+) of (\d+) .*?; of the others (\d+) ", told).groups())
    report.at_least("questions asked of both engines", 1_900, of)
    report.at_least("the same ten articles in the same order", 99.0, 100 * same / of, " %")
    report.note(f"{same} of {of}; of the others {ties} differ where scores are equal only")


def shards(servers, options, report):
    """One generation over two data servers, searched through the third."""
    told = cargo(servers, "test", *CARGO, "--lib", "--", "--ignored", "two_data_servers", seconds=3_600)
    passed = sum(map(int, re.findall(r"test result: ok\. (\d+) passed", told)))
    report.at_least("tests of two data servers", 1, passed)


agreement.on_all = shards.on_all = True


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
    of_drill("g01_remote", options, report, "--cycles", str(options.cycles or 200))


def backup(_, options, report):
    """A backup with hand-offs in flight, on one machine and on PostgreSQL."""
    of_drill("f07_backup_in_flight", options, report)


def state(_, options, report):
    """Hand-offs of two nodes on one database, both killed in turn, and the database."""
    of_drill("g03_postgres", options, report)
