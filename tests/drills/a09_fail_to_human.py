"""A9 every failure ends at a person: questions get a well-formed "cannot answer", and a hand-off works.

Four failures: the model is missing; the index is damaged and cannot be built again; answers run out of time at once; the
queue has room for one. 1,000 questions in all. Bars: every reply is JSON with outcome and e-mail among the contact
options, or a problem with the same; no sentence without a citation; every tenth question is followed by a hand-off that
is accepted and delivered. A panic in inference has no switch in the shipped binary; the tests of `server` cover it
(`a_panic_costs_one_job`, `a_lost_answer_is_told_and_sent_to_a_person`).

--plant asks at a route that does not exist, so that `replies without a person` must be missed.
"""

import shutil

from rig import client, ledger
from rig.receiver import Receiver
from rig.sandbox import Sandbox, in_threads, webhook


def run(options, report):
    n = (options.cycles or 1_000) // 4
    for name, server, break_it in (
        ("no model", "", no_model),
        ("damaged index", "", damaged_index),
        ("no time", "answer_deadline_ms = 1\n", None),
        ("no room", "queue_length = 1\n", None),
    ):
        with Receiver() as receiver, Sandbox(webhook(receiver.port), server) as sandbox:
            sandbox.index()
            if break_it:
                break_it(sandbox)
            service = sandbox.serve(wait=break_it is None)
            if break_it:
                wait_for_store(service)
            path = "/v1/nothing" if options.plant else "/v1/answers"
            book = ledger.Ledger()

            def client_of(number: int):
                wrong = escalated = 0
                for one in range(n // 10):
                    asked = {"question": f"How long do I have to return order {number} {one}?",
                             "customer": {"id": f"c-{number}"}}
                    reply = client.post(service.port, path, asked)
                    wrong += not is_whole(reply)
                    escalated += reply.status >= 500 or reply.json().get("outcome") == "escalated"
                    if one % 10 == 0:
                        book.hand_over(service.port, f"{name}-{number}-{one}".replace(" ", "-"))
                return wrong, escalated

            told = in_threads(10, client_of)
            faults = book.faults(receiver, ledger.dead(sandbox))
            report.none(f"{name}: replies without a person", sum(wrong for wrong, _ in told))
            report.add(f"{name}: escalated", ">0", sum(n for _, n in told), sum(n for _, n in told) > 0)
            report.add(f"{name}: hand-offs accepted", len(book.sent), len(book.ids()), len(book.ids()) == len(book.sent))
            report.none(f"{name}: hand-offs lost", faults["lost"])


def is_whole(reply) -> bool:
    told = reply.json()
    if reply.status != 200:
        return reply.status >= 500 and client.has_email(told.get("contact"))
    sentences = told["sentences"]
    return (told["outcome"] in ("answered", "clarify", "escalated") and client.has_email(told["contact"])
            and all(sentence["citations"] for sentence in sentences)
            and (told["outcome"] != "escalated" or told["reason"] is not None))


def no_model(sandbox):
    sandbox.models = sandbox.dir / "nothing"
    sandbox.write_settings()
    for file in (sandbox.dir / "source").glob("*.bin"):
        file.unlink()


def damaged_index(sandbox):
    for file in sandbox.data.glob("index/generations/*/*"):
        if file.is_file():
            data = bytearray(file.read_bytes())
            for at in range(0, len(data), 97):
                data[at] ^= 0x55
            file.write_bytes(data)
    shutil.rmtree(sandbox.kb)


def wait_for_store(service):
    """Not ready, but hand-offs are taken."""
    import time
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if client.hand_over(service.port, "first").status == 202:
                return
        except client.Broken:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"no hand-off is accepted: {service.logged()[-500:]}")
