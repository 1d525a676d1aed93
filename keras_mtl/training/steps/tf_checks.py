"""Errors in a `tf.data.Dataset` that a compiled loop meets, as errors of `keras_mtl`."""

from __future__ import annotations

import re

import tensorflow as tf

from keras_mtl.batches.missing_labels import missing_integer, read_labels
from keras_mtl.errors import InvalidLabels, InvalidTaskData
from keras_mtl.heads.head import Head
from keras_mtl.heads.kinds.task_kind import LabelBounds

_SCOPE = "data_set_"


def checked_labels(labels: tf.Tensor, task: str, head: Head | None) -> tf.Tensor:
    """Return the labels; stop the loop if they do not fit the head."""
    bounds = None if head is None else head.task_kind.label_bounds(head.units)
    if head is None or bounds is None or labels.dtype == tf.bool:
        return labels

    def refuse(values: tf.Tensor) -> tf.Tensor:
        read_labels(values, task, head)
        return values

    # The graph only tells whether something is wrong, which is fast; Python then says what.
    return tf.cond(
        _all_fit(labels, head, bounds),
        lambda: labels,
        lambda: tf.ensure_shape(tf.py_function(refuse, [labels], labels.dtype), labels.shape),
    )


def refused_labels(error: tf.errors.OpError) -> InvalidLabels | None:
    """Return the error of labels that have stopped the loop; None if something else has."""
    # An error in `py_function` reaches Python as text only: its type, a colon and its message.
    found = re.search(rf"\b{InvalidLabels.__name__}: (.*)$", error.message, re.MULTILINE)
    return InvalidLabels(found[1]) if found else None


def scope_of(index: int) -> str:
    """Return the name scope in which a data set is read: errors of TensorFlow mention it."""
    return f"{_SCOPE}{index}"


def wrong_length(error: tf.errors.OpError, names: list[str]) -> InvalidTaskData | None:
    """Return the error of a data set that ended, or is not as long as it claims; else None."""
    read = re.search(rf"{_SCOPE}(\d+)/IteratorGetNext", error.message)
    if not read:
        return None
    name = names[int(read[1])]
    if isinstance(error, tf.errors.OutOfRangeError):
        return InvalidTaskData(
            f"The data of `{name}` ended before training did: a pass over the data set gave no "
            "batch. Look for a filter that keeps nothing, or a generator that gives its batches "
            "only once."
        )
    claim = re.search(r"Input dataset was expected to contain[^\n]*", error.message)
    if isinstance(error, tf.errors.FailedPreconditionError) and claim:
        return InvalidTaskData(
            f"The data of `{name}` are not as long as they claim: {claim[0].rstrip('.')}. Give "
            "`assert_cardinality` the number of batches."
        )
    return None


def missing_labels(labels: tf.Tensor, head: Head | None) -> tf.Tensor | None:
    """Return booleans in the shape of the labels; None if none can be missing."""
    if labels.dtype.is_floating:
        return tf.math.is_nan(labels)
    integer = missing_integer(head)
    if integer is not None and _is_signed(labels):
        return labels == integer
    return None


def _all_fit(labels: tf.Tensor, head: Head, bounds: LabelBounds) -> tf.Tensor:
    """Return a boolean scalar, by few operations: every training step waits for them."""
    least, most = bounds.least, min(bounds.most, labels.dtype.max)
    if labels.dtype.is_floating:
        values = tf.floor(labels) if bounds.whole else labels
        inside = tf.clip_by_value(values, least, most) == labels
        return tf.reduce_all(inside | tf.math.is_nan(labels))
    integer = missing_integer(head)
    inside = tf.clip_by_value(labels, least, most) == labels
    if integer is not None and _is_signed(labels):
        inside |= labels == integer
    return tf.reduce_all(inside)


def _is_signed(labels: tf.Tensor) -> bool:
    return labels.dtype.is_integer and not labels.dtype.is_unsigned
