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
    """Return the model as the bytes of a `.keras` file: the same whenever they are written.

    `joblib.Memory` finds what it stored by a hash of the pickle, which dates would change.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, _FILE)
        keras.saving.save_model(model, path)
        return _reproducible(path)


def from_archive(archive: bytes, *, compiled: bool = False) -> keras.Model:
    """Load the model from the bytes of a `.keras` file, by default without its loss.

    Args:
        archive: The bytes of the file.
        compiled: Whether to compile the model as it was, which needs its loss to be known.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, _FILE)
        path.write_bytes(archive)
        return keras.saving.load_model(path, compile=compiled)


def _reproducible(path: Path) -> bytes:
    """Return the file without dates and memory addresses."""
    buffer = BytesIO()
    with ZipFile(path) as written, ZipFile(buffer, "w") as archive:
        for name in written.namelist():
            content = written.read(name)
            if name.endswith(".json") and "/" not in name:  # JSON in folders belongs to layers.
                content = _without_accidents(content)
            # A `ZipInfo` made from a name has the date 1980-01-01.
            archive.writestr(ZipInfo(name), content)
    return buffer.getvalue()


def _without_accidents(content: bytes) -> bytes:
    numbers: dict[int, int] = {}
    return json.dumps(json.loads(content, object_hook=partial(_replaced, numbers))).encode()


def _replaced(numbers: dict[int, int], config: dict[str, Any]) -> dict[str, Any]:
    """Replace dates by none, and the addresses of shared objects by numbers."""
    if "date_saved" in config:
        config["date_saved"] = ""
    if "shared_object_id" in config:
        address = config["shared_object_id"]
        config["shared_object_id"] = numbers.setdefault(address, len(numbers))
    return config
