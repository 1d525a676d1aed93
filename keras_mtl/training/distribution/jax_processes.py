"""Several JAX processes that cannot train together."""

from __future__ import annotations

from collections.abc import Iterable

import jax
import keras

from keras_mtl.errors import UnsupportedBackend
from keras_mtl.training.distribution.jax_devices import sharding_of_rows
from keras_mtl.training.steps.step import Step


def refuse_several_processes(steps: Iterable[Step]) -> None:
    """Refuse to train or score on devices of several processes in a way that is not synchronised.

    Without a distribution of Keras each process has a model of its own, which is allowed.

    Args:
        steps: The kinds of steps.

    Raises:
        UnsupportedBackend: Keras distributes over these devices in another way, a data set has
            been shared out already, or steps are not to be compiled.
    """
    distribution = keras.distribution.distribution()
    if jax.process_count() == 1 or distribution is None:
        return
    if sharding_of_rows(distribution) is None:
        raise UnsupportedBackend(
            f"Training on {jax.process_count()} JAX processes is not synchronised under this "
            f"`{type(distribution).__name__}`. Use `keras.distribution.DataParallel()`, with all "
            "devices in their order and `auto_shard_dataset=True`, or the devices of one process."
        )
    for step in steps:
        for name in (name for name, is_own in step.shared.items() if is_own):
            raise UnsupportedBackend(
                f"The data set of `{name}` is shared out already (`AutoShardPolicy.OFF`), which "
                "several JAX processes do not take. Give each process the batches of all."
            )
        if step.state.model.run_eagerly:
            raise UnsupportedBackend(
                f"`{step.state.model.name}` is compiled with `run_eagerly=True`, which does not "
                "work on several JAX processes. Leave it out, or use one process."
            )
