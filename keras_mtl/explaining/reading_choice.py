"""Which kind of task outputs and labels are of."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.batches.values import is_frame
from keras_mtl.common.label_arrays import are_whole, label_array
from keras_mtl.errors import InvalidLabels
from keras_mtl.explaining.class_reading import ClassReading, LabelReading, ValueReading, values_of
from keras_mtl.explaining.number_reading import NumberReading
from keras_mtl.explaining.output_meaning import OutputMeaning
from keras_mtl.explaining.task_reading import TaskReading, one_output_a_row
from keras_mtl.heads.class_names import text_labels
from keras_mtl.heads.labels import without_tensor

AUTO = "auto"
KINDS_EXPLAINED = ("classification", "binary", "regression")


def choose_reading(
    meaning: OutputMeaning,
    kind: str,
    classes: tuple[str, ...] | None,
    outputs: np.ndarray,
    y: Any,
) -> TaskReading:
    """Return what makes sense of outputs and labels.

    Args:
        meaning: What is known of the outputs.
        kind: The kind that the caller names, or `"auto"`.
        classes: Names of the classes that the caller gives, or None.
        outputs: Outputs of some rows.
        y: Labels of some rows, or all.

    Raises:
        InvalidLabels: The labels do not fit the outputs.
        ValueError: The kind cannot be told, is not explained, or does not fit the outputs, or
            `classes` does not.
    """
    if meaning.are_labels and _is_column(outputs) and kind in (AUTO, "classification"):
        if meaning.values is not None or kind != AUTO or _are_classes(outputs, y):
            values = values_of(outputs, y) if meaning.values is None else meaning.values
            _check_number(classes, len(values))
            return LabelReading(values, classes)
    elif meaning.values is not None:
        _check_number(classes, len(meaning.values))
        return ValueReading(meaning.values, classes)
    units = one_output_a_row(outputs).shape[1]
    found = _kind(meaning, units, outputs, y) if kind == AUTO else kind
    if found == "regression":
        if classes is not None:
            raise ValueError("`classes` names classes; the labels are measured numbers.")
        columns = [str(column) for column in y.columns] if is_frame(y) else []
        return NumberReading(units, columns if len(columns) == units else None)
    if found not in KINDS_EXPLAINED:
        raise ValueError(
            f"`explain` takes classes, one for each row, or measured numbers. Received: a task of "
            f"kind `{found}`. Explain one label at a time: `y[:, 0]` with a model whose output is "
            "the column `[:, 0:1]`."
        )
    if (found == "binary") != (units == 1):
        raise ValueError(
            f"A `{found}` task has {'one output' if found == 'binary' else 'several outputs'}. "
            f"Received: kind={kind!r} and a model with {units} outputs."
        )
    count = max(units, 2)
    _check_number(classes, count)
    names = classes or meaning.classes
    return ClassReading(names, count, meaning.function, is_binary=units == 1)


def _is_column(outputs: np.ndarray) -> bool:
    return outputs.ndim == 1 or outputs.shape[1] == 1


def _are_classes(*labels: Any) -> bool:
    """Return whether labels and predictions are texts, or whole numbers."""
    for one in labels:
        one = without_tensor(one)
        if text_labels(one) is None:
            array = label_array(one, "`y`", gaps=True)
            known = array[np.isfinite(array)] if array.dtype.kind == "f" else array
            if not are_whole(known):
                return False
    return True


def _check_number(classes: tuple[str, ...] | None, count: int) -> None:
    if classes is not None and len(classes) != count:
        raise ValueError(
            f"`classes` has a name for each class, {count} of them. Received: {len(classes)}."
        )


def _kind(meaning: OutputMeaning, units: int, outputs: np.ndarray, y: Any) -> str:
    """Return the kind that the model, or else the labels, tell."""
    if meaning.is_certain:
        return str(meaning.kind)
    y = without_tensor(y)
    if text_labels(y) is not None:
        return "binary" if units == 1 else "classification"
    labels = label_array(y, "`y`", gaps=True)
    known = labels[np.isfinite(labels)] if labels.dtype.kind == "f" else labels
    whole = are_whole(known)
    if units == 1:
        return _kind_of_one(meaning, outputs, known, whole)
    if labels.ndim < 2 or labels.shape[1] == 1:
        return "classification" if whole or meaning.function == "softmax" else _no_kind(units, y)
    if meaning.function == "softmax" or (whole and _is_one_hot(labels)):
        return "classification"
    yes_or_no = whole and bool(np.isin(known, (0, 1)).all())
    return "multilabel" if yes_or_no else "regression"


def _kind_of_one(
    meaning: OutputMeaning, outputs: np.ndarray, known: np.ndarray, whole: bool
) -> str:
    yes_or_no = whole and bool(np.isin(known, (0, 1)).all())
    if meaning.kind == "regression" and meaning.function != "sigmoid":
        return "regression"
    if meaning.kind == "binary" or (meaning.function in ("sigmoid", "softmax") and whole):
        return "binary"
    if not yes_or_no:
        return "regression"
    if meaning.function is None and bool(((outputs >= 0) & (outputs <= 1)).all()):
        return "binary"
    raise ValueError(
        "The model has one output without a sigmoid and `y` holds 0 and 1 only, which may be "
        'classes or numbers. Pass `kind="binary"` (the outputs are logits) or `kind="regression"`.'
    )


def _is_one_hot(labels: np.ndarray) -> bool:
    known = labels[~np.isnan(labels).any(axis=1)] if labels.dtype.kind == "f" else labels
    return bool(np.isin(known, (0, 1)).all() and (known.sum(axis=1) == 1).all())


def _no_kind(units: int, y: Any) -> str:
    raise InvalidLabels(
        f"The model has {units} outputs, and `y` of shape {np.shape(y)} holds numbers that are "
        f"not whole: expected classes, 0 to {units - 1}, or {units} numbers for each row."
    )
