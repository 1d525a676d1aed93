"""The page on troubleshooting names every error."""

import inspect

from docs.pages import ROOT
from keras_mtl import errors

PARENTS = {"KerasMtlError", "ExportError"}


def test_every_error_is_on_the_page():
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    classes = inspect.getmembers(errors, inspect.isclass)
    raised = {name for name, value in classes if value.__module__ == errors.__name__} - PARENTS
    assert len(raised) > 30
    assert not {name for name in raised if f"`{name}`" not in page}
