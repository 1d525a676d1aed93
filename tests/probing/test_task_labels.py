"""How the labels of the task that depths are scored for are read."""

import keras
import numpy as np
import pandas
import pytest

from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.probe_targets import ClassTargets, NumberTargets, YesOrNoTargets
from keras_mtl.probing.task_labels import check_kind, probe_targets


@pytest.mark.parametrize(
    ("labels", "kind", "expected"),
    [
        ([0, 2, 2], "auto", ClassTargets),
        ([0.0, 2.0, 2.0], "auto", ClassTargets),
        ([[0], [2], [2]], "auto", ClassTargets),
        ([True, False, True], "auto", ClassTargets),
        (pandas.Series([0, 1, 1], dtype="Int64"), "auto", ClassTargets),
        (keras.ops.convert_to_tensor([0, 1, 1]), "auto", ClassTargets),
        ([0.5, 2.0, 2.0], "auto", NumberTargets),
        ([[0.5, 2], [1, 1], [2, 0]], "auto", NumberTargets),
        ([0, 2, 2], "regression", NumberTargets),
        ([0.0, 2.0, 2.0], "classification", ClassTargets),
        ([0, 1, 1], "binary", ClassTargets),
        ([[0, 1], [1, 1], [1, 0]], "multilabel", YesOrNoTargets),
    ],
)
def test_whole_numbers_are_classes_and_others_numbers(labels, kind, expected):
    assert type(probe_targets(labels, 3, kind)) is expected


@pytest.mark.parametrize(
    ("labels", "kind", "message"),
    [
        (np.eye(3), "auto", "argmax.*multilabel"),
        (np.arange(6.0).reshape(3, 2), "auto", "regression"),
        (["a", "b", "b"], "auto", "such as 'a'.*LabelEncoder"),
        ([0, 1, np.nan], "auto", "1 NaN"),
        ([0, 1, 2], "auto", "class of its own"),
        ([0, 1], "auto", "each of the 3 samples"),
        ([0, 0.5, 1], "classification", "whole numbers"),
    ],
)
def test_labels_that_cannot_be_scored_are_refused(labels, kind, message):
    with pytest.raises(InvalidLabels, match=message):
        probe_targets(labels, 3, kind)


def test_kinds_are_those_of_heads_and_auto():
    assert check_kind("auto") == "auto" and check_kind("multilabel") == "multilabel"
    with pytest.raises(ValueError, match="Did you mean 'regression'"):
        check_kind("regresion")
