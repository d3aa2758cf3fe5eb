"""G1 remote writer: it is killed in mid-stream, and every question still ends in a checked answer or with a person, in time.

A service has its answers written by another process. Half of the times that is `loket serve-models` with the tiny writer,
half a writer of the drill that says true and false things about the articles; it is killed with SIGKILL after a chance
number of events of its stream. What stands in is the articles' own words, or the tiny writer of the service, in turn;
answers begin with the writer or with a statement, in turn. Bars: some replies are worded in part before the cut; 0 replies
after the deadline, 0 without an outcome, 0 sentences without a citation whose bytes are the article's, 0 false
sentences, 0 replies without a person; every kill was in mid-stream.

--plant has the service wait 8 s for a token that does not come, from a writer that is stopped and not killed, with no deadline
to speak of: the second bar must then be missed.
"""

import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import threading
import time

from rig import client
from rig.sandbox import BINARY, Sandbox, free_port

DEADLINE_SECONDS = 4.0
QUESTIONS = [
    "How many days do I have to return an order?",
    "Who pays for the return label?",
    "How long does a parcel take?",
    "Hoeveel dagen heb ik om een bestelling te retourneren?",
]
FALSE = "You have 90 days to return an order."
# What the drill's own writer says, a piece at a time.
SAID = ["You ", "have ", "14 days ", "to return ", "an order. ", "You have ", "90 days ", "to return ", "an order. ",
        "The buyer ", "pays 7.95 euro ", "for the return label. ", "A parcel ", "takes three days. "]

WRITER = """
import http.server, json, sys, time
SAID = json.loads(sys.argv[2])
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def reply(self, body):
        self.send_response(200); self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_GET(self):
        self.reply(json.dumps({"data": [{"id": "m", "owned_by": "vllm"}]}).encode())
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not request.get("stream"):
            top = [{"token": "Yes", "logprob": -0.05}, {"token": "No", "logprob": -3.0}]
            return self.reply(json.dumps({"choices": [{"message": {"content": "Yes"}, "logprobs": {"content": [
                {"token": "Yes", "logprob": -0.05, "top_logprobs": top}]}}]}).encode())
        self.send_response(200); self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close"); self.end_headers()
        for text in SAID:
            event = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
            self.wfile.write(b"data: " + json.dumps(event).encode() + b"\\n\\n"); self.wfile.flush()
            time.sleep(0.005)
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        self.wfile.write(b"data: " + json.dumps(end).encode() + b"\\n\\ndata: [DONE]\\n\\n")
        self.close_connection = True
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Provider:
    """A process that writes, started anew after each kill, on one port."""

    def __init__(self, sandbox: Sandbox, kind: str):
        self.sandbox = sandbox
        self.kind = kind
        self.port = free_port()
        self.process: subprocess.Popen | None = None

    def start(self):
        if self.kind == "own":
            command = [sys.executable, "-c", WRITER, str(self.port), json.dumps(SAID)]
        else:
            command = [str(BINARY), "serve-models", "--bind", f"127.0.0.1:{self.port}", "--json", "--config",
                       str(self.sandbox.dir / "loket.toml")]
        environment = self.sandbox.environment(LOKET_MODELS__WRITER="tiny-writer")
        self.process = subprocess.Popen(command, cwd=self.sandbox.dir, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            if self.process.poll() is not None:
                raise RuntimeError("the provider ended at its start")
            time.sleep(0.01)
        raise RuntimeError("the provider does not listen")

    def kill(self, how: int = signal.SIGKILL):
        if self.process is not None:
            os.kill(self.process.pid, how)

    def end(self):
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()
            self.process = None


class Line:
    """The wire between both: passes everything on, and says so when `after` events of a stream have passed."""

    def __init__(self, provider: Provider):
        self.provider = provider
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.after: int | None = None
        self.cut = threading.Event()
        self.how = signal.SIGKILL
        threading.Thread(target=self.accept, daemon=True).start()

    def arm(self, after: int | None, how: int = signal.SIGKILL):
        self.after, self.how = after, how
        self.cut.clear()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            threading.Thread(target=self.join, args=(near,), daemon=True).start()

    def join(self, near: socket.socket):
        try:
            far = socket.create_connection(("127.0.0.1", self.provider.port), 5)
            far.settimeout(None)
        except OSError:
            near.close()
            return
        threading.Thread(target=self.carry, args=(near, far, False), daemon=True).start()
        self.carry(far, near, True)

    def carry(self, source: socket.socket, sink: socket.socket, counts: bool):
        n, is_stream = 0, False
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if counts:
                    is_stream = is_stream or b"text/event-stream" in data
                    if is_stream and self.after is not None:
                        # Event by event, so that the kill comes between two of them.
                        events = data.split(b"\n\n")
                        for place, event in enumerate(events):
                            last = place == len(events) - 1
                            sink.sendall(event if last else event + b"\n\n")
                            n += 0 if last else 1
                            if n >= self.after and not self.cut.is_set():
                                self.cut.set()
                                self.provider.kill(self.how)
                                if self.how == signal.SIGKILL:
                                    raise OSError("cut")
                        continue
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def settings(line: Line, opening: str, fallback: str, plant: bool) -> str:
    sure = "1.0" if opening == "writer" else "0.7"
    first, wait = (8_000, 8_000) if plant else (2_500, 1_000)
    return (
        f"[answer]\nsure_confidence = {sure}\nwriter_deadline_ms = {60_000 if plant else 3_000}\n"
        "[answer.memory]\nenabled = false\n"
        f'[writer]\nengine = "openai"\nurl = "http://127.0.0.1:{line.port}/v1"\nmodel = "{line.provider.kind_model}"\n'
        f'fallback = "{fallback}"\nfirst_token_timeout_ms = {first}\ntoken_timeout_ms = {wait}\n'
        # Every question is to meet the endpoint, not the breaker.
        "breaker_failures = 1000\n"
    )


def wrong_citations(reply: dict, kb: pathlib.Path) -> int:
    """Sentences that no bytes of an article bear out."""
    wrong = 0
    for sentence in reply["sentences"]:
        good = bool(sentence["citations"])
        for citation in sentence["citations"]:
            file = kb / citation["language"] / f"{citation['article']}.md"
            data = file.read_bytes()[citation["start"]:citation["end"]]
            good = good and data == citation["quote"].encode()
        wrong += not good
    return wrong


def run(options, report):
    cycles = options.cycles or (8 if options.plant else 200)
    chance = random.Random(options.seed)
    late, without_outcome, unborne, false, without_person, n_cut = 0, 0, 0, 0, 0, 0
    counted: dict[str, int] = {}
    latest = 0.0
    kinds = [(kind, opening, fallback) for kind in ("own", "loket") for opening in ("writer", "statement")
             for fallback in ("extractive", "local")]
    server = f"answer_deadline_ms = {60_000 if options.plant else int(DEADLINE_SECONDS * 1000)}\n"
    for number, (kind, opening, fallback) in enumerate(kinds):
        n = cycles // len(kinds) + (number < cycles % len(kinds))
        if not n:
            continue
        with Sandbox(server=server) as sandbox:
            provider = Provider(sandbox, kind)
            provider.kind_model = "m" if kind == "own" else "tiny-writer"
            line = Line(provider)
            sandbox.write_settings(settings=settings(line, opening, fallback, options.plant))
            sandbox.index()
            provider.start()
            writer = {"LOKET_MODELS__WRITER": "tiny-writer"} if fallback == "local" else {}
            service = sandbox.serve(environment=writer)
            own_cut, tries = 0, 0
            # On a busy machine the tiny writer's first token may come too late to be cut; that one is asked again.
            while own_cut < n and tries < 4 * n:
                tries += 1
                if provider.process is None:
                    provider.start()
                line.arm(chance.randint(1, 12), signal.SIGSTOP if options.plant else signal.SIGKILL)
                body = {"question": chance.choice(QUESTIONS), "mode": chance.choice(["auto", "auto", "generated"])}
                reply = client.post(service.port, "/v1/answers", body, timeout=60)
                latest = max(latest, reply.seconds)
                late += reply.seconds > DEADLINE_SECONDS + 0.5
                own_cut += line.cut.is_set()
                provider.end()
                told = reply.json() if reply.status == 200 else {}
                outcome = told.get("outcome")
                worded = (told.get("models") or {}).get("writer")
                name = f"{outcome}, worded by {worded}" if worded else f"{outcome}"
                counted[name] = counted.get(name, 0) + 1
                without_outcome += outcome not in ("answered", "escalated", "clarify")
                unborne += wrong_citations(told, sandbox.kb) if told else 1
                false += FALSE.rstrip(".") in told.get("text", "")
                without_person += not client.has_email(told.get("contact"))
            provider.end()
            n_cut += own_cut
    report.note(f"{n_cut} kills in {sum(counted.values())} questions: {counted}; latest reply {latest:.2f} s")
    # Otherwise nothing of a stream was ever believed, and the bars say little.
    n_worded = sum(n for name, n in counted.items() if "@remote" in name)
    report.at_least("replies worded in part before the cut", 1, n_worded)
    report.none("replies after the deadline", late)
    report.none("replies without an outcome", without_outcome)
    report.none("sentences no article bears out", unborne)
    report.none("false sentences", false)
    report.none("replies without a person", without_person)
    report.at_least("streams that were cut", cycles, n_cut)
