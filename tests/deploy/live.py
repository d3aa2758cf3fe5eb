"""What of docs/deploy speaks of the binary, held against the real one."""

import http.server
import os
import re
import subprocess
import threading
import time
import json

import files
from rig import client
from rig.receiver import Receiver
from rig.sandbox import ARTICLES, BINARY, Sandbox, free_port, in_threads, webhook


def settings(deploy, report):
    """Every settings file is understood by the binary."""
    for path in sorted(deploy.rglob("loket.toml")):
        own = {key: value for key, value in os.environ.items() if not key.startswith("LOKET_")}
        done = subprocess.run([str(BINARY), "config", "check", "--config", str(path)], env=own, capture_output=True,
                              text=True, cwd=deploy, timeout=60)
        name = path.relative_to(deploy)
        report.add(f"{name}", "understood", "understood" if done.returncode == 0 else done.stderr.strip(), done.returncode == 0)


def health_check(deploy, report):
    """The health check of the image, against a service that lives, one that fails and none."""
    text = (deploy / "Containerfile").read_text().replace("\\\n", " ")
    command = json.loads(re.search(r"^HEALTHCHECK .*?CMD (\[.*\])$", text, re.MULTILINE).group(1))

    def code(port: int) -> int:
        own = [word.replace("/8080 ", f"/{port} ") for word in command]
        assert own != command, "the health check asks another port than the image's"
        return subprocess.run(own, capture_output=True, timeout=20).returncode

    class Failing(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_error(500)

        def log_message(self, *_):
            pass

    with Sandbox() as sandbox:
        sandbox.index()
        service = sandbox.serve()
        report.add("of a service", "0", code(service.port), code(service.port) == 0)
    failing = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Failing)
    threading.Thread(target=failing.serve_forever, daemon=True).start()
    seen = code(failing.server_address[1])
    failing.shutdown()
    report.add("of one that fails", "not 0", seen, seen != 0)
    seen = code(free_port())
    report.add("of none", "not 0", seen, seen != 0)


def exported(text: str) -> dict[str, str]:
    """Names of metrics by their type; a histogram's are those of its series."""
    found = {}
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        # The name of a counter may be written with or without its end here, its series always has it.
        stem = name.removesuffix("_total") + "_total" if kind == "counter" else name
        found.update({stem + end: name for end in ends})
    return found


def metrics(deploy, report):
    """What rules and dashboard ask for is there in /metrics of a service that has done everything once, and back."""
    used = set()
    for expression in files.rule_expressions(deploy) + files.dashboard_expressions(deploy):
        used |= files.metric_names(expression)
    with Receiver() as receiver, Sandbox(webhook(receiver.port), server="queue_length = 1\n") as sandbox:
        sandbox.index()
        service = sandbox.serve()
        client.post(service.port, "/v1/search", {"query": "return an order"})
        client.post(service.port, "/v1/search", {"wrong": 1})
        accepted = client.hand_over(service.port, 1).json()["id"]
        receiver.wait_for({accepted}, 20)

        def crowd(_):
            question = {"question": next(iter(ARTICLES.values()))[:60], "customer": {"id": "c"}}
            return [client.post(service.port, "/v1/answers", question).status for _ in range(20)]

        end = time.monotonic() + 20
        text = ""
        while "loket_refusals" not in text and time.monotonic() < end:
            in_threads(12, crowd)
            text = client.get(service.port, "/metrics").body.decode()
        # A node whose writer is elsewhere, and away.
        service = sandbox.serve(environment={"LOKET_WRITER__ENGINE": "openai", "LOKET_WRITER__MODEL": "away",
                                             "LOKET_WRITER__URL": f"http://127.0.0.1:{free_port()}/v1"})
        for _ in range(3):
            client.post(service.port, "/v1/answers", {"question": "How many days to return an order?", "language": "en",
                                                      "mode": "generated", "customer": {"id": "c"}})
        elsewhere = client.get(service.port, "/metrics").body.decode()
    series = exported(text) | exported(elsewhere)
    asked = {name for name in used if name.startswith("loket_")}
    gone = sorted(asked - set(series))
    report.add("metrics that are asked for and not exported", "none", gone or "none", not gone)
    unseen = sorted({name for own, name in series.items() if not any(other in asked for other, same in series.items() if same == name)})
    report.add("metrics that are exported and never asked for", "none", unseen or "none", not unseen)
    code = subprocess.run([os.environ["PROMTOOL"], "check", "metrics"], input=elsewhere, text=True, capture_output=True)
    report.add("promtool check metrics", "nothing said", (code.stdout + code.stderr).strip() or "nothing said",
               code.returncode == 0 and not code.stderr.strip())


def keys_by_link(deploy, report):
    """`state/keys.json` as a link into a Secret, as the manifests make it: keys hold, and a changed Secret counts."""
    with Sandbox() as sandbox:
        sandbox.index()
        first = sandbox.json("keys", "create", "--scope", "admin", "--name", "one")["key"]
        kept = sandbox.data / "state" / "keys.json"
        # As a Secret is mounted: files are links through a folder that is swapped by rename.
        secret = sandbox.dir / "secret"
        (secret / "v1").mkdir(parents=True)
        kept.rename(secret / "v1" / "keys.json")
        (secret / "..data").symlink_to("v1")
        (secret / "keys.json").symlink_to("..data/keys.json")
        kept.symlink_to(secret / "keys.json")
        service = sandbox.serve()

        def status(key: str | None) -> int:
            return client.get(service.port, "/metrics", {"Authorization": f"Bearer {key}"} if key else None).status

        report.add("with a key, without one", "200, 401", f"{status(first)}, {status(None)}",
                   (status(first), status(None)) == (200, 401))
        other = sandbox.dir / "other"
        done = subprocess.run([str(BINARY), "keys", "create", "--scope", "admin", "--name", "two", "--json", "--data-dir",
                               str(other)], env=sandbox.environment(), capture_output=True, text=True, timeout=60)
        second = json.loads(done.stdout)["key"]
        (secret / "v2").mkdir()
        (other / "state" / "keys.json").rename(secret / "v2" / "keys.json")
        (secret / "..new").symlink_to("v2")
        (secret / "..new").rename(secret / "..data")
        end = time.monotonic() + 10
        while status(second) != 200 and time.monotonic() < end:
            time.sleep(0.1)
        report.add("after the Secret changed: new key, old key", "200, 401", f"{status(second)}, {status(first)}",
                   (status(second), status(first)) == (200, 401))
