"""One pass over data in inference mode: the loss and metrics of each task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice

import keras

from keras_mtl.batches.batch import Batch
from keras_mtl.errors import InvalidTaskData
from keras_mtl.training.batch_hooks import overrides
from keras_mtl.training.distribution.same_batches import check_all_ended
from keras_mtl.training.logs import flat, of_task
from keras_mtl.training.own_share import own_shares, read_by_each
from keras_mtl.training.state import TrainingState
from keras_mtl.training.steps.choosing import make_scorer
from keras_mtl.training.steps.step import Step
from keras_mtl.training.task_data import Data

HOOKS = ("on_test_begin", "on_test_batch_begin", "on_test_batch_end")
"""Where a callback may stop a pass."""


def score(
    state: TrainingState,
    data: Data,
    callbacks: keras.callbacks.CallbackList,
    *,
    verbose: int = 0,
    number: int | None = None,
    steps: int | None = None,
) -> dict[str, dict[str, float]]:
    """Return loss and metrics over one pass, grouped as `TrainingState.grouped` does.

    A pass over the data of one task is one kind of step. The loss of all tasks together is the
    mean over the passes.

    Args:
        state: What training keeps of the model.
        data: The data sets.
        callbacks: Called for each batch.
        verbose: 1 for a progress bar.
        number: The number of the validation in a run, on which alone the random numbers of the data
            depend; None to draw them anew.
        steps: The number of batches to score; None for all.

    Raises:
        InvalidTaskData: A data set gave no batch.
    """
    state.model.stop_evaluating = False
    callbacks.on_test_begin()
    for task in data.tasks:
        state.objectives[task].reset()
    passes = ScoringPasses(state, data, callbacks, verbose, number, steps)
    kinds = [data.tasks] if data.joint else [(task,) for task in data.tasks]
    losses = [passes.run(tasks) for tasks in kinds]
    by_task = {task: of_task("", state.objectives[task].result()) for task in data.tasks}
    results = state.grouped(sum(losses) / len(losses), by_task)
    callbacks.on_test_end(flat(results))
    return results


class ScoringPasses:
    """Passes over data sets in inference mode, one after the other.

    Args:
        state: What training keeps of the model.
        data: The data sets.
        callbacks: Called for each batch.
        verbose: 1 for a progress bar.
        number: As for `score`.
        steps: As for `score`.
    """

    def __init__(
        self,
        state: TrainingState,
        data: Data,
        callbacks: keras.callbacks.CallbackList,
        verbose: int,
        number: int | None,
        steps: int | None,
    ) -> None:
        self._state = state
        self._data = data._replace(sets=own_shares(state.workers, data.sets))
        self._callbacks = callbacks
        # To read the values after each batch is to wait for the device, so it is done only for
        # callbacks that use them.
        self._workers = state.workers
        self._told = self._workers.any(_any_has(callbacks, "on_test_batch_end"))
        # Workers stop at the same batch or, where no callback may stop one of them, at none.
        self._may_stop = self._workers.size == 1 or self._workers.any(_any_has(callbacks, *HOOKS))
        shown = verbose and self._workers.is_chief
        self._progress = keras.utils.Progbar(_num_batches(data), verbose=1) if shown else None
        self._scored: tuple[str, ...] = ()
        self._pass = number
        self._steps = steps
        self._number = count()

    def run(self, tasks: Sequence[str]) -> float:
        """Add one data set to the metrics of its tasks; return the mean loss of its batches.

        Raises:
            InvalidTaskData: The data set gave no batch.
        """
        state = self._state
        shared = read_by_each(self._workers, self._data.sets)
        step = Step(state, tuple(tasks), self._data.joint, shared=shared)
        (feed,) = step.feeds
        self._check_length(feed, shared)
        state.mean_of_steps.reset_state()
        scorer = make_scorer(step)
        self._scored += step.tasks
        number = None
        for batch, number in zip(self._batches(feed), self._number, strict=False):
            self._callbacks.on_test_batch_begin(number)
            scorer({feed: batch})
            logs = flat(state.results(self._scored)) if self._told else None
            self._callbacks.on_test_batch_end(number, logs)
            if self._progress is not None:
                self._progress.add(1)
            # A callback may set it, as in Keras.
            if self._may_stop and self._workers.any(state.model.stop_evaluating):
                break
        else:
            if keras.config.backend() == "jax":  # Where batches have been compared.
                check_all_ended(step)
        if number is None:
            raise InvalidTaskData(f"The data of `{self._data.sets[feed].name}` gave no batch.")
        return float(keras.ops.convert_to_numpy(state.mean_of_steps.result()))

    def _check_length(self, feed: str, shared: Mapping[str, bool]) -> None:
        """Refuse batches of each worker's own whose number is not known.

        Raises:
            InvalidTaskData: Workers with fewer batches would leave the others waiting.
        """
        data = self._data.sets[feed]
        if shared.get(feed) and data.num_batches is None and self._steps is None:
            raise InvalidTaskData(
                f"The data of `{data.name}` do not say how many batches they have, and each worker "
                "has its own, of which all need as many. Say it with "
                "`.apply(tf.data.experimental.assert_cardinality(n))`."
            )

    def _batches(self, feed: str) -> Iterator[Batch]:
        data = self._data.sets[feed]
        batches = data.one_pass() if self._pass is None else data.repeatable_pass(self._pass)
        return islice(batches, self._steps)


def _any_has(callbacks: keras.callbacks.CallbackList, *hooks: str) -> bool:
    """Return whether a callback overrides some hook."""
    return any(overrides(one, hook) for one in callbacks.callbacks for hook in hooks)


def _num_batches(data: Data) -> int | None:
    sizes = [one.num_batches for one in data.sets.values()]
    return None if None in sizes else sum(size for size in sizes if size is not None)
