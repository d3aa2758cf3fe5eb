#!/usr/bin/env python3
"""Real clients against the real binary: python3 tests/clients/run.py [openai] [mcp]

Starts `loket serve` on the tiny encoder and has PyPI's `openai` and `mcp` speak to it. Prints one line a check; the exit
code is 1 when one failed. The packages go into a virtual environment below ~/.cache/loket.
"""

import asyncio
import importlib.util
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "drills"))

PYTHON = {"openai": "openai==3.*", "mcp": "mcp==2.*"}
QUESTION = "How many days do I have to return an order?"
NO_ANSWER = "Which planet has the most moons?"

failures = 0


def check(what: str, ok, seen=""):
    global failures
    failures += not ok
    print(f"{'ok' if ok else 'FAILED'} {what}{'' if ok else f': {seen}'}", flush=True)


def in_environment():
    """Runs this program again where the packages are, and makes that place when there is none."""
    if all(importlib.util.find_spec(name) for name in PYTHON) or os.environ.get("LOKET_CLIENTS_ENV"):
        return
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    where = cache / "loket" / "clients-venv"
    python = where / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", where], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PYTHON.values()], check=True)
    os.environ["LOKET_CLIENTS_ENV"] = "1"
    os.execv(python, [str(python), *sys.argv])


def speak_openai(url: str):
    import openai

    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    models = [model.id for model in client.models.list()]
    check("openai lists the models", models == ["loket", "loket-extractive"], models)

    messages = [{"role": "system", "content": "Answer in rhymes."}, {"role": "user", "content": QUESTION}]
    reply = client.chat.completions.create(model="loket", messages=messages, temperature=0.3)
    said = reply.choices[0].message.content
    check("openai gets an answer", "14 days" in said and reply.choices[0].finish_reason == "stop", said)
    known = reply.model_extra["loket"]
    cited = all(sentence["citations"] for sentence in known["sentences"])
    check("openai gets citations", known["outcome"] == "answered" and cited and known["sources"], known)

    chunks = list(client.chat.completions.create(
        model="loket", messages=messages, stream=True, stream_options={"include_usage": True}))
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    check("openai streams the same", streamed == said, (streamed, said))
    check("openai ends the stream", chunks[-2].choices[0].finish_reason == "stop" and chunks[-1].usage is not None)

    lost = client.chat.completions.create(model="loket-extractive", messages=[{"role": "user", "content": NO_ANSWER}])
    text = lost.choices[0].message.content
    check("openai is told how to reach a person", "Email" in text and lost.choices[0].finish_reason == "stop", text)
    dutch = client.chat.completions.create(
        model="loket", messages=[{"role": "user", "content": QUESTION}], extra_body={"loket": {"language": "nl"}})
    check("openai takes the language", dutch.model_extra["loket"]["language"] == "nl", dutch.model_extra)

    for what, wrong, error in (
        ("an unknown model", {"model": "gpt-4o", "messages": messages}, openai.NotFoundError),
        ("no question", {"model": "loket", "messages": messages[:1]}, openai.BadRequestError),
    ):
        try:
            client.chat.completions.create(**wrong)
            check(f"openai is refused {what}", False, "answered")
        except error as refused:
            check(f"openai is refused {what}", bool(refused.body.get("message")) and refused.code, refused)


async def speak_mcp(url: str, mode: str) -> str:
    from mcp import Client

    async with Client(f"{url}/mcp", mode=mode) as client:
        name = f"mcp {client.protocol_version}"
        check(f"{name} agrees on a version", client.server_info.name == "loket", client.server_info)
        tools = [tool.name for tool in (await client.list_tools()).tools]
        check(f"{name} lists the tools", tools == ["search_help_center", "get_article", "ask", "escalate_to_human"], tools)

        # The client itself holds what comes back against the schema of the tool.
        found = await client.call_tool("search_help_center", {"query": "return an order"})
        hits = found.structured_content["hits"]
        check(f"{name} searches", not found.is_error and hits[0]["article"] == "return-an-order", hits)
        article = await client.call_tool("get_article", {"id": "return-an-order", "language": "nl"})
        check(f"{name} reads an article", "retourneren" in article.content[0].text, article)
        answer = await client.call_tool("ask", {"question": QUESTION})
        data = answer.structured_content
        check(f"{name} gets an answer", data["outcome"] == "answered" and "14 days" in answer.content[0].text, answer)
        check(f"{name} gets citations", all(one["citations"] for one in data["sentences"]), data)
        wrong = await client.call_tool("get_article", {"id": "nothing"})
        check(f"{name} is told what is wrong", wrong.is_error and "not_found" in wrong.content[0].text, wrong)

        handoff = {"question": "Where is my parcel?", "language": "en", "method": "email", "email": "a@example.org",
                   "share_conversation": False, "confirmed_by_customer": False}
        refused = await client.call_tool("escalate_to_human", handoff)
        check(f"{name} asks for the customer's word", refused.is_error and "confirmed" in refused.content[0].text, refused)
        done = await client.call_tool("escalate_to_human", handoff | {"confirmed_by_customer": True})
        check(f"{name} hands over", not done.is_error and done.structured_content["id"].startswith("esc_"), done)
        return done.structured_content["id"]


def main() -> int:
    in_environment()
    from rig.sandbox import Sandbox

    wanted = sys.argv[1:] or list(PYTHON)
    began = time.monotonic()
    with Sandbox() as sandbox:
        sandbox.index()
        service = sandbox.serve()
        if "openai" in wanted:
            speak_openai(service.url)
        if "mcp" in wanted:
            for mode in ("auto", "legacy"):
                id = asyncio.run(speak_mcp(service.url, mode))
                stored = sandbox.json("handoff", "show", id)
                check(f"the hand-off of mcp ({mode}) is stored", id in str(stored), stored)
    print(f"{failures} failed, {time.monotonic() - began:.1f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
