"""The weight of helpers' losses, chosen on the data that the main task is validated on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.generators import GeneratorData
from keras_mtl.common.arguments import is_number, one_of, whole_number
from keras_mtl.errors import InvalidTaskData, NonFiniteLoss
from keras_mtl.heads.task_names import check_task
from keras_mtl.models.multi_task_model import MultiTaskModel
from keras_mtl.training.settings import Settings
from keras_mtl.training.task_data import RowOptions, read_data
from keras_mtl.weighing.weight_runs import WeightRuns
from keras_mtl.weighing.weight_trials import Search, WeightTrial, WeightTrials

WEIGHTS = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0)
"""The weights that are tried by default: none, and half a decade from one to the next."""


def tune_loss_weights(
    model: MultiTaskModel,
    x: Any,
    y: Any = None,
    *,
    main: str,
    helpers: str | Sequence[str] | None = None,
    weights: Sequence[float] = WEIGHTS,
    metric: str | None = None,
    steps: int = 300,
    seeds: int = 1,
    schedule: Any = None,
    batch_size: int | Mapping[str, int] | None = None,
    validation_data: Any = None,
    validation_split: float = 0.0,
    validation_batch_size: int | Mapping[str, int] | None = None,
    class_weight: Mapping[str, Mapping[int, float]] | None = None,
    sample_weight: Any = None,
    masks: Mapping[str, Any] | None = None,
    verbose: str | int = "auto",
) -> WeightTrials:
    """Choose how much helper tasks count for a main task, and set it as loss weights of `model`.

    Use it before `fit`, if one task counts and the others are to help it. A copy of the model is
    trained for some steps with each weight, always from the same start, and the main task is scored
    on its validation data. The steps are compiled once; on joint data once more for the weight 0.
    Nothing of `model` changes but the `loss_weights` of the helpers; the next `fit` trains with
    them.

    The weight 0 leaves the helpers out, so the table shows whether they help at all. If it is
    chosen, leave the data of the helpers out of `fit` too: in a step of a helper, momentum, weight
    decay and batch statistics move the trunk even where the loss is multiplied with 0. Differences
    between trainings are often as large as those between weights: with few rows to validate on,
    give several `seeds`. Validation rows that have chosen a weight do not judge it: keep test rows.

    Args:
        model: A compiled model of several tasks, trained already or not.
        x: The data, as for `fit`, that can be read several times: no generator.
        y: Labels by task, where `x` are the inputs of all.
        main: The task that counts.
        helpers: The tasks whose losses get the weight, one or several; all others by default.
        weights: The weights to try, numbers of at least 0. Several helpers have the same one.
        metric: The metric of the main task that decides; by default the first of its metrics, such
            as `"accuracy"`, and `"loss"` if it has none. Of equal scores the smaller loss decides.
        steps: Steps of each run, 300 by default; as many as the model is to be trained for, if you
            can wait for it.
        seeds: Runs with each weight, 1 by default; the mean decides.
        schedule: As for `fit`.
        batch_size: As for `fit`.
        validation_data: As for `fit`; only the main task needs to have data.
        validation_split: As for `fit`: the share of each task's rows, the last ones, to validate on
            instead.
        validation_batch_size: As for `fit`.
        class_weight: As for `fit`.
        sample_weight: As for `fit`.
        masks: As for `fit`.
        verbose: 0 for no output, 1 for a progress bar.

    Returns:
        `WeightTrials`: the score with each weight, which prints as a table; `.loss_weights` are
        those that were set, `.best` is the chosen row.

    Raises:
        TaskNotFound: `main`, a helper or a name in the data is no task.
        InvalidTaskData: The main task has no data to validate on, or data cannot be read twice.
        NonFiniteLoss: The loss became NaN or infinite with every weight.
        CloneError: A layer of the model cannot be copied.
        ValueError: An argument is out of its range, or the model is not compiled.
        TypeError: `model` is no `MultiTaskModel`, or `helpers` neither a name nor a list.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu")])
        >>> model = keras_mtl.MultiTaskModel(trunk, {"sex": 2, "hair": 3})
        >>> x = np.random.default_rng(0).normal(size=(60, 4))
        >>> y = {"sex": (x[:, 0] > 0).astype(int), "hair": np.arange(60) % 3}
        >>> trials = keras_mtl.tune_loss_weights(
        ...     model, x, y, main="hair", weights=[1, 3], steps=5, validation_split=0.2, verbose=0)
        >>> [trial.weight for trial in trials], list(trials.loss_weights)
        ([1.0, 3.0], ['sex'])
    """
    tried, helping = _checked_weights(weights), _checked_tasks(model, main, helpers)
    if metric is not None and not isinstance(metric, str):
        raise ValueError(f"`metric` is the name of a metric of `{main}`. Received: {metric!r}.")
    settings = Settings(
        schedule=schedule,
        batch_size=batch_size,
        verbose=0,
        validation_data=validation_data,
        validation_split=validation_split,
        validation_batch_size=validation_batch_size,
        class_weight=class_weight,
        sample_weight=sample_weight,
        masks=masks,
        steps_per_epoch=whole_number("steps", steps),
    )
    shown = one_of("verbose", verbose, ("auto", 0, 1)) != 0
    seeds = whole_number("seeds", seeds)
    _check_data(model, x, y, settings, main)
    runs = WeightRuns(model, main, helping, metric)
    scores, losses = np.empty((2, len(tried), seeds))
    progress = keras.utils.Progbar(scores.size, verbose=int(shown), unit_name="run")
    for number, at in enumerate(np.ndindex(scores.shape), 1):
        scores[at], losses[at] = runs.score(x, y, settings, tried[at[0]], seed=at[1])
        progress.update(number)
    best = _best(scores.mean(axis=1), losses.mean(axis=1), upwards=runs.upwards)
    chosen = dict.fromkeys(helping, tried[best])
    model.training_state.set_loss_weights(chosen)
    search = Search(main, helping, runs.log, steps, seeds)
    return WeightTrials(_trials(tried, scores, best), search, chosen)


def _checked_weights(weights: Any) -> list[float]:
    """Return the weights from the smallest up."""
    given = weights.tolist() if isinstance(weights, np.ndarray) else weights
    found = list(given) if isinstance(given, list | tuple | range) else []
    if not found or not all(is_number(one) and one >= 0 for one in found):
        raise ValueError(
            "`weights` is a list of numbers of at least 0, such as [0, 0.1, 1]. Received: "
            f"{weights!r}."
        )
    return sorted({float(one) for one in found})


def _checked_tasks(model: MultiTaskModel, main: Any, helpers: Any) -> tuple[str, ...]:
    """Return the helpers of the main task."""
    if not isinstance(model, MultiTaskModel):
        raise TypeError(
            "`model` is a `MultiTaskModel`, in which helper tasks share the trunk of the main "
            f"task. Received: `{type(model).__name__}`."
        )
    if not model.compiled:
        raise ValueError("The model is not compiled: call `compile` with the losses of its tasks.")
    check_task(main, model.tasks, where="`main`")
    others = tuple(task for task in model.tasks if task != main)
    if helpers is None:
        chosen = others
    else:
        chosen = (helpers,) if isinstance(helpers, str) else _several(helpers)
        for task in chosen:
            check_task(task, model.tasks, where="`helpers`")
    if not chosen or main in chosen:
        raise ValueError(
            f"`helpers` are some of the tasks beside the main task `{main}`: {list(others)}. "
            f"Received: {list(chosen)}."
        )
    return tuple(dict.fromkeys(chosen))


def _several(helpers: Any) -> tuple[Any, ...]:
    if not isinstance(helpers, Iterable):
        raise TypeError(f"`helpers` is the name of a task, or a list. Received: {helpers!r}.")
    return tuple(helpers)


def _check_data(model: MultiTaskModel, x: Any, y: Any, settings: Settings, main: str) -> None:
    """Refuse data that cannot be read for each run, and a main task that would not be validated."""
    state = model.training_state
    options = RowOptions(settings.batch_size, settings.sample_weight, settings.masks)
    sets = list(read_data(state, x, y, options).sets.values())
    if settings.validation_data is not None:
        given = settings.validation_data
        size = settings.validation_batch_size or settings.batch_size
        validation = read_data(state, given, None, RowOptions(size), every_task=False)
        sets += validation.sets.values()
        if main not in validation.tasks:
            raise InvalidTaskData(
                f"`validation_data` has labels of {list(validation.tasks)}, and the weights are "
                f"chosen by those of the main task: add data of `{main}`."
            )
    elif not settings.validation_split:
        raise InvalidTaskData(
            f"The weights are chosen on data that `{main}` is not trained on: pass "
            f'`validation_data={{"{main}": (x, y)}}`, or `validation_split=0.2`.'
        )
    for one in sets:
        if isinstance(one, GeneratorData):
            raise InvalidTaskData(
                f"The data of `{one.name}` are a generator, which can be read only once, and each "
                "run reads them. Give arrays, a `PyDataset` or a `tf.data.Dataset`."
            )


def _best(means: np.ndarray, losses: np.ndarray, *, upwards: bool) -> int:
    """Return the position of the best mean, of equal ones that with the smallest loss."""
    if np.isnan(means).all():
        raise NonFiniteLoss(
            "The loss became NaN or infinite with each weight. Look for NaN or very large values "
            "in the inputs and labels, or use a smaller learning rate."
        )
    # `lexsort` puts NaN last.
    return int(np.lexsort((losses, -means if upwards else means))[0])


def _trials(tried: Sequence[float], scores: np.ndarray, best: int) -> list[WeightTrial]:
    several = scores.shape[1] > 1
    return [
        WeightTrial(
            weight, float(own.mean()), float(own.std(ddof=1)) if several else None, place == best
        )
        for place, (weight, own) in enumerate(zip(tried, scores, strict=True))
    ]
