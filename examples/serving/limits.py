"""What a request may ask for, and the errors that say so."""

import asyncio
from typing import NamedTuple


class Limits(NamedTuple):
    max_body: int = 32 * 2**20
    """Bytes of a request."""
    max_rows: int = 128
    """Rows of a request, and of a batch."""
    max_queued: int = 1024
    """Rows that wait; further requests are told to come back."""
    max_wait: float = 0.002
    """Seconds that a batch waits for further requests, where the batch before had several."""
    body_seconds: float = 20.0
    """Seconds that a request may take to arrive."""
    poll_seconds: float = 1.0
    """Seconds between two looks for a new version."""


class Refused(Exception):
    """A request that is answered with an error, which says what is wrong with it."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


async def read_body(request, limits):
    """Return the bytes of a request; what is too large is refused before it is read."""
    too_large = Refused(413, f"A request has at most {limits.max_body:,} bytes.")
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limits.max_body:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for part in request.stream():
                size += len(part)
                if size > limits.max_body:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise Refused(408, f"It took more than {limits.body_seconds:g} s to arrive.") from None
    return b"".join(parts)
