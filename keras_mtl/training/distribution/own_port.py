"""A port at which other processes see that this one is there."""

from __future__ import annotations

import contextlib
import socket
import threading


class OwnPort:
    """Listens at a free port until this process ends, and says nothing there.

    Args:
        host: The name or the address at which the others reach this machine.

    Attributes:
        address: Where it listens, as `host:port`.
    """

    def __init__(self, host: str) -> None:
        both = socket.has_dualstack_ipv6()
        # Those that connect wait in a line while the interpreter is busy.
        self._socket = socket.create_server(
            ("", 0),
            family=socket.AF_INET6 if both else socket.AF_INET,
            backlog=socket.SOMAXCONN,
            dualstack_ipv6=both,
        )
        self.address = f"{host}:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._greet, name="own_port", daemon=True).start()

    def _greet(self) -> None:
        while True:
            with contextlib.suppress(OSError):  # One that asked is gone again.
                self._socket.accept()[0].close()


def host_towards(host: str, port: int) -> str:
    """Return the address of this machine from which it reaches another one."""
    # A datagram socket finds the way and sends nothing.
    family, kind, protocol, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as towards:
        towards.connect(target)
        found: str = towards.getsockname()[0]
    return found
