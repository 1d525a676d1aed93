"""`manifest.json`: what an exported model takes and gives, and which files belong to it.

Plain Python, so that an export is read where Keras is not installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from keras_mtl.common.checked_json import read_checked_json, write_checked_json
from keras_mtl.errors import DamagedExport, ExportNotFound

MANIFEST = "manifest.json"
LAYOUT = 1
"""The version of the layout that this file describes; a reader refuses later ones."""
AT_ONCE = 1 << 20

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class ExportedInput:
    """One input of an exported model.

    Attributes:
        name: Its name in the export.
        given_name: Its name in the model, where the format allows fewer characters.
        shape: Its shape with the samples, None where any size goes.
        dtype: Its dtype; `"string"` for text and for encoded pictures.
    """

    name: str
    given_name: str
    shape: Shape
    dtype: str


@dataclass(frozen=True)
class ExportedOutput:
    """One output of an exported model.

    Attributes:
        name: Its name: the task, or the layer that makes it.
        shape: Its shape with the samples, None where any size goes.
        dtype: Its dtype.
        kind: The kind of the task, such as `"classification"`; None if it is not known.
        decoding: How classes are told from the numbers: `"argmax"`, `"threshold"`, or None.
        threshold: Above which number a class holds, where `decoding` is `"threshold"`.
        classes: The classes in the order of their numbers, if they are known.
        labels: The name of the output with the label of each sample, where the format has one.
    """

    name: str
    shape: Shape
    dtype: str
    kind: str | None = None
    decoding: str | None = None
    threshold: float = 0.5
    classes: tuple[Any, ...] | None = None
    labels: str | None = None


@dataclass(frozen=True)
class Parity:
    """How far the outputs of the export are from those of the model, on the same samples.

    Attributes:
        name: The output.
        max_difference: The largest difference of two numbers.
        scale: The largest absolute number that the model gives.
        tolerance: The largest difference allowed.
        same_classes: The fraction of samples with the same class; None where there are none.
    """

    name: str
    max_difference: float
    scale: float
    tolerance: float
    same_classes: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the difference is allowed."""
        return self.max_difference <= self.tolerance  # False for NaN.


@dataclass(frozen=True)
class Manifest:
    """What an exported model is.

    Attributes:
        format: The format, such as `"onnx"`.
        inputs: The inputs, in the order of the model's.
        outputs: The outputs, in the order of the model's.
        structure: How `predict` of the model gives them: `"single"`, `"list"` or `"dict"`.
        tasks: The names of the tasks of a model with several; otherwise those of the outputs.
        signatures: The outputs of each signature by its name.
        quantize: How the numbers are stored, `"int8"` or None for floats.
        model: Name, class and hash of the model that was exported.
        sample: `"given"` or `"drawn"`, and the number of rows that `parity` was measured on.
        parity: The differences, one for each output.
        versions: The versions of the packages that wrote it.
    """

    format: str
    inputs: tuple[ExportedInput, ...]
    outputs: tuple[ExportedOutput, ...]
    structure: str
    tasks: tuple[str, ...]
    signatures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    quantize: str | None = None
    model: Mapping[str, str] = field(default_factory=dict)
    sample: Mapping[str, Any] = field(default_factory=dict)
    parity: tuple[Parity, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the manifest into the folder of an export whose other files are all there."""
        state = {"layout": LAYOUT, **asdict(self), "files": dict(files_of(folder))}
        write_checked_json(folder / MANIFEST, state)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of an export, and compare all files with it.

        Raises:
            ExportNotFound: There is none.
            DamagedExport: It is damaged, of a later version, or of other files.
        """
        state = _read_state(folder)
        _check_files(folder, state.pop("files"))
        return cls._of(state)

    @classmethod
    def _of(cls, state: dict[str, Any]) -> Manifest:
        state["inputs"] = tuple(ExportedInput(**_with_tuples(one)) for one in state["inputs"])
        state["outputs"] = tuple(ExportedOutput(**_with_tuples(one)) for one in state["outputs"])
        state["parity"] = tuple(Parity(**one) for one in state["parity"])
        state["tasks"] = tuple(state["tasks"])
        state["signatures"] = {name: tuple(outs) for name, outs in state["signatures"].items()}
        return cls(**state)


def is_export(path: Path) -> bool:
    """Return whether an exported model is at a path; earlier versions wrote no manifest."""
    if (path / "saved_model.pb").is_file():
        return True
    try:
        return "layout" in read_checked_json(path / MANIFEST)
    except (OSError, ValueError):
        return False


def files_of(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield size and SHA-256 of each file in a folder but the manifest, by its path there."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST:
            yield name, {"size": path.stat().st_size, "sha256": _hash_of(path)}


def _hash_of(path: Path) -> str:
    total = sha256()
    with path.open("rb") as file:
        while part := file.read(AT_ONCE):
            total.update(part)
    return total.hexdigest()


def _read_state(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise ExportNotFound(
            f"`{folder}` holds no `{MANIFEST}`, so it is no model that `keras_mtl.export` wrote. "
            "Give the folder that `export` returned, or export the model again."
        )
    try:
        state = read_checked_json(path)
        layout = state.pop("layout")
    except (KeyError, ValueError) as error:
        raise DamagedExport(
            f"`{path}` is damaged ({error}). Export the model again, or put back a copy."
        ) from error
    if not isinstance(layout, int) or layout > LAYOUT:
        raise DamagedExport(
            f"`{path}` has the layout {layout!r}, written by a later version of `keras_mtl`; this "
            f"one reads layouts up to {LAYOUT}. Update `keras_mtl`."
        )
    return state


def _check_files(folder: Path, expected: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse files that are missing, or that are not those which were exported."""
    for name, file in expected.items():
        path = folder / name
        if not path.is_file():
            problem = "is missing"
        elif path.stat().st_size != file["size"]:
            problem = f"has {path.stat().st_size} bytes in place of {file['size']}"
        elif _hash_of(path) != file["sha256"]:
            problem = "has another content (its SHA-256 differs)"
        else:
            continue
        raise DamagedExport(
            f"`{folder}` does not match its `{MANIFEST}`: `{name}` {problem}. Export the model "
            "again, or copy the whole folder again."
        )


def _with_tuples(state: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in state.items()}
