"""A real PostgreSQL with pgvector: servers of one's own that can be killed, started again, dumped and restored.

The programs are those `tests/postgres/run` installs. They do not run as root, so they run as `nobody` when the drill is.
"""

import contextlib
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from . import tools

USER = 65534


@functools.cache
def binaries() -> pathlib.Path:
    """The folder with `postgres` and `psql`, as `tests/postgres/run` installs it."""
    given = os.environ.get("LOKET_TEST_POSTGRES_BIN")
    if given:
        return pathlib.Path(given)
    script = pathlib.Path(__file__).resolve().parents[2] / "postgres" / "run"
    done = subprocess.run(["bash", str(script), "printenv", "LOKET_TEST_POSTGRES_BIN"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=300)
    if done.returncode != 0:
        raise tools.Missing(f"no PostgreSQL: {done.stderr.strip()}")
    return pathlib.Path(done.stdout.strip())


def _as_other() -> list[str]:
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.geteuid() == 0 else []


class Server:
    """One server with a data directory of its own on a port of the loopback interface."""

    def __init__(self, settings: dict | None = None):
        from .sandbox import free_port
        self.bin = binaries()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="loket-pg-", dir="/var/tmp"))
        self.data = self.dir / "data"
        self.port = free_port()
        self.settings = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": str(self.dir),
                         "max_connections": "100", "shared_buffers": "256MB", **(settings or {})}
        self.process = None
        if os.geteuid() == 0:
            os.chown(self.dir, USER, USER)
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C.UTF-8")
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _run(self, name: str, *arguments, check: bool = True, **more) -> subprocess.CompletedProcess:
        command = [*_as_other(), self.bin / name, *arguments]
        return subprocess.run([str(word) for word in command], check=check, cwd="/", capture_output=True, text=True, **more)

    def url(self, database: str = "postgres", more: str = "") -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}{more}"

    def start(self, seconds: float = 30) -> float:
        """Starts it, also after a kill; gives the seconds until it took connections."""
        began = time.monotonic()
        end = began + seconds
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        while True:
            log = (self.dir / "log").open("a")
            self.process = subprocess.Popen([*_as_other(), str(self.bin / "postgres"), "-D", str(self.data), *options],
                                            stdout=log, stderr=log, cwd="/", start_new_session=True)
            while self.process.poll() is None and time.monotonic() < end:
                if self.is_up():
                    return time.monotonic() - began
                time.sleep(0.02)
            # Children of one that was killed may hold its memory for a moment yet.
            if time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start: {(self.dir / 'log').read_text()[-2000:]}")
            time.sleep(0.1)

    def is_up(self) -> bool:
        return self._run("pg_isready", "-q", "-h", "127.0.0.1", "-p", self.port, check=False).returncode == 0

    def kill(self):
        """SIGKILL to the server and to every process of its own: what a crash of the machine's software does."""
        group = self.process.pid
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(group)], capture_output=True, text=True).stdout.split()
        for pid in [group, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def sql(self, text: str, database: str = "postgres") -> list[list[str]]:
        """Rows of a statement, as texts."""
        done = self._run("psql", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-d", database, "-XAtq", "-F", "\t",
                         "-v", "ON_ERROR_STOP=1", "-c", text, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{text[:200]}: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def dump(self, file: pathlib.Path, schema: str = "loket", database: str = "postgres"):
        """A consistent copy of a schema that is in use, as an operator makes it."""
        with file.open("wb") as out:
            done = subprocess.run([str(self.bin / "pg_dump"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-Fc",
                                   "-n", schema, "-d", database], stdout=out, stderr=subprocess.PIPE, cwd="/", timeout=600)
        if done.returncode != 0:
            raise RuntimeError(f"pg_dump: {done.stderr.decode()[-500:]}")

    def restore(self, file: pathlib.Path, database: str = "postgres"):
        """Puts such a copy into a database."""
        with file.open("rb") as source:
            done = subprocess.run([str(self.bin / "pg_restore"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres",
                                   "-d", database], stdin=source, capture_output=True, cwd="/", timeout=600)
        if done.returncode != 0:
            raise RuntimeError(f"pg_restore: {done.stderr.decode()[-500:]}")

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        if not os.environ.get("KEEP_DRILLS"):
            shutil.rmtree(self.dir, ignore_errors=True)
