"""Checks of the arguments of `fit_cached`, before any work is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.recognise import recognise
from keras_mtl.common.arguments import (
    fraction,
    is_number,
    is_whole_number,
    one_of,
    whole_number,
    whole_number_or_none,
)
from keras_mtl.engines.known_engines import ENGINES
from keras_mtl.training.settings import check_callbacks

SOLVERS = ("auto", "exact", "gradient")


def check_fit_arguments(
    *,
    epochs: Any,
    verbose: Any,
    callbacks: Any,
    validation_split: Any,
    shuffle: Any,
    class_weight: Any,
    initial_epoch: Any,
    solver: Any,
) -> None:
    """Refuse values that `fit` would find during training, or would take for something else.

    Raises:
        ValueError: An argument is out of its range.
    """
    whole_number_or_none("epochs", epochs)
    whole_number("initial_epoch", initial_epoch, least=0)
    one_of("solver", solver, SOLVERS)
    one_of("verbose", verbose, ("auto", 0, 1, 2))
    one_of("shuffle", shuffle, (True, False, "batch"))
    fraction("validation_split", validation_split)
    check_callbacks(callbacks)
    check_class_weight(class_weight)


def check_views_by_keras(engine: str, views: int | None) -> None:
    """Refuse an engine for draws of random augmentation, which only Keras makes.

    Raises:
        ValueError: Both are asked for.
    """
    if views is not None and engine in ENGINES:
        raise ValueError(
            f"`views={views}` draws random augmentation, which Keras alone does. Received: "
            f"engine={engine!r}; leave it out."
        )


def checked_frequency(frequency: Any) -> int | list[int]:
    """Return `validation_freq` as `fit` takes it.

    Raises:
        ValueError: It is neither a number of epochs nor a list of numbers of epochs.
    """
    if is_whole_number(frequency, least=1):
        return int(frequency)
    is_list = isinstance(frequency, Sequence) and not isinstance(frequency, str)
    if not is_list or not frequency or not all(is_whole_number(n, least=1) for n in frequency):
        raise ValueError(
            "`validation_freq` is the number of epochs from one validation to the next, or a list "
            f"of the numbers of epochs, from 1, to validate after. Received: {frequency!r}."
        )
    return list(map(int, frequency))


def validation_parts(data: Any) -> tuple[Any, Any, Any]:
    """Return the inputs, labels and weights of `validation_data`; all but the first may be None.

    Raises:
        ValueError: It is neither a tuple of arrays nor a stream of batches.
    """
    if data is None:
        return None, None, None
    if isinstance(data, tuple | list):
        if 1 <= len(data) <= 3:
            return keras.utils.unpack_x_y_sample_weight(data)
        received = f"{len(data)} values"
    else:
        if not isinstance(recognise(data), ArraySource):
            return data, None, None
        received = f"`{type(data).__name__}`"
    raise ValueError(
        "`validation_data` is `(x, y)` or `(x, y, sample_weight)`, or batches of these, such as a "
        f"`tf.data.Dataset`. Received: {received}."
    )


def check_class_weight(class_weight: Any) -> None:
    """Refuse what is no dict from classes to numbers, nor None.

    Raises:
        ValueError: It is something else.
    """
    if class_weight is None:
        return
    known = isinstance(class_weight, Mapping) and all(map(is_number, class_weight.values()))
    if not known or not all(is_whole_number(label, least=0) for label in class_weight):
        raise ValueError(
            "`class_weight` is a dict from classes to their weights, such as `{0: 1.0, 1: 2.5}`. "
            f"Received: {class_weight!r}."
        )
