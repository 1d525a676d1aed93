"""The parts of a data set of tensorflow-datasets: which rows they have, and the labels of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_mtl.datasets.feature_tree import IMAGE, Feature
from keras_mtl.datasets.resizing import Size
from keras_mtl.datasets.tfds_builders import Piece, TfdsBuilder
from keras_mtl.datasets.tfds_rows import as_input

HELD_OUT = ("test", "val", "dev", "eval")
"""How the names of parts begin that labels have no budget in."""
CHUNK = 1024


@dataclass(frozen=True)
class Parts:
    """Which parts a user asks for.

    Attributes:
        pieces: By part the rows in the files.
        shares: The shares of the rows of the only entry of `pieces` that each part has; None where
            the entries are the parts.
        form: `"one"`, `"list"` or `"dict"`: what `load` returns.
    """

    pieces: dict[str, list[Piece]]
    shares: dict[str, float] | None
    form: str

    @property
    def names(self) -> list[str]:
        """The names of the parts."""
        return list(self.pieces if self.shares is None else self.shares)

    @property
    def with_budgets(self) -> str | None:
        """The part that labels have budgets in: the first one that nothing is held out for."""
        return next((name for name in self.names if not self._is_held_out(name)), None)

    def _is_held_out(self, name: str) -> bool:
        names = [name, *(piece.split for piece in self.pieces.get(name, []))]
        return any(one.lower().startswith(HELD_OUT) for one in names)


def checked_parts(found: TfdsBuilder, split: Any) -> Parts:
    """Return the parts that `split` stands for.

    Args:
        found: The data set.
        split: A text for one part, a list of texts, a dict of texts by the names of the parts, or a
            dict of shares.

    Raises:
        SplitNotFound: A split is not there.
        ValueError: It has another form, or a row is in two parts.
    """
    if isinstance(split, Mapping) and split and all(map(_is_share, split.values())):
        return Parts({"all": found.pieces(_only_split(found))}, dict(split), "dict")
    if isinstance(split, Mapping) and split:
        specs, form = {str(name): spec for name, spec in split.items()}, "dict"
    elif isinstance(split, list | tuple) and split:
        specs, form = {str(spec): spec for spec in split}, "list"
        if len(specs) < len(split):
            raise ValueError(f"`split` names a part twice. Received: {split!r}.")
    else:
        specs, form = {str(split): split}, "one"
    pieces = {name: found.pieces(spec) for name, spec in specs.items()}
    _check_disjoint(pieces)
    return Parts(pieces, None, form)


@dataclass(frozen=True)
class Columns:
    """Features of rows.

    Attributes:
        numbers: The places of the rows in their split.
        values: The features of these rows by path.
    """

    numbers: np.ndarray
    values: dict[str, np.ndarray]


def read_columns(
    found: TfdsBuilder, piece: Piece, features: Sequence[Feature], size: Size | None
) -> Columns:
    """Return features of all rows of a piece, in the order of the rows."""
    chunks = list(_chunks(found, piece, features, size))
    if not chunks:
        return Columns(np.empty(0, np.int64), {one.path: np.empty(0) for one in features})
    numbers = np.concatenate([chunk.numbers for chunk in chunks])
    order = np.argsort(numbers, kind="stable")
    values = {}
    for feature in features:
        parts = [chunk.values.pop(feature.path) for chunk in chunks]
        values[feature.path] = as_input(np.concatenate(parts)[order], feature)
    return Columns(numbers[order], values)


def _chunks(
    found: TfdsBuilder, piece: Piece, features: Sequence[Feature], size: Size | None
) -> Iterator[Any]:
    if not found.has_random_access:
        from keras_mtl.datasets.tf_records import read_rows

        yield from read_rows(found, piece, features, None, size)
        return
    assert all(feature.kind != IMAGE for feature in features)
    source = found.source(piece.split, features)
    stop = len(source) if piece.stop is None else piece.stop
    for start in range(piece.start, stop, CHUNK):
        numbers = np.arange(start, min(start + CHUNK, stop))
        rows = source.read(numbers)
        values = {
            one.path: np.stack([np.asarray(one.value(row)) for row in rows]) for one in features
        }
        yield Columns(numbers, values)


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _only_split(found: TfdsBuilder) -> str:
    lengths = found.lengths
    if len(lengths) > 1 and "train" not in lengths:
        raise ValueError(
            f"`split` gives shares of the split `train`, and `{found.name}` has {list(lengths)}. "
            'Name the parts by splits, such as `{"train": "...[:80%]", "test": "...[80%:]"}`.'
        )
    return "train" if "train" in lengths or not lengths else next(iter(lengths))


def _check_disjoint(pieces: Mapping[str, Sequence[Piece]]) -> None:
    """Refuse parts that have a row in common, and a part that has a row twice."""
    every = [(name, piece) for name, several in pieces.items() for piece in several]
    for place, (name, piece) in enumerate(every):
        for other_name, other in every[:place]:
            common = _common(piece, other)
            if common:
                where = (
                    f"the part {name!r} twice"
                    if name == other_name
                    else f"{other_name!r} and in {name!r}"
                )
                raise ValueError(
                    f"`split`: {common} rows of `{piece.split}` are in {where}. A row is in one "
                    "part only."
                )


def _common(first: Piece, second: Piece) -> int:
    if first.split != second.split:
        return 0
    if first.stop is None or second.stop is None:
        return 1
    return max(0, min(first.stop, second.stop) - max(first.start, second.start))
