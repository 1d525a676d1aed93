"""Where a model is exported to is checked before the work."""

import os
import time

import pytest

from keras_mtl.errors import ExportError, ExportPathExists, ExportPathNotWritable
from keras_mtl.exporting.export_path import (
    ABANDONED,
    checked_path,
    checked_target,
    written_whole_export,
)


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


def version_there(base, number):
    folder = base / str(number)
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"")


@pytest.mark.parametrize(("there", "expected"), [([], 1), ([1, 7], 8), ([0], 1)])
def test_the_next_version_is_one_more_than_the_highest(there, expected, tmp_path):
    base = tmp_path / "reader"
    for number in there:
        version_there(base, number)
    (tmp_path / "other").mkdir()
    target = checked_target(base, version="next", overwrite=False)
    assert target.path == base / str(expected)
    with written_whole_export(target) as folder:
        (folder / "saved_model.pb").write_bytes(b"new")
        assert (base / str(expected)).exists() is False
    assert (base / str(expected) / "saved_model.pb").read_bytes() == b"new"
    assert sorted(os.listdir(base)) == sorted(map(str, [*there, expected]))


def test_a_first_version_that_fails_leaves_no_folder_of_versions(tmp_path):
    target = checked_target(tmp_path / "reader", version=3, overwrite=False)
    with pytest.raises(KeyboardInterrupt), written_whole_export(target):
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


def test_versions_that_cannot_be_written(tmp_path):
    version_there(tmp_path / "reader", 3)
    with pytest.raises(ExportPathExists, match=r"Version 3 .* there are \[3\].*version=4"):
        checked_target(tmp_path / "reader", version=3, overwrite=False)
    assert checked_target(tmp_path / "reader", version=3, overwrite=True).overwrite
    with pytest.raises(ExportPathExists, match="an exported model itself"):
        checked_target(tmp_path / "reader" / "3", version=1, overwrite=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportPathExists, match="not a folder"):
        checked_target(tmp_path / "file", version="next", overwrite=True)
    with pytest.raises(ExportError, match="is not a folder"):
        checked_target(tmp_path / "file" / "inside", version=1, overwrite=True)
    for version in (-1, 1.5, True, "nxt", 2**63, "3"):
        with pytest.raises(ValueError, match="`version` is None, a whole number"):
            checked_target(tmp_path / "reader", version=version, overwrite=False)
