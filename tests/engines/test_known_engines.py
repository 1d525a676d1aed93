import importlib.util

import keras
import pytest

from keras_mtl.engines import engine as contract
from keras_mtl.engines import network_maker
from keras_mtl.engines.known_engines import ENGINES, checked_engine
from keras_mtl.errors import MissingExtra, UnsupportedBackend


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("openvino", "openvino", "openvino"), ("onnxruntime", "tf2onnx", "onnx")],
)
def test_an_engine_that_is_not_installed_is_told_with_the_line_for_pip(
    name, package, extra, monkeypatch
):
    monkeypatch.setitem(network_maker.MAKERS, keras.backend.backend(), None)
    find = {package: None}
    monkeypatch.setattr(contract, "find_spec", lambda one: find.get(one, importlib.util))
    with pytest.raises(MissingExtra, match=rf'`engine="{name}"`.*"keras_mtl\[{extra}\]"'):
        checked_engine(name)
    assert not ENGINES[name].is_installed


def test_a_backend_whose_graphs_cannot_be_read_is_refused(monkeypatch):
    monkeypatch.delitem(network_maker.MAKERS, "tensorflow")
    monkeypatch.setitem(network_maker.MAKERS, "other", None)
    for name in ENGINES:
        with pytest.raises(UnsupportedBackend, match=rf"{name}.*other.*{keras.backend.backend()}"):
            checked_engine(name)
    assert [checked_engine(name) for name in ("keras", "auto")] == ["keras", "auto"]
