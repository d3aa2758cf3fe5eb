"""C4 deadlines: a reply comes in time however long the question is, and the service stays awake meanwhile.

With a deadline of 2 s, questions of the greatest length are asked with long conversations by four clients, in the writer's
mode where the shipped writer is there, so that tokenizer and model are at work all the time. Bars: every reply by 2.2 s,
each an answer, or an escalation with a person; /livez p99 at most 50 ms meanwhile.

--plant sets a deadline of 20 s with a queue of 64: the first bar must then be missed.
"""

import threading
import time

from rig import client, load


def run(options, report):
    seconds = options.seconds or 30
    server = "answer_deadline_ms = 20000\nqueue_length = 64\n" if options.plant else "answer_deadline_ms = 2000\n"
    n_clients = 64 if options.plant else 4
    with load.sandbox(server=server) as sandbox:
        service = sandbox.serve()
        replies, wrong, alive = [], [], []
        stop = threading.Event()

        def ask(number: int):
            n = 0
            while not stop.is_set():
                n += 1
                text = f"Order {number} {n}: " + "how long do I have to return an order that I have not yet received? " * 57
                turns = [{"role": "user" if turn % 2 == 0 else "assistant", "text": text[:3_900]} for turn in range(8)]
                try:
                    reply = client.post(service.port, "/v1/answers", {"question": text[:3_990], "conversation": turns})
                except client.Broken as error:
                    wrong.append(repr(error))
                    continue
                replies.append(reply)
                if reply.status not in (200, 422) or (reply.status == 200 and not client.has_email(reply.json()["contact"])):
                    wrong.append(reply.status)

        def live():
            while not stop.is_set():
                alive.append(client.get(service.port, "/livez").seconds)
                time.sleep(0.02)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(n_clients)]
        threads.append(threading.Thread(target=live))
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        stop.set()
        for thread in threads:
            thread.join()
    counted: dict = {}
    for reply in replies:
        own = reply.json().get("outcome", reply.status)
        counted[own] = counted.get(own, 0) + 1
    report.note(f"{len(replies)} replies: {counted}")
    report.at_least("replies", 10, len(replies))
    report.at_most("latest reply", 2.2, max(reply.seconds for reply in replies), " s")
    report.none("replies without a person", len(wrong))
    report.at_most("/livez p99", 50.0, client.quantile(alive, 0.99) * 1000, " ms")
