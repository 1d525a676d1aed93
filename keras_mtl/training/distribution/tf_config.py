"""Checks of `TF_CONFIG`, the environment variable that names the workers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from keras_mtl.errors import InvalidCluster

NAME = "TF_CONFIG"
EXAMPLE = (
    '{"cluster": {"worker": ["host0:12345", "host1:12345"]}, '
    '"task": {"type": "worker", "index": 0}}'
)
OTHERS = ("evaluator", "ps")
"""Tasks that do not train together with the workers."""


def check_cluster(addresses: Sequence[str]) -> None:
    """Refuse to train for other workers than those that `TF_CONFIG` names.

    Args:
        addresses: The workers of the strategy of the model; none, or one, where it is alone.

    Raises:
        InvalidCluster: `TF_CONFIG` cannot be read, or names others.
    """
    named = _named_workers(os.environ.get(NAME, ""))
    if len(named) < 2 and len(addresses) < 2:
        return
    if not named:  # Such as a strategy with a resolver of its own, that of Slurm for one.
        return
    if len(addresses) < 2:
        raise InvalidCluster(
            f"`{NAME}` names {len(named)} workers, {', '.join(named)}, but the model was made "
            "without them, so each process would train a model of its own. Make "
            "`strategy = tf.distribute.MultiWorkerMirroredStrategy()` first of all, and the model "
            f"within `strategy.scope()`; or unset `{NAME}` to train in this process alone."
        )
    if list(named) != list(addresses):
        raise InvalidCluster(
            f"`{NAME}` names the workers {', '.join(named)}, but the strategy of the model has the "
            f"workers {', '.join(addresses)}. Set `{NAME}` before the strategy is made, to the "
            "same workers on all machines, and leave it."
        )


def _named_workers(text: str) -> list[str]:
    """Return the addresses of those that train together; none if this process is not of them.

    Raises:
        InvalidCluster: The text is no such JSON.
    """
    if not text.strip():
        return []
    try:
        read = json.loads(text)
    except ValueError as error:
        raise _invalid(f"is no JSON ({error})", text) from None
    if not isinstance(read, Mapping):
        raise _invalid("is no JSON object", text)
    cluster, task = read.get("cluster") or {}, read.get("task") or {}
    if not isinstance(cluster, Mapping) or not isinstance(task, Mapping):
        raise _invalid('has a "cluster" or a "task" that is no JSON object', text)
    for job, own in cluster.items():
        _check_job(job, own, text)
    kind = task.get("type")
    if not cluster or kind in OTHERS:
        return []
    _check_task(cluster, task, text)
    named = [*cluster.get("chief", ()), *cluster.get("worker", ())]
    twice = [address for address in named if named.count(address) > 1]
    if twice:
        raise _invalid(f"names {twice[0]!r} twice", text)
    return named


def _check_job(job: str, addresses: Any, text: str) -> None:
    if not isinstance(addresses, list) or not all(isinstance(one, str) for one in addresses):
        raise _invalid(f"lists no addresses for {job!r}", text)
    for address in addresses:
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise _invalid(
                f"has the address {address!r}, which is no host with a port up to 65535", text
            )


def _check_task(cluster: Mapping[str, Any], task: Mapping[str, Any], text: str) -> None:
    kind, index = task.get("type"), task.get("index")
    if not isinstance(kind, str) or kind not in cluster:
        raise _invalid(f'has the task type {kind!r}, none of its "cluster", {list(cluster)}', text)
    known = len(cluster[kind])
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < known:
        raise _invalid(
            f"has the task index {index!r}, where {kind!r} has {known} "
            f"{'address' if known == 1 else 'addresses'}, counted from 0",
            text,
        )


def _invalid(what: str, text: str) -> InvalidCluster:
    shown = text if len(text) < 200 else f"{text[:200]}..."
    return InvalidCluster(
        f"`{NAME}` {what}. It is a text such as {EXAMPLE}, with another index on each machine. "
        f"Received: {shown}"
    )
