"""Scripts that several processes run together."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

PATHS = [str(Path(__file__).parent), *sys.path]
"""What a script puts before its own `sys.path`, so that it finds what tests find."""
PATIENCE = 300_000
"""Milliseconds that a browser may take for a page, on a machine that is busy."""


def free_ports(count):
    """Return ports of this machine that no program listens on."""
    with_each = [socket.socket() for _ in range(count)]
    for one in with_each:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in with_each]
    for one in with_each:
        one.close()
    return ports


def reports(script, arguments, timeout=300):
    """Run a script in one process for each list of arguments; return what each has reported.

    A script reports by printing `REPORT` and JSON.
    """
    started = [
        subprocess.Popen(
            [sys.executable, str(script), *map(str, own)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        for own in arguments
    ]
    try:
        ended = [one.communicate(timeout=timeout) for one in started]
    finally:
        for one in started:
            one.kill()
    for one, (_, errors) in zip(started, ended, strict=True):
        assert one.returncode == 0, errors[-4000:]
    return [json.loads(out.split("REPORT")[1]) for out, _ in ended]
