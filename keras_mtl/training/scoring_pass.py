"""One pass over data in inference mode: the loss and metrics of each task."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import keras

from keras_mtl.errors import InvalidTaskData
from keras_mtl.training.batch_hooks import overrides
from keras_mtl.training.logs import flat, of_task
from keras_mtl.training.steps.choosing import make_scorer
from keras_mtl.training.steps.forward import Step
from keras_mtl.training.task_data import Data


def score(
    model: Any, data: Data, callbacks: keras.callbacks.CallbackList, *, verbose: int = 0
) -> dict[str, dict[str, float]]:
    """By task its loss and metrics over one pass; under "" the mean of the losses of steps.

    A pass over the data of one task is one kind of step; of several, the mean over the tasks.

    Raises:
        InvalidTaskData: A data set gave no batch.
    """
    told = any(overrides(one, "on_test_batch_end") for one in callbacks.callbacks)
    callbacks.on_test_begin()
    objectives = [model.objectives[task] for task in data.tasks]
    for objective in objectives:
        objective.reset()
    kinds = [data.tasks] if data.joint else [(task,) for task in data.tasks]
    losses = []
    begun: tuple[str, ...] = ()
    number = count()
    progress = keras.utils.Progbar(_counted(data), verbose=verbose) if verbose else None
    for tasks in kinds:
        step = Step(model, tasks, data.joint)
        (feed,) = step.feeds
        model.mean_of_steps.reset_state()
        scorer = make_scorer(model, step)
        place = None
        for batch, place in zip(data.sets[feed].one_pass(), number, strict=False):
            callbacks.on_test_batch_begin(place)
            scorer({feed: batch})
            # Each number is waited for, so they are had only for those who look at them.
            logs = flat(model.training_results((*begun, *tasks))) if told else None
            callbacks.on_test_batch_end(place, logs)
            if progress is not None:
                progress.add(1)
        if place is None:
            raise InvalidTaskData(f"The data of `{data.sets[feed].name}` gave no batch.")
        begun += tasks
        losses.append(float(model.mean_of_steps.result()))
    own = {task: _values(model.objectives[task].result()) for task in data.tasks}
    results = {"": {"loss": sum(losses) / len(losses)}, **own}
    callbacks.on_test_end(flat(results))
    return results


def _values(result: Mapping[str, Any]) -> dict[str, Any]:
    return of_task("", result)


def _counted(data: Data) -> int | None:
    sizes = [one.num_batches for one in data.sets.values()]
    return None if None in sizes else sum(size for size in sizes if size is not None)
