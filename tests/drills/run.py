#!/usr/bin/env python3
"""Runs the drills: python3 tests/drills/run.py [names…] [--cycles N] [--seconds N] [--seed N] [--plant] [--list]

Each prints one line a bar and one JSON document; the exit code is 1 when a bar was missed, 2 when one could not run.
"""

import argparse
import importlib
import os
import pathlib
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from rig import report, sandbox, tools  # noqa: E402


def names() -> list[str]:
    return sorted(file.stem for file in HERE.glob("[a-g][0-9]*_*.py"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drills", nargs="*", help="names, or beginnings or ends of names, such as a03 or remote; all when absent")
    parser.add_argument("--cycles", type=int, help="how often; each drill has its own default")
    parser.add_argument("--seconds", type=float, help="how long; each drill has its own default")
    parser.add_argument("--seed", type=int, default=None, help="repeats an earlier run's chance")
    parser.add_argument("--plant", action="store_true", help="plant the fault a drill must see; it must then miss")
    parser.add_argument("--list", action="store_true", help="name the drills")
    options = parser.parse_args()
    wanted = [name for name in names() if not options.drills or any(name.startswith(own) or name.endswith(f"_{own}") for own in options.drills)]
    if options.list or not wanted:
        for name in names():
            print(name, (importlib.import_module(name).__doc__ or "").strip().splitlines()[0])
        return 0 if options.list else 2
    tools.in_environment()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(4), "big")
    if not sandbox.BINARY.exists():
        print(f"`{sandbox.BINARY}` is missing: cargo test --workspace --features models --no-run, or set LOKET_BIN")
        return 2
    print(f"seed {options.seed}", flush=True)
    code = 0
    for name in wanted:
        module = importlib.import_module(name)
        told = report.Report(name)
        began = time.monotonic()
        try:
            module.run(options, told)
        except tools.Missing as missing:
            print(f"{name} cannot run: {missing}", flush=True)
            code = 2
            continue
        except Exception:
            traceback.print_exc()
            told.add("ran to its end", "yes", "no", False)
        print(told.json(), flush=True)
        print(f"{name} took {time.monotonic() - began:.0f} s", flush=True)
        if not told.ok():
            code = code or 1
    return code


if __name__ == "__main__":
    sys.exit(main())
