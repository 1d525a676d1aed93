"""A format says which packages it lacks, before any work."""

import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.serving.formats.known_formats import FORMATS

EXTRAS = {"onnx": "tf2onnx", "litert": "ai_edge_litert", "openvino": "openvino"}


@pytest.mark.parametrize("name", EXTRAS)
def test_a_missing_package_is_told_with_the_line_for_pip(name, monkeypatch):
    module = "keras_mtl.serving.formats.export_format.find_spec"
    monkeypatch.setattr(module, lambda package: None if package == EXTRAS[name] else object())
    with pytest.raises(MissingExtra, match=rf'pip install "keras_mtl\[{name}\]"'):
        FORMATS.find(name).check_writers()


def test_all_formats_have_the_names_that_keras_gives_them():
    assert FORMATS.names == ("litert", "onnx", "openvino", "tf_saved_model")
