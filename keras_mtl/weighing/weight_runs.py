"""Short runs of one model with several weights of the helpers' losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from math import nan
from typing import Any

import keras

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import NonFiniteLoss
from keras_mtl.models.multi_task_model import MultiTaskModel
from keras_mtl.surgery.fresh_compile import fresh_arguments
from keras_mtl.surgery.whole_copy import whole_copy
from keras_mtl.training.fit import fit
from keras_mtl.training.global_draws import drawing
from keras_mtl.training.kept_variables import KeptVariables
from keras_mtl.training.logs import log_name
from keras_mtl.training.metric_directions import directions
from keras_mtl.training.objective import Objective
from keras_mtl.training.settings import Settings
from keras_mtl.training.state import TrainingState

LOSS = "loss"


class WeightRuns:
    """A copy of a model that each run trains from the same start, with steps compiled once.

    Args:
        model: A compiled model, which stays as it is.
        main: The task that is scored.
        helpers: The tasks whose losses get a weight.
        metric: A metric of the main task; None for the first one, or the loss if it has none.
    """

    def __init__(
        self, model: MultiTaskModel, main: str, helpers: Iterable[str], metric: str | None
    ) -> None:
        state = model.training_state
        self._main = main
        self._helpers = tuple(helpers)
        self._metric = metric
        with drawing(0), state.scope():
            self._copy = whole_copy(model, compiled=False)
            # A variable, so that the compiled steps serve all weights.
            self._weight = keras.Variable(1.0, dtype="float32", trainable=False)
            arguments = fresh_arguments(model)
            known = arguments["loss_weights"] or {}
            arguments["loss_weights"] = {**known, **dict.fromkeys(self._helpers, self._weight)}
            self._copy.compile(**arguments)
            self._copy.run_eagerly = model.run_eagerly
            self._copy.optimizer.build(self._copy.trainable_variables)
        others = self._state.update_rule.variables
        self._kept = KeptVariables(self._copy, others)

    @property
    def log(self) -> str:
        """The name of the metric in the logs; known after the first run."""
        return self._log(self._metric or LOSS)

    @property
    def upwards(self) -> bool:
        """Whether the metric is better when it is larger; known after the first run."""
        return directions(self._objective.metrics)[self._metric or LOSS] == "up"

    def score(
        self, x: Any, y: Any, settings: Settings, weight: float, seed: int
    ) -> tuple[float, float]:
        """Return the metric and the loss after a run, on the data to validate on.

        They are NaN if the run diverged.

        Args:
            x: The data, as `fit` takes them.
            y: Labels by task, where `x` are the inputs of all.
            settings: The other arguments of `fit`, for one epoch.
            weight: What the losses of the helpers are multiplied with; 0 leaves them out.
            seed: Seed of all that is random.

        Raises:
            ValueError: The main task has no such metric.
        """
        self._kept.reset(seed)
        self._weight.assign(weight)
        left_out = self._helpers if weight == 0 else ()
        start = _Start(partial(self._begin, left_out))
        with self._kept.drawing(seed):
            try:
                run = fit(self._state, x, y, replace(settings, seed=seed, callbacks=[start]))
            except NonFiniteLoss:
                return nan, nan  # A large weight may be too much for the learning rate.
        return float(run.history[self.log][-1]), float(run.history[self._log(LOSS)][-1])

    def _begin(self, left_out: Iterable[str]) -> None:
        """Find the metric, and leave tasks out of the run, before its first step.

        A loss times 0 would still let momentum and weight decay move the trunk in the steps of a
        task.
        """
        self._metric = _known_metric(self._objective, self._metric)
        self._state.stopped |= set(left_out)

    def _log(self, metric: str) -> str:
        return f"val_{log_name(self._main, metric)}"

    @property
    def _objective(self) -> Objective:
        return self._state.objectives[self._main]

    @property
    def _state(self) -> TrainingState:
        state: TrainingState = self._copy.training_state
        return state


class _Start(keras.callbacks.Callback):
    """Calls a function once losses and metrics are made, before the first step."""

    def __init__(self, begin: Callable[[], None]) -> None:
        super().__init__()
        self._begin = begin

    def on_train_begin(self, logs: Any = None) -> None:
        """Call the function."""
        self._begin()


def _known_metric(objective: Objective, given: str | None) -> str:
    """Return a metric that is one number and has a direction; for None the first that is no loss.

    Raises:
        ValueError: There is no such metric.
    """
    known = [name for name, value in objective.result().items() if not keras.ops.ndim(value)]
    directed = directions(objective.metrics)
    if given is None:
        return next((name for name in known if name != LOSS and name in directed), LOSS)
    if given not in known:
        raise ValueError(
            f"`metric` is one of the metrics of `{objective.task}`, {known}. Received: {given!r}."
            f"{did_you_mean(given, known)}"
        )
    if given not in directed:
        raise ValueError(
            f"Keras does not know whether the metric {given!r} of `{objective.task}` is better "
            f"when it is larger. Choose another `metric`, such as {LOSS!r}."
        )
    return given
