import sys
from types import SimpleNamespace

from _engines import install
from keras_mtl.engines.choice import identity_of
from keras_mtl.engines.known_engines import ENGINES


def test_features_are_told_apart_by_engine_and_its_version_and_keras_by_nothing(monkeypatch):
    engine = install(monkeypatch)
    told = [tuple(identity_of(name)) for name in ("keras", "auto", "openvino")]
    assert told[0] == () and len(set(told)) == 3
    monkeypatch.setattr(type(engine), "version", "2.0")
    assert tuple(identity_of("openvino")) not in told


def test_the_version_is_that_of_the_module_whatever_its_distribution(monkeypatch):
    for name, engine in ENGINES.items():
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(__version__="9.8"))
        assert engine.version == "9.8"
