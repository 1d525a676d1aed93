"""Runs as lines of text."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_mtl.common.hashing import checksum
from keras_mtl.comparing.planned_run import RunKey
from keras_mtl.results.run import Run

RUN = "run"
BEGUN = "begun"
Record = Run | RunKey
"""A run that has ended, or the key of a run that has begun."""


def line_of(record: Record) -> bytes:
    """Return a line for a run that has ended, or for one that begins."""
    if isinstance(record, RunKey):
        state: dict[str, Any] = {BEGUN: list(record)}
    else:
        fields = {**asdict(record), "gains": _packed(record.gains)}
        # JSON has no NaN.
        fields |= {name: None if isnan(fields[name]) else fields[name] for name in _FLOATS}
        state = {RUN: fields}
    text = json.dumps(state)
    return f"{checksum(text.encode()):08x} {text}\n".encode()


def record_of(line: bytes) -> Record:
    """Return what a line says.

    Raises:
        ValueError: It is damaged, or only a part of a line.
    """
    expected, _, text = line.partition(b" ")
    if not line.endswith(b"\n") or expected != f"{checksum(text[:-1]):08x}".encode():
        raise ValueError("its checksum is of another line")
    state = json.loads(text)
    if BEGUN in state:
        return RunKey(*state[BEGUN])
    fields: Mapping[str, Any] = state[RUN]
    numbers = {name: float("nan") if fields[name] is None else fields[name] for name in _FLOATS}
    return Run(**{**fields, **numbers, "gains": _unpacked(fields["gains"])})


def key_of(run: Run) -> RunKey:
    """Return what tells a run from the others."""
    return RunKey(run.strategy, run.labels, run.seed)


_FLOATS = ("score", "seconds")


def _packed(gains: NDArray[np.float32] | None) -> str | None:
    """Return gains as text: right and wrong answers take a few bits each."""
    if gains is None:
        return None
    return base64.b64encode(zlib.compress(gains.astype("<f4").tobytes())).decode()


def _unpacked(text: str | None) -> NDArray[np.float32] | None:
    if text is None:
        return None
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), "<f4").astype(np.float32)
