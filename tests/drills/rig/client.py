"""Calls to the service: plain blocking ones, and an open loop that keeps its rate whatever the service does."""

import asyncio
import dataclasses
import http.client
import json
import time


class Broken(Exception):
    """The connection ended before a whole reply."""


@dataclasses.dataclass
class Reply:
    status: int
    headers: dict
    body: bytes
    seconds: float = 0.0

    def json(self):
        return json.loads(self.body)


def call(port: int, method: str, path: str, body: bytes | None = None, headers: dict | None = None,
         timeout: float = 30) -> Reply:
    """One call on a connection of its own."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        data = response.read()
        told = {key.lower(): value for key, value in response.getheaders()}
        return Reply(response.status, told, data, time.monotonic() - began)
    except (http.client.HTTPException, OSError) as error:
        raise Broken(repr(error)) from error
    finally:
        connection.close()


def get(port: int, path: str, headers: dict | None = None, timeout: float = 10) -> Reply:
    return call(port, "GET", path, headers=headers, timeout=timeout)


def post(port: int, path: str, value, headers: dict | None = None, timeout: float = 40) -> Reply:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return call(port, "POST", path, body, {"Content-Type": "application/json", **(headers or {})}, timeout)


def handoff(n, **more) -> dict:
    """A request for a person that is valid at any hour."""
    return {"question": f"Where is parcel {n}?", "language": "en", "method": "email",
            "contact": {"email": f"c{n}@example.org"}, **more}


def hand_over(port: int, n, key: str | None = None, timeout: float = 40, **more) -> Reply:
    return post(port, "/v1/escalations", handoff(n, **more), {"Idempotency-Key": key} if key else None, timeout)


def has_email(contact) -> bool:
    """Whether a person can be reached, by what a reply says."""
    options = (contact or {}).get("options", [])
    return any(option["method"] == "email" and option["available"] for option in options)


async def _one(port: int, head: bytes, body: bytes, timeout: float, source: str | None) -> Reply:
    began = time.monotonic()
    writer = None
    try:
        async with asyncio.timeout(timeout):
            local = (source, 0) if source else None
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=local)
            writer.write(head + body)
            text = await reader.readuntil(b"\r\n\r\n")
            lines = text.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            if "content-length" in headers:
                data = await reader.readexactly(int(headers["content-length"]))
            else:
                data = await reader.read()
            return Reply(int(lines[0].split()[1]), headers, data, time.monotonic() - began)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, IndexError):
        return Reply(0, {}, b"", time.monotonic() - began)
    finally:
        if writer is not None:
            writer.close()


def request(path: str, value, headers: dict | None = None) -> tuple[bytes, bytes]:
    """Head and body of a POST of JSON."""
    body = json.dumps(value).encode()
    more = "".join(f"{name}: {text}\r\n" for name, text in (headers or {}).items())
    head = (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{more}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n")
    return head.encode(), body


async def open_loop(port: int, rate: float, seconds: float, make, timeout: float = 40, most: int = 4_000) -> list[Reply]:
    """Sends `rate` requests a second for `seconds`, whether or not replies come; `make(n)` gives head and body.

    At most `most` are under way; beyond that the sender itself would be what is measured, so it fails.
    """
    tasks: list[asyncio.Task] = []
    under_way: set[asyncio.Task] = set()
    began = time.monotonic()
    n = 0
    while (now := time.monotonic() - began) < seconds:
        while n < now * rate:
            head, body = make(n)
            task = asyncio.create_task(_one(port, head, body, timeout, None))
            tasks.append(task)
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            n += 1
        if len(under_way) > most:
            raise RuntimeError(f"{len(under_way)} requests under way: the load is beyond this machine")
        await asyncio.sleep(0.002)
    return list(await asyncio.gather(*tasks))


def quantile(values, q: float) -> float:
    """The smallest value with at least the share `q` at or below it; 0 of none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, int(len(ordered) * q + 0.999999) - 1))]
