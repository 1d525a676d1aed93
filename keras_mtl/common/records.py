"""Sequences of records that print as a table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from copy import copy
from html import escape
from typing import Any, Generic, Self, TypeVar, overload

from keras_mtl.common.tables import frame, html_table, text_table

Record = TypeVar("Record")


class Records(Sequence[Record], Generic[Record]):
    """Read-only dataclass instances: a list to index, a table to print, a frame to work with.

    A slice has the same class and the same other attributes.

    Args:
        records: The instances.
    """

    index_column: str | None = None
    """The field that becomes the index of the frame, if one does."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = tuple(records)

    @property
    def title(self) -> str:
        """A line above the table; none by default."""
        return ""

    @property
    def footer(self) -> str:
        """A line below the table; none by default."""
        return ""

    @property
    @abstractmethod
    def header(self) -> Sequence[str]:
        """Titles of the columns."""

    @abstractmethod
    def cells(self, record: Record) -> Sequence[object]:
        """Return what the columns show of a record."""

    def to_frame(self) -> Any:
        """Return a `pandas.DataFrame` with a row for each record.

        Raises:
            MissingExtra: pandas is not installed.
        """
        whole = frame(self)
        return whole if self.index_column is None else whole.set_index(self.index_column)

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Record | Self:
        if not isinstance(index, slice):
            return self._records[index]
        return self.of(self._records[index])

    def of(self, records: Sequence[Record]) -> Self:
        """Return an object of the same class and attributes with these records."""
        part = copy(self)  # Subclasses have other constructors; a copy keeps their attributes.
        part._records = tuple(records)
        return part

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def __repr__(self) -> str:
        if not self:
            return f"{self.title or type(self).__name__}: none"
        table = text_table(self.header, map(self.cells, self), footer=self.footer)
        return f"{self.title}\n{table}" if self.title else table

    def _repr_html_(self) -> str:
        """Return the table as notebooks show it."""
        table = html_table(self.header, map(self.cells, self)) if self else "none"
        parts = (escape(self.title), table, escape(self.footer if self else ""))
        return "".join(f"<div>{part}</div>" for part in parts if part)
