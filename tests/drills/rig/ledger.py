"""The client's list of what was acknowledged, and the four invariants of hand-offs held against it."""

import json
import random
import sqlite3
import threading

from . import client


class Ledger:
    """Ids the client saw acknowledged, by the key each was sent under. Kept outside of what is cut or killed."""

    def __init__(self):
        self.accepted: dict[str, str] = {}
        self.sent: set[str] = set()
        self.conflicts: list[str] = []
        self.lock = threading.Lock()

    def ids(self) -> set[str]:
        with self.lock:
            return set(self.accepted.values())

    def hand_over(self, port: int, key: str, timeout: float = 10, **more) -> client.Reply | None:
        """One hand-off under `key`; `None` when no whole reply came."""
        with self.lock:
            self.sent.add(key)
        try:
            reply = client.hand_over(port, key, key, timeout, **more)
        except client.Broken:
            return None
        if reply.status == 202:
            told = reply.json()["id"]
            with self.lock:
                before = self.accepted.setdefault(key, told)
                if before != told:
                    self.conflicts.append(key)
        return reply

    def plant(self, data) -> None:
        """Loses one acknowledged hand-off that has not been delivered, as a store that acknowledges too early would."""
        with sqlite3.connect(data / "state" / "loket.db", timeout=30) as store:
            found = store.execute("SELECT id FROM handoffs ORDER BY id DESC LIMIT 1").fetchall()
            store.execute("PRAGMA foreign_keys = ON")
            store.executemany("DELETE FROM deliveries WHERE handoff = ?", found)
            store.executemany("DELETE FROM handoffs WHERE id = ?", found)

    def faults(self, receiver, dead: set[str], wait: float = 60) -> dict[str, int]:
        """How often each invariant is broken, once all that is due had its time."""
        missing = receiver.wait_for(self.ids() - dead, wait)
        questions = {delivery.id: json.loads(delivery.body)["data"]["question"]
                     for delivery in list(receiver.deliveries)}
        known = {f"Where is parcel {key}?" for key in self.sent}
        by_question: dict[str, set[str]] = {}
        for own, question in questions.items():
            by_question.setdefault(question, set()).add(own)
        return {
            "lost": len(missing),
            "never sent": sum(question not in known for question in questions.values()),
            "two for one key": sum(len(own) > 1 for own in by_question.values()) + len(self.conflicts),
            "unequal retries": receiver.n_unequal(),
        }


def dead(sandbox) -> set[str]:
    """Ids the command line lists as dead."""
    done = sandbox.run("handoff", "list", "--dead", "--json", "--limit", "100000")
    return {one["id"] for one in json.loads(done.stdout)["handoffs"]}


def seeded(options) -> random.Random:
    """Chance that can be repeated: the seed is in the report."""
    return random.Random(options.seed)
