"""A receiver of webhooks on the loopback interface: how often each id came, when, and with which body."""

import contextlib
import hashlib
import socket
import threading
import time

OK = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class Delivery:
    """One request that came in whole."""

    def __init__(self, headers: dict, body: bytes, path: str):
        self.headers = headers
        self.body = body
        self.path = path
        self.at = time.time()
        self.monotonic = time.monotonic()
        self.id = headers.get("webhook-id", "")
        self.hash = hashlib.sha256(body).hexdigest()


class Receiver:
    """Answers by `behaviour(connection, delivery)`; the ordinary one says 204."""

    def __init__(self, behaviour=None, port: int = 0, host: str = "127.0.0.1", wrap=None):
        self.deliveries: list[Delivery] = []
        self.n_connections = 0
        self.behaviour = behaviour or (lambda connection, _: connection.sendall(OK))
        self.lock = threading.Lock()
        self.wrap = wrap
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(512)
        self.port = self.listener.getsockname()[1]
        self.open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.open = False
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while self.open:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket):
        self.n_connections += 1
        with contextlib.suppress(OSError, ValueError):
            with connection:
                connection.settimeout(60)
                if self.wrap:
                    connection = self.wrap(connection)
                delivery = _read(connection)
                # A sender that was killed leaves half a request, which is no delivery.
                if delivery is None:
                    return
                with self.lock:
                    self.deliveries.append(delivery)
                self.behaviour(connection, delivery)

    def ids(self) -> set[str]:
        with self.lock:
            return {delivery.id for delivery in self.deliveries}

    def by_id(self) -> dict[str, list[Delivery]]:
        found: dict[str, list[Delivery]] = {}
        with self.lock:
            for delivery in self.deliveries:
                found.setdefault(delivery.id, []).append(delivery)
        return found

    def n_unequal(self) -> int:
        """Ids whose deliveries differ by a byte."""
        return sum(len({one.hash for one in same}) > 1 for same in self.by_id().values())

    def wait_for(self, ids: set[str], seconds: float) -> set[str]:
        """Waits until all of `ids` came; gives those that did not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not ids <= self.ids():
            time.sleep(0.05)
        return ids - self.ids()


def _read(connection: socket.socket) -> Delivery | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            return None
        body += more
    return Delivery(headers, body, lines[0].split()[1])
