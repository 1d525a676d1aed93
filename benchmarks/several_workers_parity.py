"""Every public call that trains or scores, in 2 and 3 workers and on 2 devices of one process,
against one process: the largest difference of any weight, loss, metric or prediction, at most 1e-5.

    python benchmarks/several_workers_parity.py
    KERAS_BACKEND=jax python benchmarks/several_workers_parity.py

On TensorFlow calls whose result depends on the number of devices by nature (BatchNormalization) are
compared between 2 workers and 2 devices of one process, and their statistics between workers, by
bits. On JAX a step is one program over all devices, so these are compared as all others are."""

import sys
import tempfile
from pathlib import Path

import numpy as np
from _workers import on_jax, parsed, started, training_calls

LIMIT = 1e-5
NOT_ON_JAX = ("own_batches", "synchronized")
"""Calls that JAX refuses: batches that were shared out before, and a layer of TensorFlow's."""


def run(arguments):
    """Make all calls in this process, and write what they leave to a file."""
    calls = training_calls(arguments.devices)
    found = {}
    for name, call in {**calls.CALLS, **calls.OF_DEVICES}.items():
        if on_jax() and name in NOT_ON_JAX:
            continue
        if not arguments.only or name in arguments.only:
            found |= {f"{name}|{key}": np.asarray(value) for key, value in call().items()}
    folder, index = arguments.run
    np.savez(Path(folder) / f"{index}.npz", **found)


def results(count, devices, only):
    """What each of so many workers has found."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--devices", devices, *(["--only", *only] if only else []), "--run", folder]
        processes = started(__file__, count, options, stderr=None)
        if any([one.wait() for one in processes]):
            sys.exit(f"{count} workers with {devices} devices: one has failed")
        return [dict(np.load(Path(folder) / f"{index}.npz")) for index in range(count)]


def difference(values, others):
    """The largest difference by call; infinite where one of them lacks a value."""
    worst = {}
    for key in values | others:
        call = key.partition("|")[0]
        one, other = values.get(key), others.get(key)
        missing = one is None or other is None or one.shape != other.shape
        far = np.inf if missing else float(np.abs(one - other).max(initial=0))
        worst[call] = max(worst.get(call, 0.0), far)
    return worst


def compare(only):
    alone = results(1, 1, only)[0]
    mirrored = results(1, 2, only)[0]
    largest = 0.0
    for name, count in (("2 devices", 1), ("2 workers", 2), ("3 workers", 3)):
        found = results(count, 1, only) if count > 1 else [mirrored]
        for index, own in enumerate(found[1:], 1):
            same = all(np.array_equal(found[0][key], own[key], equal_nan=True) for key in own)
            print(f"{name}: worker {index} and worker 0 are", "equal" if same else "NOT EQUAL")
        for call, far in difference(alone, found[0]).items():
            by_nature = call == "statistics" and not on_jax()
            if by_nature and name == "2 workers":
                far = difference(mirrored, found[0])[call]
                call = f"{call} (against 2 devices)"
            elif by_nature:
                continue
            print(f"{name}: {call}: {far:.1e}", flush=True)
            largest = max(largest, far)
    print(f"largest difference: {largest:.1e}, allowed {LIMIT:.0e}")
    return largest <= LIMIT


if __name__ == "__main__":
    given = parsed(
        __doc__,
        {"--only": {"nargs": "*", "help": "the names of calls"}},
        {"--devices": {"type": int, "default": 1}, "--run": {"nargs": 2}},
    )
    if given.run:
        run(given)
    else:
        sys.exit(not compare(given.only))
