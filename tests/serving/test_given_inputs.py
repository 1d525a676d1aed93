"""Inputs become arrays of the dtypes and shapes of the export, or are refused with the reason."""

import numpy as np
import pytest

from keras_mtl.errors import InvalidFeatures
from keras_mtl.serving.given_inputs import checked_inputs
from keras_mtl.serving.manifest import ExportedInput

WIDE = ExportedInput("wide", "wide", (None, 3), "float32")
TOKENS = ExportedInput("a_b", "a b", (None, None), "int32")
NAMES = ExportedInput("name", "name", (None,), "string")
PIXELS = ExportedInput("pixels", "pixels", (None, 2, 1), "uint8")
NAN = float("nan")


def test_what_keras_takes_is_taken():
    ones = np.ones((2, 3))
    (array,) = checked_inputs(ones.tolist(), [WIDE]).values()
    assert array.dtype == np.float32 and array.shape == (2, 3)
    by_name = checked_inputs({"a b": [[1, 2]] * 2, "wide": ones, "more": 1}, [WIDE, TOKENS])
    assert list(by_name) == ["wide", "a_b"] and by_name["a_b"].dtype == np.int32
    assert list(checked_inputs([ones, np.ones((2, 5))], [WIDE, TOKENS])) == ["wide", "a_b"]
    assert checked_inputs(["red", b"\xff\x00"], [NAMES])["name"].tolist() == ["red", b"\xff\x00"]
    assert checked_inputs(np.ones((4, 2)), [PIXELS])["pixels"].shape == (4, 2, 1)
    assert checked_inputs(np.array(["a", "b"]), [NAMES])["name"].dtype == object
    assert np.isnan(checked_inputs([[NAN, 1, 2]], [WIDE])["wide"][0, 0])  # as `predict` takes it


@pytest.mark.parametrize(
    ("x", "inputs", "told"),
    [
        (np.ones((2, 4)), [WIDE], r"shape \(None, 3\). Received: \(2, 4\)"),
        (np.ones(3), [WIDE], r"One sample is `x\[None\]`"),
        (3.0, [WIDE], "shape"),
        (None, [WIDE], "takes numbers"),
        ([], [WIDE], "shape"),
        (np.ones((0, 3)), [WIDE], "no samples"),
        ([["a", "b", "c"]], [WIDE], "takes numbers"),
        ([[1, 2], [3]], [WIDE], "no array"),
        ({"wid": 1}, [WIDE], "'wide' is missing"),
        (np.ones((2, 3)), [WIDE, TOKENS], "dict of arrays"),
        ([np.ones((2, 3))], [WIDE, TOKENS], "1 arrays"),
        ([np.ones((2, 3)), np.ones((3, 2))], [WIDE, TOKENS], "same number of rows"),
        ([[0.5]], [TOKENS], "whole numbers"),
        ([[NAN]], [TOKENS], "whole numbers"),
        (np.full((1, 2, 1), 300), [PIXELS], "that uint8 cannot"),
        ([1, 2], [NAMES], "takes text"),
        (["a", None], [NAMES], "such as None"),
    ],
)
def test_what_does_not_fit_is_refused(x, inputs, told):
    with pytest.raises(InvalidFeatures, match=told):
        checked_inputs(x, inputs)
