"""A manifest comes back as it was written, and only with the files that it was written for."""

import json

import pytest

from _manifests import manifest
from keras_mtl.errors import DamagedExport, ExportNotFound
from keras_mtl.serving.manifest import LAYOUT, MANIFEST, Manifest, Parity, is_export


def written(folder):
    (folder / "variables").mkdir()
    (folder / "model.onnx").write_bytes(b"a graph")
    (folder / "variables" / "data").write_bytes(b"numbers")
    whole = manifest(parity=(Parity("hair", 1e-7, 1.0, 1e-4, 1.0),), sample={"rows": 4})
    whole.write(folder)
    return whole


def test_it_comes_back_as_it_was_written(tmp_path):
    whole = written(tmp_path)
    assert Manifest.read(tmp_path) == whole


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / "model.onnx").unlink(), "`model.onnx` is missing"),
        (lambda folder: (folder / "model.onnx").write_bytes(b"a graph!"), "8 bytes in"),
        (
            lambda folder: (folder / "variables/data").write_bytes(b"numb3rs"),
            "`variables/data`",
        ),
        (lambda folder: (folder / MANIFEST).write_text("{"), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_text("{}"), "is damaged"),
        (lambda folder: _change(folder, "structure", "list"), "is damaged"),
        (lambda folder: _change(folder, "layout", LAYOUT + 1, keep=False), "a later version"),
    ],
)
def test_other_files_are_refused(damage, told, tmp_path):
    written(tmp_path)
    damage(tmp_path)
    with pytest.raises(DamagedExport, match=told):
        Manifest.read(tmp_path)


def _change(folder, key, value, keep=True):
    state = json.loads((folder / MANIFEST).read_text())
    state[key] = value
    if not keep:
        del state["checksum"]
    (folder / MANIFEST).write_text(json.dumps(state))


def test_no_manifest_is_told(tmp_path):
    with pytest.raises(ExportNotFound, match=r"holds no `manifest.json`"):
        Manifest.read(tmp_path)


def test_a_manifest_of_somebody_else_is_no_export(tmp_path):
    assert not is_export(tmp_path)
    (tmp_path / MANIFEST).write_text('{"name": "a web page"}')
    assert not is_export(tmp_path)
    written(tmp_path)
    assert is_export(tmp_path)


@pytest.mark.parametrize(
    ("difference", "holds"), [(0.1, True), (0.3, False), (float("nan"), False)]
)
def test_a_difference_that_is_no_number_does_not_hold(difference, holds):
    assert Parity("hair", difference, 1.0, 0.2).holds == holds
