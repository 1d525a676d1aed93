"""Checks of arguments: each returns the clean value, or raises what it expected and received."""

from __future__ import annotations

import os
from collections.abc import Iterable
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from sys import float_info
from typing import TypeGuard, TypeVar

import numpy as np

from keras_mtl.common.near_misses import did_you_mean

Choice = TypeVar("Choice")
LARGEST_SIZE = 2**31 - 1
"""The largest size of an axis that every backend can hold."""


def whole_number(argument: str, value: object, *, least: int = 1) -> int:
    """Return a whole number as an `int`; NumPy's integers are accepted, booleans are not.

    Args:
        argument: Name of the argument, for the message.
        value: What was given.
        least: The smallest number allowed.

    Raises:
        ValueError: It is no whole number, or smaller than `least`.
    """
    if not is_whole_number(value, least=least):
        raise ValueError(f"`{argument}` is {_described(least)}. Received: {value!r}.")
    return int(value)


def whole_number_or_none(argument: str, value: object, *, least: int = 1) -> int | None:
    """Return a whole number as an `int`, or None.

    Raises:
        ValueError: It is neither, or smaller than `least`.
    """
    if value is not None and not is_whole_number(value, least=least):
        raise ValueError(f"`{argument}` is {_described(least)} or None. Received: {value!r}.")
    return None if value is None else int(value)


def array_size(argument: str, value: object) -> int:
    """Return the size of an axis of an array, such as the units of a layer, as an `int`.

    Raises:
        ValueError: It is no positive whole number, or no array could be that large.
    """
    size = whole_number(argument, value)
    if size > LARGEST_SIZE:
        raise ValueError(f"`{argument}` is at most {LARGEST_SIZE}. Received: {size}.")
    return size


def is_whole_number(value: object, *, least: int | None = None) -> TypeGuard[int]:
    """Return whether a value is a whole number, at least `least` if given; booleans are not."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        return False
    return least is None or int(value) >= least


def random_seed(argument: str, value: object) -> int:
    """Return a seed that every generator of random numbers takes, as an `int`.

    Raises:
        ValueError: It is no whole number in [0, 2**32).
    """
    if not is_whole_number(value, least=0) or value >= 2**32:  # NumPy's limit.
        raise ValueError(
            f"`{argument}` is a whole number, at least 0 and below 2**32. Received: {value!r}."
        )
    return int(value)


def number(argument: str, value: object) -> float:
    """Return a finite number of at least 0 as a `float`.

    Raises:
        ValueError: It is no number, negative, NaN or infinite.
    """
    if not is_number(value) or value < 0:
        raise ValueError(f"`{argument}` is a number, at least 0. Received: {value!r}.")
    return float(value)


def positive_number(argument: str, value: object) -> float:
    """Return a finite number above 0 as a `float`.

    Raises:
        ValueError: It is no number, not positive, NaN or infinite.
    """
    if not is_number(value) or value <= 0:
        raise ValueError(f"`{argument}` is a positive number. Received: {value!r}.")
    return float(value)


def fraction(argument: str, value: object) -> float:
    """Return a number in [0, 1) as a `float`.

    Raises:
        ValueError: It is no number, or outside of this range.
    """
    if not is_number(value) or not 0 <= value < 1:
        raise ValueError(f"`{argument}` is a number in [0, 1). Received: {value!r}.")
    return float(value)


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a real number that a float can hold, finite; booleans are not."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    if isinstance(value, Integral):  # `isfinite` raises an error if it is too large for a float.
        return abs(int(value)) <= float_info.max
    return isfinite(value)


def folder_path(argument: str, value: object) -> Path:
    """Return the path of a folder, which need not exist, as a `Path`.

    Raises:
        ValueError: It is no path, or an empty one.
    """
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str) or not path or "\0" in path:
        raise ValueError(
            f'`{argument}` is the path of a folder, "." for the working directory. '
            f"Received: {value!r}."
        )
    return Path(path)


def one_of(argument: str, value: object, choices: Iterable[Choice]) -> Choice:
    """Return the choice that equals the value, which may be a scalar of NumPy.

    Raises:
        ValueError: There is none; near names are suggested.
    """
    allowed = tuple(choices)
    plain = value.item() if isinstance(value, np.generic) else value
    for choice in allowed:
        if isinstance(plain, type(choice)) and plain == choice:  # Arrays compare item by item.
            return choice
    hint = did_you_mean(value, (name for name in allowed if isinstance(name, str)))
    raise ValueError(f"`{argument}` is one of {allowed}. Received: {value!r}.{hint}")


def flag(argument: str, value: object) -> bool:
    """Return True or False as a `bool`; NumPy's booleans are accepted, numbers are not.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"`{argument}` is True or False. Received: {value!r}.")
    return bool(value)


def name_or_none(argument: str, value: object) -> str | None:
    """Return the name of a layer or a model, or None.

    Raises:
        ValueError: It is neither: Keras takes texts without `/`.
    """
    if value is None or (isinstance(value, str) and value and "/" not in value):
        return value
    raise ValueError(f"`{argument}` is a text without `/`, or None. Received: {value!r}.")


def _described(least: int) -> str:
    return "a positive whole number" if least == 1 else f"a whole number, at least {least}"
