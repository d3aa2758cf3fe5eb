"""Load: what a service can do, and questions that no memory can answer."""

import asyncio
import multiprocessing
import shutil
import time

from . import client
from .sandbox import REPOSITORY, Sandbox, shipped_models


def sandbox(settings: str = "", server: str = "") -> Sandbox:
    """The sample help center under the shipped encoder where it is there, otherwise the tiny one's. Indexed.

    The index is kept beside the models, since making it takes longer than most drills.
    """
    if not any(shipped_models().glob("**/e5-small-q4.bin")):
        own = Sandbox(settings, server)
        own.index()
        return own
    own = Sandbox(settings, server, shipped=True, kb=REPOSITORY / "knowledge_base")
    kept = shipped_models().parent / "drills-index"
    if kept.exists():
        shutil.copytree(kept, own.data / "index")
    own.index()
    if not kept.exists():
        shutil.copytree(own.data / "index", kept)
    return own


QUESTIONS = ("How long do I have to return an order?", "When is my payout sent?", "Who pays for the return label?",
             "Wanneer krijg ik mijn geld?", "How long does a parcel take?", "Can I cancel my order?",
             "Wie bezahle ich?", "¿Cómo devuelvo un pedido?")


def asked(n: int) -> dict:
    """A question with a customer, which is never answered from memory."""
    return {"question": QUESTIONS[n % len(QUESTIONS)], "customer": {"id": f"c-{n}"}, "mode": "extractive"}


def question(n: int):
    return client.request("/v1/answers", asked(n))


def capacity(service, seconds: float = 8) -> float:
    """Answers a second, one after the other, once the first ones have warmed it up."""
    for n in range(10):
        client.post(service.port, "/v1/answers", asked(n))
    began = time.monotonic()
    n = 0
    while time.monotonic() - began < seconds:
        reply = client.post(service.port, "/v1/answers", asked(n))
        assert reply.status == 200, reply.body
        n += 1
    return n / (time.monotonic() - began)


def kind(reply: client.Reply) -> str:
    """What became of a question: `done`, `refused` by a full queue or a limit, `late`, or `broken`."""
    if reply.status in (429, 503):
        return "refused"
    if reply.status != 200:
        return "broken"
    told = reply.json()
    if told.get("reason") != "overloaded":
        return "done"
    # Refused at once, or admitted and out of time.
    return "refused" if told["timings_ms"]["total"] < 1_000 else "late"


def blunt(reply: client.Reply) -> bool:
    """A refusal that does not say when to come back, or how to reach a person."""
    after = reply.headers.get("retry-after", "")
    return not after.isdigit() or int(after) < 1 or not client.has_email(reply.json().get("contact"))


def _judged(reply: client.Reply) -> tuple[str, float, bool]:
    own = kind(reply)
    return own, reply.seconds, own == "refused" and blunt(reply)


def _ask(port: int, rate: float, seconds: float, most: int, told):
    told.put([_judged(reply) for reply in asyncio.run(client.open_loop(port, rate, seconds, question, most=most))])


def asking(service, rate: float, seconds: float, most: int = 4_000):
    """Sends questions from a process of its own, so that the times of others are not those of a busy client. Gives what
    waits for them: a list of kind, seconds, and whether it was a blunt refusal."""
    told = multiprocessing.Queue()
    process = multiprocessing.Process(target=_ask, args=(service.port, rate, seconds, most, told))
    process.start()

    def end():
        replies = told.get(timeout=seconds + 120)
        process.join()
        return replies

    return end


def kinds(replies) -> dict:
    counted: dict[str, int] = {}
    for own, *_ in replies:
        counted[own] = counted.get(own, 0) + 1
    return counted
