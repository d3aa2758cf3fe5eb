"""A7 days of outage: ten tries over about 76 hours, then listed until one command delivers them; a clock set back.

The receiver refuses; the service is started again and again under faketime, each time just after the next try is due, so
that three days pass in minutes. Bars: at least 10 tries, each pause within 20 % of the schedule; a hand-off whose
receiver comes back within the time is delivered; past the end it is in `handoff list --dead` and `handoff retry --dead`
delivers it; with the clock a day back no delivery waits longer than the one pause it was to wait.

--plant leaves the restart out after which the last try is made, so that `tries` must be missed.
"""

import datetime
import json
import time

from rig import client, tools
from rig.receiver import OK, Receiver
from rig.sandbox import Sandbox, webhook

PAUSES = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]


def run(options, report):
    tools.need("faketime")
    up = False

    def behaviour(connection, _):
        connection.sendall(OK if up else b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with Receiver(behaviour) as receiver, Sandbox(webhook(receiver.port)) as sandbox:
        sandbox.index()
        offset = 0.0
        service = sandbox.serve()
        lost = client.hand_over(service.port, "dies").json()["id"]
        back = None
        tries = []
        for attempt in range(1, 11):
            if not wait(lambda attempt=attempt: n_tries(receiver, lost) >= attempt, 15):
                break
            at = time.time() + offset
            tries.append(at)
            time.sleep(0.4)
            if attempt == 10:
                break
            if attempt == 5:
                # Another one, whose receiver comes back in time.
                back = client.hand_over(service.port, "lives").json()["id"]
                wait(lambda: n_tries(receiver, back) >= 2, 15)
                time.sleep(0.4)
            due = next_try(sandbox, lost, offset)
            service.stop()
            if options.plant and attempt == 9:
                break
            offset = max(offset, due - time.time() + 1)
            service = serve(sandbox, offset)
        pauses = [later - earlier for earlier, later in zip(tries, tries[1:])]
        # A restart takes a few seconds of this machine's, which the shortest pause alone would show.
        far = [abs(pause - planned) / max(planned, 30) for pause, planned in zip(pauses, PAUSES)]
        report.at_least("tries", 10, len(tries))
        report.at_most("a pause off the schedule", 0.2, max(far, default=9))
        listed = sandbox.run("handoff", "list", "--dead", "--json")
        dead = [one["id"] for one in json.loads(listed.stdout)["handoffs"]]
        report.add("listed as dead, exit 1", f"{lost}, 1", f"{', '.join(dead)}, {listed.returncode}",
                   lost in dead and listed.returncode == 1)
        up = True
        asked = sandbox.run("handoff", "retry", "--dead", "--json", prefix=faked(offset))
        delivered = wait(lambda: ok(sandbox, lost), 20)
        report.add("one command delivers the dead", "delivered", "delivered" if delivered else asked.stderr, delivered)
        if back:
            sandbox.running and service.stop()
            offset += 90_000
            service = serve(sandbox, offset)
            report.add("one whose receiver came back", "delivered", "", wait(lambda: ok(sandbox, back), 20))
        for running in list(sandbox.running):
            running.stop()
        up = False
        clock_set_back(report, sandbox, receiver)


def clock_set_back(report, sandbox, receiver):
    """Two tries are made a day ahead; by the clock of today the third must come within its five minutes."""
    service = serve(sandbox, 86_400 * 20)
    own = client.hand_over(service.port, "clock").json()["id"]
    wait(lambda: n_tries(receiver, own) >= 2, 20)
    time.sleep(0.4)
    service.stop()
    service = serve(sandbox, 86_400 * 19)
    time.sleep(5)
    waits = next_try(sandbox, own, 0) - (time.time() + 86_400 * 19)
    report.at_most("wait after the clock was set back a day", 300 * 1.1, waits, " s")
    service.stop()


def faked(offset: float) -> tuple:
    return ("faketime", "-f", f"{offset:+.0f}s") if offset else ()


def serve(sandbox, offset: float):
    return sandbox.serve(prefix=faked(offset))


def n_tries(receiver, own: str) -> int:
    return len(receiver.by_id().get(own, []))


def ok(sandbox, own: str) -> bool:
    return sandbox.json("handoff", "show", own)["status"] == "delivered"


def next_try(sandbox, own: str, offset: float) -> float:
    told = sandbox.json("handoff", "show", own)["errors"][0]["next_try_at"]
    return datetime.datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp()


def wait(done, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.1)
    return False
