"""The loss and metrics of each task, compared with other models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.generators import expected_to_end
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.task_names import check_task
from keras_mtl.models.noise_of_changes import noise_of_changes
from keras_mtl.models.task_changes import model_of_task
from keras_mtl.models.task_scores import TaskScores, relative_changes
from keras_mtl.models.trunk_with_heads import TrunkWithHeads
from keras_mtl.training.distribution.agreement import check_same, versions
from keras_mtl.training.distribution.chief_writes import callbacks_of_pass
from keras_mtl.training.distribution.model_workers import num_devices
from keras_mtl.training.logs import of_task
from keras_mtl.training.metric_directions import directions
from keras_mtl.training.own_share import read_in_batches
from keras_mtl.training.rows import rank_of
from keras_mtl.training.run_facts import check_policies, facts_of_data
from keras_mtl.training.scoring_pass import score
from keras_mtl.training.settings import check_callbacks
from keras_mtl.training.state import OneTaskState, TrainingState
from keras_mtl.training.task_data import Data, RowOptions, apart, read_data


def evaluate(
    state: TrainingState,
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
    """Return the loss and metrics of the tasks; the arguments are those of `MultiTaskModel`."""
    model = state.model
    if not model.compiled:
        raise ValueError("The model is not compiled: call `compile` with the losses of its tasks.")
    if baselines is not None and not isinstance(baselines, Mapping):
        raise TypeError(
            "`baselines` is a dict by task, of models or of dicts of metrics. Received: "
            f"{baselines!r}."
        )
    check_callbacks(callbacks)
    options = RowOptions(batch_size, sample_weight, masks)
    workers = state.workers
    data = read_data(state, read_in_batches(workers, x), y, options, every_task=False)
    check_policies(workers, data)
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
    callbacks = callbacks_of_pass(workers, callbacks, model)
    with workers.watched():
        if workers.size > 1:
            check_same(workers, "evaluate", {**versions(), **facts_of_data(state, data)})
        results = score(state, data, callbacks, verbose=1 if verbose == "auto" else int(verbose))
        loss = results.pop("")["loss"]
        changes, noise = _changes(state, results, baselines or {}, data)
    return TaskScores(results, changes, loss, noise)


def _changes(
    state: TrainingState,
    results: Mapping[str, Mapping[str, float]],
    baselines: Mapping[str, Any],
    data: Data,
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Return the relative changes by task and metric, and their noise."""
    sets = apart(data).sets
    changes, noise = {}, {}
    for task, baseline in baselines.items():
        alone = None
        if isinstance(baseline, keras.Model):
            if task not in sets:
                raise InvalidTaskData(
                    f"The baseline of `{task}` is a model: give the data as arrays, or its metrics "
                    "as a dict."
                )
            several = isinstance(baseline, TrunkWithHeads)
            alone = model_of_task(baseline, task) if several else baseline
            values = _evaluated(alone, sets[task])
        else:
            values = _known_metrics(task, baseline, results[task])
        known = directions(state.objectives[task].metrics)
        changes[task] = relative_changes(results[task], values, known)
        noise[task] = noise_of_changes(state, task, sets.get(task), alone, values, changes[task])
    return changes, noise


def _known_metrics(
    task: str, baseline: Mapping[str, float], known: Mapping[str, Any]
) -> dict[str, float]:
    """Return the metrics by their names without the prefix of the task; refuse unknown names."""
    values = {name.removeprefix(f"{task}_"): value for name, value in baseline.items()}
    for name in values:
        if name not in known:
            raise ValueError(
                f"The baseline of `{task}` has the metric {name!r}; the task has {list(known)}."
                f"{did_you_mean(name, known)}"
            )
    return values


def _evaluated(model: keras.Model, data: TaskData) -> Mapping[str, Any]:
    """Return the result of Keras's `evaluate`, without its warning that a generator ends."""
    masked = isinstance(data, ArrayData) and rank_of(data.whole.mask) > 1
    if masked or num_devices(model) > 1:
        # Keras cannot leave out a part of the labels of a row: a weight of 0 does not. Nor does it
        # score on several workers, or weigh the rows of several devices alike.
        state = OneTaskState(model)
        (own,) = state.tasks
        quiet = keras.callbacks.CallbackList([], model=model)
        score(state, Data({own: data}, (own,), joint=False), quiet)
        return of_task("", state.objectives[own].result())
    with expected_to_end():
        values: dict[str, Any] = model.evaluate(_labelled(data), return_dict=True, verbose=0)
    return values


def _labelled(data: TaskData) -> Iterator[Any]:
    """Yield the batches of one pass as Keras takes them, without rows that have no label."""
    for batch in data.one_pass():
        if rank_of(batch.mask) > 1:
            raise InvalidTaskData(
                f"Labels of `{data.name}` are missing in part, and its baseline is a model: give "
                "the data as arrays, or the metrics of the baseline as a dict."
            )
        there = batch if batch.mask is None else batch.rows(batch.mask)
        if there.num_rows:
            values = there[:2] if there.sample_weight is None else there[:3]
            yield keras.tree.lists_to_tuples(values)  # In batches, Keras takes a list for an array.
