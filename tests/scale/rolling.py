"""A new generation every few seconds, and nodes that are restarted one by one, under load."""

import time

from nodes import MARKERS, Clients, Deployment, HandOffs, out_of, until
from rig import client, ledger
from rig.receiver import Receiver
from rig.sandbox import free_port, webhook


def serving(port: int) -> str:
    return client.get(port, "/v1/version").json().get("generation")


def reindex(server, options, report):
    """Editions of the articles are indexed while two nodes serve."""
    book = ledger.Ledger()
    took = []
    with Receiver() as receiver, Deployment(server, webhook(receiver.port), {"LOKET_POSTGRES__SCHEMA": "rolling_index"}) as deployment:
        deployment.edit(MARKERS[0])
        ports = [free_port(), free_port()]
        for name, port in zip("ab", ports):
            deployment.node(name, port)
        with Clients(deployment, ports) as clients, HandOffs(book, ports):
            for marker in MARKERS[1:(options.cycles or 8) + 1]:
                time.sleep(1)
                generation = deployment.edit(marker)
                took.append(until(lambda: all(clients.seen.generations.get(generation, set()) >= {port} for port in ports), 30,
                                  f"both nodes serve {generation}"))
        faults = book.faults(receiver, ledger.dead(deployment), 90)
        seen = clients.seen
    report.note(f"{len(took)} editions; {seen.n} replies held against the articles of the generation they name, of {len(seen.generations)}")
    told(report, seen, faults)
    report.at_least("generations seen", len(took), len(seen.generations))
    report.at_most("seen at both nodes after the build", 5.0, max(took), " s")
    report.none("requests failed", sum(len(own) for own in seen.failed.values()))


def restart(server, options, report):
    """Each node is taken out of the proxy, stopped and started again, some times over, with an edition in between."""
    book = ledger.Ledger()
    cycles = options.cycles or 4
    with Receiver() as receiver, Deployment(server, webhook(receiver.port), {"LOKET_POSTGRES__SCHEMA": "rolling_restart"}) as deployment:
        deployment.edit(MARKERS[0])
        ports = [free_port(), free_port()]
        running = {name: deployment.node(name, port) for name, port in zip("ab", ports)}
        there = list(ports)
        with Clients(deployment, there) as clients, HandOffs(book, there):
            for cycle in range(cycles):
                for name, port in zip("ab", ports):
                    time.sleep(0.5)
                    with out_of(there, port):
                        running[name].stop()
                        running[name] = deployment.node(name, port)
                deployment.edit(MARKERS[cycle + 1])
        faults = book.faults(receiver, ledger.dead(deployment), 90)
        seen = clients.seen
    report.note(f"{2 * cycles} restarts, {cycles} editions; {seen.n} replies held against the articles of {len(seen.generations)}")
    told(report, seen, faults)
    failed = [what for own in seen.failed.values() for what in own]
    report.none("requests failed", len(failed))
    if failed:
        report.note(f"they were {sorted(set(failed))[:5]}")


def told(report, seen, faults):
    for what, n in faults.items():
        report.none(f"hand-offs {what}", n)
    report.none("replies of mixed or wrong generations", len(seen.wrong))
    if seen.wrong:
        report.note(f"the first of them: {seen.wrong[:3]}")
