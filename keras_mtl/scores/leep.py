"""LEEP: how well a source model's predicted classes explain a new task's labels."""

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.scores.checks import check_labels, check_probabilities


def leep(source_probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Log expected empirical prediction of the labels by way of the source model's classes.

    Use it when the source model still has its own classifier: one forward pass, no features
    needed. To compare depths of one model use `logme` or `h_score`.

    Args:
        source_probabilities: Floats of shape `(samples, source classes)`, rows that sum to one:
            the source model's softmax output for the new task's samples.
        labels: Integers of shape `(samples,)`, at least two classes: the new task's labels.

    Returns:
        The mean log-likelihood of the labels in nats, 0 at best. Higher is better.

    Raises:
        InvalidFeatures: A row of the probabilities is not a distribution.
        InvalidLabels: The labels' length differs, a label is not a whole number, or there is one
            class only.

    Source:
        Nguyen, Hassner, Seeger and Archambeau, "LEEP: A New Measure to Evaluate Transferability
        of Learned Representations", 2020. A source class that is never predicted is left out
        here, where the formula as published divides 0 by 0.

    Example:
        >>> import keras_mtl
        >>> keras_mtl.scores.leep([[1.0, 0.0], [0.0, 1.0]], [0, 1])
        0.0
        >>> round(keras_mtl.scores.leep([[0.5, 0.5], [0.5, 0.5]], [0, 1]), 4)  # -log(2)
        -0.6931
    """
    probabilities = check_probabilities(source_probabilities)
    codes = check_labels(labels, len(probabilities))
    probabilities = probabilities[:, probabilities.any(axis=0)]
    joint = np.eye(codes.max() + 1)[codes].T @ probabilities
    label_given_source = joint / joint.sum(axis=0)
    expected = np.einsum("sz,sz->s", label_given_source[codes], probabilities)
    return float(np.log(expected).mean())
