"""C3 slow clients: connections that drip, stall or say nothing are closed, and others are served meanwhile.

slowhttptest with 1,000 connections in each of its modes (-H slow headers, -B slow bodies, -X slow reading), then 1,000
silent connections, each for 60 s, while an ordinary client asks ten times a second. Bars: at least 99 % of the ordinary
requests succeed; no silent or dripping connection lives longer than 30 s (and a second); descriptors stay below those
connections and 200 more.

--plant raises the time limits to ten minutes (`body_timeout_ms`, `header_timeout_ms`): `longest life`
must then be missed.
"""

import resource
import select
import socket
import subprocess
import threading
import time

from rig import client, tools
from rig.sandbox import Sandbox

CONNECTIONS = 1_000


def run(options, report):
    tools.need("slowhttptest")
    seconds = int(options.seconds or 60)
    resource.setrlimit(resource.RLIMIT_NOFILE, (8_192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with Sandbox(server="body_timeout_ms = 600000\nheader_timeout_ms = 600000\n" if options.plant else "") as sandbox:
        sandbox.index()
        service = sandbox.serve()
        base = service.n_descriptors()
        for mode, arguments in (
            ("slow headers", ("-H", "-i", "5", "-u", f"{service.url}/v1/version")),
            ("slow bodies", ("-B", "-i", "5", "-s", "8192", "-u", f"{service.url}/v1/answers", "-f", "application/json")),
            ("slow reading", ("-X", "-w", "1", "-y", "8", "-n", "5", "-z", "8", "-u", f"{service.url}/v1/version")),
        ):
            tool = subprocess.Popen(["slowhttptest", "-c", str(CONNECTIONS), "-r", "200", "-l", str(seconds), "-p", "3",
                                     *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            judge(report, mode, service, base, seconds)
            tool.terminate()
            tool.wait()
        lives = []
        keep = threading.Thread(target=lambda: lives.extend(live(service.port, CONNECTIONS, seconds)))
        keep.start()
        judge(report, "silent", service, base, seconds)
        keep.join()
        report.at_most("silent: longest life", 31.0, max(lives), " s")
        for what, first in (("half a head", b"GET /v1/version HTTP/1.1\r\nHost: a\r\n"),
                            ("half a body", b"POST /v1/answers HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                            b"Content-Length: 5000\r\n\r\n{"),
                            ("idle after a reply", b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")):
            report.at_most(f"{what}: longest life", 31.0, max(live(service.port, 20, 45, first)), " s")


def judge(report, mode: str, service, base: int, seconds: float):
    """An ordinary client beside them."""
    ok = n = most = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        n += 1
        try:
            ok += client.get(service.port, "/v1/contact-methods?language=en", timeout=5).status == 200
        except client.Broken:
            pass
        most = max(most, service.n_descriptors())
        time.sleep(0.1)
    report.at_least(f"{mode}: ordinary requests that succeed", 0.99, ok / n)
    report.at_most(f"{mode}: descriptors more than before", CONNECTIONS + 200, most - base)


def live(port: int, n: int, seconds: float, first: bytes = b"") -> list[float]:
    """How long each of `n` connections lived that sends `first` and then nothing."""
    opened = {}
    lives = []
    poll = select.poll()
    for _ in range(n):
        one = socket.socket()
        one.settimeout(5)
        try:
            one.connect(("127.0.0.1", port))
            if first:
                one.sendall(first)
        except OSError:
            lives.append(0.0)  # refused at the bound
            one.close()
            continue
        opened[one.fileno()] = (one, time.monotonic())
        poll.register(one, select.POLLIN | select.POLLHUP)
    end = time.monotonic() + seconds
    while opened and time.monotonic() < end:
        for number, _ in poll.poll(500):
            one, began = opened[number]
            try:
                data = one.recv(65536)
            except OSError:
                data = b""
            if not data:
                lives.append(time.monotonic() - began)
                poll.unregister(number)
                one.close()
                del opened[number]
    for one, began in opened.values():
        lives.append(time.monotonic() - began)
        one.close()
    return lives
