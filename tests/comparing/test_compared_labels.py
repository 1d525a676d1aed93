import numpy as np
import pandas as pd
import pytest

from keras_mtl.comparing.compared_labels import check_kind, read_form
from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.labels.number_form import NumberForm


@pytest.mark.parametrize(
    ("y", "form"),
    [
        ([0, 1, 1], ClassForm),
        ([0.0, 1.0, 1.0], ClassForm),
        ([True, False, True], ClassForm),
        (["a", "b", "a"], ClassForm),
        (pd.Series(["a", "b", "a"], dtype="category"), ClassForm),
        (np.array([2, 1, 1], object), ClassForm),
        ([0.5, 1.0, 1.0], NumberForm),
        (np.array([0.5, 1, 1], object), NumberForm),
        (np.ones((3, 2)) / 2, NumberForm),
    ],
)
def test_forms(y, form):
    assert type(read_form(y, 3, "auto")[0]) is form


def test_a_kind_that_is_given():
    assert isinstance(read_form([1, 2, 3], 3, "regression")[0], NumberForm)
    with pytest.raises(ValueError, match="Did you mean 'regression'"):
        check_kind("regresion")


@pytest.mark.parametrize(
    ("y", "kind", "message"),
    [
        (None, "auto", "Received: None"),
        ([0.5, 1, 2], "classification", 'pass `kind="regression"`'),
        ([0.0, 1.0, np.nan], "auto", "no label in row 2, but nan"),
        (["a", None, "b"], "auto", "no label in row 1, but None"),
        ([0.5, 1.0, np.nan], "auto", "holds finite numbers"),
        ([0, 1], "auto", "2 labels and 3 samples"),
        ([1, 1, 1], "auto", "one class only"),
        (np.eye(3), "auto", r"must have the shape \(samples,\)"),
    ],
)
def test_labels_that_are_refused(y, kind, message):
    with pytest.raises(InvalidLabels, match=message):
        read_form(y, 3, kind)
