"""C1 overload: ten times the questions that can be answered cost quick refusals, not memory and not the answers.

C is measured with one request at a time, and the load of 1 C for its latency and memory. Then 10 C come for 120 s, each
on a connection of its own, sent whether or not replies come, and then 1 C again. Bars: answers per second at least 0.9 C;
every refusal tells when to come back (an integer Retry-After of 1 or more) and, as a reply with outcome `escalated` or as
429 or 503, the ways to a person; refusals p99 at most 50 ms; the others p99 at most the deadline; within 10 s the latency
is back at that of 1 C; memory at most 1.2 times that of 1 C.

--plant sets a queue of a million places: refusals never come, and latency and memory must be missed.
"""

from rig import client, load

DEADLINE = 10.0


def run(options, report):
    seconds = options.seconds or 120
    length = 1_000_000 if options.plant else 16
    with load.sandbox(server=f"queue_length = {length}\nanswer_deadline_ms = {int(DEADLINE * 1000)}\n") as sandbox:
        service = sandbox.serve()
        capacity = load.capacity(service)
        calm = load.asking(service, capacity * 0.7, 20)()
        memory = service.resident_kib()
        busy = load.asking(service, capacity * 10, seconds, most=20_000)()
        peak = service.resident_kib()
        after = load.asking(service, capacity * 0.7, 10)()
    done = [one for one in busy if one[0] == "done"]
    refused = [one for one in busy if one[0] == "refused"]
    others = [one for one in busy if one[0] != "refused"]
    report.note(f"C {capacity:.1f}/s; {len(busy)} at 10 C: {load.kinds(busy)}; at 0.7 C: {load.kinds(calm)}")
    report.at_least("answers a second, in C", 0.9, len(done) / seconds / capacity)
    report.at_least("refusals", 1, len(refused))
    report.none("refusals without Retry-After or a person", sum(blunt for *_, blunt in refused))
    report.none("broken", load.kinds(busy).get("broken", 0))
    report.at_most("refusals p99", 50.0, client.quantile([one[1] for one in refused], 0.99) * 1000, " ms")
    report.at_most("accepted p99", DEADLINE + 0.2, client.quantile([one[1] for one in others], 0.99), " s")
    before, later = (client.quantile([one[1] for one in own], 0.99) for own in (calm, after))
    report.at_most("p99 afterwards against before", 1.5, later / before)
    report.at_most("memory against that of 1 C", 1.2, peak / memory)
