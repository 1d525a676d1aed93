"""Handwritten digits that come with scikit-learn: nothing is downloaded."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from keras_mtl.common.arguments import one_of, whole_number
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.datasets.budgets import nested_budget

Images = NDArray[np.float32]
Labels = NDArray[np.int32]
Split = Literal["train", "test"]

TEST_SIZE = 540  # the last rows, 30 % of the images

TASKS: dict[str, Callable[[Labels], Labels]] = {
    "parity": lambda digit: digit % 2,
    "digit": lambda digit: digit,
}


def digits(
    tasks: Iterable[str] = ("parity", "digit"),
    *,
    labels: Mapping[str, int] | None = None,
    split: Split = "train",
    seed: int = 0,
) -> dict[str, tuple[Images, Labels]]:
    """Load small images of handwritten digits, labelled for several tasks.

    Use it to try a transfer within seconds: train on one task with all labels, then transfer to
    the other task with few. It is too easy for benchmarks.

    Args:
        tasks: Which tasks: `"parity"` (0: even, 1: odd) and `"digit"` (0 to 9), both by default.
        labels: How many training images are labelled for each task, such as `{"digit": 50}`; all
            1257 for a task that is not named. Drawn by `nested_budget`: stratified, and with the
            same seed a larger budget holds the smaller ones. The test part is always whole.
        split: `"train"` (the default), or `"test"`: 540 images that no budget ever draws from,
            the same ones whatever the other arguments.
        seed: Seed of the draw of the labelled images, 0 by default.

    Returns:
        For each task `(x, y)`: `x` float32 of shape `(images, 8, 8, 1)` between 0 and 1, `y`
        int32 of shape `(images,)`. Tasks without a budget have the same images in the same order.

    Raises:
        TypeError: A budget is not an integer, `labels` is no dict, or `tasks` no list.
        ValueError: A task or the split is unknown, a budget is for a task that is not loaded,
            smaller than the task's number of classes, or larger than the training part, or `seed`
            is no whole number.

    Source:
        Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
        Repository, 1998; the copy in scikit-learn.

    Example:
        >>> import keras_mtl
        >>> data = keras_mtl.datasets.digits(labels={"digit": 50})
        >>> x, y = data["digit"]
        >>> x.shape, y.shape
        ((50, 8, 8, 1), (50,))
        >>> x, y = data["parity"]
        >>> x.shape
        (1257, 8, 8, 1)
        >>> x_test, y_test = keras_mtl.datasets.digits(split="test")["digit"]
        >>> x_test.shape
        (540, 8, 8, 1)
    """
    names = _check_tasks(tasks)
    seed = whole_number("seed", seed, least=0)
    budgets = _check_budgets({} if labels is None else labels, names)
    images, digit = _load(split)
    if split == "test":
        budgets = {}
    return {name: _label(name, images, digit, budgets, seed) for name in names}


def _label(
    task: str, images: Images, digit: Labels, budgets: Mapping[str, int], seed: int
) -> tuple[Images, Labels]:
    labels = TASKS[task](digit)
    if task not in budgets:
        return images, labels
    rows = nested_budget(labels, budgets[task], seed, name=f"labels[{task!r}]")
    return images[rows], labels[rows]


def _load(split: Split) -> tuple[Images, Labels]:
    parts = {"train": slice(None, -TEST_SIZE), "test": slice(-TEST_SIZE, None)}
    part = parts[one_of("split", split, parts)]
    from sklearn.datasets import load_digits

    source = load_digits()
    images = (source.images[..., np.newaxis] / 16).astype(np.float32)
    return images[part], source.target.astype(np.int32)[part]


def _check_tasks(tasks: Iterable[str]) -> list[str]:
    if not isinstance(tasks, Iterable):
        raise TypeError(f"`tasks` is a list of the names of tasks. Received: {tasks!r}.")
    names = [tasks] if isinstance(tasks, str) else list(tasks)
    return [one_of("tasks", name, TASKS) for name in names]


def _check_budgets(labels: Mapping[str, int], tasks: list[str]) -> Mapping[str, int]:
    if not isinstance(labels, Mapping):
        raise TypeError(
            "`labels` is a dict of budgets by task, such as `{'digit': 50}`. "
            f"Received: {labels!r}."
        )
    for name in labels:
        if name not in tasks:
            raise ValueError(
                f"`labels` are for the tasks that are loaded, {tasks}. "
                f"Received: {name!r}.{did_you_mean(name, tasks)}"
            )
    return labels
