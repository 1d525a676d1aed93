"""Callbacks that see several phases as one training."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras

from keras_mtl.finetuning.phase_optimizer import current_rate
from keras_mtl.finetuning.stages import Stage
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.training.distribution.chief_writes import without_writing
from keras_mtl.training.distribution.model_workers import workers_of
from keras_mtl.training.settings import check_callbacks

PHASE = "phase"
"""The name in the history of the numbers of the phases."""
REFUSED = (keras.callbacks.BackupAndRestore, keras.callbacks.SwapEMAWeights)
"""Callbacks that know one call of `fit` with one optimizer only."""


SETTING_RATES = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
)
"""Callbacks that set the learning rate, which a schedule does not let them."""


class PhaseCallbacks(keras.callbacks.CallbackList):
    """The callbacks of one phase, in which training neither begins nor ends for the common ones.

    Args:
        common: The callbacks of all phases.
        own: Those of this phase.
        model: The model.
        params: What Keras tells callbacks.
    """

    callbacks: list[keras.callbacks.Callback]

    def __init__(
        self,
        common: Sequence[keras.callbacks.Callback],
        own: Sequence[keras.callbacks.Callback],
        model: keras.Model,
        **params: Any,
    ) -> None:
        self._own = list(own)
        super().__init__([*common, *own], model=model, **params)

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin the phase."""
        with self._only_own():
            super().on_train_begin(logs)

    def on_train_end(self, logs: Any = None) -> None:
        """End the phase: its best weights come back."""
        with self._only_own():
            super().on_train_end(logs)

    @contextmanager
    def _only_own(self) -> Iterator[None]:
        # Not by calling these alone: Keras also starts and stops a thread for batch hooks.
        everyone, self.callbacks = self.callbacks, self._own
        try:
            yield
        finally:
            self.callbacks = everyone


class StoppedByUser(keras.callbacks.Callback):
    """Notes whether a callback before it has stopped the training; none after it has had a say."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at what the callbacks before have decided."""
        self.stopped = bool(self.model.stop_training)


class PhaseColumn(keras.callbacks.Callback):
    """Adds the number of the phase to the history.

    Args:
        history: The history of all phases.

    Attributes:
        number: The number of the phase that trains.
    """

    def __init__(self, history: keras.callbacks.History) -> None:
        super().__init__()
        self._history = history
        self.number = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note the phase of the epoch."""
        self._history.history.setdefault(PHASE, []).append(self.number)


class CommonCallbacks:
    """The callbacks of all phases: the user's, the history and the progress bar.

    Args:
        model: The model.
        given: The callbacks of the user, as `fit` takes them.
        verbose: As for `fit`.

    Attributes:
        history: The history of all phases.
        shown: Whether anything is printed: 0, 1 or 2.
    """

    def __init__(self, model: keras.Model, given: Any, verbose: str | int) -> None:
        self._model = model
        workers = workers_of(model)
        own = keras.tree.flatten(getattr(given, "callbacks", given) or [])
        own = without_writing(workers, own)
        histories = [one for one in own if isinstance(one, keras.callbacks.History)]
        self.history = histories[0] if histories else keras.callbacks.History()
        self.shown = (1 if verbose == "auto" else int(verbose)) if workers.is_chief else 0
        self.column = PhaseColumn(self.history)
        self.all = [*own, *([] if histories else [self.history]), self.column]
        self._bars = [keras.callbacks.ProgbarLogger()] if self.shown else []

    def begin(self, epochs: int, steps: int | None) -> None:
        """Call `on_train_begin`, once for all phases."""
        self._list(epochs, steps).on_train_begin()
        self._model.history = self.history

    def end(self) -> None:
        """Call `on_train_end`, once for all phases."""
        known = self.history.history.items()
        logs = {name: values[-1] for name, values in known if name != PHASE}
        for one in self.all:
            one.on_train_end(logs)

    def of_phase(
        self, number: int, own: Sequence[keras.callbacks.Callback], epochs: int, steps: int | None
    ) -> PhaseCallbacks:
        """Return the callbacks of a phase.

        Args:
            number: Its number.
            own: Callbacks of this phase only.
            epochs: The number of epochs of all phases, as far as it is known.
            steps: Steps of an epoch.
        """
        self.column.number = number
        params = {"verbose": self.shown, "epochs": epochs, "steps": steps}
        return PhaseCallbacks([*self.all, *self._bars], own, self._model, **params)

    def one_epoch(self, number: int, epoch: int, epochs: int, logs: dict[str, float]) -> None:
        """Let the callbacks see an epoch that was trained elsewhere."""
        self.column.number = number
        callbacks = self._list(epochs, None)
        callbacks.on_epoch_begin(epoch)
        callbacks.on_epoch_end(epoch, logs)

    def say(self, text: str) -> None:
        """Print a line, unless the training is silent."""
        if self.shown and keras.config.is_interactive_logging_enabled():
            print(text)

    def _list(self, epochs: int, steps: int | None) -> keras.callbacks.CallbackList:
        params = {"verbose": self.shown, "epochs": epochs, "steps": steps}
        return keras.callbacks.CallbackList(self.all, model=self._model, **params)


def check_phase_callbacks(callbacks: Any) -> None:
    """Refuse what is no callback, and callbacks that cannot follow several phases.

    Raises:
        ValueError: There is one.
    """
    given = getattr(callbacks, "callbacks", callbacks)
    check_callbacks(given)
    for one in keras.tree.flatten(given or []):
        if isinstance(one, REFUSED):
            raise ValueError(
                f"`{type(one).__name__}` follows one call of `fit`, not several phases. Leave it "
                'out; `fine_tune(..., backup="folder")` makes backups.'
            )


def check_rates(callbacks: Any, stage: Stage, optimizer: keras.optimizers.Optimizer) -> None:
    """Refuse callbacks that set the learning rate of a phase whose rate follows a schedule.

    Raises:
        ValueError: There is one.
    """
    if current_rate(inner_optimizer(optimizer)) is not None:
        return
    for one in keras.tree.flatten(getattr(callbacks, "callbacks", callbacks) or []):
        if isinstance(one, SETTING_RATES):
            raise ValueError(
                f"`{type(one).__name__}` sets the learning rate, which in phase {stage.number}, "
                f"`{stage.phase.name}`, rises and falls by a schedule. Leave it out, or give each "
                "phase an `optimizer` whose rate is a number, without a `learning_rate`."
            )


def stopping_of_phase(
    until: keras.callbacks.EarlyStopping, first_epoch: int
) -> keras.callbacks.EarlyStopping:
    """Return a copy of an early stopping for a phase, which restores the best weights.

    Args:
        until: As the user gave it.
        first_epoch: The number of the first epoch of the phase.
    """
    own = copy.copy(until)
    own.restore_best_weights = True
    own.start_from_epoch = until.start_from_epoch + first_epoch
    return own
