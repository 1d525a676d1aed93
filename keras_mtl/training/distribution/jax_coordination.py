"""The coordination service of `jax.distributed`, which process 0 hosts.

Written against JAX 0.10, of which it uses what is private.
"""

from __future__ import annotations

import ctypes

from jax._src import distributed

from keras_mtl.training.distribution.own_port import host_towards


def own_host() -> str | None:
    """Return where the other processes reach this machine; None without the service, as on TPUs."""
    state = distributed.global_state
    if state.coordinator_address is None:
        return None
    host, _, port = str(state.coordinator_address).rpartition(":")
    host = host.strip("[]")
    # All processes were given the address of process 0.
    return host if state.process_id == 0 else host_towards(host, int(port))


def leave_at_once() -> None:
    """Let this process end without the others, of which one has ended or waits for this one.

    JAX waits at the end for all processes; where one of them does not come it waits until that is
    noticed, 100 seconds by default, and aborts this process.
    """
    state = distributed.global_state
    if state.client is None:
        return
    for one in (state.client, state.service, state.preemption_sync_manager):
        # They wait where they are deleted, too. The process that ends deletes them.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(one))
    state.client = state.service = state.preemption_sync_manager = None
