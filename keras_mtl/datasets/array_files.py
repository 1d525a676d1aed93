"""Arrays by name: in a dict, or in an `.npz` file."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import DataNotFound, InvalidTaskData


class NamedArrays:
    """The arrays of a dict or of an `.npz` file, each read when it is asked for.

    Files with pickled objects are refused, as they may run code.

    Args:
        source: A dict of arrays, or the path of a file that `numpy.savez` wrote.

    Raises:
        DataNotFound: There is no such file.
        InvalidTaskData: It is no such file, or damaged.
        TypeError: It is neither a dict nor a path.
    """

    def __init__(self, source: Any) -> None:
        if not isinstance(source, str | os.PathLike | Mapping):
            raise TypeError(
                "`source` is a dict of arrays, or the path of an `.npz` file. "
                f"Received: `{type(source).__name__}`."
            )
        self._arrays = source if isinstance(source, Mapping) else None
        self._path = Path() if isinstance(source, Mapping) else Path(source)
        self.where = "the dict" if self._arrays is not None else repr(str(self._path))
        self.names = self._names()

    def read(self, name: str) -> np.ndarray:
        """Return an array with a row for each sample; texts as `str` objects.

        Raises:
            InvalidTaskData: There is none of this name, it is damaged, or it holds neither numbers
                nor texts.
        """
        if name not in self.names:
            raise InvalidTaskData(
                f"There is no array {name!r} in {self.where}; its arrays are {self.names}."
                f"{did_you_mean(name, self.names)}"
            )
        if self._arrays is not None:
            return _readable(_from_dict(self._arrays[name], name), name)
        with self._open() as file:
            try:
                array = file[name]
            except (ValueError, OSError, BadZipFile, EOFError, zlib.error) as error:
                raise self._damaged(error) from error
        return _readable(array, name)

    def _names(self) -> list[str]:
        if self._arrays is not None:
            return [str(name) for name in self._arrays]
        with self._open() as file:
            return list(file.files)

    def _open(self) -> Any:
        if not self._path.is_file():
            folder = self._path.parent
            there = [one.name for one in folder.iterdir()] if folder.is_dir() else []
            raise DataNotFound(
                f"There is no file {str(self._path)!r}.{did_you_mean(self._path.name, there)}"
            )
        try:
            file = np.load(self._path, allow_pickle=False)
        except (ValueError, OSError, BadZipFile, EOFError) as error:
            raise self._damaged(error) from error
        if isinstance(file, np.ndarray):
            raise InvalidTaskData(
                f"{str(self._path)!r} holds a single array. Give a dict with it, or a file that "
                "`numpy.savez` wrote."
            )
        return file

    def _damaged(self, error: Exception) -> InvalidTaskData:
        if "allow_pickle" in str(error):
            return InvalidTaskData(
                f"{self.where} holds pickled objects, which are not read, as they may run code. "
                "Save numbers, or texts as an array of `str`."
            )
        return InvalidTaskData(f"{self.where} cannot be read as an `.npz` file: {error}.")


def _from_dict(values: Any, name: str) -> np.ndarray:
    if isinstance(values, np.ma.MaskedArray):
        return values
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InvalidTaskData(
            f"{name!r} is no array with rows of one shape: {error}. Cut or fill its rows to one "
            "length, for instance by `keras.utils.pad_sequences`."
        ) from error


def _readable(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim == 0:
        raise InvalidTaskData(
            f"The array {name!r} must have a row for each sample. Received: one value, {array}."
        )
    if array.dtype.kind in "UST":
        return array.astype(str).astype(object)
    if array.dtype == object:
        return _objects(array, name)
    if array.dtype.kind not in "biufV":
        raise InvalidTaskData(
            f"The array {name!r} holds neither numbers nor texts. Received: {array.dtype}."
        )
    return array


def _objects(array: np.ndarray, name: str) -> np.ndarray:
    values = array.ravel().tolist()
    for row, value in enumerate(values):
        if not (value is None or isinstance(value, str | bytes | bool | int | float)):
            raise InvalidTaskData(
                f"The array {name!r} must hold numbers or texts, in rows of one shape. Received: "
                f"`{type(value).__name__}` in row {row}."
            )
    if any(isinstance(value, str | bytes) for value in values):
        texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values]
        made = np.empty(len(texts), object)
        made[:] = texts
        return made.reshape(array.shape)
    numbers = [np.nan if value is None else value for value in values]
    return np.array(numbers).reshape(array.shape)
