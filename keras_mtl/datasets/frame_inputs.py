"""The inputs of a model that are made of columns: how they are read, also from a later frame."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_mtl.batches.row_reader import ArrayRows
from keras_mtl.datasets.frame_columns import column_array, is_text, named
from keras_mtl.errors import InvalidTaskData

Inputs = Mapping[str, tuple[str, ...] | str]
"""By input the names of the columns that are side by side in it, or the name of its only one."""

MISSING = "missing"
"""What fills a gap in a column of texts."""


@dataclass(frozen=True)
class RawColumn:
    """The values of a column, as they are in the frame.

    Attributes:
        name: The name of the column.
        values: Numbers, `str` objects or vectors, a row for each row of the frame.
        missing: Booleans of shape `(rows,)`.
    """

    name: str
    values: np.ndarray
    missing: np.ndarray

    @classmethod
    def of(cls, frame: Any, name: str) -> RawColumn:
        """Return a column of a frame.

        Raises:
            InvalidTaskData: It holds neither numbers nor texts, or infinite numbers.
        """
        values, missing = column_array(frame[name], name)
        if values.dtype.kind == "f":
            infinite = np.isinf(values).reshape(len(values), -1).any(axis=1)
            if infinite.any():
                raise InvalidTaskData(
                    f"The column {name!r} has infinite numbers in {int(infinite.sum())} rows, such "
                    f"as {named(np.flatnonzero(infinite))}. Leave these rows out, or put in "
                    "numbers."
                )
        return cls(name, values, missing)

    def at(self, rows: np.ndarray) -> RawColumn:
        """Return some rows."""
        return RawColumn(self.name, self.values[rows], self.missing[rows])


@dataclass(frozen=True)
class InputColumn:
    """How a column becomes (a part of) an input.

    Attributes:
        name: The name of the column.
        fill: What fills gaps: a number or a text; None if gaps are refused.
        holds_text: Whether the values are texts.
        categories: Of a column that becomes whole numbers, the values in the order of their
            numbers from 1 on; 0 stands for any other value. None if values stay what they are.
    """

    name: str
    holds_text: bool
    fill: float | str | None = None
    categories: tuple[Any, ...] | None = None

    @classmethod
    def fitted(cls, train: RawColumn, *, fill: bool, encode: bool) -> InputColumn:
        """Return how to read a column, by its values in the rows to train on."""
        holds_text = is_text(train.values)
        there = train.values[~train.missing]
        filling: float | str | None = None
        if fill:
            filling = MISSING if holds_text else _median(there)
        if not encode:
            return cls(train.name, holds_text, filling)
        known = {*there.tolist(), *([filling] if fill and train.missing.any() else [])}
        return cls(train.name, holds_text, filling, tuple(sorted(known)))

    def read(self, raw: RawColumn) -> np.ndarray:
        """Return the values as the model gets them.

        Raises:
            InvalidTaskData: There are gaps, and nothing fills them; or texts, and numbers are
                expected, or the other way round.
        """
        values = raw.values
        if is_text(values) != self.holds_text and not raw.missing.all():
            kinds = ("text", "numbers") if self.holds_text else ("numbers", "text")
            raise InvalidTaskData(
                f"The column {self.name!r} holds {kinds[0]}. Received: {kinds[1]}, such as "
                f"{values[~raw.missing][0]!r}."
            )
        if raw.missing.any():
            if self.fill is None:
                raise InvalidTaskData(
                    f"The column {self.name!r} has no value in {int(raw.missing.sum())} rows, such "
                    f"as {named(np.flatnonzero(raw.missing))}. Leave these rows out, or fill in "
                    "values."
                )
            values = values.astype(object if self.holds_text else np.float64)
            values[raw.missing] = self.fill
        if self.categories is None:
            return values
        index = {value: code for code, value in enumerate(self.categories, start=1)}
        codes = [index.get(value, 0) for value in values.tolist()]
        return np.array(codes, np.int32)


@dataclass(frozen=True)
class FrameInput:
    """An input of a model: a column, or several columns of numbers side by side.

    Attributes:
        name: The name of the input.
        columns: Its columns.
        is_stacked: Whether it is a vector of all columns, rather than one column.
    """

    name: str
    columns: tuple[InputColumn, ...]
    is_stacked: bool

    @property
    def num_categories(self) -> int | None:
        """The number of codes, 0 for unknown values among them; None where there are none."""
        only = self.columns[0]
        known = None if self.is_stacked else only.categories
        return None if known is None else len(known) + 1

    def read(self, raw: Mapping[str, RawColumn]) -> np.ndarray:
        """Return the values of the input."""
        arrays = [column.read(raw[column.name]) for column in self.columns]
        return np.stack(arrays, axis=1) if self.is_stacked else arrays[0]


class FrameRows(ArrayRows):
    """Rows of a data frame in memory, and how inputs are made of its columns.

    Args:
        inputs: The inputs of the model.
        raw: By name the columns of the rows that can be used.
        kept: The numbers of these rows in the frame, in their order: rows keep their numbers,
            whatever is left out.
        is_single: Whether batches hold the array of the only input, and not a dict by names.
    """

    def __init__(
        self,
        inputs: Sequence[FrameInput],
        raw: Mapping[str, RawColumn],
        kept: np.ndarray,
        *,
        is_single: bool,
    ) -> None:
        self.inputs = tuple(inputs)
        self._kept = kept
        super().__init__({one.name: one.read(raw) for one in inputs}, is_single=is_single)
        self.num_rows = int(kept.max(initial=-1)) + 1

    def read(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of some rows, which have their numbers in the frame."""
        return super().read(np.searchsorted(self._kept, rows))

    @classmethod
    def fitted(
        cls,
        chosen: Inputs,
        raw: Mapping[str, RawColumn],
        kept: np.ndarray,
        train: np.ndarray,
        *,
        fill: bool,
        encoded: Collection[str],
        is_single: bool,
    ) -> FrameRows:
        """Return all rows; medians and the numbers of texts are those of some of them.

        Args:
            chosen: The columns of each input.
            raw: As for the constructor.
            kept: As for the constructor.
            train: The numbers in the frame of the rows to train on.
            fill: Whether gaps are filled.
            encoded: The columns that become whole numbers.
            is_single: As for the constructor.
        """
        places = np.searchsorted(kept, train)
        columns = {
            name: InputColumn.fitted(column.at(places), fill=fill, encode=name in encoded)
            for name, column in raw.items()
        }
        inputs = [
            FrameInput(
                name, tuple(columns[one] for one in columns_of(given)), not isinstance(given, str)
            )
            for name, given in chosen.items()
        ]
        return cls(inputs, raw, kept, is_single=is_single)


def columns_of(given: tuple[str, ...] | str) -> tuple[str, ...]:
    """Return the names of the columns of one input."""
    return (given,) if isinstance(given, str) else given


def _median(values: np.ndarray) -> float:
    """Return the median of numbers; 0 of none, and of vectors, whose places differ."""
    return float(np.median(values)) if len(values) and values.ndim == 1 else 0.0
