"""Steps on one device, which leave nothing behind in TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import keras

from keras_mtl.keras_private.optimizers import gradients_of_one_device
from keras_mtl.surgery.fresh_compile import slot_holders
from keras_mtl.training.task_optimizer import TaskOptimizer


def without_sums_over_devices(model: keras.Model) -> AbstractContextManager[None]:
    """Return the context in which the optimizer of a model on one device sums over none.

    TensorFlow would keep the graph of each compiled step with such a sum, and with it the model,
    for as long as the process lives.
    """
    if keras.backend.backend() != "tensorflow":
        return nullcontext()
    if model.distribute_strategy.num_replicas_in_sync > 1:
        return nullcontext()
    return gradients_of_one_device(list(_leaves(model.optimizer)))


def _leaves(optimizer: keras.optimizers.Optimizer) -> Iterator[keras.optimizers.Optimizer]:
    """Yield the optimizers that apply gradients themselves."""
    for one in slot_holders(optimizer):
        if isinstance(one, TaskOptimizer):
            for part in one.part_optimizers:
                yield from _leaves(part)
        else:
            yield one
