"""Every public object explains itself, and its examples run."""

import doctest
import inspect
import re

import keras
import numpy as np
import pytest

import keras_mtl

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
EXAMPLE = re.compile(r"^ *>>> |^ *Examples?:\n+ {4}", re.MULTILINE)
TENSORFLOW_ONLY = dict.fromkeys(
    ("export", "load_export", "LoadedExport"), "elsewhere it takes seconds"
)


def public_objects():
    """The names of `keras_mtl` and of its public modules, with what they stand for."""
    for name in keras_mtl.__all__:
        value = getattr(keras_mtl, name)
        yield name, value
        if inspect.ismodule(value):  # An error of `errors` needs no example of its own.
            members = getattr(value, "__all__", ())
            yield from ((f"{name}.{inner}", getattr(value, inner)) for inner in members)


def backend_marks(name):
    reason = TENSORFLOW_ONLY.get(name)
    return [pytest.mark.backend("tensorflow", reason=reason)] if reason else []


@pytest.mark.parametrize(
    ("name", "value"),
    [pytest.param(*pair, id=pair[0], marks=backend_marks(pair[0])) for pair in public_objects()],
)
def test_docstring(name, value, tmp_path, monkeypatch):
    assert EXAMPLE.search(inspect.cleandoc(value.__doc__ or "")), f"`{name}` shows no example"

    monkeypatch.chdir(tmp_path)
    names = {"keras": keras, "keras_mtl": keras_mtl, "np": np}
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    report = []
    for test in doctest.DocTestFinder().find(value, name, globs=names):
        runner.run(test, out=report.append)
    assert not report, "".join(report)
