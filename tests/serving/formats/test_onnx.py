"""Models in the format onnx give what `predict` gives."""

import pytest

from _conversions import MODELS, check, converts

pytest.importorskip("tf2onnx")
pytestmark = converts


@pytest.mark.parametrize("build", MODELS)
def test_it_gives_what_the_model_gives(build, tmp_path):
    check(build, "onnx", tmp_path)
