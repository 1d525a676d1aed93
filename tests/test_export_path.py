"""Where a model is exported to is checked before the work."""

import os
import time

import pytest

from keras_mtl.errors import ExportError, ExportPathNotWritable
from keras_mtl.export_path import ABANDONED, checked_path, written_whole_export


def test_unfinished_exports_of_the_first_version_are_removed_once_they_are_old(tmp_path):
    for name, part in [("a", "new"), ("b", "old"), ("c", "new")]:
        folder = tmp_path / f".exporting-{name}"
        (folder / part).mkdir(parents=True)
        if name != "c":
            for path in (folder / part, folder):
                os.utime(path, (time.time() - 2 * ABANDONED,) * 2)
    checked_path(tmp_path / "exported", overwrite=False)
    # One may hold the only copy of a model, the other one may be being written.
    assert sorted(os.listdir(tmp_path)) == [".exporting-b", ".exporting-c"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [(OSError(28, "No space left on device"), ExportError), (OSError(30, "Read-only"), None)],
)
def test_errors_of_the_file_system_name_the_path(error, kind, tmp_path):
    path = tmp_path / "exported"
    expected = pytest.raises(kind or ExportPathNotWritable, match=rf"exported` .*{error.strerror}")
    with expected as caught, written_whole_export(path, overwrite=False):
        raise error
    assert isinstance(caught.value, PermissionError) == (kind is None)
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_mended_is_told_with_the_path(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ExportPathNotWritable, match=r"exported` cannot be written: .*denied"):
        checked_path(tmp_path / "exported", overwrite=True)
