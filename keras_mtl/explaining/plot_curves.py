"""`plot_curves`: learning curves of several tasks, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.pictures.drawing import drawn, saved
from keras_mtl.pictures.learning_curves import LearningCurves

Curves = dict[str, dict[str, np.ndarray]]


def plot_curves(
    curves: Mapping[str, Mapping[str, Any]],
    path: str | Path | None = None,
    *,
    score_name: str = "accuracy",
) -> Any:
    """Draw learning curves: a panel for each task, and a line for each way of training.

    Args:
        curves: By task and way of training, the scores by epoch of one run, or a list of those of
            several runs of as many epochs. The line is the mean over the runs, with a band of one
            (sample) standard deviation to each side.
        path: Where to save the picture; the ending says the format, such as `.png` or `.svg`.
        score_name: What the vertical axis is called.

    Returns:
        The path; a matplotlib figure if `path` is None.

    Raises:
        TypeError: `curves` is no dict of dicts.
        ValueError: There are no curves, or those of one way differ in length or are no numbers.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> import keras_mtl
        >>> curves = {"digit": {"in turn": [[0.5, 0.7], [0.6, 0.8]], "alone": [[0.4, 0.6]]}}
        >>> keras_mtl.plot_curves(curves, "curves.png").name
        'curves.png'
    """
    picture = LearningCurves(_checked_curves(curves), score_name)
    return (
        drawn(picture.draw, *picture.size)
        if path is None
        else saved(picture.draw, *picture.size, path)
    )


def _checked_curves(curves: Any) -> Curves:
    example = '`{"digit": {"alone": history["val_accuracy"]}}`'
    are_dicts = isinstance(curves, Mapping) and all(
        isinstance(ways, Mapping) for ways in curves.values()
    )
    if not are_dicts:
        raise TypeError(
            f"`curves` holds scores by task and way of training, such as {example}. "
            f"Received: {curves!r}."
        )
    if not curves or not all(curves.values()):
        raise ValueError(f"`curves` has no curve; give for instance {example}.")
    return {
        str(task): {str(way): _checked_runs(task, way, runs) for way, runs in ways.items()}
        for task, ways in curves.items()
    }


def _checked_runs(task: Any, way: Any, runs: Any) -> np.ndarray:
    try:
        scores = np.atleast_2d(np.asarray(runs, dtype=float))
    except (TypeError, ValueError) as error:
        raise ValueError(_no_runs(task, way, "scores that differ in number")) from error
    if scores.ndim > 2 or not scores.size:
        raise ValueError(_no_runs(task, way, f"the shape {scores.shape}"))
    return scores


def _no_runs(task: Any, way: Any, received: str) -> str:
    return (
        f"`curves[{task!r}][{way!r}]` is a list of the scores of one run by epoch, or a list of "
        f"such lists of one length. Received: {received}."
    )
