"""A Keras model as bytes, for pickles: Keras objects themselves do not pickle reproducibly."""

from __future__ import annotations

import json
import tempfile
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import keras

_FILE = "model.keras"


def to_archive(model: keras.Model) -> bytes:
    """The model as a `.keras` file; the same bytes whenever and wherever it is written.

    `joblib.Memory` finds what it stored by a hash of the pickle, which dates would change.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, _FILE)
        keras.saving.save_model(model, path)
        return _reproducible(path)


def from_archive(archive: bytes) -> keras.Model:
    """The model in a `.keras` file, not compiled: features need neither loss nor optimizer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, _FILE)
        path.write_bytes(archive)
        return keras.saving.load_model(path, compile=False)


def _reproducible(path: Path) -> bytes:
    """Return the file without dates and memory addresses."""
    buffer = BytesIO()
    with ZipFile(path) as written, ZipFile(buffer, "w") as archive:
        for name in written.namelist():
            content = written.read(name)
            if name.endswith(".json") and "/" not in name:  # Others are the files of layers.
                content = _without_accidents(content)
            archive.writestr(ZipInfo(name), content)
    return buffer.getvalue()


def _without_accidents(content: bytes) -> bytes:
    numbers: dict[int, int] = {}
    return json.dumps(json.loads(content, object_hook=partial(_replaced, numbers))).encode()


def _replaced(numbers: dict[int, int], config: dict[str, Any]) -> dict[str, Any]:
    """No date; objects that Keras shares by their addresses are counted instead."""
    if "date_saved" in config:
        config["date_saved"] = ""
    if "shared_object_id" in config:
        address = config["shared_object_id"]
        config["shared_object_id"] = numbers.setdefault(address, len(numbers))
    return config
