"""Gradient steps on features, by the part of a model after them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.caching.default_training import length_of_training
from keras_mtl.caching.execution import steps_per_execution
from keras_mtl.caching.model_parts import TrainedPart
from keras_mtl.keras_private.data_adapters import DataAdapter
from keras_mtl.training.one_device import without_sums_over_devices


def train_on_features(
    part: TrainedPart,
    data: DataAdapter,
    callbacks: Any,
    *,
    epochs: int | None,
    verbose: str | int,
    initial_epoch: int,
    steps_per_epoch: int | None,
    validation_steps: int | None,
    validation_freq: int | Sequence[int] = 1,
    **options: Any,
) -> keras.callbacks.History:
    """Train the part after the features, with callbacks that see the whole model."""
    steps = steps_per_epoch or data.num_batches
    at_once = steps_per_execution(
        part.whole, callbacks, steps, parts=[n for n in (steps_per_epoch, validation_steps) if n]
    )
    if at_once != part.steps_per_execution:
        part.steps_per_execution = at_once
        # A part that was trained before has compiled another number of steps.
        part.train_function = part.test_function = None
    if keras.backend.backend() == "tensorflow":
        # Without a number of steps `fit` makes two iterators in each epoch. Each takes some
        # milliseconds, in which small features could be trained on for several steps.
        steps_per_epoch = steps
    rates, epochs, validation_freq = length_of_training(
        part.whole,
        callbacks,
        steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        validation_freq=validation_freq,
    )
    if not isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = keras.callbacks.CallbackList(
            [*rates, *keras.tree.flatten(callbacks or []), _CompiledOnce(part)],
            add_history=True,
            add_progbar=verbose != 0,
            model=part.whole,
            verbose=verbose,
            epochs=epochs,
            steps=steps,
        )
    with without_sums_over_devices(part.whole):
        return part.fit(
            data,
            callbacks=callbacks,
            epochs=epochs,
            verbose=verbose,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_freq=validation_freq,
            **options,
        )


class _CompiledOnce(keras.callbacks.Callback):
    """Stops training when a callback compiles the model: the running steps would not notice."""

    def __init__(self, part: TrainedPart) -> None:
        super().__init__()
        self._part = part

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Check that the callbacks of the user, which run before, have not compiled the model."""
        if not self._part.is_current():
            raise RuntimeError(
                f"A callback compiled `{self._part.whole.name}` anew, as `freeze` and `unfreeze` "
                f"do, before epoch {epoch + 1}; this training does not know of it. Do so between "
                "two calls of `fit_cached`."
            )
