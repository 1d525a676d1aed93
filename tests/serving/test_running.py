"""An export runs in batches of the size that it takes."""

import numpy as np
import pytest

from _manifests import manifest
from keras_mtl.serving.formats.export_format import Running
from keras_mtl.serving.manifest import ExportedInput
from keras_mtl.serving.running import run_in_batches


class Doubling(Running):
    def __init__(self):
        self.sizes = []

    def outputs(self, inputs, names):
        self.sizes.append(len(inputs["x"]))
        return {name: 2 * inputs["x"] for name in names}


@pytest.mark.parametrize(
    ("fixed", "batch_size", "sizes"), [(None, 3, [3, 3, 1]), (None, 32, [7]), (4, 3, [4, 4])]
)
def test_all_rows_are_run(fixed, batch_size, sizes):
    running, x = Doubling(), np.arange(21.0).reshape(7, 3)
    told = manifest(inputs=(ExportedInput("x", "x", (fixed, 3), "float32"),))
    results = run_in_batches(running, told, {"x": x}, ["hair"], batch_size)
    assert running.sizes == sizes
    np.testing.assert_array_equal(results["hair"], 2 * x)
