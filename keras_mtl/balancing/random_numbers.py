"""Random numbers as a function of a seed and a step, the same on every backend."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
from keras import ops

Tensor = Any


def uniform_numbers(seed: int, step: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return float32 numbers in (0, 1), which depend on seed, step and position only.

    Keras draws from generators whose state would have to be carried along, and each backend has
    its own. This is the finaliser of MurmurHash3 on counters, in integers that overflow.

    Args:
        seed: A whole number below 2**32.
        step: The step, an int32 scalar.
        shape: The shape of the numbers.
    """
    places = np.arange(np.prod(shape), dtype=np.uint32).reshape(shape)
    # A stride that is not small keeps the counters of neighbouring steps and places apart.
    counters = _mixed_numpy(
        places * np.uint32(0x9E3779B9) + _mixed_numpy(np.array([seed], np.uint32))
    )
    words = _mixed(ops.convert_to_tensor(counters.view(np.int32)) + step * _signed(0x85157AF5))
    return (ops.cast(_shifted(words, 9), "float32") + 0.5) / (1 << 23)


def normal_numbers(seed: int, step: Tensor, count: int) -> Tensor:
    """Return float32 numbers of the standard normal distribution, of shape `(count,)`."""
    first, second = ops.unstack(uniform_numbers(seed, step, (2, count)), 2)
    return ops.sqrt(-2 * ops.log(first)) * ops.cos(2 * pi * second)


def _mixed(words: Tensor) -> Tensor:
    words = ops.bitwise_xor(words, _shifted(words, 16)) * _signed(0x85EBCA6B)
    words = ops.bitwise_xor(words, _shifted(words, 13)) * _signed(0xC2B2AE35)
    return ops.bitwise_xor(words, _shifted(words, 16))


def _shifted(words: Tensor, bits: int) -> Tensor:
    """Shift to the right and fill with zeros: int32 would fill with the sign."""
    return ops.bitwise_and(ops.right_shift(words, bits), (1 << (32 - bits)) - 1)


def _mixed_numpy(words: np.ndarray) -> np.ndarray:
    words = (words ^ (words >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    words = (words ^ (words >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return words ^ (words >> np.uint32(16))


def _signed(word: int) -> np.int32:
    return np.uint32(word).view(np.int32)
