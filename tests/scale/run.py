#!/usr/bin/env python3
"""Runs the parts and prints one table of every bar; the exit code is 1 when one was missed."""

import argparse
import importlib
import os
import pathlib
import signal
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "drills")]

import nodes  # noqa: E402
from rig import postgres, report, sandbox, tools  # noqa: E402

# Name, module and function; each gets the first of the three servers, or all of them.
PARTS = [
    ("agreement", "others", "agreement"),
    ("shards", "others", "shards"),
    ("kill-node", "kills", "nodes"),
    ("kill-database", "kills", "database"),
    ("rolling-reindex", "rolling", "reindex"),
    ("rolling-restart", "rolling", "restart"),
    ("throughput", "throughput", "two_nodes"),
    ("state", "others", "state"),
    ("backup", "others", "backup"),
    ("remote-writer", "others", "remote_writer"),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="beginnings of names; all when absent")
    parser.add_argument("--plant", action="store_true", help="plant faults; every part that is driven here must then miss")
    parser.add_argument("--list", action="store_true", help="name the parts")
    options = parser.parse_args()
    wanted = [part for part in PARTS if not options.parts or any(part[0].startswith(own) for own in options.parts)]
    if options.list or not wanted:
        print("\n".join(name for name, *_ in PARTS))
        return 0 if options.list else 2
    nodes.PLANT = options.plant
    options.cycles = int(os.environ.get("CYCLES", 0)) or None
    options.seconds = float(os.environ.get("SECONDS_EACH", 0)) or None
    # What was started ends with this, also when it is asked to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options.seed = int(os.environ.get("SEED", 0)) or int.from_bytes(os.urandom(4), "big")
    if not sandbox.BINARY.exists():
        print(f"`{sandbox.BINARY}` is missing: set LOKET_BIN")
        return 2
    print(f"seed {options.seed}; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start", flush=True)
    figures = []
    began = time.monotonic()
    with postgres.Server() as coordinator, postgres.Server() as first, postgres.Server() as second:
        servers = [coordinator, first, second]
        for server in servers:
            server.sql("CREATE EXTENSION vector")
        for name, module, function in wanted:
            told = report.Report(name)
            try:
                own = getattr(importlib.import_module(module), function)
                own(servers if getattr(own, "on_all", False) else coordinator, options, told)
            except tools.Missing as missing:
                told.add("could be run", "yes", f"no: {missing}", False)
            except Exception:
                traceback.print_exc()
                told.add("ran to its end", "yes", "no", False)
            figures += told.figures
    width = max(len(one.name) for one in figures)
    print(f"\n{'what':<{width}}  {'bar':>10}  {'seen':>12}")
    for one in figures:
        print(f"{one.name:<{width}}  {one.bar:>10}  {one.figure!s:>12}  {'' if one.ok else 'MISSED'}")
    held = sum(one.ok for one in figures)
    print(f"{time.monotonic() - began:.0f} s\n{held} passed, {len(figures) - held} failed")
    return 0 if held == len(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
