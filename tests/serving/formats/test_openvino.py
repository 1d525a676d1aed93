"""Models in the format openvino give what `predict` gives."""

import pytest

from _conversions import MODELS, check, converts

pytest.importorskip("openvino")
pytestmark = converts


@pytest.mark.parametrize("build", MODELS)
def test_it_gives_what_the_model_gives(build, tmp_path):
    check(build, "openvino", tmp_path)
