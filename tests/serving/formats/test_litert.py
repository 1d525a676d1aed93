"""Models in the format litert give what `predict` gives."""

import numpy as np
import pytest

import keras_mtl
from _conversions import MODELS, check, converts, pictures
from _helpers import draw

pytest.importorskip("ai_edge_litert")
pytestmark = converts


@pytest.mark.parametrize("build", MODELS)
def test_it_gives_what_the_model_gives(build, tmp_path):
    check(build, "litert", tmp_path)


def test_numbers_of_8_bits_are_near_and_take_a_quarter_of_the_space(tmp_path):
    model, sample = pictures(), draw(64, 12, 12, 3)
    small = keras_mtl.export(model, tmp_path / "a", format="litert", quantize="int8", sample=sample)
    loaded = keras_mtl.load_export(small)
    expected, actual = model.predict(sample, verbose=0), loaded.predict(sample)
    for task, values in expected.items():
        assert np.abs(actual[task] - values).max() < 0.1 * np.abs(values).max(), task
        assert (actual[task] != values).any()
    assert loaded.manifest.quantize == "int8"
    assert loaded.manifest.sample == {"from": "given", "rows": 64}
