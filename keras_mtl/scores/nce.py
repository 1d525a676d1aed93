"""NCE: how much a source task's labels tell about a new task's labels."""

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.scores.checks import check_labels, encode_labels


def nce(source_labels: ArrayLike, labels: ArrayLike) -> float:
    """Negative conditional entropy of the labels given the source task's labels.

    Use it when the same samples are labelled for both tasks and no model is at hand; with a
    trained source model, `leep` uses its probabilities as well.

    Args:
        source_labels: Integers of shape `(samples,)`: the source task's labels, or the classes
            that a source model predicts.
        labels: Integers of shape `(samples,)`, at least two classes: the new task's labels.

    Returns:
        `-H(labels | source_labels)` in nats: 0 when the source labels determine the labels,
        and never below `-log(classes)`. Higher is better.

    Raises:
        InvalidLabels: The lengths differ, a label is not a whole number, or `labels` holds one
            class only.

    Source:
        Tran, Nguyen and Hassner, "Transferability and Hardness of Supervised Classification
        Tasks", 2019.

    Example:
        >>> import keras_mtl
        >>> keras_mtl.scores.nce([0, 0, 1, 1], [5, 5, 7, 7])
        0.0
        >>> round(keras_mtl.scores.nce([0, 0, 1, 1], [5, 7, 5, 7]), 4)  # -log(2)
        -0.6931
    """
    given = encode_labels(source_labels, "source_labels")
    codes = check_labels(labels, len(given))
    pairs, counts = np.unique(np.stack([given, codes]), axis=1, return_counts=True)
    conditional = counts / np.bincount(given)[pairs[0]]
    return float(counts @ np.log(conditional) / len(codes))
