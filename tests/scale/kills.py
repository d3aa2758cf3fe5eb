"""Nodes and the database are killed under load."""

import time

from nodes import MARKERS, Clients, Deployment, HandOffs, out_of, until
from rig import client, ledger
from rig.receiver import Receiver
from rig.sandbox import free_port, in_threads, webhook


def nodes(server, options, report):
    """One of two nodes is killed and started again, some times over."""
    book = ledger.Ledger()
    chance = ledger.seeded(options)
    cycles = options.cycles or 5
    with Receiver() as receiver, Deployment(server, webhook(receiver.port), {"LOKET_POSTGRES__SCHEMA": "kill_nodes"}) as deployment:
        deployment.edit(MARKERS[0])
        ports = [free_port(), free_port()]
        stays = deployment.node("a", ports[0])
        goes = deployment.node("b", ports[1])
        there = list(ports)
        with Clients(deployment, there) as clients, HandOffs(book, there):
            for _ in range(cycles):
                time.sleep(chance.uniform(0.8, 2.0))
                goes.kill()
                # A proxy finds out a moment later, and sends again when /readyz says so.
                time.sleep(1)
                with out_of(there, ports[1]):
                    goes = deployment.node("b", ports[1])
        faults = book.faults(receiver, ledger.dead(deployment), 90)
        seen = clients.seen
    report.note(f"{cycles} kills; {seen.n} replies held against the articles, {len(book.ids())} hand-offs acknowledged; "
                f"{len(seen.failed.get(ports[1], []))} requests failed at the node that was killed")
    report.at_least("hand-offs acknowledged", 50, len(book.ids()))
    for what, n in faults.items():
        report.none(f"hand-offs {what}", n)
    report.none("wrong answers", len(seen.wrong))
    report.none("requests failed at the node that stayed", len(seen.failed.get(stays.port, [])))


def database(server, options, report):
    """PostgreSQL is killed and started again, some times over."""
    book = ledger.Ledger()
    cycles = options.cycles or 3
    back = []
    with Receiver() as receiver, Deployment(server, webhook(receiver.port), {"LOKET_POSTGRES__SCHEMA": "kill_database"}) as deployment:
        deployment.edit(MARKERS[0])
        ports = [free_port(), free_port()]
        for name, port in zip("ab", ports):
            deployment.node(name, port)

        def works(number: int) -> float:
            port = ports[number % 2]
            if number < 2:
                body = {"query": "How long does a parcel take?", "language": "en"}
                return until(lambda: client.post(port, "/v1/search", body).status == 200, 60, f"search at node {port}")
            return until(lambda: book.hand_over(port, f"back-{cycle}-{port}-{time.monotonic()}").status == 202, 60, f"hand-off at {port}")

        with Clients(deployment, ports) as clients, HandOffs(book, ports) as people:
            for cycle in range(cycles):
                time.sleep(2)
                server.kill()
                time.sleep(3)
                server.start()
                back.append(max(in_threads(4, works)))
            time.sleep(1)
        faults = book.faults(receiver, ledger.dead(deployment), 120)
        seen = clients.seen
    blunt = [reply for reply in people.refused if not client.has_email(reply.json().get("contact"))]
    report.note(f"{cycles} kills; {seen.n} replies held against the articles, {len(book.ids())} hand-offs acknowledged, "
                f"{len(people.refused)} refused while the database was gone; back after {', '.join(f'{one:.2f}' for one in back)} s")
    report.at_most("both nodes search and hand over again after its return", 5.0, max(back), " s")
    for what, n in faults.items():
        report.none(f"hand-offs {what}", n)
    report.none("refusals without a way to a person", len(blunt))
    report.none("wrong answers", len(seen.wrong))
