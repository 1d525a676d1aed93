"""Objects of a package are found by name, each in a file of its own."""

import sys

import pytest

from keras_mtl.common.registry import Registry

REGISTRY = """
from keras_mtl.common.registry import Registry

THINGS = Registry("thing", "things")
"""
FILE = """
from things.registry import THINGS

@THINGS.register
class Thing:
    name = "{name}"
"""


@pytest.fixture
def things(tmp_path, monkeypatch):
    package = tmp_path / "things"
    package.mkdir()
    (package / "__init__.py").touch()
    registry = (
        "from keras_mtl.common.registry import Registry\nTHINGS = Registry('thing', 'things')"
    )
    (package / "registry.py").write_text(registry)
    for name in ("first", "second"):
        (package / f"{name}.py").write_text(FILE.format(name=name))
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__("things.registry").registry.THINGS
    for module in [one for one in sys.modules if one.split(".")[0] == "things"]:
        del sys.modules[module]


def test_files_of_the_package_are_found(things):
    assert things.names == ("first", "second")
    assert things.find("second").name == "second"
    with pytest.raises(ValueError, match=r"`thing` is one of .* Did you mean 'first'"):
        things.find("frist")


def test_others_are_registered_once(things):
    class Third:
        name = "third"

    things.register(Third)
    things.register(Third)
    assert isinstance(things.find("third"), Third)

    class Impostor:
        name = "first"

    things.find("first")
    with pytest.raises(ValueError, match=r"`thing='first'` is taken by `things\.first\.Thing`"):
        things.register(Impostor)


def test_a_registry_without_files():
    assert Registry("kind", "keras_mtl.pictures").names == ()
