"""F3 private addresses: no destination leads to one that is not allowed, however it is written or resolved.

Everything runs in a network of its own that has only a loopback interface, with a scripted name server: names that lead to
private addresses, to private and public ones mixed, and to a private one at every second question. Destinations are
webhooks at each spelling, with and without TLS. Bars: 0 requests to the trap, which listens on all loopback addresses and
the private ones; 0 connects to a private address in the trace of system calls; an allowed address is reached; 0 packets
leave by another interface (there is none, and nft counts where it is installed).

--plant allows 127.0.0.1 to one of them: the first bar must then be missed.
"""

import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

from rig import client, ledger, tools
from rig.receiver import Receiver
from rig.sandbox import SECRET, Sandbox

PRIVATE = ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "[::]",
           "169.254.169.254", "100.64.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "[fc00::1]", "[fe80::1]",
           "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[2002:7f00:1::]", "127.0.0.1", "localhost", "LOCALHOST."]
NAMES = {"private.test": ["10.0.0.1"], "loop.test": ["127.0.0.1"], "mixed.test": ["127.0.0.1", "192.0.2.7"],
         "meta.test": ["169.254.169.254"], "rebind.test": ["192.0.2.8", "127.0.0.1"]}
INSIDE = "LOKET_DRILL_NETWORK"


def run(options, report):
    tools.need_root()
    tools.need("strace")
    if not os.environ.get(INSIDE):
        here = pathlib.Path(__file__).resolve().parent
        command = [sys.executable, str(here / "run.py"), "f03", "--seed", str(options.seed)]
        done = subprocess.run(["unshare", "-n", "-m", *command, *(["--plant"] if options.plant else [])],
                              env={**os.environ, INSIDE: "1", "LOKET_DRILLS_ENV": "1"}, capture_output=True, text=True,
                              timeout=300)
        for line in done.stdout.splitlines():
            found = re.match(r"f03_private_addresses (.+?) bar=(.*) figure=(.*) (ok|MISSED)$", line)
            if found:
                report.add(found[1], found[2], found[3], found[4] == "ok")
            elif "note:" in line:
                print(line)
        if not report.figures:
            report.note(done.stderr[-2000:])
        return
    inside(options, report)


def inside(options, report):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in ("169.254.169.254", "10.0.0.1", "100.64.0.1", "172.16.0.1", "192.168.0.1", "192.0.2.7", "192.0.2.8"):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    counted = shutil.which("nft") is not None
    if counted:
        subprocess.run(["nft", "add table inet d; add chain inet d o { type filter hook output priority 0; }; "
                        "add rule inet d o oifname != \"lo\" counter"], check=False, shell=False)
    resolver = pathlib.Path("/tmp") / f"resolv-{os.getpid()}"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", resolver, pathlib.Path("/etc/resolv.conf").resolve()], check=True)
    threading.Thread(target=name_server, daemon=True).start()
    trap = Receiver(host="0.0.0.0")
    six = six_receiver(trap.port)
    allowed = Receiver()
    urls = {}
    for n, host in enumerate([*PRIVATE, *NAMES]):
        urls[f"tls{n}"] = f"https://{host}:{trap.port}/h"
        urls[f"plain{n}"] = f"http://{host}:{trap.port}/h"
    urls |= {"user": f"https://example.org@127.0.0.1:{trap.port}/", "file": "file:///etc/passwd",
             "gopher": f"gopher://127.0.0.1:{trap.port}/_x"}
    refused_at_start, started = 0, {}
    with Sandbox() as sandbox:
        sandbox.index()
        for name, url in urls.items():
            sandbox.write_settings(destination(name, url))
            if sandbox.run("config", "check").returncode:
                refused_at_start += 1
            else:
                started[name] = url
        settings = "".join(destination(name, url) for name, url in started.items())
        if options.plant:
            settings += destination("planted", f"http://127.0.0.1:{trap.port}/h", '"127.0.0.1"')
        settings += destination("allowed", f"http://127.0.0.1:{allowed.port}/h", '"127.0.0.1"')
        sandbox.write_settings(settings)
        trace = sandbox.dir / "trace"
        service = sandbox.serve(prefix=("strace", "-f", "-qq", "--seccomp-bpf", "-o", trace, "-e", "trace=connect"))
        own = client.hand_over(service.port, 1).json()["id"]
        allowed.wait_for({own}, 20)
        time.sleep(15)
        service.kill()
        connects = re.findall(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"',
                              trace.read_text())
        # Sorting addresses (RFC 6724) connects datagram sockets to port 0 or the port; they send nothing.
        streams = stream_connects(trace.read_text())
        private = {(port, address) for port, address in streams
                   if not address.startswith("192.0.2.") and not (address == "127.0.0.1" and port == str(allowed.port))}
        dead = ledger.dead(sandbox)
    report.note(f"{len(urls)} destinations: {refused_at_start} refused by the settings, {len(started)} tried; "
                f"{len(connects)} connects traced; dead {own in dead}")
    report.none("requests to the trap", trap.n_connections + six.n_connections)
    report.add("connects to private addresses", "0", sorted(private) or 0, not private)
    report.add("the allowed one is reached", "yes", "yes" if own in allowed.ids() else "no", own in allowed.ids())
    if counted:
        told = subprocess.run(["nft", "list", "table", "inet", "d"], capture_output=True, text=True).stdout
        packets = re.search(r"packets (\d+)", told)
        report.none("packets by another interface", int(packets[1]) if packets else 0)


def stream_connects(text: str) -> set:
    """Connects of stream sockets: those of datagram sockets return 0 at once and send nothing."""
    found = set()
    for line in text.splitlines():
        at = re.search(r'sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"', line)
        if at and at[1] not in ("0", "53") and ("EINPROGRESS" in line or "ECONNREFUSED" in line or "ETIMEDOUT" in line):
            found.add((at[1], at[2]))
    return found


def destination(name: str, url: str, allow: str = "") -> str:
    return (f'[support.destinations.{name}.via]\ntype = "webhook"\nurl = "{url}"\nsecret = "{SECRET}"\n'
            f"allow = [{allow}]\n")


def six_receiver(port: int):
    """Counts what comes to the same port by IPv6."""
    class Counter:
        n_connections = 0

    counter = Counter()
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(("::", port))
    listener.listen(64)

    def accept():
        while True:
            one, _ = listener.accept()
            counter.n_connections += 1
            one.close()

    threading.Thread(target=accept, daemon=True).start()
    return counter


def name_server():
    """Answers every A question of the script; the rebinding name changes with each question."""
    asked: dict[str, int] = {}
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        data, peer = server.recvfrom(1500)
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode())
            at += data[at] + 1
        kind = struct.unpack("!H", data[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        answers = NAMES.get(name, [])
        if name == "rebind.test":
            asked[name] = asked.get(name, 0) + (kind == 1)
            answers = [answers[(asked[name] + 1) % 2]]
        records = [socket.inet_aton(address) for address in answers] if kind == 1 else []
        code = 0x8180 if name in NAMES else 0x8183
        head = data[:2] + struct.pack("!HHHHH", code, 1, len(records), 0, 0)
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + record for record in records)
        server.sendto(head + data[12:at + 5] + body, peer)
