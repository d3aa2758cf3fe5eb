#!/usr/bin/env python3
"""What one more help center costs a process: memory, threads, time until all are loaded, connections to PostgreSQL.

    python3 tests/scale/tenants.py 1 5 20               small help centers of four articles, the shipped encoder, no writer
    python3 tests/scale/tenants.py --postgres 1 5 20    index and state on a server that is started for this
"""

import contextlib
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "drills")]

from rig import client  # noqa: E402
from rig.postgres import Server  # noqa: E402
from rig.sandbox import ARTICLES, Sandbox  # noqa: E402

# After a start the service reads ahead for a while; figures are of when it has done that.
SETTLED_SECONDS = 5


def n_threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


def measure(n: int, server: Server | None) -> str:
    settings = '[tenants]\ndir = "tenants"\n'
    if server:
        settings += f'[postgres]\nurl = "{server.url()}"\nschema = "many{n}"\n'
    with Sandbox(settings, shipped=True, articles={}) as sandbox:
        if server:
            sandbox.more = {"LOKET_INDEX__ENGINE": "postgres"}
        names = [f"shop-{number}" for number in range(n)]
        for name in names:
            folder = sandbox.dir / "tenants" / name
            for path, text in ARTICLES.items():
                file = folder / "knowledge_base" / path
                file.parent.mkdir(parents=True, exist_ok=True)
                # Every one has texts of its own.
                file.write_text(text + f"\nWritten by {name}.\n")
            (folder / "loket.toml").write_text("")
            sandbox.json("index", "--tenant", name)
        service = sandbox.serve(wait=False)
        ready = service.wait_ready(300)
        for name in names:
            asked = client.post(service.port, f"/t/{name}/v1/answers", {"question": "How many days to return an order?"})
            assert asked.status == 200, asked.body
        time.sleep(SETTLED_SECONDS)
        row = f"{n:>4} help centers: {service.resident_kib() / 1024:7.1f} MB, {n_threads(service.pid):>4} threads, " \
              f"{service.n_descriptors():>5} open files, ready after {ready:5.2f} s"
        if server:
            # Without the one that asks.
            count = "SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"
            row += f", {server.sql(count)[0][0]} connections"
        service.stop()
        return row


def main():
    arguments = [word for word in sys.argv[1:] if word != "--postgres"]
    on_server = Server({"max_connections": "400"}) if "--postgres" in sys.argv else contextlib.nullcontext()
    with on_server as server:
        if server:
            server.sql("CREATE EXTENSION vector")
        for n in map(int, arguments or ["1", "5", "20"]):
            print(measure(n, server), flush=True)


if __name__ == "__main__":
    main()
