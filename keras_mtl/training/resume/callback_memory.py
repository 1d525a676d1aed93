"""The attributes of callbacks that a backup must hold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.common.hashing import Hash

SCALARS = (type(None), bool, int, float, str)
# `params` is set anew by each run. `min_delta` gets its sign in Keras when a callback first sees
# logs, also after resuming: if the backup held the sign, it would be changed twice.
NOT_KEPT = ("params", "min_delta")

Notes = dict[str, dict[str, Any]]


class CallbackMemory:
    """The attributes of callbacks, and of what else remembers, that changed since training began.

    They are numbers, texts, arrays, and lists, tuples and dicts of these: counts, best values, the
    best weights, a history. Other attributes are not saved: a callback that is made anew has them.

    Args:
        callbacks: After their `on_train_begin`.
    """

    def __init__(self, callbacks: Sequence[object]) -> None:
        self._callbacks = _named(callbacks)
        self._at_start = {
            name: {key: _digest(*kept) for key, kept in _kept(one).items()}
            for name, one in self._callbacks.items()
        }

    def notes(self) -> tuple[Notes, dict[str, np.ndarray]]:
        """Return the attributes as JSON holds them, and the arrays that these refer to by name."""
        notes: Notes = {}
        arrays: dict[str, np.ndarray] = {}
        for name, one in self._callbacks.items():
            notes[name] = {}
            for key, (tree, own) in _kept(one).items():
                if self._at_start[name].get(key) != _digest(tree, own):
                    place = f"{name} {key}"
                    notes[name][key] = [place, tree]
                    arrays |= {f"{place} {index}": array for index, array in enumerate(own)}
        return notes, arrays

    def give_back(self, notes: Notes, arrays: Mapping[str, np.ndarray]) -> None:
        """Set the attributes that `notes` returned, of callbacks of the same classes."""
        for name, own in notes.items():
            for key, (place, tree) in own.items():
                if name in self._callbacks:
                    setattr(self._callbacks[name], key, _decoded(tree, place, arrays))
                    # It differs from a new callback, so later backups must hold it even if training
                    # does not change it again.
                    self._at_start[name].pop(key, None)


def _named(callbacks: Sequence[object]) -> dict[str, object]:
    """Return the callbacks by their class and their position among the callbacks of it."""
    counts: Counter[str] = Counter()
    named = {}
    for one in callbacks:
        kind = type(one).__qualname__
        named[f"{kind} {counts[kind]}"] = one
        counts[kind] += 1
    return named


def _kept(callback: object) -> dict[str, tuple[Any, list[np.ndarray]]]:
    """Return by attribute its value as JSON holds it, and the arrays in it."""
    kept = {}
    for key, value in vars(callback).items():
        arrays: list[np.ndarray] = []
        try:
            tree = _encoded(value, arrays)
        except TypeError:
            continue
        if key not in NOT_KEPT:
            kept[key] = tree, arrays
    return kept


def _encoded(value: Any, arrays: list[np.ndarray]) -> Any:
    """Return a value as JSON holds it; raise a TypeError if that is impossible."""
    # The exact type: a subclass may hold more than its value.
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind in (list, tuple):
        return {kind.__name__: [_encoded(one, arrays) for one in value]}
    if kind is dict:
        # As pairs, because the keys of a dict in JSON are always texts.
        return {"dict": [[_encoded(part, arrays) for part in item] for item in value.items()]}
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        # A copy, because callbacks change arrays in place; as bytes, because NumPy's files do not
        # know bfloat16.
        arrays.append(np.frombuffer(value.tobytes(), np.uint8))
        dtype = value.dtype.name if value.dtype.kind == "V" else value.dtype.str
        scalar = isinstance(value, np.generic)
        return {"array": [len(arrays) - 1, dtype, list(value.shape), scalar]}
    raise TypeError(kind)


def _decoded(tree: Any, place: str, arrays: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(tree, dict):
        return tree
    ((kind, value),) = tree.items()
    if kind == "array":
        index, dtype, shape, scalar = value
        array = arrays[f"{place} {index}"].view(np.dtype(dtype)).reshape(shape)
        return array[()] if scalar else array
    if kind == "dict":
        return {_decoded(k, place, arrays): _decoded(v, place, arrays) for k, v in value}
    items = [_decoded(one, place, arrays) for one in value]
    return tuple(items) if kind == "tuple" else items


def _digest(tree: Any, arrays: list[np.ndarray]) -> str:
    total = Hash(json.dumps(tree))
    for array in arrays:
        total.add_values(array)
    return total.hexdigest()
