"""The random generators that a data set has of its own, whose states no backup holds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from types import FunctionType, ModuleType
from typing import Any

import keras
import numpy as np

from keras_mtl.keras_private.layers import seed_states, sublayers

KINDS = (np.random.Generator, np.random.RandomState, random.Random, keras.random.SeedGenerator)
GLOBAL = (random.seed.__self__, np.random.random_sample.__self__)  # type: ignore[attr-defined]
"""Python's and NumPy's global generators."""
DEPTH = 3
"""How many attributes and items deep a generator is looked for."""
ITEMS = 100
"""How many items of a container are looked at: a list may hold the names of a million files."""


def own_generators(data: object) -> list[str]:
    """Return the names of random generators of a data set, and of what holds some.

    They are attributes of the data set or of its class, or variables that its methods use.
    """
    found = dict(_attributes(data))
    for method in _methods(type(data)):
        found = {**dict(_variables(method)), **found}
    return sorted(name for name, value in found.items() if _draws(value, DEPTH))


def _draws(value: object, depth: int) -> bool:
    """Return whether a value is a generator other than the global ones, or holds one."""
    kind = type(value)
    # torch is optional, so its class is known by its name.
    of_torch = (kind.__module__.split(".")[0], kind.__qualname__) == ("torch", "Generator")
    if isinstance(value, KINDS) or of_torch:
        return not any(value is one for one in GLOBAL)
    if isinstance(value, keras.Layer):
        return any(seed_states(part) for part in sublayers(value))
    return depth > 0 and any(_draws(part, depth - 1) for part in _parts(value))


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from islice(value.values(), ITEMS)
    elif isinstance(value, list | tuple | set):
        yield from islice(value, ITEMS)
    elif not isinstance(value, ModuleType | type | FunctionType):
        yield from getattr(value, "__dict__", {}).values()


def _attributes(data: object) -> Iterator[tuple[str, Any]]:
    for cls in reversed(type(data).__mro__):
        if cls not in keras.utils.PyDataset.__mro__:
            yield from vars(cls).items()
    yield from vars(data).items()


def _methods(cls: type) -> Iterator[FunctionType]:
    for base in cls.__mro__:
        if base not in keras.utils.PyDataset.__mro__:
            yield from (one for one in vars(base).values() if isinstance(one, FunctionType))


def _variables(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield the global and enclosing variables that a function uses."""
    code = function.__code__
    for name in code.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        if name != "__class__":
            yield name, cell.cell_contents
