"""The face of the package: its names, its map, and what is said where a backend is missing."""

import os
import subprocess
import sys

import pytest

import keras_mtl
from _zoo import first_ones


def test_dir_shows_the_public_names_only():
    assert dir(keras_mtl) == sorted([*keras_mtl.__all__, "__version__"])
    assert keras_mtl.__all__ == sorted(keras_mtl.__all__)
    for name in dir(keras_mtl):
        getattr(keras_mtl, name)


def test_help_is_a_map_of_all_names():
    assert [name for name in keras_mtl.__all__ if f"`{name}`" not in keras_mtl.__doc__] == []


ABSENT = """
import sys
class Absent:
    def find_spec(self, name, *others):
        if name.partition(".")[0] == {backend!r}:
            raise ModuleNotFoundError("No module named " + name, name=name)
sys.meta_path.insert(0, Absent())
import keras_mtl
keras_mtl.transfer
"""
PIP_LINES = {
    "jax": 'pip install "keras_mtl[jax]"',
    "torch": 'pip install "keras_mtl[torch]"',
    "tensorflow": "pip install tensorflow",
}


@pytest.mark.parametrize("backend", first_ones(PIP_LINES, 1))
def test_a_backend_that_is_not_installed(backend):
    code = ABSENT.format(backend=backend)
    environment = {**os.environ, "KERAS_BACKEND": backend}

    process = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )

    last = process.stderr.splitlines()[-1]
    assert last.startswith("keras_mtl.errors.MissingBackend: The Keras backend")
    assert PIP_LINES[backend] in last
    assert "`KERAS_BACKEND`" in last
