"""How good a multi-task model is at each of its tasks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import keras

from keras_mtl.batch_hooks import overrides
from keras_mtl.errors import InvalidTaskData
from keras_mtl.multitask.data.base import TaskData
from keras_mtl.multitask.directions import directions
from keras_mtl.multitask.logs import flat, of_task
from keras_mtl.multitask.steps.choosing import make_scorer
from keras_mtl.multitask.steps.forward import Step
from keras_mtl.multitask.task_data import Data, apart, read_data
from keras_mtl.multitask.task_scores import TaskScores, relative_changes
from keras_mtl.task_names import check_task, did_you_mean


def evaluate(
    model: Any,
    x: Any,
    y: Any,
    *,
    batch_size: int | Mapping[str, int] | None = None,
    verbose: str | int = "auto",
    sample_weight: Any = None,
    masks: Mapping[str, Any] | None = None,
    baselines: Mapping[str, Any] | None = None,
    callbacks: Any = None,
) -> TaskScores:
    """The loss and metrics of the tasks; the arguments are those of the model's `evaluate`."""
    if not model.compiled:
        raise ValueError("The model is not compiled: call `compile` with the losses of its tasks.")
    data = read_data(
        model,
        x,
        y,
        batch_size=batch_size,
        sample_weight=sample_weight,
        masks=masks,
        every_task=False,
    )
    models = any(isinstance(one, keras.Model) for one in (baselines or {}).values())
    for one in data.sets.values():
        one.check_passes(2 if models else 1)
    for task, baseline in (baselines or {}).items():
        check_task(task, data.tasks, where="`baselines`")
        if not isinstance(baseline, keras.Model | Mapping):
            raise TypeError(
                f"The baseline of `{task}` is a model or a dict of its metrics. Received: "
                f"{baseline!r}."
            )
    if not isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = keras.callbacks.CallbackList(callbacks, model=model)
    results = score(model, data, callbacks, verbose=1 if verbose == "auto" else int(verbose))
    loss = results.pop("")["loss"]
    changes = _changes(model, results, baselines, data) if baselines else None
    return TaskScores(results, changes, loss)


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


def _changes(
    model: Any,
    results: Mapping[str, Mapping[str, float]],
    baselines: Mapping[str, Any],
    data: Data,
) -> dict[str, dict[str, float]]:
    sets = apart(data).sets
    changes = {}
    for task, baseline in baselines.items():
        if isinstance(baseline, keras.Model):
            if task not in sets:
                raise InvalidTaskData(
                    f"The baseline of `{task}` is a model: give the data as arrays, or its metrics "
                    "as a dict."
                )
            alone = baseline.task(task) if hasattr(baseline, "tasks") else baseline
            values = _evaluated(alone, sets[task])
        else:
            values = _known_metrics(task, baseline, results[task])
        known = directions(model.objectives[task].metrics)
        changes[task] = relative_changes(results[task], values, known)
    return changes


def _known_metrics(
    task: str, baseline: Mapping[str, float], known: Mapping[str, Any]
) -> dict[str, float]:
    """The metrics by their names without that of the task; refuses others."""
    values = {name.removeprefix(f"{task}_"): value for name, value in baseline.items()}
    for name in values:
        if name not in known:
            raise ValueError(
                f"The baseline of `{task}` has the metric {name!r}; the task has {list(known)}."
                f"{did_you_mean(name, known)}"
            )
    return values


def _evaluated(model: keras.Model, data: TaskData) -> dict[str, Any]:
    """Keras's own `evaluate`, without its warning of a generator that ends."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your input ran out of data")
        values: dict[str, Any] = model.evaluate(_labelled(data), return_dict=True, verbose=0)
    return values


def _labelled(data: TaskData) -> Iterator[Any]:
    """The batches of one pass as Keras takes them, without the rows that have no label."""
    for batch in data.one_pass():
        there = batch if batch.mask is None else batch.rows(batch.mask)
        if there.num_rows:
            yield there[:2] if there.sample_weight is None else there[:3]


def _values(result: Mapping[str, Any]) -> dict[str, Any]:
    return of_task("", result)


def _counted(data: Data) -> int | None:
    sizes = [one.num_batches for one in data.sets.values()]
    return None if None in sizes else sum(size for size in sizes if size is not None)
