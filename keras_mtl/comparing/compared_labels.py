"""The labels of a comparison, and which form they have."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.common.arguments import one_of
from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.labels.number_form import NumberForm
from keras_mtl.heads.labels import without_tensor

AUTO = "auto"
FORMS: dict[str, type[LabelForm]] = {"classification": ClassForm, "regression": NumberForm}


def check_kind(kind: Any) -> str:
    """Return the kind of the labels.

    Raises:
        ValueError: It is none that strategies can be compared on.
    """
    return one_of("kind", kind, (AUTO, *FORMS))


def read_form(y: Any, samples: int, kind: str) -> tuple[LabelForm, np.ndarray]:
    """Return the form of the labels, and their values.

    Args:
        y: The labels as given.
        samples: Number of samples.
        kind: `"classification"`, `"regression"`, or `"auto"`: texts, booleans and whole numbers are
            classes, whatever their dtype; other numbers are measured.

    Raises:
        InvalidLabels: They are not of the kind, not as many as samples, missing, or all alike.
    """
    if y is None:
        raise InvalidLabels("`y` must have a label for each sample. Received: None.")
    recognised = _recognised(y) if kind == AUTO else kind
    if kind == "classification" and _recognised(y) == "regression":
        raise InvalidLabels(
            "`y` holds measured numbers, which are no classes: leave `kind` out, or pass "
            '`kind="regression"`.'
        )
    form, values = FORMS[recognised].read(without_tensor(y), samples)
    form.check(values)
    return form, values


def _recognised(y: Any) -> str:
    """Return the kind that labels look like."""
    array = np.asarray(without_tensor(y))
    if array.dtype == object and array.size:
        array = _numbers(array)
    if array.dtype.kind != "f":
        return "classification"
    known = array[np.isfinite(array)]  # A missing label makes floats of whole numbers.
    return "classification" if (known == np.floor(known)).all() else "regression"


def _numbers(array: np.ndarray) -> np.ndarray:
    """Return objects that are all numbers, or None, as numbers; other objects as they are."""
    values = [np.nan if value is None else value for value in array.ravel().tolist()]
    if not all(isinstance(value, int | float) for value in values):
        return array
    return np.array(values).reshape(array.shape)
