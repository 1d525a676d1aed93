"""Models in the format onnx give what `predict` gives."""

import pytest

import keras_mtl
from _conversions import MODELS, check, converts
from _made_export import made
from keras_mtl.errors import NotConvertible

pytest.importorskip("tf2onnx")


@pytest.mark.parametrize("build", [pytest.param(build, marks=converts) for build in MODELS])
def test_it_gives_what_the_model_gives(build, tmp_path):
    check(build, "onnx", tmp_path)


def test_an_export_that_its_package_does_not_run_is_refused_by_one_error(tmp_path):
    made(tmp_path)
    wanted = "`onnxruntime` cannot run the export, which was written with .* unknown: .*ONNX"
    with pytest.raises(NotConvertible, match=wanted):
        keras_mtl.load_export(tmp_path)
