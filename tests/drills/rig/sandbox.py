"""A folder of its own with articles, a model and settings, and the real binary run in it."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from . import client

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "debug"
BINARY = pathlib.Path(os.environ.get("LOKET_BIN", TARGET / "loket"))
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
READY_SECONDS = 5.0

ARTICLES = {
    "en/return-an-order.md": "---\ntopics: [refunds]\n---\n# Return an order\n\nYou have 14 days to return an order. "
    "The days count from the delivery.\n\n## Costs\n\nThe buyer pays 7.95 euro for the return label.\n",
    "en/seller-payout.md": "---\naudience: [seller]\ntopics: [payouts]\n---\n# When is my payout sent?\n\nWe send your "
    "payout 3 days after the buyer has received the object.\n",
    "en/parcels.md": "# Parcels\n\nA parcel takes three days.\n",
    "nl/return-an-order.md": "---\ntopics: [refunds]\n---\n# Een bestelling retourneren\n\nJe hebt 14 dagen om een "
    "bestelling te retourneren. De dagen tellen vanaf de bezorging.\n",
}

# A random encoder's similarities mean nothing, so confidence rests on words alone.
ON_WORDS = (
    "[answer.fusion]\narticle = { coverage = 100.0 }\n"
    "[answer.calibration]\nintercept = 6.5\nweights = { unknown = -10.0 }\n"
)


def shipped_models() -> pathlib.Path:
    """Where `loket models pull` puts the shipped models."""
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("LOKET_MODELS_DIR") or pathlib.Path(cache) / "loket" / "models")


def webhook(port: int, path: str = "/hook", secret: str = SECRET, more: str = "") -> str:
    """The settings of a destination on this machine."""
    return (
        f'[support.destinations.desk.via]\ntype = "webhook"\nurl = "http://127.0.0.1:{port}{path}"\n'
        f'secret = "{secret}"\nallow = ["127.0.0.1"]\n{more}'
    )


class Sandbox:
    """Articles, the tiny encoder (or the shipped one) and settings below one temporary folder."""

    def __init__(self, settings: str = "", server: str = "", shipped: bool = False, data: pathlib.Path | None = None,
                 articles: dict | None = None, kb: pathlib.Path | None = None):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="loket-drill-"))
        self.data = data or self.dir / "data"
        maker = TARGET / "examples" / "tiny_encoder"
        # The shipped encoder does as well where the tiny one has not been built; a start takes longer.
        self.shipped = shipped or not maker.exists()
        self.models = shipped_models() if self.shipped else self.dir / "models"
        self.kb = kb or self.dir / "kb"
        self.server = server
        self.settings = settings
        self.running: list[Service] = []
        # Settings by the environment, for whatever is run here.
        self.more: dict[str, str] = {}
        if kb is None:
            for path, text in (ARTICLES if articles is None else articles).items():
                self.write_article(path, text)
        if not self.shipped:
            subprocess.run([maker, self.dir / "source"], check=True)
        self.write_settings()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for service in list(self.running):
            service.kill()
        if not os.environ.get("KEEP_DRILLS"):
            shutil.rmtree(self.dir, ignore_errors=True)

    def write_article(self, path: str, text: str):
        file = self.kb / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def write_settings(self, settings: str | None = None, server: str | None = None):
        """Writes the settings; what is not given stays as it was."""
        self.settings = self.settings if settings is None else settings
        self.server = self.server if server is None else server
        models = (
            f'[models]\ndir = "{self.models}"\nwriter = "none"\noffline = true\n'
            if self.shipped
            else f'[models]\ndir = "{self.models}"\nencoder = "tiny-encoder"\nwriter = "none"\n'
            f'catalogue = "{self.dir}/source/catalogue.toml"\nfolder = "{self.dir}/source"\noffline = true\n'
        )
        words = "" if self.shipped else ON_WORDS
        (self.dir / "loket.toml").write_text(
            f'{models}[index]\nkb = "{self.kb}"\ndata_dir = "{self.data}"\n{words}'
            f'[server]\nbind = "127.0.0.1:0"\n{self.server}\n{self.settings}'
        )

    def environment(self, **more: str) -> dict:
        """The environment of the binary: nothing of ours that would change its settings."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("LOKET_")}
        return {**own, "NO_COLOR": "1", **self.more, **more}

    def run(self, *args: str, prefix: tuple = (), timeout: float = 120) -> subprocess.CompletedProcess:
        """Runs a command to its end."""
        command = [*map(str, prefix), str(BINARY), *args, "--config", str(self.dir / "loket.toml")]
        return subprocess.run(command, cwd=self.dir, env=self.environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout)

    def json(self, *args: str, code: int = 0):
        """What a command prints as JSON."""
        done = self.run(*args, "--json")
        assert done.returncode == code, f"{args}: exit {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def index(self):
        """Brings the index up to date, so that a start is only a start."""
        done = self.run("index", "--json", timeout=900)
        assert done.returncode == 0, done.stderr

    def serve(self, prefix: tuple = (), wait: bool = True, arguments: tuple = (), environment: dict | None = None):
        """Starts the service; it is ready when this returns, unless `wait` is false."""
        service = Service(self, prefix, arguments, environment or {})
        self.running.append(service)
        if wait:
            service.wait_ready()
        return service


class Service:
    """A running `loket serve`."""

    def __init__(self, sandbox: Sandbox, prefix: tuple, arguments: tuple, environment: dict):
        self.sandbox = sandbox
        self.log = sandbox.dir / f"serve-{len(list(sandbox.dir.glob('serve-*')))}.log"
        command = [*map(str, prefix), str(BINARY), "serve", "--json", *arguments,
                   "--config", str(sandbox.dir / "loket.toml")]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command, cwd=sandbox.dir, env=sandbox.environment(**environment), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log.open("w"), text=True, start_new_session=True,
        )
        text = ""
        while not text.rstrip().endswith("}"):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"the service ended at its start: {self.log.read_text()[-2000:]}")
            text += line
        self.url = json.loads(text)["url"]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.pid = self.process.pid if not prefix else self._child()

    def _child(self) -> int:
        """The service below the tool that runs it."""
        name = str(BINARY)
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if words and words[0].decode() == name and os.getsid(int(entry.name)) == self.process.pid:
                    return int(entry.name)
        return self.process.pid

    def wait_ready(self, seconds: float = 30) -> float:
        """Waits for /readyz and gives the seconds since the start."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError, client.Broken):
                if client.get(self.port, "/readyz").status == 200:
                    return time.monotonic() - self.started
            if self.process.poll() is not None:
                raise RuntimeError(f"the service ended: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)
        raise RuntimeError(f"not ready after {seconds} s: {self.log.read_text()[-2000:]}")

    def kill(self):
        """SIGKILL to the service and whatever runs it."""
        for process in {self.pid, self.process.pid}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        if self in self.sandbox.running:
            self.sandbox.running.remove(self)

    def stop(self, seconds: float = 30) -> float:
        """SIGTERM; gives the seconds until the end."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        self.process.wait(seconds)
        self.process.stdout.close()
        self.sandbox.running.remove(self)
        return time.monotonic() - began

    def logged(self) -> str:
        return self.log.read_text(errors="replace")

    def resident_kib(self) -> int:
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    def n_descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def in_threads(n: int, work):
    """Runs `work(number)` in `n` threads and gives what each returned, in order."""
    results: list = [None] * n
    failures: list = []

    def one(number: int):
        try:
            results[number] = work(number)
        except Exception as error:  # told below, in the caller's thread
            failures.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results
