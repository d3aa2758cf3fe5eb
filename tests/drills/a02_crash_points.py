"""A2 exact crash points: killed at every single system call that writes, from the first one on.

For each of fsync, fdatasync, write, pwrite64, writev, rename, unlink, ftruncate and sendto, the service is killed at its N-th call (of
a thread), for N from 1 until a start with one hand-off, accepted and delivered, ends without being killed. Bar: 0
acknowledged hand-offs lost, 0 doubled, 0 unequal retries, at every N.

--plant takes the last acknowledged hand-off out of the store: `lost` must then be missed.
"""

import contextlib
import time

from rig import client, ledger, tools
from rig.receiver import Receiver
from rig.sandbox import Sandbox, webhook

CALLS = ("fdatasync", "fsync", "write", "pwrite64", "pwritev", "writev", "rename", "unlink", "ftruncate", "sendto")
MOST = 120


def run(options, report):
    tools.need("strace")
    book = ledger.Ledger()
    end = time.monotonic() + (options.seconds or 900)
    kills = {}
    with Receiver() as receiver, Sandbox(webhook(receiver.port)) as sandbox:
        sandbox.index()
        for call in CALLS:
            for n in range(1, MOST):
                if time.monotonic() > end:
                    report.note(f"out of time at {call} {n}")
                    break
                if one(sandbox, receiver, book, call, n):
                    break
                kills[call] = n
        if options.plant:
            book.hand_over(sandbox.serve().port, "planted")
            sandbox.running[-1].kill()
            book.plant(sandbox.data)
        sandbox.serve()
        faults = book.faults(receiver, ledger.dead(sandbox))
    report.note(f"killed at: {kills}; {len(book.ids())} acknowledged")
    report.at_least("crash points", 20, sum(kills.values()))
    for what, number in faults.items():
        report.none(what, number)


def one(sandbox, receiver, book, call: str, n: int) -> bool:
    """One start with one hand-off; whether it was not killed."""
    # Not with --seccomp-bpf, under which strace does not count the calls from the first one on.
    tool = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
            f"inject={call}:signal=KILL:when={n}")
    try:
        service = sandbox.serve(prefix=tool, wait=False)
    except RuntimeError:
        return False  # killed before it had an address
    key = f"{call}-{n}"
    end = time.monotonic() + 20
    accepted = None
    while time.monotonic() < end and service.process.poll() is None and accepted is None:
        with contextlib.suppress(client.Broken):
            reply = book.hand_over(service.port, key)
            if reply is not None and reply.status == 202:
                accepted = reply.json()["id"]
                break
        time.sleep(0.02)
    while time.monotonic() < end and service.process.poll() is None and accepted not in receiver.ids():
        time.sleep(0.02)
    # What is recorded of the delivery is written after the receiver has it.
    delivered = time.monotonic() + 0.3
    while time.monotonic() < delivered and service.process.poll() is None:
        time.sleep(0.02)
    clean = service.process.poll() is None and accepted in receiver.ids()
    service.kill()
    return clean
