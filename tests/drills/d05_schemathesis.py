"""D5 the description of the interface holds: schemathesis sends what it makes of /openapi.json, good and bad.

Every operation gets its examples, the limits of its schemas and random values, of which a part breaks the schema. Bars: at
least 10,000 cases, no reply of 5xx but what the description names, and every reply has a status, a media type, headers and
a body that are described. /v1/admin/reload is among them, so the index is swapped all the while. `openapi-spec-validator`
holds the description itself against OpenAPI 3.1.

--cycles is how many random cases an operation gets (default 600), --seed repeats a run. LOKET_D05_PART=2/4 runs the second
quarter of the operations alone, for machines that must be shared.
--plant serves a description in which an answer has a field it does not have, so that replies must miss it.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

from rig import client
from rig.sandbox import Sandbox

PYTHON = ["schemathesis==4.*", "openapi-spec-validator==0.*"]
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
          "response_schema_conformance")


def run(options, report):
    tools = environment()
    with Sandbox() as sandbox:
        sandbox.index()
        service = sandbox.serve()
        described = client.get(service.port, "/openapi.json").json()
        if options.plant:
            described["components"]["schemas"]["AnswerReply"]["required"].append("colour")
        file = sandbox.dir / "openapi.json"
        file.write_text(json.dumps(described))
        valid = subprocess.run([tools / "openapi-spec-validator", file], capture_output=True, text=True)
        report.add("valid OpenAPI 3.1", "yes", (valid.stdout + valid.stderr).strip()[-200:], valid.returncode == 0)

        n_cases = n_failures = 0
        paths = sorted(described["paths"])
        which, of = map(int, os.environ.get("LOKET_D05_PART", "1/1").split("/"))
        for part in split(paths[which - 1::of], 5):
            done = one_part(tools, service.url, file, part, options)
            cases, failures, text = read(done)
            n_cases += cases
            n_failures += failures
            report.note(f"{', '.join(part)}: {cases} cases, {failures} failures")
            if failures:
                print(text[-12_000:], flush=True)
        report.at_least("cases", 10_000 // of if not options.cycles else 1, n_cases)
        report.none("failures", n_failures)
        log = service.logged()
        report.none("panics", log.count("panicked"))
        report.none("replies of 500", len(re.findall(r'"status":500|status=500', log)))


def one_part(tools, url, file, paths, options):
    command = [tools / "schemathesis", "run", str(file), "--url", url, "--checks", CHECKS, "--mode", "all",
               "--phases", "examples,coverage,fuzzing", "--max-examples", str(options.cycles or 600),
               "--seed", str(options.seed), "--workers", "1", "--no-color", "--request-timeout", "20",
               "--continue-on-failure", "--generation-database", "none"]
    for path in paths:
        command += ["--include-path", path]
    return subprocess.run(command, capture_output=True, text=True, cwd=file.parent, timeout=900)


def read(done) -> tuple[int, int, str]:
    """Cases and failures, as the end of the output tells them."""
    text = done.stdout + done.stderr
    cases = re.search(r"([\d,]+) generated", text)
    failures = re.search(r"([\d,]+) found|([\d,]+) unique failures?", text)
    n_cases = int(cases.group(1).replace(",", "")) if cases else 0
    n_failures = int((failures.group(1) or failures.group(2)).replace(",", "")) if failures else 0
    if done.returncode and not n_failures:
        n_failures = 1
    return n_cases, n_failures, text


def split(values, size):
    return [values[start:start + size] for start in range(0, len(values), size)]


def environment() -> pathlib.Path:
    """Where the tools are; a virtual environment of their own, since they need many packages."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    where = cache / "loket" / "schemathesis-venv" / "bin"
    if not (where / "schemathesis").exists():
        subprocess.run([sys.executable, "-m", "venv", where.parent], check=True)
        subprocess.run([where / "python", "-m", "pip", "install", "--quiet", *PYTHON], check=True)
    return where
