"""Differences are measured by output, and one too large is refused with its numbers."""

import numpy as np
import pytest

from keras_mtl.errors import ExportMismatch
from keras_mtl.exporting.parity import check_parity, measured_parity, tolerance_of
from keras_mtl.serving.manifest import ExportedOutput

HAIR = ExportedOutput("hair", (None, 2), "float32", "classification", "argmax")
EXPECTED = np.array([[0.2, 0.8], [0.6, 0.4]])


@pytest.mark.parametrize(
    ("actual", "difference", "same"),
    [
        (EXPECTED, 0.0, 1.0),
        (EXPECTED + np.array([[0.0, 0.25], [0.0, 0.0]]), 0.25, 1.0),
        (EXPECTED[::-1], 0.4, 0.0),
        (EXPECTED[:1], np.inf, None),
        (np.where(EXPECTED == 0.8, np.nan, EXPECTED), np.inf, 1.0),
    ],
)
def test_the_largest_difference(actual, difference, same):
    (one,) = measured_parity({"hair": EXPECTED}, {"hair": actual}, [HAIR], 0.3)
    assert one.max_difference == pytest.approx(difference)
    assert (one.same_classes, one.scale) == (same, 0.8)
    assert one.holds == (difference <= 0.3)


def test_what_is_no_number_in_both_is_no_difference():
    values = np.array([[np.nan, np.inf], [1.0, 3.0]])
    (one,) = measured_parity({"hair": values}, {"hair": values}, [HAIR], 0.1)
    assert (one.max_difference, one.scale, one.tolerance) == (0.0, 3.0, pytest.approx(0.3))


def test_an_export_that_differs_is_refused():
    measured = measured_parity({"hair": EXPECTED}, {"hair": EXPECTED + 0.5}, [HAIR], 1e-4)
    with pytest.raises(ExportMismatch, match=r"`hair` differs by 0\.5 .*`verify=False`"):
        check_parity(measured, "The export")


def test_what_is_allowed_depends_on_the_precision():
    assert tolerance_of(["float32"], None, None) == 1e-4
    assert tolerance_of(["float16", "float32"], None, None) == 1e-2
    assert tolerance_of(["float32"], "int8", None) == 0.1
    assert tolerance_of(["float32"], "int8", 0.02) == 0.02
