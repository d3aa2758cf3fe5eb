"""A4 a disk that fails to sync: after the first error nothing is acknowledged until the store was read through.

strace lets fsync and fdatasync fail with EIO: from the third call of a thread on, and, in a second part, for a few calls
only. Bars: 0 replies 2xx to hand-offs after the first error (until the log says that the store is whole again), every
refusal 503 or 507 with a way to a person in it, /readyz 503 within 5 s of the error, 0 acknowledged hand-offs lost, and
in the second part hand-offs are accepted again without a restart within 15 s.

A service that only passes the error on and acknowledges the next commit misses the first bar in the second part, where
later calls succeed. --plant starts without the fault, so that `errors injected` must be missed.
"""

import re
import time

from rig import client, ledger, tools
from rig.receiver import Receiver
from rig.sandbox import Sandbox, webhook


def run(options, report):
    tools.need("strace")
    for part, when in (("for good", "3+"), ("for a while", "9..12")):
        one(options, report, part, when)


def one(options, report, part: str, when: str):
    book = ledger.Ledger()
    with Receiver() as receiver, Sandbox(webhook(receiver.port)) as sandbox:
        sandbox.index()
        sandbox.serve().stop()
        trace = sandbox.dir / "trace"
        fault = () if options.plant else ("-e", f"inject=fsync,fdatasync:error=EIO:when={when}")
        service = sandbox.serve(prefix=("strace", "-f", "-qq", "-ttt", "-o", trace,
                                        "-e", "trace=fsync,fdatasync", *fault))
        replies, not_ready = [], None
        began = time.time()
        while time.time() - began < (options.seconds or 20):
            reply = book.hand_over(service.port, f"k{len(replies)}")
            if reply is not None:
                replies.append((time.time(), reply))
            if not_ready is None and client.get(service.port, "/readyz").status == 503:
                not_ready = time.time()
            time.sleep(0.05)
        service.kill()
        found = re.search(r"^\d+ +([\d.]+) f\w*sync.*EIO", trace.read_text(), re.M)
        whole = re.search(r"^(\S+) +WARN.*whole and can be written", service.logged(), re.M)
        sandbox.serve()
        faults = book.faults(receiver, ledger.dead(sandbox))
    report.add(f"{part}: errors injected", "yes", "yes" if found else "no", bool(found))
    if not found:
        return
    first = float(found[1])
    last = _seconds(whole[1]) if whole else float("inf")
    # A reply may have been on its way when the error came.
    after = [(at, reply) for at, reply in replies if at > first + 0.05]
    lied = [reply for at, reply in after if reply.status < 300 and at < last]
    refused = [reply for _, reply in after if reply.status >= 300]
    report.none(f"{part}: acknowledged after the error", len(lied))
    report.none(f"{part}: refusals of another kind or without a person",
                sum(reply.status not in (503, 507) or not client.has_email(reply.json().get("contact"))
                    for reply in refused))
    report.at_least(f"{part}: refusals", 1, len(refused))
    report.none(f"{part}: acknowledged and lost", faults["lost"])
    if part == "for good":
        seconds = not_ready - first if not_ready else float("inf")
        report.at_most(f"{part}: not ready after the error", 5.0, seconds, " s")
    else:
        again = [at for at, reply in after if reply.status == 202]
        seconds = min(again) - first if again else float("inf")
        report.at_most(f"{part}: accepted again after the error", 15.0, seconds, " s")


def _seconds(stamp: str) -> float:
    import datetime
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()
