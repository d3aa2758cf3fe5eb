"""B2 swapping generations under load: an answer is made of one generation, whole.

Two help centers with the same questions and disjoint marker words are indexed; the pointer to the current generation is
replaced 100 times, and reloaded, while four clients ask and search. Bars: 0 replies that hold markers of both, in text,
citations, sources or hits; 0 that name one generation and quote another; 0 empty or failed; p99 at most twice that of
the same load without swaps.

--plant gives one article of the second help center a sentence of the first: `mixed` must then be missed.
"""

import os
import threading
import time

from rig import client
from rig.sandbox import Sandbox

MARKERS = ("albatross", "buzzard")
QUESTIONS = ("How long does a parcel take?", "How many days to return an order?", "When is my payout sent?")


def articles(marker: str, other: str = "") -> dict:
    return {
        "en/parcels.md": f"# How long a parcel takes\n\nA parcel takes three days by {marker}. {other}\n",
        "en/returns.md": f"# Return an order\n\nYou have 14 days to return an order by {marker}.\n",
        "en/payout.md": f"# When your payout is sent\n\nWe send your payout after 3 days by {marker}.\n",
    }


def run(options, report):
    swaps = options.cycles or 100
    with Sandbox(articles=articles(MARKERS[0])) as sandbox:
        generations = {}
        for marker in MARKERS:
            other = f"A parcel takes three days by {MARKERS[0]}." if options.plant and marker == MARKERS[1] else ""
            for path, text in articles(marker, other).items():
                sandbox.write_article(path, text)
            generations[sandbox.json("index")["generation"]] = marker
        service = sandbox.serve()
        calm = load(service, generations, 12, None)
        busy = load(service, generations, 600, lambda: swap(sandbox, service, list(generations), swaps))
    report.note(f"{calm['n']} replies without swaps, {busy['n']} during {busy['swaps']} swaps, of {busy['seen']}")
    report.at_least("swaps", swaps, busy["swaps"])
    report.none("mixed", busy["mixed"])
    report.none("another generation than named", busy["wrong"])
    report.none("empty or failed", busy["empty"])
    report.at_least("generations seen", 2, len(busy["seen"]))
    slow, fast = (client.quantile(times["seconds"], 0.99) for times in (busy, calm))
    report.at_most("p99 against that without swaps", 2.0, slow / fast)


def swap(sandbox, service, generations, swaps: int) -> int:
    pointer = sandbox.data / "index" / "CURRENT"
    form = pointer.read_text()
    serving = next(own for own in generations if own in form)
    for n in range(swaps):
        wanted = generations[n % 2]
        new = pointer.with_suffix(".new")
        new.write_text(form.replace(serving, wanted))
        os.replace(new, pointer)
        reply = client.post(service.port, "/v1/admin/reload", {})
        assert reply.status == 200 and reply.json()["generation"] == wanted, reply.body
        time.sleep(0.05)
    return swaps


def load(service, generations, seconds: float, meanwhile) -> dict:
    found = {"n": 0, "mixed": 0, "wrong": 0, "empty": 0, "seconds": [], "seen": set(), "swaps": 0}
    lock = threading.Lock()
    stop = threading.Event()

    def one(number: int):
        n = 0
        while not stop.is_set():
            n += 1
            if n % 3 == 0:
                reply = client.post(service.port, "/v1/search", {"query": QUESTIONS[n % 3], "limit": 5})
                there = "hits"
            else:
                asked = {"question": QUESTIONS[n % 3], "language": "en", "mode": "extractive"}
                if n % 2:
                    asked["customer"] = {"id": f"c-{number}"}
                reply = client.post(service.port, "/v1/answers", asked)
                there = "sentences"
            told = reply.json()
            text = reply.body.decode()
            marks = {marker for marker in MARKERS if marker in text}
            with lock:
                found["n"] += 1
                found["seconds"].append(reply.seconds)
                found["mixed"] += len(marks) > 1
                found["empty"] += reply.status != 200 or not told.get(there)
                found["wrong"] += bool(marks) and {generations.get(told.get("generation"))} != marks
                found["seen"].add(told.get("generation"))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    if meanwhile:
        found["swaps"] = meanwhile()
    else:
        time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    return found
