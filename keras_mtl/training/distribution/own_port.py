"""A port at which other processes see that this one is there."""

from __future__ import annotations

import contextlib
import os
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
        if hasattr(os, "register_at_fork"):  # A child that lives on would answer for this process.
            os.register_at_fork(after_in_child=self._socket.close)
        threading.Thread(target=self._greet, name="own_port", daemon=True).start()

    def close(self) -> None:
        """Let others see that this process ends."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # Or the thread would take one more.
        self._socket.close()

    def _greet(self) -> None:
        while self._socket.fileno() != -1:
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
