#!/usr/bin/env python3
"""Runs every check of docs/deploy and says how many held; `tests/deploy/run` brings what it needs.

`--plant` spoils a copy of the files first, one fault for each check of files: every one of them must then miss.
"""

import argparse
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "drills"))
sys.path.insert(0, str(HERE))

import files  # noqa: E402
import live  # noqa: E402
from rig.report import Report  # noqa: E402

DEPLOY = HERE.parents[1] / "docs" / "deploy"

FAULTS = {
    "Containerfile": ("USER 10001:10001\nWORKDIR", "USER root\nWORKDIR"),
    "systemd/loket.service": ("ProtectClock=yes", "ProtectClok=yes"),
    "kubernetes/base/service.yaml": ("targetPort: http", "targetPorts: http"),
    "kubernetes/scaled/disruption-budget.yaml": ("component: service", "component: services"),
    "kubernetes/one-machine/kustomization.yaml": ("  - volumes.yaml\n", ""),
    "prometheus/rules.yml": ('loket_handoffs{state="dead"}', 'loket_handofs{state="dead"}'),
    "grafana/loket.json": ("sum(rate(loket_answers_total", "sum(rte(loket_answers_total"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plant", action="store_true", help="spoil a copy first; every check of files must then miss")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="loket-deploy-") as scratch:
        deploy = pathlib.Path(scratch) / "deploy"
        shutil.copytree(DEPLOY, deploy)
        if options.plant:
            for name, (sound, fault) in FAULTS.items():
                text = (deploy / name).read_text()
                assert sound in text, f"{name} no longer holds `{sound}`: plant another fault"
                (deploy / name).write_text(text.replace(sound, fault, 1))
        parts = [files.container, files.systemd, files.schemas, files.references, files.kustomizations, files.rules,
                 files.dashboard]
        if not options.plant:
            parts += [live.settings, live.health_check, live.metrics, live.keys_by_link]
        held = missed = 0
        spoiled = []
        for part in parts:
            told = Report(f"deploy {part.__name__}")
            try:
                part(deploy, told)
            except Exception:
                traceback.print_exc()
                told.add("ran to its end", "yes", "no", False)
            spoiled.append(not told.ok())
            held += sum(one.ok for one in told.figures)
            missed += sum(not one.ok for one in told.figures)
    print(f"{time.monotonic() - began:.0f} s")
    if options.plant:
        passed, failed = sum(spoiled), len(spoiled) - sum(spoiled)
        print(f"planted faults seen: {passed} passed, {failed} failed")
        return 1 if failed else 0
    print(f"{held} passed, {missed} failed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
