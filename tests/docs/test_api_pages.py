"""The pages of the API show every public name."""

import inspect
import re

import keras_mtl
from docs.pages import ROOT

SHOWN = re.compile(r"^::: (\S+)", re.MULTILINE)


def public_objects():
    for name in keras_mtl.__all__:
        value = getattr(keras_mtl, name)
        if not inspect.ismodule(value):
            yield value
        elif value is not keras_mtl.errors:  # One page shows the whole module.
            yield from (getattr(value, inner) for inner in value.__all__)


def test_every_public_name_is_on_a_page():
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "docs/api").glob("*.md")]
    shown = [name for page in pages for name in SHOWN.findall(page)]

    expected = {f"{value.__module__}.{value.__qualname__}" for value in public_objects()}
    assert expected | {"keras_mtl.errors"} == set(shown)
    assert len(set(shown)) == len(shown)
