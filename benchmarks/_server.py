"""A server in a process of its own, and clients that ask it: requests as bytes over sockets."""

import asyncio
import contextlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "examples" / "serve.py"
GONE = "gone"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.read().decode()


@contextlib.contextmanager
def serving(models, *options, patience=120):
    """Give the port and the process of a server of some models, once it is ready."""
    port = free_port()
    named = [f"{name}={folder}" for name, folder in models.items()]
    command = [sys.executable, str(SCRIPT), *named, "--port", str(port), *options]
    process = subprocess.Popen(command, env=os.environ)
    try:
        _wait_until_ready(port, process, time.monotonic() + patience)
        yield port, process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_ready(port, process, until):
    while True:
        with contextlib.suppress(OSError):
            return fetch(port, "/ready")
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"The server is not ready; it returned {process.poll()}.")
        time.sleep(0.2)


def post(path, body, *headers):
    """The bytes of a request."""
    given = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: here", f"Content-Length: {len(given)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + given


class Client:
    """A connection that is kept, and opened again where the server closes it."""

    def __init__(self, port):
        self._port, self._writer = port, None

    async def ask(self, request, *, cut=False):
        """Return status and body of the answer; with `cut` the client goes before it comes."""
        if self._writer is None:
            opened = await asyncio.open_connection("127.0.0.1", self._port)
            self._reader, self._writer = opened
        try:
            self._writer.write(request)
            await self._writer.drain()
            if cut:
                await self.close()
                return GONE, b""
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            return GONE, b""
        length = re.search(r"content-length: (\d+)", head)
        body = await (self._reader.readexactly(int(length[1])) if length else self._reader.read())
        if "connection: close" in head or not length:
            await self.close()
        return int(head.split()[1]), body

    async def close(self):
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None


async def load(port, request, clients, *, until=None, requests=None):
    """Ask with several clients at once; return the seconds of each answer, and all statuses."""
    seconds, statuses = [], []
    left = iter(range(requests)) if requests else None

    async def ask_on():
        client = Client(port)
        while (left is None and not until.is_set()) or (left and next(left, None) is not None):
            start = time.perf_counter()
            status, _ = await client.ask(request)
            seconds.append(time.perf_counter() - start)
            statuses.append(status)
        await client.close()

    await asyncio.gather(*(ask_on() for _ in range(clients)))
    return seconds, statuses


def malformed(name, good, *, max_body, seed=0):
    """Yield requests that cannot be answered, without end: bytes, whether the client goes.

    Args:
        name: The name of a model.
        good: A body that can be answered: `{"instances": [row]}`.
        max_body: Bytes from which on a body is too large.
        seed: Seed of the draw.
    """
    path, row = f"/v1/models/{name}:predict", good["instances"][0]
    deep = b'{"instances": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    bodies = (
        b"",
        b"no json",
        b"[1, 2",
        b"\xff\xfe{",
        b"[]",
        b"3",
        deep,
        b'{"instances": [NaN]}',
        b'{"instances": [1e999]}',
        b'{"instances": [Infinity]}',
        *({"instances": rows} for rows in ([], {}, None, "a", [[]], [None], [1, [2]], [{"x": 1}])),
        {"instances": [row, [row]]},
        {"instances": [{"other": row}]},
        {"instances": [{"b64": "no base64!"}]},
        {"instances": [{"b64": "AAAA"}]},
        {"instances": [True]},
        {"instances": [10**400]},
        {"instances": [row] * 1000},
        {"inputs": {"other": [row]}},
        {**good, "inputs": [row]},
        {**good, "signature_name": "age"},
        {**good, "signature_name": 3},
        {"rows": [row]},
        {},
    )
    paths = (
        "/v1/models/other:predict",
        f"/v1/models/{name}:train",
        f"/v1/models/{name}/versions/99:predict",
        f"/v1/models/{name}",
        f"/v1/models/{name}:regress",
        "/v2/models",
    )
    whole = post(path, good)
    announced = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: {max_body + 1}\r\n\r\n"
    broken = (
        (announced.encode(), False),
        (b"no http\r\n\r\n", False),
        (whole.replace(b"Content-Length: ", b"Content-Length: -"), False),
        (whole[: len(whole) // 2], True),
        (whole[:20], True),
        (whole[:-1], True),
        (announced.encode() + b"{", True),
    )
    generator = random.Random(seed)
    kinds = [
        *((post(path, body), False) for body in bodies),
        *((post(other, good), False) for other in paths),
        *broken,
    ]
    while True:
        yield generator.choice(kinds)


async def ask_all(port, requests):
    """Return the status of each request in turn."""
    client, statuses = Client(port), []
    for request, cut in requests:
        status, _ = await client.ask(request, cut=cut)
        statuses.append(status)
    await client.close()
    return statuses


def resident(process):
    """Bytes of memory of a process."""
    pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
