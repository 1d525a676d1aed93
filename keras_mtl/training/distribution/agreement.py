"""Whether all workers were given the same, before they train together."""

from __future__ import annotations

import random
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import keras
import numpy as np

from keras_mtl.common.hashing import Hash, hash_of_settings
from keras_mtl.errors import WorkersDiffer
from keras_mtl.training.distribution.workers import Workers

CALL = "the call"
SHORT = 40
"""Characters up to which a message tells what was given, and not only that it differs."""


def check_same(workers: Workers, verb: str, facts: Mapping[str, Any]) -> None:
    """Refuse workers that were given something else than the chief.

    All workers refuse, and with the same message.

    Args:
        workers: The workers.
        verb: What they are about to do, such as `fit`.
        facts: What must be the same on all of them, by the words for it, as JSON holds it.

    Raises:
        WorkersDiffer: Something differs; the message names the workers, and what differs.
    """
    if workers.size == 1:
        return
    own = {CALL: f"`{verb}`"} | {name: _shortened(value) for name, value in facts.items()}
    every = workers.exchanged(own)
    chief = workers.name_of(0)
    differing = [
        f"{workers.name_of(index)} differs from the chief, {chief}, in {_listed(given, every[0])}"
        for index, given in enumerate(every)
        if given != every[0]
    ]
    if differing:
        raise WorkersDiffer(
            f"The workers were not given the same: {'; '.join(differing)}. Start all workers with "
            "the same script, arguments, data and versions."
        )


def common_seed(
    workers: Workers, verb: str, given: int | None, *, draws: bool = True
) -> int | None:
    """Return the seed of a call; where none is given, the one that the chief draws.

    Args:
        workers: The workers.
        verb: What they are about to do, such as `fit`.
        given: The seed that the user gave, or None.
        draws: Whether to draw one; a process that is alone never does.

    Raises:
        WorkersDiffer: The workers were given other seeds, or call other methods.
    """
    if workers.size == 1:
        return given
    check_same(workers, verb, {**versions(), "the seed": given})
    if given is not None or not draws:
        return given
    # Drawn as Keras draws the seeds of layers, so that `keras.utils.set_random_seed` sets it.
    seed: int = workers.exchanged(random.randrange(2**31))[0]
    return seed


def versions() -> dict[str, str]:
    """Return the versions of the packages that compute, by their names."""
    packages = ("keras_mtl", "keras", keras.config.backend())
    return {f"the version of {name}": _version(name) for name in packages}


def hash_of_values(model: keras.Model) -> str:
    """Return the hash of the values of all weights and seeds of a model."""
    total = Hash()
    for variable in model.variables:
        total.add_array(np.asarray(keras.ops.convert_to_numpy(variable)))
    return total.hexdigest()


def _version(name: str) -> str:
    found: str = import_module(name).__version__
    return found


def _shortened(value: Any) -> Any:
    """Return a text that is short enough for a message, or a list with a hash."""
    text = str(value)
    is_short = len(text) <= SHORT and not isinstance(value, list)
    return text if is_short else [hash_of_settings(value)]


def _listed(given: Mapping[str, Any], chief: Mapping[str, Any]) -> str:
    """Return in words what a worker was given that the chief was not."""
    names = [name for name in {**chief, **given} if given.get(name) != chief.get(name)]
    if CALL in names:  # What another method was given is no news.
        names = [CALL]
    return ", ".join(_difference(name, given.get(name), chief.get(name)) for name in names)


def _difference(name: str, given: Any, chief: Any) -> str:
    if isinstance(given, str) and isinstance(chief, str):
        return f"{name} ({given} instead of {chief})"
    return name
