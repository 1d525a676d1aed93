"""The inputs that a model predicts for, from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_mtl.cli.data_sources import TABLES, near_path
from keras_mtl.cli.failures import bad_data, data_errors, one_line, usage
from keras_mtl.cli.picture_inputs import color_mode, picture_size

if TYPE_CHECKING:
    import numpy as np

    from keras_mtl.cli.predictors import TakenInput

ARRAYS = (".npy", ".npz")
Inputs = tuple[list[str], dict[str, "np.ndarray"]]
"""What each row is called, and an array for each input by its name."""


def read_files(files: Sequence[Path], inputs: Sequence[TakenInput]) -> Inputs:
    """Return the rows of some files as the inputs of a model.

    Raises:
        CommandFailed: A file is not there, cannot be read, or does not fit the model.
    """
    for path in files:
        if not path.exists():
            raise bad_data(f"`{path}` does not exist.{near_path(path)}")
    with data_errors():
        if files[0].suffix not in (*TABLES, *ARRAYS):
            return _of_pictures(files, inputs)
        if len(files) > 1:
            raise usage(f"Give one file of rows at a time. Received: {len(files)}.")
        read = _of_table if files[0].suffix in TABLES else _of_arrays
        return _numbered(files[0], read(files[0], inputs))


def _numbered(path: Path, arrays: dict[str, np.ndarray]) -> Inputs:
    count = len(next(iter(arrays.values())))
    return [f"{path}:{row + 1}" for row in range(count)], arrays


def _of_arrays(path: Path, inputs: Sequence[TakenInput]) -> dict[str, np.ndarray]:
    import numpy as np

    from keras_mtl.datasets.array_files import NamedArrays

    if path.suffix == ".npy":
        return {_only(inputs).name: np.load(path, allow_pickle=False)}
    arrays = NamedArrays(path)
    if len(inputs) == 1 and inputs[0].name not in arrays.names:
        return {inputs[0].name: arrays.read("x")}
    return {one.name: arrays.read(one.name) for one in inputs}


def _of_table(path: Path, inputs: Sequence[TakenInput]) -> dict[str, np.ndarray]:
    from keras_mtl.datasets.frame_reading import check_columns, read_frame

    frame = read_frame(path, str(path))
    names = [one.name for one in inputs]
    if len(inputs) == 1 and names[0] not in frame.columns:
        return {names[0]: _vectors(frame, inputs[0])}
    check_columns(names, frame, str(path), "the table")
    return {one.name: _column(frame[one.name], one) for one in inputs}


def _vectors(frame: Any, one: TakenInput) -> np.ndarray:
    numbers = frame.select_dtypes("number")
    width = one.shape[-1]
    if len(one.shape) != 2 or (width is not None and width != numbers.shape[1]):
        raise bad_data(
            f"The model takes {_described(one)}; the table has {numbers.shape[1]} columns of "
            f"numbers, {list(numbers.columns)}, and none that is called `{one.name}`."
        )
    return numbers.to_numpy(one.dtype)


def _column(column: Any, one: TakenInput) -> np.ndarray:
    if one.dtype == "string":
        return column.astype(str).to_numpy(object)
    values = column.to_numpy(one.dtype)
    return values[:, None] if len(one.shape) == 2 else values


def _of_pictures(files: Sequence[Path], inputs: Sequence[TakenInput]) -> Inputs:
    import numpy as np

    one = _only(inputs)
    names = [str(path) for path in files]
    if one.dtype == "string":
        _decoded(files, (None, None, None, 3))  # To name those that are none.
        encoded = np.empty(len(files), object)
        encoded[:] = [path.read_bytes() for path in files]
        return names, {one.name: encoded}
    if len(one.shape) != 4:
        raise bad_data(f"The model takes {_described(one)}, which are no pictures.")
    pictures = _decoded(files, one.shape)
    sizes = sorted({picture.shape[:2] for picture in pictures})
    if len(sizes) > 1:
        raise bad_data(f"The pictures have several sizes, such as {sizes[:2]}: give one at a time.")
    return names, {one.name: np.stack(pictures)}


def _decoded(files: Sequence[Path], shape: tuple[int | None, ...]) -> list[np.ndarray]:
    """Return pictures as `--data` reads them, in the size and the colours that a model takes."""
    from keras_mtl.datasets.picture_files import PictureForm, decoding_errors, read_picture, shown

    form = PictureForm.checked(picture_size(shape), color_mode(shape))
    pictures, bad = [], {}
    for path in files:
        try:
            pictures.append(read_picture(path, form))
        except decoding_errors() as error:
            bad[str(path)] = one_line(error)
    if bad:
        first, reason = next(iter(bad.items()))
        raise bad_data(
            f"{len(bad)} of {len(files)} files cannot be decoded as pictures: {shown(list(bad))}. "
            f"`{first}`: {reason}"
        )
    return pictures


def _only(inputs: Sequence[TakenInput]) -> TakenInput:
    if len(inputs) > 1:
        raise bad_data(
            f"The model has the inputs {[one.name for one in inputs]}: give a table, or an `.npz` "
            "file, with each of them."
        )
    return inputs[0]


def _described(one: TakenInput) -> str:
    return f"inputs `{one.name}` of the shape {one.shape} ({one.dtype})"
