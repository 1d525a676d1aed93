"""An action is done once, before or right after an import, and never in the middle of one."""

import importlib
import sys

import pytest

from keras_mtl.common.import_finder import ImportFinder


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package `ours_<n>` with a room, whose file needs the library `library_<n>`."""
    known = set(sys.modules)
    ours, library = f"ours_{id(tmp_path)}", f"library_{id(tmp_path)}"
    (tmp_path / f"{library}.py").write_text("value = 1\n")
    room = tmp_path / ours / "room"
    room.mkdir(parents=True)
    (tmp_path / ours / "__init__.py").write_text("")
    (room / "__init__.py").write_text("")
    (room / "file.py").write_text(f"import {library}\nfrom {ours}.room import other\n")
    (room / "other.py").write_text(f"import {library}\nruns = []\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = list(sys.meta_path)
    yield ours, library
    sys.meta_path[:] = before
    for name in set(sys.modules) - known:
        if name.partition(".")[0] in (ours, library):
            del sys.modules[name]


def installed(ours, library, did):
    def action():
        did.append("action")
        importlib.import_module(library)
        importlib.import_module(f"{ours}.room.file")

    finder = ImportFinder(library, needed=lambda name: name.startswith(f"{ours}."), action=action)
    finder.install()
    return finder


def test_it_is_done_after_the_library_is_imported(package):
    ours, library = package
    did = []
    finder = installed(ours, library, did)
    module = importlib.import_module(library)
    assert did == ["action"] and module.value == 1
    assert finder not in sys.meta_path
    assert type(module.__spec__.loader).__module__ == "_frozen_importlib_external"


@pytest.mark.parametrize("name", ["room", "room.file", "room.other"])
def test_it_is_done_before_a_file_that_needs_the_library_which_is_executed_once(name, package):
    ours, library = package
    did = []
    installed(ours, library, did)
    module = importlib.import_module(f"{ours}.{name}")
    assert did == ["action"]
    assert sys.modules[f"{ours}.{name}"] is module
    whole = importlib.import_module(ours)
    assert whole.room.file.other is whole.room.other is sys.modules[f"{ours}.room.other"]
    assert whole.room.__spec__.submodule_search_locations  # of the module itself


def test_what_failed_is_done_again(package):
    ours, library = package
    did = []

    def action():
        did.append("action")
        if len(did) == 1:
            raise ImportError("no backend")

    ImportFinder(library, needed=lambda name: name.startswith(f"{ours}."), action=action).install()
    with pytest.raises(ImportError, match="no backend"):
        importlib.import_module(f"{ours}.room")
    importlib.import_module(f"{ours}.room")
    importlib.import_module(f"{ours}.room.file")
    assert did == ["action", "action"]
