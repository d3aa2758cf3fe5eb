"""A5 a full disk: hand-offs are accepted from the space kept for them, then refused with a way to a person.

The data directory lies on a 64 MB ext4 image that is filled to the last byte while the service runs, first by a log,
then by articles and a reindex. Bars, each time: 1,000 further hand-offs accepted; after those only 202, 503 or 507, the
refusals with e-mail among the contact options; everything accepted is delivered while the disk is still full; once
there is room again hand-offs are accepted within 15 s, without a restart, and space is kept again; 0 lost.

--plant takes the kept space away beforehand: `accepted on the full disk` must then be missed.
"""

import time

from rig import client, disk, ledger, tools
from rig.receiver import Receiver
from rig.sandbox import Sandbox, webhook


def run(options, report):
    tools.need("mkfs.ext4")
    tools.need_root()
    further = options.cycles or 1_000
    book = ledger.Ledger()
    with Receiver() as receiver, Sandbox(webhook(receiver.port)) as sandbox:
        small = disk.SmallDisk(sandbox.dir)
        try:
            sandbox.data = small.mounted / "data"
            sandbox.write_settings()
            sandbox.index()
            service = sandbox.serve()
            for n in range(20):
                book.hand_over(service.port, f"before-{n}")
            for part in ("log", "reindex"):
                one(part, options, report, sandbox, small, service, receiver, book, further)
            faults = book.faults(receiver, ledger.dead(sandbox))
            report.none("acknowledged and lost", faults["lost"])
            report.none("two for one key", faults["two for one key"])
        finally:
            for service in list(sandbox.running):
                service.kill()
            small.clear()


def one(part, options, report, sandbox, small, service, receiver, book, further):
    if options.plant:
        (sandbox.data / "state" / "reserve").unlink(missing_ok=True)
    if part == "reindex":
        # Leave it less than a generation of these needs.
        for n in range(400):
            sandbox.write_article(f"en/more-{n}.md", f"# More {n}\n\n" + f"A sentence of article {n}. " * 400)
        ended = sandbox.run("index", "--json").returncode
        report.note(f"reindex on a disk with little room: exit {ended}")
    small.fill(part)
    statuses = [book.hand_over(service.port, f"{part}-{n}") for n in range(further)]
    accepted = sum(reply is not None and reply.status == 202 for reply in statuses)
    report.at_least(f"{part}: accepted on the full disk", further, accepted)
    # On until it refuses.
    refused = []
    for n in range(30_000):
        reply = book.hand_over(service.port, f"{part}-more-{n}", note="x" * 3_000)
        if reply is None or reply.status != 202:
            refused.append(reply)
        if len(refused) == 20:
            break
    wrong = [reply for reply in refused if reply is None or reply.status not in (503, 507)
             or not client.has_email(reply.json().get("contact"))]
    report.at_least(f"{part}: refusals seen", 20, len(refused))
    report.none(f"{part}: refusals of another kind or without a person", len(wrong))
    missing = receiver.wait_for(book.ids(), 120)
    report.none(f"{part}: accepted and not delivered on the full disk", len(missing))
    (small.mounted / part).unlink()
    began = time.monotonic()
    while time.monotonic() - began < 20:
        reply = book.hand_over(service.port, f"{part}-after-{time.monotonic()}")
        if reply is not None and reply.status == 202:
            break
        time.sleep(0.1)
    report.at_most(f"{part}: accepted again with room", 15.0, time.monotonic() - began, " s")
    time.sleep(5)
    kept = (sandbox.data / "state" / "reserve").exists()
    free = small.free() >> 20
    # It is kept where half as much again stays free.
    report.add(f"{part}: space kept again", "yes, or below 24 MiB free", f"{kept}, {free} MiB free", kept or free < 24)
