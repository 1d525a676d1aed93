"""What is wrong with a `tf.data.Dataset` shows in the compiled loop, and is said in words."""

from __future__ import annotations

import re
from typing import Any

import tensorflow as tf

from keras_mtl.batches.missing_labels import MISSING_CLASS, has_missing_class, read_labels
from keras_mtl.errors import InvalidLabels, InvalidTaskData
from keras_mtl.heads.head import Head

_SCOPE = "data_set_"


def checked_labels(labels: Any, task: str, head: Head | None) -> Any:
    """The labels, which cannot be had if they do not fit the head: then the loop stops."""
    if head is None or head.kind == "regression" or labels.dtype == tf.bool:
        return labels

    def refuse(values: Any) -> Any:
        read_labels(values, task, head)
        return values

    # Python says what is wrong, and is not asked while nothing is: it would hold up the training.
    return tf.cond(
        _all_fit(labels, head),
        lambda: labels,
        lambda: tf.ensure_shape(tf.py_function(refuse, [labels], labels.dtype), labels.shape),
    )


def refused_labels(error: tf.errors.OpError) -> InvalidLabels | None:
    """What was wrong with the labels, if they are what has stopped the loop."""
    found = re.search(rf"^{InvalidLabels.__name__}: (.*)$", error.message, re.MULTILINE)
    return InvalidLabels(found[1]) if found else None


def scope_of(index: int) -> str:
    """What the operations that read a data set are named after, by which errors tell it."""
    return f"{_SCOPE}{index}"


def wrong_length(error: tf.errors.OpError, names: list[str]) -> InvalidTaskData | None:
    """What is wrong if a data set ended, or is not as long as it claims."""
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


def missing_labels(labels: Any, head: Head | None) -> Any:
    """Booleans in the shape of the labels, or None if none can be missing."""
    if labels.dtype.is_floating:
        return tf.math.is_nan(labels)
    if has_missing_class(head) and labels.dtype.is_integer and not labels.dtype.is_unsigned:
        return labels == MISSING_CLASS
    return None


def _all_fit(labels: Any, head: Head) -> Any:
    """A boolean scalar; with few operations, as each step waits for them."""
    classes = head.kind == "classification"
    most = min(head.units - 1 if classes else 1, labels.dtype.max)
    if labels.dtype.is_floating:
        whole = tf.floor(labels) if classes else labels
        return tf.reduce_all((tf.clip_by_value(whole, 0, most) == labels) | tf.math.is_nan(labels))
    least = MISSING_CLASS if classes and not labels.dtype.is_unsigned else 0
    return tf.reduce_all(tf.clip_by_value(labels, least, most) == labels)
