"""Examples, the README and the pages use what is public: what a user may copy."""

import ast
import re
from importlib import import_module
from types import ModuleType

import pytest

import keras_mtl
from docs.pages import DOCS, README, ROOT, code

DOTTED = re.compile(r"keras_mtl(\.\w+)+")
EXAMPLES = sorted((ROOT / "examples").glob("**/*.py"))
MODULES = [name for name in keras_mtl.__all__ if isinstance(getattr(keras_mtl, name), ModuleType)]


def used_names(tree):
    """Yield the dotted names of the package that a program imports or reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.startswith("keras_mtl."))
        elif isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("keras_mtl."):
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Attribute) and DOTTED.fullmatch(ast.unparse(node)):
            yield ast.unparse(node)


def private_names(tree):
    """Return those that are not public."""
    return [name for name in used_names(tree) if not is_public(*name.split(".")[1:])]


def is_public(first, second=None, *_):
    if first not in [*keras_mtl.__all__, "__version__"]:
        return False
    if second is None or first not in MODULES:
        return True  # Attributes of public classes and functions have tests of their own.
    module = import_module(f"keras_mtl.{first}")
    return second in getattr(module, "__all__", [one for one in vars(module) if one[0] != "_"])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_use_public_names(path):
    assert private_names(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_pages_use_public_names():
    found = [
        (page.name, name)
        for page in [README, *DOCS]
        for block in code(page)
        for name in private_names(ast.parse(block.content))
    ]
    assert found == []


def test_names_that_are_not_public_are_found():
    program = """
import keras_mtl.pictures.drawing
from keras_mtl.report.page import page
from keras_mtl import transfer, secret
from keras_mtl.datasets import load, strata
keras_mtl.heads.Head, keras_mtl.errors.InvalidCut, keras_mtl.schedules.Joint().join
"""
    assert sorted(private_names(ast.parse(program))) == [
        "keras_mtl.datasets.strata",
        "keras_mtl.heads",
        "keras_mtl.heads.Head",
        "keras_mtl.pictures.drawing",
        "keras_mtl.report.page.page",
        "keras_mtl.secret",
    ]
