"""Errors in a `tf.data.Dataset` that a compiled loop meets, as errors of `keras_mtl`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from keras_mtl.batches.label_check import LabelCheck, has_labels
from keras_mtl.batches.missing_labels import missing_integer, read_labels
from keras_mtl.errors import InvalidLabels, InvalidTaskData
from keras_mtl.heads.class_names import labels_by_name
from keras_mtl.heads.head import Head
from keras_mtl.heads.kinds.task_kind import LabelBounds
from keras_mtl.heads.labels import LabelRule

_SCOPE = "data_set_"


def checked_labels(labels: tf.Tensor, task: str, head: Head | None) -> tf.Tensor:
    """Return the labels; stop the loop if they do not fit the head."""
    bounds = None if head is None else head.task_kind.label_bounds(head.units)
    if head is None or bounds is None or labels.dtype == tf.bool:
        return labels
    fit = _all_fit(labels, bounds, missing_integer(head), gaps=True)
    return _refused_unless(fit, labels, lambda values: read_labels(values, task, head))


def read_names(labels: tf.Tensor, task: str, head: Head) -> tuple[tf.Tensor, tf.Tensor]:
    """Return labels that are given by name as numbers, and which of them are missing."""

    def read(values: tf.Tensor) -> tuple[np.ndarray, np.ndarray]:
        numbers, present = read_labels(values, task, head)
        missing = np.zeros(numbers.shape, bool)
        if present is not None:
            missing |= ~present.reshape(present.shape + (1,) * (numbers.ndim - present.ndim))
        return numbers, missing

    # Names are looked up in Python: a kind of task says what they mean.
    numbers, missing = tf.py_function(read, [labels], (tf.int32, tf.bool))
    shape = shape_of_named(labels.shape, LabelRule.of(head))
    return tf.ensure_shape(numbers, shape), tf.ensure_shape(missing, shape)


def shape_of_named(shape: tf.TensorShape, rule: LabelRule) -> list[int | None]:
    """Return the static shape of labels that names of a static shape become."""
    assert rule.classes is not None
    made = []
    for unknown in (1, 2):
        names = np.full([unknown if size is None else size for size in shape], rule.classes[0])
        made.append(labels_by_name(names, rule.kind, rule.classes, "`y`").values.shape)
    return [one if one == other else None for one, other in zip(*made, strict=True)]


def with_checked_labels(dataset: Any, check: LabelCheck) -> Any:
    """Return a `tf.data.Dataset` that stops at a batch whose labels do not fit.

    Args:
        dataset: A data set; one without labels, or of another class, is returned as it is.
        check: The check.
    """
    if not isinstance(dataset, tf.data.Dataset) or not has_labels(dataset.element_spec):
        return dataset

    def checked(x: Any, y: Any, *weights: Any) -> Any:
        return (x, _checked(y, check), *weights)

    return dataset.map(checked, num_parallel_calls=tf.data.AUTOTUNE)


@contextmanager
def unwrapped_errors() -> Iterator[None]:
    """Raise the errors of labels that TensorFlow has wrapped as what they are."""
    try:
        yield
    except tf.errors.OpError as error:
        found = refused_labels(error)
        if found is None:
            raise
        raise found from None


def _checked(labels: Any, check: LabelCheck) -> Any:
    """Return labels all of which there must be, if they fit."""
    if not isinstance(labels, tf.Tensor):  # Ragged and sparse ones are Keras's.
        return labels
    if labels.dtype == tf.string and check.rule.classes is not None:
        numbers = tf.py_function(check.labels, [labels], tf.int32)
        return tf.ensure_shape(numbers, shape_of_named(labels.shape, check.rule))
    if check.rule.names_only:
        return labels
    known = labels.shape.rank is not None and None not in tuple(labels.shape)[1:]
    bounds = check.rule.kind.label_bounds(check.rule.units)
    fit = tf.constant(known)  # A shape that is not known before is checked batch by batch.
    if known and bounds is not None and labels.dtype != tf.bool:
        fit = _all_fit(labels, bounds, None, gaps=False)
    elif known and labels.dtype.is_floating:
        fit = tf.reduce_all(tf.math.is_finite(labels))
    return _refused_unless(fit, labels, check.labels)


def _refused_unless(fit: tf.Tensor, labels: tf.Tensor, refuse: Callable[[Any], Any]) -> tf.Tensor:
    def refused(values: tf.Tensor) -> tf.Tensor:
        refuse(values)
        return values

    # The graph only tells whether something is wrong, which is fast; Python then says what.
    return tf.cond(
        fit,
        lambda: labels,
        lambda: tf.ensure_shape(tf.py_function(refused, [labels], labels.dtype), labels.shape),
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


def _all_fit(
    labels: tf.Tensor, bounds: LabelBounds, missing: int | None, *, gaps: bool
) -> tf.Tensor:
    """Return a boolean scalar, by few operations: every training step waits for them."""
    least, most = bounds.least, min(bounds.most, labels.dtype.max)
    if labels.dtype.is_floating:
        values = tf.floor(labels) if bounds.whole else labels
        inside = tf.clip_by_value(values, least, most) == labels
        return tf.reduce_all(inside | tf.math.is_nan(labels) if gaps else inside)
    inside = tf.clip_by_value(labels, least, most) == labels
    if missing is not None and _is_signed(labels):
        inside |= labels == missing
    return tf.reduce_all(inside)


def _is_signed(labels: tf.Tensor) -> bool:
    return labels.dtype.is_integer and not labels.dtype.is_unsigned
