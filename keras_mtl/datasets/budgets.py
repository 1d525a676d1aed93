"""Label budgets: small, stratified parts of a training set, each within the larger ones."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_mtl.common.arguments import is_whole_number, whole_number


def nested_budget(
    labels: ArrayLike, budget: int, seed: int = 0, *, name: str = "budget"
) -> NDArray[np.intp]:
    """Draw the rows to label with a limited budget, stratified by class.

    Use it to compare a method with fewer and more labels: with the same seed, a larger budget only
    adds rows, so differences come from the number of labels and not from the draw.

    Args:
        labels: Class labels of shape `(samples,)`, of any dtype that sorts.
        budget: Number of rows to draw, at least one for each class, at most all.
        seed: Seed of the draw, 0 by default.
        name: What an error message calls the budget.

    Returns:
        Distinct row indices of shape `(budget,)`, in the order of the draw: the first `k` are the
        budget of `k`. A row of each class comes first; each further row is of the class that is
        furthest below its share. So each class gets its share, rounded, and at least one row.

    Raises:
        TypeError: `budget` is not an integer.
        ValueError: `budget` is smaller than the number of classes or larger than the number of
            samples, `labels` is not one-dimensional, or `seed` is no whole number.

    Source:
        The shares are rounded by the method of Webster (Balinski and Young, "Fair
        Representation", 1982), which never takes away from a class as the budget grows.

    Example:
        >>> import numpy as np
        >>> import keras_mtl
        >>> labels = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1])
        >>> rows = keras_mtl.datasets.nested_budget(labels, 6, seed=1)
        >>> np.bincount(labels[rows])
        array([4, 2])
        >>> fewer = keras_mtl.datasets.nested_budget(labels, 3, seed=1)
        >>> np.array_equal(fewer, rows[:3])
        True
    """
    seed = whole_number("seed", seed, least=0)
    array = np.asarray(labels)
    if array.ndim != 1:
        raise ValueError(f"`labels` must have the shape (samples,). Received: {array.shape}.")
    classes, codes, sizes = np.unique(array, return_inverse=True, return_counts=True)
    budget = _check_budget(budget, len(classes), len(array), name)
    shuffled = np.random.default_rng(seed).permutation(len(array))
    codes = codes[shuffled]
    turns = _count_earlier(codes, sizes)
    shares = np.where(turns == 0, 0, (turns + 0.5) / sizes[codes])
    return shuffled[np.argsort(shares, kind="stable")[:budget]]


def _count_earlier(codes: NDArray[np.intp], sizes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each row how many rows of its class come before it."""
    by_class = np.argsort(codes, kind="stable")
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    earlier = np.empty_like(by_class)
    earlier[by_class] = np.arange(len(codes)) - starts
    return earlier


def _check_budget(budget: int, classes: int, samples: int, name: str) -> int:
    if not is_whole_number(budget):
        raise TypeError(f"`{name}` is a whole number. Received: {budget!r}.")
    if not classes <= budget <= samples:
        raise ValueError(
            f"`{name}` must be between {classes}, one label for each class, and {samples}, all "
            f"the samples. Received: {budget}."
        )
    return int(budget)
